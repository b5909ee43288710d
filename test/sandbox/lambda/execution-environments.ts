import * as path from 'node:path';
import { FunctionProcess, ProcessOptions, RuntimeProcess } from './function-process';
import { Credentials } from '../aws/iam';
import { Scheduler } from '../scheduler';

/** Node runs out of this heap before it runs a handler. */
const TOO_LITTLE_MEMORY_MB = 3;
const NODE_MODULES = path.resolve(__dirname, '../../../node_modules');

/** Lambda ends an environment every few hours, long before the credentials in it expire. */
const LIFETIME_MS = 2 * 3_600_000;

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
  /** How many of its runs there are at once. @default - as many as the account allows */
  readonly reservedConcurrency?: number;
  /** @default - the one of Lambda's convention */
  readonly logGroup?: string;
  /** Whether Lambda lets it invoke itself without a limit. @default false */
  readonly allowsRecursion?: boolean;
}

export interface LambdaOptions {
  readonly scheduler: Scheduler;
  /** Credentials of a session of the function's role. */
  readonly credentialsFor: (roleArn: string) => Credentials;
  /** What a function's process needs to find the sandbox. */
  readonly env: Record<string, string>;
  /** The node binary that runs the functions. @default - the machine's */
  readonly node?: string;
  /** Starts what runs a function; a cold start takes nothing that ran before. @default - a process of its own */
  readonly startProcess?: (options: ProcessOptions, isCold: boolean) => RuntimeProcess;
}

/**
 * How a run of a function goes wrong: it is killed right after it has written such a line, has too little memory, or
 * never begins.
 */
export type Crash = RegExp | 'out of memory' | 'unable to load';

/** A process of a function, with credentials of its own. */
export interface ExecutionEnvironment {
  readonly fn: LambdaFunction;
  readonly process: RuntimeProcess;
  readonly accessKeyId: string;
  readonly endsAt: number;
  /** How many there were, with the one that runs. */
  events: number;
}

/** The processes of all functions. One that has finished its event without dying waits for the function's next one. */
export class ExecutionEnvironments {
  /** Each event gets a new process. */
  coldStarts = false;
  private readonly running = new Set<ExecutionEnvironment>();
  private frozen: ExecutionEnvironment[] = [];

  constructor(private readonly options: LambdaOptions) {}

  /**
   * The process of the function that was used last, or a new one if none is free or the crash has to begin with its
   * start.
   */
  acquire(fn: LambdaFunction, crash?: Crash): ExecutionEnvironment {
    if (this.coldStarts || crash === 'out of memory' || crash === 'unable to load') this.retire(fn.functionArn);
    const environment = this.thaw(fn) ?? this.start(fn, crash);
    this.running.add(environment);
    environment.events += 1;
    return environment;
  }

  /** The event is over. @param isCurrent Whether the function is still the one that the process runs */
  release(environment: ExecutionEnvironment, isCurrent: boolean): void {
    this.running.delete(environment);
    if (isCurrent && !this.coldStarts && environment.process.isAlive) this.frozen.push(environment);
    else environment.process.kill();
  }

  /** The function has changed: no process that is free runs it again. */
  retire(functionArn: string): void {
    this.end(({ fn }) => fn.functionArn === functionArn);
  }

  /** Ends what runs. */
  kill(): void {
    this.running.forEach(({ process }) => process.kill());
  }

  /** A server is silent to one of those that run. */
  onSilence(): void {
    this.running.forEach(({ process }) => process.onSilence?.());
  }

  /** Ends all processes and waits for that. */
  async close(): Promise<void> {
    const all = [...this.running, ...this.frozen];
    all.forEach(({ process }) => process.kill());
    await Promise.all(all.map(({ process }) => process.ended));
  }

  private thaw(fn: LambdaFunction): ExecutionEnvironment | undefined {
    this.end(({ endsAt, process }) => endsAt <= this.now || !process.isAlive);
    const index = this.frozen.map((environment) => environment.fn).lastIndexOf(fn);
    return index < 0 ? undefined : this.frozen.splice(index, 1)[0];
  }

  private start(fn: LambdaFunction, crash?: Crash): ExecutionEnvironment {
    const { scheduler, credentialsFor, node = process.execPath, env } = this.options;
    const { startProcess = (options: ProcessOptions) => new FunctionProcess(options, node) } = this.options;
    const credentials = credentialsFor(fn.roleArn);
    const started = startProcess({
      scheduler,
      codeFolder: fn.codeFolder,
      handler: crash === 'unable to load' ? 'missing.handler' : fn.handler,
      memoryMb: crash === 'out of memory' ? TOO_LITTLE_MEMORY_MB : fn.memoryMb,
      timeoutMs: fn.timeoutSeconds * 1000,
      env: { ...env, ...fn.environment, ...runtimeEnvironment(fn, credentials) },
    }, this.coldStarts);
    return { fn, process: started, accessKeyId: credentials.accessKeyId, endsAt: this.now + LIFETIME_MS, events: 0 };
  }

  private end(isUnwanted: (environment: ExecutionEnvironment) => boolean): void {
    this.frozen.filter(isUnwanted).forEach(({ process }) => process.kill());
    this.frozen = this.frozen.filter((environment) => !isUnwanted(environment));
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
