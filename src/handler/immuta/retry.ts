const STATUSES = [429, 500, 502, 503, 504];
const METHODS = ['GET', 'PUT', 'DELETE'];
const MAX_ATTEMPTS = 6;
const BASE_MS = 1_000;
const LONGEST_MS = 20_000;
/** A date may be past, by another clock: even then nobody wants to be asked again at once. */
const SHORTEST_RETRY_AFTER_MS = 1_000;
const LONGEST_RETRY_AFTER_MS = 120_000;

/** One attempt that did not succeed. */
export interface FailedAttempt {
  readonly method: string;
  /** HTTP status; none if the network failed. */
  readonly status?: number;
  readonly retryAfter?: string;
  /** From 1. */
  readonly attempt: number;
}

/**
 * How long to wait before the same request is sent again; nothing if it must not be.
 *
 * A POST is never repeated here: it may have been carried out. Who sends it has to look first.
 *
 * @param random In [0, 1): "full jitter", so that several resources of one deployment do not come back together.
 */
export function retryDelay(failure: FailedAttempt, now: number, random: number): number | undefined {
  const repeatable = METHODS.includes(failure.method) && (failure.status === undefined || STATUSES.includes(failure.status));
  return repeatable && failure.attempt < MAX_ATTEMPTS ? pauseAfter(failure, now, random) : undefined;
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
