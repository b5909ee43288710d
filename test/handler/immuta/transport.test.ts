import { ServerResponse } from 'node:http';
import { ApiKey } from '../../../src/handler/immuta/api-key';
import { HttpError, NoAnswerError, UnexpectedAnswerError } from '../../../src/handler/immuta/errors';
import { Transport } from '../../../src/handler/immuta/transport';
import { Deadline, OutOfTime } from '../../../src/handler/runtime/deadline';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer, ReceivedRequest, sendJson } from '../../support/http-server';
import { TestClock } from '../support/test-clock';

const KEY = 'k/e+y-846e9e43c86a4c';

let server: HttpServer;
let answers: ((response: ServerResponse, request: ReceivedRequest) => void)[];
let clock: TestClock;
let log: string[];
let failures: string[];

beforeEach(async () => {
  answers = [];
  failures = [];
  log = [];
  clock = new TestClock();
  server = await HttpServer.start((request, response) => (answers.shift() ?? ((each) => sendJson(each, 200, { ok: true })))(response, request));
});
afterEach(async () => {
  expect(log.join('\n')).not.toContain(KEY);
  await server.close();
});

function transport(baseUrl = server.url, leftMs = 1_000_000): Transport {
  const end = clock.now() + leftMs;
  const deadline = new Deadline(clock, { handOverAt: end, giveUpAt: end, iamPropagationEndsAt: end, postingEndsAt: end });
  const redaction = new Redaction();
  return new Transport({
    baseUrl,
    apiKey: new ApiKey({ secretArn: 'arn:secret', readSecret: async () => KEY, deadline, redaction }),
    deadline,
    redaction,
    patienceMs: () => 60_000,
    onFailure: (message) => failures.push(message),
    learnSecrets: async () => undefined,
    log: createLog({ clock, redaction, write: (line) => log.push(line) }),
    random: () => 0.5,
  });
}

describe("the tenant's URL", () => {
  test.each(['nonsense', '', 'http://acme.immutacloud.com', 'http://127.0.0.1.acme.com', 'http://localhost.acme.com', 'ftp://acme.immutacloud.com'])('%p is refused', (url) => {
    expect(() => transport(url)).toThrow(`'url' of the ImmutaTenant is '${url}': give the address of the tenant, such as https://your-tenant.immutacloud.com`);
  });

  test('with a password is refused, and not quoted', () => {
    expect(() => transport('https://me:pass-4711@acme.immutacloud.com')).toThrow(/^'url' of the ImmutaTenant holds (?!.*pass-4711)/);
  });

  test.each([(url: string) => ` ${url} `, (url: string) => `${url}/`, (url: string) => `${url}?a=b#c`])('may have around it what is no part of the address: %p', async (around) => {
    await transport(around(server.url)).request('GET', '/integrations');

    expect(server.requests).toMatchObject([{ url: '/integrations' }]);
  });
});

const status = (code: number, body: unknown = {}, headers = {}) => (response: ServerResponse) => sendJson(response, code, body, headers);
const errorOf = (promise: Promise<unknown>) => promise.then(() => undefined, (error) => error);

describe('a request', () => {
  test('carries the raw key and says that it wants JSON', async () => {
    expect(await transport().request('GET', '/integrations')).toEqual({ ok: true });
    expect(server.requests).toMatchObject([{ method: 'GET', url: '/integrations', headers: { authorization: KEY, accept: 'application/json' } }]);
    expect(server.requests[0].headers).not.toHaveProperty('content-type');
  });

  test('carries a body as JSON', async () => {
    await transport(`${server.url}/`).request('PUT', '/integrations/1', async () => ({ name: 'é' }));

    expect(server.requests).toMatchObject([{ url: '/integrations/1', headers: { 'content-type': 'application/json' }, body: '{"name":"é"}' }]);
  });

  test('may have an empty answer', async () => {
    answers = [(response) => { response.writeHead(204).end(); }];

    expect(await transport().request('DELETE', '/integrations/1')).toBeUndefined();
  });

  test('is sent again after 503, after a lost answer, and after one that is not Immuta\'s', async () => {
    answers = [
      status(503),
      (response) => { response.destroy(); },
      (response) => { response.writeHead(200, { 'content-length': 90 }).write('{"half":', () => response.destroy()); },
      (response) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Maintenance</html>'); },
      (response) => { response.writeHead(200).end(); },
    ];

    expect(await transport().request('GET', '/integrations')).toEqual({ ok: true });
    expect(clock.sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  test('is not begun when there is no time for it', async () => {
    await expect(transport(server.url, -1).request('GET', '/integrations')).rejects.toBeInstanceOf(OutOfTime);
    expect(server.requests).toEqual([]);
  });

  test('is not sent again when there is no time for the pause', async () => {
    answers = [status(503, {}, { 'retry-after': '60' })];

    await expect(transport(server.url, 30_000).request('GET', '/integrations')).rejects.toBeInstanceOf(OutOfTime);
    expect(clock.sleeps).toEqual([]);
  });

  test('does not tell of earlier failures when it is refused', async () => {
    answers = [status(503), status(400, { message: 'Bad.' })];

    expect((await errorOf(transport().request('GET', '/integrations'))).message).toBe('Immuta answered 400 to GET /integrations: Bad');
  });

  test('that was a POST is sent once, whatever happens', async () => {
    answers = [(response) => { response.destroy(); }];

    expect(await errorOf(transport().request('POST', '/integrations', async () => ({})))).toBeInstanceOf(NoAnswerError);
    expect(server.requests).toHaveLength(1);
  });
});

describe('an error', () => {
  test('has the status, the request and Immuta\'s message', async () => {
    answers = [status(404, { statusCode: 404, error: 'Not Found', message: 'No Integration found with ID 5.' })];
    const error = await errorOf(transport().request('GET', '/integrations/5'));

    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 404, vendorMessage: 'No Integration found with ID 5' });
    expect(error.message).toBe('Immuta answered 404 to GET /integrations/5: No Integration found with ID 5');
  });

  test('quotes no more of a message than one can read, and no secret in it, not even half of one', async () => {
    answers = [status(400, { message: `${'x'.repeat(490)}${KEY}${'y'.repeat(10_000)}` })];
    const { message } = await errorOf(transport().request('GET', '/integrations'));

    expect(message.length).toBeLessThan(600);
    expect(message).not.toContain('k/e');
    expect(message).toContain('[redacted]');
  });

  test.each([['as a path', encodeURIComponent(KEY)], ['in JavaScript', KEY.replace('/', '\\/')]])('quotes no secret that is written %s', async (_, form) => {
    answers = [(response) => { response.writeHead(400, { 'content-type': 'text/html' }).end(`<h1>Bad</h1><p>${form}</p>`); }];

    expect((await errorOf(transport().request('GET', '/integrations'))).message).toBe('Immuta answered 400 to GET /integrations: Bad [redacted]');
  });

  test('of the network says which one, and where', async () => {
    const closed = await HttpServer.start(() => undefined);
    const { url } = closed;
    await closed.close();
    const error = await errorOf(transport(url).request('GET', '/integrations'));

    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error.message).toMatch(/^no answer from Immuta at http:\/\/127\.0\.0\.1:\d+ to GET \/integrations: ECONNREFUSED/);
    expect(error.message).toMatch(/; this was tried for 60 seconds$/);
    expect(clock.sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 4_500]);
    expect(failures).toHaveLength(10);
  });

  test('is thrown for a redirection, which the key does not follow', async () => {
    const elsewhere = await HttpServer.start((_, response) => sendJson(response, 200, []));
    answers = [(response) => { response.writeHead(302, { location: `${elsewhere.url}/login?x=1` }).end(); }];
    const error = await errorOf(transport().request('GET', '/integrations'));

    expect(error.message).toMatch(/^Immuta answered 302 to GET \/integrations: a redirection to 'http:\/\/127\.0\.0\.1:\d+'; it is not followed/);
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  test('is thrown for a success that is not JSON', async () => {
    answers = Array(11).fill((response: ServerResponse) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'); });
    const error = await errorOf(transport().request('GET', '/integrations'));

    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toBe('unexpected answer from Immuta to GET /integrations: it is not JSON; '
      + "check that the tenant's 'url' is that of Immuta's API; this was tried for 60 seconds");
  });

  test.each([[200, UnexpectedAnswerError], [400, HttpError]])('is thrown for an endless body of a %p, which is not read to its end', async (code, type) => {
    let sent = 0;
    answers = [(response) => {
      response.writeHead(code);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(100_000, 'x'))) {
          sent += 100_000;
        }
      };
      response.on('drain', more);
      more();
    }];

    expect(await errorOf(transport().request('POST', '/integrations', async () => ({})))).toBeInstanceOf(type);
    expect(sent).toBeLessThan(20_000_000);
  });

  test('is thrown for an answer that takes too long', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      expect(ms).toBe(30_000);
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), 20);
      return controller.signal;
    });
    answers = [() => undefined];
    const error = await errorOf(transport().request('POST', '/integrations', async () => ({})));
    timeout.mockRestore();

    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error.message).toMatch(/: it took too long; check that Immuta is up/);
  });
});
