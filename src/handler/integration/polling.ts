import { Job } from './job';
import { IntegrationRecord } from '../immuta/client';
import { isSteady } from '../immuta/status';
import { pollPauses } from '../runtime/poll';

/** Looks until the integration stays as it is; nothing if it is gone. Any status that is not known to be steady is waited for. */
export async function untilSteady(job: Job, id: string): Promise<IntegrationRecord | undefined> {
  for (const pause of pollPauses()) {
    const record = await look(job, id);
    if (!record || isSteady(record.status)) {
      return record;
    }
    await job.deadline.sleep(pause);
  }
  return undefined;
}

/** One look, remembered for the reason when time runs out. */
export async function look(job: Job, id: string): Promise<IntegrationRecord | undefined> {
  const record = await job.immuta.get(id);
  job.progress.lastSeen = record ? `integration ${id} is '${record.status}'` : `integration ${id} is gone`;
  job.log.info('look', { integrationId: id, status: record?.status ?? 'gone' });
  return record;
}

/**
 * What to do about a 409, which Immuta answers while an integration is in a state in which it cannot be changed or deleted: waits a little
 * if the state will pass. It may just have passed between two requests, so a steady state is believed only when it is seen twice.
 */
export function conflictWaiter(job: Job, id: string): () => Promise<'again' | 'gone' | 'deleting' | 'stuck'> {
  const pauses = pollPauses();
  let steadyBefore = false;
  return async () => {
    const record = await look(job, id);
    if (!record) {
      return 'gone';
    }
    if (record.status === 'deleting') {
      return 'deleting';
    }
    const steady = isSteady(record.status);
    if (steady && steadyBefore) {
      return 'stuck';
    }
    steadyBefore = steady;
    await job.deadline.sleep(pauses.next().value);
    return 'again';
  };
}
