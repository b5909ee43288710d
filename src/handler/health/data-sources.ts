import { Finding } from './finding';
import { createFailure } from '../failure';
import { DataSourcesClient } from '../immuta/data-sources';

/** A check sends so many requests for single data sources at most. */
const MAX_READ = 100;

/** A message names so many. */
const NAMED = 20;

/** Returns those of the IDs whose data sources do not exist any more, or are disabled. */
export type FindMissing = (ids: readonly string[]) => Promise<string[]>;

/** @param text the IDs as CloudFormation has them, separated by commas */
export function splitIds(text = ''): string[] {
  return text.split(',').filter(Boolean);
}

/**
 * Reads the data sources of all integrations of a check, once. Of up to 100, it reads each. Of more, it reads the list,
 * and then those that the list lacks first: only the read of a single data source proves that it is missing.
 */
export function createMissingFinder(allIds: readonly string[], immuta: DataSourcesClient): FindMissing {
  let missing: Promise<ReadonlySet<string>> | undefined;
  return async (ids) => {
    missing ??= readMissing(allIds, immuta);
    const found = await missing;
    return ids.filter((id) => found.has(id));
  };
}

async function readMissing(ids: readonly string[], immuta: DataSourcesClient): Promise<ReadonlySet<string>> {
  const listed = new Set(ids.length > MAX_READ ? await immuta.listIds() : []);
  const unlistedFirst = [...ids.filter((id) => !listed.has(id)), ...ids.filter((id) => listed.has(id))];
  const missing = new Set<string>();
  for (const id of unlistedFirst.slice(0, MAX_READ)) {
    if (!(await immuta.isEnabled(id))) {
      missing.add(id);
    }
  }
  return missing;
}

/** Describes data sources of an integration that are missing. */
export function describeMissing(id: string, missing: readonly string[]): Finding | undefined {
  if (missing.length === 0) {
    return undefined;
  }
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  const ids = `${missing.slice(0, NAMED).join(', ')}${more}`;
  return { name: 'Drift', failure: createFailure('HEALTH_DATA_SOURCES_MISSING', { id, ids }) };
}
