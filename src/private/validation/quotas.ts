import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { IConstruct } from 'constructs';
import { addWarning, createProblem, Problem } from './problems';
import { Registry } from '../registry';
import { getAccount } from '../stacks';
import { compareTokens, renderIntrinsics } from '../tokens';

/**
 * Quotas of IAM, in characters without white space and in policies.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const ROLE_INLINE_QUOTA = 10_240;
const MANAGED_POLICY_QUOTA = 6_144;
const DEFAULT_MANAGED_POLICIES = 10;
const MAX_MANAGED_POLICIES = 20;

/** The fewest characters that the value of a reference has. */
const SHORTEST: Record<string, string> = { 'AWS::AccountId': '123456789012', 'AWS::Region': 'us-east-1' };
const SHORTEST_ARN = 'arn:aws:s3:::abc';

/** A role or a user. */
export type Principal = iam.IRole | iam.IUser;

interface Attachment<P> {
  readonly policy: P;
  readonly principal: Principal;
}

/** A policy that the library adds to a role. */
type InlinePolicy = iam.Policy | iam.CfnRolePolicy;

const INLINE_POLICIES = new Registry<Attachment<InlinePolicy>>();
const MANAGED_POLICIES = new Registry<Attachment<iam.ManagedPolicy>>();

/** Whether the principal is a user. */
export function isUser(principal: Principal): principal is iam.IUser {
  return 'userName' in principal;
}

/** Notes that the library attaches an inline policy to a role. */
export function registerInlinePolicy(policy: InlinePolicy, principal: iam.IRole): void {
  INLINE_POLICIES.add(policy, { policy, principal }, [getName(principal)]);
}

/** Notes that the library attaches a managed policy, and warns above the default quota. */
export function registerManagedPolicy(policy: iam.ManagedPolicy, principal: Principal): void {
  MANAGED_POLICIES.add(policy, { policy, principal }, [getName(principal)]);
  const count = countManagedPolicies(policy, principal);
  if (count > DEFAULT_MANAGED_POLICIES) {
    addWarning(policy, 'MANAGED_POLICIES_OF_PRINCIPAL', { principal: describePrincipal(principal), count });
  }
}

/**
 * Checks the total size of a role's inline policies. Of the policies that the library attaches, the last one reports.
 */
export function validateInlinePolicies(policy: InlinePolicy, role: iam.IRole): Problem[] {
  const attached = findAttached(INLINE_POLICIES, policy, role);
  return attached.at(-1) === policy
    ? validateInlineSize(role, [...findOwnDocuments(role), ...attached.map(resolveDocument)])
    : [];
}

/** Checks the size of the inline policies of a role that the library creates. */
export function validateRoleSize(role: iam.Role): Problem[] {
  return isFarBelowQuota(role) ? [] : validateInlineSize(role, findOwnDocuments(role));
}

/**
 * Whether the policies of the role are short even as texts with tokens. Most are, and resolving them takes longer. The
 * value of a token is shorter than its text, unless it is a long text itself: half of the quota is left for these.
 */
function isFarBelowQuota(role: iam.Role): boolean {
  const policies = (role.node.defaultChild as iam.CfnRole | undefined)?.policies;
  return Array.isArray(policies) && role.node.tryFindChild('DefaultPolicy') === undefined
    && JSON.stringify(policies).length < ROLE_INLINE_QUOTA / 2;
}

/** Checks the size of a managed policy, and how many of them its role or user has. */
export function validateManagedPolicies(policy: iam.ManagedPolicy, principal: Principal): Problem[] {
  const count = countManagedPolicies(policy, principal);
  const isLast = findAttached(MANAGED_POLICIES, policy, principal).at(-1) === policy;
  const problems = validateManagedDocument(policy, policy.document);
  if (isLast && count > MAX_MANAGED_POLICIES) {
    const [kind, description] = [describeKind(principal), describePrincipal(principal)];
    const values = { principal: description, count, quota: MAX_MANAGED_POLICIES, kind };
    problems.push(createProblem('TOO_MANY_MANAGED_POLICIES', values));
  }
  return problems;
}

/** Checks the size of the document of a managed policy. The CDK omits a policy without statements. */
export function validateManagedDocument(scope: IConstruct, document: unknown): Problem[] {
  const length = measureDocument(scope, Stack.of(scope).resolve(document) ?? {});
  return length <= MANAGED_POLICY_QUOTA ? []
    : [createProblem('MANAGED_POLICY_TOO_LONG', { length, quota: MANAGED_POLICY_QUOTA })];
}

function validateInlineSize(role: iam.IRole, documents: unknown[]): Problem[] {
  const length = documents.reduce((sum: number, document) => sum + measureDocument(role, document), 0);
  return length <= ROLE_INLINE_QUOTA ? []
    : [createProblem('INLINE_POLICIES_TOO_LONG', { role: role.node.path, length, quota: ROLE_INLINE_QUOTA })];
}

/** Counts the managed policies that the library attaches, and those that the role or user names itself. */
function countManagedPolicies(scope: IConstruct, principal: Principal): number {
  const own = principal.node.defaultChild as iam.CfnRole | iam.CfnUser | undefined;
  const arns = own && CfnResource.isCfnResource(own) ? Stack.of(own).resolve(own.managedPolicyArns) as unknown[] : [];
  return (arns ?? []).length + findAttached(MANAGED_POLICIES, scope, principal).length;
}

/**
 * The name of a principal is the same in each stack: a reference to it is one token, whichever stack resolves it. Each
 * account may have a principal with that name.
 */
function findAttached<P>(registry: Registry<Attachment<P>>, scope: IConstruct, principal: Principal): P[] {
  const account = getAccount(principal);
  return registry.findByKey(scope, getName(principal))
    .filter((attachment) => compareTokens(getAccount(attachment.principal), account) !== 'different')
    .map(({ policy }) => policy);
}

function getName(principal: Principal): string {
  return isUser(principal) ? `user/${principal.userName}` : `role/${principal.roleName}`;
}

function describePrincipal(principal: Principal): string {
  return `${describeKind(principal)} '${principal.node.path}'`;
}

function describeKind(principal: Principal): string {
  return isUser(principal) ? 'user' : 'role';
}

/** Returns the inline policies of the role itself, and the one in which the CDK collects grants. */
function findOwnDocuments(role: iam.IRole): unknown[] {
  const own = role.node.defaultChild;
  if (!(own instanceof iam.CfnRole)) {
    return [];
  }
  const policies: { policyDocument: unknown }[] = Stack.of(own).resolve(own.policies) ?? [];
  const grants = role.node.tryFindChild('DefaultPolicy');
  return [
    ...policies.map((policy) => policy.policyDocument),
    ...(grants instanceof iam.Policy ? [resolveDocument(grants)] : []),
  ];
}

function resolveDocument(policy: InlinePolicy | iam.ManagedPolicy): unknown {
  return Stack.of(policy).resolve(policy instanceof iam.CfnRolePolicy ? policy.policyDocument : policy.document);
}

/** Returns the fewest characters that a document has after deployment. */
function measureDocument(scope: IConstruct, document: unknown): number {
  const { partition } = RegionInfo.get(Stack.of(scope).region);
  const shortest: Record<string, string> = { ...SHORTEST, 'AWS::Partition': partition ?? 'aws' };
  const renderShortest = (name: string) => shortest[name] ?? (name.endsWith('.Arn') ? SHORTEST_ARN : '');
  return JSON.stringify(renderIntrinsics(document, renderShortest)).length;
}
