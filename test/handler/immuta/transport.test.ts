import { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { ApiKey } from '../../../src/handler/immuta/api-key';
import { ImmutaRefusal } from '../../../src/handler/immuta/refusal';
import { Transport } from '../../../src/handler/immuta/transport';
import { Deadline, OutOfTime } from '../../../src/handler/runtime/deadline';
import { createLog } from '../../../src/handler/runtime/log';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer, ReceivedRequest, sendJson } from '../../support/http-server';
import { TestClock } from '../support/test-clock';

const KEY = 'k/e+y-846e9e43c86a4c';
const ROTATED = 'rotated/846e9e43c86a4c';

let server: HttpServer;
let answers: ((response: ServerResponse, request: ReceivedRequest) => void)[];
let clock: TestClock;
let log: string[];
let writes: number;
/** The values of the secret, one after the other. */
let keys: string[];

beforeEach(async () => {
  answers = [];
  log = [];
  writes = 0;
  keys = [];
  clock = new TestClock();
  server = await HttpServer.start((request, response) =>
    (answers.shift() ?? ((each) => sendJson(each, 200, { ok: true })))(response, request),
  );
});
afterEach(async () => {
  expect(log.join('\n')).not.toContain(KEY);
  await server.close();
});

function transport(baseUrl = server.url, leftMs = 1_000_000): Transport {
  const end = clock.now() + leftMs;
  const deadline = new Deadline(clock, {
    handOverAt: end,
    giveUpAt: end,
    iamPropagationEndsAt: end,
    creationEndsAt: end,
  });
  const redaction = new Redaction();
  return new Transport({
    baseUrl,
    apiKey: new ApiKey({ secretArn: 'arn:secret', read: async () => keys.shift() ?? KEY, isInField: false, redaction }),
    deadline,
    redaction,
    beforeWrite: async () => {
      writes++;
    },
    log: createLog({ clock, redaction, write: (line) => log.push(line) }),
    random: () => 0.5,
  });
}

const status =
  (code: number, body: unknown = {}, headers = {}) =>
    (response: ServerResponse) =>
      sendJson(response, code, body, headers);

/** Sends a request and returns the JSON of its response. */
async function send(to: Transport, method: string, path: string, body?: object): Promise<unknown> {
  const reply = await to.send({ method, path, body: body && (async () => body), retryMs: 60_000 });
  return 'refusal' in reply ? { refused: reply.refusal.failure.message } : reply.json;
}

/** Sends a request and returns why it is refused. */
async function getRefusal(to: Transport, method = 'GET', path = '/integrations'): Promise<ImmutaRefusal> {
  const reply = await to.send({ method, path, retryMs: 60_000 });
  return 'refusal' in reply ? reply.refusal : Promise.reject(new Error('it was accepted'));
}

describe("the tenant's URL", () => {
  test.each([
    'nonsense',
    '',
    'http://acme.immutacloud.com',
    'http://127.0.0.1.acme.com',
    'http://localhost.acme.com',
    'http://acme-localhost',
    'ftp://acme.immutacloud.com',
    'ftp://127.0.0.1',
  ])('refuses the URL of a tenant that is %p', (url) => {
    expect(() => transport(url)).toThrow(
      `'url' of the ImmutaTenant must be an https address, got '${url}'. ` +
        'Set it to the address of the tenant, such as https://your-tenant.immutacloud.com. [TENANT_URL_INVALID]',
    );
  });

  test.each(['me:pass-4711', 'pass-4711', ':pass-4711'])(
    'refuses the URL of a tenant with the credentials %p without quoting them',
    (credentials) => {
      expect(() => transport(`https://${credentials}@acme.immutacloud.com`)).toThrow(
        /^'url' of the ImmutaTenant must not hold (?!.*pass-4711).*\[TENANT_URL_HAS_CREDENTIALS\]$/,
      );
    },
  );

  test.each([(url: string) => ` ${url} `, (url: string) => `${url}/`, (url: string) => `${url}?a=b#c`])(
    'accepts the URL of a tenant with more around the address: %p',
    async (around) => {
      await send(transport(around(server.url)), 'GET', '/integrations');

      expect(server.requests).toMatchObject([{ url: '/integrations' }]);
    },
  );

  test.each(['/immuta', '/immuta/', '/immuta//'])('sends requests below the path %p of the URL', async (path) => {
    await send(transport(server.url + path), 'GET', '/integrations');

    expect(server.requests).toMatchObject([{ url: '/immuta/integrations' }]);
  });
});

describe('a request', () => {
  test('sends a request with the raw API key and accepts JSON', async () => {
    expect(await send(transport(), 'GET', '/integrations')).toEqual({ ok: true });
    expect(server.requests).toMatchObject([
      { method: 'GET', url: '/integrations', headers: { authorization: KEY, accept: 'application/json' } },
    ]);
    expect(server.requests[0].headers).not.toHaveProperty('content-type');
  });

  test('sends a body as JSON', async () => {
    await send(transport(`${server.url}/`), 'PUT', '/integrations/1', { name: 'é' });

    expect(server.requests).toMatchObject([
      { url: '/integrations/1', headers: { 'content-type': 'application/json' }, body: '{"name":"é"}' },
    ]);
  });

  test('accepts an empty response to a request', async () => {
    answers = [
      (response) => {
        response.writeHead(204).end();
      },
    ];

    expect(await send(transport(), 'DELETE', '/integrations/1')).toBeUndefined();
  });

  test("retries a request after 503, after a lost response, and after a response that is not Immuta's", async () => {
    answers = [
      status(503),
      (response) => {
        response.destroy();
      },
      (response) => {
        response.writeHead(200, { 'content-length': 90 }).write('{"half":', () => response.destroy());
      },
      (response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Maintenance</html>');
      },
      (response) => {
        response.writeHead(200).end();
      },
    ];

    expect(await send(transport(), 'GET', '/integrations')).toEqual({ ok: true });
    expect(clock.sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  test('reports that an earlier attempt of a request may have been carried out', async () => {
    answers = [
      (response) => {
        response.destroy();
      },
    ];

    expect(await transport().send({ method: 'PUT', path: '/integrations/1' })).toMatchObject({
      json: { ok: true },
      isAnswerLost: true,
    });
    expect(await transport().send({ method: 'PUT', path: '/integrations/1' })).toMatchObject({
      json: { ok: true },
      isAnswerLost: false,
    });
  });

  test.each([
    ['GET', 0],
    ['PUT', 3],
    ['DELETE', 3],
  ])('calls back before each attempt of a %s only when it changes something', async (method, times) => {
    answers = [status(503), status(503)];
    await send(transport(), method, '/integrations/1');

    expect(server.requests).toHaveLength(3);
    expect(writes).toBe(times);
  });

  test('starts no request when there is no time for it', async () => {
    await expect(send(transport(server.url, -1), 'GET', '/integrations')).rejects.toBeInstanceOf(OutOfTime);
    expect(server.requests).toEqual([]);
  });

  test('retries no request when there is no time for the pause', async () => {
    answers = [status(503, {}, { 'retry-after': '60' })];

    await expect(send(transport(server.url, 30_000), 'GET', '/integrations')).rejects.toMatchObject({
      name: 'OutOfTime',
      limit: 'timeout',
      waitingFor: 'Immuta to answer GET /integrations',
      seen: 'a gateway between the handler function and Immuta answered 503 to GET /integrations: {}',
    });
    expect(clock.sleeps).toEqual([]);
  });

  test('does not report earlier failures when a request is refused', async () => {
    answers = [status(503), status(400, { message: 'Bad.' })];

    expect((await getRefusal(transport())).failure.text).toBe('Immuta answered 400 to GET /integrations: Bad');
  });

  test('sends a POST once', async () => {
    answers = [
      (response) => {
        response.destroy();
      },
    ];

    expect(await getRefusal(transport(), 'POST')).toMatchObject({
      kind: 'lost',
      isAnswerLost: true,
      failure: { code: 'IMMUTA_NOT_REACHABLE' },
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an API key that Immuta rejects', () => {
  const REJECTED = status(401, { message: 'Unauthorized.' });

  test('reads the secret of the API key again, once, and sends the request with the new key', async () => {
    keys = [KEY, ROTATED];
    answers = [REJECTED];
    const to = transport();

    expect(await send(to, 'PUT', '/integrations/1')).toEqual({ ok: true });
    await send(to, 'GET', '/integrations');
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([KEY, ROTATED, ROTATED]);
    expect(writes).toBe(2);
    expect(clock.sleeps).toEqual([]);
  });

  test('names the secret when Immuta rejects the API key twice', async () => {
    answers = [REJECTED, REJECTED];
    const { kind, isAnswerLost, failure } = await getRefusal(transport(), 'POST');

    expect({ kind, isAnswerLost, code: failure.code }).toEqual({
      kind: 'final', isAnswerLost: false, code: 'API_KEY_REJECTED',
    });
    expect(failure.message).toContain("'arn:secret'");
    expect(server.requests).toHaveLength(2);
  });
});

describe('a refusal', () => {
  test.each(['nonsense', '/login', 'mailto:me@acme.com'])('names no target of a redirect to %p', async (location) => {
    answers = [
      (response) => {
        response.writeHead(307, { location }).end();
      },
    ];

    expect(await getRefusal(transport())).toMatchObject({
      kind: 'final',
      isAnswerLost: false,
      status: 307,
      failure: { text: expect.stringContaining(": a redirect to 'elsewhere', which ") },
    });
  });

  test.each([
    [400, 'final', 'IMMUTA_REQUEST_REFUSED'],
    [403, 'final', 'API_KEY_NOT_PERMITTED'],
    [408, 'lost', 'IMMUTA_UNAVAILABLE'],
    [409, 'conflict', 'IMMUTA_CONFLICT'],
    [422, 'final', 'VALIDATION_NOT_EXPLAINED'],
    [429, 'busy', 'IMMUTA_RATE_LIMITED'],
    [500, 'lost', 'IMMUTA_UNAVAILABLE'],
    [503, 'lost', 'IMMUTA_UNAVAILABLE'],
  ])('classifies a refusal with %p as %s and explains it as %s', async (code, kind, expected) => {
    answers = [status(code, { message: 'Why.' })];

    expect(await getRefusal(transport(), 'POST')).toMatchObject({
      status: code,
      kind,
      isAnswerLost: kind === 'lost',
      failure: { code: expected, text: `Immuta answered ${code} to POST /integrations: Why` },
    });
  });

  test("describes a refusal with the status, the request and Immuta's message", async () => {
    answers = [status(404, { statusCode: 404, error: 'Not Found', message: 'No Integration found with ID 5.' })];

    expect(await getRefusal(transport(), 'GET', '/integrations/5')).toMatchObject({
      status: 404,
      failure: { text: 'Immuta answered 404 to GET /integrations/5: No Integration found with ID 5' },
    });
  });

  test.each([
    [{ message: 'Use <name>.' }, 'Immuta answered 400 to GET /integrations: Use <name>'],
    [{ message: { key: 'value' } }, 'Immuta answered 400 to GET /integrations'],
    [{ error: 'Bad Request' }, 'Immuta answered 400 to GET /integrations'],
  ])('quotes only the message of %j', async (body, text) => {
    answers = [status(400, body)];

    expect((await getRefusal(transport())).failure.text).toBe(text);
  });

  test('quotes a page without a secret that it escapes', async () => {
    answers = [
      (response) => {
        response.writeHead(403).end(`<p>Blocked: ${KEY.replace('/', '&#x2F;').replace('+', '&#43;')}</p>`);
      },
    ];

    expect((await getRefusal(transport())).failure.text).toMatch(/: Blocked: \[redacted\]$/);
  });

  test('quotes only the beginning of a long message of Immuta, without a secret or half of one', async () => {
    answers = [status(400, { message: `${'x'.repeat(490)}${KEY}${'y'.repeat(10_000)}` })];
    const {
      failure: { text },
    } = await getRefusal(transport());

    expect(text.length).toBeLessThan(600);
    expect(text).not.toContain('k/e');
    expect(text).toContain('[redacted]');
  });

  test.each([
    ['as a path', encodeURIComponent(KEY)],
    ['in JavaScript', KEY.replace('/', '\\/')],
  ])('quotes no secret of a refusal that is written %s', async (_, form) => {
    answers = [
      (response) => {
        response.writeHead(400, { 'content-type': 'text/html' }).end(`<h1>Bad</h1><p>${form}</p>`);
      },
    ];

    expect((await getRefusal(transport())).failure.text).toBe(
      'Immuta answered 400 to GET /integrations: Bad [redacted]',
    );
  });

  test('names the error and the address when the network refuses a request', async () => {
    const closed = await HttpServer.start(() => undefined);
    const { url } = closed;
    await closed.close();
    const { failure } = await getRefusal(transport(url));

    expect(failure.message).toMatch(/\[IMMUTA_NOT_REACHABLE\]$/);
    expect(failure.text).toMatch(
      /^no answer from Immuta at http:\/\/127\.0\.0\.1:\d+ to GET \/integrations: ECONNREFUSED/,
    );
    expect(failure.text).toMatch(/; retried for 60 seconds$/);
    expect(clock.sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 4_500]);
    expect(log.filter((line) => line.includes('"retry-request"'))).toHaveLength(10);
  });

  test('names the certificate when it is not trusted', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
    const secure = createServer({ key, cert });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const { failure } = await getRefusal(transport(`https://127.0.0.1:${(secure.address() as AddressInfo).port}`));
    secure.close();

    expect(failure.message).toMatch(
      /^the certificate of Immuta at \S+ is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT.*\[CERTIFICATE_NOT_TRUSTED\]$/,
    );
  });

  const PAGES: [string, string, string][] = [
    ['a page', `<html><title>No</title><p>IP 203.0.113.7 &amp; ${KEY}</p></html>`, 'IP 203.0.113.7 &amp; [redacted]'],
    ['JSON', `{"error":"no ${KEY}"}`, '{"error":"no [redacted]"}'],
  ];

  test.each(
    [401, 403, 404, 502, 503, 504].flatMap((code) =>
      PAGES.map((page): [number, string, string, string] => [code, ...page]),
    ),
  )('quotes a gateway that answers %s with %s, without secrets', async (code, _, body, quoted) => {
    answers = Array(20).fill((response: ServerResponse) => {
      response.writeHead(code).end(body);
    });
    const { failure } = await getRefusal(transport());

    expect(failure.text).toContain(`a gateway between the handler function and Immuta answered ${code} to `);
    expect(failure.text).toContain(quoted);
    expect(failure.message).toMatch(/ \[GATEWAY_ANSWERED\]$/);
  });

  test('names the gateway and the remedy when it demands credentials for a proxy', async () => {
    answers = [
      (response) => {
        response.writeHead(407).end('Proxy Authentication Required');
      },
    ];
    const { failure, kind } = await getRefusal(transport());

    expect(kind).toBe('final');
    expect(failure.message).toMatch(
      /^a gateway .* answered 407 to GET \/integrations\. Set 'proxy' of the ImmutaTenant.* \[GATEWAY_ANSWERED\]$/,
    );
  });

  test('names the target of a redirect, and does not send the API key there', async () => {
    const elsewhere = await HttpServer.start((_, response) => sendJson(response, 200, []));
    answers = [
      (response) => {
        response.writeHead(302, { location: `${elsewhere.url}/login?x=1` }).end();
      },
    ];
    const { failure } = await getRefusal(transport());

    expect(failure.message).toMatch(
      new RegExp(
        String.raw`^Immuta answered 302 to GET /integrations: a redirect to 'http://127\.0\.0\.1:\d+', which .* ` +
          String.raw`\[IMMUTA_REDIRECTS\]$`,
      ),
    );
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  test.each([300, 304, 305, 306])('explains the status %s as no redirect', async (code) => {
    answers = [
      (response) => {
        response.writeHead(code, { location: 'https://elsewhere.example' }).end();
      },
    ];

    expect((await getRefusal(transport(), 'POST')).failure.text).toBe(
      `unexpected response from Immuta to POST /integrations: its status is ${code}`,
    );
  });

  test.each([
    ['has too many values', `[${'{},'.repeat(500_000)}{}]`],
    ['is too deeply nested', `${'['.repeat(101)}${']'.repeat(101)}`],
  ])('explains a successful response that %s', async (_, body) => {
    answers = [
      (response) => {
        response.end(body);
      },
    ];

    expect((await getRefusal(transport(), 'POST')).failure.text).toMatch(new RegExp(
      String.raw`: it has too many or too deeply nested values$`,
    ));
  });

  test('reads thousands of integrations, with brackets in their texts', async () => {
    const message = '\\"[['.repeat(9);
    const tests = Array.from({ length: 7 }, (_, i) => ({ name: `test ${i} "[{,`, status: 'passed', message }));
    const record = { id: 1, type: 'Native S3', config: { name: '['.repeat(200) }, validationResults: { tests } };
    const list = Array.from({ length: 3_000 }, () => record);
    answers = [status(200, list)];

    expect(await send(transport(), 'GET', '/integrations')).toEqual(list);
  });

  test('explains a successful response that is not JSON', async () => {
    answers = Array(11).fill((response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    });
    const { failure } = await getRefusal(transport());

    expect(failure.message).toBe(
      'unexpected response from Immuta to GET /integrations: it is not JSON; retried for 60 seconds. ' +
        "Check that 'url' of the ImmutaTenant is the address of Immuta's API, then try again. " +
          '[IMMUTA_RESPONSE_INVALID]',
    );
  });

  test.each([
    [200, 'IMMUTA_RESPONSE_INVALID'],
    [400, 'IMMUTA_REQUEST_REFUSED'],
  ])('explains an endless body of a %p, without reading all of it', async (code, expected) => {
    let sent = 0;
    answers = [
      (response) => {
        response.writeHead(code);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(100_000, 'x'))) {
            sent += 100_000;
          }
        };
        response.on('drain', more);
        more();
      },
    ];

    expect((await getRefusal(transport(), 'POST')).failure.message).toContain(`[${expected}]`);
    expect(sent).toBeLessThan(20_000_000);
  });

  test('explains a response that takes too long', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      expect(ms).toBe(30_000);
      const controller = new AbortController();
      setTimeout(
        () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
        20,
      );
      return controller.signal;
    });
    answers = [() => undefined];
    const { failure } = await getRefusal(transport(), 'POST');
    timeout.mockRestore();

    expect(failure.message).toMatch(/\[IMMUTA_NOT_REACHABLE\]$/);
    expect(failure.text).toMatch(/: it took too long$/);
  });
});
