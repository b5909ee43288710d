import { describeFailure, runCampaign } from './campaign';
import { Kind, KINDS } from './generate';

const without = (...excluded: readonly Kind[]) => KINDS.filter((kind) => !excluded.includes(kind));

/** docs/internals/reliability.md names what each of them leaves out, and why. */
const NOT_CANCELLED = without('duplicates', 'neighbours', 'data sources');
const CANCELLED = without(
  'duplicates',
  'imported roles',
  'ignored fields',
  'error ends',
  'cleanup shows deleted',
  'managed keys',
  'rotations',
  'data sources',
);
/** What can interrupt a change of data sources. */
const WITH_DATA_SOURCES: Kind[] = [
  'data sources',
  'neighbours',
  'no rollback',
  'replacements',
  'faults',
  'kills',
  'late deliveries',
  'read lag',
];

test.each([
  ['without cancelled operations', 1, NOT_CANCELLED],
  ['without cancelled operations', 101, NOT_CANCELLED],
  ['without cancelled operations', 201, NOT_CANCELLED],
  ['with cancelled operations', 301, CANCELLED],
  ['with cancelled operations', 401, CANCELLED],
  ['with data sources', 501, WITH_DATA_SOURCES],
])('violates no invariant in 100 random histories %s, from seed %d', async (_what, seed, kinds) => {
  const failures = await runCampaign({ runs: 100, seed, kinds });

  expect(failures.map(describeFailure).join('\n\n')).toBe('');
});
