import * as fc from 'fast-check';
import { histories } from './history';
import { runHistory } from './run-history';

const RUNS = 2_000;

jest.setTimeout(3_600_000);

test(`violates no invariant of managed access keys in ${RUNS} random histories`, async () => {
  const holds = fc.asyncProperty(histories(), async (history) => {
    expect(await runHistory(history)).toEqual([]);
  });
  await fc.assert(holds, { numRuns: RUNS, seed: 2_026 });
});
