import { Reply, StackObserver, StackObserverOptions } from './stack-observer';
import type { StackOperation, StackResource } from '../aws/cloudformation';
import { createFailure } from '../failure';
import { Clock } from '../runtime/clock';
import { poll } from '../runtime/poll';

export interface CurrentOperationOptions extends StackObserverOptions {
  /** When CloudFormation sent the event, in milliseconds since 1970. Undefined if it is not known. */
  readonly sentAt: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /**
   * Milliseconds between sending and the start of the first invocation. 0 in an invocation that continues another one.
   */
  readonly deliveryDelayMs: number;
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

/** CloudFormation changes the status of a resource before it sends the event, or so little later. */
const LATER_MS = 5_000;

/** A status that is so much older than the event is that before the event: the read lags behind. */
const OLDER_MS = 2_000;

/** Maximum number of reads of the result of a Create, unless the stack is cleaning up. */
const MOST_QUESTIONS = 3;

/**
 * So long, a Create waits for the end of a cleanup, which includes the Delete of that Create. Not longer, since the
 * Delete may need its slot.
 */
const LONGEST_CLEANUP_MS = 300_000;

const CLEANUP_PAUSE_MS = 20_000;

/** The status of a stack that deletes what an update replaced or removed. */
const CLEANUP_AFTER_UPDATE = 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS';

/** So long, CloudFormation may answer with the state before a change. */
const CLOUDFORMATION_LAG_MS = 60_000;

/** So long, a question is repeated whose answer decides about what cannot be undone. */
const REPEATED_QUESTION_MS = 60_000;

const QUESTION_PAUSE_MS = 10_000;

/** Lambda delivers an event within seconds unless concurrency is exhausted. */
const LONGEST_BLIND_DELAY_MS = 300_000;

/** What a stack has in place of a resource that is deleted. */
export interface Successor {
  /** @default - the stack has nothing in its place */
  readonly physicalId?: string;
}

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
  private readonly observer: StackObserver;
  private first: StackResource | undefined;
  private readonly startedAt: number;
  private last: StackResource | undefined;
  /** Whether CloudFormation has not answered for a minute. */
  private isSilent = false;

  constructor(private readonly options: CurrentOperationOptions) {
    this.observer = new StackObserver(options);
    this.first = options.firstState;
    this.startedAt = options.sentAt ?? options.now();
  }

  /** What CloudFormation showed first, for the next invocation of the same event. */
  public get firstState(): StackResource | undefined {
    return this.first;
  }

  /** Whether CloudFormation said that it waits for this event. Then it is never too late for it. */
  public get isConfirmed(): boolean {
    return this.first !== undefined;
  }

  /** From when on answers of CloudFormation and Immuta show the state when the event was sent, or a later one. */
  public get settledAt(): number {
    return this.startedAt + CLOUDFORMATION_LAG_MS;
  }

  /** Whether answers of CloudFormation and Immuta show the state when the event was sent, or a later one. */
  public get isSettled(): boolean {
    return this.options.now() >= this.settledAt;
  }

  /** Waits until answers show the state when the event was sent, or a later one. */
  public async waitUntilSettled(clock: Clock): Promise<void> {
    await clock.sleep(Math.max(0, this.settledAt - clock.now()));
  }

  /** Whether CloudFormation cannot be asked: it has never answered. */
  public get isBlind(): boolean {
    return this.observer.isBlind;
  }

  /**
   * A Delete is always current: it deletes only what its own physical ID proves to be its own.
   *
   * @throws Failure if CloudFormation no longer waits for this event
   */
  public async assertCurrent(): Promise<void> {
    if (!(this.options.event.requestType in STATUSES_WHILE_WAITING)) {
      return;
    }
    const clock = { now: this.options.now, sleep: this.options.sleep };
    const reply = await poll({ deadline: clock, waitingFor: 'CloudFormation to show the event' }, async () => {
      const description = await this.askBeforeWrite(clock);
      return this.mayBeFromBefore(description?.answer) ? { seen: 'an earlier status' } : { done: description };
    });
    if (!reply || this.isFromBefore(reply.answer)) {
      this.assertNotLate();
      return;
    }
    const change = this.first ? describeDifference(this.first, reply.answer) : this.findContradiction(reply.answer);
    if (change) {
      this.last = reply.answer;
      throw this.createFailure(change);
    }
    const laterDeployment = this.first ? undefined : await this.findLaterDeployment();
    if (laterDeployment) {
      throw this.createFailure(laterDeployment); // the answer may be that of a read that lags: it is no result
    }
    this.first ??= reply.answer;
  }

  /**
   * Once CloudFormation has answered, a failure may pass, such as throttling: asks for a minute. If that was in vain,
   * the next writes do not wait.
   */
  private async askBeforeWrite(clock: Clock): Promise<Reply<StackResource | undefined> | undefined> {
    const hasAnswered = this.first !== undefined;
    const reply = await (hasAnswered && !this.isSilent ? this.askReliably(clock) : this.observer.describeResource());
    this.isSilent = hasAnswered && reply === undefined;
    return reply;
  }

  /**
   * Whether the stack is still in the operation that sent this event, or in its rollback. Undefined if CloudFormation
   * does not say.
   *
   * @param clock to ask for a minute if there is no answer. @default - asks once
   */
  public async isPresentDeployment(clock?: Clock): Promise<boolean | undefined> {
    const { sentAt } = this.options;
    if (sentAt === undefined) {
      return undefined;
    }
    const stack = await (clock ? this.describeStackReliably(clock) : this.describeStack());
    return stack && stack.startedAt <= sentAt + OLDER_MS;
  }

  /** Describes what CloudFormation is doing with the stack. Undefined if CloudFormation does not say. */
  public describeStack(): Promise<StackOperation | undefined> {
    return this.observer.describeStack();
  }

  /**
   * Describes what CloudFormation is doing with the stack, for a decision about what cannot be undone. Asks for a
   * minute if there is no answer. Undefined if CloudFormation does not say.
   *
   * @param stackId the root of its nested stacks. @default - the stack of the event
   */
  public async describeStackReliably(clock: Clock, stackId?: string): Promise<StackOperation | undefined> {
    return (await askForMinute(clock, () => this.observer.describeStackDespiteFailures(stackId)))?.answer;
  }

  /** Describes the resource as the stack has it now. Undefined if CloudFormation does not say. */
  public async describeResource(): Promise<StackResource | undefined> {
    return (await this.observer.describeResource())?.answer;
  }

  /**
   * Describes the resource as the stack has it now, for a decision about what cannot be undone. Asks for a minute if
   * there is no answer, unless CloudFormation cannot be asked. Undefined if CloudFormation does not say.
   */
  public async describeResourceReliably(clock: Clock): Promise<StackResource | undefined> {
    return (await this.askReliably(clock))?.answer;
  }

  private askReliably(clock: Clock): Promise<Reply<StackResource | undefined> | undefined> {
    const { observer } = this;
    const ask = () =>
      observer.hasAnswered ? observer.describeResourceDespiteFailures() : observer.describeResource();
    return askForMinute(clock, ask, () => observer.isBlind);
  }

  /** Whether a Create or an Update after this event has begun or succeeded. */
  public isLater({ resourceStatus, lastUpdatedAt }: StackResource): boolean {
    const { sentAt = Infinity } = this.options;
    return /^(CREATE|UPDATE)_(IN_PROGRESS|COMPLETE)$/.test(resourceStatus) && lastUpdatedAt > sentAt + OLDER_MS;
  }

  /**
   * For a Delete: finds what the stack has in place of the resource that is deleted. A later Create may have succeeded
   * before the Delete of one that failed.
   *
   * Undefined if CloudFormation does not say: in the cleanup of an update, it may show the resource that is deleted.
   */
  public async findSuccessor(clock: Clock): Promise<Successor | undefined> {
    const reply = await this.askReliably(clock);
    const current = reply?.answer?.physicalId;
    if (current && current !== this.options.event.physicalId) {
      return { physicalId: current };
    }
    return reply && isCleaningUp(await this.describeStackReliably(clock)) === false ? {} : undefined;
  }

  /**
   * For a Delete: whether the stack shows that it deletes this resource and has nothing in its place. False if
   * CloudFormation does not say.
   */
  public async isDeletedWithoutSuccessor(clock: Clock): Promise<boolean> {
    const state = await this.describeResourceReliably(clock);
    return (
      state !== undefined &&
      isDeletion(state) &&
      state.physicalId === this.options.event.physicalId &&
      isCleaningUp(await this.describeStackReliably(clock)) === false
    );
  }

  /**
   * Whether the next operation on the resource has begun, so that this event is a copy of one that was answered. False
   * if CloudFormation does not say.
   */
  public async isOver(clock: Clock): Promise<boolean> {
    const { sentAt } = this.options;
    const state = await this.describeResourceReliably(clock);
    return (
      state !== undefined &&
      sentAt !== undefined &&
      !isDeletion(state) &&
      state.lastUpdatedAt > sentAt + TOLERANCE_MS
    );
  }

  /** Waits until CloudFormation shows that it has the response to this event, or has ignored it. */
  public async waitForResult(deadline: Clock): Promise<void> {
    const end = deadline.now() + CLOUDFORMATION_LAG_MS;
    await poll<void>({ deadline, waitingFor: 'CloudFormation to show the response' }, async () => {
      const answer = await this.describeResource();
      if (answer && !this.isFromBefore(answer) && this.isResult(answer)) {
        this.last = answer;
      }
      return this.last || this.isBlind || deadline.now() >= end ? { done: undefined } : { seen: 'no change' };
    });
  }

  /** A later time alone is no result: CloudFormation may change it while it takes the response. */
  private isResult({ resourceStatus, physicalId }: StackResource): boolean {
    return this.first
      ? resourceStatus !== this.first.resourceStatus || physicalId !== this.first.physicalId
      : !STATUSES_WHILE_WAITING[this.options.event.requestType].includes(resourceStatus);
  }

  /**
   * For a Create that is no longer current: finds what the stack has as its result or in its place. Undefined if
   * CloudFormation does not say.
   *
   * A resource that is being deleted is no evidence if it may be the one that this Create replaced. The end of the
   * cleanup tells which one it was.
   */
  public async findResult(deadline: Clock): Promise<StackResource | undefined> {
    const { first } = this;
    const last = await this.findLast(deadline);
    if (!last || !isDeletion(last) || (first && first.physicalId !== last.physicalId)) {
      return last;
    }
    await deadline.sleep(CLOUDFORMATION_LAG_MS);
    const end = deadline.now() + LONGEST_CLEANUP_MS;
    return poll<StackResource | undefined>({ deadline, waitingFor: 'CloudFormation' }, async ({ number }) => {
      const description = await this.observer.describeResource();
      const state = description && (description.answer ?? last); // a resource that is gone is the one that was deleted
      const mayBeOther = state && isDeletion(state) ? isCleaningUp(await this.describeStack()) : false;
      if (state && mayBeOther === false && !(first && describeDifference(first, state) === undefined)) {
        return { done: state };
      }
      return (mayBeOther ? deadline.now() < end : number < MOST_QUESTIONS)
        ? { seen: 'no answer', pauseMs: mayBeOther ? CLEANUP_PAUSE_MS : undefined }
        : { done: undefined };
    });
  }

  /** A later time alone shows a later Create, or that CloudFormation is taking the response of another run. */
  private async findLast(clock: Clock): Promise<StackResource | undefined> {
    if (!this.last || this.isResult(this.last)) {
      return this.last;
    }
    await clock.sleep(CLOUDFORMATION_LAG_MS);
    const reply = await this.askReliably(clock);
    return reply && (reply.answer ?? this.last); // a resource that is gone is the one of the later Create
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

  /** Whether a read lags behind, so that it says nothing about this event. */
  private isFromBefore(state: StackResource | undefined): boolean {
    const { sentAt } = this.options;
    return state !== undefined && sentAt !== undefined && state.lastUpdatedAt < sentAt - OLDER_MS;
  }

  /**
   * Whether the first answer may be the end of the operation before, which was a moment before the event. Within a
   * minute, CloudFormation shows what is true.
   */
  private mayBeFromBefore(state: StackResource | undefined): boolean {
    const { event, sentAt } = this.options;
    return (
      this.first === undefined &&
      !this.isSettled &&
      state !== undefined &&
      sentAt !== undefined &&
      Math.abs(state.lastUpdatedAt - sentAt) <= OLDER_MS &&
      !STATUSES_WHILE_WAITING[event.requestType].includes(state.resourceStatus)
    );
  }

  /**
   * A late event may be of an operation that ended before the present one: both show the resource in the same way. They
   * may be seconds apart.
   */
  private async findLaterDeployment(): Promise<string | undefined> {
    const { sentAt, now } = this.options;
    const isLate = sentAt !== undefined && now() - sentAt > TOLERANCE_MS;
    return isLate && (await this.isPresentDeployment()) === false
      ? 'a later operation of the stack is in progress'
      : undefined;
  }

  private createFailure(change: string): Error {
    const { requestType, logicalId } = this.options.event;
    return createFailure('OPERATION_NOT_CURRENT', { requestType: requestType.toLowerCase(), logicalId, change });
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
    return state.lastUpdatedAt > sentAt + LATER_MS
      ? 'a later operation of the same kind is in progress'
      : undefined;
  }
}

async function askForMinute<T>(
  clock: Clock,
  ask: () => Promise<Reply<T> | undefined>,
  isHopeless = () => false,
): Promise<Reply<T> | undefined> {
  const end = clock.now() + REPEATED_QUESTION_MS;
  return poll<Reply<T> | undefined>({ deadline: clock, waitingFor: 'CloudFormation to answer' }, async () => {
    const reply = await ask();
    return reply || isHopeless() || clock.now() >= end
      ? { done: reply }
      : { seen: 'no answer', pauseMs: QUESTION_PAUSE_MS };
  });
}

/** Whether a stack deletes what its last update replaced or removed. Undefined if CloudFormation does not say. */
function isCleaningUp(stack: StackOperation | undefined): boolean | undefined {
  return stack && stack.status === CLEANUP_AFTER_UPDATE;
}

function isDeletion({ resourceStatus }: StackResource): boolean {
  return resourceStatus.startsWith('DELETE_');
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
