import { createRequire } from 'node:module';
import * as path from 'node:path';
import { App, CfnResource, CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CfnAccessGrantsInstance } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { IAccessGrantsInstance } from '../src';

/** The library as it is published, instead of its sources as tsx compiles them. */
const requireBuilt = createRequire(__filename);
const { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } =
  requireBuilt('../lib') as typeof import('../src');
const { buildImmutaStatements } =
  requireBuilt('../lib/private/policies/immuta-principal') as typeof import('../src/private/policies/immuta-principal');
const { buildLocationRoleStatements, LocationRolePrincipal } =
  requireBuilt('../lib/private/policies/location-role') as typeof import('../src/private/policies/location-role');
const { formatInstanceArn } = requireBuilt('../lib/private/stacks') as typeof import('../src/private/stacks');

/** The feature flags that `cdk init` sets. */
export const FEATURE_FLAGS: Record<string, unknown> = requireBuilt('aws-cdk-lib/recommended-feature-flags.json');

/** A template has 1 MB at most. */
const PER_STACK = 75;
const ENV = { account: '111122223333', region: 'us-east-1' };
const PRINCIPAL = 'arn:aws:iam::444455556666:role/immuta';
/** Immuta sends one. Without it, the library warns. */
const EXTERNAL_ID = 'from-immuta';
const SECRET = 'immuta/api-key';
const TENANT_URL = 'https://acme.immutacloud.com';
const locateCode = () => ({
  // The lowest supported aws-cdk-lib has no Runtime.NODEJS_24_X.
  runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
  code: lambda.Code.fromAsset(path.join(__dirname, '../assets/handler/integration.lambda')),
  handler: 'index.handler',
});

/** Types of these libraries are not installed with the project. */
const requirePublished = createRequire(path.join(__dirname, 'published/package.json'));

/** Defines one integration, or what stands for it in another library. */
type DefineOne = (stack: Stack, index: number) => void;

export interface Variant {
  readonly title: string;
  /** Defines what the app has once, in its first stack. */
  readonly begin: (stack: Stack) => DefineOne;
}

const importBucket = (stack: Stack, index: number) =>
  s3.Bucket.fromBucketName(stack, `Bucket${index}`, `lake-${index}`);

function beginLibrary(first: Stack): DefineOne {
  const tenant = new ImmutaTenant(first, 'Immuta', {
    url: TENANT_URL, apiKey: Secret.fromSecretNameV2(first, 'ApiKey', SECRET),
  });
  // The first stack has the instance. The others import it once.
  const imported = (stack: Stack) => (stack.node.tryFindChild('AccessGrants') as IAccessGrantsInstance | undefined)
    ?? AccessGrantsInstance.fromDefault(stack, 'AccessGrants');
  return (stack, index) => {
    new ImmutaS3Integration(stack, `Lake${index}`, {
      tenant,
      location: S3Location.bucket(importBucket(stack, index)),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new iam.ArnPrincipal(PRINCIPAL), externalId: EXTERNAL_ID,
      }),
      accessGrantsInstance: stack === first ? undefined : imported(stack),
    });
  };
}

interface DefinedFunction {
  readonly handler: lambda.Function;
  readonly secretArn: string;
}

/** The function of the library with the constructs of aws-cdk-lib, and the Access Grants instance. */
function defineFunction(scope: Construct): DefinedFunction {
  new CfnAccessGrantsInstance(scope, 'AccessGrants').applyRemovalPolicy(RemovalPolicy.DESTROY);
  const stack = Stack.of(scope);
  const description = 'Manages Immuta integrations with S3';
  const { secretArn } = Secret.fromSecretNameV2(scope, 'ApiKey', SECRET);
  const logGroup = new logs.LogGroup(scope, 'LogGroup', {
    retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY,
  });
  const allow = (resource: string, ...actions: string[]) =>
    new iam.PolicyStatement({ actions, resources: [resource] });
  const role = new iam.Role(scope, 'HandlerRole', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description,
    inlinePolicies: {
      Handler: new iam.PolicyDocument({
        statements: [
          allow(`${secretArn}-??????`, 'secretsmanager:GetSecretValue'),
          allow(formatInstanceArn(stack), 's3:ListAccessGrantsLocations'),
          allow(logGroup.logGroupArn, 'logs:CreateLogStream', 'logs:PutLogEvents'),
          allow(stack.stackId, 'cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'),
        ],
      }),
    },
  });
  const handler = new lambda.Function(scope, 'Handler', {
    ...locateCode(),
    description,
    timeout: Duration.minutes(15),
    memorySize: 256,
    role,
    logGroup,
    maxEventAge: Duration.hours(1),
    retryAttempts: 2,
    environment: { IMMUTA_URL: TENANT_URL, API_KEY_SECRET_ARN: secretArn },
  });
  new iam.Policy(scope, 'SelfInvoke', {
    policyName: 'SelfInvoke', roles: [role], statements: [allow(handler.functionArn, 'lambda:InvokeFunction')],
  });
  return { handler, secretArn };
}

/** What the custom resources share. */
interface Service {
  readonly serviceToken: string;
  readonly secretArn: string;
  /** What they need before. */
  readonly dependency: Construct;
}

/** Two roles with the statements of the library, and a custom resource. Nothing is validated. */
function defineResources(stack: Stack, index: number, { serviceToken, secretArn, dependency }: Service): void {
  const { account, partition, region } = stack;
  const governed = {
    account,
    partition,
    region,
    accessGrantsInstanceArn: formatInstanceArn(stack),
    data: { allBuckets: false, bucketArns: [importBucket(stack, index).bucketArn], bucketNames: [`lake-${index}`] },
    bucketAccount: account,
    write: true,
    keyArns: [],
    identityCenter: false,
  };
  const location = new iam.Role(stack, `Location${index}`, {
    assumedBy: new LocationRolePrincipal(governed),
    description: 'Vends credentials for data that Immuta governs',
    inlinePolicies: { GovernedData: new iam.PolicyDocument({ statements: buildLocationRoleStatements(governed) }) },
  });
  const statements = buildImmutaStatements({
    ...governed, identityCenter: undefined, locationRoleArn: location.roleArn,
  });
  const immuta = new iam.Role(stack, `Immuta${index}`, {
    assumedBy: new iam.ArnPrincipal(PRINCIPAL),
    externalIds: [EXTERNAL_ID],
    description: 'Lets Immuta manage locations and grants of S3 Access Grants',
    inlinePolicies: { S3AccessGrants: new iam.PolicyDocument({ statements }) },
  });
  [location, immuta].forEach((role) => role.applyRemovalPolicy(RemovalPolicy.DESTROY));
  const resource = new CustomResource(stack, `Resource${index}`, {
    serviceToken,
    serviceTimeout: Duration.minutes(35),
    resourceType: 'Custom::ImmutaS3Integration',
    properties: {
      TenantUrl: TENANT_URL,
      ApiKeySecretArn: secretArn,
      AccountId: account,
      Region: region,
      LocationPath: `s3://lake-${index}/`,
      LocationRoleArn: location.roleArn,
      AuthenticationType: 'auto',
      RoleToAssumeArn: immuta.roleArn,
      TimeoutSeconds: '1800',
      IamPropagationTimeoutSeconds: '180',
      RemovalPolicy: 'destroy',
      Generation: location.roleId,
    },
  });
  resource.node.addDependency(dependency, location, immuta);
}

function beginConstructs(first: Stack): DefineOne {
  const dependency = new Construct(first, 'Immuta');
  const { handler, secretArn } = defineFunction(dependency);
  return (stack, index) =>
    defineResources(stack, index, { serviceToken: handler.functionArn, secretArn, dependency });
}

/** The waiting of the framework needs a second function. */
function beginProvider(first: Stack): DefineOne {
  const dependency = new Construct(first, 'Immuta');
  const { handler, secretArn } = defineFunction(dependency);
  const { serviceToken } = new Provider(dependency, 'Provider', {
    onEventHandler: handler,
    isCompleteHandler: new lambda.Function(dependency, 'IsComplete', locateCode()),
    totalTimeout: Duration.minutes(30),
  });
  return (stack, index) => defineResources(stack, index, { serviceToken, secretArn, dependency });
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: object;
}

type NamedResource = [logicalId: string, resource: TemplateResource];

let template: NamedResource[] | undefined;

/** The resources of the library for one integration, which is `Lake0`. */
function renderTemplate(): NamedResource[] {
  if (!template) {
    const app = new App({ analyticsReporting: false, context: FEATURE_FLAGS });
    const stack = new Stack(app, 'Lake0', { env: ENV });
    beginLibrary(stack)(stack, 0);
    template = Object.entries(app.synth().getStackByName('Lake0').template.Resources);
  }
  return template;
}

function defineCfnResource(stack: Stack, [logicalId, { Type: type, Properties, ...attributes }]: NamedResource): void {
  const resource = new CfnResource(stack, logicalId, { type, properties: { ...Properties } });
  resource.overrideLogicalId(logicalId);
  Object.entries(attributes).forEach(([key, value]) => resource.addOverride(key, value));
}

/** The template of the library, each resource of it as a `CfnResource` with literal properties. */
function beginCfnResources(first: Stack): DefineOne {
  const isOfIntegration = ([logicalId]: NamedResource) => logicalId.startsWith('Lake0');
  renderTemplate().filter((each) => !isOfIntegration(each)).forEach((each) => defineCfnResource(first, each));
  const integration = JSON.stringify(renderTemplate().filter(isOfIntegration));
  return (stack, index) => {
    const renamed = integration.replaceAll('Lake0', `Lake${index}x`).replaceAll('lake-0', `lake-${index}`);
    JSON.parse(renamed).forEach((each: NamedResource) => defineCfnResource(stack, each));
  };
}

export const VARIANTS: Record<string, Variant> = {
  // The first two are compared, and run one after the other.
  library: { title: 'this library', begin: beginLibrary },
  l2: { title: 'the same resources as L2', begin: beginConstructs },
  l1: { title: 'the same template as L1', begin: beginCfnResources },
  provider: { title: 'L2 with the Provider framework', begin: beginProvider },
  ses: {
    title: '`@pepperize/cdk-ses-smtp-credentials`',
    begin: () => {
      const { SesSmtpCredentials } = requirePublished('@pepperize/cdk-ses-smtp-credentials');
      return (stack, index) => {
        new SesSmtpCredentials(stack, `Credentials${index}`, { user: new iam.User(stack, `User${index}`) });
      };
    },
  },
  sops: {
    title: '`cdk-sops-secrets`',
    begin: () => {
      const { SopsSecret } = requirePublished('cdk-sops-secrets');
      const sopsFilePath = path.join(__dirname, 'sample.sops.json');
      return (stack, index) => {
        new SopsSecret(stack, `Secret${index}`, { sopsFilePath, uploadType: 'INLINE' });
      };
    },
  },
};

/** An app with that many integrations, in stacks of 75. */
export function defineApp({ begin }: Variant, count: number, context = FEATURE_FLAGS): App {
  const app = new App({ analyticsReporting: false, context });
  const length = Math.ceil(count / PER_STACK);
  const stacks = Array.from({ length }, (_, i) => new Stack(app, `Lake${i}`, { env: ENV }));
  const defineOne = begin(stacks[0]);
  for (let index = 0; index < count; index += 1) {
    defineOne(stacks[Math.floor(index / PER_STACK)], index);
  }
  return app;
}
