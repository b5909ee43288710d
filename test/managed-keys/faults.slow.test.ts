import { OPERATIONS, violationsWith } from './faults';
import { FAULT_KINDS } from '../campaign/network';

describe.each(OPERATIONS)('%s', (_, actions) => {
  test.each(FAULT_KINDS)('keeps the invariants of managed keys when any one request meets: %s', async (what) => {
    expect(await violationsWith(what, actions)).toEqual([]);
  });
});
