import { IMMUTA_S3_TYPE } from '../contract';
import { ImmutaRefusal, createInvalidRefusal, RequestLine } from './refusal';
import { LONG_RETRY_MS } from './retry';
import { Reply, Request, Transport } from './transport';
import { createFailure } from '../failure';
import { toObject } from '../runtime/json';
import { Redaction } from '../runtime/redaction';
import { joinLines, removeFullStop } from '../runtime/text';

const PAGE_SIZE = 100;

/** A tenant may have any number of data sources. */
const MAX_LISTED = 5_000;

/** Each of these needs a request of its own. */
const MAX_READ = 500;

const LONGEST_MESSAGE = 300;

/** IDs become part of paths, and of an attribute that separates them by commas. */
const DATA_SOURCE_ID = /^\d{1,20}$/;

/** A data source to be registered. */
export interface NewDataSource {
  readonly name: string;
  /** In the form that Immuta takes. */
  readonly prefix: string;
}

/** A data source of any technology, as Immuta shows it. */
export interface DataSourceRecord {
  readonly id: string;
  readonly name: string;
  /** Whether it was deleted once: it keeps its name, and can be restored. */
  readonly isDisabled: boolean;
  /** Milliseconds since 1970. @default - Immuta does not say */
  readonly createdAt?: number;
  /** The S3 integration that it belongs to. @default - none */
  readonly integrationId?: string;
  /** Relative to the location of the integration, or absolute. @default - it is not in S3 */
  readonly prefix?: string;
}

/** A batch that Immuta accepted, perhaps in part. */
export interface Registration {
  /** The IDs that Immuta's answer has, by name. */
  readonly ids: ReadonlyMap<string, string>;
  /** What Immuta's answer says about those that it did not register, by name. */
  readonly errors: ReadonlyMap<string, string>;
}

/**
 * Immuta's data-source API, for S3 data sources.
 *
 * @see https://documentation.immuta.com/SaaS/developer-guides/api-intro/immuta-v1-api/connect-your-data/s3
 */
export class DataSourcesClient {
  /** @param retryMs milliseconds for which a request is retried if that is safe */
  constructor(
    private readonly transport: Transport,
    private readonly redaction: Redaction,
    private readonly retryMs = LONG_RETRY_MS,
  ) {}

  /** The same client with another time for retries. */
  public withRetryMs(retryMs: number): DataSourcesClient {
    return new DataSourcesClient(this.transport, this.redaction, retryMs);
  }

  /** Finds a data source, disabled or not. Names are unique in a tenant. */
  public async findByName(name: string): Promise<DataSourceRecord | undefined> {
    return this.find(`/dataSource/name/${encodeURIComponent(name)}`);
  }

  public async find(path: string): Promise<DataSourceRecord | undefined> {
    const json = await this.read({ method: 'GET', path });
    return json === undefined ? undefined : this.parseRecord({ method: 'GET', path }, json);
  }

  public async get(id: string): Promise<DataSourceRecord | undefined> {
    return this.find(`/dataSource/${id}`);
  }

  /** Lists the enabled data sources of an integration, of the first 500 in S3 that the user of the API key can see. */
  public async listOfIntegration(integrationId: string): Promise<DataSourceRecord[]> {
    const found: DataSourceRecord[] = [];
    for (const id of await this.listIds(MAX_READ)) {
      const record = await this.get(id);
      if (record && record.integrationId === integrationId && !record.isDisabled) {
        found.push(record);
      }
    }
    return found;
  }

  /** Whether a data source exists and is not disabled. */
  public async isEnabled(id: string): Promise<boolean> {
    const request = { method: 'GET', path: `/dataSource/${id}` } as const;
    const json = await this.read(request);
    if (json === undefined) {
      return false;
    }
    const shown = toObject(json);
    if (readText(shown.id) !== id) {
      throw createInvalidRefusal(request, `its id is not ${id}`).failure;
    }
    return shown.deleted !== true;
  }

  /** Lists the IDs of the first data sources in S3 that the user of the API key can see. */
  public async listIds(most = MAX_LISTED): Promise<string[]> {
    const ids: string[] = [];
    for (let offset = 0; offset < most; offset += PAGE_SIZE) {
      const query = `?${new URLSearchParams({
        blobHandlerType: IMMUTA_S3_TYPE,
        size: `${PAGE_SIZE}`,
        offset: `${offset}`,
      })}`;
      const { hits } = toObject(await this.read({ method: 'GET', path: '/dataSource', query }));
      const page: unknown[] = Array.isArray(hits) ? hits : [];
      ids.push(...page.map((hit) => readText(toObject(hit).id)).filter((id) => DATA_SOURCE_ID.test(id)));
      if (page.length < PAGE_SIZE) {
        break;
      }
    }
    return ids;
  }

  /**
   * Registers data sources. Never retries: after a refusal of any kind, some of them may exist.
   */
  public async create(
    integrationId: string,
    dataSources: readonly NewDataSource[],
  ): Promise<Registration | ImmutaRefusal> {
    const reply = await this.send({
      method: 'POST',
      path: '/native-s3/handler',
      body: async () => ({
        type: IMMUTA_S3_TYPE,
        integrationId: /^\d+$/.test(integrationId) ? Number(integrationId) : integrationId,
        dataSources: dataSources.map(({ name, prefix }) => ({ dataSourceName: name, prefix })),
      }),
    });
    return 'refusal' in reply ? reply.refusal : this.parseRegistration(reply.json);
  }

  /** Changes the name of a data source, or restores a disabled one. */
  public async change(
    id: string,
    fields: { readonly name?: string; readonly deleted?: false },
  ): Promise<'changed' | 'missing' | ImmutaRefusal> {
    const reply = await this.send({ method: 'PUT', path: `/dataSource/${id}`, body: async () => fields });
    return 'refusal' in reply ? findOutcome(reply.refusal) : 'changed';
  }

  /**
   * Disables a data source, or deletes one that is disabled. Never retries a request that may have been carried out:
   * the second one cannot be undone.
   */
  public async remove(id: string): Promise<'removed' | 'missing' | ImmutaRefusal> {
    const reply = await this.send({ method: 'DELETE', path: `/dataSource/${id}`, isCumulative: true });
    return 'refusal' in reply ? findOutcome(reply.refusal) : 'removed';
  }

  /** Undefined if there is nothing. */
  private async read(request: Request): Promise<unknown> {
    const reply = await this.send(request);
    if (!('refusal' in reply)) {
      if (reply.json === undefined) {
        throw createInvalidRefusal(request, 'it is empty').failure;
      }
      return reply.json;
    }
    if (reply.refusal.status === 404) {
      return undefined;
    }
    throw reply.refusal.failure;
  }

  private async send(request: Request): Promise<Reply> {
    const reply = await this.transport.send({ ...request, retryMs: this.retryMs });
    return 'refusal' in reply ? { refusal: explainPermission(reply.refusal) } : reply;
  }

  private async parseRecord(request: RequestLine, json: unknown): Promise<DataSourceRecord> {
    const { id: rawId, name, deleted, createdAt, blobHandler } = toObject(json);
    const id = readText(rawId);
    if (!DATA_SOURCE_ID.test(id)) {
      throw createInvalidRefusal(request, 'it has no numeric id').failure;
    }
    const created = Date.parse(readText(createdAt));
    return {
      id,
      name: readText(name),
      isDisabled: deleted === true,
      createdAt: Number.isNaN(created) ? undefined : created,
      ...(await this.readHandler(readText(toObject(blobHandler).url))),
    };
  }

  /** The handler of a data source knows its integration and its prefix. */
  private async readHandler(url: string): Promise<Pick<DataSourceRecord, 'integrationId' | 'prefix'>> {
    const [, handlerId] = /\/native-s3\/handler\/(\d{1,20})$/.exec(url) ?? [];
    if (handlerId === undefined) {
      return {};
    }
    const { metadata } = toObject(await this.read({ method: 'GET', path: `/native-s3/handler/${handlerId}` }));
    const { integrationId, prefix } = toObject(metadata);
    return { integrationId: readText(integrationId) || undefined, prefix: readText(prefix) };
  }

  /** Immuta's documentation shows the fields of one data source, and not whether they are in a list. */
  private parseRegistration(json: unknown): Registration {
    const { dataSources } = toObject(json);
    const items = [json, dataSources].flat().map(toObject);
    const ids = new Map<string, string>();
    const errors = new Map<string, string>();
    for (const { dataSourceName, dataSourceId, error, message } of items) {
      const name = readText(dataSourceName);
      const id = readText(dataSourceId);
      if (DATA_SOURCE_ID.test(id)) {
        ids.set(name, id);
      } else if (name) {
        errors.set(name, this.clean(readText(message) || readText(error)));
      }
    }
    return { ids, errors };
  }

  private clean(message: string): string {
    return removeFullStop(joinLines(this.redaction.redact(message), LONGEST_MESSAGE));
  }
}

function findOutcome(refusal: ImmutaRefusal): 'missing' | ImmutaRefusal {
  return refusal.status === 404 ? 'missing' : refusal;
}

/** Data sources need other permissions than integrations. */
function explainPermission(refusal: ImmutaRefusal): ImmutaRefusal {
  return refusal.status === 403
    ? { ...refusal, failure: createFailure('DATA_SOURCES_NOT_PERMITTED', { cause: refusal.failure.text }) }
    : refusal;
}

function readText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
