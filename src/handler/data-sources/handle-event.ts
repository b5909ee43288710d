import { addDataSources } from './add';
import { changeRecord } from './change';
import { DataSourcesContext, createDataSourcesContext } from './context';
import { formatPhysicalId, parsePhysicalId } from './physical-id';
import { planChanges } from './plan';
import { readRecords } from './records';
import { Removal, removeRecords } from './remove';
import { DataSourcesRequest, parseDataSourcesRequest } from './request';
import { prepareNetwork, prepareNetworkIfPossible } from '../aws/network';
import { DataSourcesAttributes } from '../contract';
import { createFailure } from '../failure';
import { watchCancelledCreate } from '../protocol/cancelled-create';
import { ResourceEvent } from '../protocol/event';
import { EventTools } from '../protocol/event-tools';
import { HandleEvent } from '../protocol/run';
import { Environment } from '../runtime/environment';
import { bestEffort } from '../runtime/log';

export interface DataSourcesHandlerOptions {
  readonly environment: Environment;
}

/** Handles the events of `Custom::ImmutaS3DataSources`. */
export function handleDataSourcesEvent({ environment }: DataSourcesHandlerOptions): HandleEvent {
  return async (event, tools) => {
    let mayHaveAdded = tools.earlierRuns.mayHaveCreated;
    const recordRequest = () => {
      mayHaveAdded = true;
    };
    try {
      const attributes = await performRequest(event, tools, environment, recordRequest);
      const isCreate = event.requestType === 'Create';
      return { physicalId: isCreate ? formatPhysicalId('created', tools.sentAt) : event.physicalId, attributes };
    } catch (error) {
      return {
        error,
        physicalId: formatFailedPhysicalId(event, tools, mayHaveAdded),
        physicalIdIfRunning: formatFailedPhysicalId(event, tools, true),
        isAnswerLost: mayHaveAdded,
      };
    }
  };
}

function formatFailedPhysicalId(event: ResourceEvent, { sentAt }: EventTools, mayHaveAdded: boolean): string {
  return event.requestType === 'Create' ? formatPhysicalId(mayHaveAdded ? 'failed' : 'none', sentAt) : event.physicalId;
}

async function performRequest(
  event: ResourceEvent,
  tools: EventTools,
  environment: Environment,
  recordRequest: () => void,
): Promise<DataSourcesAttributes | undefined> {
  const isDelete = event.requestType === 'Delete';
  if (isDelete && parsePhysicalId(event.physicalId).kind === 'none') {
    tools.log.info('nothing-added');
    return undefined;
  }
  await (isDelete ? prepareNetworkIfPossible : prepareNetwork)(environment, tools);
  const request = parseDataSourcesRequest(event);
  const context = createDataSourcesContext(environment, tools);
  if (isDelete) {
    await deleteDataSources(context, request);
    return undefined;
  }
  try {
    await tools.operation.assertCurrent();
    return await reconcile(context, request, recordRequest);
  } catch (error) {
    if (event.requestType === 'Create') {
      await removeAbandoned(context, request, tools.sentAt);
    }
    throw error;
  }
}

/** Gives Immuta the data sources that a Create or an Update lists. */
async function reconcile(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  recordRequest: () => void,
): Promise<DataSourcesAttributes> {
  const { desired } = request;
  const found = await readRecords(context, request);
  if (!found.locationPaths.has(desired.integrationId)) {
    throw createFailure('DATA_SOURCES_WITHOUT_INTEGRATION', { id: desired.integrationId });
  }
  const plan = planChanges(request, found);
  for (const each of plan.setAside) {
    await changeRecord(context, each, false);
  }
  for (const { name, record } of plan.keep) {
    const isSetAside = plan.setAside.some((each) => each.record === record);
    await changeRecord(context, { name, record: isSetAside ? { ...record, name: '' } : record }, true);
  }
  const { locationPaths } = found;
  const added = await addDataSources(context, plan.add, { request, locationPaths, recordRequest });
  if (plan.remove.length > 0) {
    const addedSince = await findRolledBackStart(context);
    const how = addedSince === undefined ? request.removal : undo(request.removal);
    await removeRecords(context, { records: plan.remove, how, addedSince });
  }
  const ids = new Map([...plan.keep.map(({ name, record }) => [name, record.id] as const), ...added]);
  return { DataSourceIds: desired.list.map(({ name }) => ids.get(name)).join(',') };
}

/** Returns when the operation began that CloudFormation rolls back now. Undefined if it rolls back none. */
async function findRolledBackStart({ operation }: DataSourcesContext): Promise<number | undefined> {
  const stack = await operation.describeStack();
  return stack && /ROLLBACK_(COMPLETE_CLEANUP_)?IN_PROGRESS$/.test(stack.status) ? stack.startedAt : undefined;
}

async function deleteDataSources(context: DataSourcesContext, request: DataSourcesRequest): Promise<void> {
  const { deadline, log, operation } = context;
  const { physicalId, removal } = request;
  if (await isTakenOver(context, request)) {
    log.warn('keep-data-sources', { message: 'a later operation of this resource has them' });
    return undefined;
  }
  if (physicalId.kind === 'created') {
    const isRolledBack = (await findRolledBackStart(context)) !== undefined;
    const removed = isRolledBack ? { how: undo(removal), addedSince: physicalId.sentAt } : { how: removal };
    return removeListed(context, request, removed);
  }
  if (physicalId.kind === 'failed') {
    return removeListed(context, request, { how: undo(removal), addedSince: physicalId.sentAt });
  }
  const stack = await operation.describeStack();
  if (!stack) {
    log.warn('keep-data-sources', { message: 'CloudFormation does not say when the cancelled Create began' });
    return undefined;
  }
  return watchCancelledCreate(deadline, () =>
    removeListed(context, request, { how: undo(removal), addedSince: stack.startedAt }),
  );
}

/** What a rolled-back operation added is removed, even if the data sources of a successful one are retained. */
function undo(removal: DataSourcesRequest['removal']): DataSourcesRequest['removal'] {
  return removal === 'retain' ? 'disable' : removal;
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
  const { remove: records } = planChanges(request, await readRecords(context, request));
  await removeRecords(context, { records, isTakenOver: () => isTakenOver(context, request), ...removed });
}

/**
 * Whether the data sources belong to a later Create or Update of this resource, which has begun or succeeded: before
 * the Delete of one that failed, or while an event was late or read twice. False if CloudFormation does not say.
 */
async function isTakenOver(
  { operation }: DataSourcesContext,
  { physicalId }: DataSourcesRequest,
): Promise<boolean> {
  const state = await operation.describeResource();
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
async function removeAbandoned(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  sentAt: number,
): Promise<void> {
  const addedUntil = context.deadline.now();
  const result = await context.operation.findResult(context.deadline);
  if (!result || parsePhysicalId(result.physicalId).kind === 'created') {
    return;
  }
  await bestEffort(context.log, 'abandoned-not-removed', () =>
    removeListed(
      { ...context, immuta: context.immutaForCleanup },
      { ...request, desired: request.previous, previous: request.desired },
      { how: undo(request.removal), addedSince: sentAt, addedUntil },
    ),
  );
}
