import type { StackResource } from '../aws/cloudformation';
import { toObject } from '../runtime/json';

/** Lambda ends a chain of invocations after 16. Eight that wait for 8 minutes are the longest `timeout`. */
export const MAX_HOPS = 12;

/**
 * What one invocation tells the next, beside the event. The next one finds out by itself what is ours and what is done:
 * these fields can only make it give up earlier or be more careful.
 */
export interface Continuation {
  /** When the event was first seen, for a response URL without a signing date. */
  readonly startedAt: number;
  readonly hop: number;
  /** Whether a request to create was sent whose outcome is not known. */
  readonly posted: boolean;
  /** When Immuta accepted an update of this event, in milliseconds since 1970. */
  readonly updatedAt?: number;
  /** What CloudFormation first showed of the resource. */
  readonly operation?: StackResource;
}

/** Parses a continuation. One that the handler did not write ends the chain instead of prolonging it. */
export function parseContinuation(event: unknown, now: number): Continuation | undefined {
  const value = toObject(event).Continuation;
  if (value === undefined) {
    return undefined;
  }
  const { startedAt, hop, posted, updatedAt, operation } = toObject(value);
  return {
    startedAt: typeof startedAt === 'number' && startedAt <= now ? startedAt : now,
    hop: typeof hop === 'number' && Number.isInteger(hop) && hop > 0 ? hop : MAX_HOPS,
    posted: posted !== false,
    updatedAt: typeof updatedAt === 'number' ? updatedAt : undefined,
    operation: parseOperation(operation),
  };
}

function parseOperation(value: unknown): StackResource | undefined {
  const { resourceStatus, physicalId, lastUpdatedAt } = toObject(value);
  return typeof resourceStatus === 'string' && typeof lastUpdatedAt === 'number'
    ? { resourceStatus, physicalId: String(physicalId), lastUpdatedAt }
    : undefined;
}
