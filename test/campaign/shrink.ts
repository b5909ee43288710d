import { Action, History, PLAIN_VARIANT, Step } from './history';

/** The largest number of histories to try. */
const MOST_ATTEMPTS = 400;

/** Returns the shortest history found that still fails. */
export async function shrink(history: History, stillFails: (shorter: History) => Promise<boolean>): Promise<History> {
  let attempts = 0;
  for (let shortest = history; ;) {
    let found: History | undefined;
    for (const candidate of shorterHistories(shortest)) {
      if (++attempts > MOST_ATTEMPTS) return shortest;
      if (await stillFails(candidate)) {
        found = candidate;
        break;
      }
    }
    if (!found) return shortest;
    shortest = found;
  }
}

/** Yields histories that are simpler in one respect, the simplest first. */
function* shorterHistories({ variant, steps }: History): Generator<History> {
  for (let length = Math.floor(steps.length / 2); length > 0; length = Math.floor(length / 2)) {
    for (let start = steps.length - length; start >= 0; start -= length) {
      yield { variant, steps: [...steps.slice(0, start), ...steps.slice(start + length)] };
    }
  }
  for (const simpler of simplerValues(variant, PLAIN_VARIANT)) yield { variant: simpler, steps };
  for (const [index, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) {
      yield { variant, steps: steps.map((each, at) => (at === index ? simpler : each)) };
    }
  }
}

/** Yields values with one difference fewer from the plain one, at any depth. */
function* simplerValues<T extends object>(value: T, plain: T): Generator<T> {
  for (const key of Object.keys(value) as (keyof T)[]) {
    const [own, standard] = [value[key], plain[key]];
    if (JSON.stringify(own) === JSON.stringify(standard)) continue;
    yield { ...value, [key]: standard };
    if (typeof own !== 'object' || own === null || Array.isArray(own)) continue;
    for (const simpler of simplerValues<object>(own, standard as object)) yield { ...value, [key]: simpler };
  }
}

function* simplerSteps(step: Step): Generator<Step> {
  for (const key of ['after', 'otherResourceFailsAfter', 'throttledSeconds', 'end'] as const) {
    if (step[key] !== undefined) yield { ...step, [key]: undefined };
  }
  if (step.deliveries.length > 1 || step.deliveries[0] !== 0) yield { ...step, deliveries: [0] };
  for (const fault of step.faults) yield { ...step, faults: step.faults.filter((each) => each !== fault) };
  for (const action of simplerActions(step.action)) yield { ...step, action };
}

function* simplerActions(action: Action): Generator<Action> {
  if (action.type === 'wait' && action.minutes > 1) yield { ...action, minutes: 1 };
  if (action.type === 'continue rollback' && action.skips) yield { ...action, skips: false };
  if (action.type !== 'deploy') return;
  if (action.noRollback) yield { ...action, noRollback: false };
  if (action.express) yield { ...action, express: false };
  for (const key of Object.keys(action.change) as (keyof typeof action.change)[]) {
    const { [key]: _, ...change } = action.change;
    yield { ...action, change };
  }
}
