import { isOfGeneration, markedName, markOf, readMark } from '../../../src/handler/integration/ownership';
import { samePath } from '../../../src/handler/location';

const LOCATION = { accountId: '111122223333', region: 'us-east-1', path: 's3://sales/curated/' };
const MARK = { owner: 'aaaaaaaaaaaa', request: 'bbbbbbbbbbbb' };

test('a mark is made of digests that anybody can compute', () => {
  // printf 'stack logical' | sha256sum; printf request | sha256sum; printf generation | sha256sum
  const event = { requestType: 'Create', stackId: 'stack', logicalId: 'logical', requestId: 'request', physicalId: '', properties: {} };
  expect(markOf(event)).toEqual({ owner: '5b040a89557e', request: '1f58b9145b24' });
  expect(markOf({ ...event, properties: { Generation: 'generation' } })).toEqual({ owner: '5b040a89557e', request: 'e661f41f58b9' });
  const update = { ...event, requestType: 'Update', physicalId: 'generation', properties: { Generation: 'another' } };
  expect(markOf(update)).toEqual({ owner: '5b040a89557e', request: 'e661f41f58b9' });
});

test('a mark tells of which generation it is', () => {
  expect(isOfGeneration({ owner: '5b040a89557e', request: 'e661f41f58b9' }, 'generation')).toBe(true);
  expect(isOfGeneration({ owner: '5b040a89557e', request: 'e661f41f58b9' }, 'another')).toBe(false);
});

test.each([
  ['sales', 'sales-aaaaaaaaaaaa-bbbbbbbbbbbb'],
  [undefined, '111122223333-us-east-1-sales-curated-aaaaaaaaaaaa-bbbbbbbbbbbb'],
  ['n'.repeat(74), `${'n'.repeat(74)}-aaaaaaaaaaaa-bbbbbbbbbbbb`],
  ['n'.repeat(200), `${'n'.repeat(74)}-aaaaaaaaaaaa-bbbbbbbbbbbb`],
])('the name of %p', (base, name) => {
  expect(markedName(base, LOCATION, MARK)).toBe(name);
  expect(name.length).toBeLessThanOrEqual(100);
  expect(readMark(name)).toEqual(MARK);
});

test.each(['sales', 'sales-aaaaaaaaaaaa', 'sales-aaaaaaaaaaaa-bbbbbbbbbbbb-copy', 'sales-AAAAAAAAAAAA-bbbbbbbbbbbb', ''])('%p has no mark', (name) => {
  expect(readMark(name)).toBeUndefined();
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
])('%p and %p are the same path: %p', (a, b, same) => {
  expect(samePath(a, b)).toBe(same);
});
