import * as fc from 'fast-check';
import { histories } from './history';
import { runHistory } from './run-history';

// a failure names the seed and the path of the shortest history that fails. Thousands: histories.slow.test.ts

test('violates no invariant in 100 random histories', async () => {
  const holds = fc.asyncProperty(histories(), async (history) => {
    expect(await runHistory(history)).toEqual([]);
  });
  await fc.assert(holds, { numRuns: 100, seed: 1 });
});
