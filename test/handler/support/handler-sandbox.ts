import { Agent } from 'node:http';
import { TestClock } from './test-clock';
import { handleIntegrationEvent } from '../../../src/handler/integration/handle-event';
import { run } from '../../../src/handler/protocol/run';
import {
  AccessGrantsLocation,
  AwsError,
  AwsRequest,
  AwsStandIn,
  s3ControlOperation,
  startAws,
} from '../../sandbox/aws';
import { Answer, HttpFault, ImmutaStandIn, IntegrationRecord, S3Config, startImmuta } from '../../sandbox/immuta';
import { serveLambda } from '../../sandbox/lambda/http-face';
import { leaksIn, NamedSecret, secretTexts } from '../../sandbox/leaks';
import { HttpServer } from '../../support/http-server';

/** Secrets are found without the suffix of their ARN, as AWS finds them. */
export const API_KEY_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key';
export const ACCESS_KEY_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/access-key';
export const API_KEY = 'key-846e9e43c86a4c';
export const ROLE = roleArn('sales-location');
export const OTHER_ROLE = roleArn('other-location');
export const IMMUTA_ROLE = roleArn('immuta');
export const OTHER_IMMUTA_ROLE = roleArn('other-immuta');
export const STACK = 'arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/4ae3a5a0-0001-11ee-8000-0a1b2c3d4e5f';
export const CREATE = 'c1b2c3d4-0000-4000-8000-000000000001';
export const UPDATE = 'c1b2c3d4-0000-4000-8000-000000000002';
export const DELETE = 'c1b2c3d4-0000-4000-8000-000000000003';
export const GENERATION = 'Lake-SalesLocationPolicy-1F2E3D4C5B6A';
/** Physical id of the first integration that Immuta gives an id to. */
export const ID = 'immuta-s3-integration/101';
/**
 * 12 digits of the sha256 of "<STACK> SalesLake"; six of GENERATION and six of CREATE: written by hand with sha256sum.
 */
export const OWNER = '170628fc8036';
export const MADE_BY_CREATE = '3098ca9c09a0';
/** Six of ID, six of UPDATE. */
export const MADE_BY_UPDATE = 'c0abdcd7f1b1';
/** Six of `<ID>/adopted`, six of UPDATE. */
export const MADE_BY_UPDATE_OF_ADOPTED = '26cc38d7f1b1';
/** What a Create before it was retained has made. */
export const MADE_BEFORE = '0123459c09a0';

export const PROPERTIES: Record<string, string> = {
  ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
  TenantUrl: 'https://acme.immutacloud.com',
  ApiKeySecretArn: API_KEY_ARN,
  AccountId: '111122223333',
  Region: 'us-east-1',
  LocationPath: 's3://sales/',
  LocationRoleArn: ROLE,
  AuthenticationType: 'auto',
  RoleToAssumeArn: IMMUTA_ROLE,
  IntegrationName: 'sales',
  TimeoutSeconds: '1800',
  IamPropagationTimeoutSeconds: '180',
  RemovalPolicy: 'destroy',
  Generation: GENERATION,
};

/** The configuration that those properties mean to Immuta, under the name of the record that the Create makes. */
export const CONFIG: S3Config = {
  name: `sales-${OWNER}-${MADE_BY_CREATE}`,
  awsAccountId: '111122223333',
  awsRegion: 'us-east-1',
  awsLocationRole: ROLE,
  awsLocationPath: 's3://sales/',
  authenticationType: 'auto',
  awsRoleToAssume: IMMUTA_ROLE,
};

export interface CloudFormationAnswer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Record<string, string>;
}

export interface Sent {
  readonly properties?: Record<string, string | undefined>;
  readonly oldProperties?: Record<string, string | undefined>;
  readonly physicalId?: string;
  readonly event?: Record<string, unknown>;
  /** How long the event was under way. */
  readonly ageMs?: number;
}

/**
 * The handler in this process, with the sandbox's AWS and Immuta, each on a socket of its own, and one clock.
 *
 * There are: the bucket `sales`, an Access Grants instance, and roles that may do what they must.
 */
export class HandlerSandbox {
  public static async start(): Promise<HandlerSandbox> {
    const clock = new TestClock();
    const aws = await startAws({ clock });
    const immuta = await startImmuta({ clock, aws, plain: true, apiKeys: { [API_KEY]: ['APPLICATION_ADMIN'] } });
    const responses = await HttpServer.start((_, response) => {
      response.end();
    });
    const sandbox = new HandlerSandbox(clock, aws, immuta, responses);
    serveLambda(
      { find: (functionArn) => ({ functionArn }), invokeAsync: (_, event) => sandbox.invocations.push(event) },
      aws,
    );
    aws.secrets.createSecret('immuta/api-key', API_KEY);
    aws.buckets.createBucket('sales');
    aws.accessGrants.createInstance('111122223333', 'us-east-1');
    createRoles(sandbox);
    // the handler acts as the sandbox's admin
    Object.assign(process.env, {
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: aws.env.AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: aws.env.AWS_SECRET_ACCESS_KEY,
      AWS_ENDPOINT_URL_IAM: aws.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
      AWS_ENDPOINT_URL_LAMBDA: aws.url,
      // the SDK's own pauses are not the clock's; the handler tries again as well
      AWS_MAX_ATTEMPTS: '1',
    });
    return sandbox;
  }

  public readonly log: string[] = [];
  public environment: Record<string, string | undefined>;
  /** How long an invocation may run. */
  public functionTimeoutMs = 900_000;
  /** Events with which the function has invoked itself. */
  public readonly invocations: Record<string, unknown>[] = [];
  private readonly secrets: NamedSecret[] = [{ name: 'the signature of the response URL', value: 'signature-4f2d' }];

  private constructor(
    public readonly clock: TestClock,
    public readonly aws: AwsStandIn,
    public readonly immuta: ImmutaStandIn,
    public readonly responses: HttpServer,
  ) {
    this.environment = { IMMUTA_URL: immuta.url, API_KEY_SECRET_ARN: API_KEY_ARN };
  }

  /** Ends, and looks whether anything that left the handler holds a secret. */
  public async close(): Promise<void> {
    const { aws, immuta, log, responses } = this;
    await Promise.all([immuta.close(), aws.close(), responses.close()]);
    const secrets = [
      ...this.secrets,
      ...aws.secrets.everyValue.flatMap(({ name, value }) => secretTexts(name, value)),
      ...[...immuta.apiKeys.every].map((value) => ({ name: 'an API key of Immuta', value })),
      ...[...aws.iam.everySecretKey].map(([id, value]) => ({ name: `the secret access key of ${id}`, value })),
    ];
    expect(
      leaksIn({ log: log.join('\n'), answers: responses.requests.map(({ body }) => body).join('\n') }, secrets),
    ).toEqual([]);
  }

  // ----- what the handler has done

  public get answers(): CloudFormationAnswer[] {
    return this.responses.requests.map(({ body }) => JSON.parse(body));
  }

  public get steps(): string[] {
    return this.log.map((line) => JSON.parse(line).step);
  }

  /** What Immuta was asked, as `POST /integrations`, in its order. */
  public get immutaCalls(): string[] {
    return this.immuta.requests.map(({ method, path }) => `${method} ${path}`);
  }

  public countImmutaCalls(method: string): number {
    return this.immuta.requests.filter((request) => request.method === method).length;
  }

  public countAwsCalls(operation: string): number {
    return this.aws.requests.filter((request) => operationOf(request) === operation).length;
  }

  // ----- Immuta's integrations and the locations in AWS

  /** Immuta's integrations: without those that have the status `deleted`. */
  public get integrations(): IntegrationRecord[] {
    return [...this.immuta.integrations.values()].filter(({ status }) => status !== 'deleted');
  }

  /** The instance's locations. */
  public get locations(): AccessGrantsLocation[] {
    return this.aws.accessGrants.locations('111122223333', 'us-east-1');
  }

  /** A record in Immuta, with nothing in AWS. */
  public addRecord(record: Partial<IntegrationRecord> = {}): IntegrationRecord {
    const { awsAccessKeyId, awsSecretAccessKey } = record.config ?? {};
    [awsAccessKeyId, awsSecretAccessKey]
      .filter((value) => value !== undefined)
      .forEach((value) => this.secrets.push({ name: 'an access key', value }));
    return this.immuta.addRecord({ config: CONFIG, ...record });
  }

  /** A location in AWS, of which Immuta knows nothing. */
  public async addLocation(scope = 's3://sales/', role = ROLE): Promise<AccessGrantsLocation> {
    return this.aws.accessGrants.createLocation('111122223333', 'us-east-1', scope, role);
  }

  /** An integration in order: a record, and its location. */
  public async addIntegration(record: Partial<IntegrationRecord> = {}): Promise<IntegrationRecord> {
    const { awsLocationPath, awsLocationRole } = record.config ?? CONFIG;
    const { id: locationId } = await this.addLocation(awsLocationPath, awsLocationRole);
    return this.addRecord({ locationId, ...record });
  }

  /** Somebody deletes an integration in Immuta, and its location in AWS. */
  public removeIntegration(id: string): void {
    const { locationId } = this.immuta.integrations.get(id)!;
    if (locationId) this.aws.accessGrants.deleteLocation('111122223333', 'us-east-1', locationId);
    this.immuta.integrations.delete(id);
  }

  /** The access key of a user that may do what Immuta must; the secret of ACCESS_KEY_ARN holds it in these fields. */
  public createAccessKey(
    idField = 'accessKeyId',
    secretField = 'secretAccessKey',
  ): Pick<S3Config, 'awsAccessKeyId' | 'awsSecretAccessKey'> {
    this.aws.iam.createUser({ userName: 'immuta' });
    this.aws.iam.putUserPolicy('immuta', 'all', allow({ Action: '*', Resource: '*' }));
    const { accessKeyId, secretAccessKey } = this.aws.iam.createAccessKey('immuta');
    this.aws.secrets.createSecret(
      'immuta/access-key',
      JSON.stringify({ [idField]: accessKeyId, [secretField]: secretAccessKey }),
    );
    return { awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey };
  }

  // ----- what goes wrong

  /** Immuta answers the next requests of a method with an error. */
  public refuse(method: string, status: number, body: string | object, fault: Partial<HttpFault> = {}): void {
    const answer: Answer = {
      status,
      body: typeof body === 'string' ? { statusCode: status, error: 'Error', message: body } : body,
    };
    this.immuta.faults.http({ method, behaviour: 'answer', answer, ...fault });
  }

  /** AWS denies the next calls of a service. */
  public deny(service: 'secretsmanager' | 's3-control' | 'lambda', times: number): void {
    this.aws.route(service, async (request, next) => {
      if (times-- <= 0) return next(request);
      const code = service === 's3-control' ? 'AccessDenied' : 'AccessDeniedException';
      const status = service === 'secretsmanager' ? 400 : 403;
      throw new AwsError(
        status,
        code,
        `User: arn:aws:sts::111122223333:assumed-role/handler is not authorized to perform ${operationOf(request)}`,
      );
    });
  }

  // ----- events

  public create(sent: Sent = {}): Promise<CloudFormationAnswer> {
    return this.deliver(this.event('Create', CREATE, sent), sent.ageMs);
  }

  public update(sent: Sent = {}): Promise<CloudFormationAnswer> {
    return this.deliver(this.event('Update', UPDATE, { physicalId: ID, ...sent }), sent.ageMs);
  }

  public delete(physicalId: string, sent: Sent = {}): Promise<CloudFormationAnswer> {
    return this.deliver(this.event('Delete', DELETE, { physicalId, ...sent }), sent.ageMs);
  }

  public event(type: string, requestId: string, sent: Sent = {}): Record<string, unknown> {
    const { IMMUTA_URL: TenantUrl } = this.environment;
    const tenant = TenantUrl ? { TenantUrl } : {};
    const date = new Date(this.clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const query = `X-Amz-Date=${date}&X-Amz-Expires=7200&X-Amz-Signature=signature-4f2d`;
    return {
      RequestType: type,
      ResponseURL: `${this.responses.url}/response/token?${query}`,
      StackId: STACK,
      RequestId: requestId,
      LogicalResourceId: 'SalesLake',
      ResourceType: 'Custom::ImmutaS3Integration',
      ResourceProperties: { ...PROPERTIES, ...tenant, ...sent.properties },
      ...(type === 'Update' ? { OldResourceProperties: { ...PROPERTIES, ...tenant, ...sent.oldProperties } } : {}),
      ...(sent.physicalId ? { PhysicalResourceId: sent.physicalId } : {}),
      ...sent.event,
    };
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
    const lookup = (_: string, __: object, callback: (error: null, addresses: object[]) => void) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    await run(
      event,
      {
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
        getRemainingTimeInMillis: () => endsAt - this.clock.now(),
      },
      {
        clock: this.clock,
        writeLog: (line) => this.log.push(line),
        handleEvent: handleIntegrationEvent({
          environment: this.environment,
          // the SDK puts the account before the host, which then is no address of this machine
          s3Control: {
            endpoint: this.aws.env.AWS_ENDPOINT_URL_S3_CONTROL,
            requestHandler: { httpAgent: new Agent({ lookup: lookup as never }) } as never,
          },
        }),
      },
    );
  }
}

function operationOf(request: AwsRequest): string {
  return request.operation || s3ControlOperation(request) || (request.service === 'lambda' ? 'Invoke' : '');
}

function createRoles({ aws: { iam }, immuta }: HandlerSandbox): void {
  for (const role of [ROLE, OTHER_ROLE]) {
    const trust = allow({
      Principal: { Service: 'access-grants.s3.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    });
    iam.createRole({ roleName: role.split('/')[1], assumeRolePolicyDocument: trust });
  }
  for (const role of [IMMUTA_ROLE, OTHER_IMMUTA_ROLE]) {
    iam.createRole({
      roleName: role.split('/')[1],
      assumeRolePolicyDocument: allow({ Principal: { AWS: immuta.identity.principal }, Action: 'sts:AssumeRole' }),
    });
    iam.putRolePolicy(role, 'all', allow({ Action: '*', Resource: '*' }));
  }
}

function allow(statement: object): Record<string, unknown> {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] };
}

function roleArn(roleName: string): string {
  return `arn:aws:iam::111122223333:role/${roleName}`;
}
