import { PhysicalName } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { attachToHandler, attachToUser, findResource } from './attach-policy';
import { AuthenticationContext, BoundAuthentication, ManagedUser } from './authentication';
import { manageAccessKeysStatements } from './policies/handler-role';
import { digestIdentity, identifyResource } from './tokens';

/** The user that was given, and when it gets another key. */
interface UserOptions {
  readonly user?: iam.IUser;
  readonly rotation?: ManagedUser['rotation'];
}

/**
 * Gives a user what Immuta needs, and the handler its access keys.
 *
 * All of it stands under an id of that user: another user is another set of resources, and CloudFormation removes the old set after the
 * integration has a key of the new user, and the handler has deleted those of the old one.
 */
export function bindManagedAccessKey(
  scope: Construct, { tenant, statements }: AuthenticationContext, { user: given, rotation }: UserOptions,
): BoundAuthentication {
  const parts = new Construct(scope, `ManagedAccessKey${given ? digestIdentity(identifyResource(given, given.userArn)) : ''}`);
  const user = given ?? new iam.User(parts, 'User', {
    // a generated one is for bucket policies in stacks of other accounts
    userName: PhysicalName.GENERATE_IF_NEEDED,
  });
  const policy = attachToUser(parts, 'ImmutaPolicy', user, statements);
  const handlerPolicy = attachToHandler(parts, 'HandlerPolicy', tenant.handler.role!, manageAccessKeysStatements(user.userArn));
  return {
    principalArn: user.userArn,
    dependencies: [...findResource(user), policy, handlerPolicy],
    ofHandler: handlerPolicy,
    ownPolicy: policy,
    managedUser: { user, isOwn: !given, rotation },
    properties: {
      AuthenticationType: 'accessKey',
      AccessKeyUserName: user.userName,
      AccessKeyGeneration: policy.managedPolicyArn,
    },
  };
}
