import { setTimeout as sleep } from 'node:timers/promises';
import { SandboxClock } from './clock';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/**
 * Moves the sandbox's clock. While a process works, virtual time stands still. When all are idle, it jumps to the next
 * timer.
 *
 * So a sleep of minutes takes no time, two processes that run at once see their sleeps in the right order, and a
 * time-out fires exactly when nothing can happen any more before it.
 */
export class Scheduler {
  private timers: Timer[] = [];
  private busy = 0;
  private pumping = false;
  private idlers: (() => void)[] = [];
  private stopped = false;

  /** @param pace real milliseconds per virtual second, for people who watch @default - no waiting */
  constructor(readonly clock: SandboxClock, private readonly pace = 0) {}

  /** Starts work that lasts until the returned function is called. Further calls change nothing. */
  begin(): () => void {
    this.busy += 1;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.busy -= 1;
      void this.pump();
    };
  }

  /** Calls back at a moment, unless the function returned is called before. */
  at(due: number, fire: () => void): () => void {
    const timer = { due, fire };
    this.timers.push(timer);
    void this.pump();
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
      void this.pump();
    };
  }

  after(ms: number, fire: () => void): () => void {
    return this.at(this.clock.now() + ms, fire);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Resolves when all are idle and no timer is left. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.idlers.push(resolve);
      void this.pump();
    });
  }

  /** No timer fires any more. */
  stop(): void {
    this.stopped = true;
  }

  private async pump(): Promise<void> {
    if (this.pumping || this.stopped) return;
    this.pumping = true;
    // Reactions to what has just happened are promise callbacks, which run first.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.stopped && this.busy === 0 && this.timers.length > 0) {
      await this.fireNext();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.pumping = false;
    if (this.busy === 0 && this.timers.length === 0) this.idlers.splice(0).forEach((resolve) => resolve());
  }

  private async fireNext(): Promise<void> {
    const next = this.timers.reduce((a, b) => (b.due < a.due ? b : a));
    const wait = ((next.due - this.clock.now()) / 1000) * this.pace;
    // without a reference: it is the sandbox's servers that keep the process alive
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    if (this.stopped || this.busy > 0 || !this.timers.includes(next)) return;
    this.clock.advanceTo(next.due);
    await this.clock.settled();
    // what has happened at that moment may have cancelled it
    if (!this.timers.includes(next)) return;
    this.timers = this.timers.filter((other) => other !== next);
    next.fire();
  }
}
