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
import { Succeeded } from '../protocol/outcome';
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
      return await performRequest(event, tools, environment, recordRequest);
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
): Promise<Succeeded> {
  const { physicalId } = event;
  const isDelete = event.requestType === 'Delete';
  if (isDelete && parsePhysicalId(physicalId).kind === 'none') {
    tools.log.info('nothing-added');
    return { physicalId };
  }
  await (isDelete ? prepareNetworkIfPossible : prepareNetwork)(environment, tools);
  const request = parseDataSourcesRequest(event);
  const context = createDataSourcesContext(environment, tools);
  if (isDelete) {
    await deleteDataSources(context, request);
    return { physicalId };
  }
  await tools.operation.assertCurrent();
  return event.requestType === 'Create'
    ? createDataSources(context, request, tools.sentAt, recordRequest)
    : { physicalId, attributes: await reconcile(context, request, recordRequest) };
}

/** Registers data sources. What CloudFormation does not take into the stack is removed. */
async function createDataSources(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  sentAt: number,
  recordRequest: () => void,
): Promise<Succeeded> {
  try {
    const attributes = await reconcile(context, request, recordRequest);
    const addedUntil = context.deadline.now();
    return {
      physicalId: formatPhysicalId('created', sentAt),
      attributes,
      async afterResponse() {
        await context.operation.waitForResult(context.deadline); // it may have cancelled the Create just before
        await removeAbandoned(context, request, sentAt, addedUntil);
      },
    };
  } catch (error) {
    await removeAbandoned(context, request, sentAt, context.deadline.now());
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
    await context.operation.waitUntilSettled(context.deadline); // a rollback keeps what its update adopted
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
    const removed = (await isRolledBack(context))
      ? { how: undo(removal), addedSince: physicalId.sentAt }
      : { how: removal };
    return removeListed(context, request, removed);
  }
  await operation.waitUntilSettled(deadline);
  if (!(await operation.findSuccessor()) && !operation.isBlind) {
    log.warn('keep-data-sources', { message: 'CloudFormation does not say whether a later Create has them' });
    return undefined;
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

/**
 * Whether CloudFormation deletes what a failed operation created. Only the deletion of a stack says at once that it is
 * not so: another status may be that of the operation before.
 */
async function isRolledBack(context: DataSourcesContext): Promise<boolean> {
  const { deadline, operation } = context;
  const stack = await operation.describeStack();
  if (!stack || stack.status === 'DELETE_IN_PROGRESS') {
    return false;
  }
  await operation.waitUntilSettled(deadline);
  return (await findRolledBackStart(context)) !== undefined;
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
      { how: undo(request.removal), addedSince: sentAt, addedUntil },
    ),
  );
}
