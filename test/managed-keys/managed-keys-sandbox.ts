import { Authentication, Behaviour, UserName, USERS } from './history';
import { IMMUTA_URL, InProcessRuntime, RESPONSE_ORIGIN } from '../campaign/in-process-runtime';
import { Exchange, Network } from '../campaign/network';
import { PermissiveIam } from '../campaign/permissive-iam';
import { AwsError, AwsServices, createAwsServices, Secret } from '../sandbox/aws';
import { SandboxClock } from '../sandbox/clock';
import { Responses } from '../sandbox/cloudformation';
import {
  Answer,
  createImmuta,
  DEFAULT_API_KEY,
  ImmutaTenantModel,
  IntegrationRecord,
  RecordedRequest,
} from '../sandbox/immuta';
import { LambdaStandIn } from '../sandbox/lambda';
import { RuntimeProcess } from '../sandbox/lambda/function-process';
import { Scheduler } from '../sandbox/scheduler';
import { SecretRotation } from '../sandbox/secret-rotation';

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
const HANDLER_ROLE = `arn:aws:iam::${ACCOUNT}:role/handler`;
const LOCATION_ROLE = `arn:aws:iam::${ACCOUNT}:role/location`;
const IMMUTA_ROLE = `arn:aws:iam::${ACCOUNT}:role/immuta`;
const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:handler`;
const STACK_ARN = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/Lake/4ae3a5a0-0001-11ee-8000-0a1b2c3d4e5f`;
const POLICY = { Version: '2012-10-17', Statement: [] };
const PATH = 's3://sales/';
const GIVEN_USER = 'given-user';
const SERVICE_TIMEOUT_MS = 3_600_000;
/** Lambda repeats a run that is killed twice. */
const MOST_RUNS = 3;

/** An answer to CloudFormation. */
export interface Response {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly PhysicalResourceId: string;
  readonly Reason?: string;
}

type Properties = Readonly<Record<string, string>>;

/** AWS, Immuta and the packaged function, in this process and in virtual time. CloudFormation has one resource. */
export class ManagedKeysSandbox {
  readonly clock = new SandboxClock();
  readonly scheduler = new Scheduler(this.clock);
  readonly aws: AwsServices;
  readonly immuta: ImmutaTenantModel;
  readonly network: Network;
  readonly lambda: LambdaStandIn;
  readonly rotation: SecretRotation;
  readonly responses = new Responses(this.clock, () => RESPONSE_ORIGIN);
  /** Users for which the function requested a third key. */
  readonly thirdKeys: string[] = [];
  /** How many of the next requests of a method Immuta refuses. */
  refused?: { readonly method: string; times: number };
  /** The secret of the managed key, while the stack has one. */
  secret?: Secret;
  private readonly given: { readonly secretArn: string; readonly accessKeyId: string };
  private requests = 0;
  private rotations = 0;
  private secrets = 0;

  /** @param onExchange Called after each request to AWS and Immuta */
  constructor(
    behaviour: Behaviour,
    onExchange: (label: string) => void,
    note: (line: string) => void,
    private readonly codeFolder: string,
  ) {
    const { clock, scheduler } = this;
    this.aws = createAwsServices({ clock, accountId: ACCOUNT, region: REGION, iam: new PermissiveIam(clock, ACCOUNT) });
    this.immuta = createImmuta({ clock, aws: this.aws });
    this.network = new (class extends Network {
      exchange<T>(...[caller, exchange]: [Parameters<Network['exchange']>[0], Exchange<T>]): Promise<T> {
        // a run that comes after the response is the subject of other tests
        if (exchange.peer === 'response') return exchange.work();
        const work = () => exchange.work().finally(() => onExchange(`${exchange.peer} ${exchange.label}`));
        return super.exchange(caller, { ...exchange, work });
      }
    })(scheduler, behaviour.latencyMs, note);
    const runtime = new InProcessRuntime(
      {
        scheduler,
        services: this.aws,
        immuta: { ...this.immuta, answer: (request) => this.answer(request) },
        responses: this.responses,
        network: this.network,
        lambda: () => this.lambda,
        onImmutaAnswer: () => {},
        onLog: (_, text) => note(text),
        onThirdKey: (userName) => void this.thirdKeys.push(userName),
      },
      1,
    );
    this.lambda = new LambdaStandIn({
      scheduler,
      credentialsFor: (role) => this.aws.iam.sessionFor(role),
      env: {},
      startProcess: (options) => {
        const started = runtime.startProcess(options);
        return behaviour.coldStarts ? forOneEvent(started) : started;
      },
    });
    this.rotation = new SecretRotation(this.aws, this.lambda, scheduler);
    this.given = this.prepareAccount();
    this.apply(behaviour);
  }

  /** The access key that the integration holds. */
  get heldKey(): string | undefined {
    return this.record?.config.awsAccessKeyId;
  }

  /** The integration on the path, if Immuta has one. */
  get record(): IntegrationRecord | undefined {
    return [...this.immuta.integrations.values()].find(({ status }) => status !== 'deleted');
  }

  /** The keys of the users, without that of the given secret. */
  get keys(): string[] {
    return this.aws.iam.accessKeyIds.filter((id) => id !== this.given.accessKeyId);
  }

  keysOf(user: UserName): string[] {
    return this.aws.iam.accessKeys(user).map(({ accessKeyId }) => accessKeyId);
  }

  /** The properties of the resource. A managed key needs a secret, which the stack creates before. */
  propertiesFor(authentication: Authentication, revision: number): Properties {
    return {
      ServiceToken: FUNCTION_ARN,
      TenantUrl: IMMUTA_URL,
      AccountId: ACCOUNT,
      Region: REGION,
      LocationPath: PATH,
      LocationRoleArn: LOCATION_ROLE,
      TimeoutSeconds: '3300',
      IamPropagationTimeoutSeconds: '180',
      RemovalPolicy: 'destroy',
      Generation: 'Lake-SalesLocationPolicy-1F2E3D4C5B6A',
      Revision: `${revision}`,
      ...this.credentialsFor(authentication),
    };
  }

  /**
   * Sends an event of CloudFormation, and waits for the response as long as CloudFormation does. No copy of the event
   * is left then: what comes after the operation has ended is the subject of other tests.
   */
  async send(type: 'Create' | 'Update' | 'Delete', properties: Properties, more: object = {}): Promise<Response> {
    const response = await this.exchange(type, properties, more);
    const requestId = this.requestId;
    await this.scheduler.sleep(Math.max(...this.lambda.deliveries.map(Number)));
    const runs = () => this.lambda.invocations.filter(({ event }) => event.RequestId === requestId);
    const isRunAgain = () => runs().at(-1)?.error !== undefined && runs().length < MOST_RUNS;
    while (isRunAgain() || runs().some(({ endedAt }) => endedAt === undefined)) await this.scheduler.sleep(1_000);
    return response;
  }

  private exchange(type: string, properties: Properties, more: object): Promise<Response> {
    const { PhysicalResourceId = 'Lake-Sales-1A2B3C4D5E6F' } = more as Partial<Response>;
    this.requests += 1;
    return new Promise((resolve) => {
      const cancel = this.scheduler.after(SERVICE_TIMEOUT_MS, () => resolve({ Status: 'FAILED', PhysicalResourceId }));
      const onResponse = (body: string) => {
        cancel();
        resolve(JSON.parse(body) as Response);
      };
      this.lambda.invokeAsync(FUNCTION_ARN, {
        RequestType: type,
        ResponseURL: this.responses.urlFor((body) => this.scheduler.after(0, () => onResponse(body))),
        StackId: STACK_ARN,
        RequestId: this.requestId,
        LogicalResourceId: 'Sales',
        ResourceType: 'Custom::ImmutaS3Integration',
        ResourceProperties: properties,
        ...more,
      });
    });
  }

  private get requestId(): string {
    return `c1b2c3d4-0000-4000-8000-${String(this.requests).padStart(12, '0')}`;
  }

  /** Starts a rotation, if the stack has a secret, and waits for its end with all retries. */
  async rotate(): Promise<void> {
    if (!this.secret) return;
    const { outcomes } = this.rotation;
    const version = this.rotation.rotate(this.secret.arn, `rotation-${++this.rotations}`.padEnd(36, '-'));
    const before = outcomes.filter(({ token }) => token === version).length;
    while (outcomes.filter(({ token }) => token === version).length === before) await this.scheduler.sleep(1_000);
  }

  deleteSecret(): void {
    if (this.secret) this.aws.secrets.deleteSecret(this.secret.arn);
    this.secret = undefined;
  }

  /** Deletes the integration as a person does, who waits until it is gone. */
  async deleteIntegration(): Promise<void> {
    const headers = { authorization: DEFAULT_API_KEY };
    const { record, clock } = this;
    if (!record) return;
    const path = `/integrations/${record.id}`;
    await this.immuta.answer({ method: 'DELETE', path, headers, body: '', time: clock.now() });
    await this.scheduler.sleep(this.immuta.switches.durations.deleting + 1_000);
  }

  private credentialsFor(authentication: Authentication): Properties {
    switch (authentication) {
      case 'role':
        return { AuthenticationType: 'auto', RoleToAssumeArn: IMMUTA_ROLE };
      case 'key of a secret':
        return { AuthenticationType: 'accessKey', AccessKeySecretArn: this.given.secretArn };
      default:
        this.secret ??= this.createSecret();
        return {
          AuthenticationType: 'accessKey',
          AccessKeySecretArn: this.secret.arn,
          AccessKeyUserName: authentication,
        };
    }
  }

  private createSecret(): Secret {
    const secret = this.aws.secrets.createSecret(`managed-${++this.secrets}`);
    this.rotation.configure(secret.arn, FUNCTION_ARN);
    return secret;
  }

  /** Refuses what the step says. The answer quotes the key that the request or the record has. */
  private async answer(request: RecordedRequest): Promise<Answer> {
    if (this.refused?.method !== request.method || this.refused.times <= 0) return this.immuta.answer(request);
    this.refused.times -= 1;
    const { config = this.record?.config } = request.body ? JSON.parse(request.body) : {};
    const message = `refused: ${config?.awsSecretAccessKey ?? 'no key'}`;
    return { status: 400, body: { statusCode: 400, error: 'Bad Request', message } };
  }

  private prepareAccount(): { secretArn: string; accessKeyId: string } {
    const { iam, buckets, secrets, accessGrants } = this.aws;
    buckets.createBucket('sales');
    accessGrants.createInstance(ACCOUNT, REGION);
    for (const roleName of ['handler', 'location', 'immuta']) {
      iam.createRole({ roleName, assumeRolePolicyDocument: POLICY });
      iam.putRolePolicy(roleName, 'everything', POLICY);
    }
    for (const userName of [...USERS, GIVEN_USER]) {
      iam.createUser({ userName });
      iam.putUserPolicy(userName, 'everything', POLICY);
    }
    const { accessKeyId, secretAccessKey } = iam.createAccessKey(GIVEN_USER);
    const { arn: secretArn } = secrets.createSecret('given', JSON.stringify({ accessKeyId, secretAccessKey }));
    this.aws.route('cloudformation', async ({ operation }) => {
      throw new AwsError(403, 'AccessDenied', `not authorized to perform: cloudformation:${operation}`);
    });
    this.rotation.permissions.add({
      functionArn: FUNCTION_ARN, principal: 'secretsmanager.amazonaws.com', sourceAccount: ACCOUNT,
    });
    this.lambda.register({
      functionName: 'handler',
      functionArn: FUNCTION_ARN,
      region: REGION,
      roleArn: HANDLER_ROLE,
      codeFolder: this.codeFolder,
      handler: 'index.handler',
      environment: { IMMUTA_URL, API_KEY_SECRET_ARN: secrets.createSecret('api-key', DEFAULT_API_KEY).arn },
      timeoutSeconds: 900,
      memoryMb: 256,
    });
    return { secretArn, accessKeyId };
  }

  private apply({ showsKeys, editingMs, ...aws }: Behaviour): void {
    const { switches } = this.immuta;
    Object.assign(switches, { masksKeys: showsKeys === 'masked', omitsKeys: showsKeys === 'not at all' });
    switches.durations.editing = editingMs;
    this.aws.iam.keyPropagationMs = aws.keyPropagationMs;
    this.aws.iam.keyListLagMs = aws.keyListLagMs;
    this.aws.secrets.consistencyMs = aws.secretLagMs;
    this.aws.secrets.removesPending = aws.removesPending;
  }
}

/** A process that ends with its first event. */
function forOneEvent(started: RuntimeProcess): RuntimeProcess {
  const run = started.run.bind(started);
  started.run = (event) => run(event).finally(() => started.kill());
  return started;
}
