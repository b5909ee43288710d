import {
  findIntegrationId, isChosenByCloudFormation, parsePhysicalId,
} from '../../../src/handler/integration/physical-id';

test.each([
  ['immuta-s3-integration/none', { kind: 'none' }],
  ['immuta-s3-integration/101', { kind: 'integration', integrationId: '101' }],
  ['immuta-s3-integration/a_b-9', { kind: 'integration', integrationId: 'a_b-9' }],
  ['immuta-s3-integration/101/adopted', { kind: 'adopted', integrationId: '101' }],
  ['immuta-s3-integration/unknown', { kind: 'unknown' }],
  ['immuta-s3-integration/unknown/3098ca9c09a0', { kind: 'unknown', createdBy: '3098ca9c09a0' }],
])('parses %s', (text, expected) => {
  expect(parsePhysicalId(text)).toEqual({ text, ...expected });
});

test.each([
  ['one that CloudFormation invented', 'Lake-SalesLake-1F2E3D4C5B6A'],
  ['a longer ID than Immuta gives', `immuta-s3-integration/${'1'.repeat(65)}`],
  ['another suffix', 'immuta-s3-integration/101/imported'],
  ['text before it', 'x immuta-s3-integration/101'],
  ['text after it', 'immuta-s3-integration/101 x'],
  ['a mark that is too short', 'immuta-s3-integration/unknown/3098ca'],
])('takes for unknown %s', (_, text) => {
  expect(parsePhysicalId(text)).toEqual({ text, kind: 'unknown', createdBy: undefined });
});

test('finds the ID of an integration that was created or adopted', () => {
  const find = (text: string) => findIntegrationId(parsePhysicalId(text));
  expect(find('immuta-s3-integration/101')).toBe('101');
  expect(find('immuta-s3-integration/101/adopted')).toBe('101');
  expect(find('immuta-s3-integration/none')).toBeUndefined();
  expect(find('immuta-s3-integration/unknown')).toBeUndefined();
});

test.each([
  ['Lake-SalesLake-1F2E3D4C5B6A', true],
  ['immuta-s3-integration/101', false],
  ['immuta-s3-integration/unknown', false],
  ['', false], // the resource has none yet
])('decides whether CloudFormation chose %p: %p', (text, expected) => {
  expect(isChosenByCloudFormation(text)).toBe(expected);
});
