interface Task {
  readonly due: number;
  run(): unknown;
}

/**
 * The sandbox's time. It stands still until it is moved, so nothing waits.
 *
 * What falls due at a moment (an integration that becomes `enabled`) is registered with `at` and runs when the clock
 * passes that moment, in the order of the moments. Such work may be asynchronous: `settled` resolves when all of it is
 * done, and servers await it before they answer.
 */
export class SandboxClock {
  private tasks: Task[] = [];
  private pending: Promise<unknown> = Promise.resolve();

  constructor(private time: number = Date.parse('2026-11-23T09:00:00Z')) {}

  /** Milliseconds since the epoch. */
  now(): number {
    return this.time;
  }

  /** Goes forward to a moment; a moment that is past changes nothing (two sleepers may wake in either order). */
  advanceTo(ms: number): void {
    this.time = Math.max(this.time, ms);
    this.runDue();
  }

  advance(ms: number): void {
    this.advanceTo(this.time + ms);
  }

  /** Runs the task when the clock reaches the moment; at once if that is past. */
  at(ms: number, run: () => unknown): void {
    this.tasks.push({ due: ms, run });
    this.runDue();
  }

  /** Resolves when all that has fallen due is done. */
  async settled(): Promise<void> {
    for (let seen; seen !== this.pending;) await (seen = this.pending);
  }

  private runDue(): void {
    const due = this.tasks.filter((task) => task.due <= this.time).sort((a, b) => a.due - b.due);
    this.tasks = this.tasks.filter((task) => task.due > this.time);
    for (const task of due) this.pending = this.pending.then(() => task.run());
  }
}
