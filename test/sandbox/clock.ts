/**
 * The sandbox's time: it stands still until somebody moves it, so nothing ever waits.
 *
 * `onAdvance` exists for those whose work falls due at a moment (an integration that becomes `enabled`): they are called
 * after each step forward, in the order in which they subscribed.
 */
export class SandboxClock {
  private readonly listeners: ((now: number) => void)[] = [];

  constructor(private time: number = Date.parse('2026-11-23T09:00:00Z')) {}

  /** Milliseconds since the epoch. */
  now(): number {
    return this.time;
  }

  /** Goes forward to a moment; a moment that is past changes nothing (two sleepers may wake in either order). */
  advanceTo(ms: number): void {
    if (ms <= this.time) return;
    this.time = ms;
    for (const listener of this.listeners) listener(ms);
  }

  advance(ms: number): void {
    this.advanceTo(this.time + ms);
  }

  onAdvance(listener: (now: number) => void): void {
    this.listeners.push(listener);
  }
}
