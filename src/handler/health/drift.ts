import { canHold } from '../access-keys/managed-access-key';
import { ExpectedIntegration } from '../contract';
import { IntegrationRecord } from '../immuta/client';
import { parseDesiredState, diff } from '../integration/desired-state';
import { isSamePath } from '../location';

/** A field of Immuta's configuration that differs from what was deployed. */
export interface Difference {
  readonly field: string;
  /** Both values, without an access key. */
  readonly description: string;
}

/** @param accessKeyIds those that Immuta may have. Undefined if it has a role */
export function findDifferences(
  record: IntegrationRecord,
  expected: ExpectedIntegration,
  accessKeyIds: readonly string[] | undefined,
): Difference[] {
  const desired = parseDesiredState({ ...expected });
  const { location } = desired;
  const values: Record<string, readonly [got: string | undefined, deployed: string | undefined]> = {
    name: [record.name, expected.IntegrationName],
    awsAccountId: [record.location.accountId, location.accountId],
    awsRegion: [record.location.region, location.region],
    awsLocationPath: [record.location.path, location.path],
    awsLocationRole: [record.locationRoleArn, desired.locationRoleArn],
    authenticationType: [record.authenticationType, desired.authenticationType],
    awsRoleToAssume: [record.roleToAssumeArn, desired.roleToAssumeArn],
  };
  const fields = [
    ...diff(record, desired, expected.IntegrationName).filter((field) => !isHidden(record, field)),
    ...(record.location.accountId === location.accountId ? [] : ['awsAccountId']),
    ...(record.location.region === location.region ? [] : ['awsRegion']),
    ...(isSamePath(record.location.path, location.path) ? [] : ['awsLocationPath']),
  ];
  const differences = fields.map((field) => ({ field, description: describeDifference(field, values[field]) }));
  if (isKeyExpected(record, accessKeyIds)) {
    return differences;
  }
  const description = `awsAccessKeyId is not that of secret '${expected.AccessKeySecretArn}'`;
  return [...differences, { field: 'awsAccessKeyId', description }];
}

function describeDifference(field: string, [got, deployed]: readonly [string | undefined, string | undefined]): string {
  return `${field} is '${got ?? ''}' instead of '${deployed ?? ''}'`;
}

/** An older Immuta does not show the role to assume, which then says nothing. */
function isHidden({ roleToAssumeArn }: IntegrationRecord, field: string): boolean {
  return field === 'awsRoleToAssume' && roleToAssumeArn === undefined;
}

/** Immuta may mask the ID, which then says nothing. */
function isKeyExpected(record: IntegrationRecord, accessKeyIds: readonly string[] | undefined): boolean {
  return (
    record.authenticationType !== 'accessKey' ||
    accessKeyIds === undefined ||
    accessKeyIds.some((accessKeyId) => canHold(record, { accessKeyId }))
  );
}
