import { IntegrationContext, describeRecord } from './context';
import { DesiredState, isAsDesired } from './desired-state';
import { buildName, isOwnedBy, parseOwnership } from './ownership';
import { findIntegrationId } from './physical-id';
import { readRecord } from './record-status';
import { CreateRequest, IntegrationRequest } from './request';
import { createFailure } from '../failure';
import { INTEGRATION_ID, IntegrationRecord } from '../immuta/client';
import { SHORT_RETRY_MS } from '../immuta/retry';
import { describeLocation, isSameLocation } from '../location';

/** Adopts an existing integration, if it is as desired. Only reads it. */
export async function adoptIntegration(
  { immuta, log }: IntegrationContext,
  request: CreateRequest,
  id: string,
): Promise<IntegrationRecord> {
  const { desired } = request;
  const record = INTEGRATION_ID.test(id)
    ? await readRecord({ immuta: immuta.withRetryMs(SHORT_RETRY_MS), log }, id)
    : undefined;
  if (!record) {
    throw createFailure('ADOPTED_INTEGRATION_MISSING', { id });
  }
  const integration = describeRecord(record);
  if (record.status !== 'enabled') {
    throw createFailure('ADOPTED_INTEGRATION_NOT_ENABLED', { integration });
  }
  assertHasNoOtherOwner(request, record);
  if (!isAsDesired(record, desired, chooseAdoptedName(request, record))) {
    throw createFailure('ADOPTED_INTEGRATION_DIFFERS', {
      integration,
      differences: listDifferences(desired, record).join(', '),
      where: isSameLocation(record.location, desired.location) ? '' : `; it is on ${describeLocation(record.location)}`,
      props: renderProps(desired, record).join(', '),
    });
  }
  return record;
}

/**
 * @throws Failure if another resource of this library created the record, and may still delete it. Only the user can
 * know that it was retained, and says so by naming it.
 */
function assertHasNoOtherOwner({ desired, ownership }: CreateRequest, record: IntegrationRecord): void {
  const owner = parseOwnership(record.name)?.owner;
  if (owner !== undefined && owner !== ownership.owner && desired.integrationName !== record.name) {
    throw createFailure('ADOPTED_INTEGRATION_OF_OTHER_OWNER', {
      integration: describeRecord(record),
      name: quote(record.name),
    });
  }
}

/**
 * Returns the name of an adopted record: its own, unless the user chose one. A retained one of ours keeps its
 * ownership.
 */
export function chooseAdoptedName(
  { desired: { integrationName: chosen }, location, ownership }: CreateRequest,
  { name }: IntegrationRecord,
): string {
  if (!chosen || chosen === name) {
    return name;
  }
  return isOwnedBy(name, ownership.owner) ? buildName(chosen, location, parseOwnership(name)!) : chosen;
}

/** @throws Failure if an Update is to adopt another integration than the one of its resource */
export function assertAdoptionUnchanged({ adopt, physicalId }: IntegrationRequest): void {
  const id = findIntegrationId(physicalId);
  if (!adopt || adopt === id) {
    return;
  }
  const current =
    id === undefined
      ? 'is not known to have an integration'
      : `${physicalId.kind === 'adopted' ? 'adopted' : 'created'} integration ${id}`;
  throw createFailure('ADOPT_CHANGED', { id: adopt, current });
}

/** Describes how to keep a conflicting record. A resource that has had another integration cannot adopt one. */
export function describeAdoption(
  { ownership, physicalId }: IntegrationRequest,
  { id, name }: IntegrationRecord,
): string {
  const where = physicalId.text ? ' on a new ImmutaS3Integration with another construct ID' : '';
  const owner = parseOwnership(name)?.owner;
  const named = owner === undefined || owner === ownership.owner ? '' : " and 'integrationName' to its name";
  const reference = `ImmutaS3Integration.fromIntegrationId(…, '${id}')`;
  return `set 'adopt' to '${id}'${named}${where}, or refer to it with ${reference}`;
}

/** Describes what a user has to know to recognize a record. Never its credentials. */
export function describeConfiguration({
  locationRoleArn,
  authenticationType,
  roleToAssumeArn,
}: IntegrationRecord): string {
  const role = roleToAssumeArn ? `, Immuta's role ${roleToAssumeArn}` : '';
  return `location role ${locationRoleArn}, authentication ${authenticationType}${role}`;
}

function listDifferences(desired: DesiredState, record: IntegrationRecord): string[] {
  return [
    ...(isSameLocation(record.location, desired.location) ? [] : ["account, Region or 'location'"]),
    ...(record.locationRoleArn === desired.locationRoleArn ? [] : ["'locationRole'"]),
    ...(record.authenticationType === desired.authenticationType && record.roleToAssumeArn === desired.roleToAssumeArn
      ? []
      : ["'authentication'"]),
    ...(!desired.integrationName || desired.integrationName === record.name ? [] : ["'integrationName'"]),
  ];
}

/** Returns the props that the user pastes. No record shows whose access keys an integration has. */
function renderProps({ integrationName }: DesiredState, record: IntegrationRecord): string[] {
  const { id, name, location, locationRoleArn } = record;
  return [
    `adopt: ${quote(id)}`,
    ...(integrationName ? [`integrationName: ${quote(name)}`] : []),
    `location: ${renderLocation(location.path)}`,
    `locationRole: ${renderImportedRole('LocationRole', locationRoleArn)}`,
    `authentication: ImmutaAuthentication.${renderAuthentication(record)}`,
  ];
}

function renderAuthentication({ authenticationType, roleToAssumeArn }: IntegrationRecord): string {
  if (authenticationType === 'accessKey') {
    return 'accessKeySecret({ user, secret }) with the user and the secret of its access key';
  }
  return roleToAssumeArn
    ? `existingRole(${renderImportedRole('ImmutaRole', roleToAssumeArn)})`
    : 'ambient(role) with the role that Immuta runs as';
}

function renderLocation(path: string): string {
  const [, bucketName = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*?)\*?$/s.exec(path) ?? [];
  if (bucketName === '') {
    return 'S3Location.allBuckets()';
  }
  const bucket = `s3.Bucket.fromBucketName(this, 'Bucket', ${quote(bucketName)})`;
  return prefix === '' ? `S3Location.bucket(${bucket})` : `S3Location.prefix(${bucket}, ${quote(prefix)})`;
}

function renderImportedRole(constructId: string, arn: string): string {
  return `iam.Role.fromRoleArn(this, '${constructId}', ${quote(arn)})`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
