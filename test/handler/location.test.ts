import {
  describeLocation, isSameLocation, isSameLocationExceptSlash, isSamePath, isSamePathExceptSlash,
} from '../../src/handler/location';

// as a user writes it, and as S3 Access Grants may
test.each([
  ['s3://b/x/', 's3://b/x'],
  ['s3://b/x', 's3://b/x/'],
  ['s3://b/x/', 's3://b/x/*'],
  ['s3://b/x', 's3://b/x*'],
  ['s3://b/', 's3://b'],
  ['s3://b/', 's3://b/*'],
  ['s3://', 's3://'],
  ['s3://', 's3://*'],
])('accepts %s when it is written as %s', (path, scope) => {
  expect(isSamePathExceptSlash(path, scope)).toBe(true);
});

test.each([
  ['s3://b/x/', 's3://b/y/'],
  ['s3://b/x/', 's3://b/xy'],
  ['s3://b/x/', 's3://b/'],
  ['s3://b/', 's3://'],
  ['s3://b/', 's3://bb/'],
  ['s3://b/ac/', 's3://b/a*c/'],
])('distinguishes %s from %s', (path, scope) => {
  expect(isSamePathExceptSlash(path, scope)).toBe(false);
});

test.each([
  ['s3://sales', 's3://sales/', true],
  ['s3://sales/*', 's3://sales', true],
  ['s3://sales/x/', 's3://sales/x', false],
  ['s3://sales/s3://x/', 's3://sales/s3://x', false],
])('compares the path %s with %s for Immuta: %p', (path, scope, expected) => {
  expect(isSamePath(path, scope)).toBe(expected);
});

const LOCATION = { accountId: '111122223333', region: 'us-east-1', path: 's3://b/x/' };

test.each([
  [{}, true, true],
  [{ path: 's3://b/x/*' }, true, true],
  [{ path: 's3://b/x' }, false, true],
  [{ path: 's3://b/y/' }, false, false],
  [{ accountId: '444455556666' }, false, false],
  [{ region: 'eu-west-1' }, false, false],
])('compares a location with one that has %j: %p, except for a slash: %p', (fields, isSame, isSameExceptSlash) => {
  const other = { ...LOCATION, ...fields };
  expect([isSameLocation(LOCATION, other), isSameLocationExceptSlash(LOCATION, other)])
    .toEqual([isSame, isSameExceptSlash]);
});

test('names the path, the account and the Region of a location', () => {
  expect(describeLocation(LOCATION)).toBe("'s3://b/x/' in account 111122223333, us-east-1");
});
