import { describeFailure, runCampaign } from './campaign';
import { Kind, KINDS } from './generate';

/** The handler does not handle these kinds of events yet. */
const NOT_YET: readonly Kind[] = [
  'neighbours',
  'kills',
  'duplicates',
  'late deliveries',
  'throttling',
  'read lag',
  'managed keys',
  'rotations',
  'no CloudFormation',
  'late CloudFormation',
  'unsettled ends',
];

test.each([1, 101, 201, 301, 401])('violates no invariant in 100 random histories from seed %d', async (seed) => {
  const kinds = KINDS.filter((kind) => !NOT_YET.includes(kind));

  const failures = await runCampaign({ runs: 100, seed, kinds });

  expect(failures.map(describeFailure).join('\n\n')).toBe('');
});
