import { ServerResponse } from 'node:http';
import { sendResponse } from '../../../src/handler/protocol/response';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer } from '../../support/http-server';
import { TestClock } from '../support/test-clock';

let server: HttpServer;
let replies: ((response: ServerResponse) => void)[];
let log: string[];
beforeEach(async () => {
  replies = [];
  log = [];
  server = await HttpServer.start((_, response) =>
    (replies.shift() ?? ((each: ServerResponse) => each.end()))(response),
  );
});
afterEach(() => server.close());

const status = (code: number) => (response: ServerResponse) => {
  response.writeHead(code).end();
};

const lastLine = () => JSON.parse(log[log.length - 1]);

async function respond(
  remainingMs: number,
  url = `${server.url}/r?X-Amz-Signature=secret`,
  body = Buffer.from('{"Reason":"Größe"}'),
): Promise<TestClock> {
  const clock = new TestClock();
  const endsAt = clock.now() + remainingMs;
  await sendResponse(url, body, {
    clock,
    log: createLog({ clock, redaction: new Redaction(), write: (line) => log.push(line) }),
    remainingMs: () => endsAt - clock.now(),
  });
  return clock;
}

test('sends the response as CloudFormation signed it: its length in bytes, no content type', async () => {
  await respond(60_000);

  expect(server.requests).toMatchObject([
    {
      method: 'PUT',
      url: '/r?X-Amz-Signature=secret',
      headers: { 'content-length': '20', 'content-type': '' },
      body: '{"Reason":"Größe"}',
    },
  ]);
  expect(lastLine()).toMatchObject({ step: 'responded' });
});

test.each([[4_095, 1], [4_096, 0]])('sends a response of %d bytes %d times', async (bytes, times) => {
  await respond(60_000, undefined, Buffer.alloc(bytes, 'x'));

  expect(server.requests).toHaveLength(times);
});

test('retries a response after a failure of the server or the network, or when there are too many', async () => {
  replies = [
    status(503),
    (response) => {
      response.destroy();
    },
    status(429),
    status(400), // `RequestTimeout` of S3
    status(408),
  ];
  const clock = await respond(60_000);

  expect(server.requests).toHaveLength(6);
  expect(clock.sleeps).toEqual([1_000, 2_000, 4_000, 8_000, 10_000]);
});

test('does not follow a redirect of a response URL', async () => {
  const elsewhere = await HttpServer.start((_, response) => response.end());
  replies = [
    (response) => {
      response.writeHead(307, { location: elsewhere.url }).end();
    },
  ];
  await respond(60_000);

  expect(elsewhere.requests).toEqual([]);
  expect(lastLine()).toMatchObject({ step: 'response-not-delivered', code: 307 });
  await elsewhere.close();
});

test('stops without an error when there is no time left for the response', async () => {
  replies = Array(50).fill(status(503));
  await respond(30_000);

  expect(server.requests).toHaveLength(6); // after 0, 1, 3, 7, 15 and 25 seconds; another 10 are too many
  expect(lastLine()).toMatchObject({ step: 'response-not-delivered', code: 503 });
});

test.each([[200], [204]])('sends a response once when the answer is %d', async (code) => {
  replies = [status(code)];
  const clock = await respond(60_000);

  expect(server.requests).toHaveLength(1);
  expect(clock.sleeps).toEqual([]);
  expect(lastLine()).toMatchObject({ step: 'responded' });
});

test.each([[500, 2], [499, 1]])('sends a response again only when the server fails: %d', async (code, times) => {
  replies = [status(code)];
  await respond(60_000);

  expect(server.requests).toHaveLength(times);
});

test.each([[3_000, 2], [2_999, 1]])('with %d ms left, sends a response %d times', async (remainingMs, times) => {
  replies = [status(503)];
  await respond(remainingMs);

  expect(server.requests).toHaveLength(times); // the pause is a second, and two are left after it
});

test.each([
  [60_000, 10_000],
  [12_000, 10_000],
  [11_999, 9_999],
  [3_001, 1_001],
  [2_500, 1_000],
])('with %d ms left, an attempt may take %d ms', async (remainingMs, timeoutMs) => {
  const timeout = jest.spyOn(AbortSignal, 'timeout');
  await respond(remainingMs);
  const used = timeout.mock.calls;
  timeout.mockRestore();

  expect(used).toEqual([[timeoutMs]]);
});

test('stops at once when a response is refused because its URL has expired', async () => {
  replies = [status(403)];
  await respond(60_000);

  expect(server.requests).toHaveLength(1);
});

test.each([
  ['not a URL', 'ERR_INVALID_URL'],
  ['http://127.0.0.1:1/r?X-Amz-Signature=secret', 'TypeError'],
])(
  'throws nothing and logs no URL when the response URL is %p',
  async (url, code) => {
    await respond(10_000, url);

    expect(log.join()).not.toContain('secret');
    expect(lastLine()).toMatchObject({
      step: 'response-not-delivered',
      code,
      message: expect.stringMatching(/no route to Amazon S3, add an endpoint, a NAT gateway or 'proxy'$/),
    });
  },
);

test('logs the code of a network failure', async () => {
  const closed = await HttpServer.start((_, response) => response.end());
  const { url } = closed;
  await closed.close();
  await respond(3_000, url);

  expect(lastLine()).toMatchObject({ step: 'response-not-delivered', code: 'ECONNREFUSED' });
});
