import { ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { Duplex } from 'node:stream';
import { Scheduler } from '../scheduler';

/** How an invocation ended: without an error if the handler returned. */
export interface Outcome {
  readonly error?: string;
}

export interface ProcessOptions {
  readonly scheduler: Scheduler;
  readonly codeFolder: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly env: Record<string, string>;
}

/** One event for a process, and what happens to it there. */
export interface Run {
  readonly event: unknown;
  readonly context: Record<string, unknown>;
  readonly onOutput: (text: string) => void;
  /** How many look-ups of `localhost` fail. */
  readonly unresolved: number;
  /** The process is killed when it has written such a line. */
  readonly killAfter?: string;
}

/** What runs a function for one event after the other. */
export interface RuntimeProcess {
  readonly isAlive: boolean;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Runs the function for an event. The process must not be at work on another. */
  run(run: Run): Promise<Outcome>;
  /** Ends it, and its run with an error. */
  kill(): void;
  /** A request of its, the last one with a time-out, will never be answered. */
  onSilence?(): void;
}

const EXITED: Outcome = { error: 'Runtime exited without providing a reason' };

/**
 * A process that runs a function for one event after the other, as Lambda's execution environments do.
 *
 * It sleeps in virtual time, is frozen between two events, and is killed when the function's time is up.
 */
export class FunctionProcess implements RuntimeProcess {
  readonly ended: Promise<void>;
  isAlive = true;
  private readonly process: ChildProcess;
  private readonly channel: Duplex;
  private current?: CurrentRun;
  /** How often the process was told to go on. */
  private turn = 0;
  /** The process does not know its function yet. */
  private isNewFunction = false;

  /** @param node The node binary */
  constructor(private options: ProcessOptions, node = process.execPath) {
    this.process = spawn(
      node,
      [
        `--max-old-space-size=${options.memoryMb}`,
        path.join(__dirname, 'bootstrap.cjs'),
        options.codeFolder,
        options.handler,
      ],
      { cwd: options.codeFolder, env: options.env, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'] },
    );
    this.channel = this.process.stdio[3] as Duplex;
    this.channel.on('error', () => {}); // a process that has just ended cannot be told: its end is reported by itself
    onLines(this.channel, (line) => this.receive(JSON.parse(line)));
    // What Node itself writes when it crashes.
    this.process.stdout!.on('data', (data) => this.current?.onOutput(String(data)));
    this.process.stderr!.on('data', (data) => this.current?.onOutput(String(data)));
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => this.end(resolve, { error: error.message }));
      this.process.on('close', () => this.end(resolve, EXITED));
    });
  }

  get memoryMb(): number {
    return this.options.memoryMb;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Whether an event is not over. */
  get isAtWork(): boolean {
    return this.current !== undefined;
  }

  /**
   * Runs another function from now on, perhaps of another sandbox. The process must not be at work, and keeps its
   * memory limit.
   */
  serve(options: ProcessOptions): void {
    this.options = options;
    this.isNewFunction = true;
  }

  run({ event, context, onOutput, ...settings }: Run): Promise<Outcome> {
    const { scheduler, timeoutMs, codeFolder, handler, env } = this.options;
    const serve = this.isNewFunction ? { codeFolder, handler, env } : undefined;
    this.isNewFunction = false;
    const deadlineMs = scheduler.clock.now() + timeoutMs;
    return new Promise((resolve) => {
      this.current = {
        onOutput,
        resolve,
        atRest: scheduler.begin(),
        cancelSleep: () => {},
        cancelTimeout: scheduler.at(deadlineMs, () => this.kill(timedOut(timeoutMs))),
      };
      this.send({ serve, event, context, deadlineMs, ...settings });
    });
  }

  /** The run ends with that error when the process is gone; until then no time passes. */
  kill(outcome = EXITED): void {
    const { current, options: { scheduler } } = this;
    this.isAlive = false;
    this.process.kill('SIGKILL');
    if (!current) return;
    current.cancelSleep();
    current.atRest();
    current.atRest = scheduler.begin();
    current.outcome ??= outcome;
  }

  onSilence(): void {
    this.process.send(this.turn, () => {}); // a process that has just ended cannot be told
  }

  private receive(message: Message): void {
    const { current, options: { scheduler } } = this;
    if (!current) return;
    if (message.type === 'output') return current.onOutput(message.text);
    if (current.outcome) return;
    switch (message.type) {
      case 'advance':
        return scheduler.clock.advanceTo(message.to);
      case 'sleep':
        if (message.until !== null) current.cancelSleep = scheduler.at(message.until, () => this.wake(current));
        return current.atRest();
      case 'unable to load':
        return this.kill({ error: message.error });
      case 'finished':
        return this.finish({ error: message.error });
    }
  }

  private wake(run: CurrentRun): void {
    run.atRest = this.options.scheduler.begin();
    this.send({});
  }

  private send(message: object): void {
    this.turn += 1;
    this.channel.write(`${JSON.stringify({ ...message, now: this.options.scheduler.clock.now() })}\n`);
  }

  private end(resolve: () => void, outcome: Outcome): void {
    this.isAlive = false;
    this.finish(this.current?.outcome ?? outcome);
    resolve();
  }

  private finish(outcome: Outcome): void {
    const { current } = this;
    if (!current) return;
    this.current = undefined;
    current.cancelTimeout();
    current.cancelSleep();
    current.resolve(outcome);
    current.atRest();
  }
}

/** What is going on in a process that is not frozen. */
interface CurrentRun {
  readonly onOutput: (text: string) => void;
  readonly resolve: (outcome: Outcome) => void;
  readonly cancelTimeout: () => void;
  cancelSleep: () => void;
  /** Tells the scheduler that the process is not at work. */
  atRest: () => void;
  /** Of a process that is being killed. */
  outcome?: Outcome;
}

type Message =
  | { readonly type: 'output'; readonly text: string }
  | { readonly type: 'advance'; readonly to: number }
  | { readonly type: 'sleep'; readonly until: number | null }
  | { readonly type: 'unable to load' | 'finished'; readonly error?: string };

function timedOut(timeoutMs: number): Outcome {
  return { error: `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds` };
}

function onLines(stream: Duplex, receive: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (data: string) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop()!;
    lines.forEach(receive);
  });
}
