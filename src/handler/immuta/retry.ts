const STATUSES = [429, 500, 502, 503, 504];
const METHODS = ['GET', 'PUT', 'DELETE'];
const BASE_MS = 1_000;
const LONGEST_MS = 20_000;
/** A date may be past, by another clock: even then nobody wants to be asked again at once. */
const SHORTEST_RETRY_AFTER_MS = 1_000;
const LONGEST_RETRY_AFTER_MS = 120_000;

/** How long a request that fails is tried again where nothing is at stake yet: its cause may be a wrong URL, which one wants to know soon. */
export const PATIENCE_MS = 60_000;
/** And where an integration may be left behind, or a stack stuck: that of an Immuta that is being updated, and more. */
export const LONG_PATIENCE_MS = 300_000;

/** A request that did not succeed. */
export interface FailedRequest {
  readonly method: string;
  /** HTTP status; none if the network failed. */
  readonly status?: number;
}

/** A POST is never repeated here: it may have been carried out. Who sends it has to look first. */
export function isRepeatable({ method, status }: FailedRequest): boolean {
  return METHODS.includes(method) && (status === undefined || STATUSES.includes(status));
}

/** Whether the request may have been carried out all the same. */
export function isAnswerLost({ status }: FailedRequest): boolean {
  return status === undefined || status >= 500;
}

/** One attempt of it. */
export interface FailedAttempt {
  readonly retryAfter?: string;
  /** From 1. */
  readonly attempt: number;
  /** Until when it is tried again. */
  readonly until: number;
}

/**
 * How long to wait before the same request is sent again; nothing if that is to end. The last attempt is at that end, or later if the
 * server asks for it.
 *
 * @param random In [0, 1): "full jitter", so that several resources of one deployment do not come back together.
 */
export function retryDelay(failure: FailedAttempt, now: number, random: number): number | undefined {
  const left = failure.until - now;
  if (left <= 0) {
    return undefined;
  }
  return retryAfterMs(failure.retryAfter, now) ?? Math.min(left, pauseAfter(failure, now, random));
}

/** The pause that a failure calls for. What the server asks for wins, within reason. */
export function pauseAfter({ retryAfter, attempt }: Pick<FailedAttempt, 'retryAfter' | 'attempt'>, now: number, random: number): number {
  return retryAfterMs(retryAfter, now) ?? Math.round(random * Math.min(LONGEST_MS, BASE_MS * 2 ** (attempt - 1)));
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (!header) {
    return undefined;
  }
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, SHORTEST_RETRY_AFTER_MS), LONGEST_RETRY_AFTER_MS);
}
