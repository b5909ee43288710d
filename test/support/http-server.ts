import { createServer, IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';

/** A request as the server read it from the socket. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type RequestHandler = (request: ReceivedRequest, response: ServerResponse) => void;

/** A real HTTP server on a port of its own, whose answers are the test's, and which remembers what it was asked. */
export class HttpServer {
  public static async start(handler: RequestHandler): Promise<HttpServer> {
    const instance = new HttpServer(handler);
    await new Promise<void>((resolve) => instance.server.listen(0, '127.0.0.1', resolve));
    instance.server.unref();
    return instance;
  }

  public readonly requests: ReceivedRequest[] = [];
  private readonly server: Server;

  private constructor(handler: RequestHandler) {
    this.server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('end', () => {
        const url = new URL(incoming.url ?? '/', 'http://server');
        const request = {
          method: incoming.method ?? '',
          url: incoming.url ?? '',
          path: url.pathname,
          query: url.searchParams,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        this.requests.push(request);
        handler(request, response);
      });
      incoming.on('error', () => undefined);
    });
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  public get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `POST /integrations`, … in the order in which they came. */
  public get lines(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  public async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
