import * as path from 'node:path';
import { SandboxClock } from './clock';
import { LambdaStandIn } from './lambda';
import { Scheduler } from './scheduler';

const START = Date.parse('2026-11-23T09:00:00Z');
const HOUR = 3_600_000;

let scheduler: Scheduler;
let lambda: LambdaStandIn;
/** Access keys of the invocations, in their order. */
let keys: string[];

beforeEach(() => {
  keys = [];
  scheduler = new Scheduler(new SandboxClock(START));
  lambda = new LambdaStandIn({
    scheduler,
    env: {},
    credentialsFor: () => {
      keys.push(`key-${keys.length}`);
      return { accessKeyId: keys[keys.length - 1], secretAccessKey: 'secret', sessionToken: 'token' };
    },
  });
  lambda.register({
    functionName: 'scripted',
    functionArn: 'arn:aws:lambda:us-east-1:111122223333:function:scripted',
    region: 'us-east-1',
    roleArn: 'arn:aws:iam::111122223333:role/scripted',
    codeFolder: path.join(__dirname, 'scripted-handler'),
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 900,
    memoryMb: 128,
  });
});

/** Seconds from the start, of each invocation: from, to. */
async function run(...events: object[]): Promise<(readonly [number, number])[]> {
  events.forEach((event) => lambda.invokeAsync('scripted', event));
  await scheduler.idle();
  return lambda.invocations.map(({ startedAt, endedAt }) => [(startedAt - START) / 1000, (endedAt! - START) / 1000]);
}

test('sleeping takes virtual time only, and sleepers wake in the order of their moments', async () => {
  const realStart = Date.now();

  expect(await run({ sleepMs: 600_000 }, { sleepMs: 30_000 })).toEqual([[0, 600], [0, 30]]);

  expect(Date.now() - realStart).toBeLessThan(20_000);
  expect(lambda.invocations[0].output).toContain('runs at 2026-11-23T09:00:00.000Z');
});

test.each([
  ['throws', { fail: 'no' }, 'no', 0],
  ['exits', { exit: true }, 'Runtime exited without providing a reason', 0],
  ['hangs', { hang: true }, 'Task timed out after 900.00 seconds', 900],
])('an event whose function %s is tried again after one and two minutes, then dropped', async (_how, event, error, takes) => {
  expect(await run(event)).toEqual([
    [0, takes],
    [takes + 60, 2 * takes + 60],
    [2 * takes + 180, 3 * takes + 180],
  ]);
  expect(lambda.invocations.map((invocation) => invocation.error)).toEqual([error, error, error]);
  expect(lambda.dropped).toEqual([{ event, reason: 'failed too often' }]);
});

test('a run ends as it is told to, and its event is tried again', async () => {
  lambda.crashes.push(/runs at/, 'out of memory', 'unable to load');

  await run({ sleepMs: 10_000 });

  expect(lambda.invocations.map(({ startedAt }) => (startedAt - START) / 1000)).toEqual([0, 60, 180]);
  expect(lambda.invocations.map(({ error }) => error)).toEqual([
    'Runtime exited without providing a reason',
    'Runtime exited without providing a reason',
    expect.stringMatching(/^Cannot find module .*missing/),
  ]);
  expect(lambda.invocations.map(({ output }) => /runs at/.test(output))).toEqual([true, false, false]);
});

test('all that runs can be killed', async () => {
  scheduler.after(5_000, () => lambda.kill());

  expect(await run({ sleepMs: 10_000 })).toEqual([[0, 5], [65, 75]]);
});

test('an event that is too old is dropped', async () => {
  lambda.setEventInvokeConfig('scripted', { maximumRetryAttempts: 2, maximumEventAgeSeconds: 300 });

  expect(await run({ hang: true })).toEqual([[0, 900]]);

  expect(lambda.dropped).toEqual([{ event: { hang: true }, reason: 'older than the maximum event age' }]);
});

test('a throttled event waits until there is room', async () => {
  lambda.throttled = true;
  scheduler.after(HOUR, () => { lambda.throttled = false; });

  const [[startedAt]] = await run({});

  expect(startedAt).toBeGreaterThanOrEqual(HOUR / 1000);
  expect(startedAt).toBeLessThanOrEqual(HOUR / 1000 + 300);
});

test.each<[(number | 'afterwards')[], [number, number][]]>([
  [[0, 0], [[0, 10], [0, 10]]],
  [[0, 'afterwards'], [[0, 10], [10, 20]]],
  [[0, 5_000], [[0, 10], [5, 15]]],
])('an event is delivered as asked: %j', async (deliveries, expected) => {
  lambda.deliveries = deliveries;

  expect(await run({ sleepMs: 10_000 })).toEqual(expected);
});

test('a chain of functions that invoke one another ends after 16', async () => {
  lambda.invokeAsync('scripted', { link: 1 });
  for (let link = 2; link <= 17; link++) {
    await scheduler.idle();
    lambda.invokeAsync('scripted', { link }, keys[keys.length - 1]);
  }

  expect(lambda.invocations).toHaveLength(16);
  expect(lambda.dropped).toEqual([{ event: { link: 17 }, reason: 'recursive loop' }]);
});
