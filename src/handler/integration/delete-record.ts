import { IntegrationContext } from './context';
import { describeStatus, readRecord, sendOnceAllowed } from './record-status';
import { waitForLocationRemoval } from './registered-location';
import { explainRemainingDataSources } from './remaining-data-sources';
import { IntegrationRequest } from './request';
import { createStatusFailure } from './status-failure';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { isSteady } from '../immuta/status';
import { isSameLocation } from '../location';
import { createIamPauses, poll, computeRemainingDelay } from '../runtime/poll';

type Target = Pick<IntegrationRequest, 'location' | 'locationRoleArn'>;

/**
 * Deletes a record that is ours, and waits until it is gone, and its location with it: CloudFormation removes next what
 * Immuta needs for that.
 */
export async function deleteRecord(context: IntegrationContext, target: Target, id: string): Promise<void> {
  if (await requestDeletion(context, id)) {
    await waitForDeletion(context, target, id);
  }
  await waitForOwnLocationRemoval(context, target, id);
}

/** Waits until the location is removed, unless it belongs to another record: this one was in its way, or a copy. */
async function waitForOwnLocationRemoval(context: IntegrationContext, target: Target, id: string): Promise<void> {
  const records = await context.immuta.list();
  if (!records.some((record) => record.id !== id && isSameLocation(record.location, target.location))) {
    await waitForLocationRemoval(context, target);
  }
}

/** Requests the deletion. False if the record is gone. */
async function requestDeletion(context: IntegrationContext, id: string): Promise<boolean> {
  const { immuta, deadline, log } = context;
  return poll<boolean>(
    { deadline, waitingFor: `Immuta to accept the deletion of integration ${id}`, pauses: createIamPauses() },
    async ({ pauseMs }) => {
      const { outcome, refusal } = await sendOnceAllowed(context, id, () => {
        log.info('delete', { integrationId: id });
        return immuta.delete(id);
      });
      if (outcome !== 'refused' || !refusal) {
        return { done: outcome !== 'gone' };
      }
      const delayMs =
        refusal.kind === 'iam' ? computeRemainingDelay(deadline, pauseMs, deadline.iamPropagationEndsAt) : undefined;
      if (delayMs === undefined) {
        throw await explainRemainingDataSources(context, id, refusal.failure);
      }
      return { seen: refusal.failure.text, pauseMs: delayMs };
    },
  );
}

/** For a minute after the request, a steady status may be that of before, such as the end of an earlier deletion. */
async function waitForDeletion(context: IntegrationContext, target: Target, id: string): Promise<void> {
  const { deadline } = context;
  const visibleAt = deadline.now() + IMMUTA_LAG_MS;
  await poll<void>({ deadline, waitingFor: `integration ${id} to be deleted` }, async () => {
    const record = await readRecord(context, id);
    if (!record) {
      return { done: undefined };
    }
    if (!isSteady(record.status) || deadline.now() < visibleAt) {
      return { seen: describeStatus(record) };
    }
    if (record.status === 'disabled') {
      // it was disabled by force, so Immuta cleans up nothing: the location has to be removed first
      await waitForLocationRemoval(context, target);
    }
    const then = 'Then delete again, or delete the integration in Immuta first';
    throw await explainRemainingDataSources(context, id, createStatusFailure('DELETE_FAILED', record, then));
  });
}
