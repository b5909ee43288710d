import { IntegrationRecord } from './client';
import { describeRecord, Job } from './job';
import { sameLocation } from './location';
import { readMark } from './mark';
import { parsePhysicalId } from './physical-id';
import { untilUnregistered } from './registration';
import { removeRecord } from './removal';
import { look } from './waiting';

/** How often a Delete looks for what a Create may still make. */
const WATCH_PAUSE_MS = 10_000;

/** A Create posts no later than at the end of its `iamPropagationTimeout`; what it sent last may take a minute to show. */
const WATCH_MARGIN_MS = 60_000;

/** Removes the integration, if it is ours, and whatever else this resource may have made. */
export async function deleteIntegration(job: Job): Promise<void> {
  const physicalId = parsePhysicalId(job.physicalId);
  switch (physicalId.kind) {
    case 'none':
      job.log.info('nothing-made');
      return undefined;
    case 'adopted':
      job.log.info('adopted', { integrationId: physicalId.integrationId, message: 'left alone: this resource did not create it' });
      return undefined;
    case 'integration':
      return removeOwn(job, physicalId.integrationId);
    case 'unknown':
      return watch(job);
  }
}

async function removeOwn(job: Job, id: string): Promise<void> {
  const record = await look(job, id);
  if (record && !sameLocation(record.location, job.location)) {
    job.log.warn('left-alone', { integrationId: id, message: `${describeRecord(record)} is not on the path, account and Region of this resource` });
  } else if (record) {
    await removeRecord(job, id);
  }
  await removeSuccessors(job);
}

/** An Update that found the integration gone made another one: the physical id still is that of the first. */
async function removeSuccessors(job: Job): Promise<void> {
  const records = await job.immuta.list();
  const successors = records.filter((record) => isOurs(job, record));
  for (const { id } of successors) {
    await removeRecord(job, id);
  }
  if (successors.length === 0 && !records.some(({ location }) => sameLocation(location, job.location))) {
    await untilUnregistered(job);
  }
}

/** Removes what a Create made that did not say so, or that may still be running, until it cannot make anything more. */
async function watch(job: Job): Promise<void> {
  const end = job.deadline.iamPropagationEndsAt + WATCH_MARGIN_MS;
  for (;;) {
    for (const record of (await job.immuta.list()).filter((each) => isOurs(job, each))) {
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

/** Without its id, a record is ours by its mark, and only where it stands and with the role that this resource gave it. */
function isOurs(job: Job, { name, location, locationRoleArn }: IntegrationRecord): boolean {
  return readMark(name)?.owner === job.mark.owner
    && sameLocation(location, job.location)
    && locationRoleArn === job.properties.LocationRoleArn;
}
