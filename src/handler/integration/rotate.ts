import { METRIC_DIMENSION_INTEGRATION_ID, METRIC_KEY_ROTATION_FAILED, METRIC_NAMESPACE } from '../contract';
import { isAsWanted, wantedIntegration } from './desired-state';
import { failureOf } from './failure';
import { describeRecord, Job } from './job';
import { lookAgain } from './managed-keys';
import { parsePhysicalId } from './physical-id';
import { untilSteady } from './polling';
import { write } from './update';
import { isInPlace } from '../immuta/status';
import { ResourceEvent } from '../protocol/event';
import { Log } from '../runtime/log';

const REMEDY = 'the integration goes on with the access key that it has; deploy the stack of the integration again';

/**
 * Gives the integration another access key, as an Update does that has to write. Nothing else about it is changed: what a rotation was told is
 * as old as the deployment that made its rule, and one that is under way may have changed the integration.
 *
 * One that is gone has no key any more, and is no failure: its rule goes first when a stack is deleted, but an event may be under way.
 */
export async function rotateKey(job: Job): Promise<void> {
  const { accessKeys, log, physicalId, properties } = job;
  const what = parsePhysicalId(physicalId);
  if (!accessKeys || !('integrationId' in what)) {
    throw new Error(`a rotation needs an integration and a user, got '${physicalId}' and '${properties.AccessKeyUserName}': ${REMEDY}`);
  }
  const record = await untilSteady(job, what.integrationId);
  if (!record) {
    log.info('rotation-of-nothing', { integrationId: what.integrationId, message: 'the integration is gone' });
    return;
  }
  if (!isInPlace(record.status)) {
    throw failureOf(record, 'the access key cannot be rotated', REMEDY);
  }
  const wanted = wantedIntegration(properties);
  if (!isAsWanted(record, wanted, record.name)) {
    throw new Error(`the access key cannot be rotated: ${describeRecord(record)} is not what its stack has made of it: ${REMEDY}`);
  }
  const lookAtIt = () => lookAgain(job, record.id);
  const standing = await accessKeys.standing(lookAtIt);
  if (!standing.inForce && standing.undecided.length === 0) {
    throw new Error(`the access key cannot be rotated: ${describeRecord(record)} has none that its stack has made: ${REMEDY}`);
  }
  accessKeys.keepVersion(standing);
  const updated = accessKeys.isOfThisEvent(standing) ? record : await write(job, record, record.name);
  if (updated) {
    await accessKeys.settle(lookAtIt);
  } else {
    await accessKeys.abandon();
  }
}

/** Says how a rotation ended: nobody waits for an answer. */
export function reportRotation({ physicalId }: ResourceEvent, succeeded: boolean, log: Log): void {
  const what = parsePhysicalId(physicalId);
  log.metric({
    namespace: METRIC_NAMESPACE,
    name: METRIC_KEY_ROTATION_FAILED,
    value: succeeded ? 0 : 1,
    dimension: METRIC_DIMENSION_INTEGRATION_ID,
    dimensionValue: 'integrationId' in what ? what.integrationId : physicalId,
  });
}
