import { remove } from './delete';
import { withIdentityCenter } from './identity-center';
import { describeInstance, InstanceJob } from './job';
import { isOfLifetime, ownerTags } from './ownership';
import { Instance, InstanceGone } from '../aws/access-grants';
import { OutOfTime } from '../runtime/deadline';
import { pollPauses } from '../runtime/poll';

/** An instance that exists, as AWS says, is found by each request soon. */
const READABLE_MS = 60_000;

/**
 * Makes the instance what the properties ask for: takes it up, whoever made it, or makes it, and sees to its association. Does nothing where
 * all is as it should be, which is also how a repeated event and most rollbacks end.
 */
export async function bringAbout(job: InstanceJob): Promise<Instance> {
  const found = await job.client.find();
  try {
    return found ? await withIdentityCenter(job, await takeUp(job, found)) : await make(job);
  } catch (error) {
    if (error instanceof InstanceGone) {
      throw new Error(`${describeInstance(job)} was deleted while it was being set up; it is not created again, because whoever deleted it may have `
        + 'meant it: deploy again to create it', { cause: error });
    }
    throw error;
  }
}

/** One that an earlier Create of this resource made, whose Delete may be still to come, becomes this one's. */
async function takeUp(job: InstanceJob, found: Instance | undefined): Promise<Instance> {
  if (!found) {
    throw new InstanceGone();
  }
  const ours = job.isOurs('instance', found);
  job.log.info('take-up', { message: ours ? 'this resource made it' : 'adopted: somebody else made it' });
  if (!ours || isOfLifetime('instance', found.tags, job.owner)) {
    return found;
  }
  const tags = ownerTags('instance', job.owner);
  await job.client.tag(found, tags);
  return { ...found, tags: { ...found.tags, ...tags } };
}

async function make(job: InstanceJob): Promise<Instance> {
  job.log.info('create-instance');
  const made = await job.client.create(ownerTags('instance', job.owner));
  if (!made) {
    // somebody was faster, or an answer to us was lost
    return setUp(job, await job.client.find());
  }
  try {
    return await setUp(job, made);
  } catch (error) {
    if (!(error instanceof OutOfTime)) {
      await undo(job);
    }
    throw error;
  }
}

/** What this run made goes at once: the Delete that follows a failed Create may be over before a twin of that, which Lambda runs late, fails. */
async function undo(job: InstanceJob): Promise<void> {
  try {
    await remove(job);
  } catch (error) {
    job.log.warn('not-undone', { message: (error as Error).message });
  }
}

/**
 * An instance that exists, as AWS says, though its requests may not find it yet. It is never created a second time: that it is gone again
 * means that somebody, such as the Delete of this very Create, deleted it.
 */
async function setUp(job: InstanceJob, instance: Instance | undefined): Promise<Instance> {
  const end = job.deadline.now() + READABLE_MS;
  const pauses = pollPauses();
  for (let found = instance; ; found = await job.client.find()) {
    try {
      return await withIdentityCenter(job, await takeUp(job, found));
    } catch (error) {
      if (!(error instanceof InstanceGone) || job.deadline.now() >= end) {
        throw error;
      }
    }
    job.progress.lastSeen = `${describeInstance(job)} exists, and is not found yet`;
    await job.deadline.sleep(pauses.next().value);
  }
}
