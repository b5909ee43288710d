import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { API_KEY } from './corpus';
import { HostileServer, Respond } from './hostile-server';
import { MESSAGES } from '../../src/handler/messages';
import { AwsError } from '../sandbox/aws';
import { Invocation } from '../sandbox/lambda';
import { FunctionProcess, ProcessOptions } from '../sandbox/lambda/function-process';
import { SANDBOX_API_KEY_SECRET, Sandbox } from '../sandbox/sandbox';

/** That of the function in the template. */
const MEMORY_MB = 256;
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:immuta';
const STACK_ID = 'arn:aws:cloudformation:us-east-1:111122223333:stack/Lake/4ae3a5a0-0001-11ee-8000-0a1b2c3d4e5f';
const ID = 'immuta-s3-integration/101';

export const REQUEST_TYPES = ['Create', 'Update', 'Delete'] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

const PROPERTIES = {
  ApiKeySecretArn: SANDBOX_API_KEY_SECRET,
  AccountId: '111122223333',
  Region: 'us-east-1',
  LocationPath: 's3://sales/',
  LocationRoleArn: 'arn:aws:iam::111122223333:role/location',
  AuthenticationType: 'auto',
  RoleToAssumeArn: 'arn:aws:iam::111122223333:role/immuta',
  TimeoutSeconds: '120',
  IamPropagationTimeoutSeconds: '30',
  RemovalPolicy: 'destroy',
};

export interface Answer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, string>;
}

/** What came of an event. */
export interface Handled {
  readonly answers: readonly Answer[];
  /** What violates what must hold whatever Immuta says. */
  readonly violations: readonly string[];
}

/** What came of a health check. */
export interface Checked {
  readonly findings: readonly string[];
  readonly violations: readonly string[];
}

/** The packaged function in a process of its own, with its memory, the sandbox's AWS and a hostile Immuta. */
export class HostileFunction {
  public static async start(): Promise<HostileFunction> {
    const processes: FunctionProcess[] = [];
    const startProcess = (options: ProcessOptions) => {
      processes.push(new FunctionProcess(options));
      return processes.at(-1)!;
    };
    const sandbox = await Sandbox.start({ startProcess });
    const server = await HostileServer.start();
    const { aws, lambda, apiKeySecret } = sandbox;
    aws.secrets.putSecretValue(apiKeySecret.arn, API_KEY);
    aws.accessGrants.createInstance('111122223333', 'us-east-1');
    const roleArn = aws.iam.createRole({
      roleName: 'handler',
      assumeRolePolicyDocument: allow({ Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }),
    }).arn;
    aws.iam.putRolePolicy(roleArn, 'all', allow({ Action: '*', Resource: '*' }));
    lambda.register({
      functionName: 'immuta',
      functionArn: FUNCTION_ARN,
      region: 'us-east-1',
      roleArn,
      codeFolder: path.resolve(__dirname, '../../assets/handler/integration.lambda'),
      handler: 'index.handler',
      environment: { IMMUTA_URL: server.url, API_KEY_SECRET_ARN: apiKeySecret.arn },
      timeoutSeconds: 900,
      memoryMb: MEMORY_MB,
    });
    // it cannot be asked whether it still waits
    aws.route('cloudformation', async () => {
      throw new AwsError(403, 'AccessDenied', 'User is not authorized to perform this action');
    });
    return new HostileFunction(sandbox, server, processes);
  }

  private events = 0;

  private constructor(
    private readonly sandbox: Sandbox,
    private readonly server: HostileServer,
    private readonly processes: readonly FunctionProcess[],
  ) {}

  /** Ends, and throws if the API key was written anywhere. */
  public async close(): Promise<void> {
    await this.server.close();
    await this.sandbox.close();
  }

  /** Runs the function for an event while Immuta responds so. */
  public async handle(requestType: RequestType, respond: Respond, event: object = {}): Promise<Handled> {
    const { sandbox, server } = this;
    const { lambda, scheduler, responses } = sandbox;
    const before = { invocations: lambda.invocations.length, answers: responses.answers.length };
    server.respond = respond;
    lambda.invokeAsync(FUNCTION_ARN, { ...this.createEvent(requestType), ...event });
    await scheduler.idle();
    const invocations = lambda.invocations.slice(before.invocations);
    const bodies = responses.answers.slice(before.answers).map(({ body }) => body);
    return {
      answers: bodies.map((body) => JSON.parse(body)),
      violations: [
        ...this.findViolationsOfProcess(invocations),
        ...bodies.length === 1 ? [] : [`${bodies.length} answers`],
        ...bodies.flatMap(findViolations),
      ],
    };
  }

  /** Runs a health check while Immuta responds so. Returns its findings, and what violates what must hold. */
  public async check(respond: Respond, expected: object): Promise<Checked> {
    const { lambda, scheduler } = this.sandbox;
    const before = lambda.invocations.length;
    this.server.respond = respond;
    const HealthCheck = {
      Scope: 'tenant', TenantUrl: this.server.url, StackId: STACK_ID, Integrations: [{ ...PROPERTIES, ...expected }],
    };
    lambda.invokeAsync(FUNCTION_ARN, { HealthCheck });
    await scheduler.idle();
    const invocations = lambda.invocations.slice(before);
    const lines = invocations.flatMap(({ output }) => output.split('\n')).filter((line) => line.startsWith('{'));
    return {
      findings: lines.map((line) => JSON.parse(line)).filter(({ step }) => step === 'finding')
        .map(({ finding }) => finding),
      violations: this.findViolationsOfProcess(invocations),
    };
  }

  private findViolationsOfProcess(invocations: readonly Invocation[]): string[] {
    return [
      ...invocations.flatMap(({ error }) => (error ? [`the function failed: ${error}`] : [])),
      ...invocations.flatMap(({ output }) => findUnsafe(output)),
      ...this.peakMemoryMb <= MEMORY_MB ? [] : [`a peak of ${this.peakMemoryMb} MB`],
    ];
  }

  /** The most memory that a process has had at once, as Lambda counts it: not that of JavaScript alone. */
  private get peakMemoryMb(): number {
    const peaks = this.processes
      .map(({ pid }) => `/proc/${pid}/status`)
      .filter((file) => existsSync(file)) // only Linux tells
      .map((file) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) / 1024);
    return Math.round(Math.max(0, ...peaks));
  }

  private createEvent(requestType: RequestType): object {
    this.events += 1;
    const isCreate = requestType === 'Create';
    return {
      RequestType: requestType,
      ResponseURL: this.sandbox.responses.urlFor(() => {}),
      StackId: STACK_ID,
      RequestId: `c1b2c3d4-0000-4000-8000-${String(this.events).padStart(12, '0')}`,
      LogicalResourceId: 'SalesLake',
      ResourceType: 'Custom::ImmutaS3Integration',
      ResourceProperties: { ...PROPERTIES, TenantUrl: this.server.url, Revision: '2' },
      ...requestType === 'Update' ? { OldResourceProperties: { ...PROPERTIES, TenantUrl: this.server.url } } : {},
      ...isCreate ? {} : { PhysicalResourceId: ID },
    };
  }
}

/** Returns what CloudFormation would not accept, or a user not understand, in an answer. */
function findViolations(body: string): string[] {
  const { Status, Reason = '', PhysicalResourceId } = JSON.parse(body) as Answer;
  const code = /\. \[([A-Z_]+)\]$/.exec(Reason)?.[1] ?? '';
  return [
    ...Buffer.byteLength(body) <= 4096 ? [] : [`an answer of ${Buffer.byteLength(body)} bytes`],
    ...PhysicalResourceId && PhysicalResourceId.length <= 1024 ? [] : [`the physical ID '${PhysicalResourceId}'`],
    ...Status === 'SUCCESS' || (code in MESSAGES && code !== 'UNEXPECTED_ERROR') ? [] : [`the reason '${Reason}'`],
    ...findUnsafe(JSON.stringify(JSON.parse(body), undefined, 1)),
    ...findUnsafe([Reason, PhysicalResourceId, ...Object.values((JSON.parse(body) as Answer).Data ?? {})].join('')),
  ];
}

/** Returns the characters that a terminal obeys or a reader does not see. A line of the log ends with a line feed. */
function findUnsafe(text: string): string[] {
  return [...new Set(text.match(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu) ?? [])].map(
    (character) => `the character ${character.codePointAt(0)!.toString(16)}`,
  );
}

function allow(statement: object): Record<string, unknown> {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] };
}
