import { Clock } from './clock';
import { OutOfTime } from './deadline';

/** What a probe saw: the end of the wait, or a state to wait out. */
export type State<T> = { readonly done: T } | Pending;

interface Pending {
  /** For the text of a time-out: `integration 101 is 'creating'`. */
  readonly seen: string;
  /** Milliseconds until the next probe. @default - the next pause */
  readonly pauseMs?: number;
}

export interface PollOptions {
  /** Where time comes from: a `Deadline` also ends the wait. */
  readonly deadline: Clock;
  /** The end of `timed out waiting for …`. */
  readonly waitingFor: string;
  /** Milliseconds between probes. @default createPollPauses */
  readonly pauses?: Iterator<number, never>;
}

/** One call of a probe. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** Milliseconds until the next one, unless the probe says otherwise. */
  readonly pauseMs: number;
}

/**
 * Calls a probe until it is done. Every wait for a state uses this.
 *
 * @throws OutOfTime with what was waited for and what was last seen
 */
export async function poll<T>(options: PollOptions, probe: (attempt: Attempt) => Promise<State<T>>): Promise<T> {
  const { deadline, waitingFor, pauses = createPollPauses() } = options;
  let seen: string | undefined;
  try {
    for (let number = 1; ; number++) {
      const pauseMs = pauses.next().value;
      const state = await probe({ number, pauseMs });
      if ('done' in state) {
        return state.done;
      }
      seen = state.seen;
      await deadline.sleep(state.pauseMs ?? pauseMs);
    }
  } catch (error) {
    throw error instanceof OutOfTime ? error.whileWaiting(waitingFor, seen) : error;
  }
}

/**
 * Creates the pauses between reads of a state that changes by itself: two seconds, or a tenth of the wait until then.
 * So no end is noticed later than that. The longest pause is 15 seconds.
 */
export function* createPollPauses(): Generator<number, never> {
  for (let waited = 0, pause; ; waited += pause) {
    pause = Math.min(Math.max(2_000, waited / 10), 15_000);
    yield pause;
  }
}

/** Creates the pauses between attempts that a new IAM role or policy may still refuse: from 3 to 20 seconds. */
export function createIamPauses(): Generator<number, never> {
  return createGrowingPauses(3_000, 20_000);
}

/** Creates pauses that grow by a factor, in milliseconds. */
export function* createGrowingPauses(first: number, longest: number, factor = 1.5): Generator<number, never> {
  for (let pause = first; ; pause = Math.min(pause * factor, longest)) {
    yield pause;
  }
}

/**
 * Cuts a pause, so that the last attempt is a second before the window ends. Undefined if the window has (almost)
 * ended.
 *
 * @param end milliseconds since 1970
 */
export function computeRemainingDelay(clock: Clock, pauseMs: number, end: number): number | undefined {
  const left = end - 1_000 - clock.now();
  return left > 0 ? Math.min(pauseMs, left) : undefined;
}
