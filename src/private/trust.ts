import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { readable } from './readable';

/** An external id that AWS would refuse. */
export function externalIdProblems(externalId?: string): string[] {
  if (externalId === undefined || Token.isUnresolved(externalId) || /^[\w+=,.@:/-]{2,1224}$/.test(externalId)) {
    return [];
  }
  return [`'externalId' must have 2 to 1224 letters, digits or characters of _+=,.@:/-, got ${JSON.stringify(externalId)}: copy it from Immuta`];
}

/** A role that anybody may assume. */
export function anybodyProblems(role: iam.Role): string[] {
  return unconditionallyTrusted(role).includes('*') ? ['\'principal\' lets anybody in AWS assume the role: name the role that Immuta runs as'] : [];
}

/** A role that anybody may assume who knows an external id. */
export function isGuardedByExternalIdOnly(role: iam.Role): boolean {
  return trustStatements(role).some((statement) => principalsOf(statement).includes('*')
    && Object.values(statement.Condition ?? {}).length > 0
    && Object.values(statement.Condition ?? {}).flatMap(Object.keys).every((key) => key === 'sts:ExternalId'));
}

/** The account whose every principal may assume the role, as far as that account allows, without any condition. */
export function trustedAccount(role: iam.Role): string | undefined {
  return unconditionallyTrusted(role)
    .map((principal) => /^arn:[^:]+:iam::([^:]+):root$/.exec(principal)?.[1] ?? /^\d{12}$/.exec(principal)?.[0])
    .find((account) => account !== undefined);
}

function unconditionallyTrusted(role: iam.Role): string[] {
  return trustStatements(role).filter((statement) => !statement.Condition).flatMap(principalsOf);
}

function principalsOf({ Principal }: TrustStatement): string[] {
  return typeof Principal === 'string' ? [Principal] : [Principal?.AWS ?? []].flat();
}

function trustStatements(role: iam.Role): TrustStatement[] {
  const trust = Stack.of(role).resolve(role.assumeRolePolicy);
  // references without their colons, so that an ARN has its usual parts
  return (readable(trust, (name) => `<${name.replace('AWS::', '')}>`) as { Statement: TrustStatement[] }).Statement;
}

interface TrustStatement {
  readonly Principal?: string | { readonly AWS?: string | string[] };
  readonly Condition?: Record<string, Record<string, unknown>>;
}
