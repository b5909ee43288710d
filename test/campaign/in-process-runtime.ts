import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { compileFunction } from 'node:vm';
import { Caller, Network } from './network';
import { seededRandom } from './random';
import { callService, SdkCall, sdkError, sdkPackage } from './sdk';
import { Timers, virtualGlobals } from './virtual-globals';
import { AwsError, AwsServices } from '../sandbox/aws';
import { Responses } from '../sandbox/cloudformation';
import { Answer, ImmutaTenantModel } from '../sandbox/immuta';
import { LambdaStandIn } from '../sandbox/lambda';
import { Outcome, ProcessOptions, Run, RuntimeProcess } from '../sandbox/lambda/function-process';
import { Scheduler } from '../sandbox/scheduler';

/** The hosts of a history. */
export const IMMUTA_URL = 'https://acme.immutacloud.com';
export const RESPONSE_ORIGIN = 'https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com';

const requireOfNode = createRequire(__filename);

const SDK_RETRY_MS = 100;

/** The error of a run that a history killed. */
export const KILLED = 'Runtime exited with error: signal: killed';

type Handler = (event: unknown, context: object) => Promise<void>;

/** The services that functions can reach. */
export interface RuntimeServices {
  readonly scheduler: Scheduler;
  readonly services: AwsServices;
  readonly immuta: ImmutaTenantModel;
  readonly responses: Responses;
  readonly network: Network;
  /** Returns the Lambda stand-in that runs them. */
  lambda(): LambdaStandIn;
  /** Called after Immuta has handled a request of an event's invocation. */
  onImmutaAnswer(event: any, request: { method: string; path: string; body: string }, answer: Answer): void;
  onLog(caller: string, text: string): void;
  /** Called if a function requests a key although IAM has shown it two of that user: IAM must refuse that. */
  onThirdKey(userName: string): void;
}

const PARAMETERS = [
  'exports',
  'require',
  'module',
  'process',
  'console',
  'Date',
  'Math',
  'setTimeout',
  'clearTimeout',
  'AbortSignal',
  'fetch',
];

/** Compiled bundles by file. Each process evaluates the bundle again. */
const bundles = new Map<string, (...values: unknown[]) => void>();

function compile(codeFolder: string): (...values: unknown[]) => void {
  const file = path.join(codeFolder, 'index.js');
  const known = bundles.get(file);
  if (known) return known;
  const compiled = compileFunction(readFileSync(file, 'utf8'), PARAMETERS, { filename: file }) as (
    ...values: unknown[]
  ) => void;
  bundles.set(file, compiled);
  return compiled;
}

/** Runs functions in this process: evaluates the bundle with clock, randomness, network and AWS SDK of a history. */
export class InProcessRuntime {
  private processes = 0;

  constructor(
    private readonly runtimeServices: RuntimeServices,
    private readonly seed: number,
  ) {}

  startProcess(options: ProcessOptions): RuntimeProcess {
    const number = ++this.processes;
    return new HandlerProcess(`process ${number}`, options, this.runtimeServices, seededRandom(this.seed + number));
  }
}

/** The run of a process that is not frozen. */
interface CurrentRun extends Run {
  end(outcome: Outcome): void;
}

class HandlerProcess implements RuntimeProcess, Caller {
  isAlive = true;
  readonly ended: Promise<void>;
  private readonly timers: Timers;
  private handler?: Handler;
  private current?: CurrentRun;
  /** How many access keys IAM has shown of each user in the last list. */
  private readonly listedKeys = new Map<string, number>();
  private resolveEnded?: () => void;

  constructor(
    readonly name: string,
    private readonly options: ProcessOptions,
    private readonly runtimeServices: RuntimeServices,
    private readonly random: () => number,
  ) {
    this.timers = new Timers(runtimeServices.scheduler);
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  run(run: Run): Promise<Outcome> {
    const { timeoutMs, scheduler } = this.options;
    const deadline = scheduler.clock.now() + timeoutMs;
    return new Promise((resolve) => {
      const end = (outcome: Outcome) => {
        this.timers.clear();
        this.current = undefined;
        cancelTimeout();
        resolve(outcome);
      };
      const cancelTimeout = scheduler.at(deadline, () =>
        this.kill(`Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`),
      );
      const current = (this.current = { ...run, end });
      const context = { ...run.context, getRemainingTimeInMillis: () => deadline - scheduler.clock.now() };
      const endUnlessOver = (outcome: Outcome) => this.current === current && end(outcome);
      this.handler ??= this.load();
      this.handler(structuredClone(run.event), context).then(
        () => endUnlessOver({}),
        (error) => endUnlessOver({ error: String((error as Error).stack ?? error) }),
      );
    });
  }

  kill(error = KILLED): void {
    this.isAlive = false;
    this.current?.end({ error });
    this.resolveEnded?.();
  }

  private load(): Handler {
    const { scheduler } = this.runtimeServices;
    const globals = virtualGlobals(scheduler, this.timers, this.random);
    const module = { exports: {} as { handler: Handler } };
    const values: Record<string, unknown> = {
      ...globals,
      module,
      exports: module.exports,
      require: (id: string) =>
        id.startsWith('@aws-sdk/') ? sdkPackage(id, (call) => this.callAws(call)) : requireOfNode(id),
      process: {
        env: this.options.env,
        stdout: { write: (text: string) => this.write(text) },
        version: process.version,
        versions: process.versions,
      },
      console: {
        log: (text: string) => this.write(`${text}\n`),
        warn: (text: string) => this.write(`${text}\n`),
        error: (text: string) => this.write(`${text}\n`),
      },
      fetch: (url: string, init: RequestInit = {}) => this.fetch(url, init),
    };
    compile(this.options.codeFolder)(...PARAMETERS.map((name) => values[name]));
    return module.exports.handler;
  }

  private write(text: string): boolean {
    if (!this.isAlive) return false;
    this.current?.onOutput(text);
    this.runtimeServices.onLog(this.name, text);
    return true;
  }

  private async fetch(url: string, { method = 'GET', headers = {}, body, signal }: RequestInit): Promise<Response> {
    const { origin, pathname, search } = new URL(url);
    const text = body === undefined || body === null ? '' : Buffer.from(body as Buffer).toString();
    const request = {
      method,
      path: pathname + search,
      headers: lowerCase(headers as Record<string, string>),
      body: text,
    };
    if (origin === IMMUTA_URL) return this.fetchImmuta(request, signal);
    if (origin === RESPONSE_ORIGIN) return this.putResponse(request, signal);
    throw broken();
  }

  private fetchImmuta(request: HttpRequest, signal?: AbortSignal | null): Promise<Response> {
    const { network, immuta, scheduler, onImmutaAnswer } = this.runtimeServices;
    const { event } = this.current!;
    return network.exchange(this, {
      peer: 'immuta',
      label: `${request.method} ${request.path}`,
      isWrite: request.method !== 'GET',
      signal,
      broken,
      work: async () => {
        await scheduler.clock.settled();
        const recorded = { ...request, time: scheduler.clock.now() };
        immuta.requests.push(recorded);
        const answer = await immuta.answer(recorded);
        onImmutaAnswer(event, request, answer);
        return createResponse(answer);
      },
      refuse: (kind, seconds) => createResponse(immutaRefusal(kind, seconds)),
      show: ({ status }) => String(status),
    });
  }

  private putResponse(request: HttpRequest, signal?: AbortSignal | null): Promise<Response> {
    const { network, responses } = this.runtimeServices;
    return network.exchange(this, {
      peer: 'response',
      label: request.method,
      isWrite: false,
      signal,
      broken,
      work: async () => {
        const headers = { ...request.headers, 'content-length': String(request.body.length) };
        const answer = responses.receive({
          method: request.method,
          url: request.path,
          headers,
          body: Buffer.from(request.body),
        });
        if (!answer) throw broken();
        return new Response(null, { status: answer[0] });
      },
      refuse: () => new Response(null, { status: 503 }),
      show: ({ status }) => `${status} ${request.body.slice(0, 300)}`,
    });
  }

  private async callAws(call: SdkCall): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.callAwsOnce(call);
      } catch (error) {
        const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
        const mayBeRepeated = !call.signal?.aborted && (status === undefined || status >= 500);
        if (attempt >= call.attempts || !mayBeRepeated) throw error;
        await new Promise((resolve) => this.timers.setTimeout(resolve as () => void, SDK_RETRY_MS * attempt));
      }
    }
  }

  private callAwsOnce(call: SdkCall): Promise<unknown> {
    const { network, services, lambda, scheduler } = this.runtimeServices;
    const { AWS_ACCESS_KEY_ID: accessKeyId } = this.options.env;
    return network.exchange<unknown>(this, {
      peer: call.service,
      label: call.operation,
      isWrite: false,
      signal: call.signal,
      broken: () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', $metadata: {} }),
      work: async () => {
        await scheduler.clock.settled();
        const principal = services.iam.principalOf(accessKeyId);
        if (!principal) {
          throw sdkError(
            new AwsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'),
          );
        }
        try {
          this.checkKeyRequest(call);
          const context = { services, lambda: lambda(), principal, accessKeyId, now: scheduler.clock.now() };
          const output = await callService(call, context);
          this.noteKeyList(call, output);
          return output;
        } catch (error) {
          throw error instanceof AwsError ? sdkError(error) : error;
        }
      },
      refuse: (kind) => {
        throw sdkError(
          kind === 'busy'
            ? new AwsError(503, 'ServiceUnavailable', 'Service is unavailable.')
            : new AwsError(400, 'ThrottlingException', 'Rate exceeded'),
        );
      },
      show: () => 'done',
    });
  }

  private noteKeyList({ operation, input }: SdkCall, output: any): void {
    if (operation === 'ListAccessKeys') this.listedKeys.set(input.UserName, output.AccessKeyMetadata?.length ?? 0);
  }

  private checkKeyRequest({ operation, input: { UserName: userName } }: SdkCall): void {
    const { services, onThirdKey } = this.runtimeServices;
    if (operation !== 'CreateAccessKey') return;
    const keys = this.listedKeys.get(userName) ?? services.iam.accessKeys(userName).length;
    if (keys >= 2) onThirdKey(userName);
  }
}

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Returns the error that `fetch` throws when a connection breaks. */
function broken(): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
}

function createResponse({ status, headers, body }: Answer): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

function immutaRefusal(kind: 'busy' | 'throttled' | 'conflict', seconds = 0): Answer {
  const headers: Record<string, string> = seconds > 0 ? { 'retry-after': String(seconds) } : {};
  switch (kind) {
    case 'busy':
      return {
        status: 503,
        headers,
        body: { statusCode: 503, error: 'Service Unavailable', message: 'upstream connect error' },
      };
    case 'throttled':
      return {
        status: 429,
        headers,
        body: { statusCode: 429, error: 'Too Many Requests', message: 'Rate limit exceeded' },
      };
    case 'conflict':
      return {
        status: 409,
        body: { statusCode: 409, error: 'Conflict', message: 'Unable to edit integration in current state editing.' },
      };
  }
}
