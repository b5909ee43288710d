import { ResourceEvent } from './event';
import type { StackOperation, StackResource } from '../aws/cloudformation';
import { createFailure } from '../failure';
import { Log } from '../runtime/log';

/** Asks CloudFormation about a stack. Each function throws if it cannot be asked. */
export interface StackDescription {
  /** Undefined if CloudFormation does not know the resource. */
  describeResource(stackId: string, logicalId: string): Promise<StackResource | undefined>;
  describeOperation(stackId: string): Promise<StackOperation>;
}

export interface CurrentOperationOptions {
  readonly event: ResourceEvent;
  readonly stack: StackDescription;
  readonly log: Log;
  /** When CloudFormation sent the event, in milliseconds since 1970. Undefined if it is not known. */
  readonly sentAt: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /**
   * Milliseconds between sending and the start of the first invocation. 0 in an invocation that continues another one.
   */
  readonly deliveryDelayMs: number;
  /** What an earlier invocation of the same event saw first. */
  readonly firstState?: StackResource;
}

/**
 * A resource has one of these while CloudFormation waits for the response to such a request, in a rollback too. It may
 * create a resource again, whose Create failed before, as an update.
 */
const STATUSES_WHILE_WAITING: Readonly<Record<string, readonly string[]>> = {
  Create: ['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS'],
  Update: ['UPDATE_IN_PROGRESS'],
};

/**
 * The clocks of two services differ a little, and a resource that CloudFormation has just begun to create may not show
 * yet.
 */
const TOLERANCE_MS = 10_000;

/** A status that is so much older than the event is that before the event: the read lags behind. */
const OLDER_MS = 2_000;

const MOST_FAILURES = 3;

/** Lambda delivers an event within seconds unless concurrency is exhausted. */
const LONGEST_BLIND_DELAY_MS = 300_000;

/**
 * The operation of CloudFormation to which an event belongs.
 *
 * CloudFormation cancels Creates and Updates when another resource of the stack fails, and Lambda delivers events late
 * and twice. A run that continued would overwrite a newer operation or create an orphaned integration. So the handler
 * describes the resource before each write, remembers the first answer, and stops when it changes. If the call is
 * denied or has no route, the handler continues as if nothing had changed.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
 */
export class CurrentOperation {
  private first: StackResource | undefined;
  private failures = 0;
  private last: StackResource | undefined;

  constructor(private readonly options: CurrentOperationOptions) {
    this.first = options.firstState;
  }

  /** What CloudFormation showed first, for the next invocation of the same event. */
  public get firstState(): StackResource | undefined {
    return this.first;
  }

  /** Whether CloudFormation said that it waits for this event. Then it is never too late for it. */
  public get isConfirmed(): boolean {
    return this.first !== undefined;
  }

  /**
   * What CloudFormation showed when it no longer waited for this event. Undefined as long as it waits, and if it does
   * not know the resource.
   */
  public get finalState(): StackResource | undefined {
    return this.last;
  }

  /**
   * A Delete is always current: it deletes only what its own physical ID proves to be its own.
   *
   * @throws Failure if CloudFormation no longer waits for this event
   */
  public async assertCurrent(): Promise<void> {
    const { requestType, logicalId } = this.options.event;
    if (!(requestType in STATUSES_WHILE_WAITING)) {
      return;
    }
    const reply = await this.describe();
    if (!reply || this.isFromBefore(reply.answer)) {
      this.assertNotLate();
      return;
    }
    const change = this.first ? describeDifference(this.first, reply.answer) : this.findContradiction(reply.answer);
    if (change) {
      this.last = reply.answer;
      throw createFailure('OPERATION_NOT_CURRENT', { requestType: requestType.toLowerCase(), logicalId, change });
    }
    this.first ??= reply.answer;
  }

  /**
   * Whether the stack was never deployed successfully, so that nothing of it can have been retained before. False if
   * CloudFormation cannot be asked.
   */
  public async isFirstDeployment(): Promise<boolean> {
    return /^(CREATE|ROLLBACK)_(IN_PROGRESS|FAILED)$/.test((await this.describeStack())?.status ?? '');
  }

  /** Describes what CloudFormation is doing with the stack. Undefined if CloudFormation cannot be asked. */
  public async describeStack(): Promise<StackOperation | undefined> {
    const { event, stack } = this.options;
    return (await this.ask(() => stack.describeOperation(event.stackId)))?.answer;
  }

  /** Returns the physical ID that the stack has for the resource now. Undefined if CloudFormation does not say. */
  public async findPhysicalId(): Promise<string | undefined> {
    return (await this.describe())?.answer?.physicalId || undefined;
  }

  /** Without CloudFormation's word, only an event that was delivered in time is carried out. */
  private assertNotLate(): void {
    const {
      event: { requestType, logicalId },
      deliveryDelayMs,
    } = this.options;
    if (requestType in STATUSES_WHILE_WAITING && deliveryDelayMs > LONGEST_BLIND_DELAY_MS) {
      const minutes = Math.round(deliveryDelayMs / 60_000);
      throw createFailure('EVENT_TOO_OLD', { requestType: requestType.toLowerCase(), logicalId, minutes });
    }
  }

  private describe(): Promise<{ readonly answer: StackResource | undefined } | undefined> {
    const { event, stack } = this.options;
    return this.ask(() => stack.describeResource(event.stackId, event.logicalId));
  }

  /** A new policy of the handler's own role may not be in force yet, so one failure is not the last word. */
  private async ask<T>(question: () => Promise<T>): Promise<{ readonly answer: T } | undefined> {
    if (this.failures >= MOST_FAILURES) {
      return undefined;
    }
    try {
      return { answer: await question() };
    } catch (error) {
      this.failures += 1;
      if (this.failures === 1) {
        this.options.log.warn('cloudformation-not-asked', {
          message: `continues without knowing whether CloudFormation still waits: ${(error as Error).message}`,
        });
      }
      return undefined;
    }
  }

  /** Whether a read lags behind, so that it says nothing about this event. */
  private isFromBefore(state: StackResource | undefined): boolean {
    const { sentAt } = this.options;
    return state !== undefined && sentAt !== undefined && state.lastUpdatedAt < sentAt - OLDER_MS;
  }

  /** A first answer that cannot belong to this event: the event was delivered late, or again after its end. */
  private findContradiction(state: StackResource | undefined): string | undefined {
    const { event, sentAt, now } = this.options;
    if (sentAt === undefined) {
      return undefined;
    }
    if (!state) {
      return now() - sentAt > TOLERANCE_MS ? 'CloudFormation does not know the resource' : undefined;
    }
    if (!STATUSES_WHILE_WAITING[event.requestType].includes(state.resourceStatus)) {
      return `the resource is ${state.resourceStatus}`;
    }
    return state.lastUpdatedAt > sentAt + TOLERANCE_MS
      ? 'a later operation of the same kind is in progress'
      : undefined;
  }
}

function describeDifference(first: StackResource, state: StackResource | undefined): string | undefined {
  if (!state) {
    return 'CloudFormation no longer knows the resource';
  }
  if (state.resourceStatus !== first.resourceStatus) {
    return `the resource is ${state.resourceStatus}, no longer ${first.resourceStatus}`;
  }
  if (state.physicalId !== first.physicalId) {
    return 'the resource has another physical ID';
  }
  return state.lastUpdatedAt === first.lastUpdatedAt ? undefined : 'a later operation of the same kind is in progress';
}
