import { Deadline, DeadlineOptions, OutOfTime } from '../../../src/handler/runtime/deadline';
import { TestClock } from '../support/test-clock';

const MINUTE = 60_000;

let clock: TestClock;
let start: number;
beforeEach(() => {
  clock = new TestClock();
  start = clock.now();
});

/** A deadline whose limits are so many minutes from now. */
function deadline(minutes: Partial<Record<keyof DeadlineOptions, number>>): Deadline {
  const limits = { handOverAt: 100, giveUpAt: 100, iamPropagationEndsAt: 3, creationEndsAt: 4, ...minutes };
  return new Deadline(
    clock,
    Object.fromEntries(
      Object.entries(limits).map(([name, value]) => [name, start + value * MINUTE]),
    ) as unknown as DeadlineOptions,
  );
}

/** What runs out if a wait of so many milliseconds begins now. */
function findLimit(of: Deadline, waitMs?: number): string | undefined {
  try {
    of.check(waitMs);
    return undefined;
  } catch (error) {
    return (error as OutOfTime).limit;
  }
}

test.each<[string, Partial<Record<keyof DeadlineOptions, number>>, number, string | undefined]>([
  ['no limit', {}, 99 * MINUTE, undefined],
  ['the end of the invocation', { handOverAt: 1 }, MINUTE, undefined],
  ['more than the invocation', { handOverAt: 1 }, MINUTE + 1, 'invocation'],
  ['the end of the time-out', { giveUpAt: 1 }, MINUTE, undefined],
  ['more than the time-out', { giveUpAt: 1 }, MINUTE + 1, 'timeout'],
  ['more than both', { giveUpAt: 1, handOverAt: 1 }, MINUTE + 1, 'timeout'],
  ['the time until another invocation continues', { slotEndsAt: 1 }, MINUTE, undefined],
  ['more than that', { slotEndsAt: 1 }, MINUTE + 1, 'invocation'],
  ['a request after that', { slotEndsAt: -1 }, 0, undefined],
  ['a request after the invocation', { handOverAt: -1 }, 0, 'invocation'],
])('decides whether there is time for %s', async (_, minutes, waitMs, limit) => {
  const of = deadline(minutes);

  expect(findLimit(of, waitMs)).toBe(limit);
  if (limit) await expect(of.sleep(waitMs)).rejects.toMatchObject({ name: 'OutOfTime', limit });
  else await of.sleep(waitMs);
  expect(clock.sleeps).toEqual(limit ? [] : [waitMs]);
});

test('checks a request when no wait is named', () => {
  expect(findLimit(deadline({}))).toBeUndefined();
  expect(findLimit(deadline({ slotEndsAt: -1 }))).toBeUndefined();
  expect(findLimit(deadline({ handOverAt: -1 }))).toBe('invocation');
});

test.each<[string, (of: Deadline) => Deadline, object]>([
  ['as it is', (of) => of, { outageMs: 120_000, iam: 3, handOver: 'invocation', giveUp: 'timeout' }],
  ['without retries', (of) => of.withoutRetries(), { outageMs: 0, handOver: 'invocation', giveUp: 'timeout' }],
  ['with few retries', (of) => of.withFewRetries(), { outageMs: 10_000, handOver: 'invocation', giveUp: 'timeout' }],
  ['without a time-out', (of) => of.withoutTimeout(), { outageMs: 10_000, handOver: 'invocation' }],
  ['with time to clean up', (of) => of.withCleanupTime(), { outageMs: 10_000, handOver: 'invocation' }],
  ['without limits', (of) => of.withoutLimits(), { outageMs: 0 }],
  ['without limits, and with retries', (of) => of.withoutLimits(5_000), { outageMs: 5_000 }],
])('limits calls %s', (_, change, expected) => {
  const of = change(deadline({}));
  const { iamPropagationEndsAt: iam } = of;

  expect({
    outageMs: of.outageMs,
    iam: iam === 0 ? undefined : (iam - start) / MINUTE,
    handOver: findLimit(change(deadline({ handOverAt: -1 }))),
    giveUp: findLimit(change(deadline({ giveUpAt: -1 }))),
  }).toEqual({ iam: undefined, handOver: undefined, giveUp: undefined, ...expected });
  expect(of.creationEndsAt).toBe(start + 4 * MINUTE);
  expect(of.now()).toBe(start);
});

test('allows IAM to propagate changes from now on, and never less than before', () => {
  const of = deadline({});
  of.allowIamPropagation(MINUTE);
  expect(of.iamPropagationEndsAt).toBe(start + 3 * MINUTE);

  clock.advance(10 * MINUTE);
  of.allowIamPropagation(MINUTE);
  expect(of.iamPropagationEndsAt).toBe(start + 11 * MINUTE);
});

test.each([
  [{ sentAt: -4, giveUpAt: 5 }, false],
  [{ sentAt: -5, giveUpAt: 5 }, false],
  [{ sentAt: -6, giveUpAt: 5 }, true],
  [{ giveUpAt: 5 }, false],
])('knows with %j minutes whether the time-out is more than half over: %p', (minutes, expected) => {
  expect(deadline(minutes).isMoreThanHalfOver).toBe(expected);
});

test.each<[number, string | undefined]>([
  [0, undefined],
  [1, 'timeout'],
])('gives a cleanup three minutes after the time-out, and %d ms more: %s', (ms, limit) => {
  const of = deadline({ giveUpAt: -3 });

  expect(of.giveUpAt).toBe(start - 3 * MINUTE);
  expect(findLimit(of.withCleanupTime(), ms)).toBe(limit);
});
