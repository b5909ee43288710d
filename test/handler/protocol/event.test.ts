import { parseEvent, parseStackName } from '../../../src/handler/protocol/event';

const EMPTY = {
  requestType: '',
  resourceType: '',
  responseUrl: '',
  stackId: '',
  requestId: '',
  logicalId: '',
  physicalId: '',
  properties: {},
  oldProperties: {},
};

test('parses an event of CloudFormation', () => {
  const event = {
    RequestType: 'Update',
    ResourceType: 'Custom::ImmutaS3Integration',
    ResponseURL: 'https://example.com/',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'SalesLake',
    PhysicalResourceId: 'immuta-s3-integration/12',
    ResourceProperties: { Text: 'a', Number: 7, Flag: true, List: ['x'], Nothing: null },
    OldResourceProperties: { Text: 'b' },
  };

  expect(parseEvent(event)).toEqual({
    requestType: 'Update',
    resourceType: 'Custom::ImmutaS3Integration',
    responseUrl: 'https://example.com/',
    stackId: 'stack',
    requestId: 'request',
    logicalId: 'SalesLake',
    physicalId: 'immuta-s3-integration/12',
    properties: { Text: 'a', Number: '7', Flag: 'true', List: undefined, Nothing: undefined },
    oldProperties: { Text: 'b' },
  });
});

test.each([[undefined], [null], ['text'], [{}], [{ RequestType: {}, StackId: [], ResourceProperties: 'x' }]])(
  'has empty fields when an event is %j',
  (event) => {
    expect(parseEvent(event)).toEqual(EMPTY);
  },
);

test('returns the name of a stack, or what there is instead', () => {
  expect(parseStackName('arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/4ae3a5a0')).toBe('Lake');
  expect(parseStackName('Lake')).toBe('Lake');
});
