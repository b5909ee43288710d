import { intentTagValue, readLedger } from '../../../../src/handler/integration/access-keys/ledger';

const NOW = Date.parse('2026-11-24T09:00:00Z');
const KEY = 'AKIAIOSFODNN7EXAMPLE';
const PREFIX = 'cdk-immuta-s3-integration:';
const key = (secondsAgo: number) => ({ id: KEY, createdAt: NOW - secondsAgo * 1000 });
const minting = (owner: string, secondsAgo: number): [string, string] => [`${PREFIX}minting`, `${owner} ${new Date(NOW - secondsAgo * 1000).toISOString()}`];

const read = (keys: { id: string; createdAt: number }[], ...tags: [string, string][]) => readLedger(keys, new Map(tags), ['me', 'formerly-me'], NOW);

test('a key is ours by its tag', () => {
  const tag: [string, string] = [PREFIX + KEY, 'me sent r v 2026-11-24T09:01:00.000Z'];
  expect(read([key(500)], tag)).toEqual({
    ours: [{ id: KEY, createdAt: NOW - 500_000, owner: 'me', state: 'sent', request: 'r', version: 'v', busyUntil: NOW + 60_000 }],
    foreign: [],
    mintingUntil: 0,
    strayTags: [],
    tags: [PREFIX + KEY],
  });
  expect(read([key(500)], [PREFIX + KEY, 'formerly-me held r v']).ours).toMatchObject([{ owner: 'formerly-me', state: 'held', busyUntil: 0 }]);
});

test.each<[string, [string, string][]]>([
  ['without a tag', []],
  ['with the tag of another resource, or of this one before it was retained', [[PREFIX + KEY, 'another held r v']]],
  ['with a tag that says nothing', [[PREFIX + KEY, 'me']]],
  ['with a tag of a later version of this library', [[PREFIX + KEY, 'me pondered r v']]],
  ['that another resource was minting', [minting('another', 20)]],
  ['from before an intent', [minting('me', -20)]],
  ['from long after an intent', [minting('me', 3600)]],
])('a key %s is not', (_, tags) => {
  expect(read([key(10)], ...tags)).toMatchObject({ ours: [], foreign: [KEY] });
});

test('a key without a tag is ours if it was made just after an intent of ours', () => {
  expect(read([key(10)], minting('me', 12))).toMatchObject({ ours: [{ id: KEY, owner: 'me', state: 'minted', request: '', busyUntil: NOW + 48_000 }], foreign: [] });
  expect(read([key(10)], minting('me', 5)).ours).toHaveLength(1); // by another clock
  expect(read([], minting('another', 12)).mintingUntil).toBe(NOW + 48_000);
});

test('an intent that is open goes on in the next one, for a key that is listed late, but not for ever', () => {
  const now = new Date(NOW).toISOString();
  expect(intentTagValue('me', NOW)).toBe(`me ${now} ${now}`);
  expect(intentTagValue('me', NOW, NOW - 45_000)).toBe(`me 2026-11-24T08:59:15.000Z ${now}`);
  expect(intentTagValue('me', NOW, NOW - 86_400_000)).toBe(`me 2026-11-24T08:50:00.000Z ${now}`);

  const open: [string, string] = [`${PREFIX}minting`, `me 2026-11-24T08:58:00.000Z ${now}`];
  expect(read([key(115)], open)).toMatchObject({
    ours: [{ id: KEY, busyUntil: NOW + 60_000 }], mintingSince: NOW - 120_000, mintingUntil: NOW + 60_000, strayTags: [],
  });
  expect(read([key(140)], open)).toMatchObject({ ours: [], foreign: [KEY] });
  expect(read([], minting('me', 601)).strayTags).toEqual([`${PREFIX}minting`]);
});

test('tags of keys that are gone are told from those of keys that are not listed yet, and from tags of others', () => {
  const { strayTags, tags } = read(
    [], [`${PREFIX}AKIAGONE`, 'me held r v'], [`${PREFIX}AKIANEW`, 'me minted r v 2026-11-24T09:01:00.000Z'], [`${PREFIX}AKIAOTHER`, 'another held r v'],
    ['team', 'me'], minting('me', 500),
  );
  expect(strayTags).toEqual([`${PREFIX}AKIAGONE`]);
  expect(tags).toEqual([`${PREFIX}AKIAGONE`, `${PREFIX}AKIANEW`, `${PREFIX}minting`]);
});
