import { App, Aws, CfnResource, Fn, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { acknowledgeRules } from './cdk-nag/acknowledge-rules';
import { acknowledgeWildcards } from './cdk-nag/acknowledge-wildcards';
import { buildDiagnosisStatement } from './policies/handler-role';
import { noteStatements, reportMissing, reportOtherAccount, reportUserPolicy } from './role-statements';
import { getAccount } from './stacks';
import { compareTokens, containsDummy } from './tokens';
import { IImmutaTenant } from '../interfaces';
import { addValidation, createProblem, throwProblems } from './validation/problems';
import {
  isUser, Principal, registerInlinePolicy, registerManagedPolicy, validateInlinePolicies, validateManagedPolicies,
} from './validation/quotas';

/** IAM allows 128 characters, and the GUID of a stack's id takes 36 and a hyphen. */
const MAX_LOGICAL_ID_LENGTH = 128 - 37;

/**
 * Attaches the statements to a role of the user, if the role accepts policies.
 *
 * It is a managed policy with a name that CloudFormation generates. IAM is global, and the names of inline policies are
 * unique for each role. An integration that is added again after it was retained, or the same app in another Region,
 * would overwrite the policy of the other one, and later delete it.
 *
 * @param trust statements that the trust policy also needs, for the warning about a role that accepts no policies
 */
export function attachToRole(
  scope: Construct, id: string, role: iam.IRole, statements: iam.PolicyStatement[], trust: iam.PolicyStatement[] = [],
): iam.ManagedPolicy | undefined {
  if (isInOtherAccount(scope, role) || canTakePolicies(role, Stack.of(scope), statements)) {
    return attachManagedPolicy(scope, id, role, statements);
  }
  reportMissing(scope, role, statements, trust);
  return undefined;
}

/**
 * Attaches the statements to a user. It is a managed policy, since the inline policies of a user hold only 2,048
 * characters.
 */
export function attachToUser(
  scope: Construct, id: string, user: iam.IUser, statements: iam.PolicyStatement[], description?: string,
): iam.ManagedPolicy {
  const policy = attachManagedPolicy(scope, id, user, statements, description);
  acknowledgeRules(policy, 'userPolicies');
  if (!policy.node.defaultChild) {
    reportUserPolicy(scope, user, statements);
  }
  return policy;
}

/**
 * Attaches statements to the handler's role. They are inline, since a role has few managed policies.
 *
 * The names of inline policies are unique for each role. If other stacks can use the role, the name contains the GUID
 * of this one.
 *
 * @param uniqueName a name with an ID that IAM generated: stack refactoring, which changes logical IDs, does not change
 * it. @default - the logical ID, and the GUID
 */
export function attachToHandler(
  scope: Construct,
  id: string,
  role: iam.IRole,
  statements: iam.PolicyStatement[],
  uniqueName?: string,
): iam.Policy {
  const isOfThisStack = iam.Role.isRole(role) && Stack.of(role) === Stack.of(scope);
  const policy: iam.Policy = new iam.Policy(scope, id, {
    policyName: uniqueName ?? (isOfThisStack ? undefined : formatUniqueName(() => policy)),
    statements,
  });
  noteStatements(role, statements);
  if (isInOtherAccount(scope, role)) {
    reportOtherAccount(scope, role, statements);
    return policy;
  }
  role.attachInlinePolicy(policy);
  if (!isAttached(policy)) {
    reportMissing(scope, role, statements);
  }
  acknowledgeRules(policy, 'managedPolicies');
  acknowledgeWildcards(policy, statements);
  registerInlinePolicy(policy, role);
  addValidation(policy, () => validateInlinePolicies(policy, role));
  return policy;
}

/** Lets the handler simulate the policies of Immuta's role or user. */
export function attachDiagnosis(scope: Construct, tenant: IImmutaTenant, principalArn: string): iam.Policy {
  const role = findHandlerRole(scope, tenant, 'diagnosePermissions');
  const ownRole = scope.node.tryFindChild('LocationRole')?.node.defaultChild;
  const uniqueName = ownRole instanceof iam.CfnRole ? `Diagnosis-${ownRole.attrRoleId}` : undefined;
  return attachToHandler(scope, 'DiagnosisPolicy', role, [buildDiagnosisStatement(principalArn)], uniqueName);
}

/**
 * Returns the role of the tenant's function. An imported tenant may have none.
 *
 * @param prop what needs the role
 */
export function findHandlerRole(scope: Construct, tenant: IImmutaTenant, prop: string): iam.IRole {
  const { handlerRole, node } = tenant;
  throwProblems(scope, handlerRole ? [] : [createProblem('TENANT_ROLE_UNKNOWN', { prop, tenant: node.path })]);
  return handlerRole!;
}

/**
 * Attaches the statements to the handler's role under a name that changes with their principal.
 *
 * CloudFormation replaces such a policy. The old one stays until the update has succeeded, and the new one until the
 * rollback has.
 *
 * @param name a name that is unique for the role
 */
export function attachReplaceablyToHandler(
  scope: Construct, id: string, role: iam.IRole, statements: iam.PolicyStatement[], name: string,
): Construct {
  if (isInOtherAccount(scope, role) || !canTakePolicies(role, Stack.of(scope), statements)) {
    return attachToHandler(scope, id, role, statements);
  }
  noteStatements(role, statements);
  const policyDocument = new iam.PolicyDocument({ statements });
  const policy = new iam.CfnRolePolicy(scope, id, { roleName: role.roleName, policyName: name, policyDocument });
  registerInlinePolicy(policy, role);
  addValidation(policy, () => validateInlinePolicies(policy, role));
  return policy;
}

function attachManagedPolicy(
  scope: Construct, id: string, principal: Principal, statements: iam.PolicyStatement[], description?: string,
): iam.ManagedPolicy {
  const attachment = isUser(principal) ? { users: [principal] } : { roles: [principal] };
  const policy = new iam.ManagedPolicy(scope, id, { description, statements, ...attachment });
  acknowledgeWildcards(policy, statements);
  if (isInOtherAccount(scope, principal)) {
    reportOtherAccount(scope, principal, statements);
    return policy;
  }
  registerManagedPolicy(policy, principal);
  addValidation(policy, () => validateManagedPolicies(policy, principal));
  return policy;
}

/**
 * Whether the role accepts policies of the stack.
 *
 * A role that is imported as immutable does not, and has no property that says so. The check attaches a policy that
 * belongs to no app. A role that `Role.customizeRoles` leaves out of the template adds the statements to its report.
 */
function canTakePolicies(role: iam.IRole, { account, region }: Stack, statements: iam.PolicyStatement[]): boolean {
  const nowhere = new Stack(new App({ autoSynth: false }), 'Nowhere', { env: { account, region } });
  const policy = new iam.Policy(nowhere, 'Policy', { statements });
  role.attachInlinePolicy(policy);
  return isAttached(policy);
}

function isAttached(policy: iam.Policy): boolean {
  return policy.stack.resolve((policy.node.defaultChild as iam.CfnPolicy).roles) !== undefined;
}

/**
 * Returns the resource of a principal that the app defines.
 *
 * The other policies of the principal are no dependencies, because they can refer to the integration.
 */
export function findResource(principal: Principal): IConstruct[] {
  const { defaultChild } = principal.node;
  // The default child of a `LazyRole` is a role.
  return defaultChild ? [defaultChild.node.defaultChild ?? defaultChild] : [];
}

/**
 * The names of inline policies are unique for each role, and integrations of several stacks can share the handler of
 * one tenant.
 */
function formatUniqueName(getPolicy: () => iam.Policy): string {
  const logicalId = Lazy.string({
    produce: () => {
      const policy = getPolicy();
      return policy.stack.resolve((policy.node.defaultChild as CfnResource).logicalId).slice(-MAX_LOGICAL_ID_LENGTH);
    },
  });
  return `${logicalId}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}`;
}

/** Whether the principal belongs to another account than the policies of the scope. */
function isInOtherAccount(scope: Construct, principal: Principal): boolean {
  const isKnown = isUser(principal) || !containsDummy(principal.roleArn);
  return isKnown && compareTokens(getAccount(principal), Stack.of(scope).account) === 'different';
}
