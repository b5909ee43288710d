import { CfnResource, Duration, PhysicalName, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { attachReplaceablyToHandler, attachToUser, findHandlerRole, findResource } from './attach-policy';
import { AuthenticationContext, BoundAuthentication } from './authentication';
import { acknowledgeRules, acknowledgeUnset } from './cdk-nag/acknowledge-rules';
import { buildManageAccessKeysStatements, buildManageSecretStatements } from './policies/handler-role';
import { digestIdentity, identifyResource } from './tokens';
import { validateEncryptionKey } from './validation/encryption-keys';
import { addValidation } from './validation/problems';
import { validateRotation } from './validation/rotation';
import { METRIC_DIMENSION_SECRET, METRIC_KEY_ROTATION_FAILED, METRIC_NAMESPACE } from '../handler/contract';
import { IImmutaTenant } from '../interfaces';

/** Options for a managed access key. */
interface ManagedAccessKeyProps {
  readonly user?: iam.IUser;
  readonly rotation?: events.Schedule;
  readonly encryptionKey?: kms.IKey;
}

const PERMISSION_ID = 'RotationPermission';

/**
 * Defines the secret of an access key, gives a user Immuta's permissions, and lets the handler manage the user's keys.
 *
 * The integration keeps its secret when its user changes. The policies have an ID of the user, so that CloudFormation
 * replaces them with the user. While an update or its rollback moves the integration to the other user, both users have
 * them.
 */
export function bindManagedAccessKey(
  scope: Construct,
  { tenant, statements }: AuthenticationContext,
  { user: given, rotation, encryptionKey }: ManagedAccessKeyProps,
): BoundAuthentication {
  const resource = new secretsmanager.CfnSecret(scope, 'AccessKeySecret', {
    description: 'Access key of Immuta for S3 Access Grants, written by the function of the ImmutaTenant',
    kmsKeyId: encryptionKey?.keyArn,
  });
  const secretArn = resource.ref;
  acknowledgeUnset(resource, { rotatedSecret: rotation, encryptedSecret: encryptionKey });
  addValidation(scope, () => [
    ...validateRotation(rotation),
    ...validateEncryptionKey('managedAccessKey.encryptionKey', encryptionKey),
  ]);

  const identity = given ? identifyResource(given, given.userArn) : '';
  const parts = new Construct(scope, `ManagedAccessKey${given ? digestIdentity(identity) : ''}`);
  // Bucket policies in stacks of other accounts need a name.
  const user = given ?? new iam.User(parts, 'User', { userName: PhysicalName.GENERATE_IF_NEEDED });
  if (!given) {
    acknowledgeRules(user, 'userGroup');
  }
  const description = `Lets Immuta manage S3 Access Grants as user ${user.userName}`;
  const policy = attachToUser(parts, 'ImmutaPolicy', user, statements, description);
  const handlerRole = findHandlerRole(scope, tenant, 'managedAccessKey');
  const handlerPolicyName = `ImmutaAccessKey-${digestIdentity(`${scope.node.id} ${identity}`)}-${user.userName}`;
  const handlerPolicy = attachReplaceablyToHandler(parts, 'HandlerPolicy', handlerRole, [
    ...buildManageAccessKeysStatements(user.userArn),
    ...buildManageSecretStatements(secretArn, encryptionKey, Stack.of(scope).region),
  ], handlerPolicyName);
  const permission = allowRotation(tenant);
  return {
    principalArn: user.userArn,
    dependencies: [...findResource(user), policy, handlerPolicy],
    handlerPolicies: [handlerPolicy],
    ownPolicy: policy,
    managedAccessKey: {
      user,
      isOwn: !given,
      secret: secretsmanager.Secret.fromSecretAttributes(scope, 'AccessKeySecretReference', {
        secretCompleteArn: secretArn, encryptionKey,
      }),
      createRotationSchedule: (integration) => rotation ? [createRotationSchedule(scope, {
        rotation, secretArn, tenant, after: [permission, integration, handlerPolicy],
      })] : [],
      createFailureMetric: (props) => createFailureMetric(secretArn, props),
    },
    properties: { AuthenticationType: 'accessKey', AccessKeySecretArn: secretArn, AccessKeyUserName: user.userName },
  };
}

/**
 * Lets Secrets Manager rotate secrets with the function of a tenant.
 *
 * One permission covers all secrets. The function has no permission for other secrets, so that their rotations fail.
 */
function allowRotation(tenant: IImmutaTenant): Construct {
  const existing = tenant.node.tryFindChild(PERMISSION_ID) as Construct | undefined;
  return existing ?? new lambda.CfnPermission(tenant, PERMISSION_ID, {
    action: 'lambda:InvokeFunction',
    functionName: tenant.handlerArn,
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

/** The schedule depends on the integration, so that no rotation runs while the integration is created or deleted. */
function createRotationSchedule(
  scope: Construct,
  { rotation, secretArn, tenant, after }: RotationScheduleOptions,
): CfnResource {
  const schedule = new secretsmanager.CfnRotationSchedule(scope, 'RotationSchedule', {
    secretId: secretArn,
    rotationLambdaArn: tenant.handlerArn,
    rotationRules: { scheduleExpression: rotation.expressionString },
    rotateImmediatelyOnUpdate: false,
  });
  schedule.node.addDependency(...after);
  return schedule;
}

function createFailureMetric(secretArn: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName: METRIC_KEY_ROTATION_FAILED,
    dimensionsMap: { [METRIC_DIMENSION_SECRET]: secretArn },
    statistic: 'Minimum',
    period: Duration.minutes(1),
    ...props,
  });
}
