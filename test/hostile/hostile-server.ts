import { AddressInfo, createServer, Server, Socket } from 'node:net';

/** A request, as far as an answer depends on it. */
export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** What the server writes: a response with any status line, headers and body, valid or not. */
export interface HostileResponse {
  readonly status: string | number;
  /** Written as they are. A content length is added unless there is one. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
}

export type Respond = (request: HostileRequest) => HostileResponse;

/** A server on a socket, which Node.js does not keep from violating HTTP. */
export class HostileServer {
  public static async start(): Promise<HostileServer> {
    const hostile = new HostileServer();
    await new Promise<void>((resolve) => hostile.server.listen(0, '127.0.0.1', resolve));
    return hostile;
  }

  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => this.serve(socket));
  }

  /** What the next requests get. */
  public respond: Respond = () => ({ status: 500 });

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    let received = '';
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy()); // the client has read enough
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (data) => {
      received += data.toString('utf8');
      const request = parseRequest(received);
      if (request) {
        received = '';
        socket.end(render(this.respond(request)));
      }
    });
  }
}

/** Returns a request that has arrived completely. */
function parseRequest(text: string): HostileRequest | undefined {
  const [head, body] = text.split('\r\n\r\n', 2);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  const [method, path] = head.split(' ', 2);
  return body !== undefined && Buffer.byteLength(body) >= length ? { method, path, body } : undefined;
}

function render({ status, headers = [], body = '' }: HostileResponse): Buffer {
  const content = Buffer.from(body);
  const isFramed = headers.some((header) => /^(content-length|transfer-encoding):/i.test(header));
  const framing = isFramed ? [] : [`content-length: ${content.length}`];
  const head = [`HTTP/1.1 ${status} Hostile`, ...headers, ...framing, 'connection: close', '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), content]);
}
