import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { AwsError } from '../aws/aws-error';
import { Credentials } from '../aws/iam';
import { Scheduler } from '../scheduler';
import { Outcome, runInChild, RunOptions } from './child';

/** Lambda breaks a chain of functions that invoke one another at this length. */
const RECURSION_LIMIT = 16;
const RETRY_DELAYS_MS = [60_000, 120_000];
const NODE_MODULES = path.resolve(__dirname, '../../../node_modules');

export interface LambdaFunction {
  readonly functionName: string;
  readonly functionArn: string;
  readonly region: string;
  readonly roleArn: string;
  readonly codeFolder: string;
  readonly handler: string;
  readonly environment: Record<string, string>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

/** What becomes of an asynchronous event that fails or waits. */
export interface EventInvokeConfig {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
}

/** One run of a function. */
export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  readonly event: any;
  readonly attempt: number;
  readonly startedAt: number;
  endedAt?: number;
  error?: string;
  output: string;
}

export interface LambdaOptions {
  readonly scheduler: Scheduler;
  /** Credentials of a session of the function's role. */
  readonly credentialsFor: (roleArn: string) => Credentials;
  /** What a function's process needs to find the sandbox. */
  readonly env: Record<string, string>;
  /** The node binary that runs the functions. @default - the machine's */
  readonly node?: string;
  /** Runs a function once. @default - in a process of its own */
  readonly run?: (options: RunOptions) => Promise<Outcome>;
}

/** How a run of a function goes wrong: it is killed right after it has written such a line, has too little memory, or never begins. */
export type Crash = RegExp | 'out of memory' | 'unable to load';

/** Node runs out of this heap before it runs a handler. */
const TOO_LITTLE_MEMORY_MB = 3;

interface QueuedEvent {
  readonly fn: LambdaFunction;
  readonly event: unknown;
  readonly requestId: string;
  readonly queuedAt: number;
  readonly depth: number;
}

/** Lambda: functions, each of whose runs is a process of its own, and the queue of asynchronous events in front of them. */
export class LambdaStandIn {
  readonly invocations: Invocation[] = [];
  /** Events that no function will see: too old, retried too often, or part of a loop. */
  readonly dropped: { readonly event: any; readonly reason: string }[] = [];
  /** When each copy of an event is delivered: milliseconds, or after the copy before has ended. Lambda promises at least one. */
  deliveries: (number | 'afterwards')[] = [0];
  /** No concurrency is left: events wait, with back-off. */
  throttled = false;
  /** Real time that the deadline of a request takes, as a fraction. */
  deadlineScale = 1;
  /** What becomes of the next runs, one after the other. */
  readonly crashes: Crash[] = [];
  /** How often from its beginning a run cannot resolve `localhost`. */
  unresolved = 0;

  private readonly running = new Set<AbortController>();
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly eventInvokeConfigs = new Map<string, EventInvokeConfig>();
  private readonly depthOfKey = new Map<string, number>();

  constructor(private readonly options: LambdaOptions) {}

  register(fn: LambdaFunction): void {
    this.functions.set(fn.functionArn, fn);
  }

  remove(functionName: string): void {
    this.functions.delete(this.find(functionName).functionArn);
  }

  setEventInvokeConfig(functionName: string, config: EventInvokeConfig | undefined): void {
    if (config) this.eventInvokeConfigs.set(functionName, config);
    else this.eventInvokeConfigs.delete(functionName);
  }

  get functionNames(): string[] {
    return [...this.functions.values()].map((fn) => fn.functionName);
  }

  /** Finds a function by name or ARN. */
  find(nameOrArn: string): LambdaFunction {
    const fn = this.functions.get(nameOrArn) ?? [...this.functions.values()].find((other) => other.functionName === nameOrArn);
    if (!fn) throw new AwsError(404, 'ResourceNotFoundException', `Function not found: ${nameOrArn}`);
    return fn;
  }

  /** Queues an event. `callerKey` is the access key that asked for it, by which a loop is seen. */
  invokeAsync(nameOrArn: string, event: unknown, callerKey = ''): void {
    const fn = this.find(nameOrArn);
    const queued = { fn, event, requestId: randomUUID(), queuedAt: this.now, depth: (this.depthOfKey.get(callerKey) ?? 0) + 1 };
    if (queued.depth > RECURSION_LIMIT) return this.drop(queued, 'recursive loop');
    void this.deliver(queued);
  }

  /** Ends whatever runs. */
  kill(): void {
    this.running.forEach((run) => run.abort());
  }

  private async deliver(queued: QueuedEvent): Promise<void> {
    let before: Promise<void> = Promise.resolve();
    for (const delivery of this.deliveries) {
      if (delivery === 'afterwards') before = before.then(() => this.attempt(queued));
      else before = delivery === 0 ? this.attempt(queued) : this.options.scheduler.sleep(delivery).then(() => this.attempt(queued));
    }
    await before;
  }

  private async attempt(queued: QueuedEvent, attempt = 1, throttledMs = 1000): Promise<void> {
    const { scheduler } = this.options;
    const config = this.eventInvokeConfigs.get(queued.fn.functionName) ?? { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21600 };
    if (this.now - queued.queuedAt > config.maximumEventAgeSeconds * 1000) return this.drop(queued, 'older than the maximum event age');
    if (!this.functions.has(queued.fn.functionArn)) return this.drop(queued, 'function deleted');
    if (this.throttled) {
      await scheduler.sleep(throttledMs);
      return this.attempt(queued, attempt, Math.min(throttledMs * 2, 300_000));
    }
    const invocation = await this.run(queued, attempt);
    if (!invocation.error) return;
    if (attempt > config.maximumRetryAttempts) return this.drop(queued, 'failed too often');
    await scheduler.sleep(RETRY_DELAYS_MS[attempt - 1]);
    return this.attempt(queued, attempt + 1);
  }

  private async run({ fn, event, requestId, depth }: QueuedEvent, attempt: number): Promise<Invocation> {
    const invocation: Invocation = { functionName: fn.functionName, requestId, event, attempt, startedAt: this.now, output: '' };
    this.invocations.push(invocation);
    const credentials = this.options.credentialsFor(fn.roleArn);
    this.depthOfKey.set(credentials.accessKeyId, depth);
    const killed = new AbortController();
    this.running.add(killed);
    const crash = this.crashes.shift();
    const { scheduler, node = process.execPath, run = (each) => runInChild({ ...each, node }) } = this.options;
    const outcome = await run({
      scheduler,
      codeFolder: fn.codeFolder,
      handler: crash === 'unable to load' ? 'missing.handler' : fn.handler,
      memoryMb: crash === 'out of memory' ? TOO_LITTLE_MEMORY_MB : fn.memoryMb,
      timeoutMs: fn.timeoutSeconds * 1000,
      env: {
        ...fn.environment,
        ...runtimeEnvironment(fn, credentials),
        ...this.options.env,
        SANDBOX_DEADLINE_SCALE: String(this.deadlineScale),
        SANDBOX_UNRESOLVED: String(this.unresolved),
        ...(crash instanceof RegExp ? { SANDBOX_KILL_AFTER: crash.source } : {}),
      },
      event,
      context: { functionName: fn.functionName, invokedFunctionArn: fn.functionArn, awsRequestId: requestId },
      onOutput: (text) => (invocation.output += text),
      signal: killed.signal,
    });
    this.running.delete(killed);
    return Object.assign(invocation, { endedAt: this.now, error: outcome.error });
  }

  private drop({ event }: QueuedEvent, reason: string): void {
    this.dropped.push({ event, reason });
  }

  private get now(): number {
    return this.options.scheduler.clock.now();
  }
}

/** What Lambda itself puts into a function's environment. */
function runtimeEnvironment(fn: LambdaFunction, credentials: Credentials): Record<string, string> {
  return {
    AWS_REGION: fn.region,
    AWS_DEFAULT_REGION: fn.region,
    AWS_LAMBDA_FUNCTION_NAME: fn.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    LAMBDA_TASK_ROOT: fn.codeFolder,
    NODE_PATH: NODE_MODULES,
    TZ: ':UTC',
  };
}
