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

/** Checks that not everyone can assume the role. */
export function validatePrincipal(role: iam.Role): Problem[] {
  return findUnconditionalPrincipals(role).includes('*') ? [createProblem('PRINCIPAL_TOO_BROAD')] : [];
}

/** Warns if the role trusts more than one principal. */
export function warnOfBroadTrust(role: iam.Role): void {
  const account = findTrustedAccount(role);
  if (account !== undefined) {
    addWarning(role, 'ACCOUNT_WITHOUT_EXTERNAL_ID', { account });
  }
  if (isGuardedByExternalIdOnly(role)) {
    addWarning(role, 'ANYBODY_WITH_EXTERNAL_ID');
  }
}

/** Whether everyone who knows an external ID can assume the role. */
function isGuardedByExternalIdOnly(role: iam.Role): boolean {
  return resolveTrust(role).some((statement) => getPrincipals(statement).includes('*')
    && Object.values(statement.Condition ?? {}).length > 0
    && Object.values(statement.Condition ?? {}).flatMap(Object.keys).every((key) => key === 'sts:ExternalId'));
}

/** Returns an account that the role trusts as a whole, without a condition. */
function findTrustedAccount(role: iam.Role): string | undefined {
  return findUnconditionalPrincipals(role)
    .map((principal) => /^arn:[^:]+:iam::([^:]+):root$/.exec(principal)?.[1] ?? /^\d{12}$/.exec(principal)?.[0])
    .find((account) => account !== undefined);
}

function findUnconditionalPrincipals(role: iam.Role): string[] {
  return resolveTrust(role).filter((statement) => !statement.Condition).flatMap(getPrincipals);
}

function getPrincipals({ Principal }: TrustStatement): string[] {
  return typeof Principal === 'string' ? [Principal] : [Principal?.AWS ?? []].flat();
}

interface TrustStatement {
  readonly Principal?: string | { readonly AWS?: string | string[] };
  readonly Condition?: Record<string, Record<string, unknown>>;
}

function resolveTrust(role: iam.Role): TrustStatement[] {
  const trust = Stack.of(role).resolve(role.assumeRolePolicy);
  // References lose their colons, so that the parts of an ARN can be matched.
  return (renderIntrinsics(trust, (name) => `<${name.replace('AWS::', '')}>`) as { Statement: TrustStatement[] })
    .Statement;
}
