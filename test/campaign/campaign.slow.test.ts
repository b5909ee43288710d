import { describeFailure, runCampaign } from './campaign';
import { KINDS_OF_STACKS } from './generate';

test.each([
  ['without data sources', 1],
  ['without data sources', 101],
  ['without data sources', 201],
  ['without data sources', 301],
  ['with data sources', 401],
] as const)('violates no invariant in 100 random histories %s, from seed %d', async (what, seed) => {
  const failures = await runCampaign({ runs: 100, seed, kinds: KINDS_OF_STACKS[what] });

  expect(failures.map(describeFailure).join('\n\n')).toBe('');
});
