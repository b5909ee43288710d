import { adoptedName, refuseOtherAdoption } from './adopt';
import { createIntegration } from './create';
import { credentialsDiffer, isAsWanted, locationOf, onlyNeutralDiffers, requestDiffers, unlikeWanted, wantedIntegration } from './desired-state';
import { failureOf, Refusal, refusalOf } from './failure';
import { describeRecord, Job } from './job';
import { refuseInOtherTenant } from './other-tenant';
import { parsePhysicalId } from './physical-id';
import { conflictWaiter, look, untilSteady } from './polling';
import { describeLocation, sameLocation } from '../location';
import { isOfGeneration, markedName, readMark } from './ownership';
import { untilRegisteredWithRole } from './registration';
import { IntegrationRecord } from '../immuta/client';
import { isInPlace } from '../immuta/status';
import { isExplainedByIamPropagation } from '../immuta/validation-tests';
import { iamPauses, pauseWithinWindow } from '../runtime/iam-propagation';
import { pollPauses } from '../runtime/poll';

/** A change that was accepted is not always visible at once. */
const SHOWN_MS = 30_000;

/**
 * Makes the integration what the properties ask for, if it is not. This is also what ends a rollback: there the record is already, or
 * again, what is wanted.
 */
export async function updateIntegration(job: Job): Promise<IntegrationRecord> {
  refuseOtherAdoption(job);
  const found = await findRecord(job);
  if (!found) {
    return createAgain(job);
  }
  if (readMark(found.name)?.request === job.mark.request) {
    return createIntegration(job); // this event has made it, in an earlier run
  }
  if (onlyNeutralDiffers(job.oldProperties, job.properties)) {
    return found; // looked at for its name and id only
  }
  const record = await untilSteady(job, found.id);
  if (!record || isFailedSuccessor(job, record)) {
    return createAgain(job);
  }
  if (!isInPlace(record.status)) {
    throw failureOf(record, 'the integration cannot be updated', 'delete it in Immuta, and its location in S3 Access Grants if that is left, '
      + 'and deploy again: it is created anew');
  }
  const updated = needsWrite(job, record) ? await write(job, record, nameFor(job, record)) : record;
  if (updated && job.oldProperties.LocationRoleArn !== job.properties.LocationRoleArn) {
    await untilRegisteredWithRole(job);
  }
  return updated ?? createAgain(job);
}

/** By id, else by mark and path: an Update may have created it anew, and the physical id never changes. */
async function findRecord(job: Job): Promise<IntegrationRecord | undefined> {
  const physicalId = parsePhysicalId(job.physicalId);
  // an id of another tenant says nothing in this one, but it is all by which an adopted one is known
  if ('integrationId' in physicalId && (physicalId.kind === 'adopted' || job.oldProperties.TenantUrl === job.properties.TenantUrl)) {
    const record = await look(job, physicalId.integrationId);
    if (record && sameLocation(record.location, job.location)) {
      return record;
    }
    if (record && readMark(record.name)?.owner === job.mark.owner) {
      throw moved(job, record);
    }
  }
  return (await job.immuta.list())
    .find(({ name, location }) => readMark(name)?.owner === job.mark.owner && sameLocation(location, job.location));
}

/** What an earlier Update could not create anew, and the rollback of that Update may: there is nothing of it to keep. */
function isFailedSuccessor(job: Job, { status, name }: IntegrationRecord): boolean {
  const mark = readMark(name);
  return status === 'createError' && mark?.owner === job.mark.owner && isOfGeneration(mark, job.physicalId);
}

async function createAgain(job: Job): Promise<IntegrationRecord> {
  if (!sameLocation(locationOf(job.oldProperties), job.location)) {
    throw moved(job);
  }
  await refuseInOtherTenant(job);
  job.log.warn('create-anew', { message: 'the integration is gone' });
  return createIntegration(job);
}

/**
 * Only a read comes before this. It cannot be spared: when CloudFormation rolls such an Update back, it sends the same difference
 * the other way round, and the record is where it should be.
 */
function moved(job: Job, record?: IntegrationRecord): Error {
  const where = record ? `${describeRecord(record)} is on ${describeLocation(record.location)}`
    : `the integration was on ${describeLocation(locationOf(job.oldProperties))}`;
  return new Error(`an integration cannot move: ${where}, and ${describeLocation(job.location)} is asked for; give the new location to a new `
    + 'ImmutaS3Integration, with another construct id, and remove this one');
}

function needsWrite(job: Job, record: IntegrationRecord): boolean {
  const { properties, oldProperties } = job;
  return !isAsWanted(record, wantedIntegration(properties), nameFor(job, record))
    || requestDiffers(oldProperties, properties) || credentialsDiffer(oldProperties, properties);
}

/** The record keeps its mark. One that lost it, because somebody renamed it, gets one; one that was adopted has a name of its own. */
function nameFor(job: Job, record: IntegrationRecord): string {
  const physicalId = parsePhysicalId(job.physicalId);
  if (physicalId.kind === 'adopted' && physicalId.integrationId === record.id) {
    return adoptedName(job, record);
  }
  const mark = readMark(record.name);
  return markedName(job.properties.IntegrationName, job.location, mark?.owner === job.mark.owner ? mark : job.mark);
}

/** Sends the whole configuration and waits until it is in force. Nothing if the integration is gone. */
async function write(job: Job, before: IntegrationRecord, name: string): Promise<IntegrationRecord | undefined> {
  const pauses = iamPauses();
  for (let attempt = 1; ; attempt++) {
    const refusal = await put(job, before.id, name);
    if (refusal === 'gone') {
      return undefined;
    }
    const record = refusal ? undefined : await untilChanged(job, before, name);
    if (!refusal && (!record || record.status === 'enabled')) {
      return record;
    }
    const isIam = refusal ? refusal.kind === 'iam' : record?.status === 'editError' && isExplainedByIamPropagation(record.failedTests);
    const error = refusal?.error ?? failureOf(record!, 'Immuta did not change the integration',
      `${record!.status === 'editError' ? 'it is as it was before; ' : ''}remove the cause and deploy again`);
    const delayMs = isIam ? pauseWithinWindow(job.deadline, pauses.next().value) : undefined;
    if (delayMs === undefined) {
      throw error;
    }
    job.log.warn('put-again', { integrationId: before.id, attempt, delayMs, message: error.message });
    await job.deadline.sleep(delayMs);
  }
}

/**
 * Waits until the integration is steady again, and shows what was sent.
 *
 * @throws if it is enabled and does not: Immuta ignores a field, and another request would not change that.
 */
async function untilChanged(job: Job, before: IntegrationRecord, name: string): Promise<IntegrationRecord | undefined> {
  const shownUntil = job.deadline.now() + SHOWN_MS;
  for (const pause of pollPauses()) {
    const record = await untilSteady(job, before.id);
    const ignored = record?.status === 'enabled' ? ignoredFields(job, before, record, name) : [];
    if (ignored.length === 0) {
      return record;
    }
    if (job.deadline.now() > shownUntil) {
      throw new Error(`Immuta accepted the change of integration ${before.id}, but did not make it: the integration does not show what was sent as `
        + `${ignored.map((field) => `'${field}'`).join(', ')}; this version of Immuta may not be able to change that in place: keep what it was, `
        + 'or remove the integration and create it anew');
    }
    await job.deadline.sleep(pause);
  }
  return undefined;
}

/** An Immuta that has never shown the role that it assumes may have it all the same. */
function ignoredFields(
  { properties, oldProperties, credentials }: Job, before: IntegrationRecord, record: IntegrationRecord, name: string,
): string[] {
  const neverShown = !record.roleToAssumeArn && !before.roleToAssumeArn && oldProperties.RoleToAssumeArn;
  const ignored = unlikeWanted(record, wantedIntegration(properties), name).filter((field) => !(field === 'awsRoleToAssume' && neverShown));
  // another one than before is of a run that came after ours
  const isKeyIgnored = record.accessKeyId === before.accessKeyId && !credentials.isShownBy(record);
  return isKeyIgnored ? [...ignored, 'awsAccessKeyId'] : ignored;
}

/** One request to change, once the integration is in a state to take it. Nothing if it was taken. */
async function put(job: Job, id: string, name: string): Promise<Refusal | 'gone' | undefined> {
  const afterConflict = conflictWaiter(job, id);
  for (;;) {
    try {
      job.log.info('put', { integrationId: id });
      return await job.immuta.update(id, () => job.config(name)) ? undefined : 'gone';
    } catch (error) {
      const refusal = refusalOf(error, job.redaction);
      if (refusal.kind !== 'conflict') {
        return refusal;
      }
      switch (await afterConflict()) {
        case 'again':
          break;
        case 'stuck':
          return refusal;
        default: // being deleted, or gone: there is nothing to change any more
          return await untilSteady(job, id) ? refusal : 'gone';
      }
    }
  }
}
