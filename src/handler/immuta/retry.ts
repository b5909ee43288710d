const NOT_IMPLEMENTED = 501;
const METHODS = ['GET', 'PUT', 'DELETE'];
const BASE_MS = 1_000;
const LONGEST_MS = 20_000;
/** A date may be past, by another clock: even then the server should not be asked again at once. */
const SHORTEST_RETRY_AFTER_MS = 1_000;
const LONGEST_RETRY_AFTER_MS = 120_000;

/**
 * For how long a failing request is retried if nothing was created yet: the cause may be a wrong URL, which the user
 * should learn soon.
 */
export const SHORT_RETRY_MS = 60_000;
/** And if an integration may be left behind or a stack stuck: as long as an update of Immuta takes, and more. */
export const LONG_RETRY_MS = 300_000;

/** A request that did not succeed. */
export interface FailedRequest {
  readonly method: string;
  /** HTTP status. @default - the network failed */
  readonly status?: number;
}

/** Whether the transport may repeat a request. A POST may have been carried out: its sender has to check that first. */
export function isRepeatable({ method, status }: FailedRequest): boolean {
  return METHODS.includes(method) && (status === undefined || isTemporary(status));
}

/** Proxies have statuses of their own from 520 on. */
function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== NOT_IMPLEMENTED);
}

/** One attempt of a request. */
export interface FailedAttempt {
  readonly retryAfter?: string;
  /** From 1. */
  readonly attempt: number;
  /** Until when the request is retried. */
  readonly until: number;
}

/**
 * Returns how long to wait before the same request is sent again, undefined if it is not. The last attempt is at the
 * end of the time, or later if the server asks for that.
 *
 * @param random in [0, 1): "full jitter", so the requests of several resources of one deployment spread
 */
export function computeRetryDelay(failed: FailedAttempt, now: number, random: number): number | undefined {
  const left = failed.until - now;
  if (left <= 0) {
    return undefined;
  }
  return parseRetryAfter(failed.retryAfter, now) ?? Math.min(left, computeBackoffDelay(failed, now, random));
}

/** Returns the pause after a failed attempt. What the server asks for wins, within reason. */
export function computeBackoffDelay(
  { retryAfter, attempt }: Pick<FailedAttempt, 'retryAfter' | 'attempt'>,
  now: number,
  random: number,
): number {
  return parseRetryAfter(retryAfter, now) ?? Math.round(random * Math.min(LONGEST_MS, BASE_MS * 2 ** (attempt - 1)));
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (!header) {
    return undefined;
  }
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, SHORTEST_RETRY_AFTER_MS), LONGEST_RETRY_AFTER_MS);
}
