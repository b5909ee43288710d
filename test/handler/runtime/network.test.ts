import dns from 'node:dns';
import { once } from 'node:events';
import http from 'node:http';
import https, { createServer } from 'node:https';
import net, { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import {
  createAgents, isCertificateError, isProxyError, sendRequest, useProxy,
} from '../../../src/handler/runtime/network';
import { HttpServer } from '../../support/http-server';

// with real proxies and certificates: test/lifecycle/network-options.slow.test.ts
afterEach(() => useProxy(undefined));

const REQUEST = { method: 'POST', headers: { 'x-name': 'value' }, body: 'é', signal: new AbortController().signal };

test.each<[string, unknown, boolean, boolean]>([
  ['an untrusted issuer', { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }, true, false],
  ['an unverified leaf', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, true, false],
  ['a self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, true, false],
  ['a self-signed chain', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }, true, false],
  ['an expired certificate', { code: 'CERT_HAS_EXPIRED' }, true, false],
  ['another name', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, true, false],
  ['an error of fetch', { cause: { code: 'CERT_HAS_EXPIRED' } }, true, false],
  ['a name that contains a code', { code: 'NO_CERT_HAS_EXPIRED' }, false, false],
  ['a proxy that refuses a tunnel', { code: 'ERR_PROXY_TUNNEL' }, false, true],
  ['the same as an error of fetch', { cause: { code: 'ERR_PROXY_TUNNEL' } }, false, true],
  ['a proxy that demands credentials', { $metadata: { httpStatusCode: 407 } }, false, true],
  ['a service that denies', { $metadata: { httpStatusCode: 403 } }, false, false],
  ['a refused connection', { code: 'ECONNREFUSED' }, false, false],
  ['an error without a code', new Error('no'), false, false],
  ['nothing', undefined, false, false],
])('recognizes %s', (_, error, isCertificate, isProxy) => {
  expect(isCertificateError(error)).toBe(isCertificate);
  expect(isProxyError(error)).toBe(isProxy);
});

test('has agents with a proxy only', () => {
  expect(createAgents()).toBeUndefined();
  useProxy('http://127.0.0.1:3128');
  expect(createAgents()).toEqual({ httpAgent: expect.anything(), httpsAgent: expect.anything() });
});

// The agents of this Node.js version may know no proxy: then they send the request directly.
// The server is its own proxy.
describe.each([
  ['directly', false],
  ['with agents', true],
])('a request %s', (_, hasProxy) => {
  let server: HttpServer;
  let status: number;
  beforeEach(async () => {
    status = 200;
    server = await HttpServer.start((request, response) => {
      response.writeHead(status, { 'x-many': ['a', 'b'], 'set-cookie': ['c=1', 'd=2'], 'location': '/elsewhere' });
      response.end([204, 205, 304].includes(status) ? undefined : `got ${request.body}`);
    });
    useProxy(hasProxy ? server.url : undefined);
  });
  afterEach(() => server.close());

  test.each([200, 302, 404, 503])('receives a response with the status %i', async (code) => {
    status = code;
    const response = await sendRequest(server.url, REQUEST);

    expect(response.status).toBe(code);
    expect(response.headers.get('x-many')).toBe('a, b');
    expect(response.headers.getSetCookie()).toEqual(['c=1', 'd=2']);
    expect(await response.text()).toBe('got é');
    expect(server.requests).toMatchObject([
      { method: 'POST', headers: { 'x-name': 'value', 'content-length': '2' }, body: 'é' },
    ]);
  });

  test.each([204, 205, 304])('receives a response with the status %i, which has no body', async (code) => {
    status = code;
    const response = await sendRequest(server.url, { ...REQUEST, body: undefined });

    expect(response.status).toBe(code);
    expect(await response.text()).toBe('');
    expect(server.requests).toMatchObject([{ headers: { 'content-length': '0' }, body: '' }]);
  });

  test('ends with the reason of its signal', async () => {
    const reason = new DOMException('too long', 'TimeoutError');

    await expect(sendRequest(server.url, { ...REQUEST, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('fails with the code of the network', async () => {
    const { url } = server;
    await server.close();

    const error = await sendRequest(url, REQUEST).catch((thrown) => thrown);
    expect(error.code ?? error.cause.code).toBe('ECONNREFUSED');
  });
});

test.each([
  ['http', http.Agent],
  ['https', https.Agent],
] as const)('ends with the reason of its signal when a proxy opens no tunnel for %s', async (scheme, { prototype }) => {
  // a request has no socket until the proxy has opened the tunnel
  jest.spyOn(prototype as never, 'createConnection').mockReturnValueOnce(undefined as never);
  useProxy('http://127.0.0.1:1');
  const reason = new DOMException('too long', 'TimeoutError');
  const controller = new AbortController();
  const sent = sendRequest(`${scheme}://127.0.0.1`, { ...REQUEST, signal: controller.signal });
  controller.abort(reason);

  await expect(sent).rejects.toBe(reason);
  jest.restoreAllMocks();
});

test('fails with a status that no response can have', async () => {
  const server = await HttpServer.start((_, response) => void response.writeHead(600).end());
  useProxy(server.url);

  await expect(sendRequest(server.url, REQUEST)).rejects.toThrow('init["status"] must be in the range of 200 to 599');
  await server.close();
});

test('fails with the code of the network when a host has several addresses, none of which answers', async () => {
  const server = await HttpServer.start(() => undefined);
  const { port } = new URL(server.url);
  await server.close();
  jest.spyOn(dns, 'lookup').mockImplementation(((_: string, __: object, done: (...result: unknown[]) => void) =>
    done(null, ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 })))) as never);

  const error = await sendRequest(`http://immuta.invalid:${port}`, REQUEST).catch((thrown) => thrown);
  jest.restoreAllMocks();
  expect(error.cause).toMatchObject({ message: '', code: 'ECONNREFUSED' });
});

test('sends a request to an https URL with TLS when it has agents', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const server = createServer({ key, cert }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = net.createServer((socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(net.connect(port, '127.0.0.1')).pipe(socket);
    })).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  useProxy(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);

  await expect(sendRequest(`https://127.0.0.1:${port}`, REQUEST)).rejects.toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  server.close();
  proxy.close();
});

test('receives a response that demands credentials for a proxy', async () => {
  const server = await HttpServer.start((_, response) => void response.writeHead(407).end('denied'));

  expect((await sendRequest(server.url, REQUEST)).status).toBe(407);
  await server.close();
});
