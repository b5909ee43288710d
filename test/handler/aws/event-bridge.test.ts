import { putEvents } from '../../../src/handler/aws/event-bridge';
import { json } from '../../sandbox/aws';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

const BUS = 'arn:aws:events:us-east-1:111122223333:event-bus/default';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = sandbox.aws.url;
});
afterEach(() => sandbox.close());

/** The sizes of the requests that put so many events. */
async function putMany(count: number, answer: object = { Entries: [], FailedEntryCount: 0 }): Promise<number[]> {
  const sizes: number[] = [];
  sandbox.aws.route('events', async ({ input }) => {
    sizes.push(input.Entries.length);
    return json(answer);
  });
  const event = { source: 'acme', detailType: 'Test', detail: { number: 1 } };
  await putEvents(BUS, Array(count).fill(event), createAwsTools(sandbox.clock));
  return sizes;
}

test.each([
  [0, []],
  [1, [1]],
  [10, [10]],
  [11, [10, 1]],
])('puts %i events with requests of at most ten', async (count, sizes) => {
  expect(await putMany(count)).toEqual(sizes);
});

test('fails when EventBridge does not accept one of the events', async () => {
  const Entries = [{ EventId: '1' }, { ErrorCode: 'InternalFailure', ErrorMessage: 'Try later' }];

  await expect(putMany(2, { Entries, FailedEntryCount: 1 })).rejects.toThrow(
    /^EventBridge refused PutEvents: InternalFailure: Try later\. .*\[AWS_REQUEST_REFUSED\]$/,
  );
});

test('puts the other events before it fails when EventBridge does not accept one', async () => {
  const sizes: number[] = [];
  sandbox.aws.route('events', async ({ input }) => {
    sizes.push(input.Entries.length);
    return json({ Entries: sizes.length === 1 ? [{ ErrorCode: 'InternalFailure' }] : [{ EventId: '1' }] });
  });
  const event = { source: 'acme', detailType: 'Test', detail: {} };

  await expect(putEvents(BUS, Array(25).fill(event), createAwsTools(sandbox.clock))).rejects.toThrow(/InternalFailure/);
  expect(sizes).toEqual([10, 10, 5]);
});

test('fails when EventBridge is out of order', async () => {
  sandbox.failAws('events', 503, 'ServiceUnavailable', 'Busy.');

  await expect(
    putEvents(BUS, [{ source: 'acme', detailType: 'Test', detail: {} }], createAwsTools(sandbox.clock)),
  ).rejects.toThrow(/^EventBridge failed to process PutEvents: ServiceUnavailable: Busy\. .*\[AWS_UNAVAILABLE\]$/);
});
