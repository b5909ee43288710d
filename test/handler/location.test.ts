import { isSamePath, isSamePathExceptSlash } from '../../src/handler/location';

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

test('distinguishes paths for Immuta by the slash at the end of a prefix', () => {
  expect(isSamePath('s3://b/x/', 's3://b/x')).toBe(false);
});
