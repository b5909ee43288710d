import { Continuation, MAX_HOPS, parseContinuation } from './continuation';
import { CurrentOperation } from './current-operation';
import { LambdaContext, parseEvent, Properties, ResourceEvent, parseStackName } from './event';
import { Response, renderResponse, sendResponse } from './response';
import { isResponseUrl } from './response-url';
import { parseSigningDate } from './signing-date';
import { describeStackOperation, describeStackResource } from '../aws/cloudformation';
import { invokeFunction } from '../aws/lambda';
import { toFailure, Failure, createFailure, redactFailure, renderLastStatus } from '../failure';
import { Clock } from '../runtime/clock';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { bestEffort, createLog, Log } from '../runtime/log';
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

/** How the handling of an event ended. */
export type Outcome = Succeeded | Ended;

export interface Succeeded {
  readonly physicalId: string;
  readonly attributes?: object;
  /** What remains to be done if CloudFormation ignores the response. @default - nothing */
  readonly afterResponse?: () => Promise<void>;
}

interface Ended {
  /** `OutOfTime` to be continued by the next invocation, or why the event failed. */
  readonly error: unknown;
  /** The physical ID of the response: for a Create, it says what its Delete has to look for. */
  readonly physicalId: string;
  /** The same if another run of the event may be under way. @default physicalId */
  readonly physicalIdIfRunning?: string;
  /** Whether a request to create was sent whose outcome is not known. */
  readonly isAnswerLost?: boolean;
  /** When Immuta accepted an update, in milliseconds since 1970. */
  readonly updatedAt?: number;
}

/**
 * Handles an event of one type of custom resource. Called again with the same event, by the next invocation or by a
 * repetition, it starts from the beginning.
 */
export type HandleEvent = (event: ResourceEvent, tools: EventTools) => Promise<Outcome>;

export interface RunOptions {
  readonly handleEvent: HandleEvent;
  readonly clock: Clock;
  /** @default - standard output */
  readonly writeLog?: (line: string) => void;
}

/**
 * Responds to an event of CloudFormation, or continues it in the next invocation. Never throws. Does nothing for an
 * event with another response URL than CloudFormation's.
 */
export async function run(rawEvent: unknown, context: LambdaContext, options: RunOptions): Promise<void> {
  const { clock } = options;
  const event = parseEvent(rawEvent);
  const now = clock.now();
  const continuation = parseContinuation(rawEvent, now);
  const redaction = new Redaction();
  const log = createLog(
    { clock, redaction, write: options.writeLog },
    {
      stack: event.stackId,
      logicalId: event.logicalId,
      requestId: event.requestId,
      requestType: event.requestType,
      hop: continuation?.hop ?? 0,
    },
  );
  log.info('received');
  if (!isResponseUrl(event.responseUrl)) {
    log.warn('refused', { message: createFailure('RESPONSE_URL_INVALID', {}).message });
    return;
  }

  const signedAt = parseSigningDate(event.responseUrl);
  const startedAt = Math.min(signedAt ?? continuation?.startedAt ?? now, now);
  const isFirstAttempt = !continuation && signedAt !== undefined && now - startedAt < FIRST_ATTEMPT_MS;
  const isAnswerLost = continuation?.posted ?? false;
  const deadline = new Deadline(clock, {
    handOverAt: now + context.getRemainingTimeInMillis() - RESERVE_MS,
    slotEndsAt: now + SLOT_MS,
    giveUpAt: startedAt + readTimeoutMs(event),
    iamPropagationEndsAt: startedAt + readIamPropagationTimeoutMs(event.properties),
    creationEndsAt: startedAt + readCreationTimeMs(event.properties),
  });
  const asking = { deadline: deadline.withoutRetries(), log };
  const operation = new CurrentOperation({
    event,
    stack: {
      describeResource: (stackId, logicalId) => describeStackResource(stackId, logicalId, asking),
      describeOperation: (stackId) => describeStackOperation(stackId, asking),
    },
    log,
    sentAt: signedAt,
    deliveryDelayMs: continuation || signedAt === undefined ? 0 : now - signedAt,
    now: () => clock.now(),
    sleep: (ms) => deadline.sleep(ms),
    firstState: continuation?.operation,
  });
  const outcome = await options.handleEvent(event, {
    sentAt: startedAt,
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
  });
  const response = await responseTo(outcome);
  if (!response) {
    return;
  }
  log.info(response.failure ? 'failed' : 'succeeded', { message: response.failure?.message });
  await sendResponse(event.responseUrl, renderResponse(event, response), {
    clock,
    log,
    remainingMs: () => context.getRemainingTimeInMillis(),
  });
  if (!('error' in outcome) && outcome.afterResponse) {
    await bestEffort(log, 'acceptance-unknown', outcome.afterResponse);
  }

  /** Returns undefined if the next invocation continues. */
  async function responseTo(ended: Outcome): Promise<Response | undefined> {
    if (!('error' in ended)) {
      return { ...ended, attributes: ended.attributes && cleanValues(ended.attributes, redaction) };
    }
    const { error, physicalId, physicalIdIfRunning = physicalId } = ended;
    const hop = (continuation?.hop ?? 0) + 1;
    if (!(error instanceof OutOfTime)) {
      return { physicalId, failure: explainFailure(error) };
    }
    if (error.limit === 'timeout' || hop > MAX_HOPS) {
      return { physicalId, failure: explainFailure(createTimeoutFailure(error, clock.now() - startedAt)) };
    }
    const selfInvocation = await continueInNextInvocation({
      startedAt,
      hop,
      posted: ended.isAnswerLost ?? false,
      updatedAt: ended.updatedAt,
      operation: operation.firstState,
    });
    return selfInvocation && { physicalId: physicalIdIfRunning, failure: explainFailure(selfInvocation) };
  }

  async function continueInNextInvocation(next: Continuation): Promise<Failure | undefined> {
    try {
      await invokeFunction(
        context.invokedFunctionArn,
        { ...(rawEvent as object), Continuation: next },
        { deadline: deadline.withoutLimits(), log },
      );
      log.info('handed-over');
      return undefined;
    } catch (error) {
      return createFailure('SELF_INVOCATION_FAILED', { cause: toFailure(error).text }, { cause: error });
    }
  }

  /** A failure without secrets, with what to do about the stack. */
  function explainFailure(error: unknown): Failure {
    const { code, text, remedy } = redactFailure(error, redaction);
    return new Failure(code, {
      text,
      remedy: event.requestType === 'Update' ? `${remedy}. ${adviseOnUpdate(event)}` : remedy,
    });
  }
}

/** A name in Immuta may be anything. */
function cleanValues(attributes: object, redaction: Redaction): object {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, redaction.clean(String(value))]));
}

function adviseOnUpdate({ stackId }: ResourceEvent): string {
  return (
    'If the stack is left in UPDATE_ROLLBACK_FAILED, remove the cause and run: ' +
    `aws cloudformation continue-update-rollback --stack-name ${parseStackName(stackId)}`
  );
}

function createTimeoutFailure({ waitingFor, seen }: OutOfTime, elapsedMs: number): Failure {
  const minutes = Math.max(1, Math.round(elapsedMs / 60_000));
  return createFailure('TIMEOUT', {
    duration: `${minutes} minute${minutes === 1 ? '' : 's'}`,
    waitingFor: waitingFor ?? 'a response',
    seen: renderLastStatus(seen),
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
