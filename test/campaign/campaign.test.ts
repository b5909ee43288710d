import { describeFailure, runCampaign } from './campaign';
import { Kind, KINDS } from './generate';

const WITHOUT_DATA_SOURCES = KINDS.filter((kind) => kind !== 'data sources');
const WITH_DATA_SOURCES: readonly Kind[] = [
  'data sources',
  'other resources',
  'no rollback',
  'replacements',
  'faults',
  'kills',
  'late deliveries',
  'read lag',
];

test.each([
  ['without data sources', 1, WITHOUT_DATA_SOURCES],
  ['without data sources', 101, WITHOUT_DATA_SOURCES],
  ['without data sources', 201, WITHOUT_DATA_SOURCES],
  ['without data sources', 301, WITHOUT_DATA_SOURCES],
  ['with data sources', 401, WITH_DATA_SOURCES],
])('violates no invariant in 100 random histories %s, from seed %d', async (_what, seed, kinds) => {
  const failures = await runCampaign({ runs: 100, seed, kinds });

  expect(failures.map(describeFailure).join('\n\n')).toBe('');
});
