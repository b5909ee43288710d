import { ResourceEvent } from './event';
import { Failure, createFailure } from '../failure';
import { Clock } from '../runtime/clock';
import { Log } from '../runtime/log';
import { sendRequest } from '../runtime/network';
import { createGrowingPauses, poll } from '../runtime/poll';
import { joinLines } from '../runtime/text';

/** To a longer response, CloudFormation says "Response object is too long" and waits for another one. */
const MAX_BYTES = 4096;
/** CloudFormation itself has no longer physical ID. */
const MAX_PHYSICAL_ID_LENGTH = 1024;
const LONGEST_REMEDY = 1_500;

/**
 * Statuses of S3 or a proxy that may pass, besides those of servers: S3 answers `400 RequestTimeout` to a connection
 * that was idle.
 */
const PASSING_STATUSES = [400, 408, 429];

const ATTEMPT_TIMEOUT_MS = 10_000;
/** With less time, Lambda may end the invocation during an attempt, count it as failed, and run the event again. */
const LEAST_REMAINING_MS = 2_000;

const UNDELIVERED =
  'CloudFormation waits until the operation times out. If the function has no route to Amazon S3, add an endpoint, ' +
  "a NAT gateway or 'proxy'";

export interface Response {
  readonly physicalId: string;
  readonly attributes?: object;
  /** Why the event failed. @default - it succeeded */
  readonly failure?: Failure;
}

/**
 * Returns the body of a response. If it would be too long, the text of the failure is cut, never its remedy and its
 * code. A success that is too long becomes a failure, because CloudFormation ignores it.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
export function renderResponse(event: ResourceEvent, response: Response): Buffer {
  const body = render(event, response);
  return response.failure || body.length < MAX_BYTES
    ? body
    : render(event, { physicalId: response.physicalId, failure: createFailure('RESPONSE_TOO_LONG', {}) });
}

function render(event: ResourceEvent, { physicalId, attributes, failure }: Response): Buffer {
  const withReason = (reason?: string) =>
    Buffer.from(
      JSON.stringify({
        Status: failure ? 'FAILED' : 'SUCCESS',
        Reason: reason,
        PhysicalResourceId: physicalId.slice(0, MAX_PHYSICAL_ID_LENGTH),
        StackId: event.stackId,
        RequestId: event.requestId,
        LogicalResourceId: event.logicalId,
        Data: attributes,
      }),
    );
  if (!failure) {
    return withReason();
  }
  const text = joinLines(failure.text, MAX_BYTES);
  const ending = `. ${joinLines(failure.remedy, LONGEST_REMEDY)}. [${failure.code}]`;
  // a character has up to six bytes in JSON: search for the longest beginning that fits
  let [fits, tooLong] = [0, text.length + 1];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (withReason(joinLines(text, middle) + ending).length < MAX_BYTES) {
      fits = middle;
    } else {
      tooLong = middle;
    }
  }
  return withReason(joinLines(text, fits) + ending);
}

export interface SendOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly remainingMs: () => number;
}

/**
 * Sends a response to the pre-signed URL, again and again while there is time: without it, the stack waits for the
 * service timeout.
 *
 * Never throws: Lambda would run the event again, after CloudFormation has moved on.
 */
export async function sendResponse(
  responseUrl: string,
  body: Buffer,
  { clock, log, remainingMs }: SendOptions,
): Promise<void> {
  if (body.length >= MAX_BYTES) {
    log.warn('response-not-delivered', { message: 'the IDs of the event are too long for a response' });
    return;
  }
  const pauses = createGrowingPauses(1_000, 10_000, 2);
  await poll<void>(
    { deadline: clock, waitingFor: 'CloudFormation to accept the response', pauses },
    async ({ number: attempt, pauseMs }) => {
      const timeoutMs = Math.max(1_000, Math.min(ATTEMPT_TIMEOUT_MS, remainingMs() - LEAST_REMAINING_MS));
      const { isDelivered, isRetryable, code } = await sendOnce(responseUrl, body, timeoutMs);
      if (isDelivered) {
        return { done: log.info('responded', { attempt }) };
      }
      if (!isRetryable || remainingMs() - pauseMs < LEAST_REMAINING_MS) {
        return { done: log.warn('response-not-delivered', { attempt, code, message: UNDELIVERED }) };
      }
      log.warn('retry-response', { attempt, code, delayMs: pauseMs });
      return { seen: String(code), pauseMs };
    },
  );
}

interface Delivery {
  readonly isDelivered: boolean;
  readonly isRetryable: boolean;
  /** HTTP status, or the name of a network failure. Messages may hold the URL. */
  readonly code: string | number;
}

async function sendOnce(responseUrl: string, body: Buffer, timeoutMs: number): Promise<Delivery> {
  try {
    const response = await sendRequest(responseUrl, {
      method: 'PUT',
      headers: { 'content-type': '' }, // not a part of what CloudFormation signed
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return {
      isDelivered: response.ok,
      isRetryable: response.status >= 500 || PASSING_STATUSES.includes(response.status),
      code: response.status,
    };
  } catch (error) {
    const { name, code, cause } = error as Error & { code?: string | number; cause?: { code?: string } };
    return { isDelivered: false, isRetryable: true, code: cause?.code ?? code ?? name };
  }
}
