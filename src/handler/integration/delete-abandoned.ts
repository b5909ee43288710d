import { IntegrationContext } from './context';
import { deleteRecord } from './delete-record';
import { isCreatedBy } from './ownership';
import { findIntegrationId, parsePhysicalId } from './physical-id';
import { IntegrationRequest } from './request';
import { IntegrationRecord } from '../immuta/client';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { isSteady } from '../immuta/status';
import { poll } from '../runtime/poll';

/**
 * Deletes what this Create created and the stack does not have, if CloudFormation no longer waits: the Delete may have
 * come before, or cannot tell it from an integration that was retained. Nor does it look for what another run of this
 * Create left.
 *
 * If the removal policy is to retain it, only a run that was cancelled before it responded is certain that the stack
 * has not retained it since.
 *
 * @param created ID of what this run created, which a list may not show yet. Undefined if it is not known
 * @param hasResponded whether this run has responded
 */
export async function deleteAbandoned(
  context: IntegrationContext,
  request: IntegrationRequest,
  created: string | undefined,
  hasResponded = false,
): Promise<void> {
  const { deadline, operation } = context;
  const mayBeRetained = request.isRetained && (hasResponded || !operation.isConfirmed);
  const result = mayBeRetained ? undefined : await operation.findResult(deadline);
  if (!result) {
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

async function deleteAll(
  context: IntegrationContext,
  request: IntegrationRequest,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    context.log.warn('delete-abandoned', { integrationId: id });
    await deleteRecord({ ...context, immuta: context.immutaForCleanup }, request, id);
  }
}
