import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { addWarning, createProblem, Problem } from './problems';
import { renderIntrinsics } from '../tokens';

/** Checks that AWS accepts the external ID. */
export function validateExternalId(externalId?: string): Problem[] {
  if (externalId === undefined || Token.isUnresolved(externalId) || /^[\w+=,.@:/-]{2,1224}$/.test(externalId)) {
    return [];
  }
  return [createProblem('EXTERNAL_ID_INVALID', { got: JSON.stringify(externalId) })];
}

/**
 * Checks that not everyone can assume the role. Warns if it trusts more than one principal, or one that may act for
 * others.
 */
export function validateTrust(role: iam.Role): Problem[] {
  const trust = resolveTrust(role);
  warnOfBroadTrust(role, trust);
  return listUnconditionalPrincipals(trust).includes('*') ? [createProblem('PRINCIPAL_TOO_BROAD')] : [];
}

function warnOfBroadTrust(role: iam.Role, trust: TrustStatement[]): void {
  const account = findTrustedAccount(trust);
  if (account !== undefined) {
    addWarning(role, 'ACCOUNT_WITHOUT_EXTERNAL_ID', { account });
  }
  const deputies = [...new Set(trust.flatMap((statement) => listDeputies(statement, role)))];
  if (deputies.length > 0) {
    addWarning(role, 'PRINCIPAL_WITHOUT_EXTERNAL_ID', { principals: deputies.join(' and ') });
  }
  if (trust.some(isGuardedByExternalIdOnly)) {
    addWarning(role, 'ANYBODY_WITH_EXTERNAL_ID');
  }
}

/** Whether everyone who knows an external ID can assume the role. */
function isGuardedByExternalIdOnly(statement: TrustStatement): boolean {
  const conditions = listConditions(statement);
  return getPrincipals(statement).includes('*') && conditions.length > 0
    && conditions.every((key) => key === 'sts:ExternalId');
}

/** Returns an account that the role trusts as a whole, without a condition. */
function findTrustedAccount(trust: TrustStatement[]): string | undefined {
  return listUnconditionalPrincipals(trust)
    .map((principal) => /^arn:[^:]+:iam::([^:]+):root$/.exec(principal)?.[1] ?? /^\d{12}$/.exec(principal)?.[0])
    .find((account) => account !== undefined);
}

function listUnconditionalPrincipals(trust: TrustStatement[]): string[] {
  return trust.filter((statement) => !statement.Condition).flatMap((statement) => getPrincipals(statement));
}

/** Returns the condition keys of a statement. */
function listConditions({ Condition }: TrustStatement): string[] {
  return Object.values(Condition ?? {}).flatMap(Object.keys);
}

/**
 * Describes the principals outside the account that a statement lets assume the role without an external ID. Whole
 * accounts and everyone without a condition have messages of their own.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
function listDeputies(statement: TrustStatement, role: iam.Role): string[] {
  const conditions = listConditions(statement);
  if (conditions.includes('sts:ExternalId')) {
    return [];
  }
  const { account } = Stack.of(role);
  const isOutside = (principal: string) => {
    const owner = /^arn:[^:]+:(?:iam|sts)::(\d{12}):/.exec(principal)?.[1] ?? /^\d{12}$/.exec(principal)?.[0];
    return owner !== undefined && owner !== account && (conditions.length > 0 || !isAccount(principal));
  };
  return [
    ...getPrincipals(statement).filter(isOutside).map((principal) => `'${principal}'`),
    ...getPrincipals(statement).includes('*') && conditions.length > 0
      ? [`everyone with ${conditions.join(', ')}`] : [],
    ...getPrincipals(statement, 'Service').map((service) => `service '${service}'`),
    ...getPrincipals(statement, 'Federated').map((provider) => `identities of '${provider}'`),
  ];
}

function isAccount(principal: string): boolean {
  return /^\d{12}$|:root$/.test(principal);
}

function getPrincipals({ Principal }: TrustStatement, kind: PrincipalKind = 'AWS'): string[] {
  return typeof Principal === 'string' ? (kind === 'AWS' ? [Principal] : []) : [Principal?.[kind] ?? []].flat();
}

type PrincipalKind = 'AWS' | 'Service' | 'Federated';

interface TrustStatement {
  readonly Principal?: string | Readonly<Partial<Record<PrincipalKind, string | string[]>>>;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

function resolveTrust(role: iam.Role): TrustStatement[] {
  const trust = Stack.of(role).resolve(role.assumeRolePolicy);
  // References lose their colons, so that the parts of an ARN can be matched.
  return (renderIntrinsics(trust, (name) => `<${name.replace('AWS::', '')}>`) as { Statement: TrustStatement[] })
    .Statement;
}
