import { Job } from './job';
import { readMark } from './ownership';
import { parsePhysicalId } from './physical-id';
import { look } from './polling';
import { sameLocation } from '../location';

/** Deletes the keys of an integration that does not exist any more. An adopted one goes on without its stack, with its key. */
export async function releaseCredentials(job: Job): Promise<void> {
  const { credentials: { managed }, log, physicalId, properties } = job;
  if (!managed || properties.Adopt || !await isSecretThere() || await isInUse()) {
    return;
  }
  await managed.release();

  /** A secret that was deleted outside the stack names no keys. */
  async function isSecretThere(): Promise<boolean> {
    try {
      await managed!.isSettled();
      return true;
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException') {
        throw error;
      }
      log.warn('secret-not-found', { message: (error as Error).message });
      return false;
    }
  }

  /** A later Create of the same resource may have succeeded before the Delete of one that failed. */
  async function isInUse(): Promise<boolean> {
    const what = parsePhysicalId(physicalId);
    switch (what.kind) {
      case 'none':
        return managed!.isSettled();
      case 'adopted':
        return await look(job, what.integrationId) !== undefined;
      default:
        return (await job.immuta.list()).some(({ name, location }) =>
          readMark(name)?.owner === job.mark.owner && sameLocation(location, job.location));
    }
  }
}
