import * as fs from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from '../src';
import { StackResult } from '../test/sandbox/cloudformation';
import { FunctionProcess, Outcome, Run } from '../test/sandbox/lambda/function-process';
import { SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV, Sandbox } from '../test/sandbox/sandbox';

/** One run of a function. */
export interface FunctionRun {
  readonly memoryGb: number;
  /** A function of the library goes on until CloudFormation shows its response. */
  readonly seconds: number;
}

/** What Lambda and Step Functions have done. */
export interface Work {
  readonly runs: FunctionRun[];
  readonly logBytes: number;
  readonly stateTransitions: number;
}

/** What one event of an integration takes, in the sandbox's virtual time. */
export interface OperationMeasure extends Work {
  readonly operation: 'create' | 'update' | 'delete';
  /** From the event to its response. */
  readonly seconds: number;
  /** From the moment at which Immuta has done its part to the response. */
  readonly detectionSeconds: number;
  /** Requests to Immuta, such as `GET, GET, POST`. */
  readonly immutaCalls: string[];
  /** Requests to AWS. */
  readonly awsCalls: string[];
}

export interface DeploymentMeasure {
  readonly immutaSeconds: number;
  readonly operations: OperationMeasure[];
  /** The largest resident memory of the function's process. */
  readonly peakMb: number;
}

/** A sandbox, and what its functions have done since it was started. */
export interface Deployment {
  readonly sandbox: Sandbox;
  /** Defines an integration with this name. */
  readonly define: (integrationName: string) => Stack;
  readonly readWork: () => Work;
}

const TYPE = 'Custom::ImmutaS3Integration';
const STACK_NAME = 'Lake';
/** The default of the library. */
export const MEMORY_GB = 0.25;

/** A process that measures its memory after each event. */
class MeasuredProcess extends FunctionProcess {
  /** The largest resident memory. */
  peakMb = 0;

  async run(run: Run): Promise<Outcome> {
    const outcome = await super.run(run);
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${this.pid}/status`, 'utf8'))!;
    this.peakMb = Number(kilobytes) / 1024;
    return outcome;
  }
}

/** Defines a stack with an integration. */
export function defineIntegration(sandbox: Sandbox, integrationName: string): ImmutaS3Integration {
  const stack = new Stack(new App({ analyticsReporting: false }), STACK_NAME, { env: SANDBOX_ENV });
  const apiKey = Secret.fromSecretNameV2(stack, 'ApiKey', SANDBOX_API_KEY_SECRET);
  return new ImmutaS3Integration(stack, 'SalesLake', {
    integrationName,
    tenant: new ImmutaTenant(stack, 'Immuta', { url: sandbox.immuta.url, apiKey }),
    location: S3Location.bucket(Bucket.fromBucketName(stack, 'Sales', SANDBOX_BUCKET)),
    authentication: ImmutaAuthentication.assumeRole({ principal: new ArnPrincipal(sandbox.immuta.identity.principal) }),
  });
}

/**
 * Measures the packaged function of the library, against an Immuta that takes that long for each transition.
 *
 * @param node The node binary that runs the function
 */
export async function measureDeployment(immutaSeconds: number, node: string): Promise<DeploymentMeasure> {
  const processes: MeasuredProcess[] = [];
  const sandbox = await Sandbox.start({
    startProcess: (options) => {
      const started = new MeasuredProcess(options, node);
      processes.push(started);
      return started;
    },
  });
  const { invocations } = sandbox.lambda;
  const operations = await measureOperations(immutaSeconds, {
    sandbox,
    define: (name) => Stack.of(defineIntegration(sandbox, name)),
    readWork: () => ({
      runs: invocations.map(({ startedAt, endedAt }) =>
        ({ memoryGb: MEMORY_GB, seconds: (endedAt! - startedAt) / 1000 })),
      logBytes: invocations.reduce((sum, { output }) => sum + output.length, 0),
      stateTransitions: 0,
    }),
  });
  return { immutaSeconds, operations, peakMb: Math.max(...processes.map(({ peakMb }) => peakMb)) };
}

/** Creates, updates and deletes an integration. Closes the sandbox. */
export async function measureOperations(immutaSeconds: number, deployment: Deployment): Promise<OperationMeasure[]> {
  const { sandbox, define } = deployment;
  const durationMs = immutaSeconds * 1000;
  sandbox.immuta.switches.durations = { creating: durationMs, editing: durationMs, deleting: durationMs };
  const measure = (operation: OperationMeasure['operation'], run: () => Promise<StackResult>) =>
    measureOperation(deployment, operation, durationMs, run);
  try {
    return [
      await measure('create', () => sandbox.deploy(define('sales'))),
      await measure('update', () => sandbox.deploy(define('sales data'))),
      await measure('delete', () => sandbox.destroy(STACK_NAME)),
    ];
  } finally {
    await sandbox.close();
  }
}

async function measureOperation(
  { sandbox: { aws, immuta, responses }, readWork }: Deployment,
  operation: OperationMeasure['operation'],
  durationMs: number,
  run: () => Promise<StackResult>,
): Promise<OperationMeasure> {
  const before = { immuta: immuta.requests.length, aws: aws.requests.length, ...readWork() };
  const { status, events } = await run();
  if (!/^(CREATE|UPDATE|DELETE)_COMPLETE$/.test(status)) throw new Error(`the ${operation} ended in ${status}`);
  const verb = operation.toUpperCase();
  const started = events.find((event) => event.type === TYPE && event.status === `${verb}_IN_PROGRESS`)!.timestamp;
  const responded = responses.answers.at(-1)!.at;
  const requests = immuta.requests.slice(before.immuta).filter(({ time }) => time <= responded);
  const write = requests.filter(({ method }) => method !== 'GET').at(-1)!;
  const work = readWork();
  return {
    operation,
    // The sandbox writes the event before the clock of the function's process has moved.
    seconds: Math.max(0, responded - started) / 1000,
    detectionSeconds: Math.max(0, responded - write.time - durationMs) / 1000,
    immutaCalls: requests.map(({ method }) => method),
    awsCalls: aws.requests.slice(before.aws).map(({ service, operation: name }) => `${service} ${name}`),
    runs: work.runs.slice(before.runs.length),
    logBytes: work.logBytes - before.logBytes,
    stateTransitions: work.stateTransitions - before.stateTransitions,
  };
}
