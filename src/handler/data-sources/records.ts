import { DataSourcesContext } from './context';
import { formatOldName } from './old-name';
import { isSamePrefix } from './prefix';
import { DataSource, DataSources, DataSourcesRequest } from './request';
import { DataSourceRecord } from '../immuta/data-sources';
import { CONFIRMATION_MS } from '../immuta/lag';
import { poll } from '../runtime/poll';

/** Records by their names. */
export type Records = ReadonlyMap<string, DataSourceRecord>;

/** The paths of integrations by their IDs. Not those of integrations that are gone. */
export type LocationPaths = ReadonlyMap<string, string>;

/** What Immuta has under the names of a request. */
export interface Found {
  readonly records: Records;
  readonly locationPaths: LocationPaths;
}

/**
 * Reads what Immuta has under the names of a request. If something contradicts the last deployment, everything is read
 * again, at least 30 seconds later and a minute after the event was sent: a read may show the state before a write,
 * also of the operation before this one.
 */
export async function readRecords(context: DataSourcesContext, request: DataSourcesRequest): Promise<Found> {
  const { deadline, immuta, operation } = context;
  const { desired, previous } = request;
  const locationPaths = await readLocationPaths(context, request);
  const listed = [...desired.list, ...previous.list].map(({ name }) => name);
  const names = [...new Set([...listed, ...listOldNames(request)])];
  const records = new Map<string, DataSourceRecord>();
  await poll<void>({ deadline, waitingFor: 'Immuta to show its data sources' }, async ({ number }) => {
    for (const name of names) {
      const record = await immuta.findByName(name);
      if (record) {
        records.set(name, record);
      } else {
        records.delete(name);
      }
    }
    const pauseMs = Math.max(CONFIRMATION_MS, operation.settledAt - deadline.now());
    return number === 1 && names.some((name) => isContradiction(request, { records, locationPaths }, name))
      ? { seen: 'others than the last deployment left', pauseMs }
      : { done: undefined };
  });
  return { records, locationPaths };
}

/**
 * Returns the names that data sources may have got when another prefix took their own: in an earlier update, or in an
 * earlier run of this one.
 */
function listOldNames({ desired, previous }: DataSourcesRequest): string[] {
  const isSameIntegration = desired.integrationId === previous.integrationId;
  return desired.list.flatMap(({ name, prefix }) => {
    const before = previous.list.find((each) => each.name === name);
    return before && !(isSameIntegration && before.prefix === prefix)
      ? [
        formatOldName(name, desired.integrationId, prefix),
        formatOldName(name, previous.integrationId, before.prefix),
      ]
      : [];
  });
}

/** Whether a record is this data source. */
export function isSameDataSource(
  record: DataSourceRecord,
  { integrationId }: DataSources,
  { prefix }: DataSource,
  locationPaths: LocationPaths,
): boolean {
  return (
    record.integrationId === integrationId &&
    record.prefix !== undefined &&
    isSamePrefix(record.prefix, prefix, locationPaths.get(integrationId))
  );
}

/** Whether a data source of the last deployment is missing or disabled, or one exists that it did not have. */
function isContradiction({ previous }: DataSourcesRequest, { records, locationPaths }: Found, name: string): boolean {
  const record = records.get(name);
  const before = previous.list.find((each) => each.name === name);
  return before
    ? record === undefined || record.isDisabled || !isSameDataSource(record, previous, before, locationPaths)
    : record !== undefined;
}

/** An integration that is needed may have been created just before, so that reads do not show it yet. */
async function readLocationPaths(
  { deadline, integrations, operation }: DataSourcesContext,
  { desired, previous }: DataSourcesRequest,
): Promise<LocationPaths> {
  const ids = [...new Set([desired.integrationId, previous.integrationId])];
  const paths = new Map<string, string>();
  await poll<void>({ deadline, waitingFor: `Immuta to show integration ${desired.integrationId}` }, async () => {
    for (const id of ids.filter((each) => !paths.has(each))) {
      const record = await integrations.get(id);
      if (record) {
        paths.set(id, record.location.path);
      }
    }
    return desired.list.length > 0 && !paths.has(desired.integrationId) && !operation.isSettled
      ? { seen: 'it is missing' }
      : { done: undefined };
  });
  return paths;
}
