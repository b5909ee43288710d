import { ServerResponse } from 'node:http';
import { callAws } from '../../../src/handler/aws/call';
import { secretsManagerSdk } from '../../../src/handler/aws/sdk';
import { Failure } from '../../../src/handler/failure';
import { Deadline, OutOfTime } from '../../../src/handler/runtime/deadline';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer, sendJson } from '../../support/http-server';
import { TestClock } from '../support/test-clock';

let server: HttpServer;
let replies: ((response: ServerResponse) => void)[];
let clock: TestClock;

beforeEach(async () => {
  replies = [];
  clock = new TestClock();
  server = await HttpServer.start((_, response) =>
    (replies.shift() ?? ((each: ServerResponse) => sendJson(each, 200, { SecretString: 'text' })))(response),
  );
});
afterEach(() => server.close());

const variables = { ...process.env };
beforeEach(() => {
  process.env.AWS_REGION = 'us-east-1';
});
afterEach(() => {
  process.env = { ...variables };
});

const error = (status: number, type: string, message: string) => (response: ServerResponse) =>
  sendJson(response, status, { __type: type, message }, { 'x-amzn-errortype': type });
const page = (status: number) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Blocked</html>');
};

interface Limits {
  readonly outageMs?: number;
  readonly leftMs?: number;
  readonly url?: string;
  readonly timeoutMs?: number;
  readonly beforeAttempt?: (attempt: number, seen?: string) => Promise<void>;
}

function call({ outageMs, leftMs = 600_000, url = server.url, ...more }: Limits = {}): Promise<string | undefined> {
  const { SecretsManagerClient, GetSecretValueCommand } = secretsManagerSdk();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const service = {
    name: 'AWS Secrets Manager',
    createClient: () => new SecretsManagerClient({ region: 'us-east-1', endpoint: url, credentials, maxAttempts: 1 }),
  };
  const end = clock.now() + leftMs;
  const limits = { handOverAt: end, giveUpAt: end, iamPropagationEndsAt: clock.now() + 30_000, creationEndsAt: end };
  const deadline = new Deadline(clock, limits, outageMs);
  const log = createLog({ clock, redaction: new Redaction(), write: () => undefined });
  return callAws(
    service,
    { operation: 'GetSecretValue', deadline, log, ...more },
    async (client, options) =>
      (await client.send(new GetSecretValueCommand({ SecretId: 'any' }), options)).SecretString,
  );
}

const failureOf = (called: Promise<unknown>): Promise<Failure> =>
  called.then(
    () => Promise.reject(new Error('it succeeded')),
    (failure) => failure,
  );

test.each([
  ['is denied', error(400, 'AccessDeniedException', 'You may not.'), 2],
  ['is throttled', error(400, 'ThrottlingException', 'Slow down.'), 3],
  ['meets a broken service', error(500, 'InternalServiceError', 'Try later.'), 5],
  [
    'has no response',
    (response: ServerResponse) => {
      response.destroy();
    },
    4,
  ],
])('retries a call of AWS that %s', async (_, reply, times) => {
  replies = Array(times).fill(reply);

  await expect(call()).resolves.toBe('text');
  expect(server.requests).toHaveLength(times + 1);
  expect(clock.sleeps.slice(0, 2)).toEqual([3_000, 4_500]);
});

test('does not retry a call of AWS that is refused', async () => {
  replies = [error(400, 'ResourceNotFoundException', 'There is none.')];

  expect((await failureOf(call())).message).toBe(
    'AWS Secrets Manager refused GetSecretValue: ResourceNotFoundException: There is none. ' +
      'Remove the cause that AWS names, then try again. [AWS_REQUEST_REFUSED]',
  );
  expect(server.requests).toHaveLength(1);
});

test('retries denials only while IAM may still be propagating', async () => {
  replies = Array(100).fill(error(400, 'AccessDeniedException', 'You may not.'));
  const start = clock.now();

  expect((await failureOf(call())).message).toMatch(
    /^AWS Secrets Manager denied GetSecretValue: AccessDeniedException: You may not\. .*\[AWS_ACCESS_DENIED\]$/,
  );
  expect(clock.now() - start).toBeLessThanOrEqual(30_000);
});

test('retries a call during an outage of AWS for two minutes', async () => {
  replies = Array(100).fill(error(503, 'ServiceUnavailable', 'Busy.'));
  const start = clock.now();

  expect((await failureOf(call())).message).toMatch(
    /^AWS Secrets Manager failed to process GetSecretValue: ServiceUnavailable: Busy\. .*\[AWS_UNAVAILABLE\]$/,
  );
  expect(clock.now() - start).toBeLessThanOrEqual(120_000);
  expect(clock.now() - start).toBeGreaterThan(110_000);
});

test.each([[200], [403], [503]])(
  'explains a page of HTML with status %p without the words of the SDK',
  async (status) => {
    replies = Array(100).fill(page(status));
    const { message } = await failureOf(call({ outageMs: 0 }));

    expect(message).toBe(
      `no answer from AWS Secrets Manager in us-east-1 to GetSecretValue: the response with HTTP status ${status} ` +
        'does not come from AWS. ' +
        'Check that the handler function can reach the service (VPC endpoint, NAT gateway, security group), then try ' +
          'again. [AWS_NOT_REACHABLE]',
    );
  },
);

test('names the proxy when it refuses a call', async () => {
  replies = [page(407)];

  expect((await failureOf(call({ outageMs: 0 }))).message).toMatch(
    /^the proxy refused the connection to AWS Secrets Manager: .*\[PROXY_REFUSED\]$/,
  );
});

test('explains a refused connection', async () => {
  const closed = await HttpServer.start(() => undefined);
  const { url } = closed;
  await closed.close();

  expect((await failureOf(call({ outageMs: 0, url }))).message).toMatch(
    new RegExp(
      String.raw`^no answer from AWS Secrets Manager in us-east-1 to GetSecretValue: connect ECONNREFUSED ` +
        String.raw`127\.0\.0\.1:\d+\. .* \(VPC endpoint, NAT gateway, security group\), .*\[AWS_NOT_REACHABLE\]$`,
    ),
  );
});

test('names the security groups of a function in a VPC that finds no service', async () => {
  process.env.SECURITY_GROUP_IDS = 'sg-1,sg-2';

  expect((await failureOf(call({ outageMs: 0, url: 'http://secretsmanager.invalid' }))).message).toMatch(
    new RegExp(
      String.raw`^no answer from AWS Secrets Manager in us-east-1 to GetSecretValue: getaddrinfo \S+ ` +
        String.raw`secretsmanager\.invalid\. Check that the handler function can reach the service \(VPC endpoint ` +
        String.raw`or NAT gateway, security group sg-1, sg-2\), then try again\. \[AWS_NOT_REACHABLE\]$`,
    ),
  );
});

test('explains a service that does not answer in time', async () => {
  replies = [() => undefined];

  expect((await failureOf(call({ outageMs: 0, timeoutMs: 50 }))).message).toMatch(
    /^no answer from AWS Secrets Manager in us-east-1 to GetSecretValue: it took too long\. .*\[AWS_NOT_REACHABLE\]$/,
  );
});

test('ends a call when there is no time for the pause, and says what was last seen', async () => {
  replies = [error(500, 'InternalServiceError', 'Try later.')];

  await expect(call({ leftMs: 2_000 })).rejects.toMatchObject({
    name: new OutOfTime('timeout').name,
    waitingFor: 'AWS Secrets Manager to answer GetSecretValue',
    seen: 'AWS Secrets Manager answered GetSecretValue with InternalServiceError: Try later',
  });
  expect(clock.sleeps).toEqual([]);
});

test('announces each attempt with why the one before failed, and ends with what the announcement throws', async () => {
  replies = [error(500, 'InternalServiceError', 'Try later.')];
  const announced: unknown[] = [];
  const beforeAttempt = async (attempt: number, seen?: string) => {
    announced.push([attempt, seen]);
    if (attempt === 2) throw new Error('no more');
  };

  await expect(call({ beforeAttempt })).rejects.toThrow(/^no more$/);
  expect(announced).toEqual([
    [1, undefined],
    [2, 'AWS Secrets Manager answered GetSecretValue with InternalServiceError: Try later'],
  ]);
  expect(server.requests).toHaveLength(1);
});
