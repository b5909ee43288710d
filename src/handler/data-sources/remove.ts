import { DataSourcesContext } from './context';
import { DataSourceRemoval } from '../contract';
import { createFailure, Failure } from '../failure';
import { DataSourceRecord } from '../immuta/data-sources';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { bestEffort } from '../runtime/log';
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
  /**
   * Only what Immuta created until then, in milliseconds since 1970: the rest was added by a later operation.
   *
   * @default - everything
   */
  readonly addedUntil?: number;
  /**
   * Whether a later operation of CloudFormation has the data sources. It is asked before each request.
   *
   * @default - none has: each request is sent only while the operation is the current one
   */
  readonly isTakenOver?: () => Promise<boolean>;
  /**
   * Whether the others are removed if one cannot be: no event follows that would do it.
   *
   * @default - a failure ends the removal
   */
  readonly isBestEffort?: boolean;
}

const ADOPTED = 'it existed before, and was adopted';

type RemoveOptions = Pick<Removal, 'how' | 'isTakenOver'>;

/** Removes data sources that are ours. What was adopted is kept if an operation is rolled back. */
export async function removeRecords(context: DataSourcesContext, removal: Removal): Promise<void> {
  for (const record of removal.records) {
    const reason = findReasonToKeep(record, removal);
    const remove = () => removeRecord(context, record, removal);
    if (!reason) {
      await (removal.isBestEffort ? bestEffort(context.log, 'abandoned-not-removed', remove) : remove());
    } else if (reason === ADOPTED && !record.isDisabled) {
      warnOfAccess(context, record);
    } else {
      context.log.info('keep-data-source', { dataSourceId: record.id, message: reason });
    }
  }
}

/** Immuta does not show whether a data source was disabled before the operation that is rolled back. */
function warnOfAccess({ log }: DataSourcesContext, { id, name }: DataSourceRecord): void {
  const message = `'${name}' remains enabled, since ${ADOPTED}. If the deployment restored it, disable it in Immuta`;
  log.warn('keep-data-source', { dataSourceId: id, message });
}

function findReasonToKeep(
  { createdAt = 0 }: DataSourceRecord,
  { how, addedSince = 0, addedUntil = Infinity }: Removal,
): string | undefined {
  if (createdAt < addedSince - TOLERANCE_MS) {
    return ADOPTED;
  }
  if (createdAt > addedUntil + TOLERANCE_MS) {
    return 'a later operation added it';
  }
  return how === 'retain' ? 'it is retained' : undefined;
}

async function removeRecord(
  context: DataSourcesContext,
  record: DataSourceRecord,
  options: RemoveOptions,
): Promise<void> {
  const current = await reread(context, record);
  const isEnd = !current || (!current.isDisabled && (await requestRemoval(context, current, true, options)));
  if (options.how !== 'disable' && !isEnd) {
    await requestRemoval(context, record, false, options);
  }
}

/**
 * Reads a record again: an earlier read may have shown the state before a write. Another run of this event may have
 * disabled it since. A second request would delete it.
 */
async function reread(
  { deadline, immuta, rereadAt }: DataSourcesContext,
  { id }: DataSourceRecord,
): Promise<DataSourceRecord | undefined> {
  await deadline.sleep(Math.max(0, rereadAt - deadline.now()));
  return immuta.get(id);
}

/**
 * Requests that a data source is disabled, or deleted if it is disabled. After a lost answer, the request is sent again
 * only if reads show for a minute that it was not carried out. A conflict may pass, so the request is repeated for a
 * minute.
 *
 * @returns whether nothing is left to do: the data source is gone, or a later operation has it
 */
async function requestRemoval(
  context: DataSourcesContext,
  record: DataSourceRecord,
  isEnabled: boolean,
  { isTakenOver }: RemoveOptions,
): Promise<boolean> {
  const { deadline, immuta, log } = context;
  const { id } = record;
  const conflictsEndAt = deadline.now() + IMMUTA_LAG_MS;
  return poll<boolean>({ deadline, waitingFor: `Immuta to remove data source ${id}` }, async () => {
    if (await isTakenOver?.()) {
      log.warn('keep-data-source', { dataSourceId: id, message: 'a later operation has it' });
      return { done: true };
    }
    log.info('remove-data-source', { dataSourceId: id });
    const reply = await immuta.remove(id);
    if (reply === 'removed') {
      return { done: !isEnabled };
    }
    if (reply === 'missing') {
      return { done: true };
    }
    if (reply.kind === 'conflict' && deadline.now() < conflictsEndAt) {
      return { seen: reply.failure.text };
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
