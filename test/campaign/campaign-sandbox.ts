import { Variant } from './history';
import { InProcessRuntime, RESPONSE_ORIGIN } from './in-process-runtime';
import { Network } from './network';
import { PermissiveIam } from './permissive-iam';
import { CODE_FOLDER, GIVEN, tenantTemplate } from './templates';
import { AwsServices, createAwsServices } from '../sandbox/aws';
import { SandboxClock } from '../sandbox/clock';
import { CloudWatch } from '../sandbox/cloud-watch';
import { CloudFormation, Responses } from '../sandbox/cloudformation';
import { serveCloudFormation } from '../sandbox/cloudformation/http-face';
import { EventSchedules } from '../sandbox/event-schedules';
import {
  Answer,
  createImmuta,
  DEFAULT_API_KEY,
  DEFAULT_SWITCHES,
  ImmutaTenantModel,
  IntegrationRecord,
} from '../sandbox/immuta';
import { LambdaStandIn } from '../sandbox/lambda';
import { ProcessOptions } from '../sandbox/lambda/function-process';
import { SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';
import { Scheduler } from '../sandbox/scheduler';
import { SecretRotation } from '../sandbox/secret-rotation';

const { account, region } = SANDBOX_ENV;
const TENANT = 'Tenant';
export const LOCATION_PATH = `s3://${SANDBOX_BUCKET}/`;

const arnOf = (role: string) => `arn:aws:iam::${account}:role/${role}`;

export interface CampaignSandboxOptions {
  readonly variant: Variant;
  readonly seed: number;
  /** The handler's bundle. @default - the packaged one */
  readonly codeFolder?: string;
  onImmutaAnswer(event: any, request: { method: string; path: string; body: string }, answer: Answer): void;
  note(at: number, line: string): void;
}

/** AWS, Immuta and the function of a tenant, in one process and in virtual time. */
export class CampaignSandbox {
  readonly clock = new SandboxClock();
  readonly scheduler = new Scheduler(this.clock);
  readonly services: AwsServices;
  readonly immuta: ImmutaTenantModel;
  readonly responses: Responses;
  readonly network: Network;
  readonly lambda: LambdaStandIn;
  readonly cloudFormation: CloudFormation;
  readonly secretRotation: SecretRotation;
  /** Users for which the function requested a third access key. */
  readonly thirdKeys: string[] = [];
  /** The access key that existed before. */
  readonly givenKeyId: string;

  constructor({ variant, seed, codeFolder = CODE_FOLDER, onImmutaAnswer, note }: CampaignSandboxOptions) {
    const { clock, scheduler } = this;
    const noteNow = (line: string) => note(clock.now(), line);
    this.services = createAwsServices({ clock, accountId: account, region, iam: new PermissiveIam(clock, account) });
    this.immuta = createImmuta({ clock, aws: this.services });
    this.responses = new Responses(clock, () => RESPONSE_ORIGIN);
    this.network = new Network(scheduler, variant.latencyMs, noteNow);
    const runtime = new InProcessRuntime(
      {
        scheduler,
        services: this.services,
        immuta: this.immuta,
        responses: this.responses,
        network: this.network,
        lambda: () => this.lambda,
        onImmutaAnswer,
        onLog: (caller, text) => noteNow(`${caller} | ${text.trimEnd()}`),
        onThirdKey: (userName) => void this.thirdKeys.push(userName),
      },
      seed,
    );
    const startProcess = (options: ProcessOptions) => runtime.startProcess(options);
    this.lambda = new LambdaStandIn({
      scheduler,
      credentialsFor: (role) => this.services.iam.sessionFor(role),
      env: {},
      startProcess,
    });
    this.secretRotation = new SecretRotation(this.services, this.lambda, scheduler);
    this.cloudFormation = new CloudFormation({
      scheduler,
      aws: this.services,
      lambda: this.lambda,
      secretRotation: this.secretRotation,
      eventSchedules: new EventSchedules(this.services, this.lambda, this.secretRotation.permissions),
      cloudWatch: new CloudWatch(this.lambda),
      responses: this.responses,
      codeFolder: () => codeFolder,
    });
    serveCloudFormation({ cloudFormation: this.cloudFormation, aws: this.services });
    this.givenKeyId = this.prepareAccount();
    this.apply(variant);
  }

  async deployTenant(): Promise<void> {
    await this.cloudFormation.deploy(TENANT, tenantTemplate());
  }

  /** Creates an integration outside of any stack, on the path of the stacks' integrations. */
  createByHand(): Promise<IntegrationRecord> {
    return this.immuta.createByHand({
      name: 'by hand',
      awsAccountId: account,
      awsRegion: region,
      awsLocationPath: LOCATION_PATH,
      awsLocationRole: arnOf(GIVEN.locationRole.given),
      authenticationType: 'auto',
      awsRoleToAssume: arnOf(GIVEN.immutaRole.role),
    });
  }

  /** Sends a request of a person with an API key. */
  request(method: string, path: string, body?: object): Promise<Answer> {
    return this.immuta.answer({
      method,
      path,
      body: body ? JSON.stringify(body) : '',
      headers: { authorization: DEFAULT_API_KEY },
      time: this.clock.now(),
    });
  }

  private prepareAccount(): string {
    const { iam, buckets, secrets, accessGrants, parameters } = this.services;
    parameters.putParameter('/cdk-bootstrap/hnb659fds/version', '30');
    buckets.createBucket(SANDBOX_BUCKET);
    secrets.createSecret(SANDBOX_API_KEY_SECRET, DEFAULT_API_KEY);
    accessGrants.createInstance(account, region);
    const document = { Version: '2012-10-17', Statement: [] };
    for (const roleName of [...Object.values(GIVEN.locationRole), ...Object.values(GIVEN.immutaRole)]) {
      iam.createRole({ roleName, assumeRolePolicyDocument: document });
      iam.putRolePolicy(roleName, 'everything', document);
    }
    iam.createUser({ userName: GIVEN.user });
    const { accessKeyId, secretAccessKey } = iam.createAccessKey(GIVEN.user);
    secrets.createSecret(GIVEN.keySecret, JSON.stringify({ accessKeyId, secretAccessKey }));
    return accessKeyId;
  }

  private apply(variant: Variant): void {
    const {
      durationsMs: durations,
      validationFailure,
      masksKeys,
      keepsDeleted,
      explainsErrors,
      locationRoleEdit,
      ignoredByEdit,
      readLag,
      createErrorRepair,
      nonEditable,
    } = variant;
    Object.assign(this.immuta.switches, {
      durations,
      validationFailure,
      masksKeys,
      keepsDeleted,
      explainsErrors,
      locationRoleEdit,
      ignoredByEdit,
      readLag,
      createErrorRepair,
      nonEditable: [...DEFAULT_SWITCHES.nonEditable, ...nonEditable],
    });
    this.immuta.switches.dataSources.readLag = readLag.get;
    this.services.iam.propagationMs = variant.iamPropagationMs;
    this.cloudFormation.retryOrder = variant.retryOrder;
    this.cloudFormation.describe = variant.describe;
    this.cloudFormation.describeLag = variant.describeLag;
    this.cloudFormation.cleanupShows = variant.cleanupShows;
    this.lambda.coldStarts = variant.coldStarts;
    this.lambda.accountConcurrency = variant.concurrency;
  }
}
