import * as fs from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from '../src';
import { StackResult } from '../test/sandbox/cloudformation';
import { FunctionProcess } from '../test/sandbox/lambda/function-process';
import { SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV, Sandbox } from '../test/sandbox/sandbox';

/** What one event of an integration takes, in the sandbox's virtual time. */
export interface OperationMeasure {
  readonly operation: 'create' | 'update' | 'delete';
  /** From the event to its response. */
  readonly seconds: number;
  /** From the moment at which Immuta has done its part to the response. */
  readonly detectionSeconds: number;
  /** Requests to Immuta, such as `GET, GET, POST`. */
  readonly immutaCalls: string[];
  /** Requests to AWS. */
  readonly awsCalls: string[];
  readonly invocations: number;
  /** How long the function runs, which goes on until CloudFormation shows the response. */
  readonly billedSeconds: number;
  readonly logBytes: number;
}

export interface DeploymentMeasure {
  readonly immutaSeconds: number;
  readonly operations: OperationMeasure[];
  /** The largest resident memory of the function's process. */
  readonly peakMb: number;
}

const TYPE = 'Custom::ImmutaS3Integration';
const STACK_NAME = 'Lake';

function defineStack(sandbox: Sandbox, integrationName: string): Stack {
  const stack = new Stack(new App({ analyticsReporting: false }), STACK_NAME, { env: SANDBOX_ENV });
  const apiKey = Secret.fromSecretNameV2(stack, 'ApiKey', SANDBOX_API_KEY_SECRET);
  new ImmutaS3Integration(stack, 'SalesLake', {
    integrationName,
    tenant: new ImmutaTenant(stack, 'Immuta', { url: sandbox.immuta.url, apiKey }),
    location: S3Location.bucket(Bucket.fromBucketName(stack, 'Sales', SANDBOX_BUCKET)),
    authentication: ImmutaAuthentication.assumeRole({ principal: new ArnPrincipal(sandbox.immuta.identity.principal) }),
  });
  return stack;
}

/**
 * Creates, updates and deletes an integration, against an Immuta that takes that long for each transition.
 *
 * @param node The node binary that runs the function
 */
export async function measureDeployment(immutaSeconds: number, node: string): Promise<DeploymentMeasure> {
  const processes: FunctionProcess[] = [];
  const sandbox = await Sandbox.start({
    startProcess: (options) => {
      const started = new FunctionProcess(options, node);
      processes.push(started);
      return started;
    },
  });
  try {
    const durationMs = immutaSeconds * 1000;
    sandbox.immuta.switches.durations = { creating: durationMs, editing: durationMs, deleting: durationMs };
    let peakMb = 0;
    const measure = async (operation: OperationMeasure['operation'], run: () => Promise<StackResult>) => {
      const measured = await measureOperation(sandbox, operation, durationMs, run);
      // The last operation deletes the function, which ends its process.
      peakMb = Math.max(peakMb, ...processes.filter(({ isAlive }) => isAlive).map(readPeakMb));
      return measured;
    };
    const operations = [
      await measure('create', () => sandbox.deploy(defineStack(sandbox, 'sales'))),
      await measure('update', () => sandbox.deploy(defineStack(sandbox, 'sales data'))),
      await measure('delete', () => sandbox.destroy(STACK_NAME)),
    ];
    return { immutaSeconds, operations, peakMb };
  } finally {
    await sandbox.close();
  }
}

async function measureOperation(
  { aws, immuta, responses, lambda }: Sandbox,
  operation: OperationMeasure['operation'],
  durationMs: number,
  run: () => Promise<StackResult>,
): Promise<OperationMeasure> {
  const before = { immuta: immuta.requests.length, aws: aws.requests.length, runs: lambda.invocations.length };
  const { status, events } = await run();
  if (!/^(CREATE|UPDATE|DELETE)_COMPLETE$/.test(status)) throw new Error(`the ${operation} ended in ${status}`);
  const verb = operation.toUpperCase();
  const started = events.find((event) => event.type === TYPE && event.status === `${verb}_IN_PROGRESS`)!.timestamp;
  const responded = responses.answers.at(-1)!.at;
  const requests = immuta.requests.slice(before.immuta).filter(({ time }) => time <= responded);
  const runs = lambda.invocations.slice(before.runs);
  const write = requests.filter(({ method }) => method !== 'GET').at(-1)!;
  return {
    operation,
    // The sandbox writes the event before the clock of the function's process has moved.
    seconds: Math.max(0, responded - started) / 1000,
    detectionSeconds: Math.max(0, responded - write.time - durationMs) / 1000,
    immutaCalls: requests.map(({ method }) => method),
    awsCalls: aws.requests.slice(before.aws).map(({ service, operation: name }) => `${service} ${name}`),
    invocations: runs.length,
    billedSeconds: runs.reduce((sum, { startedAt, endedAt }) => sum + endedAt! - startedAt, 0) / 1000,
    logBytes: runs.reduce((sum, { output }) => sum + output.length, 0),
  };
}

function readPeakMb({ pid }: FunctionProcess): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}
