import { createAwsFailure, describeAwsError, FailedService, isAccessDenied, isTransient } from './error';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';
import { createIamPauses, poll, computeRemainingDelay } from '../runtime/poll';

const REQUEST_TIMEOUT_MS = 20_000;

/** A service of AWS. */
export interface AwsService<C> extends FailedService {
  readonly createClient: () => C;
}

export interface AwsCall {
  /** As the API names it. */
  readonly operation: string;
  readonly deadline: Deadline;
  readonly log: Log;
  /** Milliseconds for one attempt. @default 20000 */
  readonly timeoutMs?: number;
  /** Called before each attempt, with its number and why the one before failed: what it throws ends the call. */
  readonly beforeAttempt?: (attempt: number, seen?: string) => Promise<void>;
}

/** Sends a new command each time that it is called: the SDK cannot send one twice. */
export type Send<C, T> = (client: C, options: { readonly abortSignal: AbortSignal }) => Promise<T>;

/**
 * Calls a service. Retries while the service is busy, broken or out of reach, and while a new policy of the handler's
 * own role may not be in force yet.
 *
 * @throws AwsFailure
 */
export async function callAws<C extends { destroy(): void }, T>(
  service: AwsService<C>,
  call: AwsCall,
  send: Send<C, T>,
): Promise<T> {
  const { operation, deadline, log, timeoutMs = REQUEST_TIMEOUT_MS, beforeAttempt } = call;
  let seen: string | undefined;
  const outageEndsAt = deadline.now() + deadline.outageMs;
  return poll<T>(
    { deadline, waitingFor: `${service.name} to answer ${operation}`, pauses: createIamPauses() },
    async ({ number, pauseMs }) => {
      deadline.check();
      await beforeAttempt?.(number, seen);
      const client = service.createClient();
      try {
        return { done: await send(client, { abortSignal: AbortSignal.timeout(timeoutMs) }) };
      } catch (error) {
        const retryUntil = isAccessDenied(error)
          ? deadline.iamPropagationEndsAt
          : isTransient(error)
            ? outageEndsAt
            : 0;
        const delayMs = computeRemainingDelay(deadline, pauseMs, retryUntil);
        if (delayMs === undefined) {
          throw createAwsFailure(service, operation, error);
        }
        seen = `${service.name} answered ${operation} with ${describeAwsError(error)}`;
        log.warn('retry-aws-call', { attempt: number, delayMs, message: seen });
        return { seen, pauseMs: delayMs };
      } finally {
        client.destroy();
      }
    },
  );
}
