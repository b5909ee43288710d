import { DataSourcesContext } from './context';
import { assertInCalledTenant } from './other-tenant';
import { parsePhysicalId } from './physical-id';
import { planChanges } from './plan';
import { readRecords } from './records';
import { Removal, removeRecords } from './remove';
import { DataSourcesRequest } from './request';
import { limitDelete, undo } from './rollback';
import { watchCancelledCreate } from '../protocol/cancelled-create';
import { bestEffort } from '../runtime/log';

/** Removes what the resource lists, unless a later operation of it has the data sources. */
export async function deleteDataSources(context: DataSourcesContext, request: DataSourcesRequest): Promise<void> {
  const { deadline, log, operation } = context;
  const { physicalId, removal } = request;
  if (await isTakenOver(context, request)) {
    log.warn('keep-data-sources', { message: 'a later operation of this resource has them' });
    return undefined;
  }
  if (physicalId.kind === 'created') {
    return removeListed(context, request, await limitDelete(context, request, physicalId.sentAt));
  }
  await operation.waitUntilSettled(deadline);
  if (!(await operation.findSuccessor(deadline)) && !operation.isBlind) {
    log.warn('keep-data-sources', { message: 'CloudFormation does not say whether a later Create has them' });
    return undefined;
  }
  if (physicalId.kind === 'failed') {
    return removeListed(context, request, { how: undo(removal), addedSince: physicalId.sentAt });
  }
  const stack = await operation.describeStackReliably(deadline);
  if (!stack) {
    log.warn('keep-data-sources', { message: 'CloudFormation does not say when the cancelled Create began' });
    return undefined;
  }
  return watchCancelledCreate(deadline, () =>
    removeListed(context, request, { how: undo(removal), addedSince: stack.startedAt }),
  );
}

async function removeListed(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  removed: Omit<Removal, 'records' | 'isTakenOver'>,
): Promise<void> {
  if (removed.how === 'retain') {
    context.log.info('retain-data-sources');
    return;
  }
  assertInCalledTenant(context, request);
  const { remove: records } = planChanges(request, await readRecords(context, request));
  await removeRecords(context, { records, isTakenOver: () => isTakenOver(context, request), ...removed });
}

/**
 * Whether the data sources belong to a later Create or Update of this resource, which has begun or succeeded: before
 * the Delete of one that failed, or while an event was late or read twice. False if CloudFormation does not say.
 */
async function isTakenOver(
  { deadline, operation }: DataSourcesContext,
  { physicalId }: DataSourcesRequest,
): Promise<boolean> {
  const state = await operation.describeResourceReliably(deadline);
  if (!state) {
    return false;
  }
  const current = parsePhysicalId(state.physicalId);
  const isOfLaterCreate =
    current.kind === 'created' && current.sentAt > ('sentAt' in physicalId ? physicalId.sentAt : 0);
  // a read that lags may show the deletion of what was there before
  return (isOfLaterCreate && !state.resourceStatus.startsWith('DELETE_')) || operation.isLater(state);
}

/** Removes what this Create added, if CloudFormation no longer waits for it and has not taken it into the stack. */
export async function removeAbandoned(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  sentAt: number,
  addedUntil: number,
): Promise<void> {
  const result = await context.operation.findResult(context.deadline);
  if (!result || parsePhysicalId(result.physicalId).kind === 'created') {
    return;
  }
  await bestEffort(context.log, 'abandoned-not-removed', () =>
    removeListed(
      { ...context, immuta: context.immutaForCleanup },
      { ...request, desired: request.previous, previous: request.desired },
      { how: undo(request.removal), addedSince: sentAt, addedUntil, isBestEffort: true },
    ),
  );
}
