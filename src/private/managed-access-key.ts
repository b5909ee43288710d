import { PhysicalName } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ManagedAccessKeyOptions } from '../immuta-authentication';
import { AuthenticationContext, BoundAuthentication } from './authentication';
import { digest } from './digest';
import { identityOf } from './identity';
import { manageAccessKeysStatements } from './policies/handler-role';
import { attachToHandler, attachToUser, resourceOf } from './principal-policy';

/**
 * Gives a user what Immuta needs, and the handler its access keys.
 *
 * All of it stands under an id of that user: another user is another set of resources, and CloudFormation removes the old set after the
 * integration has a key of the new user, and the handler has deleted those of the old one.
 */
export function bindManagedAccessKey(
  scope: Construct, { tenant, statements }: AuthenticationContext, { user: given, rotation }: ManagedAccessKeyOptions,
): BoundAuthentication {
  const parts = new Construct(scope, `ManagedAccessKey${given ? digest(identityOf(given, given.userArn)) : ''}`);
  const user = given ?? new iam.User(parts, 'User', {
    // a generated one is for bucket policies in stacks of other accounts
    userName: PhysicalName.GENERATE_IF_NEEDED,
  });
  const policy = attachToUser(parts, 'ImmutaPolicy', user, statements);
  const handlerPolicy = attachToHandler(parts, 'HandlerPolicy', tenant.handler.role!, manageAccessKeysStatements(user.userArn));
  return {
    principalArn: user.userArn,
    dependencies: [...resourceOf(user), policy, handlerPolicy],
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
