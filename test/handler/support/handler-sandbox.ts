import {
  CloudFormationAnswer,
  FunctionSandbox,
  FunctionServers,
  parseOperation,
  STACK,
  startServers,
} from './function-sandbox';
import { handleDataSourcesEvent } from '../../../src/handler/data-sources/handle-event';
import { handleIntegrationEvent } from '../../../src/handler/integration/handle-event';
import { HandleEvent } from '../../../src/handler/protocol/run';
import { AccessGrantsLocation, AwsError } from '../../sandbox/aws';
import { Answer, HttpFault, ImmutaStandIn, IntegrationRecord, S3Config, startImmuta } from '../../sandbox/immuta';

export { STACK };

/** Secrets are found without the suffix of their ARN, as AWS finds them. */
export const API_KEY_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key';
export const ACCESS_KEY_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/access-key';
export const API_KEY = 'key-846e9e43c86a4c';
export const ROLE = roleArn('sales-location');
export const OTHER_ROLE = roleArn('other-location');
export const IMMUTA_ROLE = roleArn('immuta');
export const OTHER_IMMUTA_ROLE = roleArn('other-immuta');
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
export class HandlerSandbox extends FunctionSandbox {
  public static async start(): Promise<HandlerSandbox> {
    const servers = await startServers();
    const { aws, clock } = servers;
    const apiKeys = { [API_KEY]: ['APPLICATION_ADMIN', 'CREATE_S3_DATASOURCE'] };
    const immuta = await startImmuta({ clock, aws, plain: true, apiKeys });
    const sandbox = new HandlerSandbox(servers, immuta);
    aws.secrets.createSecret('immuta/api-key', API_KEY);
    aws.buckets.createBucket('sales');
    aws.accessGrants.createInstance('111122223333', 'us-east-1');
    createRoles(sandbox);
    return sandbox;
  }

  public environment: Record<string, string | undefined>;

  private constructor(servers: FunctionServers, public readonly immuta: ImmutaStandIn) {
    super(servers);
    this.environment = { IMMUTA_URL: immuta.url, API_KEY_SECRET_ARN: API_KEY_ARN };
  }

  protected get handleEvent(): HandleEvent {
    const { environment, s3Control } = this;
    const handleIntegration = handleIntegrationEvent({ environment, s3Control });
    const handleDataSources = handleDataSourcesEvent({ environment });
    return (event, tools) =>
      (event.resourceType === 'Custom::ImmutaS3DataSources' ? handleDataSources : handleIntegration)(event, tools);
  }

  public async close(): Promise<void> {
    this.secrets.push(...[...this.immuta.apiKeys.every].map((value) => ({ name: 'an API key of Immuta', value })));
    await this.immuta.close();
    await super.close();
  }

  // ----- what the handler has done

  /** What Immuta was asked, as `POST /integrations`, in its order. */
  public get immutaCalls(): string[] {
    return this.immuta.requests.map(({ method, path }) => `${method} ${path}`);
  }

  public countImmutaCalls(method: string): number {
    return this.immuta.requests.filter((request) => request.method === method).length;
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

  /** Deletes an integration in Immuta, and its location in AWS. */
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
  public deny(service: 'secretsmanager' | 's3' | 's3-control' | 'lambda', times: number): void {
    this.aws.route(service, async (request, next) => {
      if (times-- <= 0) return next(request);
      const code = service.startsWith('s3') ? 'AccessDenied' : 'AccessDeniedException';
      const status = service === 'secretsmanager' ? 400 : 403;
      throw new AwsError(
        status,
        code,
        `User: arn:aws:sts::111122223333:assumed-role/handler is not authorized to perform ${parseOperation(request)}`,
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
    return {
      RequestType: type,
      ResponseURL: this.signResponseUrl(),
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
