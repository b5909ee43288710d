import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { renderIntrinsics } from '../tokens';

/** An external id that AWS would refuse. */
export function validateExternalId(externalId?: string): string[] {
  if (externalId === undefined || Token.isUnresolved(externalId) || /^[\w+=,.@:/-]{2,1224}$/.test(externalId)) {
    return [];
  }
  return [`'externalId' must have 2 to 1224 letters, digits or characters of _+=,.@:/-, got ${JSON.stringify(externalId)}: copy it from Immuta`];
}

/** A role that anybody may assume. */
export function validatePrincipal(role: iam.Role): string[] {
  return findUnconditionalPrincipals(role).includes('*') ? ['\'principal\' lets anybody in AWS assume the role: name the role that Immuta runs as'] : [];
}

/** A role that anybody may assume who knows an external id. */
export function isGuardedByExternalIdOnly(role: iam.Role): boolean {
  return resolveTrust(role).some((statement) => getPrincipals(statement).includes('*')
    && Object.values(statement.Condition ?? {}).length > 0
    && Object.values(statement.Condition ?? {}).flatMap(Object.keys).every((key) => key === 'sts:ExternalId'));
}

/** The account whose every principal may assume the role, as far as that account allows, without any condition. */
export function findTrustedAccount(role: iam.Role): string | undefined {
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

function resolveTrust(role: iam.Role): TrustStatement[] {
  const trust = Stack.of(role).resolve(role.assumeRolePolicy);
  // references without their colons, so that an ARN has its usual parts
  return (renderIntrinsics(trust, (name) => `<${name.replace('AWS::', '')}>`) as { Statement: TrustStatement[] }).Statement;
}

interface TrustStatement {
  readonly Principal?: string | { readonly AWS?: string | string[] };
  readonly Condition?: Record<string, Record<string, unknown>>;
}
