import { Continuation, MAX_HOPS } from './continuation';
import { createFailure, Failure, renderLastStatus } from '../failure';
import { OutOfTime } from '../runtime/deadline';

/** How one run of an event ended. */
export type Outcome = Succeeded | Stopped;

export interface Succeeded {
  readonly physicalId: string;
  readonly attributes?: object;
  /** What remains to be done if CloudFormation ignores the response. @default - nothing */
  readonly afterResponse?: () => Promise<void>;
}

export interface Stopped {
  /** `OutOfTime` to be continued by the next invocation, or why the event failed. */
  readonly error: unknown;
  /** The physical ID of the response: for a Create, it says what its Delete has to look for. */
  readonly physicalId: string;
  /** The same if another run of the event may be under way. @default physicalId */
  readonly physicalIdIfRunning?: string;
  /** Whether a request to create was sent whose outcome is not known. */
  readonly isAnswerLost?: boolean;
  /** When Immuta accepted an update, in milliseconds since 1970. */
  readonly updatedAt?: number;
}

/** What a run that did not succeed leads to: a response with an error, or the next invocation. */
export type Ending = { readonly physicalId: string; readonly error: unknown } | { readonly next: Continuation };

/** The run that stopped. */
export interface StoppedRun {
  /** When CloudFormation sent the event, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Number of invocations that continued the event before. */
  readonly hop: number;
  /** When it stopped, or when the `timeout` of the resource ended: after that, it may have cleaned up. */
  readonly stoppedAt: number;
  /** What CloudFormation first showed of the resource. */
  readonly operation: Continuation['operation'];
}

/** Decides what follows a run that stopped. */
export function chooseEnding(
  { error, physicalId, isAnswerLost = false, updatedAt }: Stopped,
  { startedAt, hop, stoppedAt, operation }: StoppedRun,
): Ending {
  if (!(error instanceof OutOfTime)) {
    return { physicalId, error };
  }
  if (error.limit === 'timeout' || hop >= MAX_HOPS) {
    return { physicalId, error: createTimeoutFailure(error, stoppedAt - startedAt) };
  }
  return { next: { startedAt, hop: hop + 1, posted: isAnswerLost, updatedAt, operation } };
}

function createTimeoutFailure({ waitingFor, seen }: OutOfTime, elapsedMs: number): Failure {
  const minutes = Math.max(1, Math.round(elapsedMs / 60_000));
  return createFailure('TIMEOUT', {
    duration: `${minutes} minute${minutes === 1 ? '' : 's'}`,
    waitingFor: waitingFor ?? 'a response',
    seen: renderLastStatus(seen),
  });
}
