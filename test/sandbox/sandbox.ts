import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Stack as CdkStack, Stage } from 'aws-cdk-lib';
import { AssetManifestArtifact, CloudAssembly } from 'aws-cdk-lib/cx-api';
import { AwsStandIn, Secret, startAws } from './aws';
import { SandboxClock } from './clock';
import { CloudWatch } from './cloud-watch';
import {
  CloudFormation,
  DeployOptions,
  ResourceMapping,
  ResponseEndpoint,
  StackResult,
  Template,
} from './cloudformation';
import { serveCloudFormation } from './cloudformation/http-face';
import { serveDiagnosis } from './diagnosis-face';
import { EventSchedules } from './event-schedules';
import { DEFAULT_API_KEY, ImmutaStandIn, startImmuta } from './immuta';
import { LambdaStandIn } from './lambda';
import { LambdaOptions } from './lambda/execution-environments';
import { serveLambda } from './lambda/http-face';
import { leaksIn, secretTexts } from './leaks';
import { applySettings, LIVE_SETTINGS } from './live-settings';
import { Scheduler } from './scheduler';
import { SecretRotation } from './secret-rotation';
import { unzip } from './unzip';

export interface SandboxOptions {
  /** Real milliseconds per virtual second, for people who watch. @default 0 */
  readonly pace?: number;
  /** The node binary that runs the functions. @default - the machine's */
  readonly node?: string;
  /** Starts what runs a function. @default - a process of its own */
  readonly startProcess?: LambdaOptions['startProcess'];
}

export const SANDBOX_BUCKET = 'sales-lake';
export const SANDBOX_API_KEY_SECRET = 'immuta/api-key';

const BOOTSTRAP_VERSION_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

/** Account and Region of the sandbox. */
export const SANDBOX_ENV = { account: '111122223333', region: 'us-east-1' };

/**
 * AWS and an Immuta tenant on this machine, into which real templates are deployed, with real functions.
 *
 * There are: a bucket, a secret with the tenant's API key, and the role as which Immuta comes (`immuta.identity`).
 */
export class Sandbox {
  /** Starts everything. */
  static async start({ pace, node, startProcess }: SandboxOptions = {}): Promise<Sandbox> {
    const clock = new SandboxClock();
    const aws = await startAws({ clock, accountId: SANDBOX_ENV.account, region: SANDBOX_ENV.region });
    const immuta = await startImmuta({ clock, aws });
    const responses = new ResponseEndpoint(clock);
    await responses.start();
    return new Sandbox(new Scheduler(clock, pace), aws, immuta, responses, { node, startProcess });
  }

  /** Whether an operation is over only when nothing runs any more: no cancelled or repeated event either. */
  waitsForIdle = true;
  readonly clock: SandboxClock;
  readonly lambda: LambdaStandIn;
  readonly secretRotation: SecretRotation;
  readonly eventSchedules: EventSchedules;
  readonly cloudWatch: CloudWatch;
  readonly cloudFormation: CloudFormation;
  readonly apiKeySecret: Secret;
  /** Environment for the `cdk` CLI. */
  readonly env: Record<string, string>;
  /** Environment for a terminal, with the `cdk` CLI, the aws CLI and package managers. */
  readonly terminalEnv: Record<string, string>;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
  private readonly folders = new Set([this.folder]);
  /** Folders of the assets of in-process deployments, by object key. */
  private readonly assets = new Map<string, string>();

  private constructor(
    readonly scheduler: Scheduler,
    readonly aws: AwsStandIn,
    readonly immuta: ImmutaStandIn,
    readonly responses: ResponseEndpoint,
    runtime: Pick<LambdaOptions, 'node' | 'startProcess'>,
  ) {
    this.clock = scheduler.clock;
    this.env = aws.env;
    this.terminalEnv = {
      ...aws.env,
      AWS_DEFAULT_REGION: SANDBOX_ENV.region, // version 1 of the aws CLI knows no other
      // the aws CLI puts the account before the name of the host, and not every machine resolves such a name
      http_proxy: aws.url,
      no_proxy: '.nuget.org', // NuGet would send its requests to the stand-in, too
    };
    this.lambda = new LambdaStandIn({
      scheduler,
      ...runtime,
      credentialsFor: (roleArn) => aws.iam.sessionFor(roleArn),
      env: { ...listEndpoints(aws.env), NODE_EXTRA_CA_CERTS: immuta.caFile },
    });
    const codeFolder = (bucket: string, key: string) => this.assets.get(key) ?? this.unpack(bucket, key);
    this.secretRotation = new SecretRotation(aws, this.lambda, scheduler);
    this.eventSchedules = new EventSchedules(aws, this.lambda, this.secretRotation.permissions);
    this.cloudWatch = new CloudWatch(this.lambda);
    this.cloudFormation = new CloudFormation({
      scheduler,
      aws,
      lambda: this.lambda,
      secretRotation: this.secretRotation,
      eventSchedules: this.eventSchedules,
      cloudWatch: this.cloudWatch,
      responses,
      codeFolder,
    });
    const onSilence = () => this.lambda.onSilence();
    serveCloudFormation({ cloudFormation: this.cloudFormation, aws, onSilence });
    serveLambda(this.lambda, aws);
    serveDiagnosis(this.lambda, this.cloudFormation, aws);
    immuta.faults.onSilence = onSilence;
    aws.buckets.createBucket(SANDBOX_BUCKET);
    this.apiKeySecret = aws.secrets.createSecret(SANDBOX_API_KEY_SECRET, DEFAULT_API_KEY);
    applySettings(this, LIVE_SETTINGS);
  }

  /** Synthesizes the app of a stack and deploys that stack; then nothing runs any more. */
  async deploy(stack: CdkStack, options?: DeployOptions): Promise<StackResult> {
    return this.deployAssembly(Stage.of(stack)!.synth({ force: true }), stack.artifactId, options);
  }

  /** Deploys a stack of an app that was synthesized elsewhere. */
  async deployAssembly(
    assembly: CloudAssembly,
    stackArtifactId: string,
    options?: DeployOptions,
  ): Promise<StackResult> {
    this.addAssets(assembly);
    // the account counts as bootstrapped; with the CLI it is only after `cdk bootstrap`
    this.aws.parameters.putParameter(BOOTSTRAP_VERSION_PARAMETER, '30');
    const { stackName, template, environment } = assembly.getStackArtifact(stackArtifactId);
    const region = environment.region === 'unknown-region' ? undefined : environment.region;
    return this.deployTemplate(stackName, template, { region, ...options });
  }

  deployTemplate(stackName: string, template: Template, options?: DeployOptions): Promise<StackResult> {
    return this.settled(this.cloudFormation.deploy(stackName, template, options));
  }

  destroy(stackName: string): Promise<StackResult> {
    return this.settled(this.cloudFormation.destroy(stackName));
  }

  continueUpdateRollback(stackName: string, resourcesToSkip?: readonly string[]): Promise<StackResult> {
    return this.settled(this.cloudFormation.continueUpdateRollback(stackName, resourcesToSkip));
  }

  /** Moves resources by stack refactoring to the logical ids and stacks that an app has them in. */
  refactor(mappings: readonly ResourceMapping[], ...stacks: CdkStack[]): void {
    const templates = stacks.map((stack) => {
      const assembly = Stage.of(stack)!.synth({ force: true });
      this.addAssets(assembly);
      const { stackName, template } = assembly.getStackArtifact(stack.artifactId);
      return [stackName, template as Template] as const;
    });
    this.cloudFormation.refactor(mappings, Object.fromEntries(templates));
  }

  /** Everything that was written where it can be read later. */
  written(): Record<'processes' | 'answers' | 'stacks' | 'events', string> {
    const { stacks, deleted } = this.cloudFormation;
    const all = [...stacks.values(), ...deleted];
    return {
      processes: this.lambda.invocations.map(({ output }) => output).join('\n'),
      answers: this.responses.answers.map(({ body }) => body).join('\n'),
      stacks: JSON.stringify(all.map(({ resources, ...stack }) => ({ ...stack, resources: [...resources.values()] }))),
      events: JSON.stringify(this.lambda.invocations.map(({ event }) => event)),
    };
  }

  /** @throws if a secret was written where it can be read later */
  async close(): Promise<void> {
    this.scheduler.stop();
    await this.lambda.close();
    await Promise.all([this.aws.close(), this.immuta.close(), this.responses.close()]);
    this.folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
    const leaks = this.leaks();
    if (leaks.length > 0) throw new Error(`a secret was written:\n${leaks.join('\n')}`);
  }

  private leaks(): string[] {
    const { events, ...others } = this.written();
    const secrets = [
      ...this.aws.secrets.everyValue.flatMap(({ name, value }) => secretTexts(name, value)),
      ...[...this.immuta.apiKeys.every].map((value) => ({ name: 'an API key of Immuta', value })),
      ...[...this.aws.iam.everySecretKey].map(([id, value]) => ({ name: `the secret access key of ${id}`, value })),
    ];
    const responseUrls = this.responses.everyToken.map((value) => ({ name: 'a response URL', value }));
    // an event has its response URL
    return [...leaksIn({ events }, secrets), ...leaksIn(others, [...secrets, ...responseUrls])];
  }

  private addAssets(assembly: CloudAssembly): void {
    if (assembly.directory.startsWith(tmpdir())) this.folders.add(assembly.directory);
    const manifests = assembly.artifacts.filter((artifact) => artifact instanceof AssetManifestArtifact);
    for (const { source, destinations } of manifests.flatMap(({ contents }) => Object.values(contents.files ?? {}))) {
      const folder = path.join(assembly.directory, source.path ?? '');
      Object.values(destinations).forEach(({ objectKey }) => this.assets.set(objectKey, folder));
    }
  }

  /** The time of every rotation schedule has come; then nothing runs any more. */
  rotate(): Promise<void> {
    this.secretRotation.fire();
    return this.scheduler.idle();
  }

  /** The time of every rule and schedule has come; then nothing runs any more. */
  async checkHealth(): Promise<void> {
    await this.eventSchedules.fire();
    await this.scheduler.idle();
  }

  private async settled<T>(operation: Promise<T>): Promise<T> {
    const result = await operation;
    if (this.waitsForIdle) await this.scheduler.idle();
    return result;
  }

  private unpack(bucket: string, key: string): string {
    const folder = path.join(this.folder, path.basename(key, '.zip'));
    unzip(this.aws.buckets.bucket(bucket).objects.get(key)!, folder);
    return folder;
  }
}

/** A function finds the services; its credentials are its own. */
function listEndpoints(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL')));
}
