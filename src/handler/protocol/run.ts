import { Continuation, parseContinuation } from './continuation';
import { LambdaContext, parseEvent, parseStackName, ResourceEvent } from './event';
import { createEventTools, EventTools } from './event-tools';
import { chooseEnding, Outcome, Stopped } from './outcome';
import { Response, renderResponse, sendResponse } from './response';
import { isResponseUrl } from './response-url';
import { invokeFunction } from '../aws/lambda';
import { toFailure, Failure, createFailure, redactFailure } from '../failure';
import { Clock } from '../runtime/clock';
import { bestEffort, createLog } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

/** How long the call of the next invocation is retried: without it, what took eight minutes fails. */
const INVOCATION_RETRY_MS = 10_000;

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

/** One invocation of the function with an event of CloudFormation. */
interface Run {
  readonly rawEvent: unknown;
  readonly event: ResourceEvent;
  readonly context: LambdaContext;
  readonly clock: Clock;
  /** Number of invocations that continued the event before. */
  readonly hop: number;
}

/**
 * Responds to an event of CloudFormation, or continues it in the next invocation. Never throws. Does nothing for an
 * event with another response URL than CloudFormation's.
 */
export async function run(rawEvent: unknown, context: LambdaContext, options: RunOptions): Promise<void> {
  const { clock, writeLog, handleEvent } = options;
  const event = parseEvent(rawEvent);
  const continuation = parseContinuation(rawEvent, clock.now());
  const hop = continuation?.hop ?? 0;
  const redaction = new Redaction();
  const { stackId: stack, logicalId, requestId, requestType } = event;
  const log = createLog({ clock, redaction, write: writeLog }, { stack, logicalId, requestId, requestType, hop });
  log.info('received');
  if (!isResponseUrl(event.responseUrl)) {
    log.warn('refused', { message: createFailure('RESPONSE_URL_INVALID', {}).message });
    return;
  }
  const tools = createEventTools(event, { context, continuation, clock, log, redaction });
  const outcome = await handleEvent(event, tools);
  const response = await createResponse({ rawEvent, event, context, clock, hop }, outcome, tools);
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
}

/** Returns undefined if the next invocation continues. */
async function createResponse(current: Run, outcome: Outcome, tools: EventTools): Promise<Response | undefined> {
  const { redaction } = tools;
  if (!('error' in outcome)) {
    const { physicalId, attributes } = outcome;
    return { physicalId, attributes: attributes && cleanValues(attributes, redaction) };
  }
  const failed = await findFailure(current, outcome, tools);
  return failed && { physicalId: failed.physicalId, failure: explainFailure(failed.error, current.event, redaction) };
}

/** Returns the failure of a run that stopped. Undefined if the next invocation continues. */
async function findFailure(
  { rawEvent, context, clock, hop }: Run,
  stopped: Stopped,
  tools: EventTools,
): Promise<Pick<Stopped, 'physicalId' | 'error'> | undefined> {
  const { sentAt: startedAt, deadline, operation } = tools;
  const stoppedAt = Math.min(clock.now(), deadline.giveUpAt);
  const ending = chooseEnding(stopped, { startedAt, hop, stoppedAt, operation: operation.firstState });
  if (!('next' in ending)) {
    return ending;
  }
  const error = await continueInNextInvocation(rawEvent, ending.next, context, tools);
  return error && { physicalId: stopped.physicalIdIfRunning ?? stopped.physicalId, error };
}

/** Returns why the next invocation cannot continue. */
async function continueInNextInvocation(
  rawEvent: unknown,
  next: Continuation,
  { invokedFunctionArn }: LambdaContext,
  { deadline, log }: EventTools,
): Promise<Failure | undefined> {
  try {
    const event = { ...(rawEvent as object), Continuation: next };
    await invokeFunction(invokedFunctionArn, event, { deadline: deadline.withoutLimits(INVOCATION_RETRY_MS), log });
    log.info('handed-over');
    return undefined;
  } catch (error) {
    return createFailure('SELF_INVOCATION_FAILED', { cause: toFailure(error).text }, { cause: error });
  }
}

/** Returns a failure without secrets, with what to do about the stack. */
function explainFailure(error: unknown, event: ResourceEvent, redaction: Redaction): Failure {
  const { code, text, remedy } = redactFailure(error, redaction);
  return new Failure(code, {
    text,
    remedy: event.requestType === 'Update' ? `${remedy}. ${adviseOnUpdate(event)}` : remedy,
  });
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
