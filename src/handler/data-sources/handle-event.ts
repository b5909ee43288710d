import { addDataSources } from './add';
import { changeRecord } from './change';
import { DataSourcesContext, createDataSourcesContext } from './context';
import { deleteDataSources, removeAbandoned } from './delete';
import { assertSlashesUnchanged } from './last-slash';
import { assertInCalledTenant, changesTenant, leaveOutOtherTenant, undoAdditions } from './other-tenant';
import { formatPhysicalId, parsePhysicalId } from './physical-id';
import { planChanges } from './plan';
import { readRecords } from './records';
import { removeRecords } from './remove';
import { DataSourcesRequest, parseDataSourcesRequest } from './request';
import { findRolledBackSince, limitUpdate } from './rollback';
import { prepareNetwork, prepareNetworkIfPossible } from '../aws/network';
import { DataSourcesAttributes } from '../contract';
import { createFailure } from '../failure';
import { ResourceEvent } from '../protocol/event';
import { EventTools } from '../protocol/event-tools';
import { Succeeded } from '../protocol/outcome';
import { HandleEvent } from '../protocol/run';
import { Environment } from '../runtime/environment';
import { isOtherTenant } from '../runtime/tenant-url';

export interface DataSourcesHandlerOptions {
  readonly environment: Environment;
}

/** Handles the events of `Custom::ImmutaS3DataSources`. */
export function handleDataSourcesEvent({ environment }: DataSourcesHandlerOptions): HandleEvent {
  return async (event, tools) => {
    // no run of a Create adds anything that its properties do not list
    let mayHaveAdded = tools.earlierRuns.mayHaveCreated && isReadable(event);
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

function isReadable(event: ResourceEvent): boolean {
  try {
    parseDataSourcesRequest(event);
    return true;
  } catch {
    return false;
  }
}

async function performRequest(
  event: ResourceEvent,
  tools: EventTools,
  environment: Environment,
  recordRequest: () => void,
): Promise<Succeeded> {
  const { physicalId } = event;
  const isDelete = event.requestType === 'Delete';
  const { kind } = parsePhysicalId(physicalId);
  if (isDelete && (kind === 'none' || (kind !== 'created' && !isReadable(event)))) {
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
    : { physicalId, attributes: await updateDataSources(context, request, recordRequest) };
}

async function updateDataSources(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  recordRequest: () => void,
): Promise<DataSourcesAttributes> {
  if (!changesTenant(context, request)) {
    return reconcile(context, request, recordRequest);
  }
  const rolledBackSince = await findRolledBackSince(context);
  if (rolledBackSince === undefined) {
    return reconcile(context, leaveOutOtherTenant(context, request), recordRequest);
  }
  return isOtherTenant(context.calledUrl, request.tenantUrl)
    ? { DataSourceIds: await undoAdditions(context, request, rolledBackSince) }
    : reconcile(context, request, recordRequest);
}

/** Registers data sources. What CloudFormation does not take into the stack is removed. */
async function createDataSources(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  sentAt: number,
  recordRequest: () => void,
): Promise<Succeeded> {
  assertInCalledTenant(context, request);
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
  await assertSlashesUnchanged(context, request, found);
  for (const each of plan.setAside) {
    await changeRecord(context, each, { isEnabled: false, recordRequest });
  }
  for (const each of plan.keep) {
    await changeRecord(context, each, { isEnabled: true, recordRequest });
  }
  const { locationPaths } = found;
  const added = await addDataSources(context, plan.add, { request, locationPaths, recordRequest });
  if (plan.remove.length > 0) {
    await removeRecords(context, { records: plan.remove, ...(await limitUpdate(context, request)) });
  }
  const ids = new Map([...plan.keep.map(({ name, record }) => [name, record.id] as const), ...added]);
  return { DataSourceIds: desired.list.map(({ name }) => ids.get(name)).join(',') };
}
