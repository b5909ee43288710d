import { BODIES, HEADERS, IDS, STATUSES, TEXTS, VALUES } from './corpus';
import { HostileRequest, HostileResponse, Respond } from './hostile-server';
import { seededRandom } from '../campaign/random';

const INTEGRATION = {
  id: 101,
  type: 'Native S3',
  status: 'enabled',
  config: {
    name: 'sales',
    awsAccountId: '111122223333',
    awsRegion: 'us-east-1',
    awsLocationPath: 's3://sales/',
    awsLocationRole: 'arn:aws:iam::111122223333:role/location',
    authenticationType: 'auto',
  },
};

/** The ID of a handler is not that of its data source. */
const HANDLER_OFFSET = 4_000;

interface HostileDataSource {
  readonly id: number;
  name: string;
  readonly prefix: string;
  deleted: boolean;
}

/** What a server has said, by which a result is judged. */
export interface SaidOfDataSources {
  /** Each ID that it gave a data source, after its name: `Sales orders 1001`. */
  readonly ids: Set<string>;
  /** IDs of those that it showed, and did not call disabled. */
  readonly enabled: Set<string>;
}

const json = (value: unknown, status = 200): HostileResponse => ({ status, body: JSON.stringify(value) });

/**
 * Returns responses that a seed determines: of a tenant in which some of all go wrong.
 *
 * @param existing prefixes of registered data sources by their names. They have the IDs 1001, 1002 and so on
 */
export function generateDataSources(
  seed: number, existing: Record<string, string>,
): { readonly respond: Respond; readonly said: SaidOfDataSources } {
  const random = seededRandom(seed * 7_919);
  const choose = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const happens = (probability: number) => random() < probability;
  const malice = [0, 0.4, 1, 1.6][seed % 4];
  const said: SaidOfDataSources = { ids: new Set(), enabled: new Set() };
  const records: HostileDataSource[] = [];

  function add(name: string, prefix: string): HostileDataSource {
    const record = { id: 1001 + records.length, name, prefix, deleted: false };
    records.push(record);
    return record;
  }
  Object.entries(existing).forEach(([name, prefix]) => add(name, prefix));

  function spoil<T extends object>(fields: T): Partial<Record<keyof T, unknown>> {
    const entries = Object.entries(fields).map(([name, value]) => [
      name, happens(malice / 6) ? choose(name.toLowerCase().endsWith('id') ? IDS : VALUES) : value,
    ]);
    return Object.fromEntries(entries);
  }

  function show(record: HostileDataSource | undefined): HostileResponse {
    if (!record || happens(malice / 8)) {
      return json({ statusCode: 404, error: 'Not Found', message: choose(TEXTS) }, 404);
    }
    const { id, name, deleted } = record;
    const url = `https://immuta.example.com/native-s3/handler/${id + HANDLER_OFFSET}`;
    const shown = spoil({ id, name, deleted, createdAt: '2026-01-01T00:00:00Z', blobHandler: spoil({ url }) });
    said.ids.add(`${name} ${shown.id}`);
    if (String(shown.id) === `${id}` && shown.deleted !== true) said.enabled.add(`${id}`);
    return json(shown);
  }

  function register(body: string): HostileResponse {
    const { dataSources } = JSON.parse(body) as { dataSources: { dataSourceName: string; prefix: string }[] };
    return json(dataSources.map(({ dataSourceName, prefix }) => {
      if (happens(malice / 4)) return { dataSourceName, error: choose(TEXTS) };
      const answered = spoil({ dataSourceName, prefix, dataSourceId: add(dataSourceName, prefix).id });
      said.ids.add(`${answered.dataSourceName} ${answered.dataSourceId}`);
      return answered;
    }));
  }

  function respond({ method, path, body }: HostileRequest): HostileResponse {
    const number = Number(/\d+$/.exec(path));
    const [, name] = path.split('/dataSource/name/');
    const record = records.find((each) => each.id === number || encodeURIComponent(each.name) === name);
    if (method === 'PUT' && record) {
      Object.assign(record, JSON.parse(body));
      said.ids.add(`${record.name} ${record.id}`);
    }
    if (method === 'DELETE' && record) record.deleted = true;
    if (happens(malice / 10)) return { status: choose(STATUSES), headers: choose(HEADERS), body: choose(BODIES) };
    if (method === 'POST') return register(body);
    if (method !== 'GET') return json({});
    if (path === '/integrations') return json([INTEGRATION]);
    if (path.startsWith('/integrations/')) return json(INTEGRATION);
    if (path.startsWith('/dataSource?')) return json({ hits: records.map(({ id }) => spoil({ id })) });
    if (path.startsWith('/dataSource/')) return show(record);
    const handled = records.find(({ id }) => id + HANDLER_OFFSET === number);
    return json({ metadata: spoil({ integrationId: 101, prefix: handled?.prefix }) });
  }

  return { respond, said };
}
