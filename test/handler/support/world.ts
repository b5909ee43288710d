import { Agent } from 'node:http';
import { AwsServer } from './aws-server';
import { ImmutaServer } from './immuta-server';
import { TestClock } from './test-clock';
import { findRegisteredLocation, listRegisteredLocations } from '../../../src/handler/aws/access-grants-locations';
import { readSecretsManager } from '../../../src/handler/aws/secrets-manager';
import { integrationLifecycle } from '../../../src/handler/integration/lifecycle';
import { invokeLambda } from '../../../src/handler/protocol/continuation';
import { run } from '../../../src/handler/protocol/run';
import { HttpServer } from '../../support/http-server';

export const API_KEY_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key-AbCdEf';
export const ACCESS_KEY_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/access-key-AbCdEf';
export const ROLE = 'arn:aws:iam::111122223333:role/sales-location';
export const STACK = 'arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/4ae3a5a0-0001-11ee-8000-0a1b2c3d4e5f';
export const CREATE = 'c1b2c3d4-0000-4000-8000-000000000001';
export const UPDATE = 'c1b2c3d4-0000-4000-8000-000000000002';
export const DELETE = 'c1b2c3d4-0000-4000-8000-000000000003';
export const GENERATION = 'Lake-SalesLocationPolicy-1F2E3D4C5B6A';
/** 12 digits of the sha256 of "<STACK> SalesLake"; six of GENERATION and six of CREATE: written by hand with sha256sum. */
export const OWNER = '170628fc8036';
export const MADE_BY_CREATE = '3098ca9c09a0';
/** Six of `immuta-s3-integration/1001`, six of UPDATE. */
export const MADE_BY_UPDATE = '0ce06cd7f1b1';
/** Six of `immuta-s3-integration/1001/adopted`, six of UPDATE. */
export const MADE_BY_UPDATE_OF_ADOPTED = '6e5878d7f1b1';
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
  RoleToAssumeArn: 'arn:aws:iam::111122223333:role/immuta',
  IntegrationName: 'sales',
  TimeoutSeconds: '1800',
  IamPropagationTimeoutSeconds: '180',
  RemovalPolicy: 'destroy',
  Generation: GENERATION,
};

/** The configuration that those properties mean to Immuta, under the name of the record that the Create makes. */
export const CONFIG = {
  name: `sales-${OWNER}-${MADE_BY_CREATE}`,
  awsAccountId: '111122223333',
  awsRegion: 'us-east-1',
  awsLocationRole: ROLE,
  awsLocationPath: 's3://sales/',
  authenticationType: 'auto',
  awsRoleToAssume: 'arn:aws:iam::111122223333:role/immuta',
};

/** No log line and no answer may hold one of these. */
export const SECRETS = ['key-846e9e43c86a4c', 'AKIAPLANTEDKEYID', 'planted/secret+access/key', 'signature-4f2d', '846e9e43c86a4c'];

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

/** CloudFormation, Lambda, AWS and Immuta around the handler, each on a socket of its own, with one clock. */
export class World {
  public static async start(): Promise<World> {
    const world = new World(await ImmutaServer.start(), await AwsServer.start());
    world.answersServer = await HttpServer.start((_, response) => { response.end(); });
    world.aws.secrets.set(API_KEY_ARN, world.immuta.apiKey);
    world.immuta.onChange = ({ status, id, config }) => {
      const others = world.aws.locations.filter((each) => each.id !== `loc-${id}`);
      if (status === 'gone') {
        world.aws.locations = others;
      } else if (status === 'enabled') {
        world.aws.locations = [...others, { id: `loc-${id}`, scope: String(config.awsLocationPath), roleArn: String(config.awsLocationRole) }];
      }
    };
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: world.aws.http.url,
      AWS_ENDPOINT_URL_LAMBDA: world.aws.http.url,
    });
    return world;
  }

  public readonly clock = new TestClock();
  public readonly log: string[] = [];
  public environment: Record<string, string | undefined>;
  public answersServer!: HttpServer;
  /** How long an invocation may run. */
  public functionTimeoutMs = 900_000;

  private constructor(public readonly immuta: ImmutaServer, public readonly aws: AwsServer) {
    this.environment = { IMMUTA_URL: immuta.http.url, API_KEY_SECRET_ARN: API_KEY_ARN };
  }

  public get answers(): CloudFormationAnswer[] {
    return this.answersServer.requests.map(({ body }) => JSON.parse(body));
  }

  public get steps(): string[] {
    return this.log.map((line) => JSON.parse(line).step);
  }

  /** Ends the world, and looks whether anything that left the handler holds a secret. */
  public async close(): Promise<void> {
    const written = [...this.log, ...this.answersServer.requests.map(({ body }) => body)];
    expect(written.filter((text) => SECRETS.some((secret) => text.includes(secret)))).toEqual([]);
    await Promise.all([this.immuta.http.close(), this.aws.http.close(), this.answersServer.close()]);
  }

  public create(sent: Sent = {}): Promise<CloudFormationAnswer> {
    return this.deliver(this.event('Create', CREATE, sent), sent.ageMs);
  }

  public update(sent: Sent = {}): Promise<CloudFormationAnswer> {
    return this.deliver(this.event('Update', UPDATE, { physicalId: 'immuta-s3-integration/1001', ...sent }), sent.ageMs);
  }

  public delete(physicalId: string, sent: Sent = {}): Promise<CloudFormationAnswer> {
    return this.deliver(this.event('Delete', DELETE, { physicalId, ...sent }), sent.ageMs);
  }

  public event(type: string, requestId: string, sent: Sent = {}): Record<string, unknown> {
    const { IMMUTA_URL: TenantUrl } = this.environment;
    const tenant = TenantUrl ? { TenantUrl } : {};
    const date = new Date(this.clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    return {
      RequestType: type,
      ResponseURL: `${this.answersServer.url}/response/token?X-Amz-Date=${date}&X-Amz-Expires=7200&X-Amz-Signature=signature-4f2d`,
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
    for (let next = this.aws.invocations.shift(); next; next = this.aws.invocations.shift()) {
      await this.invoke(next);
    }
    return this.answers[this.answers.length - 1];
  }

  public async invoke(event: unknown): Promise<void> {
    const endsAt = this.clock.now() + this.functionTimeoutMs;
    const lookup = (_: string, __: object, callback: (error: null, addresses: object[]) => void) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    await run(event, {
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:immuta',
      getRemainingTimeInMillis: () => endsAt - this.clock.now(),
    }, {
      clock: this.clock,
      invoke: invokeLambda,
      writeLog: (line) => this.log.push(line),
      work: integrationLifecycle({
        environment: this.environment,
        readSecret: readSecretsManager,
        // the SDK puts the account before the host, which then is no address of this machine
        findRegisteredLocation: findRegisteredLocation(listRegisteredLocations({
          endpoint: `http://aws.localhost:${this.aws.http.port}`,
          requestHandler: { httpAgent: new Agent({ lookup: lookup as never }) } as never,
        })),
      }),
    });
  }
}
