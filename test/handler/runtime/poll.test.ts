import { OutOfTime } from '../../../src/handler/runtime/deadline';
import {
  createGrowingPauses,
  createIamPauses,
  poll,
  createPollPauses,
  computeRemainingDelay,
} from '../../../src/handler/runtime/poll';
import { TestClock } from '../support/test-clock';

let clock: TestClock;
beforeEach(() => {
  clock = new TestClock();
});

const first = (pauses: Iterator<number>, count: number) =>
  Array.from({ length: count }, () => Math.round(pauses.next().value));

test('probes until the end of the wait', async () => {
  const states = [{ seen: 'one' }, { seen: 'two', pauseMs: 7 }, { done: 'three' }];
  const attempts: unknown[] = [];

  const result = await poll<string>({ deadline: clock, waitingFor: 'a state' }, async (attempt) => {
    attempts.push(attempt);
    return states.shift()!;
  });

  expect(result).toBe('three');
  expect(attempts).toEqual([
    { number: 1, pauseMs: 2_000 },
    { number: 2, pauseMs: 2_000 },
    { number: 3, pauseMs: 2_000 },
  ]);
  expect(clock.sleeps).toEqual([2_000, 7]);
});

test('says what it waited for and saw when time runs out, outer waits first', async () => {
  const sleepers = {
    now: () => clock.now(),
    sleep: async () => {
      throw new OutOfTime('timeout');
    },
  };

  const waiting = poll<void>({ deadline: clock, waitingFor: 'the outer state' }, async ({ number }) => {
    if (number === 1) return { seen: 'outer' };
    await poll<void>({ deadline: sleepers, waitingFor: 'the inner state' }, async () => ({ seen: 'inner' }));
    return { done: undefined };
  });

  await expect(waiting).rejects.toMatchObject({
    limit: 'timeout',
    waitingFor: 'the outer state',
    seen: 'outer; then inner',
  });
});

test('ends a wait with what a probe throws', async () => {
  await expect(
    poll<void>({ deadline: clock, waitingFor: 'a state' }, async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow(/^no$/);
});

test('creates pauses between reads of two seconds, then a tenth of the wait, then 15 seconds', () => {
  const pauses = first(createPollPauses(), 40);
  expect(pauses.slice(0, 11)).toEqual(Array(11).fill(2_000));
  expect(pauses.slice(11, 14)).toEqual([2_200, 2_420, 2_662]);
  expect(pauses.slice(30, 35)).toEqual([13_455, 14_800, 15_000, 15_000, 15_000]);
});

test('creates pauses that grow up to a limit', () => {
  expect(first(createIamPauses(), 7)).toEqual([3_000, 4_500, 6_750, 10_125, 15_188, 20_000, 20_000]);
  expect(first(createGrowingPauses(1, 5, 2), 4)).toEqual([1, 2, 4, 5]);
});

test.each([
  ['long before the end', 60_000, 3_000],
  ['shortly before the end', 2_500, 1_500],
  ['a second before the end', 1_000, undefined],
  ['after the end', -1, undefined],
])('cuts a pause %s', (_, left, expected) => {
  expect(computeRemainingDelay(clock, 3_000, clock.now() + left)).toBe(expected);
});
