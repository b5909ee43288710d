import { Continuation } from './continuation';
import { CurrentOperation } from './current-operation';
import { LambdaContext, Properties, ResourceEvent } from './event';
import { parseSigningDate } from './signing-date';
import { describeStackOperation, describeStackResource } from '../aws/cloudformation';
import { Clock } from '../runtime/clock';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

/**
 * A run that has waited for 8 minutes continues in another invocation, so that a waiting event gets its slot. Each
 * wait with an end of its own is shorter: a request is retried for up to 7 minutes. Eight invocations cover the longest
 * `timeout`. Lambda ends a chain of invocations after 16.
 */
const SLOT_MS = 480_000;

/** Kept for the request that is under way (30 s), the call of the next invocation and the response. */
const RESERVE_MS = 60_000;

/**
 * Lambda repeats a failed invocation after a minute at the earliest: no attempt came before an event that is younger
 * than this.
 */
const FIRST_ATTEMPT_MS = 50_000;

/** Minimum time in which a Create may create something, since its first requests take seconds. */
const LEAST_CREATION_MS = 60_000;

/**
 * A Delete that watches for what a Create may still create needs a minute more than that Create has, and time to
 * delete.
 */
const WATCH_EXTRA_MS = 120_000;

const DEFAULT_TIMEOUT_SECONDS = 1_800;
const DEFAULT_IAM_PROPAGATION_TIMEOUT_SECONDS = 180;

/** Tools for handling one event. */
export interface EventTools {
  /** When CloudFormation sent the event, in milliseconds since 1970. The same for each run of the event. */
  readonly sentAt: number;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
  readonly earlierRuns: EarlierRuns;
  /** Called before each attempt of a request that changes something: what it throws ends the request. */
  readonly beforeWrite: () => Promise<void>;
  /** The operation of CloudFormation to which the event belongs. */
  readonly operation: CurrentOperation;
}

/** What runs of the same event before this one, in this or in other invocations, may have done. */
export interface EarlierRuns {
  /** Whether there may have been one, which may have created something. */
  readonly mayHaveCreated: boolean;
  /** Whether one has sent a request to create whose outcome is not known. */
  readonly isAnswerLost: boolean;
  /** When Immuta accepted an update of an earlier invocation, in milliseconds since 1970. */
  readonly updatedAt?: number;
}

/** One invocation with an event. */
export interface Invocation {
  readonly context: LambdaContext;
  /** What the invocation before said. @default - this one is the first */
  readonly continuation?: Continuation;
  readonly clock: Clock;
  readonly log: Log;
  readonly redaction: Redaction;
}

/** Creates the tools for an event. Its time begins when CloudFormation signed its response URL. */
export function createEventTools(event: ResourceEvent, invocation: Invocation): EventTools {
  const { context, continuation, clock, log, redaction } = invocation;
  const now = clock.now();
  const signedAt = parseSigningDate(event.responseUrl);
  const sentAt = Math.min(signedAt ?? continuation?.startedAt ?? now, now);
  const deadline = new Deadline(clock, {
    sentAt,
    handOverAt: now + context.getRemainingTimeInMillis() - RESERVE_MS,
    slotEndsAt: now + SLOT_MS,
    giveUpAt: sentAt + readTimeoutMs(event),
    iamPropagationEndsAt: sentAt + readIamPropagationTimeoutMs(event.properties),
    creationEndsAt: sentAt + readCreationTimeMs(event.properties),
  });
  const operation = createCurrentOperation(event, invocation, deadline, signedAt);
  const isFirstAttempt = !continuation && signedAt !== undefined && now - sentAt < FIRST_ATTEMPT_MS;
  const isAnswerLost = continuation?.posted ?? false;
  return {
    sentAt,
    deadline,
    log,
    redaction,
    earlierRuns: {
      mayHaveCreated: !isFirstAttempt || isAnswerLost,
      isAnswerLost,
      updatedAt: continuation?.updatedAt,
    },
    operation,
    beforeWrite: async () => {
      deadline.check();
      await operation.assertCurrent();
    },
  };
}

/** @param signedAt when CloudFormation signed the response URL, in milliseconds since 1970 */
function createCurrentOperation(
  event: ResourceEvent,
  { clock, continuation, log }: Invocation,
  deadline: Deadline,
  signedAt: number | undefined,
): CurrentOperation {
  const tools = { deadline: deadline.withoutTimeout().withoutRetries(), log };
  return new CurrentOperation({
    event,
    stack: {
      describeResource: (stackId, logicalId) => describeStackResource(stackId, logicalId, tools),
      describeOperation: (stackId) => describeStackOperation(stackId, tools),
    },
    log,
    sentAt: signedAt,
    deliveryDelayMs: continuation || signedAt === undefined ? 0 : clock.now() - signedAt,
    now: () => clock.now(),
    sleep: (ms) => deadline.sleep(ms),
    firstState: continuation?.operation,
  });
}

function readTimeoutMs({ requestType, properties }: ResourceEvent): number {
  const timeout = parseMilliseconds(properties.TimeoutSeconds, DEFAULT_TIMEOUT_SECONDS);
  return requestType === 'Delete' ? Math.max(timeout, readCreationTimeMs(properties) + WATCH_EXTRA_MS) : timeout;
}

function readIamPropagationTimeoutMs(properties: Properties): number {
  return parseMilliseconds(properties.IamPropagationTimeoutSeconds, DEFAULT_IAM_PROPAGATION_TIMEOUT_SECONDS);
}

function readCreationTimeMs(properties: Properties): number {
  return Math.max(LEAST_CREATION_MS, readIamPropagationTimeoutMs(properties));
}

function parseMilliseconds(property: string | undefined, defaultSeconds: number): number {
  const seconds = property?.trim() ? Number(property) : NaN;
  return (Number.isFinite(seconds) && seconds >= 0 ? seconds : defaultSeconds) * 1000;
}
