import { CfnResource, PhysicalName, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { attachReplaceablyToHandler, attachToUser, findResource } from './attach-policy';
import { AuthenticationContext, BoundAuthentication } from './authentication';
import { IImmutaTenant } from '../interfaces';
import { acknowledgeRule } from './cdk-nag/acknowledge-rule';
import { manageAccessKeysStatements, manageSecretStatements } from './policies/handler-role';
import { digestIdentity, identifyResource } from './tokens';
import { addValidation } from './validation/problems';
import { validateRotation } from './validation/rotation';

/** Options of a managed access key. */
interface ManagedAccessKeyOptions {
  readonly user?: iam.IUser;
  readonly rotation?: events.Schedule;
  readonly encryptionKey?: kms.IKey;
}

const PERMISSION_ID = 'RotationPermission';

/**
 * Defines a secret, gives a user what Immuta needs, and lets the handler manage the user's access keys.
 *
 * The secret is one for the integration, whichever user it has. What concerns the user has an ID of that user, and is replaced when CloudFormation
 * replaces the user: so it still reaches the old user while an update, or its rollback, moves the integration to the other one.
 */
export function bindManagedAccessKey(
  scope: Construct, { tenant, statements }: AuthenticationContext, { user: given, rotation, encryptionKey }: ManagedAccessKeyOptions,
): BoundAuthentication {
  const resource = new secretsmanager.CfnSecret(scope, 'AccessKeySecret', {
    description: 'Access key with which Immuta manages S3 Access Grants; written by the function of the ImmutaTenant',
    kmsKeyId: encryptionKey?.keyArn,
  });
  const secretArn = resource.ref;
  if (!rotation) {
    acknowledgeRule(resource, 'AwsSolutions-SMG4', 'the access key is rotated on a schedule with \'rotation\' of \'managedAccessKey\'');
  }
  addValidation(scope, () => validateRotation(rotation));

  const identity = given ? identifyResource(given, given.userArn) : '';
  const parts = new Construct(scope, `ManagedAccessKey${given ? digestIdentity(identity) : ''}`);
  const user = given ?? new iam.User(parts, 'User', {
    // a generated one is for bucket policies in stacks of other accounts
    userName: PhysicalName.GENERATE_IF_NEEDED,
  });
  const policy = attachToUser(parts, 'ImmutaPolicy', user, statements, `Lets Immuta manage S3 Access Grants as user ${user.userName}`);
  const handlerPolicy = attachReplaceablyToHandler(parts, 'HandlerPolicy', tenant.handler.role!, [
    ...manageAccessKeysStatements(user.userArn),
    ...manageSecretStatements(secretArn, encryptionKey, Stack.of(scope).region),
  ], `ImmutaAccessKey-${digestIdentity(`${scope.node.id} ${identity}`)}-${user.userName}`);
  const permission = allowRotation(tenant);
  return {
    principalArn: user.userArn,
    dependencies: [...findResource(user), policy, handlerPolicy],
    ofHandler: handlerPolicy,
    ownPolicy: policy,
    managedAccessKey: {
      user,
      isOwn: !given,
      secret: secretsmanager.Secret.fromSecretAttributes(scope, 'AccessKeySecretReference', { secretCompleteArn: secretArn, encryptionKey }),
      createRotationSchedule: (integration) => rotation
        ? [createRotationSchedule(scope, { rotation, secretArn, tenant, after: [permission, integration, handlerPolicy] })] : [],
    },
    properties: { AuthenticationType: 'accessKey', AccessKeySecretArn: secretArn, AccessKeyUserName: user.userName },
  };
}

/**
 * Lets Secrets Manager rotate secrets with the function of a tenant. One permission is enough for all secrets: those of others make the function fail,
 * since it has no permission for them.
 */
function allowRotation(tenant: IImmutaTenant): Construct {
  return tenant.node.tryFindChild(PERMISSION_ID) as Construct | undefined ?? new lambda.CfnPermission(tenant, PERMISSION_ID, {
    action: 'lambda:InvokeFunction',
    functionName: tenant.handler.functionArn,
    principal: 'secretsmanager.amazonaws.com',
    sourceAccount: Stack.of(tenant).account,
  });
}

interface RotationScheduleOptions {
  readonly rotation: events.Schedule;
  readonly secretArn: string;
  readonly tenant: IImmutaTenant;
  readonly after: Construct[];
}

/** It comes after the integration and goes before it, so that no rotation runs while the integration is being created or deleted. */
function createRotationSchedule(scope: Construct, { rotation, secretArn, tenant, after }: RotationScheduleOptions): CfnResource {
  const schedule = new secretsmanager.CfnRotationSchedule(scope, 'RotationSchedule', {
    secretId: secretArn,
    rotationLambdaArn: tenant.handler.functionArn,
    rotationRules: { scheduleExpression: rotation.expressionString },
    rotateImmediatelyOnUpdate: false,
  });
  schedule.node.addDependency(...after);
  return schedule;
}
