import { DataSourcesContext } from './context';
import { describeDataSource } from './plan';
import { formatPrefix } from './prefix';
import { isSameDataSource, LocationPaths } from './records';
import { DataSource, DataSourcesRequest } from './request';
import { createFailure } from '../failure';
import { Registration } from '../immuta/data-sources';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { ImmutaRefusal } from '../immuta/refusal';
import { LONG_RETRY_MS } from '../immuta/retry';
import { poll } from '../runtime/poll';

/** One request registers so many. */
const BATCH_SIZE = 100;

/** A reason names so many data sources of one cause. */
const NAMED = 5;

/** How the registration of data sources ended, by name. */
interface Results {
  readonly ids: Map<string, string>;
  readonly refused: Map<string, string>;
}

export interface AddOptions {
  readonly request: DataSourcesRequest;
  readonly locationPaths: LocationPaths;
  /** Called before a request to register, after which something may exist. */
  readonly recordRequest: () => void;
}

/**
 * Registers data sources in batches. Those that Immuta accepts are kept if it refuses others.
 *
 * @returns their IDs, by name
 * @throws Failure if Immuta refused some
 */
export async function addDataSources(
  context: DataSourcesContext,
  dataSources: readonly DataSource[],
  options: AddOptions,
): Promise<ReadonlyMap<string, string>> {
  const results: Results = { ids: new Map(), refused: new Map() };
  for (let start = 0; start < dataSources.length; start += BATCH_SIZE) {
    await addBatch(context, dataSources.slice(start, start + BATCH_SIZE), options, results);
  }
  if (results.refused.size > 0) {
    throw createFailure('DATA_SOURCES_NOT_REGISTERED', {
      count: results.refused.size,
      total: dataSources.length,
      reasons: describeRefused(results.refused),
    });
  }
  return results.ids;
}

/** Sends a batch, and what is missing of it again after a lost answer, until each has an ID or a reason. */
async function addBatch(
  context: DataSourcesContext,
  batch: readonly DataSource[],
  options: AddOptions,
  results: Results,
): Promise<void> {
  const { deadline, immuta, log, operation } = context;
  const { desired, prefixForm } = options.request;
  const locationPath = options.locationPaths.get(desired.integrationId)!;
  const retryUntil = deadline.now() + LONG_RETRY_MS;
  await poll<void>({ deadline, waitingFor: 'Immuta to register data sources' }, async () => {
    const missing = batch.filter(({ name }) => !results.ids.has(name));
    if (deadline.now() > deadline.creationEndsAt && !operation.isConfirmed) {
      throw createFailure('DATA_SOURCES_TOO_LATE', {});
    }
    options.recordRequest();
    log.info('register-data-sources', { message: `${missing.length}` });
    const reply = await immuta.create(
      desired.integrationId,
      missing.map(({ name, prefix }) => ({ name, prefix: formatPrefix(prefix, prefixForm, locationPath) })),
    );
    if ('failure' in reply && [401, 403].includes(reply.status ?? 0)) {
      throw reply.failure;
    }
    missing.forEach(({ name }) => {
      const id = 'ids' in reply ? reply.ids.get(name) : undefined;
      if (id) {
        results.ids.set(name, id);
      }
    });
    const unclear = await findShown(context, missing, reply, options, results);
    if (unclear.length > 0 && isLost(reply) && deadline.now() < retryUntil) {
      return { seen: reply.failure.text };
    }
    unclear.forEach(({ name }) => results.refused.set(name, describeReply(reply, name)));
    return { done: undefined };
  });
}

/**
 * Reads those that have no ID yet, for a minute if they may exist: an answer may be lost or have no IDs, and a read may
 * show the state before.
 *
 * @returns those that Immuta does not have
 */
async function findShown(
  { deadline, immuta }: DataSourcesContext,
  dataSources: readonly DataSource[],
  reply: Registration | ImmutaRefusal,
  { request: { desired }, locationPaths }: AddOptions,
  { ids, refused }: Results,
): Promise<readonly DataSource[]> {
  const end = deadline.now() + (mayExist(reply) ? IMMUTA_LAG_MS : 0);
  const list = () => dataSources.filter(({ name }) => !ids.has(name) && !refused.has(name));
  return poll<readonly DataSource[]>({ deadline, waitingFor: 'Immuta to show new data sources' }, async () => {
    for (const each of list()) {
      const record = await immuta.findByName(each.name);
      if (record && isSameDataSource(record, desired, each, locationPaths)) {
        ids.set(each.name, record.id);
      } else if (record) {
        refused.set(each.name, `Immuta has ${describeDataSource(record)}`);
      }
    }
    const missing = list();
    return missing.length === 0 || deadline.now() >= end
      ? { done: missing }
      : { seen: `${missing.length} are missing` };
  });
}

function isLost(reply: Registration | ImmutaRefusal): reply is ImmutaRefusal {
  return 'failure' in reply && ['lost', 'busy'].includes(reply.kind);
}

/** A refusal that names a conflict may be about what a concurrent run registered. */
function mayExist(reply: Registration | ImmutaRefusal): boolean {
  return 'ids' in reply
    ? reply.errors.size === 0
    : reply.kind !== 'final' || /exist|unique|duplicate/i.test(reply.failure.text);
}

function describeReply(reply: Registration | ImmutaRefusal, name: string): string {
  if ('failure' in reply) {
    return reply.failure.text;
  }
  return reply.errors.get(name) || 'Immuta accepted the request, and does not show it';
}

/** Describes the causes, each with the first names. */
function describeRefused(refused: ReadonlyMap<string, string>): string {
  const names = new Map<string, string[]>();
  refused.forEach((cause, name) => names.set(cause, [...names.get(cause) ?? [], `'${name}'`]));
  return [...names]
    .map(([cause, all]) => {
      const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
      return `${all.slice(0, NAMED).join(', ')}${more}: ${cause}`;
    })
    .join('; ');
}
