import { DataSourcesContext } from './context';
import { Kept } from './plan';
import { createFailure } from '../failure';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { ImmutaRefusal } from '../immuta/refusal';
import { poll } from '../runtime/poll';

export interface ChangeOptions {
  /** Whether a disabled data source is restored. */
  readonly isEnabled: boolean;
  /** Called before a request, after which something may be changed. */
  readonly recordRequest: () => void;
}

/**
 * Gives a data source its name and enables it, if it is not so already. A conflict may pass, so the request is repeated
 * for a minute.
 */
export async function changeRecord(
  { deadline, immuta, log }: DataSourcesContext,
  { name, record }: Kept,
  { isEnabled, recordRequest }: ChangeOptions,
): Promise<void> {
  const rename = record.name === name ? {} : { name };
  const restore = isEnabled && record.isDisabled ? { deleted: false as const } : {};
  const fields = { ...rename, ...restore };
  if (Object.keys(fields).length === 0) {
    return;
  }
  if ('deleted' in fields) {
    log.info('restore-data-source', { dataSourceId: record.id, message: `restores '${name}', which is disabled` });
  }
  recordRequest();
  const conflictsEndAt = deadline.now() + IMMUTA_LAG_MS;
  const waitingFor = `Immuta to change data source ${record.id}`;
  const reply = await poll<'changed' | 'missing' | ImmutaRefusal>({ deadline, waitingFor }, async () => {
    log.info('change-data-source', { dataSourceId: record.id });
    const answer = await immuta.change(record.id, fields);
    return typeof answer === 'object' && answer.kind === 'conflict' && deadline.now() < conflictsEndAt
      ? { seen: answer.failure.text }
      : { done: answer };
  });
  if (reply !== 'changed') {
    throw createFailure('DATA_SOURCE_NOT_CHANGED', {
      change: 'name' in fields ? 'rename' : 'restore',
      id: record.id,
      cause: reply === 'missing' ? 'it is gone' : reply.failure.text,
    });
  }
}
