import { IntegrationContext } from './context';
import { Accepted, IntegrationRecord } from '../immuta/client';
import { CONFIRMATION_MS, IMMUTA_LAG_MS } from '../immuta/lag';
import { ImmutaRefusal } from '../immuta/refusal';
import { isSteady } from '../immuta/status';
import { poll } from '../runtime/poll';

type Tools = Pick<IntegrationContext, 'immuta' | 'deadline' | 'log'>;

/** Reads a record. Undefined if Immuta shows none. */
export async function readRecord(
  { immuta, log }: Pick<IntegrationContext, 'immuta' | 'log'>,
  id: string,
): Promise<IntegrationRecord | undefined> {
  const record = await immuta.get(id);
  log.info('get', { integrationId: id, status: record?.status ?? 'gone' });
  return record;
}

/** Finds something, or confirms with a second read, 30 seconds later, that it does not exist. */
export async function findOrConfirmAbsence<T>(
  { deadline }: Pick<IntegrationContext, 'deadline'>,
  waitingFor: string,
  find: () => Promise<T | undefined>,
): Promise<T | undefined> {
  return poll<T | undefined>({ deadline, waitingFor }, async ({ number }) => {
    const found = await find();
    return found !== undefined || number > 1 ? { done: found } : { seen: 'it is gone', pauseMs: CONFIRMATION_MS };
  });
}

/** What a wait for a steady status follows. */
export interface Write {
  /** When Immuta accepted the write, in milliseconds since 1970. */
  readonly at: number;
  /**
   * Whether a record can only show the state after the write. @default - a steady status may be that before the write
   */
  readonly isShownBy?: (record: IntegrationRecord) => boolean;
}

/**
 * Waits until a record has a status in which it remains. Undefined if it is gone.
 *
 * For a minute after a write, a record that is gone, or steady as before, is not evidence: it counts when another
 * status was seen since.
 */
export async function waitForSteadyStatus(
  tools: Tools,
  id: string,
  write?: Write,
): Promise<IntegrationRecord | undefined> {
  const { deadline } = tools;
  let isChangeSeen = false;
  let goneSince: number | undefined;
  return poll<IntegrationRecord | undefined>(
    { deadline, waitingFor: `a steady status of integration ${id}` },
    async () => {
      const record = await readRecord(tools, id);
      const isSettled = !write || deadline.now() >= write.at + IMMUTA_LAG_MS;
      if (!record) {
        goneSince ??= deadline.now();
        return isSettled && deadline.now() >= goneSince + CONFIRMATION_MS
          ? { done: undefined }
          : { seen: `integration ${id} is gone` };
      }
      goneSince = undefined;
      if (!isSteady(record.status)) {
        isChangeSeen = true;
        return { seen: describeStatus(record) };
      }
      return isSettled || isChangeSeen || write.isShownBy?.(record)
        ? { done: record }
        : { seen: `${describeStatus(record)}, perhaps still from before` };
    },
  );
}

/** What became of a request that changes a record. */
export interface Sent {
  /** `deleting` and `gone`: what the record was meanwhile. */
  readonly outcome: 'accepted' | 'deleting' | 'gone' | 'refused';
  /** Why Immuta refused, unless it accepted. */
  readonly refusal?: ImmutaRefusal;
  /** The status with which Immuta accepted. */
  readonly status?: string;
}

/**
 * Sends a request that changes a record, again after a 409: Immuta answers that while the status allows no change. A
 * status that passes is waited out. A 409 outranks a read, which may be old: a steady status counts only after a minute
 * of conflicts.
 */
export async function sendOnceAllowed(
  tools: Tools,
  id: string,
  send: () => Promise<Accepted | 'missing' | ImmutaRefusal>,
): Promise<Sent> {
  const { deadline } = tools;
  let steadySince: number | undefined;
  let goneSince: number | undefined;
  return poll<Sent>({ deadline, waitingFor: `a status of integration ${id} that allows changes` }, async () => {
    const reply = await send();
    if (reply === 'missing') {
      return { done: { outcome: 'gone' } };
    }
    if (!('failure' in reply)) {
      return { done: { outcome: 'accepted', status: reply.status } };
    }
    if (reply.kind !== 'conflict') {
      return { done: { outcome: 'refused', refusal: reply } };
    }
    const record = await readRecord(tools, id);
    if (!record) {
      goneSince ??= deadline.now();
      return deadline.now() >= goneSince + CONFIRMATION_MS
        ? { done: { outcome: 'gone', refusal: reply } }
        : { seen: `integration ${id} is gone` };
    }
    if (record.status === 'deleting') {
      return { done: { outcome: 'deleting', refusal: reply } };
    }
    steadySince = isSteady(record.status) ? (steadySince ?? deadline.now()) : undefined;
    return steadySince !== undefined && deadline.now() >= steadySince + IMMUTA_LAG_MS
      ? { done: { outcome: 'refused', refusal: reply } }
      : { seen: describeStatus(record) };
  });
}

export function describeStatus({ id, status }: IntegrationRecord): string {
  return `integration ${id} is '${status}'`;
}
