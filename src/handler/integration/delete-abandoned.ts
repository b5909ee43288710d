import { IntegrationContext } from './context';
import { deleteRecord } from './delete-record';
import { isCreatedBy } from './ownership';
import { findIntegrationId, isChosenByCloudFormation, parsePhysicalId } from './physical-id';
import { IntegrationRequest } from './request';
import { Failure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { isSteady } from '../immuta/status';
import { poll } from '../runtime/poll';

const MOST_ATTEMPTS = 3;
const PAUSE_MS = 30_000;

/**
 * Deletes what this Create created and the stack does not have, if CloudFormation no longer waits: the Delete may have
 * come before, or cannot tell it from an integration that was retained. Nor does it look for what another run of this
 * Create left.
 *
 * If the removal policy is to retain it, the stack may have retained it since: after a response of this run, or of
 * another run of this Create. A physical ID that CloudFormation chose proves the contrary, as long as the stack is in
 * the same operation.
 *
 * @param created ID of what this run created, which a list may not show yet. Undefined if it is not known
 */
export async function deleteAbandoned(
  context: IntegrationContext,
  request: IntegrationRequest,
  created: string | undefined,
): Promise<void> {
  const { deadline, operation } = context;
  const result = await operation.findResult(deadline);
  if (!result) {
    return;
  }
  const isWithoutResponse = isChosenByCloudFormation(result.physicalId);
  if (request.isRetained && !(isWithoutResponse && (await operation.isPresentDeployment(deadline)))) {
    return;
  }
  const live = findIntegrationId(parsePhysicalId(result.physicalId));
  const ids = new Set((await listCreated(context, request)).map(({ id }) => id));
  if (created !== undefined) {
    ids.add(created);
  }
  ids.delete(live ?? '');
  await deleteAll(context, request, [...ids]);
}

/** Deletes what another run of this Create failed to create. No stack has it. */
export async function deleteFailedDuplicates(
  context: IntegrationContext,
  request: IntegrationRequest,
  created: string,
): Promise<void> {
  const { deadline } = context;
  const end = deadline.now() + IMMUTA_LAG_MS;
  const failed = await poll<IntegrationRecord[]>({ deadline, waitingFor: 'other runs of this Create' }, async () => {
    const duplicates = (await listCreated(context, request)).filter(({ id }) => id !== created);
    return deadline.now() >= end || duplicates.every(({ status }) => isSteady(status))
      ? { done: duplicates.filter(({ status }) => status === 'createError') }
      : { seen: 'another record of this Create' };
  });
  await deleteAll(context, request, failed.map(({ id }) => id));
}

async function listCreated(
  { immuta }: IntegrationContext,
  { ownership }: IntegrationRequest,
): Promise<IntegrationRecord[]> {
  return (await immuta.list()).filter(({ name }) => isCreatedBy(name, ownership));
}

/** Deletes records, each again after a failure: no event follows that would do it. */
async function deleteAll(
  context: IntegrationContext,
  request: IntegrationRequest,
  ids: readonly string[],
): Promise<void> {
  const failures: unknown[] = [];
  for (const id of ids) {
    context.log.warn('delete-abandoned', { integrationId: id });
    await deletePatiently(context, request, id).catch((error) => failures.push(error));
  }
  if (failures.length > 0) {
    throw failures.at(-1); // that time is up, if it is: the next invocation continues
  }
}

async function deletePatiently(context: IntegrationContext, request: IntegrationRequest, id: string): Promise<void> {
  const { deadline, immutaForCleanup: immuta } = context;
  await poll<void>({ deadline, waitingFor: `integration ${id} to be deleted` }, async ({ number }) => {
    try {
      await deleteRecord({ ...context, immuta }, request, id);
      return { done: undefined };
    } catch (error) {
      if (!(error instanceof Failure) || number >= MOST_ATTEMPTS) {
        throw error;
      }
      return { seen: error.text, pauseMs: PAUSE_MS };
    }
  });
}
