import { Annotations, Aws, CfnResource, Fn, Lazy, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { compare } from './environment';
import { attachedManagedPolicies, DEFAULT_MANAGED_POLICIES, managedPolicyProblems, rolePolicyProblems } from './policy-quotas';
import { readable } from './readable';
import { acknowledgeWildcards } from './wildcards';

/** IAM allows 128 characters, and the GUID of a stack's id takes 36 and a hyphen. */
const LOGICAL_ID_LENGTH = 128 - 37;

/**
 * Gives a role that somebody else made the statements, in a policy that is removed with the scope.
 *
 * @param trust What the role's trust needs as well, for a role that takes neither
 */
export function attachToRole(
  scope: Construct, id: string, role: iam.IRole, statements: iam.PolicyStatement[], trust: iam.PolicyStatement[] = [],
): iam.Policy {
  const isOfThisStack = Resource.isOwnedResource(role) && Stack.of(role) === Stack.of(scope);
  const policy: iam.Policy = new iam.Policy(scope, id, {
    policyName: isOfThisStack ? undefined : uniqueName(() => policy),
    statements,
  });
  // not `roles: [role]`: for a role of another account that attaches the policy to whatever has the same name in this one
  role.attachInlinePolicy(policy);
  acknowledgeWildcards(policy, statements);
  policy.node.addValidation({ validate: () => [...otherAccountProblems(policy, role, statements), ...rolePolicyProblems(policy, role)] });

  const { roles } = policy.node.defaultChild as iam.CfnPolicy;
  if (policy.stack.resolve(roles) === undefined && compare(accountOf(role), policy.stack.account) !== 'different') {
    Annotations.of(policy).addWarningV2('cdk-immuta-s3-integration:role-without-policy-updates',
      `role '${role.node.path}' takes no policies from this app (it is imported as immutable, or 'withoutPolicyUpdates'): it needs these statements: ${json(policy, statements)}${trust.length > 0 ? `, and these in its trust: ${json(policy, trust)}` : ''}`);
  }
  return policy;
}

/** Gives a user the statements: a managed policy, since the inline policies of a user hold 2,048 characters together. */
export function attachToUser(scope: Construct, id: string, user: iam.IUser, statements: iam.PolicyStatement[]): iam.ManagedPolicy {
  const policy = new iam.ManagedPolicy(scope, id, { users: [user], statements });
  acknowledgeWildcards(policy, statements);
  const attached = attachedManagedPolicies(policy, user);
  if (attached > DEFAULT_MANAGED_POLICIES) {
    Annotations.of(policy).addWarningV2('cdk-immuta-s3-integration:managed-policies-of-user',
      `user '${user.node.path}' gets ${attached} managed policies from this app, and IAM allows ${DEFAULT_MANAGED_POLICIES} unless the quota was raised: `
      + 'give some of the integrations another user');
  }
  policy.node.addValidation({ validate: () => [...otherAccountProblems(policy, user, statements), ...managedPolicyProblems(policy, user)] });
  return policy;
}

/**
 * The principal without its other policies, to depend on: those are the user's, who may refer to the integration in them. None if it is
 * imported.
 */
export function resourceOf(principal: iam.IRole | iam.IUser): IConstruct[] {
  return principal.node.defaultChild ? [principal.node.defaultChild] : [];
}

/**
 * The names of inline policies are per principal and IAM is global: without the GUID of the stack's id, the same app deployed to two
 * Regions would overwrite its own policy on a role that both use.
 */
function uniqueName(policy: () => iam.Policy): string {
  const logicalId = Lazy.string({
    produce: () => policy().stack.resolve((policy().node.defaultChild as CfnResource).logicalId).slice(-LOGICAL_ID_LENGTH),
  });
  return `${logicalId}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}`;
}

function otherAccountProblems(policy: Resource, principal: iam.IRole | iam.IUser, statements: iam.PolicyStatement[]): string[] {
  const account = accountOf(principal);
  if (compare(account, policy.stack.account) !== 'different') {
    return [];
  }
  return [`'${principal.node.path}' belongs to account ${account}, where this stack (account ${policy.stack.account}) cannot attach a policy, and S3 Access Grants `
    + `is managed from its own account: use a principal of account ${policy.stack.account}. It needs these statements: ${json(policy, statements)}`];
}

function accountOf(principal: iam.IRole | iam.IUser): string {
  return principal.principalAccount ?? principal.env.account;
}

function json(scope: IConstruct, statements: iam.PolicyStatement[]): string {
  return JSON.stringify(readable(Stack.of(scope).resolve(statements.map((statement) => statement.toStatementJson()))));
}
