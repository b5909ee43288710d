import { OPERATIONS, violationsWith } from './faults';
import { MISHAP_KINDS } from '../campaign/network';

describe.each(OPERATIONS)('%s', (_, actions) => {
  test.each(MISHAP_KINDS)('keeps the invariants of managed keys when any one request meets: %s', async (what) => {
    expect(await violationsWith(what, actions)).toEqual([]);
  });
});
