import { createServer, IncomingMessage, request, Server } from 'node:http';
import { AddressInfo, connect } from 'node:net';
import { Duplex } from 'node:stream';

export interface ProxyOptions {
  /** `username:password` that it requires. @default - it requires none */
  readonly credentials?: string;
  /** Host and port that it refuses. @default - none */
  readonly forbidden?: string;
}

/** A proxy on this machine that tunnels connections and forwards requests. */
export class LocalProxy {
  static async start(options: ProxyOptions = {}): Promise<LocalProxy> {
    const proxy = new LocalProxy(options);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** What it was asked for, and let pass: `CONNECT 127.0.0.1:443` or `POST http://127.0.0.1/`. */
  readonly passed: string[] = [];
  /** How many requests it refused. */
  refused = 0;
  private readonly server: Server;
  private readonly tunnels = new Set<Duplex>();

  private constructor(private readonly options: ProxyOptions) {
    this.server = createServer((incoming, outgoing) => {
      if (!this.allows(incoming)) return void outgoing.writeHead(407).end();
      const { method, headers, url } = incoming;
      const target = new URL(url!.replace(/\/\/[^/]*localhost/, '//127.0.0.1'));
      const forwarded = request(target, { method, headers }, (response) => {
        outgoing.writeHead(response.statusCode!, response.headers);
        response.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    });
    this.server.on('connect', (incoming, socket: Duplex) => this.tunnel(incoming, socket));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.tunnels.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private tunnel(incoming: IncomingMessage, socket: Duplex): void {
    this.tunnels.add(socket);
    socket.on('error', () => {});
    if (incoming.url === this.options.forbidden) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    if (!this.allows(incoming)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const [host, port] = incoming.url!.split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
  }

  private allows({ method, url, headers }: IncomingMessage): boolean {
    const { credentials } = this.options;
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    const isAllowed = !expected || headers['proxy-authorization'] === expected;
    if (isAllowed) this.passed.push(`${method} ${url!.replace(/\?.*/, '')}`);
    else this.refused += 1;
    return isAllowed;
  }
}
