import { InstanceTagPart } from '../contract';
import { removeAssociation } from './identity-center';
import { describeInstance, InstanceJob } from './job';
import { tagKeysOf } from './ownership';
import { Instance } from '../aws/access-grants';
import { pollPauses } from '../runtime/poll';

const PART: InstanceTagPart = 'instance';

/** How long nothing may leave the instance before what is left counts as somebody else's. */
const SHRINKING_MS = 120_000;

/** How often a Delete looks for what a Create may still make. */
const WATCH_PAUSE_MS = 10_000;

/** What a Create sent last may take a minute to show. */
const WATCH_MARGIN_MS = 60_000;

/** Takes away what this resource made: its association, and the instance unless it is in use. Everything else stays. */
export async function remove(job: InstanceJob): Promise<void> {
  const found = await job.client.find();
  if (!found) {
    job.log.info('gone');
    return undefined;
  }
  const left = await removeAssociation(job, found);
  if (!left) {
    job.log.info('gone');
    return undefined;
  }
  if (job.isOurs(PART, left)) {
    return removeInstance(job);
  }
  job.log.info('left-alone', { message: `${describeInstance(job)} was not made by this resource` });
}

/** The same until the Create that this Delete follows, which was cancelled and may still be running, cannot make anything more. */
export async function watch(job: InstanceJob): Promise<void> {
  const end = job.deadline.postingEndsAt + WATCH_MARGIN_MS;
  for (;;) {
    await remove(job);
    const left = end - job.deadline.now();
    if (left <= 0) {
      return;
    }
    job.progress.lastSeen = 'nothing that this resource made';
    await job.deadline.sleep(Math.min(WATCH_PAUSE_MS, left));
  }
}

/** Deletes it as soon as it is empty, and waits as long as it is becoming so. Looks each time whose it is: it may be another one by now. */
async function removeInstance(job: InstanceJob): Promise<void> {
  const pauses = pollPauses();
  let least = Number.POSITIVE_INFINITY;
  let patienceEndsAt = 0;
  for (;;) {
    const found = await job.client.find();
    if (!found || !job.isOurs(PART, found)) {
      job.log.info('gone');
      return;
    }
    job.log.info('delete-instance');
    const refusal = await job.client.delete((instance) => job.isOurs(PART, instance));
    if (!refusal) {
      return;
    }
    const { locations, grants } = await job.client.contents();
    if (locations + grants < least) {
      least = locations + grants;
      patienceEndsAt = job.deadline.now() + SHRINKING_MS;
    }
    job.progress.lastSeen = `${describeInstance(job)} has ${locations} locations and ${grants} grants`;
    if (job.deadline.now() >= patienceEndsAt) {
      return leave(job, found, refusal);
    }
    await job.deadline.sleep(pauses.next().value);
  }
}

/** @throws if there is nothing of others that AWS's refusal could be about. */
async function leave(job: InstanceJob, instance: Instance, refusal: Error): Promise<void> {
  const { locations, grants } = await job.client.contents();
  if (locations + grants === 0 && !instance.identityCenterInstanceArn) {
    throw refusal;
  }
  const association = instance.identityCenterInstanceArn ? `, and is associated with ${instance.identityCenterInstanceArn}` : '';
  job.log.warn('left-alone', {
    message: `${describeInstance(job)} has ${locations} locations and ${grants} grants of others${association}: it stays, and is nobody's any more`,
  });
  await job.client.untag(instance, tagKeysOf(PART, instance.tags));
}
