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

test('violates no invariant in 500 random histories', async () => {
  const kinds = KINDS.filter((kind) => !NOT_YET.includes(kind));

  const failures = await runCampaign({ runs: 500, seed: 1, kinds });

  expect(failures.map(describeFailure).join('\n\n')).toBe('');
});
