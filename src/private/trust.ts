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

/** The account whose every principal may assume the role, as far as that account allows, without any condition. */
export function trustedAccount(role: iam.Role): string | undefined {
  return unconditionallyTrusted(role)
    .map((principal) => /^arn:[^:]+:iam::([^:]+):root$/.exec(principal)?.[1] ?? /^\d{12}$/.exec(principal)?.[0])
    .find((account) => account !== undefined);
}

function unconditionallyTrusted(role: iam.Role): string[] {
  const trust = Stack.of(role).resolve(role.assumeRolePolicy);
  // references without their colons, so that an ARN has its usual parts
  const { Statement } = readable(trust, (name) => `<${name.replace('AWS::', '')}>`) as { Statement: TrustStatement[] };
  return Statement.filter((statement) => !statement.Condition).flatMap((statement) => statement.Principal?.AWS ?? []);
}

interface TrustStatement {
  readonly Principal?: { readonly AWS?: string | string[] };
  readonly Condition?: unknown;
}
