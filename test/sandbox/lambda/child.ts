import { ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { Scheduler } from '../scheduler';

/** How an invocation ended: without an error if the handler returned. */
export interface Outcome {
  readonly error?: string;
}

/** One invocation. */
export interface RunOptions {
  readonly scheduler: Scheduler;
  readonly codeFolder: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly env: Record<string, string>;
  readonly event: unknown;
  readonly context: Record<string, unknown>;
  readonly onOutput: (text: string) => void;
  /** Kills the process when aborted. */
  readonly signal: AbortSignal;
}

export interface ChildOptions extends RunOptions {
  /** The node binary. */
  readonly node: string;
}

/** Runs one invocation in a process of its own, which sleeps in virtual time and is killed when the function's time is up. */
export function runInChild(options: ChildOptions): Promise<Outcome> {
  return new Promise((resolve) => new Child(options, resolve));
}

class Child {
  private readonly process: ChildProcess;
  private readonly cancelTimeout: () => void;
  private atRest: () => void;
  private cancelSleep: () => void;
  private outcome: Outcome = { error: 'Runtime exited without providing a reason' };

  constructor(private readonly options: ChildOptions, private readonly resolve: (outcome: Outcome) => void) {
    const { scheduler } = options;
    const start = scheduler.clock.now();
    this.atRest = scheduler.begin();
    this.cancelSleep = () => {};
    this.process = spawn(options.node, [
      `--max-old-space-size=${options.memoryMb}`,
      '--require', path.join(__dirname, 'preload.cjs'),
      path.join(__dirname, 'bootstrap.cjs'), options.codeFolder, options.handler,
    ], {
      cwd: options.codeFolder,
      env: { ...options.env, SANDBOX_NOW: String(start) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      signal: options.signal,
      killSignal: 'SIGKILL',
    });
    this.process.stdout!.on('data', (data) => options.onOutput(String(data)));
    this.process.stderr!.on('data', (data) => options.onOutput(String(data)));
    this.process.on('message', (message) => this.receive(message as ChildMessage));
    this.process.on('error', (error) => this.end({ error: error.message }));
    this.process.on('close', () => this.end(this.outcome));
    this.cancelTimeout = scheduler.at(start + options.timeoutMs, () => this.timeOut());
    this.send({ event: options.event, context: { ...options.context, deadlineMs: start + options.timeoutMs } });
  }

  private receive(message: ChildMessage): void {
    const { scheduler } = this.options;
    switch (message.type) {
      case 'finished':
        this.outcome = { error: message.error };
        return;
      case 'advance':
        scheduler.clock.advanceTo(message.to);
        return;
      case 'sleep':
        if (message.until !== null) this.cancelSleep = scheduler.at(message.until, () => this.wake());
        this.atRest();
    }
  }

  private wake(): void {
    this.atRest = this.options.scheduler.begin();
    this.send({});
  }

  private timeOut(): void {
    this.cancelSleep();
    this.atRest();
    this.atRest = this.options.scheduler.begin();
    this.outcome = { error: `Task timed out after ${(this.options.timeoutMs / 1000).toFixed(2)} seconds` };
    this.process.kill('SIGKILL');
  }

  private send(message: object): void {
    // a process that has just ended cannot be told: its end is reported by itself
    this.process.send({ ...message, now: this.options.scheduler.clock.now() }, () => {});
  }

  private end(outcome: Outcome): void {
    this.cancelTimeout();
    this.cancelSleep();
    this.resolve(outcome);
    this.atRest();
  }
}

type ChildMessage =
  | { readonly type: 'finished'; readonly error?: string }
  | { readonly type: 'advance'; readonly to: number }
  | { readonly type: 'sleep'; readonly until: number | null };
