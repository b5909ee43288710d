import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { AwsError } from '../../sandbox/aws';
import { HttpFault } from '../../sandbox/immuta';
import { HttpServer } from '../../support/http-server';
import { HandlerSandbox } from '../support/handler-sandbox';
import { FAULTS, tooMany } from '../support/network-faults';
import { carryOut, GOOD, inOrder, Operation, prepare } from '../support/operations';

// faults that remain in an Update and a Delete: network.slow.test.ts
// what takes real time, names and certificates: test/lifecycle/faults/network.slow.test.ts
let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const OPERATIONS: Operation[] = ['Create', 'Update', 'Delete'];

describe.each(FAULTS)('where $name', ({ strike, reason }) => {
  test.each(OPERATIONS)('succeeds with a %s when a fault of the network passes', async (operation) => {
    await prepare(sandbox, operation);
    strike(sandbox, 2);

    expect(await carryOut(sandbox, operation)).toEqual(GOOD[operation]);
  });

  test('fails a Create, says why and leaves nothing when a fault of the network remains', async () => {
    strike(sandbox, Infinity);

    expect(await carryOut(sandbox, 'Create')).toEqual({
      immuta: [],
      answers: ['FAILED none', 'SUCCESS none'],
      reason: expect.stringMatching(reason),
    });
  });
});

interface WriteFault {
  readonly name: string;
  readonly fault: HttpFault;
  readonly reason: RegExp;
  /** Whether a POST may have been carried out. */
  readonly mayHavePosted: boolean;
}

const WRITE_FAULTS: WriteFault[] = [
  { name: 'lost on the way', fault: { behaviour: 'reset' }, reason: /no answer from Immuta/, mayHavePosted: true },
  {
    name: 'answered 503',
    fault: { behaviour: 'answer', answer: { status: 503 } },
    reason: /Immuta answered 503/,
    mayHavePosted: true,
  },
  {
    name: 'answered in HTML',
    fault: { behaviour: 'answer', answer: { status: 200, body: '<p>' } },
    reason: /it is not JSON/,
    mayHavePosted: true,
  },
  {
    name: 'answered 429, with a Retry-After that is past',
    fault: { behaviour: 'answer', answer: tooMany('0') },
    reason: /Immuta answered 429/,
    mayHavePosted: false,
  },
  {
    name: 'answered 429, with a Retry-After of a day',
    fault: { behaviour: 'answer', answer: tooMany('86400') },
    reason: /Immuta answered 429/,
    mayHavePosted: false,
  },
];

test.each(WRITE_FAULTS)(
  'ends a Create in time, with few requests, and leaves nothing when every POST is $name',
  async ({ fault, reason, mayHavePosted }) => {
    const { immuta } = sandbox;
    immuta.faults.http({ ...fault, method: 'POST', times: Infinity });

    const id = mayHavePosted ? 'unknown/[0-9a-f]{12}' : 'none';
    expect(await carryOut(sandbox, 'Create')).toEqual({
      immuta: [],
      answers: ['FAILED', 'SUCCESS'].map((status) => expect.stringMatching(`^${status} ${id}$`)),
      reason: expect.stringMatching(reason),
    });

    const posts = immuta.requests.filter(({ method }) => method === 'POST').map(({ time }) => time);
    // the IAM propagation time-out, after which no Create posts any more
    expect(posts[posts.length - 1] - posts[0]).toBeLessThan(180_000);
    expect(posts.length).toBeLessThan(200);
  },
);

describe.each(WRITE_FAULTS.filter(({ name }) => /way|HTML/.test(name)))(
  'where every change is $name',
  ({ fault, reason }) => {
    test('fails an Update and keeps the configuration when every change is refused', async () => {
      await prepare(sandbox, 'Update');
      sandbox.immuta.faults.http({ ...fault, method: 'PUT', times: Infinity });

      expect(await carryOut(sandbox, 'Update')).toEqual({
        immuta: inOrder(101, 'sales'),
        answers: ['FAILED 101', 'SUCCESS 101'],
        reason: expect.stringMatching(reason),
      });
    });

    test('fails a Delete when every change is refused, and succeeds afterwards', async () => {
      await prepare(sandbox, 'Delete');
      sandbox.immuta.faults.http({ ...fault, method: 'DELETE', times: Infinity });

      expect(await carryOut(sandbox, 'Delete')).toEqual({
        immuta: inOrder(101, 'sales'),
        answers: ['FAILED 101'],
        reason: expect.stringMatching(reason),
      });

      sandbox.immuta.faults.clear();
      expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
    });
  },
);

test.each([302, 308])('fails a Create and does not send the key on when Immuta redirects (%p)', async (status) => {
  const followed: string[] = [];
  const elsewhere = createServer(({ method, url }, response) => {
    followed.push(`${method} ${url}`);
    response.end('[]');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/integrations`;
  // at first sight, or only when it comes to writing
  sandbox.refuse(status === 302 ? 'GET' : 'POST', status, '', {
    answer: { status, headers: { location } },
    times: Infinity,
  });

  const outcome = await carryOut(sandbox, 'Create');
  elsewhere.close();

  expect(outcome).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    reason: expect.stringMatching(
      /a redirect to 'http:\/\/127\.0\.0\.1:\d+', which the handler does not follow .*\[IMMUTA_REDIRECTS\]$/,
    ),
  });
  expect(followed).toEqual([]);
});

test.each([
  ['Update', 'PUT', 307],
  ['Delete', 'DELETE', 308],
] as const)('does not send the key on when a redirect answers the %s', async (operation, method, status) => {
  await prepare(sandbox, operation);
  sandbox.refuse(method, status, '', {
    answer: { status, headers: { location: 'http://127.0.0.1:9/integrations/101' } },
  });

  expect(await carryOut(sandbox, operation)).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: operation === 'Update' ? ['FAILED 101', 'SUCCESS 101'] : ['FAILED 101'],
    reason: expect.stringMatching(/a redirect to 'http:\/\/127\.0\.0\.1:9', which the handler does not follow/),
  });
});

const SERVICES = [
  {
    name: 'Secrets Manager',
    service: 'secretsmanager',
    error: new AwsError(500, 'InternalServiceError', 'Try later.'),
    reason:
      new RegExp(
        String.raw`AWS Secrets Manager failed to process GetSecretValue of '.*': InternalServiceError: Try ` +
          String.raw`later\. Try again .*\[AWS_UNAVAILABLE\]$`,
      ),
  },
  {
    name: 'S3 Access Grants',
    service: 's3-control',
    error: new AwsError(503, 'SlowDown', 'Reduce your request rate.'),
    reason:
      new RegExp(
        String.raw`S3 Access Grants of account .* failed to process ListAccessGrantsLocations: SlowDown: Reduce ` +
          String.raw`your request rate\. .*\[AWS_UNAVAILABLE\]$`,
      ),
  },
];

describe.each(SERVICES)('where $name is out of order', ({ service, error, reason }) => {
  /** Fails every request for some virtual seconds from the first request of the handler on. */
  function breakDown(seconds: number): void {
    const { aws, clock } = sandbox;
    let endsAt: number | undefined;
    aws.route(service, async (request, next) => {
      endsAt ??= clock.now() + seconds * 1000;
      if (clock.now() < endsAt) throw error;
      return next(request);
    });
  }

  test.each(OPERATIONS)('succeeds with a %s when the outage takes a minute', async (operation) => {
    await prepare(sandbox, operation);
    breakDown(60);

    expect(await carryOut(sandbox, operation)).toEqual(GOOD[operation]);
  });

  test('fails a Create in minutes, says why and leaves nothing when the outage remains', async () => {
    const start = sandbox.clock.now();
    breakDown(Infinity);

    expect(await carryOut(sandbox, 'Create')).toEqual({
      immuta: [],
      answers: ['FAILED none', 'SUCCESS none'],
      reason: expect.stringMatching(reason),
    });

    // the Delete that follows takes no time
    expect(sandbox.clock.now() - start).toBeLessThan(4 * 60_000);
  });
});

test('names the service and its Region when Secrets Manager refuses connections', async () => {
  const closed = await HttpServer.start(() => undefined);
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = closed.url;
  await closed.close();

  expect((await sandbox.create()).Reason).toMatch(
    new RegExp(
      String.raw`^no answer from AWS Secrets Manager in us-east-1 to GetSecretValue of '\S+': connect ` +
        String.raw`ECONNREFUSED \S+\. Check .*\[AWS_NOT_REACHABLE\]$`,
    ),
  );
  expect(sandbox.countImmutaCalls('POST')).toBe(0);
});
