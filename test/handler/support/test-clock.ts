import { Clock } from '../../../src/handler/runtime/clock';
import { SandboxClock } from '../../sandbox/clock';

/** The sandbox's clock, on which a sleep of the handler takes no real time. */
export class TestClock extends SandboxClock implements Clock {
  public readonly sleeps: number[] = [];

  constructor() {
    super(Date.parse('2026-11-23T04:26:00Z'));
  }

  /** Runs what falls due meanwhile. */
  public async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.advance(ms);
    await this.settled();
  }
}
