import { Failure } from '../../../src/handler/failure';
import { MAX_HOPS } from '../../../src/handler/protocol/continuation';
import { chooseEnding, StoppedRun } from '../../../src/handler/protocol/outcome';
import { OutOfTime } from '../../../src/handler/runtime/deadline';

const MINUTE = 60_000;
const OPERATION = { resourceStatus: 'CREATE_IN_PROGRESS', physicalId: '', lastUpdatedAt: 1 };
const RUN: StoppedRun = { startedAt: 1_000, hop: 2, stoppedAt: 1_000 + 30 * MINUTE, operation: OPERATION };

function explain(error: OutOfTime, run: Partial<StoppedRun> = {}): string {
  const ending = chooseEnding({ error, physicalId: 'id' }, { ...RUN, ...run });
  expect(ending).toEqual({ physicalId: 'id', error: expect.any(Failure) });
  return (ending as { error: Failure }).error.text;
}

test('continues when only the time of the invocation is over', () => {
  const error = new OutOfTime('invocation');

  expect(chooseEnding({ error, physicalId: 'id', isAnswerLost: true, updatedAt: 7 }, RUN)).toEqual({
    next: { startedAt: 1_000, hop: 3, posted: true, updatedAt: 7, operation: OPERATION },
  });
  expect(chooseEnding({ error, physicalId: 'id' }, RUN)).toMatchObject({ next: { posted: false } });
});

test('fails with any other error', () => {
  const error = new TypeError('x');

  expect(chooseEnding({ error, physicalId: 'id' }, RUN)).toEqual({ physicalId: 'id', error });
});

test('fails when the timeout is over', () => {
  expect(explain(new OutOfTime('timeout', 'the end', 'a status'))).toBe(
    'timed out after 30 minutes waiting for the end (last status: a status)',
  );
});

test('fails when no invocation may follow', () => {
  const error = new OutOfTime('invocation');

  expect(explain(error, { hop: MAX_HOPS })).toBe('timed out after 30 minutes waiting for a response');
  expect(chooseEnding({ error, physicalId: 'id' }, { ...RUN, hop: MAX_HOPS - 1 })).toHaveProperty('next');
});

test.each([[10_000, '1 minute'], [80_000, '1 minute'], [100_000, '2 minutes']])(
  'says after %d ms that %s are over',
  (ms, duration) => {
    expect(explain(new OutOfTime('timeout'), { stoppedAt: 1_000 + ms })).toContain(`after ${duration} waiting`);
  },
);
