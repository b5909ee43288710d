import { answerBody } from '../../../src/handler/protocol/answer';
import { ResourceEvent } from '../../../src/handler/protocol/event';

const EVENT: ResourceEvent = {
  requestType: 'Update',
  responseUrl: '',
  stackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/guid',
  requestId: 'request',
  logicalId: 'SalesLake',
  physicalId: 'immuta-s3-integration/12',
  properties: {},
  oldProperties: {},
};

test('a success has no reason', () => {
  const body = answerBody(EVENT, { status: 'SUCCESS', physicalId: 'immuta-s3-integration/12', attributes: { IntegrationId: '12' } });

  expect(JSON.parse(body.toString())).toEqual({
    Status: 'SUCCESS',
    PhysicalResourceId: 'immuta-s3-integration/12',
    StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/guid',
    RequestId: 'request',
    LogicalResourceId: 'SalesLake',
    Data: { IntegrationId: '12' },
  });
});

test.each([
  ['of one byte each', 'a', 3_600],
  ['of three bytes', '鉄', 1_200],
  ['of four bytes and two code units', '🪣', 1_600],
  ['that JSON escapes', '"', 1_800],
  ['that JSON writes in six bytes', '\u0001', 600],
])('a reason in characters %s is cut to 4096 bytes, and its advice is not', (_, character, least) => {
  const body = answerBody(EVENT, { status: 'FAILED', physicalId: 'id', reason: character.repeat(10_000), advice: 'do this' });

  expect(body.length).toBeLessThan(4096);
  const { Reason: reason } = JSON.parse(body.toString());
  expect(reason.endsWith('…; do this')).toBe(true);
  expect(reason.length).toBeGreaterThan(least);
  expect(reason).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
});

test('a reason is one paragraph', () => {
  const body = answerBody(EVENT, { status: 'FAILED', physicalId: 'id', reason: 'one\n    at two\r\n\tthree ' });

  expect(JSON.parse(body.toString()).Reason).toBe('one at two three');
});
