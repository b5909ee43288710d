import { HttpServer, ReceivedRequest, sendJson } from '../../support/http-server';

export interface StoredLocation {
  id: string;
  scope: string;
  roleArn: string;
}

/** The three AWS calls of the handler, in the formats in which the AWS SDK reads them. */
export class AwsServer {
  public static async start(): Promise<AwsServer> {
    const aws = new AwsServer();
    aws.http = await HttpServer.start((request, response) => {
      const [status, body, headers] = aws.answer(request);
      if (typeof body === 'string') {
        response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
      } else {
        sendJson(response, status, body, headers);
      }
    });
    return aws;
  }

  public http!: HttpServer;
  public readonly secrets = new Map<string, string | Uint8Array>();
  public locations: StoredLocation[] = [];
  public pageSize = 1000;
  public hasInstance = true;
  /** Calls that are denied before the first that is not, by operation. */
  public denials = { GetSecretValue: 0, ListAccessGrantsLocations: 0, Invoke: 0 };
  /** Payloads of the function's invocations of itself. */
  public readonly invocations: Record<string, unknown>[] = [];

  public count(operation: 'GetSecretValue' | 'ListAccessGrantsLocations' | 'Invoke'): number {
    return this.http.requests.filter((request) => operationOf(request) === operation).length;
  }

  private answer(request: ReceivedRequest): [number, string | object, Record<string, string>?] {
    const operation = operationOf(request);
    if (this.denials[operation] > 0) {
      this.denials[operation]--;
      const message = `User: arn:aws:sts::111122223333:assumed-role/handler is not authorized to perform ${operation}`;
      return operation === 'ListAccessGrantsLocations'
        ? [403, `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`]
        : [operation === 'Invoke' ? 403 : 400, { __type: 'AccessDeniedException', message, Message: message },
          { 'x-amzn-errortype': 'AccessDeniedException' }];
    }
    switch (operation) {
      case 'GetSecretValue':
        return this.secret(JSON.parse(request.body).SecretId);
      case 'Invoke':
        this.invocations.push(JSON.parse(request.body));
        return [202, {}];
      default:
        return this.list(request);
    }
  }

  private secret(arn: string): [number, object] {
    const value = this.secrets.get(arn);
    if (value === undefined) {
      return [400, { __type: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." }];
    }
    return [200, typeof value === 'string' ? { ARN: arn, SecretString: value } : { ARN: arn, SecretBinary: Buffer.from(value).toString('base64') }];
  }

  private list(request: ReceivedRequest): [number, string] {
    if (!this.hasInstance) {
      return [404, '<Error><Code>AccessGrantsInstanceNotExistsError</Code><Message>Access Grants instance does not exist</Message></Error>'];
    }
    const from = Number(request.query.get('nextToken') ?? 0);
    const to = from + this.pageSize;
    const items = this.locations.slice(from, to).map(({ id, scope, roleArn }) => '<AccessGrantsLocation>'
      + `<AccessGrantsLocationId>${id}</AccessGrantsLocationId><LocationScope>${scope}</LocationScope><IAMRoleArn>${roleArn}</IAMRoleArn>`
      + '</AccessGrantsLocation>');
    const next = to < this.locations.length ? `<NextToken>${to}</NextToken>` : '';
    return [200, `<ListAccessGrantsLocationsResult>${next}<AccessGrantsLocationsList>${items.join('')}</AccessGrantsLocationsList>`
      + '</ListAccessGrantsLocationsResult>'];
  }
}

function operationOf(request: ReceivedRequest): 'GetSecretValue' | 'ListAccessGrantsLocations' | 'Invoke' {
  if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
    return 'GetSecretValue';
  }
  return request.path.endsWith('/invocations') ? 'Invoke' : 'ListAccessGrantsLocations';
}
