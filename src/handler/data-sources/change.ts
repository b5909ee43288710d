import { DataSourcesContext } from './context';
import { Kept } from './plan';
import { createFailure } from '../failure';

/** Gives a data source its name and enables it, if it is not so already. */
export async function changeRecord(
  { immuta, log }: DataSourcesContext,
  { name, record }: Kept,
  isEnabled: boolean,
): Promise<void> {
  const rename = record.name === name ? {} : { name };
  const restore = isEnabled && record.isDisabled ? { deleted: false as const } : {};
  const fields = { ...rename, ...restore };
  if (Object.keys(fields).length === 0) {
    return;
  }
  log.info('change-data-source', { dataSourceId: record.id });
  const reply = await immuta.change(record.id, fields);
  if (reply !== 'changed') {
    throw createFailure('DATA_SOURCE_NOT_CHANGED', {
      change: 'name' in fields ? 'rename' : 'restore',
      id: record.id,
      cause: reply === 'missing' ? 'it is gone' : reply.failure.text,
    });
  }
}
