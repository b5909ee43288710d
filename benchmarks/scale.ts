/**
 * What integrations cost at synth, against the same resources written as constructs of aws-cdk-lib. Prints a table. Run
 * it with `npx tsx benchmarks/scale.ts`.
 */
import { performance } from 'node:perf_hooks';
import { App, CustomResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from '../src';

const COUNTS = (process.argv[2] ?? "1,150,1600").split(",").map(Number);
/** An integration has three resources, and a stack has 500 at most. */
const PER_STACK = 150;
const ENV = { account: '111122223333', region: 'us-east-1' };
const PRINCIPAL = 'arn:aws:iam::444455556666:role/immuta';

type Define = (stack: Stack, index: number, tenant: ImmutaTenant) => void;

const defineIntegration: Define = (stack, index, tenant) => {
  new ImmutaS3Integration(stack, `Lake${index}`, {
    tenant,
    accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, `AccessGrants${index}`),
    location: S3Location.bucket(s3.Bucket.fromBucketName(stack, `Bucket${index}`, `lake-${index}`)),
    authentication: ImmutaAuthentication.assumeRole({ principal: new iam.ArnPrincipal(PRINCIPAL) }),
  });
};

/** The same resources, with the statements of the integration, and without its checks. */
const defineResources: Define = (stack, index, tenant) => {
  const { bucketArn } = s3.Bucket.fromBucketName(stack, `Bucket${index}`, `lake-${index}`);
  const location = new iam.Role(stack, `Location${index}`, {
    assumedBy: new iam.ServicePrincipal('access-grants.s3.amazonaws.com'),
    inlinePolicies: {
      GovernedData: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [`${bucketArn}/*`] }),
          new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn] }),
        ],
      }),
    },
  });
  const immuta = new iam.Role(stack, `Immuta${index}`, {
    assumedBy: new iam.ArnPrincipal(PRINCIPAL),
    inlinePolicies: {
      S3AccessGrants: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({ actions: ['s3:ListAccessGrantsInstances'], resources: ['*'] }),
          new iam.PolicyStatement({ actions: ['iam:GetRole', 'iam:PassRole'], resources: [location.roleArn] }),
          new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn] }),
        ],
      }),
    },
  });
  const resource = new CustomResource(stack, `Resource${index}`, {
    serviceToken: tenant.handlerArn,
    properties: { LocationRoleArn: location.roleArn, RoleToAssumeArn: immuta.roleArn, Path: `s3://lake-${index}/` },
  });
  resource.node.addDependency(tenant, location, immuta);
};

function measure(count: number, define: Define): { readonly ms: number; readonly bytes: number } {
  const started = performance.now();
  const app = new App({ analyticsReporting: false });
  const home = new Stack(app, 'Tenant', { env: ENV });
  const tenant = new ImmutaTenant(home, 'Immuta', {
    url: 'https://acme.immutacloud.com', apiKey: Secret.fromSecretNameV2(home, 'ApiKey', 'immuta/api-key'),
  });
  const stacks = Array.from({ length: Math.ceil(count / PER_STACK) }, (_, i) => new Stack(app, `Lake${i}`, { env: ENV }));
  for (let index = 0; index < count; index += 1) {
    define(stacks[Math.floor(index / PER_STACK)], index, tenant);
  }
  const templates = app.synth().stacks.map(({ template }) => JSON.stringify(template).length);
  return { ms: performance.now() - started, bytes: Math.max(...templates) };
}

console.log('| integrations | seconds | seconds with aws-cdk-lib alone | ratio | bytes of the largest template |');
console.log('| --- | --- | --- | --- | --- |');
measure(1, defineIntegration); // loads the modules
for (const count of COUNTS) {
  const [ours, plain] = [measure(count, defineIntegration), measure(count, defineResources)];
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const ratio = (ours.ms / plain.ms).toFixed(1);
  console.log(`| ${count} | ${seconds(ours.ms)} | ${seconds(plain.ms)} | ${ratio} | ${ours.bytes} |`);
}
