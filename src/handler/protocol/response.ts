import { Clock } from '../runtime/clock';
import { Log } from '../runtime/log';

const ATTEMPT_TIMEOUT_MS = 10_000;
const LONGEST_PAUSE_MS = 10_000;
/** Below this, Lambda may stop us in the middle of an attempt, take it for a failure, and run the event again. */
const LEAST_REMAINING_MS = 2_000;

export interface RespondOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly remainingMs: () => number;
}

/**
 * Puts the answer to the pre-signed URL, again and again while there is time: without it, the stack hangs until the service time-out.
 *
 * Never throws: Lambda would run the event again, after CloudFormation has moved on.
 */
export async function respond(responseUrl: string, body: Buffer, { clock, log, remainingMs }: RespondOptions): Promise<void> {
  for (let attempt = 1, pause = 1_000; ; attempt++, pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const outcome = await put(responseUrl, body, Math.max(1_000, Math.min(ATTEMPT_TIMEOUT_MS, remainingMs() - LEAST_REMAINING_MS)));
    if (outcome.delivered) {
      log.info('answered', { attempt });
      return;
    }
    if (!outcome.retry || remainingMs() - pause < LEAST_REMAINING_MS) {
      log.warn('answer-not-delivered', { attempt, code: outcome.code });
      return;
    }
    log.warn('answer-again', { attempt, code: outcome.code, delayMs: pause });
    await clock.sleep(pause);
  }
}

interface Outcome {
  readonly delivered: boolean;
  readonly retry: boolean;
  /** HTTP status, or the name of a network failure: messages may hold the URL. */
  readonly code: string | number;
}

async function put(responseUrl: string, body: Buffer, timeoutMs: number): Promise<Outcome> {
  if (!URL.canParse(responseUrl)) {
    return { delivered: false, retry: false, code: 'NoResponseUrl' };
  }
  try {
    const response = await fetch(responseUrl, {
      method: 'PUT',
      headers: { 'content-type': '' }, // not a part of what CloudFormation signed
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return { delivered: response.ok, retry: response.status >= 500 || response.status === 429, code: response.status };
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } };
    return { delivered: false, retry: true, code: cause?.code ?? name };
  }
}
