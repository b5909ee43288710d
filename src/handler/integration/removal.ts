import { failureOf, refusalOf } from './failure';
import { Job } from './job';
import { conflictWaiter, look } from './polling';
import { untilUnregistered } from './registration';
import { IntegrationRecord } from '../immuta/client';
import { isSteady } from '../immuta/status';
import { iamPauses, pauseWithinWindow } from '../runtime/iam-propagation';
import { pollPauses } from '../runtime/poll';

/** A deletion that was accepted is not always visible at once. */
const ACCEPTED_MS = 30_000;

/**
 * Deletes a record that is ours, and waits until it is gone, and its location with it: CloudFormation removes next what Immuta still
 * needs for that.
 */
export async function removeRecord(job: Job, id: string): Promise<void> {
  if (await requestDeletion(job, id)) {
    await untilGone(job, id);
  }
  await untilUnregistered(job);
}

/** Asks for the deletion, once the integration is in a state to take it. False if it is gone. */
async function requestDeletion(job: Job, id: string): Promise<boolean> {
  const afterConflict = conflictWaiter(job, id);
  const pauses = iamPauses();
  for (;;) {
    try {
      job.log.info('delete', { integrationId: id });
      return await job.immuta.delete(id);
    } catch (error) {
      const refusal = refusalOf(error, job.redaction);
      const next = refusal.kind === 'conflict' ? await afterConflict() : refusal.kind;
      if (next === 'gone' || next === 'deleting') {
        return next === 'deleting';
      }
      if (next === 'again') {
        continue;
      }
      const pause = next === 'iam' ? pauseWithinWindow(job.deadline, pauses.next().value) : undefined;
      if (pause === undefined) {
        throw refusal.error;
      }
      await job.deadline.sleep(pause);
    }
  }
}

async function untilGone(job: Job, id: string): Promise<void> {
  const acceptedUntil = job.deadline.now() + ACCEPTED_MS;
  for (const pause of pollPauses()) {
    const record = await look(job, id);
    if (!record) {
      return;
    }
    if (endsDeletion(record, job.deadline.now() > acceptedUntil)) {
      await untilUnregisteredIfDisabled(job, record);
      throw failureOf(record, 'Immuta did not delete the integration', 'remove the cause, or the integration in Immuta, and delete again');
    }
    await job.deadline.sleep(pause);
  }
}

function endsDeletion({ status }: IntegrationRecord, overdue: boolean): boolean {
  return status === 'deleteError' || status === 'disabled' || (overdue && isSteady(status));
}

/** Somebody disabled it by force, so that Immuta cleans up nothing: the location is what has to be removed first. */
async function untilUnregisteredIfDisabled(job: Job, record: IntegrationRecord): Promise<void> {
  if (record.status === 'disabled') {
    await untilUnregistered(job);
  }
}
