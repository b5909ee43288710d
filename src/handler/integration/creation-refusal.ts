import { IMMUTA_LAG_MS } from '../immuta/lag';
import { ImmutaRefusal } from '../immuta/refusal';
import { computeBackoffDelay } from '../immuta/retry';
import { isExplainedByConflict, ValidationFailure } from '../immuta/validation-tests';
import { Deadline } from '../runtime/deadline';
import { computeRemainingDelay } from '../runtime/poll';

/**
 * Whether something that exists conflicts with the request, by the status, by the tests that failed, or by the message
 * of Immuta after a creation that failed.
 */
export function isCreationConflict({ kind, status, failure: why }: ImmutaRefusal): boolean {
  return (
    kind === 'conflict' ||
    (why instanceof ValidationFailure && isExplainedByConflict(why.failedTests)) ||
    (status === 400 && /previously failed to create/i.test(why.text))
  );
}

/** Returns undefined if another request cannot help, or is not allowed any more. */
export function computeCreationDelay(
  deadline: Deadline,
  { kind, retryAfter }: ImmutaRefusal,
  { attempt, pauseMs, isAnswerLost, conflictSince }: RetryOptions,
): number | undefined {
  const { iamPropagationEndsAt } = deadline;
  if (conflictSince !== undefined) {
    // it may be with a request of this event that the list does not show yet
    const end = Math.max(conflictSince + IMMUTA_LAG_MS, isAnswerLost ? iamPropagationEndsAt : 0);
    return computeRemainingDelay(deadline, pauseMs, end);
  }
  switch (kind) {
    case 'lost':
    case 'busy': {
      const delayMs = computeBackoffDelay({ attempt, retryAfter }, deadline.now(), Math.random());
      return computeRemainingDelay(deadline, delayMs, iamPropagationEndsAt);
    }
    case 'iam':
      return computeRemainingDelay(deadline, pauseMs, iamPropagationEndsAt);
    default:
      return undefined;
  }
}

export interface RetryOptions {
  readonly attempt: number;
  readonly pauseMs: number;
  /** Whether a request before was not answered. */
  readonly isAnswerLost: boolean;
  /** Since when Immuta answers with a conflict, in milliseconds since 1970. */
  readonly conflictSince?: number;
}
