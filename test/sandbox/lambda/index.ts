import { randomUUID } from 'node:crypto';
import { Crash, ExecutionEnvironments, LambdaFunction, LambdaOptions } from './execution-environments';
import { AwsError } from '../aws/aws-error';

/** Lambda breaks a chain of functions that invoke one another at this length. */
const RECURSION_LIMIT = 16;
const RETRY_DELAYS_MS = [60_000, 120_000];
/** A copy is an exception: not each invocation of a chain is copied, again and again. */
const MOST_COPIES = 6;

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
  readonly logGroup: string;
  /** The machine's time, in which the `cdk` CLI looks for its lines. */
  readonly recordedAt: number;
  /** Whether a new process ran it. */
  readonly isColdStart: boolean;
  endedAt?: number;
  error?: string;
  output: string;
}

interface QueuedEvent {
  readonly functionArn: string;
  readonly functionName: string;
  readonly event: unknown;
  readonly requestId: string;
  readonly queuedAt: number;
  readonly depth: number;
}

/** Lambda: functions, the processes that run them, and the queue of asynchronous events in front of them. */
export class LambdaStandIn {
  readonly invocations: Invocation[] = [];
  /** Events that no function will see: too old, retried too often, or part of a loop. */
  readonly dropped: { readonly event: any; readonly reason: string }[] = [];
  /**
   * When each copy of an event is delivered: milliseconds, or after the copy before has ended. Lambda promises at
   * least one.
   */
  deliveries: (number | 'afterwards')[] = [0];
  /** No concurrency is left: events wait, with back-off. */
  throttled = false;
  /** How many runs of all functions there are at once in the account; further events wait, with back-off. */
  accountConcurrency = Infinity;
  /** What becomes of the next runs, one after the other. */
  readonly crashes: Crash[] = [];
  /** How often from its beginning a run cannot resolve `localhost`, which a process does that has no connection yet. */
  unresolved = 0;

  private readonly environments: ExecutionEnvironments;
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly eventInvokeConfigs = new Map<string, EventInvokeConfig>();
  private readonly depthOfKey = new Map<string, number>();
  /** Copies of events that were delivered, by the request of CloudFormation, which continuations share. */
  private readonly copies = new Map<string, number>();
  /** Runs at this moment, by the ARN of the function. */
  private readonly active = new Map<string, number>();

  constructor(private readonly options: LambdaOptions) {
    this.environments = new ExecutionEnvironments(options);
  }

  /** Each event gets a new process. @default false */
  set coldStarts(coldStarts: boolean) {
    this.environments.coldStarts = coldStarts;
  }

  /** Creates a function or updates it, after which none of its processes is used again. */
  register(fn: LambdaFunction): void {
    this.functions.set(fn.functionArn, fn);
    this.environments.retire(fn.functionArn);
  }

  remove(functionName: string): void {
    const { functionArn } = this.find(functionName);
    this.functions.delete(functionArn);
    this.environments.retire(functionArn);
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
    const fn =
      this.functions.get(nameOrArn) ?? [...this.functions.values()].find((other) => other.functionName === nameOrArn);
    if (!fn) throw new AwsError(404, 'ResourceNotFoundException', `Function not found: ${nameOrArn}`);
    return fn;
  }

  /** Queues an event. `callerKey` is the access key that asked for it, by which a loop is seen. */
  invokeAsync(nameOrArn: string, event: unknown, callerKey = ''): void {
    const { functionArn, functionName, allowsRecursion } = this.find(nameOrArn);
    const depth = (this.depthOfKey.get(callerKey) ?? 0) + 1;
    const queued = { functionArn, functionName, event, requestId: randomUUID(), queuedAt: this.now, depth };
    if (queued.depth > RECURSION_LIMIT && !allowsRecursion) return this.drop(queued, 'recursive loop');
    // a function that invokes another, or itself, as the last thing it does is done before that begins
    if (callerKey) this.options.scheduler.after(0, () => void this.deliver(queued));
    else void this.deliver(queued);
  }

  /** Runs a function once, for a caller that waits. Returns its error. */
  async invoke(nameOrArn: string, event: unknown): Promise<string | undefined> {
    const fn = this.find(nameOrArn);
    const { functionArn, functionName } = fn;
    const queued = { functionArn, functionName, event, requestId: randomUUID(), queuedAt: this.now, depth: 1 };
    // Lambda delivers at least once; the caller learns the outcome of the first delivery
    const [first] = this.deliveries.map(async (delivery) => {
      if (typeof delivery === 'number' && delivery > 0) await this.options.scheduler.sleep(delivery);
      return this.run(fn, queued, 1);
    });
    return (await first).error;
  }

  /** Ends whatever runs. */
  kill(): void {
    this.environments.kill();
  }

  /** A server has got a request that it will never answer: the request's time-out is the next thing that happens. */
  onSilence(): void {
    this.environments.onSilence();
  }

  /** Ends all processes, frozen ones too, and resolves when they are gone. */
  close(): Promise<void> {
    return this.environments.close();
  }

  private async deliver(queued: QueuedEvent): Promise<void> {
    let before: Promise<void> = Promise.resolve();
    for (const [index, delivery] of this.deliveries.entries()) {
      if (index > 0 && !this.mayCopy(queued)) break;
      if (delivery === 'afterwards') {before = before.then(() => this.attempt(queued));} else {
        before =
          delivery === 0
            ? this.attempt(queued)
            : this.options.scheduler.sleep(delivery).then(() => this.attempt(queued));
      }
    }
    await before;
  }

  private mayCopy({ event }: QueuedEvent): boolean {
    const { RequestId: requestId = '' } = event as { readonly RequestId?: string };
    const copies = (this.copies.get(requestId) ?? 0) + 1;
    this.copies.set(requestId, copies);
    return requestId === '' || copies <= MOST_COPIES;
  }

  private async attempt(queued: QueuedEvent, attempt = 1, throttledMs = 1000): Promise<void> {
    const { scheduler } = this.options;
    const config = this.eventInvokeConfigs.get(queued.functionName) ?? {
      maximumRetryAttempts: 2,
      maximumEventAgeSeconds: 21600,
    };
    if (this.now - queued.queuedAt > config.maximumEventAgeSeconds * 1000) {
      return this.drop(queued, 'older than the maximum event age');
    }
    const fn = this.functions.get(queued.functionArn);
    if (!fn) return this.drop(queued, 'function deleted');
    if (this.isThrottled(fn)) {
      await scheduler.sleep(throttledMs);
      return this.attempt(queued, attempt, Math.min(throttledMs * 2, 300_000));
    }
    const invocation = await this.run(fn, queued, attempt);
    if (!invocation.error) return;
    if (attempt > config.maximumRetryAttempts) return this.drop(queued, 'failed too often');
    await scheduler.sleep(RETRY_DELAYS_MS[attempt - 1]);
    return this.attempt(queued, attempt + 1);
  }

  private isThrottled({ functionArn, reservedConcurrency = Infinity }: LambdaFunction): boolean {
    const inAccount = [...this.active.values()].reduce((sum, runs) => sum + runs, 0);
    return (
      this.throttled ||
      inAccount >= this.accountConcurrency ||
      (this.active.get(functionArn) ?? 0) >= reservedConcurrency
    );
  }

  private async run(
    fn: LambdaFunction,
    { event, requestId, depth }: QueuedEvent,
    attempt: number,
  ): Promise<Invocation> {
    this.active.set(fn.functionArn, (this.active.get(fn.functionArn) ?? 0) + 1);
    const crash = this.crashes.shift();
    const environment = this.environments.acquire(fn, crash);
    const { functionName, functionArn } = fn;
    const invocation: Invocation = {
      functionName,
      requestId,
      event,
      attempt,
      startedAt: this.now,
      logGroup: fn.logGroup ?? `/aws/lambda/${functionName}`,
      recordedAt: Date.now(),
      isColdStart: environment.events === 1,
      output: '',
    };
    this.invocations.push(invocation);
    // a process has one event at a time, and one access key
    this.depthOfKey.set(environment.accessKeyId, depth);
    const { error } = await environment.process.run({
      event,
      context: { functionName, invokedFunctionArn: functionArn, awsRequestId: requestId },
      onOutput: (text) => (invocation.output += text),
      unresolved: Math.min(this.unresolved, Number.MAX_SAFE_INTEGER), // JSON has no infinity
      killAfter: crash instanceof RegExp ? crash.source : undefined,
    });
    this.active.set(fn.functionArn, this.active.get(fn.functionArn)! - 1);
    this.environments.release(environment, this.functions.get(functionArn) === fn);
    return Object.assign(invocation, { endedAt: this.now, error });
  }

  private drop({ event }: QueuedEvent, reason: string): void {
    this.dropped.push({ event, reason });
  }

  private get now(): number {
    return this.options.scheduler.clock.now();
  }
}
