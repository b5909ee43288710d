import { Clock } from './clock';

/** Thrown instead of starting something that would not end in time. */
export class OutOfTime extends Error {
  public readonly name = 'OutOfTime';

  /**
   * @param limit what ran out: this invocation, which the next one continues, or the `timeout` of the resource
   * @param waitingFor what was waited for
   * @param seen what was last seen meanwhile
   */
  constructor(
    public readonly limit: 'invocation' | 'timeout',
    public readonly waitingFor?: string,
    public readonly seen?: string,
  ) {
    super(`out of time: ${limit}`);
  }

  /** Adds what an outer wait was for, and what it saw before. */
  public whileWaiting(waitingFor: string, seen?: string): OutOfTime {
    return new OutOfTime(this.limit, waitingFor, [seen, this.seen].filter(Boolean).join('; then ') || undefined);
  }
}

/** Moments, in milliseconds since 1970. */
export interface DeadlineOptions {
  /** When CloudFormation sent the event. @default - there is no `timeout` */
  readonly sentAt?: number;
  /** When this invocation must stop, so that a request under way can end and the next invocation can start. */
  readonly handOverAt: number;
  /** Until when this invocation may wait: another one continues then. @default - as long as it has time */
  readonly slotEndsAt?: number;
  /** When the `timeout` of the resource ends, whatever the number of invocations. */
  readonly giveUpAt: number;
  /** Until when a failure that a new IAM role or policy explains is retried. */
  readonly iamPropagationEndsAt: number;
  /** Until when a Create may create anything, so that a Delete knows how long it must watch for it. */
  readonly creationEndsAt: number;
}

/** Less than the time for which CloudFormation waits after the `timeout` of a resource. */
const CLEANUP_MS = 180_000;
const OUTAGE_MS = 120_000;
const SHORT_OUTAGE_MS = 10_000;

/** The clock of an event: it refuses to start or to wait for what would end too late. */
export class Deadline implements Clock {
  public iamPropagationEndsAt: number;
  public readonly creationEndsAt: number;

  /** @param outageMs how long a call to AWS is retried while AWS is busy, broken or out of reach */
  constructor(
    private readonly clock: Clock,
    private readonly options: DeadlineOptions,
    public readonly outageMs = OUTAGE_MS,
  ) {
    this.iamPropagationEndsAt = options.iamPropagationEndsAt;
    this.creationEndsAt = options.creationEndsAt;
  }

  /** Returns a deadline without retries, for best-effort calls. */
  public withoutRetries(): Deadline {
    return new Deadline(this.clock, { ...this.options, iamPropagationEndsAt: 0 }, 0);
  }

  /** Returns a deadline with retries of some seconds, for best-effort calls. */
  public withFewRetries(): Deadline {
    return new Deadline(this.clock, { ...this.options, iamPropagationEndsAt: 0 }, SHORT_OUTAGE_MS);
  }

  /**
   * The same deadline with some time after the `timeout` of the resource, for what a failure leaves to be done.
   * CloudFormation waits longer.
   */
  public withCleanupTime(): Deadline {
    const giveUpAt = this.giveUpAt + CLEANUP_MS;
    return new Deadline(this.clock, { ...this.options, giveUpAt, iamPropagationEndsAt: 0 }, SHORT_OUTAGE_MS);
  }

  /** The same deadline without the `timeout` of the resource, for questions to CloudFormation. */
  public withoutTimeout(): Deadline {
    return new Deadline(this.clock, { ...this.options, giveUpAt: Infinity, iamPropagationEndsAt: 0 }, SHORT_OUTAGE_MS);
  }

  /**
   * Returns no deadline, for short calls after the event's time: the invocation has a minute left then.
   *
   * @param outageMs how long they are retried while AWS is busy, broken or out of reach
   */
  public withoutLimits(outageMs = 0): Deadline {
    return new Deadline(
      this.clock,
      { ...this.options, handOverAt: Infinity, slotEndsAt: Infinity, giveUpAt: Infinity, iamPropagationEndsAt: 0 },
      outageMs,
    );
  }

  /** Allows IAM to propagate changes from now on, regardless of the age of the event. */
  public allowIamPropagation(ms: number): void {
    this.iamPropagationEndsAt = Math.max(this.iamPropagationEndsAt, this.clock.now() + ms);
  }

  public now(): number {
    return this.clock.now();
  }

  /** When the `timeout` of the resource ends, in milliseconds since 1970. */
  public get giveUpAt(): number {
    return this.options.giveUpAt;
  }

  /** Whether more of the `timeout` has passed than is left. */
  public get isMoreThanHalfOver(): boolean {
    const { sentAt = Infinity, giveUpAt } = this.options;
    return this.clock.now() - sentAt > giveUpAt - this.clock.now();
  }

  /** @throws OutOfTime if no time is left for the wait or, without one, for a request. */
  public check(waitMs = 0): void {
    const then = this.clock.now() + waitMs;
    if (then > this.options.giveUpAt) {
      throw new OutOfTime('timeout');
    }
    if (then > this.options.handOverAt || (waitMs > 0 && then > (this.options.slotEndsAt ?? Infinity))) {
      throw new OutOfTime('invocation');
    }
  }

  /** @throws OutOfTime at once, not at the end of a wait that would be too long. */
  public async sleep(ms: number): Promise<void> {
    this.check(ms);
    await this.clock.sleep(ms);
  }
}
