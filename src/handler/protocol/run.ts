import { Answer, answerBody } from './answer';
import { signingDate } from './begin';
import { Continuation, InvokeFunction, MAX_HOPS, parseContinuation } from './continuation';
import { LambdaContext, parseEvent, Properties, ResourceEvent, stackName } from './event';
import { Progress } from './progress';
import { respond } from './response';
import { Clock } from '../runtime/clock';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { asObject } from '../runtime/json';
import { createLog, Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';
import { withoutFullStop } from '../runtime/text';

/** Kept for the request that is under way (30 s), the call of the next invocation and the answer. */
const RESERVE_MS = 60_000;

/** Lambda repeats a failed invocation after a minute at the earliest: an event younger than this has no attempt behind it. */
const FIRST_ATTEMPT_MS = 50_000;

/** A Create may post at least so long after its begin, since it takes seconds to come to that. */
const LEAST_POSTING_MS = 60_000;

/** A Delete that looks for what a Create may still make needs a minute more than that Create has, and time to delete. */
const WATCH_EXTRA_MS = 120_000;

const DEFAULT_TIMEOUT_SECONDS = 1_800;
const DEFAULT_IAM_PROPAGATION_TIMEOUT_SECONDS = 180;

/** What the work on an event is given. */
export interface WorkTools {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
  readonly progress: Progress;
}

/** What one kind of custom resource does. */
export interface Work {
  /**
   * Does what an event asks for. It may be run again from its beginning with the same event, by the next invocation or by a repetition.
   *
   * @throws OutOfTime to be continued, or any other error, whose message becomes the reason of the failure.
   */
  perform(event: ResourceEvent, tools: WorkTools): Promise<{ readonly physicalId: string; readonly attributes?: object }>;

  /** The physical id to answer with if the event fails now: with it comes the Delete that removes what a Create may have made. */
  failedPhysicalId(event: ResourceEvent, progress: Progress): string;
}

export interface RunOptions {
  readonly work: Work;
  readonly clock: Clock;
  readonly invoke: InvokeFunction;
  /** @default - standard output */
  readonly writeLog?: (line: string) => void;
}

/** Answers one CloudFormation event, or hands it over to the next invocation. Never throws. */
export async function run(rawEvent: unknown, context: LambdaContext, options: RunOptions): Promise<void> {
  const event = parseEvent(rawEvent);
  const now = options.clock.now();
  const continuation = parseContinuation(rawEvent, now);
  const redaction = new Redaction();
  const log = createLog({ clock: options.clock, redaction, write: options.writeLog }, {
    stack: event.stackId,
    logicalId: event.logicalId,
    requestId: event.requestId,
    requestType: event.requestType,
    hop: continuation?.hop ?? 0,
  });
  log.info('received');

  const signedAt = signingDate(event.responseUrl);
  const begin = Math.min(signedAt ?? continuation?.startedAt ?? now, now);
  const progress = new Progress({
    isFirstAttempt: !continuation && signedAt !== undefined && now - begin < FIRST_ATTEMPT_MS,
    answerLost: continuation?.posted ?? false,
  });
  const deadline = new Deadline(options.clock, {
    handOverAt: now + context.getRemainingTimeInMillis() - RESERVE_MS,
    giveUpAt: begin + timeoutOf(event),
    iamPropagationEndsAt: begin + iamPropagationTimeoutOf(event.properties),
    postingEndsAt: begin + postingTimeOf(event.properties),
  });

  const failed = (reason: string): Answer => ({
    status: 'FAILED',
    physicalId: options.work.failedPhysicalId(event, progress),
    reason,
    advice: event.requestType === 'Update' ? howToGoOn(event) : undefined,
  });

  const answer = async (): Promise<Answer | undefined> => {
    try {
      return { status: 'SUCCESS', ...await options.work.perform(event, { deadline, log, redaction, progress }) };
    } catch (error) {
      if (!(error instanceof OutOfTime)) {
        return failed(redaction.redact(messageOf(error)));
      }
      const hop = (continuation?.hop ?? 0) + 1;
      if (error.limit === 'timeout' || hop > MAX_HOPS) {
        return failed(redaction.redact(outOfTime(progress, options.clock.now() - begin)));
      }
      return handOver({ startedAt: begin, hop, posted: progress.answerLost });
    }
  };

  const handOver = async (next: Continuation): Promise<Answer | undefined> => {
    try {
      await options.invoke(context.invokedFunctionArn, { ...(rawEvent as object), Continuation: next });
      log.info('handed-over');
      return undefined;
    } catch (error) {
      progress.posting(); // its answer may have been lost
      return failed(redaction.redact(`the handler function cannot invoke itself to go on: ${withoutFullStop(messageOf(error))}`));
    }
  };

  const answered = await answer();
  if (!answered) {
    return;
  }
  log.info(answered.status === 'SUCCESS' ? 'succeeded' : 'failed', { message: answered.reason });
  const remainingMs = () => context.getRemainingTimeInMillis();
  await respond(event.responseUrl, answerBody(event, answered), { clock: options.clock, log, remainingMs });
}

function howToGoOn(event: ResourceEvent): string {
  return 'if the stack is left in UPDATE_ROLLBACK_FAILED, remove the cause and run: '
    + `aws cloudformation continue-update-rollback --stack-name ${stackName(event.stackId)}`;
}

function outOfTime(progress: Progress, elapsedMs: number): string {
  const minutes = Math.max(1, Math.round(elapsedMs / 60_000));
  return `not done after ${minutes} minute${minutes === 1 ? '' : 's'}; last seen: ${progress.lastSeen ?? 'nothing'}; `
    + 'if it only needs longer, raise \'timeout\'';
}

function messageOf(error: unknown): string {
  const { name, message = String(error) } = asObject(error);
  const isBug = ['TypeError', 'ReferenceError', 'RangeError'].includes(String(name));
  return `${isBug ? 'unexpected error in the handler: ' : ''}${message}`;
}

function timeoutOf(event: ResourceEvent): number {
  const timeout = milliseconds(event.properties.TimeoutSeconds, DEFAULT_TIMEOUT_SECONDS);
  return event.requestType === 'Delete' ? Math.max(timeout, postingTimeOf(event.properties) + WATCH_EXTRA_MS) : timeout;
}

function iamPropagationTimeoutOf(properties: Properties): number {
  return milliseconds(properties.IamPropagationTimeoutSeconds, DEFAULT_IAM_PROPAGATION_TIMEOUT_SECONDS);
}

function postingTimeOf(properties: Properties): number {
  return Math.max(LEAST_POSTING_MS, iamPropagationTimeoutOf(properties));
}

function milliseconds(property: string | undefined, defaultSeconds: number): number {
  const seconds = property?.trim() ? Number(property) : NaN;
  return (Number.isFinite(seconds) && seconds >= 0 ? seconds : defaultSeconds) * 1000;
}
