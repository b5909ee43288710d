import { describeRecord, Job } from './job';
import { IntegrationRecord } from '../immuta/client';
import { sameLocation } from '../location';
import { refuseInOtherTenant } from './other-tenant';
import { isOfGeneration, readMark } from './ownership';
import { parsePhysicalId } from './physical-id';
import { look } from './polling';
import { untilUnregistered } from './registration';
import { removeRecord } from './removal';

/** How often a Delete looks for what a Create may still make. */
const WATCH_PAUSE_MS = 10_000;

/** What a Create sent last may take a minute to show. */
const WATCH_MARGIN_MS = 60_000;

/** Removes the integration, if it is ours, and whatever else this resource may have made. */
export async function deleteIntegration(job: Job): Promise<void> {
  const physicalId = parsePhysicalId(job.physicalId);
  if (job.properties.Adopt) {
    job.log.info('adopted', { integrationId: job.properties.Adopt, message: 'left alone: \'adopt\' names it' });
    return undefined;
  }
  switch (physicalId.kind) {
    case 'none':
      job.log.info('nothing-made');
      return undefined;
    case 'adopted':
      job.log.info('adopted', { integrationId: physicalId.integrationId, message: 'left alone: this resource did not create it' });
      await removeSuccessorsOf(job, physicalId.integrationId);
      return undefined;
    case 'integration':
      return removeOwn(job, physicalId.integrationId);
    case 'unknown':
      return watch(job, physicalId.request);
  }
}

async function removeOwn(job: Job, id: string): Promise<void> {
  const record = await look(job, id);
  if (record && !sameLocation(record.location, job.location)) {
    job.log.warn('left-alone', { integrationId: id, message: `${describeRecord(record)} is not on the path, account and Region of this resource` });
  } else if (record) {
    await removeRecord(job, id);
  } else {
    await refuseInOtherTenant(job);
  }
  const others = await removeSuccessorsOf(job, id);
  if (!others.some(({ location }) => sameLocation(location, job.location))) {
    await untilUnregistered(job);
  }
}

/**
 * An Update that found the integration gone made another one: the physical id still is that of the first. What a later Create made is
 * none of these: after a failure that was not rolled back, it may come before the Delete of what failed.
 *
 * @returns what is left
 */
async function removeSuccessorsOf(job: Job, id: string): Promise<IntegrationRecord[]> {
  const records = (await job.immuta.list()).filter((record) => record.id !== id);
  const successors = records.filter((record) => isOurs(job, record) && isOfGeneration(readMark(record.name)!, job.physicalId));
  for (const successor of successors) {
    await removeRecord(job, successor.id);
  }
  return records.filter((record) => !successors.includes(record));
}

/**
 * Removes what a Create made that did not say so, or that may still be running, until it cannot make anything more.
 *
 * @param request The second half of the mark of what it made, if it could say that before it failed
 */
async function watch(job: Job, request: string | undefined): Promise<void> {
  const end = job.deadline.postingEndsAt + WATCH_MARGIN_MS;
  const unproven = new Set<string>();
  for (let isFirstLook = true; ; isFirstLook = false) {
    for (const record of (await job.immuta.list()).filter((each) => isOurs(job, each))) {
      if (unproven.has(record.id) || !isOfThatCreate(job, record, request, isFirstLook)) {
        unproven.add(record.id);
        continue;
      }
      job.log.info('found', { integrationId: record.id, status: record.status });
      await removeRecord(job, record.id);
    }
    const left = end - job.deadline.now();
    if (left <= 0) {
      return;
    }
    job.progress.lastSeen = 'no integration that this resource made';
    await job.deadline.sleep(Math.min(WATCH_PAUSE_MS, left));
  }
}

/**
 * Whether the Create that this Delete follows made the record: it may also have been made before, retained, and been in that Create's way.
 *
 * A Create that answered says which. Of one that was cancelled only the `Generation` is known; without that either, which resources without
 * a role or policy of their own do not have, only what was not yet there or done when the Delete began is proof.
 */
function isOfThatCreate(job: Job, record: IntegrationRecord, request: string | undefined, isFirstLook: boolean): boolean {
  const { Generation: generation } = job.properties;
  const mark = readMark(record.name)!;
  const proven = isOfGeneration(mark, job.physicalId) || (request ? mark.request === request
    : generation ? isOfGeneration(mark, generation)
      : !isFirstLook || ['creating', 'createError', 'deleting'].includes(record.status));
  if (!proven) {
    job.log.warn('left-alone', { integrationId: record.id, message: `${describeRecord(record)} may be one that was retained` });
  }
  return proven;
}

/** Without its id, a record is ours by its mark, and only where it stands and with the role that this resource gave it. */
function isOurs(job: Job, { name, location, locationRoleArn }: IntegrationRecord): boolean {
  return readMark(name)?.owner === job.mark.owner
    && sameLocation(location, job.location)
    && locationRoleArn === job.properties.LocationRoleArn;
}
