import { buildName, isOfGeneration, deriveOwnership, parseOwnership } from '../../../src/handler/integration/ownership';
import { isSamePath } from '../../../src/handler/location';

const LOCATION = { accountId: '111122223333', region: 'us-east-1', path: 's3://sales/curated/' };
const OWNERSHIP = { owner: 'aaaaaaaaaaaa', createdBy: 'bbbbbbbbbbbb' };

test('derives the ownership from digests that a user can compute', () => {
  // printf 'stack logical' | sha256sum; printf request | sha256sum; printf generation | sha256sum
  const event = {
    requestType: 'Create',
    stackId: 'stack',
    logicalId: 'logical',
    requestId: 'request',
    physicalId: '',
    properties: {},
  };
  expect(deriveOwnership(event)).toEqual({ owner: '5b040a89557e', createdBy: '1f58b9145b24' });
  expect(deriveOwnership({ ...event, properties: { Generation: 'generation' } })).toEqual({
    owner: '5b040a89557e',
    createdBy: 'e661f41f58b9',
  });
  const update = { ...event, requestType: 'Update', physicalId: 'generation', properties: { Generation: 'another' } };
  expect(deriveOwnership(update)).toEqual({ owner: '5b040a89557e', createdBy: 'e661f41f58b9' });
});

test('derives the first half of `createdBy` from the generation', () => {
  expect(isOfGeneration({ owner: '5b040a89557e', createdBy: 'e661f41f58b9' }, 'generation')).toBe(true);
  expect(isOfGeneration({ owner: '5b040a89557e', createdBy: 'e661f41f58b9' }, 'another')).toBe(false);
});

test.each([
  ['sales', 'sales-aaaaaaaaaaaa-bbbbbbbbbbbb'],
  [undefined, '111122223333-us-east-1-sales-curated-aaaaaaaaaaaa-bbbbbbbbbbbb'],
  ['n'.repeat(74), `${'n'.repeat(74)}-aaaaaaaaaaaa-bbbbbbbbbbbb`],
  ['n'.repeat(200), `${'n'.repeat(74)}-aaaaaaaaaaaa-bbbbbbbbbbbb`],
])('builds the name of an integration from %p', (base, name) => {
  expect(buildName(base, LOCATION, OWNERSHIP)).toBe(name);
  expect(name.length).toBeLessThanOrEqual(100);
  expect(parseOwnership(name)).toEqual(OWNERSHIP);
});

test.each([
  'sales',
  'sales-aaaaaaaaaaaa',
  'sales-aaaaaaaaaaaa-bbbbbbbbbbbb-copy',
  'sales-AAAAAAAAAAAA-bbbbbbbbbbbb',
  '',
])('finds no owner in the name %p', (name) => {
  expect(parseOwnership(name)).toBeUndefined();
});

test.each([
  ['s3://sales/', 's3://sales', true],
  ['s3://sales', 's3://sales/*', true],
  ['s3://sales/x', 's3://sales/x*', true],
  ['s3://sales/x/', 's3://sales/x/*', true],
  ['s3://sales/x', 's3://sales/x/', false],
  ['s3://sales/x', 's3://sales/x/*', false],
  ['s3://sales/x*', 's3://sales/x**', false],
  ['s3://', 's3://*', true],
  ['s3://', 's3://', true],
  ['s3://sales', 's3://sale', false],
  ['s3://sales/x', 's3://sales/X', false],
  ['s3://', 's3://sales', false],
])('decides whether %p and %p are the same path: %p', (a, b, same) => {
  expect(isSamePath(a, b)).toBe(same);
});
