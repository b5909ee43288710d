import { describeStackOperation, describeStackResource } from '../../../src/handler/aws/cloudformation';
import { AwsError, elements, queryXml } from '../../sandbox/aws';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

function createTools() {
  const { deadline, log } = createAwsTools(sandbox.clock);
  return { deadline: deadline.withoutRetries(), log };
}

const answer = (fields: object) =>
  sandbox.aws.route('cloudformation', async ({ operation }) => queryXml(operation, elements(fields)));
const refuse = (code: string, message: string) => sandbox.failAws('cloudformation', 400, code, message);

test('describes a resource of a stack', async () => {
  answer({
    StackResourceDetail: {
      LogicalResourceId: 'SalesLake',
      PhysicalResourceId: 'immuta-s3-integration/101',
      ResourceStatus: 'UPDATE_IN_PROGRESS',
      LastUpdatedTimestamp: '2026-11-23T04:26:00Z',
    },
  });

  expect(await describeStackResource('Lake', 'SalesLake', createTools())).toEqual({
    resourceStatus: 'UPDATE_IN_PROGRESS',
    physicalId: 'immuta-s3-integration/101',
    lastUpdatedAt: Date.parse('2026-11-23T04:26:00Z'),
  });
});

test('knows a stack without the resource', async () => {
  refuse('ValidationError', 'Resource SalesLake does not exist for stack Lake');

  expect(await describeStackResource('Lake', 'SalesLake', createTools())).toBeUndefined();
});

test.each([
  ['ValidationError', 'Rate exceeded'],
  ['InvalidClientTokenId', 'The token does not exist'],
])('fails when CloudFormation answers %s: %s', async (code, message) => {
  refuse(code, message);

  await expect(describeStackResource('Lake', 'SalesLake', createTools())).rejects.toThrow(message);
});

test.each<[string, object, string]>([
  ['its last update', { LastUpdatedTime: '2026-11-23T04:26:00Z' }, '2026-11-23T04:26:00Z'],
  ['its creation if it was never updated', {}, '2026-01-01T00:00:00Z'],
])('says that the operation of a stack began with %s', async (_, fields, startedAt) => {
  const stack = { StackName: 'Lake', StackStatus: 'CREATE_COMPLETE', CreationTime: '2026-01-01T00:00:00Z', ...fields };
  answer({ Stacks: { member: [stack] } });

  expect(await describeStackOperation('Lake', createTools())).toEqual({
    status: 'CREATE_COMPLETE',
    startedAt: Date.parse(startedAt),
  });
});

test('says which stack is the root of a nested one', async () => {
  answer({ Stacks: { member: [{ StackName: 'Lake', StackStatus: 'DELETE_IN_PROGRESS', RootId: 'Root' }] } });

  expect((await describeStackOperation('Lake', createTools())).rootId).toBe('Root');
});

test.each<[string, () => Promise<unknown>, object]>([
  [
    'DescribeStackResource',
    () => describeStackResource('Lake', 'SalesLake', createTools()),
    { StackName: 'Lake', LogicalResourceId: 'SalesLake' },
  ],
  ['DescribeStacks', () => describeStackOperation('Lake', createTools()), { StackName: 'Lake' }],
])('sends %s once, and names it when CloudFormation is out of order', async (operation, call, input) => {
  process.env.AWS_MAX_ATTEMPTS = '3'; // of the SDK
  const sent: object[] = [];
  sandbox.aws.route('cloudformation', async (request) => {
    sent.push(request.input);
    throw new AwsError(503, 'ServiceUnavailable', 'Busy.');
  });

  await expect(call()).rejects.toThrow(`CloudFormation failed to process ${operation}: ServiceUnavailable: Busy. `);
  expect(sent).toEqual([expect.objectContaining(input)]);
});
