import { isAccessDenied, isTransient } from './error';
import { Deadline } from '../runtime/deadline';
import { iamPauses, pauseWithinWindow } from '../runtime/iam-propagation';

export interface RetryTools {
  readonly deadline: Deadline;
  /** Told of each failure after which the call is made again. */
  readonly onFailure?: (error: Error, attempt: number, delayMs: number) => void;
}

/** Makes a call to AWS again while AWS cannot do it, or while our own role may be refused only because its policy is new. */
export async function retryAws<T>({ deadline, onFailure }: RetryTools, call: () => Promise<T>): Promise<T> {
  const outageEndsAt = deadline.now() + deadline.outageMs;
  const pauses = iamPauses();
  for (let attempt = 1; ; attempt++) {
    deadline.check();
    try {
      return await call();
    } catch (error) {
      const until = isAccessDenied(error) ? deadline.iamPropagationEndsAt : isTransient(error) ? outageEndsAt : 0;
      const delayMs = pauseWithinWindow(deadline, pauses.next().value, until);
      if (delayMs === undefined) {
        throw error;
      }
      onFailure?.(error as Error, attempt, delayMs);
      await deadline.sleep(delayMs);
    }
  }
}
