import { CfnResource, DefaultTokenResolver, Stack, StringConcat, TokenizedStringFragments, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { IConstruct } from 'constructs';
import { renderIntrinsics } from '../tokens';

/**
 * Characters that IAM allows, white space not counted.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const ROLE_INLINE_QUOTA = 10_240;
const MANAGED_QUOTA = 6_144;

/** Managed policies that IAM attaches to a role or user, without and with a raised quota. */
export const DEFAULT_MANAGED_POLICIES = 10;
const MOST_MANAGED_POLICIES = 20;

/** What a pseudo parameter has at least. */
const SHORTEST: Record<string, string> = { 'AWS::AccountId': '123456789012', 'AWS::Region': 'us-east-1' };
const SHORTEST_ARN = 'arn:aws:s3:::abc';

/** The inline policies of a role, as far as this app defines them, that pass the quota. The last of the policies reports. */
export function validateRolePolicies(policy: iam.Policy, role: iam.IRole): string[] {
  const attached = findResources(policy.node.root, 'AWS::IAM::Policy')
    .filter((other) => resolveNames(other, (other as iam.CfnPolicy).roles).includes(role.roleName));
  if (attached.at(-1) !== policy.node.defaultChild) {
    return [];
  }
  const documents = attached.map((other) => resolveDocument(other, (other as iam.CfnPolicy).policyDocument));
  return validateInlineSize(role, [...findOwnDocuments(role), ...documents]);
}

/** The inline policies of a role that we make. */
export function validateRoleSize(role: iam.IRole): string[] {
  return validateInlineSize(role, findOwnDocuments(role));
}

/** A managed policy that passes the quota, or a role or user with more of them than IAM attaches at all. */
export function validateManagedPolicySize(policy: iam.ManagedPolicy, principal: iam.IRole | iam.IUser): string[] {
  const problems = [];
  const length = measure(policy, resolveDocument(policy, policy.document));
  if (length > MANAGED_QUOTA) {
    problems.push(`the policy has at least ${length} characters, and IAM allows ${MANAGED_QUOTA} in a managed policy: `
      + 'name fewer \'encryptionKeys\', or fewer \'buckets\' in the location, or all of them by naming none');
  }
  if (countManagedPolicies(policy, principal) > MOST_MANAGED_POLICIES && findManagedPolicies(policy, principal).at(-1) === policy.node.defaultChild) {
    problems.push(`${describePrincipal(principal)} gets ${countManagedPolicies(policy, principal)} managed policies from this app, and IAM allows ${MOST_MANAGED_POLICIES} at most: `
      + `give some of the integrations another ${isUser(principal) ? 'user' : 'role'}`);
  }
  return problems;
}

/** How many managed policies this app attaches to the role or user. */
export function countManagedPolicies(scope: IConstruct, principal: iam.IRole | iam.IUser): number {
  const own = principal.node.defaultChild;
  const arns = own && CfnResource.isCfnResource(own) ? Stack.of(own).resolve((own as iam.CfnUser | iam.CfnRole).managedPolicyArns) ?? [] : [];
  return arns.length + findManagedPolicies(scope, principal).length;
}

export function describePrincipal(principal: iam.IRole | iam.IUser): string {
  return `${isUser(principal) ? 'user' : 'role'} '${principal.node.path}'`;
}

function findManagedPolicies(scope: IConstruct, principal: iam.IRole | iam.IUser): CfnResource[] {
  return findResources(scope.node.root, 'AWS::IAM::ManagedPolicy').filter((policy) => {
    const { roles, users } = policy as iam.CfnManagedPolicy;
    return isUser(principal) ? resolveNames(policy, users).includes(principal.userName) : resolveNames(policy, roles).includes(principal.roleName);
  });
}

export function isUser(principal: iam.IRole | iam.IUser): principal is iam.IUser {
  return 'userName' in principal;
}

function validateInlineSize(role: iam.IRole, documents: unknown[]): string[] {
  const length = documents.map((one) => measure(role, one)).reduce((sum, one) => sum + one, 0);
  return length <= ROLE_INLINE_QUOTA ? [] : [
    `the inline policies of role '${role.node.path}' have at least ${length} characters, and IAM allows ${ROLE_INLINE_QUOTA} in one role: `
    + 'use the role for fewer integrations, name fewer \'encryptionKeys\', or name fewer \'buckets\' in the location, or all of them by naming none',
  ];
}

function findOwnDocuments(role: iam.IRole): unknown[] {
  const own = role.node.defaultChild;
  if (!own || !CfnResource.isCfnResource(own) || own.cfnResourceType !== 'AWS::IAM::Role') {
    return [];
  }
  const policies: { policyDocument: unknown }[] = Stack.of(own).resolve((own as iam.CfnRole).policies) ?? [];
  return policies.map((policy) => policy.policyDocument);
}

function findResources(root: IConstruct, type: string): CfnResource[] {
  return root.node.findAll().filter((child): child is CfnResource => CfnResource.isCfnResource(child) && child.cfnResourceType === type);
}

function resolveDocument(scope: IConstruct, policyDocument: unknown): unknown {
  return Stack.of(scope).resolve(policyDocument);
}

/** What the document has at least: what is only known when it is deployed counts with the fewest characters that it can have. */
function measure(scope: IConstruct, policyDocument: unknown): number {
  const { partition } = RegionInfo.get(Stack.of(scope).region);
  const shortest: Record<string, string> = { ...SHORTEST, 'AWS::Partition': partition ?? 'aws' };
  return JSON.stringify(renderIntrinsics(policyDocument, (name) => shortest[name] ?? (name.endsWith('.Arn') ? SHORTEST_ARN : ''))).length;
}

/** The names with their tokens unresolved: a reference means something in its own stack only, its token means the same everywhere. */
function resolveNames(scope: IConstruct, value: unknown): string[] {
  return Tokenization.resolve(value, { scope, resolver: new KeepStringTokens() }) ?? [];
}

class KeepStringTokens extends DefaultTokenResolver {
  constructor() {
    super(new StringConcat());
  }

  public resolveString(fragments: TokenizedStringFragments): string {
    return fragments.join(new StringConcat());
  }
}
