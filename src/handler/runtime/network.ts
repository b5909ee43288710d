import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import * as tls from 'node:tls';
import { toObject } from './json';

/** A function has one network, so it is a setting of the process, as in Node.js itself. */
let proxyUrl: string | undefined;

/** The certificates that Node.js trusted at first: those of Mozilla and of `NODE_EXTRA_CA_CERTS`. */
let systemCertificates: string[] | undefined;

/** What Node.js has from 22.19 and 24.5, and the types of an older version have not. */
type TrustStore = typeof tls & {
  getCACertificates(): string[];
  setDefaultCACertificates(certificates: string[]): void;
};

/**
 * Sends all requests through a proxy from now on.
 *
 * @param url URL of the proxy, with credentials if it requires some, or undefined to send requests directly
 */
export function useProxy(url: string | undefined): void {
  proxyUrl = url;
}

/** Trusts certificates in addition to those that Node.js trusts. */
export function trustCertificates(certificates: string[]): void {
  const store = tls as TrustStore;
  systemCertificates ??= store.getCACertificates();
  store.setDefaultCACertificates([...systemCertificates, ...certificates]);
}

/** Returns the agents of requests. Undefined without a proxy: those of Node.js serve. */
export function createAgents(): { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent } | undefined {
  if (proxyUrl === undefined) {
    return undefined;
  }
  const options: object = { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } };
  return { httpAgent: new http.Agent(options), httpsAgent: new https.Agent(options) };
}

/** A request without a stream. */
export interface RequestOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
  readonly signal: AbortSignal;
}

/** Sends a request, as `fetch` does, through the proxy if there is one. Follows no redirect. */
export async function sendRequest(url: string, options: RequestOptions): Promise<Response> {
  const agents = createAgents();
  return agents ? sendThroughProxy(url, options, agents) : sendDirectly(url, options);
}

async function sendDirectly(url: string, options: RequestOptions): Promise<Response> {
  try {
    return await fetch(url, { ...options, redirect: 'manual' });
  } catch (error) {
    // `fetch` hides a response with the status 407: it throws an error whose cause has neither a text nor a code
    const { message, code } = toObject(toObject(error).cause);
    if (message === '' && code === undefined) {
      return new Response(null, { status: 407 });
    }
    throw error;
  }
}

/** The `fetch` of Node.js takes a proxy from the environment only, which must not hold credentials. */
function sendThroughProxy(
  url: string,
  { body, signal, ...options }: RequestOptions,
  { httpAgent, httpsAgent }: NonNullable<ReturnType<typeof createAgents>>,
): Promise<Response> {
  const isSecure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    // until the proxy has opened a tunnel, a request emits no error when it is aborted
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const request = isSecure
      ? https.request(url, { ...options, agent: httpsAgent, signal })
      : http.request(url, { ...options, agent: httpAgent, signal });
    request.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    request.on('response', (message) => {
      try {
        resolve(toResponse(message));
      } catch (error) {
        message.destroy();
        reject(error); // a status or header that no response can have
      }
    });
    request.setHeader('content-length', Buffer.byteLength(body ?? ''));
    request.end(body);
  });
}

function toResponse(message: http.IncomingMessage): Response {
  const status = message.statusCode!;
  const headers = Object.entries(message.headers).flatMap(([name, values]) =>
    [values ?? []].flat().map((value): [string, string] => [name, value]),
  );
  const hasBody = ![204, 205, 304].includes(status);
  return new Response(hasBody ? (Readable.toWeb(message) as ReadableStream) : null, { status, headers });
}

const CERTIFICATE_CODES = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY|DECRYPT)|(DEPTH_ZERO_)?SELF_SIGNED_CERT)/;

/** Whether a request failed because the certificate of the server is not trusted. */
export function isCertificateError(error: unknown): boolean {
  return CERTIFICATE_CODES.test(findErrorCode(error));
}

/** Whether a request failed because the proxy refused it. Only a proxy answers with the status 407. */
export function isProxyError(error: unknown): boolean {
  return findErrorCode(error) === 'ERR_PROXY_TUNNEL' || toObject(toObject(error).$metadata).httpStatusCode === 407;
}

/** The code is that of the cause if `fetch` threw the error. */
function findErrorCode(error: unknown): string {
  const { code, cause } = toObject(error);
  return String(code ?? toObject(cause).code ?? '');
}
