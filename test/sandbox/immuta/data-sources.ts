import { SandboxClock } from '../clock';
import { FaultScript } from './faults';
import { LaggingReads, WriteLag } from './lagging-reads';
import { ImmutaError, IntegrationRecord } from './model';

/** What Immuta's documentation of data sources leaves open. */
export interface DataSourceSwitches {
  /** The form of a prefix that a POST takes: below the location with a slash before it, or the whole path. */
  takes: 'relative' | 'absolute';
  /** The form in which a prefix is shown. @default - as it was sent */
  shows?: 'relative' | 'absolute';
  /** What a POST answers: a list, an object if it is about one data source, or the ID of a job. */
  answers: 'list' | 'object' | 'job';
  /** How a POST reports what it did not register: in the list, with an error after the others, or not at all. */
  partialFailure: 'listed' | 'refused' | 'silent';
  /** Whether a list of data sources can be filtered by `Native S3`. */
  handlerType: 'Native S3' | 'Amazon S3';
  /** Which data sources of an integration keep it from being deleted. */
  blocksIntegration: 'none' | 'enabled' | 'all';
  /** Whether a PUT takes a name. */
  renames: boolean;
  /** Whether a PUT of `deleted: false` restores one that is disabled. */
  restores: boolean;
  /** Whether the name of one that is disabled is taken. */
  keepsNames: boolean;
  /** Whether a data source shows when it was created. */
  showsCreation: boolean;
  /** How long reads of one data source show the state before a write. */
  readLag: WriteLag;
}

export const DEFAULT_DATA_SOURCE_SWITCHES: DataSourceSwitches = {
  takes: 'relative',
  shows: undefined,
  answers: 'list',
  partialFailure: 'listed',
  handlerType: 'Native S3',
  blocksIntegration: 'enabled',
  renames: true,
  restores: true,
  keepsNames: true,
  showsCreation: true,
  readLag: { create: 0, edit: 0, delete: 0 },
};

/** A data source as Immuta keeps it. */
export interface DataSourceRecord {
  readonly id: number;
  name: string;
  readonly prefix: string;
  readonly integrationId: number;
  /** Whether it was deleted once. */
  deleted: boolean;
  /** Virtual time. */
  readonly createdAt: number;
  /** The API key that registered it. */
  readonly owner: string;
  /** @default 'native-s3' */
  readonly technology?: string;
}

/** The ID of a handler is not that of its data source. */
const HANDLER_OFFSET = 4_000;

type Request = { readonly type: string; readonly integrationId: number; readonly dataSources: NewDataSource[] };
type NewDataSource = { readonly dataSourceName: string; readonly prefix: string };

/** Immuta's data sources in S3. */
export class DataSources {
  readonly records = new Map<string, DataSourceRecord>();
  private readonly reads: LaggingReads<DataSourceRecord>;
  private nextId = 1001;

  constructor(
    private readonly clock: SandboxClock,
    private readonly integrations: ReadonlyMap<string, IntegrationRecord>,
    private readonly faults: FaultScript,
    private readonly switches: DataSourceSwitches,
  ) {
    this.reads = new LaggingReads(clock, this.records);
  }

  /** Adds a data source, which was registered by hand a day ago unless told otherwise. */
  add(record: Partial<DataSourceRecord> & Pick<DataSourceRecord, 'name' | 'prefix'>): DataSourceRecord {
    const id = this.nextId++;
    const added = {
      id,
      integrationId: 101,
      deleted: false,
      createdAt: this.clock.now() - 86_400_000,
      owner: 'by hand',
      ...record,
    };
    this.records.set(String(id), added);
    this.reads.note(String(id), 'create', -Infinity);
    return added;
  }

  create({ type, integrationId, dataSources }: Request, owner: string): unknown {
    const integration = this.integrations.get(String(integrationId));
    if (type !== 'Native S3' || typeof integrationId !== 'number' || !Array.isArray(dataSources)) {
      throw new ImmutaError(400, '"type" must be "Native S3", "integrationId" a number and "dataSources" a list');
    }
    if (!integration || integration.status === 'deleted') {
      throw new ImmutaError(404, `No integration found with ID ${integrationId}.`);
    }
    const results = dataSources.map((each) => this.createOne(each, integration, owner));
    const failed = results.flatMap((result) => 'error' in result ? [result.error] : []);
    const { answers, partialFailure } = this.switches;
    if (failed.length > 0 && (partialFailure === 'refused' || failed.length === results.length)) {
      throw new ImmutaError(422, failed[0]!);
    }
    if (answers === 'job') return { bulkId: 'bulk_ds_create_1' };
    const shown = results.filter((result) => partialFailure === 'listed' || !('error' in result));
    return answers === 'object' && shown.length === 1 ? shown[0] : shown;
  }

  private createOne({ dataSourceName, prefix }: NewDataSource, { id, config }: IntegrationRecord, owner: string) {
    const path = config.awsLocationPath;
    const forced = this.faults.takeDataSource(dataSourceName)?.message;
    const isTaken = [...this.records.values()].some(
      ({ name, deleted }) => name === dataSourceName && (this.switches.keepsNames || !deleted),
    );
    const hasForm = this.switches.takes === 'relative' ? /^\/(?!\/)/.test(prefix) : prefix.startsWith(path);
    const error = forced
      ?? (hasForm ? undefined : `The prefix ${prefix} is not valid.`)
      ?? (isTaken ? `A data source with the name ${dataSourceName} already exists.` : undefined);
    if (error) return { dataSourceName, prefix, error };
    const integrationId = Number(id);
    const record = { name: dataSourceName, prefix, integrationId, deleted: false, owner, createdAt: this.clock.now() };
    const dataSourceId = this.nextId++;
    this.records.set(String(dataSourceId), { id: dataSourceId, ...record });
    this.reads.note(String(dataSourceId), 'create');
    return { dataSourceId, prefix, dataSourceName };
  }

  /** The first time it disables, the second time it deletes. */
  delete(id: string, mayGovern: (owner: string) => boolean): object {
    const record = this.require(id, mayGovern);
    const hardDelete = record.deleted;
    if (hardDelete) {
      this.records.delete(id);
    } else {
      record.deleted = true;
    }
    this.reads.note(id, 'delete');
    return { id: record.id, hardDelete };
  }

  edit(id: string, fields: Partial<DataSourceRecord>, mayGovern: (owner: string) => boolean): object {
    const record = this.require(id, mayGovern);
    const unknown = Object.keys(fields).find((field) => !['name', 'deleted'].includes(field));
    const { renames, restores } = this.switches;
    const refused = unknown
      ?? (fields.name !== undefined && !renames ? 'name' : undefined)
      ?? (fields.deleted !== undefined && !restores ? 'deleted' : undefined);
    if (refused) throw new ImmutaError(400, `"${refused}" is not allowed`);
    if ([...this.records.values()].some((other) => other !== record && other.name === fields.name)) {
      throw new ImmutaError(409, `A data source with the name ${fields.name} already exists.`);
    }
    Object.assign(record, fields);
    this.reads.note(id, 'edit');
    return this.show(record);
  }

  get(id: string): object {
    const record = this.reads.find(id, this.switches.readLag);
    if (!record) throw new ImmutaError(404, `Data source ${id} not found.`);
    return this.show(record);
  }

  getByName(name: string): object {
    const record = this.reads.list(this.switches.readLag).find((each) => each.name === name);
    if (!record) throw new ImmutaError(404, `Data source ${name} not found.`);
    return this.show(record);
  }

  getHandler(handlerId: string): object {
    const id = Number(handlerId) - HANDLER_OFFSET;
    const record = this.reads.find(String(id), this.switches.readLag);
    if (!record) throw new ImmutaError(404, `Handler ${handlerId} not found.`);
    return { id, metadata: { integrationId: record.integrationId, prefix: this.showPrefix(record) } };
  }

  list(query: URLSearchParams): object {
    const all = this.switches.handlerType === query.get('blobHandlerType') ? [...this.records.values()] : [];
    const offset = Number(query.get('offset') ?? 0);
    const hits = all.slice(offset, offset + Number(query.get('size') ?? 15)).map(({ id, name }) => ({ id, name }));
    return { hits, count: all.length };
  }

  /** The ID of the integration of a data source, and the prefix below the location. */
  find(dataSource: string): { readonly integrationId: string; readonly prefix: string } {
    const record = [...this.records.values()].find(({ name, deleted }) => name === dataSource && !deleted);
    if (!record) throw new ImmutaError(404, `Data source ${dataSource} not found.`);
    return { integrationId: String(record.integrationId), prefix: this.belowLocation(record) };
  }

  /** @throws ImmutaError if data sources keep the integration from being deleted */
  assertDeletable(integrationId: string): void {
    const { blocksIntegration } = this.switches;
    const blocking = [...this.records.values()].filter(
      (record) =>
        String(record.integrationId) === integrationId &&
        blocksIntegration !== 'none' &&
        (blocksIntegration === 'all' || !record.deleted),
    );
    if (blocking.length > 0) {
      throw new ImmutaError(422, `Unable to delete integration with ID ${integrationId}: it has data sources.`);
    }
  }

  private require(id: string, mayGovern: (owner: string) => boolean): DataSourceRecord {
    const record = this.records.get(id);
    if (!record) throw new ImmutaError(404, `Data source ${id} not found.`);
    if (!mayGovern(record.owner)) throw new ImmutaError(403, 'Insufficient permissions.');
    return record;
  }

  private show({ id, name, deleted, createdAt, technology = 'native-s3' }: DataSourceRecord): object {
    return {
      id,
      name,
      deleted,
      ...this.switches.showsCreation ? { createdAt: new Date(createdAt).toISOString() } : {},
      blobHandlerType: this.switches.handlerType,
      blobHandler: { url: `https://immuta.example.com/${technology}/handler/${id + HANDLER_OFFSET}` },
    };
  }

  private showPrefix(record: DataSourceRecord): string {
    const below = this.belowLocation(record);
    const path = this.pathOf(record);
    return { relative: `/${below}`, absolute: path + below, undefined: record.prefix }[`${this.switches.shows}`];
  }

  private belowLocation(record: DataSourceRecord): string {
    return record.prefix.startsWith('s3://') ? record.prefix.slice(this.pathOf(record).length) : record.prefix.slice(1);
  }

  private pathOf({ integrationId }: DataSourceRecord): string {
    return this.integrations.get(String(integrationId))?.config.awsLocationPath ?? 's3://gone/';
  }
}
