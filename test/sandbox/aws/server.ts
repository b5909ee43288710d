import { createServer, IncomingMessage, Server, ServerResponse } from 'http';
import { AddressInfo } from 'net';
import { SandboxClock } from '../clock';
import { AwsError, LostAnswer } from './aws-error';
import { IamState } from './iam';
import { AwsHandler, AwsRequest, AwsResponse, errorResponse } from './request';

/** Serves the services on a free port of this machine. */
export async function startServer(clock: SandboxClock, iam: IamState, handle: AwsHandler): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming).then(
      (response) => send(outgoing, response),
      (error) => outgoing.destroy(error),
    );
  });
  server.keepAliveTimeout = 0; // no connection ends because the machine is busy
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;

  async function answer(incoming: IncomingMessage): Promise<AwsResponse> {
    const body = await readBody(incoming);
    await clock.settled();
    const request = parseRequest(incoming, body, clock.now());
    try {
      return await dispatch(request);
    } catch (error) {
      if (error instanceof LostAnswer) throw error;
      // an error that is not AWS's is a defect of the sandbox: say so loudly, since clients hide a 500 in their retries
      if (!(error instanceof AwsError)) {
        console.error(`sandbox: ${request.service} ${request.operation || request.path}:`, error);
      }
      return errorResponse(
        request,
        error instanceof AwsError ? error : new AwsError(500, 'InternalFailure', String(error)),
      );
    }
  }

  async function dispatch({ accessKeyId, ...request }: AwsRequest & { accessKeyId: string }): Promise<AwsResponse> {
    const principal = iam.principalOf(accessKeyId);
    if (!principal) {
      throw new AwsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
    }
    return handle({ ...request, principal });
  }
}

export async function closeServer(server: Server): Promise<void> {
  // no connection may come after the others are closed: it would keep the server open for seconds
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

export function getPort(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port;
}

export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parseRequest(incoming: IncomingMessage, body: Buffer, time: number): AwsRequest & { accessKeyId: string } {
  const headers = incoming.headers as Record<string, string>;
  const url = new URL(incoming.url!, 'http://localhost');
  const [, accessKeyId = '', region = '', scope = ''] =
    headers.authorization?.match(/Credential=([^/]+)\/[^/]+\/([^/]+)\/([^/]+)\//) ?? [];
  const input = parseInput(headers, body);
  return {
    service: scope === 's3' && url.pathname.startsWith('/v20180820/') ? 's3-control' : scope,
    region,
    operation: headers['x-amz-target']?.split('.').pop() ?? input.Action ?? '',
    principal: '',
    accessKeyId,
    input,
    method: incoming.method!,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
    time,
  };
}

function parseInput(headers: Record<string, string>, body: Buffer): Record<string, any> {
  const type = headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(body.toString()));
  }
  if (type.startsWith('application/x-amz-json')) return JSON.parse(body.toString());
  return {};
}

function send(outgoing: ServerResponse, { status = 200, headers, body }: AwsResponse): void {
  outgoing.writeHead(status, headers);
  outgoing.end(body);
}
