import { App, CfnOutput, Stack, Stage } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  HandlerFunctionOptions,
  ImmutaAuthentication,
  ImmutaS3Integration,
  ImmutaS3IntegrationProps,
  ImmutaTenant,
  S3Location,
} from '../../src';
import { StackResult } from '../sandbox/cloudformation';
import { ProcessPool } from '../sandbox/lambda/process-pool';
import { SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV, Sandbox } from '../sandbox/sandbox';

export const STACK_NAME = 'Lake';
export const LOCATION_PATH = `s3://${SANDBOX_BUCKET}/`;
export const INTEGRATION_TYPE = 'Custom::ImmutaS3Integration';

/**
 * A new sandbox for each test; it ends with a search for secrets in all that was written.
 *
 * @param node The node binary that runs each function in a process of its own. @default - processes that tests share,
 *   one after the other
 */
export function useSandbox(node?: () => Promise<string>): { readonly current: Sandbox } {
  const holder: { current: Sandbox } = { current: undefined! };
  const processes = new ProcessPool();
  beforeEach(async () => {
    holder.current = await Sandbox.start(node ? { node: await node() } : { startProcess: processes.start });
  });
  afterEach(() => holder.current.close());
  afterAll(() => processes.close());
  return holder;
}

export interface LakeOptions {
  readonly stackName?: string;
  /** @default - a tenant in the stack itself */
  readonly tenant?: ImmutaTenant;
  /** Of that tenant in the stack itself. @default - where the sandbox's Immuta is */
  readonly url?: string;
  /** Of that tenant too, by name. */
  readonly apiKeySecret?: string;
  /** Options of that tenant's function. */
  readonly tenantOptions?: (stack: Stack) => HandlerFunctionOptions;
  readonly props?: (stack: Stack) => Partial<ImmutaS3IntegrationProps>;
  /** Adds to the stack. */
  readonly and?: (stack: Stack, integration: ImmutaS3Integration) => void;
}

export function tenantIn(
  stack: Stack,
  sandbox: Sandbox,
  {
    id = 'Immuta',
    url = sandbox.immuta.url,
    apiKeySecret = SANDBOX_API_KEY_SECRET,
    tenantOptions,
  }: Pick<LakeOptions, 'url' | 'apiKeySecret' | 'tenantOptions'> & { readonly id?: string } = {},
): ImmutaTenant {
  return new ImmutaTenant(stack, id, {
    url,
    apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', apiKeySecret),
    ...tenantOptions?.(stack),
  });
}

/** The tenant that `lake` has made in a stack. */
export function tenantOf(stack: Stack): ImmutaTenant {
  return stack.node.findChild('Immuta') as ImmutaTenant;
}

/**
 * A tenant in a stack of its own: its function outlives the stacks of the integrations.
 *
 * @param define defines other stacks of the app, about which the function may ask CloudFormation
 */
export async function deployTenant(sandbox: Sandbox, define = (_tenant: ImmutaTenant) => {}): Promise<ImmutaTenant> {
  const stack = new Stack(new App(), 'Tenant', { env: SANDBOX_ENV });
  const tenant = tenantIn(stack, sandbox);
  define(tenant);
  // what the other stacks will ask for; `exportValue` as a stack that is deployed before them needs it
  stack.exportValue(tenant.handler.functionArn);
  stack.exportValue(tenant.handler.role!.roleName);
  await sandbox.deploy(stack);
  return tenant;
}

/** The stack of most tests: a tenant, and an integration for the sandbox's bucket. */
export function lake(
  sandbox: Sandbox,
  { stackName = STACK_NAME, tenant, url, apiKeySecret, tenantOptions, props, and }: LakeOptions = {},
): Stack {
  const stack = new Stack(tenant ? Stage.of(tenant)! : new App(), stackName, { env: SANDBOX_ENV });
  const integration = new ImmutaS3Integration(stack, 'SalesLake', {
    tenant: tenant ?? tenantIn(stack, sandbox, { url, apiKeySecret, tenantOptions }),
    location: S3Location.bucket(Bucket.fromBucketName(stack, 'Sales', SANDBOX_BUCKET)),
    authentication: ImmutaAuthentication.assumeRole({ principal: new ArnPrincipal(sandbox.immuta.identity.principal) }),
    ...props?.(stack),
  });
  new CfnOutput(stack, 'IntegrationId', { value: integration.integrationId });
  new CfnOutput(stack, 'LocationRoleArn', { value: integration.locationRole.roleArn });
  and?.(stack, integration);
  return stack;
}

/** The locations of the sandbox's Access Grants instance. */
export function locations(sandbox: Sandbox) {
  return sandbox.aws.accessGrants.locations(SANDBOX_ENV.account, SANDBOX_ENV.region);
}

/** Whatever a deployment may leave behind, in AWS and in Immuta. */
export function leftovers(sandbox: Sandbox) {
  return {
    integrations: [...sandbox.immuta.integrations.values()]
      .filter(({ status }) => status !== 'deleted')
      .map(({ id, status }) => ({ id, status })),
    locations: locations(sandbox).map(({ scope }) => scope),
    instance: sandbox.aws.accessGrants.findInstance(SANDBOX_ENV.account, SANDBOX_ENV.region)?.arn,
    roles: sandbox.aws.iam.roleArns,
    functions: sandbox.lambda.functionNames,
    others: [...sandbox.cloudFormation.otherResources],
  };
}

export const NOTHING: ReturnType<typeof leftovers> = {
  integrations: [],
  locations: [],
  instance: undefined,
  roles: [],
  functions: [],
  others: [],
};

/** Why the integration failed, as the user reads it in the stack's events. */
export function failure({ events }: StackResult): string | undefined {
  return events.find(({ type, status }) => type === INTEGRATION_TYPE && status.endsWith('_FAILED'))?.reason;
}

/** The answers to the integration's events, in their order. */
export function answers(
  sandbox: Sandbox,
): { Status: string; RequestId: string; PhysicalResourceId: string; Reason?: string; Data?: Record<string, string> }[] {
  return sandbox.responses.answers.map(({ body }) => JSON.parse(body));
}

/** The answers as `FAILED immuta-s3-integration/none`, without those for which CloudFormation no longer waits. */
export function shortAnswers(sandbox: Sandbox): string[] {
  const awaited = answers(sandbox).filter(({ Reason }) => !/\[OPERATION_NOT_CURRENT\]$/.test(Reason ?? ''));
  return awaited.map(({ Status, PhysicalResourceId }) => `${Status} ${PhysicalResourceId}`);
}

/** The first answer to each event, the only one that CloudFormation reads. */
export function firstAnswers(sandbox: Sandbox): string[] {
  const first = new Map(answers(sandbox).reverse().map((answer) => [answer.RequestId, answer]));
  return [...first.values()].map(({ Status, PhysicalResourceId }) => `${Status} ${PhysicalResourceId}`);
}

/** The calls to Immuta that could change something, as `POST /integrations`. */
export function changes(sandbox: Sandbox): string[] {
  return sandbox.immuta.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
}

/** Destroys the stack. Then the account and Immuta are as before. */
export async function expectNothingLeft(sandbox: Sandbox, before: object = NOTHING): Promise<void> {
  expect(await sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox)).toEqual(before);
}
