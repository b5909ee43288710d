import * as http from 'node:http';
import * as https from 'node:https';

const TIMEOUT_MS = 60_000;

/** A response of Immuta, whatever its status. */
export interface Reply {
  readonly status: number;
  /** JSON, or undefined. */
  readonly body: any;
}

/** Sends a request to Immuta, once. */
export type SendToImmuta = (method: string, path: string, body?: object) => Promise<Reply>;

/** @param ca Certificate to trust. @default - those of Node.js and of `NODE_EXTRA_CA_CERTS` */
export function connectToImmuta(url: string, apiKey: string, ca?: string): SendToImmuta {
  const { request } = url.startsWith('http:') ? http : https;
  return (method, path, body) => new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      authorization: apiKey,
      ...text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {},
    };
    const outgoing = request(url + path, { method, headers, ca, timeout: TIMEOUT_MS }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode!, body: parse(Buffer.concat(chunks).toString()) }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`Immuta did not answer ${method} ${path} in time`)));
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
