import { isAsWanted, WantedIntegration, wantedIntegration } from './desired-state';
import { describeRecord, Job } from './job';
import { describeLocation, sameLocation } from '../location';
import { markedName, readMark } from './ownership';
import { parsePhysicalId } from './physical-id';
import { look } from './polling';
import { INTEGRATION_ID, IntegrationRecord } from '../immuta/client';

/**
 * Takes over an integration that exists, if it is already what the properties ask for. Only looks at it.
 *
 * @param id What `adopt` says
 */
export async function adoptIntegration(job: Job, id: string): Promise<IntegrationRecord> {
  // nothing is ever posted, so that this event has made nothing whenever it fails
  job.progress.notListed();
  const record = INTEGRATION_ID.test(id) ? await look(job, id) : undefined;
  if (!record) {
    throw new Error(`'adopt' is '${id}', and the tenant has no S3 integration with this id (GET /integrations lists those that it has): `
      + 'give the id of one, or remove \'adopt\' to create a new one');
  }
  if (record.status !== 'enabled') {
    throw new Error(`${describeRecord(record)} cannot be adopted, only one that is 'enabled' can: look at it in Immuta, and deploy again when it is`);
  }
  refuseSomebodyElses(job, record);
  const wanted = wantedIntegration(job.properties);
  if (!isAsWanted(record, wanted, adoptedName(job, record))) {
    throw new Error(`${describeRecord(record)} cannot be adopted, because adopting changes nothing and it differs in ${differences(job, record, wanted)}: `
      + `${sameLocation(record.location, wanted.location) ? '' : `it is on ${describeLocation(record.location)}; `}`
      + `give the ImmutaS3Integration the properties that it has, and deploy again: { ${propsOf(job, record)} }`);
  }
  return record;
}

/**
 * @throws if another resource of this library made the record, and may still delete it: that it was retained, nobody but the user can know,
 * who says so by naming it.
 */
function refuseSomebodyElses({ properties, mark }: Job, record: IntegrationRecord): void {
  const owner = readMark(record.name)?.owner;
  if (owner === undefined || owner === mark.owner || properties.IntegrationName === record.name) {
    return;
  }
  throw new Error(`${describeRecord(record)} cannot be adopted as it is, because another ImmutaS3Integration created it, whose removal deletes it: if a construct was renamed or `
    + `moved, keep its logical ids with 'stack.renameLogicalId' and do not adopt; if it was retained and no stack has it any more, say so with its name, integrationName: ${quoted(record.name)}`);
}

/**
 * The name that an adopted record has, or is to have: its own, unless the user chose one. One of ours that was retained has its mark,
 * and keeps it.
 */
export function adoptedName({ properties: { IntegrationName: chosen }, location, mark }: Job, { name }: IntegrationRecord): string {
  if (!chosen || chosen === name) {
    return name;
  }
  const has = readMark(name);
  return has?.owner === mark.owner ? markedName(chosen, location, has) : chosen;
}

/** @throws if an Update is to adopt anything else than what its resource has. Calls nobody. */
export function refuseOtherAdoption({ physicalId, properties: { Adopt: id } }: Job): void {
  const has = parsePhysicalId(physicalId);
  if (!id || ('integrationId' in has && has.integrationId === id)) {
    return;
  }
  const what = 'integrationId' in has ? `${has.kind === 'adopted' ? 'adopted' : 'created'} integration ${has.integrationId}` : 'is not known to have an integration';
  throw new Error(`'adopt' cannot become '${id}', since this resource ${what}: give '${id}' to a new ImmutaS3Integration, with another construct id`);
}

function differences({ properties }: Job, record: IntegrationRecord, wanted: WantedIntegration): string {
  return [
    ...(sameLocation(record.location, wanted.location) ? [] : ['account, Region or \'location\'']),
    ...(record.locationRoleArn === wanted.locationRoleArn ? [] : ['\'locationRole\'']),
    ...(record.authenticationType === wanted.authenticationType && record.roleToAssumeArn === wanted.roleToAssumeArn ? [] : ['\'authentication\'']),
    ...(!properties.IntegrationName || properties.IntegrationName === record.name ? [] : ['\'integrationName\'']),
  ].join(', ');
}

/** What the user pastes. Whose keys an integration has, no record shows. */
function propsOf({ properties }: Job, { id, name, location, locationRoleArn, authenticationType, roleToAssumeArn }: IntegrationRecord): string {
  const role = (constructId: string, arn: string) => `iam.Role.fromRoleArn(this, '${constructId}', ${quoted(arn)})`;
  const authentication = () => {
    if (authenticationType === 'accessKey') {
      return 'accessKeySecret({ user, secret }) with the user and the secret of its access key';
    }
    return roleToAssumeArn ? `existingRole(${role('ImmutaRole', roleToAssumeArn)})` : 'ambient(role) with the role that Immuta runs as';
  };
  return [
    `adopt: ${quoted(id)}`,
    ...(properties.IntegrationName ? [`integrationName: ${quoted(name)}`] : []),
    `location: ${locationProp(location.path)}`,
    `locationRole: ${role('LocationRole', locationRoleArn)}`,
    `authentication: ImmutaAuthentication.${authentication()}`,
  ].join(', ');
}

function locationProp(path: string): string {
  const [, bucketName = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*?)\*?$/s.exec(path) ?? [];
  if (bucketName === '') {
    return 'S3Location.allBuckets()';
  }
  const bucket = `s3.Bucket.fromBucketName(this, 'Bucket', ${quoted(bucketName)})`;
  return prefix === '' ? `S3Location.bucket(${bucket})` : `S3Location.prefix(${bucket}, ${quoted(prefix)})`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
