import { pollPauses } from '../pauses';
import { withIdentityCenter } from './association';
import { Instance, InstanceGone } from './client';
import { describeInstance, InstanceJob } from './job';
import { isOfLifetime, ownerTags } from './ownership';

/**
 * Makes the instance what the properties ask for: takes it up, whoever made it, or makes it, and sees to its association. Does nothing where
 * all is as it should be, which is also how a repeated event and most rollbacks end.
 */
export async function bringAbout(job: InstanceJob): Promise<Instance> {
  try {
    return await withIdentityCenter(job, await takeUpOrMake(job));
  } catch (error) {
    if (error instanceof InstanceGone) {
      throw new Error(`${describeInstance(job)} was deleted while it was being set up; it is not created again, because whoever deleted it may have `
        + 'meant it: deploy again to create it', { cause: error });
    }
    throw error;
  }
}

async function takeUpOrMake(job: InstanceJob): Promise<Instance> {
  const pauses = pollPauses();
  for (;;) {
    const found = await job.client.find();
    if (found) {
      return takeUp(job, found);
    }
    job.log.info('create-instance');
    const made = await job.client.create(ownerTags('instance', job.owner));
    if (made) {
      return made;
    }
    // somebody was faster, or an answer to us was lost: it will show
    job.progress.lastSeen = `${describeInstance(job)} exists, and cannot be read yet`;
    await job.deadline.sleep(pauses.next().value);
  }
}

/** One that an earlier Create of this resource made, whose Delete may be still to come, becomes this one's. */
async function takeUp(job: InstanceJob, found: Instance): Promise<Instance> {
  const ours = job.isOurs('instance', found);
  job.log.info('take-up', { message: ours ? 'this resource made it' : 'adopted: somebody else made it' });
  if (!ours || isOfLifetime('instance', found.tags, job.owner)) {
    return found;
  }
  const tags = ownerTags('instance', job.owner);
  await job.client.tag(found, tags);
  return { ...found, tags: { ...found.tags, ...tags } };
}
