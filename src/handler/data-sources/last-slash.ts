import { DataSourcesContext } from './context';
import { Found, isSameDataSource } from './records';
import { DataSource, DataSourcesRequest } from './request';
import { isRollback } from './rollback';
import { createFailure } from '../failure';

/** A prefix that changes only by its last slash, as from `orders` to `orders/`. */
interface SlashChange {
  readonly before: DataSource;
  readonly after: DataSource;
  readonly shown: string;
}

/**
 * Refuses prefixes that change only by their last slash, unless Immuta shows the new ones. Immuta may show a prefix
 * with or without it, so the old data source looks like the new one, and would remain with its prefix.
 *
 * The rollback of such a change finds the data source as it was.
 *
 * @throws Failure if a data source would remain with another prefix than the template lists
 */
export async function assertSlashesUnchanged(
  { deadline, operation }: DataSourcesContext,
  request: DataSourcesRequest,
  found: Found,
): Promise<void> {
  const [change] = findSlashChanges(request, found);
  if (!change) {
    return;
  }
  await operation.waitUntilSettled(deadline);
  const stack = await operation.describeStackReliably(deadline);
  if (stack && isRollback(stack)) {
    return;
  }
  const { before, after, shown } = change;
  throw createFailure('DATA_SOURCE_PREFIX_NOT_CHANGED', {
    name: after.name, from: before.prefix, to: after.prefix, shown,
  });
}

function findSlashChanges({ desired, previous }: DataSourcesRequest, found: Found): SlashChange[] {
  if (desired.integrationId !== previous.integrationId) {
    return [];
  }
  return desired.list.flatMap((after) => {
    const before = previous.list.find(({ name }) => name === after.name);
    const record = found.records.get(after.name);
    if (!before || before.prefix === after.prefix || record?.prefix === undefined) {
      return [];
    }
    const isSame = [before, after].every((each) => isSameDataSource(record, desired, each, found.locationPaths));
    return isSame && hasLastSlash(record.prefix) !== hasLastSlash(after.prefix)
      ? [{ before, after, shown: record.prefix }]
      : [];
  });
}

function hasLastSlash(prefix: string): boolean {
  return prefix.replace(/\*$/, '').endsWith('/');
}
