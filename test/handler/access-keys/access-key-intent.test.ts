import {
  createIntent,
  isCreatedUnder,
  isCurrent,
  isExpired,
  parseIntents,
} from '../../../src/handler/access-keys/access-key-intent';

// which keys a run may have created that could not store them: all others belong to another owner

const NOW = 1_000_000;
const EXISTING = { accessKeyId: 'AKIAEXISTING00000001', secretAccessKey: 'a-secret-of-forty-characters' };
const OTHER = { accessKeyId: 'AKIAEXISTING00000002', secretAccessKey: 'another-secret-of-forty-characters' };
const intent = createIntent('sales,readers', [EXISTING, OTHER], NOW);

test('records the user, its keys and the time in a tag, without a comma and without a secret', () => {
  expect(intent.tag).toMatch(/^cdk-immuta-s3-integration:creating-1000000-[0-9a-f]{8}$/);
  expect(intent.value).toBe('sales/readers AKIAEXISTING00000001 AKIAEXISTING00000002');
});

test('gives each run another tag', () => {
  expect(createIntent('sales,readers', [], NOW).tag).not.toBe(createIntent('sales,readers', [], NOW).tag);
});

test('parses what it has recorded, and no other tag', () => {
  const tags = new Map([['team', 'sales'], [intent.tag, intent.value], ['cdk-immuta-s3-integration:other', 'x']]);

  expect(parseIntents(tags)).toEqual([
    { tag: intent.tag, value: intent.value, userName: 'sales,readers', recordedAt: 1_000_000 },
  ]);
});

// a run creates the key 10 to 40 seconds later, IAM shows whole seconds, and the clocks may differ
test.each([
  [-86_400_000, false],
  [0, false],
  [5_000, false],
  [6_000, true],
  [10_000, true],
  [54_000, true],
  [55_000, false],
  [86_400_000, false],
])('a key that is created %p ms later is of the run: %p', (ms, expected) => {
  expect(isCreatedUnder(intent, { accessKeyId: 'AKIANEW0000000000001', createdAt: NOW + ms })).toBe(expected);
});

test.each([EXISTING, OTHER])('a key that existed before is not of the run, whatever its time', ({ accessKeyId }) => {
  expect(isCreatedUnder(intent, { accessKeyId, createdAt: NOW + 10_000 })).toBe(false);
});

test.each([
  [30_000, true],
  [30_001, false],
])('a run may request a key %p ms later: %p', (ms, expected) => {
  expect(isCurrent(intent, NOW + ms)).toBe(expected);
});

test.each([
  [90_000, false],
  [90_001, true],
])('the run has stored its key or lost it %p ms later: %p', (ms, expected) => {
  expect(isExpired(intent, NOW + ms)).toBe(expected);
});
