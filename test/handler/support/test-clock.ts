import { Clock } from '../../../src/handler/runtime/clock';

/** A clock on which a sleep takes no time of ours. */
export class TestClock implements Clock {
  public readonly sleeps: number[] = [];

  private time = Date.parse('2026-11-23T04:26:00Z');

  /** Called with the time that a sleep has led to: what happens in the world meanwhile. */
  public onTick: (now: number) => void = () => undefined;

  public now(): number {
    return this.time;
  }

  public advance(ms: number): void {
    this.time += ms;
  }

  public async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.time += ms;
    this.onTick(this.time);
  }
}
