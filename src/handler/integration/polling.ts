import { Context } from './context';
import { Accepted, IntegrationRecord } from '../immuta/client';
import { ImmutaRefusal } from '../immuta/refusal';
import { isSteady } from '../immuta/status';
import { poll } from '../runtime/poll';

type Tools = Pick<Context, 'immuta' | 'deadline' | 'log'>;

/** Reads a record. Undefined if it is gone. */
export async function getAndLog(
  { immuta, log }: Pick<Context, 'immuta' | 'log'>,
  id: string,
): Promise<IntegrationRecord | undefined> {
  const record = await immuta.get(id);
  log.info('get', { integrationId: id, status: record?.status ?? 'gone' });
  return record;
}

/** Waits until a record has a status in which it remains. Undefined if it is gone. */
export async function waitForSteadyStatus(tools: Tools, id: string): Promise<IntegrationRecord | undefined> {
  const { deadline } = tools;
  return poll<IntegrationRecord | undefined>(
    { deadline, waitingFor: `a steady status of integration ${id}` },
    async () => {
      const record = await getAndLog(tools, id);
      return !record || isSteady(record.status) ? { done: record } : { seen: describeStatus(record) };
    },
  );
}

/** What became of a request that changes a record. */
export interface Sent {
  /** `deleting` and `gone`: what the record was meanwhile. */
  readonly outcome: 'accepted' | 'deleting' | 'gone' | 'refused';
  /** Why Immuta refused, unless it accepted. */
  readonly refusal?: ImmutaRefusal;
}

/**
 * Sends a request that changes a record, again after a 409: Immuta answers that while the status allows no change. A
 * status that passes is waited out. It may just have passed between two requests, so a steady status counts only if it
 * is seen twice.
 */
export async function sendOnceAllowed(
  tools: Tools,
  id: string,
  send: () => Promise<Accepted | 'missing' | ImmutaRefusal>,
): Promise<Sent> {
  const { deadline } = tools;
  let wasSteady = false;
  return poll<Sent>({ deadline, waitingFor: `a status of integration ${id} that allows changes` }, async () => {
    const reply = await send();
    if (reply === 'missing' || !('failure' in reply)) {
      return { done: { outcome: reply === 'missing' ? 'gone' : 'accepted' } };
    }
    if (reply.kind !== 'conflict') {
      return { done: { outcome: 'refused', refusal: reply } };
    }
    const record = await getAndLog(tools, id);
    if (!record || record.status === 'deleting') {
      return { done: { outcome: record ? 'deleting' : 'gone', refusal: reply } };
    }
    if (isSteady(record.status) && wasSteady) {
      return { done: { outcome: 'refused', refusal: reply } };
    }
    wasSteady = isSteady(record.status);
    return { seen: describeStatus(record) };
  });
}

export function describeStatus({ id, status }: IntegrationRecord): string {
  return `integration ${id} is '${status}'`;
}
