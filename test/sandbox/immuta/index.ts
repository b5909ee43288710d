import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { createServer as createPlainServer, IncomingMessage, RequestListener, Server, ServerResponse } from 'http';
import { createServer } from 'https';
import { tmpdir } from 'os';
import { join } from 'path';
import { generate } from 'selfsigned';
import { AwsServices } from '../aws';
import { closeServer, getPort, readBody } from '../aws/server';
import { SandboxClock } from '../clock';
import { callApi, RecordedRequest } from './api';
import { ApiKeys } from './api-keys';
import { DataSources } from './data-sources';
import { FaultScript, perform } from './faults';
import { DEFAULT_SWITCHES, Integrations, Switches } from './integrations';
import { Answer, IntegrationRecord, S3Config } from './model';
import { ImmutaIdentity } from './validation';

export * from './api';
export * from './data-sources';
export * from './faults';
export * from './integrations';
export * from './model';
export * from './validation';

export interface ImmutaOptions {
  readonly clock: SandboxClock;
  readonly aws: AwsServices;
  /** API key → the permissions of its user. @default - one key with all that the handler needs */
  readonly apiKeys?: Record<string, string[]>;
}

export interface ImmutaServerOptions extends ImmutaOptions {
  /** Without TLS, for a handler in this very process, which cannot be given a certificate to trust. @default false */
  readonly plain?: boolean;
}

/** An Immuta tenant of the sandbox; no socket is needed to call it. */
export interface ImmutaTenantModel {
  /** API key → permissions; a test may add keys and take them away. */
  readonly apiKeys: ApiKeys;
  /** ARN that Immuta comes as, and its external id. */
  readonly identity: ImmutaIdentity;
  /** What is not settled by the documentation. */
  readonly switches: Switches;
  readonly integrations: Map<string, IntegrationRecord>;
  readonly dataSources: DataSources;
  readonly requests: RecordedRequest[];
  readonly faults: FaultScript;
  /** Answers a request, one after the other, so that no two make the same integration. */
  answer(request: RecordedRequest): Promise<Answer>;
  /** Adds an integration that was created by hand: enabled, with its location. */
  createByHand(config: S3Config): Promise<IntegrationRecord>;
  /** Subscribes a role to a data source, as a policy in Immuta does: the role may read it. */
  subscribe(dataSource: string, roleArn: string): Promise<void>;
  /** Changes a record as a person does. */
  changeByHand(id: string, config: Partial<S3Config>): void;
  /** Puts a record there as it is, enabled unless told otherwise, and nothing into AWS. */
  addRecord(record: Partial<IntegrationRecord> & Pick<IntegrationRecord, 'config'>): IntegrationRecord;
}

/** The same over HTTPS, or HTTP. */
export interface ImmutaStandIn extends ImmutaTenantModel {
  readonly url: string;
  /** The certificate to trust, for `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  /** Refuses connections, until `listen`. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

export const DEFAULT_API_KEY = '846e9e43c86a4ct1be14290d95127d13f';

export function createImmuta({
  clock,
  aws,
  apiKeys = { [DEFAULT_API_KEY]: ['APPLICATION_ADMIN', 'CREATE_S3_DATASOURCE', 'GOVERNANCE'] },
}: ImmutaOptions): ImmutaTenantModel {
  const identity: ImmutaIdentity = {
    principal: 'arn:aws:iam::999988887777:role/immuta',
    externalId: undefined,
  };
  const switches = structuredClone(DEFAULT_SWITCHES);
  const faults = new FaultScript();
  const keys = new ApiKeys();
  Object.entries(apiKeys).forEach(([key, permissions]) => keys.set(key, permissions));
  const integrations = new Integrations(clock, aws, identity, faults, switches);
  const dataSources = new DataSources(clock, integrations.records, faults, switches.dataSources);
  let queue: Promise<unknown> = Promise.resolve();
  return {
    apiKeys: keys,
    identity,
    switches,
    integrations: integrations.records,
    dataSources,
    requests: [],
    faults,
    answer: (request) => {
      const answer = queue.then(async () => callApi({ integrations, dataSources }, keys, request));
      queue = answer;
      return answer;
    },
    createByHand: async (config) => integrations.createByHand(config),
    subscribe: async (dataSource, roleArn) => {
      const { integrationId, prefix } = dataSources.find(dataSource);
      return integrations.subscribe(integrationId, prefix, roleArn);
    },
    changeByHand: (id, config) => integrations.changeByHand(id, config),
    addRecord: (each) => integrations.addRecord(each),
  };
}

export async function startImmuta(options: ImmutaServerOptions): Promise<ImmutaStandIn> {
  const { clock, plain = false } = options;
  const model = createImmuta(options);

  const directory = mkdtempSync(join(tmpdir(), 'immuta-'));
  const caFile = join(directory, 'ca.pem');
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    serve(incoming, outgoing).catch((error) => outgoing.destroy(error)); // the client has gone, most likely
  };
  const server = plain ? createPlainServer(listener) : await createTlsServer(caFile, listener);
  server.keepAliveTimeout = 0; // no connection ends because the machine is busy
  const listen = async (port?: number) =>
    new Promise<void>((resolve) => server.listen(port ?? 0, '127.0.0.1', resolve));
  await listen();
  const port = getPort(server);

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await record(incoming);
    const fault = model.faults.takeHttp(request.method, request.path) ?? {};
    clock.advance(fault.delayMs ?? 0);
    await clock.settled();
    return perform(fault, { outgoing, work: () => model.answer(request), onSilence: model.faults.onSilence });
  }

  async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
    const body = (await readBody(incoming)).toString();
    await clock.settled();
    const request = {
      method: incoming.method!,
      path: incoming.url!,
      headers: incoming.headers as Record<string, string>,
      body,
      time: clock.now(),
    };
    model.requests.push(request);
    return request;
  }

  return {
    ...model,
    url: `${plain ? 'http' : 'https'}://127.0.0.1:${port}`,
    caFile,
    stop: async () => closeServer(server),
    listen: async () => listen(port),
    close: async () => {
      rmSync(directory, { recursive: true });
      if (server.listening) await closeServer(server);
    },
  };
}

type Certificate = Awaited<ReturnType<typeof generate>>;

/** One certificate for all tenants of a process: making it takes longer than most tests. */
let certificate: Promise<Certificate> | undefined;

async function createTlsServer(caFile: string, listener: RequestListener): Promise<Server> {
  const { private: key, cert } = await (certificate ??= makeCertificate());
  writeFileSync(caFile, cert);
  return createServer({ key, cert }, listener);
}

async function makeCertificate(): Promise<Certificate> {
  return generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] },
    ],
  });
}
