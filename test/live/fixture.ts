import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, AgentOptions } from 'node:http';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import { S3ControlClient } from '@aws-sdk/client-s3-control';
import { SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { connectToImmuta } from '../../live/immuta';
import type { Options } from '../../live/options';
import { createRedact } from '../../live/redact';
import type { Report } from '../../live/report';
import { Kit } from '../../live/run';
import { Deployer } from '../../live/stacks';
import { State } from '../../live/state';
import type { AwsError } from '../sandbox/aws';
import { DEFAULT_API_KEY } from '../sandbox/immuta';
import { ProcessPool } from '../sandbox/lambda/process-pool';
import { Sandbox, SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';
import type { Scheduler } from '../sandbox/scheduler';

export const RUN_ID = 'a1b2c3';
/** What `cdk bootstrap` creates. */
export const BOOTSTRAP_BUCKET = `cdk-hnb659fds-assets-${SANDBOX_ENV.account}-${SANDBOX_ENV.region}`;
/** Where the kit runs. */
export const PLACE = 'the sandbox';

/** The kit against a sandbox. */
export interface Live {
  readonly sandbox: Sandbox;
  readonly kit: Kit;
  /** What the kit printed and asked. */
  readonly log: string[];
  readonly asked: string[];
  /** What the kit stored, the last one last. */
  readonly reports: Report[];
  readonly ended: AbortController;
  readonly stateFile: string;
}

/** A sandbox and a kit for each test. */
export function useLive(): { readonly current: Live } {
  const holder: { current: Live } = { current: undefined! };
  const processes = new ProcessPool();
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'live-'));
    const sandbox = await Sandbox.start({ startProcess: processes.start });
    sandbox.aws.buckets.createBucket(BOOTSTRAP_BUCKET);
    holder.current = createLive(sandbox, path.join(folder, 'state.json'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await holder.current.sandbox.close();
  });
  afterAll(() => processes.close());
  return holder;
}

export function createLive(sandbox: Sandbox, stateFile: string, deployer = deployInProcess(sandbox)): Live {
  const { aws, immuta, scheduler } = sandbox;
  const log: string[] = [];
  const asked: string[] = [];
  const reports: Report[] = [];
  const ended = new AbortController();
  const options: Options = {
    url: immuta.url,
    secret: SANDBOX_API_KEY_SECRET,
    bucket: SANDBOX_BUCKET,
    principal: immuta.identity.principal,
    identityCenter: 'arn:aws:sso:::instance/ssoins-1111222233334444',
    directoryGroup: '11112222-3333-4444-5555-666677778888',
  };
  const client = { region: SANDBOX_ENV.region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const kit: Kit = {
    runId: RUN_ID,
    options,
    aws: {
      accountId: SANDBOX_ENV.account,
      cloudFormation: stopTimeDuringRequests(new CloudFormationClient({ ...client, endpoint: aws.url }), scheduler),
      cloudTrails: [SANDBOX_ENV.region, 'us-west-2'].map((region) =>
        new CloudTrailClient({ ...client, region, endpoint: aws.url })),
      s3: new S3Client({ ...client, endpoint: aws.url, forcePathStyle: true }),
      ssoAdmin: new SSOAdminClient({ ...client, endpoint: aws.url }),
      s3Control: new S3ControlClient({
        ...client, endpoint: aws.env.AWS_ENDPOINT_URL_S3_CONTROL, requestHandler: { httpAgent: createLocalAgent() },
      }),
    },
    immuta: connectToImmuta(immuta.url, DEFAULT_API_KEY, readFileSync(immuta.caFile, 'utf8')),
    deployer,
    state: new State(stateFile, PLACE),
    time: {
      now: () => sandbox.clock.now(),
      sleep: (ms, signal) => (signal.aborted ? Promise.reject(signal.reason as Error) : scheduler.sleep(ms)),
    },
    signal: ended.signal,
    redact: createRedact(options, [DEFAULT_API_KEY]),
    ask: async (question) => asked.push(question) > 0,
    log: (text) => log.push(text),
    save: (report) => reports.push(structuredClone(report)),
  };
  return { sandbox, kit, log, asked, reports, ended, stateFile };
}

/** Without it, a deployment might go on by minutes while an experiment that watches it waits for an answer. */
function stopTimeDuringRequests(client: CloudFormationClient, scheduler: Scheduler): CloudFormationClient {
  client.middlewareStack.add((next) => async (args) => {
    const end = scheduler.begin();
    return next(args).finally(end);
  }, { step: 'initialize' });
  return client;
}

/** Connects `<account>.localhost` with this machine, which not every machine resolves. */
function createLocalAgent(): Agent {
  const lookup: LookupFunction = (_hostname, { all }, callback) =>
    all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);
  return new Agent({ lookup } as AgentOptions);
}

/** Deploys without the CLI. */
function deployInProcess(sandbox: Sandbox): Deployer {
  return {
    deploy: async (stack, { rollback = true, express }) => {
      await sandbox.deploy(stack, { disableRollback: rollback ? undefined : true, express });
    },
    destroy: async (stackName) => {
      if (sandbox.cloudFormation.stacks.has(stackName)) await sandbox.destroy(stackName);
    },
  };
}

/** Refuses requests to end the association with Identity Center, by their numbers. The first one has the number 1. */
export function refuseToDissociate(
  { sandbox: { aws: { accessGrants } } }: Live,
  isRefused: (request: number) => boolean,
  error: AwsError,
): void {
  const dissociate = accessGrants.dissociate.bind(accessGrants);
  let requests = 0;
  accessGrants.dissociate = (...instance) => {
    requests += 1;
    if (isRefused(requests)) throw error;
    dissociate(...instance);
  };
}

/** Whatever the kit may leave in AWS, in Immuta and on disk. */
export function findLeftovers({ sandbox: { aws, immuta, cloudFormation, lambda }, kit: { state } }: Live) {
  return {
    integrations: [...immuta.integrations.values()].filter(({ status }) => status !== 'deleted').length,
    dataSources: immuta.dataSources.records.size,
    locations: aws.accessGrants.locations(SANDBOX_ENV.account, SANDBOX_ENV.region).map(({ scope }) => scope),
    stacks: [...cloudFormation.stacks.keys()],
    roles: aws.iam.roleArns,
    accessKeys: aws.iam.accessKeyIds,
    functions: lambda.functionNames,
    others: [...cloudFormation.otherResources],
    state: Object.values(state.current).flat(),
  };
}

export const NOTHING: ReturnType<typeof findLeftovers> = {
  integrations: 0,
  dataSources: 0,
  locations: [],
  stacks: [],
  roles: [],
  accessKeys: [],
  functions: [],
  others: [],
  state: [],
};
