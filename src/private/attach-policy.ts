import { Annotations, App, Aws, CfnResource, Fn, Lazy, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { acknowledgeWildcards } from './cdk-nag/acknowledge-wildcards';
import { compareTokens, renderIntrinsics } from './tokens';
import {
  countManagedPolicies, DEFAULT_MANAGED_POLICIES, describePrincipal, isUser, validateManagedPolicySize, validateRolePolicies,
} from './validation/quotas';

/** IAM allows 128 characters, and the GUID of a stack's id takes 36 and a hyphen. */
const LOGICAL_ID_LENGTH = 128 - 37;

/**
 * Gives a role that the user brought the statements, if it takes any: a managed policy, whose name CloudFormation generates. The names of
 * inline policies are per principal and IAM is global: an integration that is added again after it was retained, or the same app in another
 * Region, would write into the other one's policy, and take it away with its own.
 *
 * @param trust What the role's trust needs as well, for a role that takes neither
 */
export function attachToRole(
  scope: Construct, id: string, role: iam.IRole, statements: iam.PolicyStatement[], trust: iam.PolicyStatement[] = [],
): iam.ManagedPolicy | undefined {
  const isOfOtherAccount = compareTokens(getAccount(role), Stack.of(scope).account) === 'different';
  if (isOfOtherAccount || acceptsPolicies(role, Stack.of(scope), statements)) {
    return attachManagedPolicy(scope, id, role, statements);
  }
  Annotations.of(scope).addWarningV2('cdk-immuta-s3-integration:role-without-policy-updates',
    `role '${role.node.path}' takes no policies from this app (it is imported as immutable, or 'withoutPolicyUpdates'): it needs these statements: ${renderStatements(scope, statements)}${trust.length > 0 ? `, and these in its trust: ${renderStatements(scope, trust)}` : ''}`);
  return undefined;
}

/** Gives a user the statements: a managed policy, since the inline policies of a user hold 2,048 characters together, too. */
export function attachToUser(scope: Construct, id: string, user: iam.IUser, statements: iam.PolicyStatement[]): iam.ManagedPolicy {
  return attachManagedPolicy(scope, id, user, statements);
}

/** Gives the role of the tenant's handler the statements for one integration: more integrations than a role takes managed policies. */
export function attachToHandler(scope: Construct, id: string, role: iam.IRole, statements: iam.PolicyStatement[]): iam.Policy {
  const isOfThisStack = Stack.of(role) === Stack.of(scope);
  const policy: iam.Policy = new iam.Policy(scope, id, { policyName: isOfThisStack ? undefined : formatUniqueName(() => policy), statements });
  role.attachInlinePolicy(policy);
  acknowledgeWildcards(policy, statements);
  policy.node.addValidation({ validate: () => [...validateAccount(policy, role, statements), ...validateRolePolicies(policy, role)] });
  return policy;
}

function attachManagedPolicy(scope: Construct, id: string, principal: iam.IRole | iam.IUser, statements: iam.PolicyStatement[]): iam.ManagedPolicy {
  const policy = new iam.ManagedPolicy(scope, id, { statements, ...isUser(principal) ? { users: [principal] } : { roles: [principal] } });
  acknowledgeWildcards(policy, statements);
  const attached = countManagedPolicies(policy, principal);
  if (attached > DEFAULT_MANAGED_POLICIES) {
    Annotations.of(policy).addWarningV2('cdk-immuta-s3-integration:managed-policies-of-principal',
      `${describePrincipal(principal)} gets ${attached} managed policies from this app, and IAM allows ${DEFAULT_MANAGED_POLICIES} `
      + 'unless the quota was raised: use it for fewer integrations');
  }
  policy.node.addValidation({
    validate: () => [...validateAccount(policy, principal, statements), ...validateManagedPolicySize(policy, principal)],
  });
  return policy;
}

/**
 * Whether a role takes policies of a stack. One that is imported as immutable does not, and does not say so: it is asked by attaching a
 * policy that is in no app. A role that `Role.customizeRoles` leaves out of the template takes the statements into its report.
 */
function acceptsPolicies(role: iam.IRole, { account, region }: Stack, statements: iam.PolicyStatement[]): boolean {
  const nowhere = new Stack(new App({ autoSynth: false }), 'Nowhere', { env: { account, region } });
  const policy = new iam.Policy(nowhere, 'Policy', { statements });
  role.attachInlinePolicy(policy);
  return nowhere.resolve((policy.node.defaultChild as iam.CfnPolicy).roles) !== undefined;
}

/**
 * The principal without its other policies, to depend on: those are the user's, who may refer to the integration in them. None if it is
 * imported.
 */
export function findResource(principal: iam.IRole | iam.IUser): IConstruct[] {
  return principal.node.defaultChild ? [principal.node.defaultChild] : [];
}

/** The names of inline policies are per principal: integrations of several stacks may share the handler of one tenant. */
function formatUniqueName(policy: () => iam.Policy): string {
  const logicalId = Lazy.string({
    produce: () => policy().stack.resolve((policy().node.defaultChild as CfnResource).logicalId).slice(-LOGICAL_ID_LENGTH),
  });
  return `${logicalId}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}`;
}

function validateAccount(policy: Resource, principal: iam.IRole | iam.IUser, statements: iam.PolicyStatement[]): string[] {
  const account = getAccount(principal);
  if (compareTokens(account, policy.stack.account) !== 'different') {
    return [];
  }
  return [`'${principal.node.path}' belongs to account ${account}, where this stack (account ${policy.stack.account}) cannot attach a policy, and S3 Access Grants `
    + `is managed from its own account: use a principal of account ${policy.stack.account}. It needs these statements: ${renderStatements(policy, statements)}`];
}

function getAccount(principal: iam.IRole | iam.IUser): string {
  return principal.principalAccount ?? principal.env.account;
}

function renderStatements(scope: IConstruct, statements: iam.PolicyStatement[]): string {
  return JSON.stringify(renderIntrinsics(Stack.of(scope).resolve(statements.map((statement) => statement.toStatementJson()))));
}
