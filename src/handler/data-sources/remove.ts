import { DataSourcesContext } from './context';
import { DataSourceRemoval } from '../contract';
import { createFailure, Failure } from '../failure';
import { DataSourceRecord } from '../immuta/data-sources';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { poll } from '../runtime/poll';

/** The clocks of two services differ a little. */
const TOLERANCE_MS = 10_000;

/** What is to be removed, and how. */
export interface Removal {
  readonly records: readonly DataSourceRecord[];
  readonly how: DataSourceRemoval;
  /**
   * Only what Immuta created since then, in milliseconds since 1970: the rest existed before, and was adopted.
   *
   * @default - everything
   */
  readonly addedSince?: number;
}

/** Removes data sources that are ours. What was adopted is kept if an operation is rolled back. */
export async function removeRecords(context: DataSourcesContext, { records, how, addedSince }: Removal): Promise<void> {
  for (const record of records) {
    if (addedSince !== undefined && (record.createdAt ?? 0) < addedSince - TOLERANCE_MS) {
      context.log.info('keep-data-source', { dataSourceId: record.id, message: 'it existed before, and was adopted' });
    } else {
      await removeRecord(context, record, how);
    }
  }
}

async function removeRecord(
  context: DataSourcesContext,
  record: DataSourceRecord,
  how: DataSourceRemoval,
): Promise<void> {
  if (how === 'retain') {
    context.log.info('keep-data-source', { dataSourceId: record.id, message: 'it is retained' });
    return;
  }
  const current = how === 'disable' ? await reread(context, record) : record;
  const isGone = !current || (!current.isDisabled && (await requestRemoval(context, current, true)));
  if (how === 'delete' && !isGone) {
    await requestRemoval(context, record, false);
  }
}

/** Another run of this event may have disabled the record. A second request would delete it. */
async function reread(
  context: DataSourcesContext,
  record: DataSourceRecord,
): Promise<DataSourceRecord | undefined> {
  const { deadline, immuta, rereadAt } = context;
  if (record.isDisabled) {
    return record;
  }
  await deadline.sleep(Math.max(0, rereadAt - deadline.now()));
  return immuta.get(record.id);
}

/**
 * Requests that a data source is disabled, or deleted if it is disabled. After a lost answer, the request is sent again
 * only if reads show for a minute that it was not carried out.
 *
 * @returns whether the data source is gone
 */
async function requestRemoval(
  context: DataSourcesContext,
  record: DataSourceRecord,
  isEnabled: boolean,
): Promise<boolean> {
  const { deadline, immuta, log } = context;
  const { id } = record;
  return poll<boolean>({ deadline, waitingFor: `Immuta to remove data source ${id}` }, async () => {
    log.info('remove-data-source', { dataSourceId: id });
    const reply = await immuta.remove(id);
    if (reply === 'removed') {
      return { done: !isEnabled };
    }
    if (reply === 'missing') {
      return { done: true };
    }
    if (!reply.isAnswerLost) {
      throw createRemovalFailure(record, reply.failure);
    }
    const isDone = await waitUntilShown(context, id, isEnabled);
    return isDone ? { done: isDone === 'gone' } : { seen: reply.failure.text, pauseMs: 0 };
  });
}

/** Waits for a minute until reads show a removal whose answer was lost. */
async function waitUntilShown(
  { deadline, immuta }: DataSourcesContext,
  id: string,
  isEnabled: boolean,
): Promise<'disabled' | 'gone' | undefined> {
  const end = deadline.now() + IMMUTA_LAG_MS;
  return poll<'disabled' | 'gone' | undefined>(
    { deadline, waitingFor: `data source ${id} to show its removal` },
    async () => {
      const record = await immuta.get(id);
      if (!record) {
        return { done: 'gone' };
      }
      if (isEnabled && record.isDisabled) {
        return { done: 'disabled' };
      }
      return deadline.now() >= end ? { done: undefined } : { seen: 'it is as before' };
    },
  );
}

function createRemovalFailure({ id, name }: DataSourceRecord, { text }: Failure): Failure {
  return createFailure('DATA_SOURCE_NOT_REMOVED', { id, name, cause: text });
}
