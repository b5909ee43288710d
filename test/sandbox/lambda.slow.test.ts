import { createServer, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
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

afterEach(() => lambda.close());

/** Seconds from the start, of each invocation: from, to. */
async function run(...events: object[]): Promise<(readonly [number, number])[]> {
  events.forEach((event) => lambda.invokeAsync('scripted', event));
  await scheduler.idle();
  return lambda.invocations.map(({ startedAt, endedAt }) => [(startedAt - START) / 1000, (endedAt! - START) / 1000]);
}

test('takes only virtual time to sleep and wakes sleepers in the order of their due times', async () => {
  expect(await run({ sleepMs: 600_000 }, { sleepMs: 30_000 })).toEqual([[0, 600], [0, 30]]);

  expect(lambda.invocations[0].output).toContain('runs at 2026-11-23T09:00:00.000Z');
});

describe('a request', () => {
  let server: Server;
  let onRequest: (response: ServerResponse) => void;
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  beforeEach(async () => {
    server = createServer((_, response) => onRequest(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => server.closeAllConnections());
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('takes no virtual time while a request is open', async () => {
    onRequest = (response) => setTimeout(() => response.end(), 300);

    expect(await run({ url: url(), timeoutMs: 100 })).toEqual([[0, 0]]);

    expect(lambda.invocations[0].output).toContain('200');
  });

  test('takes the timeout of a request when it is never answered, and again for the next one', async () => {
    onRequest = () => lambda.onSilence();
    await run({ url: url(), timeoutMs: 30_000 });

    expect(await run({ url: url(), timeoutMs: 20_000 })).toEqual([[0, 30], [30, 50]]);

    expect(lambda.invocations.map(({ output }) => /TimeoutError/.test(output))).toEqual([true, true]);
  });

  test('wakes no sleeper when a request is never answered', async () => {
    onRequest = () => lambda.onSilence();

    expect(await run({ url: url(), timeoutMs: 30_000 }, { sleepMs: 10_000 })).toEqual([
      [0, 30],
      [0, expect.any(Number)],
    ]);

    expect(lambda.invocations[1].error).toBeUndefined();
  });
});

test.each([
  ['throws', { fail: 'no' }, 'no', 0],
  ['exits', { exit: true }, 'Runtime exited without providing a reason', 0],
  ['hangs', { hang: true }, 'Task timed out after 900.00 seconds', 900],
])(
  'retries an event whose function %s after one and two minutes, then drops it',
  async (_how, event, error, takes) => {
    expect(await run(event)).toEqual([
      [0, takes],
      [takes + 60, 2 * takes + 60],
      [2 * takes + 180, 3 * takes + 180],
    ]);
    expect(lambda.invocations.map((invocation) => invocation.error)).toEqual([error, error, error]);
    expect(lambda.dropped).toEqual([{ event, reason: 'failed too often' }]);
  },
);

test('ends a run as instructed and retries its event', async () => {
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

test('ends every process that runs', async () => {
  scheduler.after(5_000, () => lambda.kill());

  expect(await run({ sleepMs: 10_000 })).toEqual([[0, 5], [65, 75]]);
});

test('drops an event that is too old', async () => {
  lambda.setEventInvokeConfig('scripted', { maximumRetryAttempts: 2, maximumEventAgeSeconds: 300 });

  expect(await run({ hang: true })).toEqual([[0, 900]]);

  expect(lambda.dropped).toEqual([{ event: { hang: true }, reason: 'older than the maximum event age' }]);
});

test('delivers a throttled event when a slot is free', async () => {
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
])('delivers an event as configured: %j', async (deliveries, expected) => {
  lambda.deliveries = deliveries;

  expect(await run({ sleepMs: 10_000 })).toEqual(expected);
});

test('copies a request of CloudFormation and its continuations six times at most', async () => {
  lambda.deliveries = [0, 0];

  for (let hop = 1; hop <= 10; hop++) await run({ RequestId: 'one', hop });
  await run({ RequestId: 'other' });

  expect(lambda.invocations).toHaveLength(10 + 6 + 2);
});

test('ends a chain of self-invocations after 16', async () => {
  lambda.invokeAsync('scripted', { link: 1 });
  for (let link = 2; link <= 17; link++) {
    await scheduler.idle();
    lambda.invokeAsync('scripted', { link }, keys.at(-1));
  }

  expect(lambda.invocations).toHaveLength(16);
  expect(lambda.dropped).toEqual([{ event: { link: 17 }, reason: 'recursive loop' }]);
});

test('counts an event in no chain of the process that runs it', async () => {
  await run({});
  for (let event = 1; event <= 20; event++) await run({});
  lambda.invokeAsync('scripted', {}, keys[0]);
  await scheduler.idle();

  expect(lambda.invocations).toHaveLength(22);
  expect(keys).toEqual(['key-0']);
});

/** Which event of its process each invocation was, and the access key of the process. */
const processes = () => lambda.invocations.map(({ output }) => {
  const [, event, key] = /event (\d+) of process \d+ with (\S+)/.exec(output) ?? [];
  return event && `${key}: ${event}`;
});

test('runs events in turn in one process, each with its own output', async () => {
  await run({});
  await scheduler.sleep(HOUR);
  await run({});

  expect(lambda.invocations.map(({ output }) => output)).toEqual([
    expect.stringMatching(/^runs at 2026-11-23T09:00:00.000Z\nevent 1 of process \d+ with key-0\n$/),
    expect.stringMatching(/^runs at 2026-11-23T10:00:00.000Z\nevent 2 of process \d+ with key-0\n$/),
  ]);
});

test('runs two concurrent events in two processes', async () => {
  await run({ sleepMs: 10_000 }, { sleepMs: 10_000 });
  await run({ sleepMs: 10_000 }, { sleepMs: 10_000 });

  expect(processes().sort()).toEqual(['key-0: 1', 'key-0: 2', 'key-1: 1', 'key-1: 2']);
});

test('freezes a process between two events and fires its timers afterwards', async () => {
  await run({ laterMs: 30_000 }, { laterMs: 5 });
  await scheduler.sleep(HOUR);
  await run({ sleepMs: 1_000 }, { sleepMs: 1_000 });

  const [first, second, ...thawed] = lambda.invocations.map(({ output }) => output);
  expect([first, second].filter((output) => output.includes('later'))).toEqual([]);
  expect(thawed.map((output) => /later: (.*)/.exec(output)?.[1])).toEqual([
    '2026-11-23T10:00:00.000Z',
    '2026-11-23T10:00:00.000Z',
  ]);
});

test.each<[string, object, () => void]>([
  ['exits', { exit: true }, () => {}],
  ['times out', { hang: true }, () => {}],
  ['is killed', { sleepMs: 10_000 }, () => scheduler.after(5_000, () => lambda.kill())],
  ['crashes at a line', {}, () => lambda.crashes.push(/runs at/)],
  ['runs out of memory', {}, () => lambda.crashes.push('out of memory')],
  ['cannot be loaded', {}, () => lambda.crashes.push('unable to load')],
])('does not reuse a process that %s', async (_what, event, crash) => {
  lambda.setEventInvokeConfig('scripted', { maximumRetryAttempts: 0, maximumEventAgeSeconds: 300 });
  await run({});
  crash();

  await run(event);
  await run({});

  expect(lambda.invocations.map(({ error }) => error !== undefined)).toEqual([false, true, false]);
  expect(processes()[2]).toMatch(/: 1$/);
});

test('reuses a process whose handler throws', async () => {
  lambda.setEventInvokeConfig('scripted', { maximumRetryAttempts: 0, maximumEventAgeSeconds: 300 });

  await run({ fail: 'no' });
  await run({});

  expect(processes()).toEqual(['key-0: 1', 'key-0: 2']);
});

test('starts new processes for an updated function when one is frozen or busy', async () => {
  await run({});
  lambda.register({ ...lambda.find('scripted'), environment: { VERSION: '2' } });
  scheduler.after(5_000, () => lambda.register({ ...lambda.find('scripted'), environment: { VERSION: '3' } }));

  await run({ sleepMs: 10_000 });
  await run({});

  expect(processes()).toEqual(['key-0: 1', 'key-1: 1', 'key-2: 1']);
  expect(lambda.invocations.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
});

test('runs an event that waited for an update with the new function', async () => {
  lambda.deliveries = [10_000];
  scheduler.after(5_000, () => lambda.register({ ...lambda.find('scripted'), handler: 'missing.handler' }));
  lambda.setEventInvokeConfig('scripted', { maximumRetryAttempts: 0, maximumEventAgeSeconds: 300 });

  await run({});

  expect(lambda.invocations[0].error).toMatch(/^Cannot find module .*missing/);
});

test('ends a process before its credentials expire', async () => {
  await run({});
  await scheduler.sleep(3 * HOUR);
  await run({});

  expect(processes()).toEqual(['key-0: 1', 'key-1: 1']);
});

test('starts a process for each event when a test wants cold starts', async () => {
  await run({});
  lambda.coldStarts = true;

  await run({});
  await run({});

  expect(processes()).toEqual(['key-0: 1', 'key-1: 1', 'key-2: 1']);
});

test('ends frozen and busy processes when it is closed', async () => {
  await run({}, {}, {});
  [{}, { hang: true }, { sleepMs: 10_000 }].forEach((event) => lambda.invokeAsync('scripted', event));
  await scheduler.sleep(5_000);
  const pids = new Set(lambda.invocations.map(({ output }) => Number(/of process (\d+)/.exec(output)![1])));
  expect([...pids].filter(isRunning)).toHaveLength(3);

  scheduler.stop();
  await lambda.close();

  expect([...pids].filter(isRunning)).toEqual([]);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('concurrency', () => {
  test('delays events beyond the limit of the account, with back-off', async () => {
    lambda.accountConcurrency = 1;

    expect(await run({ sleepMs: 5_000 }, { sleepMs: 5_000 })).toEqual([[0, 5], [7, 12]]);
  });

  test('gives a function the concurrency that is reserved for it', async () => {
    lambda.register({ ...lambda.find('scripted'), reservedConcurrency: 1 });
    lambda.register({
      ...lambda.find('scripted'),
      functionName: 'other',
      functionArn: 'arn:other',
      reservedConcurrency: undefined,
    });
    lambda.invokeAsync('other', { sleepMs: 5_000 });
    lambda.invokeAsync('other', { sleepMs: 5_000 });

    expect(await run({ sleepMs: 2_000 }, { sleepMs: 2_000 })).toEqual([[0, 5], [0, 5], [0, 2], [3, 5]]);
  });

  test('drops an event that waits longer than its maximum age', async () => {
    lambda.accountConcurrency = 1;
    lambda.setEventInvokeConfig('scripted', { maximumRetryAttempts: 2, maximumEventAgeSeconds: 60 });

    expect(await run({ sleepMs: 600_000 }, {})).toEqual([[0, 600]]);

    expect(lambda.dropped).toMatchObject([{ reason: 'older than the maximum event age' }]);
  });

  test.each([
    [false, 16],
    [true, 20],
  ])('ends a chain of self-invocations at 16 unless the function allows it (%s: %d)', async (allowsRecursion, runs) => {
    lambda.register({ ...lambda.find('scripted'), allowsRecursion });
    lambda.coldStarts = true;
    for (let link = 0; link < 20; link++) {
      lambda.invokeAsync('scripted', {}, keys.at(-1));
      await scheduler.idle();
    }

    expect(lambda.invocations).toHaveLength(runs);
  });
});
