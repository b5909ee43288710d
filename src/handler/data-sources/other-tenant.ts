import { DataSourcesContext } from './context';
import { planChanges } from './plan';
import { readRecords } from './records';
import { removeRecords } from './remove';
import { DataSource, DataSourcesRequest } from './request';
import { undo } from './rollback';
import { createFailure } from '../failure';
import { DataSourceRecord } from '../immuta/data-sources';
import { isOtherTenant } from '../runtime/tenant-url';

/** The clocks of two services differ by less. */
const CERTAINLY_LATER_MS = 20_000;

// In another tenant, an integration of another owner may have the same ID, and data sources with the same names.

/** @throws Failure if the data sources are in another tenant than the one that the function calls */
export function assertInCalledTenant({ calledUrl }: DataSourcesContext, { tenantUrl }: DataSourcesRequest): void {
  if (isOtherTenant(calledUrl, tenantUrl)) {
    throw createFailure('DATA_SOURCES_IN_OTHER_TENANT', { home: tenantUrl, called: calledUrl });
  }
}

/** Whether an Update names a tenant that the function does not call, before or after it. */
export function changesTenant({ calledUrl }: DataSourcesContext, request: DataSourcesRequest): boolean {
  return [request.tenantUrl, request.previousTenantUrl].some((url) => isOtherTenant(calledUrl, url));
}

/**
 * Leaves out what was before in another tenant.
 *
 * @throws Failure if something is to be done there
 */
export function leaveOutOtherTenant(context: DataSourcesContext, request: DataSourcesRequest): DataSourcesRequest {
  const { calledUrl: called } = context;
  const { desired, previous, previousTenantUrl: home } = request;
  assertInCalledTenant(context, request);
  const isKept = ({ name, prefix }: DataSource) =>
    desired.list.some((each) => each.name === name && each.prefix === prefix);
  if (isOtherTenant(called, home) && !previous.list.every(isKept)) {
    throw createFailure('DATA_SOURCES_IN_OTHER_TENANT', { home, called });
  }
  return { ...request, previous: { ...previous, list: [] } };
}

/**
 * Rolls back an Update that changed the tenant: the function still calls the next one. Only what the Update added there
 * is removed.
 *
 * @returns the IDs of the data sources, as far as the called tenant has them
 */
export async function undoAdditions(
  context: DataSourcesContext,
  request: DataSourcesRequest,
  addedSince: number,
): Promise<string> {
  const { desired, removal } = request;
  const found = await readRecords(context, request);
  const { remove } = planChanges({ ...request, desired: { ...desired, list: [] } }, found);
  const { keep } = planChanges({ ...request, previous: { ...desired, list: [] } }, found);
  const isKept = (record: DataSourceRecord) => keep.some((each) => each.record === record);
  const how = undo(removal);
  context.log.warn('tenant-not-called', { message: 'removes what this update added, and changes nothing else' });
  await removeRecords(context, { records: remove.filter((record) => !isKept(record)), how, addedSince });
  // if it is the same tenant with another URL, it had these before
  await removeRecords(context, { records: remove.filter(isKept), how, addedSince: addedSince + CERTAINLY_LATER_MS });
  const ids = new Map(keep.map(({ name, record }) => [name, record.id]));
  return desired.list.map(({ name }) => ids.get(name)).join(',');
}
