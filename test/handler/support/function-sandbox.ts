import { Agent } from 'node:http';
import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { TestClock } from './test-clock';
import { HandleEvent, run } from '../../../src/handler/protocol/run';
import { AwsError, AwsRequest, AwsStandIn, s3ControlOperation, startAws } from '../../sandbox/aws';
import { serveLambda } from '../../sandbox/lambda/http-face';
import { leaksIn, NamedSecret, secretTexts } from '../../sandbox/leaks';
import { HttpServer } from '../../support/http-server';

export const STACK = 'arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/4ae3a5a0-0001-11ee-8000-0a1b2c3d4e5f';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:immuta';

export interface CloudFormationAnswer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Record<string, string>;
}

export interface FunctionServers {
  readonly clock: TestClock;
  readonly aws: AwsStandIn;
  readonly responses: HttpServer;
}

/** Starts the sandbox's AWS and the endpoint of responses, each on a socket of its own, with one clock. */
export async function startServers(): Promise<FunctionServers> {
  const clock = new TestClock();
  const aws = await startAws({ clock });
  const responses = await HttpServer.start((_, response) => {
    response.end();
  });
  return { clock, aws, responses };
}

/** A function of the library in this process, with the sandbox's AWS. */
export abstract class FunctionSandbox {
  public readonly clock: TestClock;
  public readonly aws: AwsStandIn;
  public readonly responses: HttpServer;
  public readonly log: string[] = [];
  /** How long an invocation may run. */
  public functionTimeoutMs = 900_000;
  /** Events with which the function has invoked itself. */
  public readonly invocations: Record<string, unknown>[] = [];
  protected readonly secrets: NamedSecret[] = [{ name: 'the signature of the response URL', value: 'signature-4f2d' }];

  protected constructor({ clock, aws, responses }: FunctionServers) {
    this.clock = clock;
    this.aws = aws;
    this.responses = responses;
    serveLambda(
      { find: (functionArn) => ({ functionArn }), invokeAsync: (_, event) => this.invocations.push(event) },
      aws,
    );
    aws.route('cloudformation', async () => {
      throw new AwsError(403, 'AccessDenied', 'The handler may not ask CloudFormation.');
    });
    // the handler acts as the sandbox's admin
    Object.assign(process.env, {
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: aws.env.AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: aws.env.AWS_SECRET_ACCESS_KEY,
      AWS_ENDPOINT_URL_IAM: aws.url,
      AWS_ENDPOINT_URL_S3: aws.url, // to whose host it responds
      AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
      AWS_ENDPOINT_URL_LAMBDA: aws.url,
      AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url, // which denies every question unless a test describes the stack
      // the SDK's own pauses are not the clock's; the handler tries again as well
      AWS_MAX_ATTEMPTS: '1',
    });
  }

  protected abstract get handleEvent(): HandleEvent;

  /** Ends, and looks whether anything that left the handler holds a secret. */
  public async close(): Promise<void> {
    const { aws, log, responses } = this;
    await Promise.all([aws.close(), responses.close()]);
    const secrets = [
      ...this.secrets,
      ...aws.secrets.everyValue.flatMap(({ name, value }) => secretTexts(name, value)),
      ...[...aws.iam.everySecretKey].map(([id, value]) => ({ name: `the secret access key of ${id}`, value })),
    ];
    expect(
      leaksIn({ log: log.join('\n'), answers: responses.requests.map(({ body }) => body).join('\n') }, secrets),
    ).toEqual([]);
  }

  public get answers(): CloudFormationAnswer[] {
    return this.responses.requests.map(({ body }) => JSON.parse(body));
  }

  public get steps(): string[] {
    return this.log.map((line) => JSON.parse(line).step);
  }

  public countAwsCalls(operation: string): number {
    return this.aws.requests.filter((request) => parseOperation(request) === operation).length;
  }

  /** AWS answers every call of a service with an error from now on. */
  public failAws(service: string, status: number, code: string, message = 'no'): void {
    this.aws.route(service, async () => {
      throw new AwsError(status, code, message);
    });
  }

  /** Invokes the handler, and again as often as it asks for it. The last answer. */
  public async deliver(event: Record<string, unknown>, ageMs = 2_000): Promise<CloudFormationAnswer> {
    this.clock.advance(ageMs);
    await this.invoke(event);
    for (let next = this.invocations.shift(); next; next = this.invocations.shift()) {
      await this.invoke(next);
    }
    return this.answers[this.answers.length - 1];
  }

  public async invoke(event: unknown): Promise<void> {
    const endsAt = this.clock.now() + this.functionTimeoutMs;
    const context = { invokedFunctionArn: FUNCTION_ARN, getRemainingTimeInMillis: () => endsAt - this.clock.now() };
    const { clock, handleEvent } = this;
    await run(event, context, { clock, writeLog: (line) => this.log.push(line), handleEvent });
  }

  /** A response URL that CloudFormation signs now. */
  protected signResponseUrl(): string {
    const date = new Date(this.clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const query = `X-Amz-Date=${date}&X-Amz-Expires=7200&X-Amz-Signature=signature-4f2d`;
    return `${this.responses.url}/response/token?${query}`;
  }

  /** The SDK puts the account before the host, which then is no address of this machine. */
  public get s3Control(): S3ControlClientConfig {
    const lookup = (_: string, __: object, callback: (error: null, addresses: object[]) => void) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    return {
      endpoint: this.aws.env.AWS_ENDPOINT_URL_S3_CONTROL,
      requestHandler: { httpAgent: new Agent({ lookup: lookup as never }) } as never,
    };
  }
}

export function parseOperation(request: AwsRequest): string {
  return request.operation || s3ControlOperation(request) || (request.service === 'lambda' ? 'Invoke' : '');
}
