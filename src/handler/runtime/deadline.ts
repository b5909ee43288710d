import { Clock } from './clock';

/** Thrown instead of beginning something that would not end in time. */
export class OutOfTime extends Error {
  public readonly name = 'OutOfTime';

  /**
   * @param limit What ran out: this invocation (the next one goes on), or all the time that the resource has.
   */
  constructor(public readonly limit: 'invocation' | 'timeout') {
    super(`out of time: ${limit}`);
  }
}

/** Moments, in milliseconds since 1970. */
export interface DeadlineOptions {
  /** When this invocation must stop working, so that a request under way can end and the next invocation can be called. */
  readonly handOverAt: number;
  /** When the resource's own `timeout` is over, whatever the number of invocations. */
  readonly giveUpAt: number;
  /** Until when a failure that a new IAM role or policy explains is tried again. */
  readonly iamPropagationEndsAt: number;
  /** No Create posts later, so that a Delete knows how long it has to look for what one makes. */
  readonly postingEndsAt: number;
}

const OUTAGE_MS = 120_000;

/** The clock of the work: it refuses to begin or to wait for what would end too late. */
export class Deadline implements Clock {
  public iamPropagationEndsAt: number;
  public readonly postingEndsAt: number;

  /** @param outageMs How long a call to AWS is made again while AWS is busy, broken or out of reach */
  constructor(private readonly clock: Clock, private readonly options: DeadlineOptions, public readonly outageMs = OUTAGE_MS) {
    this.iamPropagationEndsAt = options.iamPropagationEndsAt;
    this.postingEndsAt = options.postingEndsAt;
  }

  /** The same, for what is not worth waiting for. */
  public withoutPatience(): Deadline {
    return new Deadline(this.clock, { ...this.options, iamPropagationEndsAt: 0 }, 0);
  }

  /** The same, for what ends quickly and is done although the time is over: some is kept in reserve. */
  public inReserve(): Deadline {
    return new Deadline(this.clock, { ...this.options, handOverAt: Infinity, giveUpAt: Infinity, iamPropagationEndsAt: 0 }, 0);
  }

  /** Something new in IAM is waited for from now on, however old the event is. */
  public allowIamPropagation(ms: number): void {
    this.iamPropagationEndsAt = Math.max(this.iamPropagationEndsAt, this.clock.now() + ms);
  }

  public now(): number {
    return this.clock.now();
  }

  /** @throws OutOfTime if there is no time left for the wait, or, without one, for a request. */
  public check(wait = 0): void {
    const then = this.clock.now() + wait;
    if (then > this.options.giveUpAt) {
      throw new OutOfTime('timeout');
    }
    if (then > this.options.handOverAt) {
      throw new OutOfTime('invocation');
    }
  }

  /** @throws OutOfTime at once, not at the end of a wait that would be too long. */
  public async sleep(ms: number): Promise<void> {
    this.check(ms);
    await this.clock.sleep(ms);
  }
}
