import * as fc from 'fast-check';
import { histories } from './history';
import { runHistory } from './run-history';

// a failure names the seed and the path of the shortest history that fails. Thousands: histories.slow.test.ts

test('violates no invariant of managed access keys in 500 random histories', async () => {
  const holds = fc.asyncProperty(histories(), async (history) => {
    expect(await runHistory(history)).toEqual([]);
  });
  await fc.assert(holds, { numRuns: 500, seed: 11 });
});
