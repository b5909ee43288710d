import { OPERATIONS, violationsWith } from './faults';
import { MISHAP_KINDS } from '../campaign/network';

describe.each(OPERATIONS)('%s', (_, actions) => {
  test.each(MISHAP_KINDS)('survives any one request with: %s', async (what) => {
    expect(await violationsWith(what, actions)).toEqual([]);
  });
});
