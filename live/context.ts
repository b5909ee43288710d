import { rmSync } from 'node:fs';
import type { CloudFormationClient, StackResourceDetail } from '@aws-sdk/client-cloudformation';
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3ControlClient } from '@aws-sdk/client-s3-control';
import type { SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { App, Stack } from 'aws-cdk-lib';
import { Base, BASE, defineBase, readBase } from './base-stack';
import type { Reply, SendToImmuta } from './immuta';
import type { Options } from './options';
import { Deployer, DeployOptions, describeStack, describeStackResource, StackState } from './stacks';
import type { State } from './state';
import { PROPAGATION_MS } from './times';

/** AWS, as the person who runs the kit. */
export interface Aws {
  readonly cloudFormation: CloudFormationClient;
  /** Of the Regions in which CloudTrail may show that Immuta assumed a role. */
  readonly cloudTrails: readonly CloudTrailClient[];
  readonly s3: S3Client;
  readonly s3Control: S3ControlClient;
  readonly ssoAdmin: SSOAdminClient;
  readonly accountId: string;
}

/** Time. In tests it is virtual. */
export interface Time {
  now(): number;
  /** @throws Error if the signal is aborted */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface ContextOptions {
  /** Letters and digits that no other run has. */
  readonly runId: string;
  readonly options: Options;
  readonly aws: Aws;
  readonly immuta: SendToImmuta;
  readonly deployer: Deployer;
  readonly state: State;
  readonly time: Time;
  /** Whether the account has an Access Grants instance that the kit did not create. */
  readonly hasInstance: boolean;
  /** Aborted when the user ends the run. */
  readonly signal: AbortSignal;
}

const POLL_MS = 1_000;
const LONGEST_MS = 30 * 60_000;
const MOST_ATTEMPTS = 5;
const RETRY_MS = 10_000;

export interface PollOptions {
  /** @default 1000 */
  readonly everyMs?: number;
  /** @default 30 minutes */
  readonly timeoutMs?: number;
}

/** What the experiments share: who to ask, what to create, and how to wait. */
export class Context {
  readonly options: Options;
  readonly aws: Aws;
  readonly state: State;
  private basePromise?: Promise<Base>;

  constructor(private readonly context: ContextOptions) {
    this.options = context.options;
    this.aws = context.aws;
    this.state = context.state;
  }

  get hasInstance(): boolean {
    return this.context.hasInstance;
  }

  /** The same without an end: what is left must be deleted, whatever the user does. */
  withoutSignal(): Context {
    return new Context({ ...this.context, signal: new AbortController().signal });
  }

  /** A name that belongs to this run. */
  name(label: string): string {
    return `live-${this.context.runId}-${label}`;
  }

  /** A path below the bucket that belongs to this run. */
  path(label: string): string {
    return `s3://${this.options.bucket}/${this.name(label)}/`;
  }

  /**
   * Sends a request to Immuta, and a GET again if Immuta is not available or the connection breaks.
   *
   * @throws Error if the response tells nothing about the request (401, 403, 429, 5xx)
   */
  async immuta(method: string, path: string, body?: object): Promise<Reply> {
    for (let attempt = 1; ; attempt += 1) {
      this.context.signal.throwIfAborted();
      const isLast = method !== 'GET' || attempt === MOST_ATTEMPTS;
      const reply = await this.context.immuta(method, path, body).catch((error: Error): Reply => {
        if (isLast) throw error;
        return { status: 503, body: undefined };
      });
      const isUnavailable = reply.status >= 500 || reply.status === 429;
      if (!isUnavailable && reply.status !== 401 && reply.status !== 403) return reply;
      if (!isUnavailable || isLast) {
        throw new Error(`Immuta responds with ${reply.status} to ${method} ${path}`);
      }
      await this.sleep(RETRY_MS);
    }
  }

  now(): number {
    return this.context.time.now();
  }

  async sleep(ms: number): Promise<void> {
    this.context.signal.throwIfAborted();
    await this.context.time.sleep(ms, this.context.signal);
    this.context.signal.throwIfAborted();
  }

  /** Calls until it gets a value. Undefined after the timeout. */
  async poll<T>(
    probe: () => Promise<T | undefined>,
    { everyMs = POLL_MS, timeoutMs = LONGEST_MS }: PollOptions = {},
  ): Promise<T | undefined> {
    const until = this.now() + timeoutMs;
    for (;;) {
      const value = await probe();
      if (value !== undefined || this.now() >= until) return value;
      await this.sleep(everyMs);
    }
  }

  /** Deploys a stack of this run, and returns what CloudFormation shows then, whether or not it succeeded. */
  async deploy(label: string, define: (stack: Stack) => void, options: DeployOptions = {}): Promise<StackState> {
    const { deployer, signal, state } = this.context;
    signal.throwIfAborted();
    const app = new App();
    const stack = new Stack(app, this.stackName(label), { description: 'Experiment of cdk-immuta-s3-integration' });
    define(stack);
    state.add('stacks', stack.stackName);
    try {
      await deployer.deploy(stack, options);
    } finally {
      rmSync(app.outdir, { recursive: true, force: true });
    }
    signal.throwIfAborted();
    return this.describe(label);
  }

  describe(label: string): Promise<StackState> {
    return describeStack(this.aws.cloudFormation, this.stackName(label));
  }

  /** What CloudFormation shows of a resource. The function of the library reads it in the same way. */
  describeResource(label: string, logicalId: string): Promise<StackResourceDetail> {
    return describeStackResource(this.aws.cloudFormation, this.stackName(label), logicalId);
  }

  /** Destroys a stack of this run, and returns what CloudFormation shows then. */
  destroy(label: string): Promise<StackState> {
    return this.destroyStack(this.stackName(label));
  }

  /** The same by the name of the stack, which a run before may have chosen. */
  async destroyStack(stackName: string): Promise<StackState> {
    const { aws, deployer, state } = this.context;
    await deployer.destroy(stackName);
    const left = await describeStack(aws.cloudFormation, stackName);
    if (left.status === 'DELETE_COMPLETE') state.remove('stacks', stackName);
    return left;
  }

  /** Roles for integrations, and an instance. Deployed when first needed. */
  base(): Promise<Base> {
    this.basePromise ??= this.deployBase();
    return this.basePromise;
  }

  private async deployBase(): Promise<Base> {
    const base = readBase(await this.deploy(BASE, (stack) => defineBase(stack, this)));
    // Immuta may keep what it could not create, and refuse to delete it while the roles have no effect.
    await this.sleep(PROPAGATION_MS);
    return base;
  }

  /** The name of a stack of this run. */
  stackName(label: string): string {
    return `ImmutaLive-${this.context.runId}-${label}`;
  }
}
