import { OPERATIONS, violationsWith } from './faults';

// the other faults: faults.slow.test.ts

describe.each(OPERATIONS)('%s', (_, actions) => {
  test('keeps the invariants of managed keys when the function crashes after any one request', async () => {
    expect(await violationsWith('killed after', actions)).toEqual([]);
  });
});
