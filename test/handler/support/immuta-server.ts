import { ServerResponse } from 'node:http';
import { HttpServer, ReceivedRequest, sendJson } from '../../support/http-server';

export interface FailingTest {
  readonly name: string;
  readonly message?: string;
}

export interface StoredIntegration {
  id: string;
  type: string;
  status: string;
  config: Record<string, unknown>;
  failing: FailingTest[];
  /** What it becomes, one step each time that it is looked at. */
  next: string[];
  message?: string;
}

type Fault = (request: ReceivedRequest, response: ServerResponse) => void;

/** A small Immuta, whose integrations change one step each time that one is looked at. */
export class ImmutaServer {
  public static async start(): Promise<ImmutaServer> {
    const immuta = new ImmutaServer();
    immuta.http = await HttpServer.start((request, response) => immuta.answer(request, response));
    return immuta;
  }

  public http!: HttpServer;
  public integrations: StoredIntegration[] = [];
  public apiKey = 'key-846e9e43c86a4c';
  /** What becomes of an integration after each POST; the last of them counts for all that follow. */
  public afterPost: { next: string[]; failing?: FailingTest[]; message?: string }[] = [{ next: ['creating', 'enabled'] }];
  public afterPut: { next: string[]; failing?: FailingTest[] }[] = [{ next: ['editing', 'enabled'] }];
  /** Fields that a PUT is answered well for and does not change. */
  public ignores: string[] = [];
  public afterDelete: { next: string[]; message?: string }[] = [{ next: ['deleting', 'gone'] }];
  private readonly faults: { method: string; path: RegExp; fault: Fault }[] = [];
  private nextId = 1001;

  /** Called whenever an integration changes its state: what Immuta does in AWS. */
  public onChange: (integration: StoredIntegration) => void = () => undefined;

  /** Answers the next such request in another way. */
  public once(method: string, path: RegExp, fault: Fault): void {
    this.faults.push({ method, path, fault });
  }

  public refuseOnce(method: string, path: RegExp, status: number, message: string, more: object = {}): void {
    this.once(method, path, (_, response) => sendJson(response, status, { statusCode: status, error: 'Error', message, ...more }));
  }

  public add(integration: Partial<StoredIntegration> & { config: Record<string, unknown> }): StoredIntegration {
    const id = integration.id ?? String(this.nextId++);
    const stored = { id, type: 'Native S3', status: 'enabled', failing: [], next: [], ...integration };
    this.integrations.push(stored);
    return stored;
  }

  /** Creates as a POST does: for a fault in which the answer is lost, but not what was asked for. */
  public create(body: string): StoredIntegration {
    const { next, failing = [], message } = shiftButLast(this.afterPost);
    return this.step(this.add({ config: JSON.parse(body).config, next: [...next], failing, message, status: 'creating' }));
  }

  public get(id: string): StoredIntegration | undefined {
    return this.integrations.find((each) => each.id === id);
  }

  public count(method: string): number {
    return this.http.requests.filter((request) => request.method === method).length;
  }

  /** Answers; a fault may do so, too. */
  public answer(request: ReceivedRequest, response: ServerResponse): void {
    const fault = this.faults.findIndex(({ method, path }) => method === request.method && path.test(request.path));
    if (fault >= 0) {
      return this.faults.splice(fault, 1)[0].fault(request, response);
    }
    if (request.headers.authorization !== this.apiKey) {
      return sendJson(response, 401, { statusCode: 401, error: 'Unauthorized', message: `Bad token ${request.headers.authorization}` });
    }
    if (request.path === '/integrations') {
      return request.method === 'GET' ? sendJson(response, 200, this.integrations.map(show)) : this.post(request, response);
    }
    const integration = this.get(request.path.split('/')[2]);
    if (!integration) {
      return sendJson(response, 404, { statusCode: 404, error: 'Not Found', message: 'No Integration found' });
    }
    switch (request.method) {
      case 'PUT':
        return this.change(integration, response, () => {
          const ignored = Object.fromEntries(this.ignores.map((field) => [field, integration.config[field]]));
          integration.config = { ...JSON.parse(request.body).config, ...ignored };
          return { status: 'editing', ...shiftButLast(this.afterPut) };
        });
      case 'DELETE':
        return this.change(integration, response, () => ({ status: 'deleting', ...shiftButLast(this.afterDelete) }));
      default:
        this.step(integration);
        return this.get(integration.id)
          ? sendJson(response, 200, show(integration))
          : sendJson(response, 404, { statusCode: 404, error: 'Not Found', message: 'No Integration found' });
    }
  }

  private post(request: ReceivedRequest, response: ServerResponse): void {
    const { config } = JSON.parse(request.body);
    const taken = this.integrations.some((each) => each.type === 'Native S3'
      && (each.config.name === config.name || each.config.awsLocationPath === config.awsLocationPath));
    if (taken) {
      return sendJson(response, 409, { statusCode: 409, error: 'Conflict', message: 'Native S3 integration already exists.' });
    }
    sendJson(response, 200, { id: this.create(request.body).id, status: 'creating' });
  }

  private change(integration: StoredIntegration, response: ServerResponse, how: () => Partial<StoredIntegration>): void {
    if (['creating', 'editing', 'deleting', 'migrating'].includes(integration.status)) {
      return sendJson(response, 409, { message: `Unable to edit integration with ID ${integration.id} in current state ${integration.status}.` });
    }
    const { next = [], ...rest } = how();
    Object.assign(integration, { failing: [] }, rest, { next: [...next] });
    this.step(integration);
    sendJson(response, 200, { id: integration.id, status: integration.status });
  }

  private step(integration: StoredIntegration): StoredIntegration {
    const status = integration.next.shift();
    if (status === undefined) {
      return integration;
    }
    integration.status = status;
    if (status === 'gone') {
      this.integrations = this.integrations.filter((each) => each !== integration);
    }
    this.onChange(integration);
    return integration;
  }
}

/** As Immuta shows it: with the secrets in clear. */
function show({ id, type, status, config, failing, message }: StoredIntegration): object {
  const ended = !['creating', 'editing', 'deleting'].includes(status);
  return {
    id,
    type,
    status,
    autoBootstrap: false,
    message,
    config: { port: 443, ...config },
    validationResults: {
      status: failing.length > 0 && ended ? 'failed' : 'passed',
      validationTests: ended ? failing.map((test) => ({ ...test, status: 'failed' })) : [],
    },
  };
}

function shiftButLast<T>(list: T[]): T {
  return list.length > 1 ? list.shift()! : list[0];
}
