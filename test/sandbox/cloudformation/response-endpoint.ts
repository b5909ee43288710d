import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { SandboxClock } from '../clock';

/** An answer to a custom resource's event, as it came in. */
export interface Answer {
  readonly token: string;
  readonly at: number;
  readonly body: string;
}

/** A request to a response URL. */
export interface ResponseRequest {
  readonly method?: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** What is behind the response URLs: takes what is PUT, as S3 does, and tells who waits for it. */
export class Responses {
  readonly answers: Answer[] = [];
  /** How long the URLs are valid. */
  expiresSeconds = 7200;
  /** How many requests from now on are cut off. */
  refuse = 0;
  /** Every token that there ever was: who has a response URL can answer in the function's place. */
  readonly everyToken: string[] = [];
  private readonly waiting = new Map<string, (body: string) => void>();

  /** @param origin Scheme and host of the URLs */
  constructor(private readonly clock: SandboxClock, private readonly origin: () => string) {}

  /** A new pre-signed URL; what is first PUT there goes to the callback, anything after that is kept and ignored. */
  urlFor(onAnswer: (body: string) => void): string {
    const token = randomUUID();
    this.waiting.set(token, onAnswer);
    this.everyToken.push(token);
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Date': new Date(this.clock.now()).toISOString().replace(/[-:]|\.\d+/g, ''),
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Expires': String(this.expiresSeconds),
      'X-Amz-Signature': token.replace(/-/g, '').repeat(2),
    });
    return `${this.origin()}/response/${token}?${query}`;
  }

  /** The status and its text, or nothing if the connection is cut off. */
  receive(request: ResponseRequest): [number, string?] | undefined {
    if (this.refuse > 0) {
      this.refuse -= 1;
      return undefined;
    }
    const url = new URL(request.url, 'http://localhost');
    const token = url.pathname.split('/')[2];
    const refusal = findRefusal(request, url, token);
    if (refusal) return refusal;
    const body = request.body.toString();
    this.answers.push({ token, at: this.clock.now(), body });
    this.waiting.get(token)?.(body);
    this.waiting.delete(token);
    return [200];
  }
}

/** The same behind an HTTP server. */
export class ResponseEndpoint extends Responses {
  private readonly server: Server;

  constructor(clock: SandboxClock) {
    super(clock, () => `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
    this.server = createServer((request, response) => {
      // a client that goes away in the middle gets no answer
      this.serve(request, response).catch(() => response.destroy());
    });
    this.server.keepAliveTimeout = 0; // no connection ends because the machine is busy
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url = '/', headers } = request;
    const answer = this.receive({ method, url, headers, body: Buffer.concat(chunks) });
    if (answer) response.writeHead(...answer).end();
    else response.destroy();
  }
}

/** S3 takes a pre-signed PUT only with the whole signature, without a content type, and with its length known. */
function findRefusal({ method, headers }: ResponseRequest, url: URL, token: string): [number, string] | undefined {
  if (method !== 'PUT') return [405, 'MethodNotAllowed'];
  if (url.searchParams.get('X-Amz-Signature') !== token.replace(/-/g, '').repeat(2)) {
    return [403, 'SignatureDoesNotMatch'];
  }
  if (headers['content-type']) return [403, 'SignatureDoesNotMatch'];
  if (headers['content-length'] === undefined) return [411, 'MissingContentLength'];
  return undefined;
}
