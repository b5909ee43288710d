import { formatOldName } from './old-name';
import { Found, isSameDataSource } from './records';
import { DataSource, DataSources, DataSourcesRequest } from './request';
import { createFailure } from '../failure';
import { DataSourceRecord } from '../immuta/data-sources';

/** A record that is to have this name, and to be enabled. */
export interface Kept {
  readonly name: string;
  readonly record: DataSourceRecord;
}

/** What has to be done, in this order. */
export interface Plan {
  /** Records that give up their names because another prefix takes the name. */
  readonly setAside: readonly Kept[];
  readonly keep: readonly Kept[];
  readonly add: readonly DataSource[];
  readonly remove: readonly DataSourceRecord[];
}

/**
 * Plans how Immuta gets the data sources that a template lists. A record is ours if it belongs to the integration, and
 * its name and prefix are what the template lists, or listed before.
 *
 * @throws Failure if another owner has one of the names
 */
export function planChanges({ desired, previous }: DataSourcesRequest, found: Found): Plan {
  const ours = findOurs(previous, found);
  const keep: Kept[] = [];
  const add: DataSource[] = [];
  for (const each of desired.list) {
    const record = found.records.get(each.name);
    const isDesired = record !== undefined && isSameDataSource(record, desired, each, found.locationPaths);
    if (record && !isDesired && ours.get(each.name) !== record) {
      throw createFailure('DATA_SOURCE_OF_OTHER_OWNER', { name: each.name, existing: describeDataSource(record) });
    }
    const source = isDesired
      ? record
      : (findRenamed(each, desired, previous, ours) ?? findSetAside(each, desired, found));
    if (source && !keep.some((other) => other.record === source)) {
      keep.push({ name: each.name, record: source });
    } else {
      add.push(each);
    }
  }
  const kept = new Map(keep.map(({ name, record }) => [record, name]));
  const taken = new Set(desired.list.map(({ name }) => name));
  return {
    setAside: previous.list.flatMap(({ name, prefix }) => {
      const record = ours.get(name);
      return record && taken.has(name) && kept.get(record) !== name
        ? [{ name: formatOldName(name, previous.integrationId, prefix), record }]
        : [];
    }),
    keep,
    add,
    remove: [...ours.values()].filter((record) => !kept.has(record)),
  };
}

/** Returns the records that were listed before, by their names then. An earlier run may have set some aside. */
function findOurs(previous: DataSources, { records, locationPaths }: Found): Map<string, DataSourceRecord> {
  const ours = new Map<string, DataSourceRecord>();
  for (const each of previous.list) {
    const record = [each.name, formatOldName(each.name, previous.integrationId, each.prefix)]
      .map((name) => records.get(name))
      .find((found) => found && isSameDataSource(found, previous, each, locationPaths));
    if (record) {
      ours.set(each.name, record);
    }
  }
  return ours;
}

/** Finds the record that had this prefix under another name, which is not listed with this prefix any more. */
function findRenamed(
  { prefix }: DataSource,
  desired: DataSources,
  previous: DataSources,
  ours: ReadonlyMap<string, DataSourceRecord>,
): DataSourceRecord | undefined {
  if (desired.integrationId !== previous.integrationId) {
    return undefined;
  }
  const before = previous.list.find((each) => each.prefix === prefix);
  return before && ours.get(before.name);
}

/** Finds the record that had this name and prefix before another prefix took the name. */
function findSetAside(each: DataSource, desired: DataSources, found: Found): DataSourceRecord | undefined {
  const record = found.records.get(formatOldName(each.name, desired.integrationId, each.prefix));
  return record && isSameDataSource(record, desired, each, found.locationPaths) ? record : undefined;
}

export function describeDataSource({ id, name, isDisabled, integrationId, prefix }: DataSourceRecord): string {
  const owner = integrationId === undefined ? 'another technology' : `integration ${integrationId}, prefix '${prefix}'`;
  return `data source ${id} '${name}'${isDisabled ? ' (disabled)' : ''} of ${owner}`;
}
