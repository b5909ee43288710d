import { describeFailure, runCampaign } from './campaign';
import { KINDS_OF_STACKS } from './generate';

// hundreds: campaign.slow.test.ts

test.each([
  ['without data sources', 1],
  ['with data sources', 401],
] as const)('violates no invariant in 50 random histories %s, from seed %d', async (what, seed) => {
  const failures = await runCampaign({ runs: 50, seed, kinds: KINDS_OF_STACKS[what] });

  expect(failures.map(describeFailure).join('\n\n')).toBe('');
});
