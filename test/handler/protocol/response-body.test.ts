import { Failure } from '../../../src/handler/failure';
import { ResourceEvent } from '../../../src/handler/protocol/event';
import { renderResponse } from '../../../src/handler/protocol/response';

const EVENT: ResourceEvent = {
  resourceType: 'Custom::ImmutaS3Integration',
  requestType: 'Update',
  responseUrl: '',
  stackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/guid',
  requestId: 'request',
  logicalId: 'SalesLake',
  physicalId: 'immuta-s3-integration/12',
  properties: {},
  oldProperties: {},
};

function renderReason(text: string, remedy: string): string {
  const body = renderResponse(EVENT, { physicalId: 'id', failure: new Failure('TIMEOUT', { text, remedy }) });
  expect(body.length).toBeLessThan(4096);
  return JSON.parse(body.toString()).Reason;
}

test('renders a success without a reason', () => {
  const body = renderResponse(EVENT, { physicalId: 'immuta-s3-integration/12', attributes: { IntegrationId: '12' } });

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
])('cuts a reason in characters %s to 4096 bytes, but not its remedy and its code', (_, character, least) => {
  const reason = renderReason(character.repeat(10_000), 'Do this');

  expect(reason.endsWith('…. Do this. [TIMEOUT]')).toBe(true);
  expect(reason.length).toBeGreaterThan(least);
  expect(reason).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
});

test('leaves room for the text and the code when a remedy is long', () => {
  const reason = renderReason('It failed', 'Do this. '.repeat(1_000));

  expect(reason).toMatch(/^It failed\. Do this\..*…\. \[TIMEOUT\]$/);
});

test('renders a reason as one paragraph', () => {
  expect(renderReason('one\n    at two\r\n\tthree ', 'Do\nthis')).toBe('one at two three. Do this. [TIMEOUT]');
});

test('fails with the same physical ID when a success is too long for CloudFormation', () => {
  const attributes = { IntegrationId: '12', IntegrationName: 'é'.repeat(2_048) };
  const body = renderResponse(EVENT, { physicalId: 'immuta-s3-integration/12', attributes });

  expect(body.length).toBeLessThan(4096);
  expect(JSON.parse(body.toString())).toMatchObject({
    Status: 'FAILED',
    PhysicalResourceId: 'immuta-s3-integration/12',
    Reason:
      'the attributes of the resource are too long for a response to CloudFormation. ' +
      'Give the integration a shorter name in Immuta, then try again. [RESPONSE_TOO_LONG]',
  });
});

test.each([[4_095, 'SUCCESS'], [4_096, 'FAILED']])('a response of %d bytes is a %s', (bytes, status) => {
  const render = (name: string) => renderResponse(EVENT, { physicalId: 'id', attributes: { IntegrationName: name } });
  const body = render('x'.repeat(bytes - render('').length));

  expect(JSON.parse(body.toString()).Status).toBe(status);
  expect(body.length).toBeLessThan(4096);
});

test('cuts a physical ID to 1024 characters', () => {
  const body = renderResponse(EVENT, { physicalId: 'x'.repeat(5_000) });

  expect(JSON.parse(body.toString()).PhysicalResourceId).toBe('x'.repeat(1024));
});
