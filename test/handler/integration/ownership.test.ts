import { IntegrationRecord } from '../../../src/handler/immuta/client';
import {
  buildName, deriveOwnership, isCreatedBy, isOfGeneration, isOfResource, isOurs, isOwnedBy, parseOwnership,
} from '../../../src/handler/integration/ownership';
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
    properties: { Generation: 'generation' },
  };
  expect(deriveOwnership(event)).toEqual({ owner: '5b040a89557e', createdBy: 'e661f41f58b9' });
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
  'salesaaaaaaaaaaaa-bbbbbbbbbbbb',
  'sales-aaaaaaaaaaaabbbbbbbbbbbb',
  'sales-aaaaaaaaaaaa-bbbbbbbbbbb',
  'sales-aaaaaaaaaaaa-bbbbbbbbbbbb-',
])('%p, which is nearly a name of ours, names no owner', (name) => {
  expect(parseOwnership(name)).toBeUndefined();
});

test.each([
  ['a name that has hyphens where it is cut', `${'n'.repeat(70)}----more`, 'n'.repeat(70)],
  ['a name with a hyphen inside', 'sales-2026', 'sales-2026'],
])('builds the name of %s', (_, base, beginning) => {
  expect(buildName(base, LOCATION, OWNERSHIP)).toBe(`${beginning}-aaaaaaaaaaaa-bbbbbbbbbbbb`);
});

test('builds a name without repeated hyphens from a path', () => {
  const location = { ...LOCATION, path: 's3://sales_2026/s3://x.y//z' };
  expect(buildName('', location, OWNERSHIP)).toBe(
    '111122223333-us-east-1-sales-2026-s3-x.y-z-aaaaaaaaaaaa-bbbbbbbbbbbb',
  );
});

const NAME = 'sales-aaaaaaaaaaaa-bbbbbbbbbbbb';

test('a name belongs to its owner alone', () => {
  expect(isOwnedBy(NAME, 'aaaaaaaaaaaa')).toBe(true);
  expect(isOwnedBy(NAME, 'bbbbbbbbbbbb')).toBe(false);
  expect(isOwnedBy('sales', 'aaaaaaaaaaaa')).toBe(false);
});

test('a name was created by an event only if both halves agree', () => {
  expect(isCreatedBy(NAME, OWNERSHIP)).toBe(true);
  expect(isCreatedBy(NAME, { ...OWNERSHIP, owner: 'cccccccccccc' })).toBe(false);
  expect(isCreatedBy(NAME, { ...OWNERSHIP, createdBy: 'cccccccccccc' })).toBe(false);
  expect(isCreatedBy('sales', OWNERSHIP)).toBe(false);
});

describe('whether a record is ours', () => {
  // printf 'immuta-s3-integration/101' | sha256sum
  const RECREATED = 'sales-cccccccccccc-c0abdcbbbbbb';
  const LOCATION_ROLE = 'arn:aws:iam::111122223333:role/location';
  const request = {
    ownership: OWNERSHIP,
    physicalId: { text: 'immuta-s3-integration/101' },
    location: LOCATION,
    locationRoleArn: LOCATION_ROLE,
  };
  const record = { id: '101', name: NAME, location: LOCATION, locationRoleArn: LOCATION_ROLE } as IntegrationRecord;

  test.each([
    ['it has the owner of the resource', NAME, true],
    ['an update of the resource recreated it under another logical ID', RECREATED, true],
    ['it has another owner', 'sales-cccccccccccc-bbbbbbbbbbbb', false],
    ['its name names no owner', 'sales', false],
  ])('%s', (_, name, expected) => {
    expect(isOfResource(name, request)).toBe(expected);
    expect(isOurs({ ...record, name }, request)).toBe(expected);
  });

  test('it is not if another resource that created nothing has the same physical ID', () => {
    // printf 'immuta-s3-integration/none' | sha256sum
    const none = { ...request, physicalId: { text: 'immuta-s3-integration/none' } };
    expect(isOfResource('sales-cccccccccccc-5169cdbbbbbb', none)).toBe(false);
  });

  test.each([
    ['path', { location: { ...LOCATION, path: 's3://sales/other/' } }],
    ['account', { location: { ...LOCATION, accountId: '444455556666' } }],
    ['Region', { location: { ...LOCATION, region: 'eu-west-1' } }],
    ['location role', { locationRoleArn: 'arn:aws:iam::111122223333:role/other' }],
  ])('it is not if it has another %s', (_, other) => {
    expect(isOurs({ ...record, ...other }, request)).toBe(false);
  });
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
