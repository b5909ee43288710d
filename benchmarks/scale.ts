/**
 * What integrations cost at synth, against the same resources written as constructs of aws-cdk-lib. Prints a table. Run
 * it with `npx tsx benchmarks/scale.ts`.
 */
import { App, CustomResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location } from '../src';
import { buildImmutaStatements } from '../src/private/policies/immuta-principal';
import { buildLocationRoleStatements, LocationRolePrincipal } from '../src/private/policies/location-role';
import { formatInstanceArn } from '../src/private/stacks';

const COUNTS = (process.argv[2] ?? '1,150,1600').split(',').map(Number);
/** A template has 1 MB at most. */
const PER_STACK = 75;
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

/** The same resources with the same statements, and without the checks of the library. */
const defineResources: Define = (stack, index, tenant) => {
  const { account, partition, region } = stack;
  const { bucketArn } = s3.Bucket.fromBucketName(stack, `Bucket${index}`, `lake-${index}`);
  const governed = {
    account,
    partition,
    region,
    accessGrantsInstanceArn: formatInstanceArn(stack),
    data: { allBuckets: false, bucketArns: [bucketArn], bucketNames: ['sales'] },
    bucketAccount: account,
    write: true,
    keyArns: [],
    identityCenter: false,
  };
  const location = new iam.Role(stack, `Location${index}`, {
    assumedBy: new LocationRolePrincipal(governed),
    inlinePolicies: { GovernedData: new iam.PolicyDocument({ statements: buildLocationRoleStatements(governed) }) },
  });
  const { roleArn: locationRoleArn } = location;
  const statements = buildImmutaStatements({ ...governed, identityCenter: undefined, locationRoleArn });
  const immuta = new iam.Role(stack, `Immuta${index}`, {
    assumedBy: new iam.ArnPrincipal(PRINCIPAL),
    inlinePolicies: { S3AccessGrants: new iam.PolicyDocument({ statements }) },
  });
  const resource = new CustomResource(stack, `Resource${index}`, {
    serviceToken: tenant.handlerArn,
    properties: { LocationRoleArn: location.roleArn, RoleToAssumeArn: immuta.roleArn, Path: `s3://lake-${index}/` },
  });
  resource.node.addDependency(tenant, location, immuta);
};

/** Processor time, which other processes of the machine do not change. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function measure(count: number, define: Define): { readonly ms: number; readonly bytes: number } {
  const started = cpuMs();
  const app = new App({ analyticsReporting: false });
  const home = new Stack(app, 'Tenant', { env: ENV });
  const tenant = new ImmutaTenant(home, 'Immuta', {
    url: 'https://acme.immutacloud.com', apiKey: Secret.fromSecretNameV2(home, 'ApiKey', 'immuta/api-key'),
  });
  const length = Math.ceil(count / PER_STACK);
  const stacks = Array.from({ length }, (_, i) => new Stack(app, `Lake${i}`, { env: ENV }));
  for (let index = 0; index < count; index += 1) {
    define(stacks[Math.floor(index / PER_STACK)], index, tenant);
  }
  const templates = app.synth().stacks.map(({ template }) => JSON.stringify(template).length);
  return { ms: cpuMs() - started, bytes: Math.max(...templates) };
}

console.log('| integrations | CPU seconds | the same with aws-cdk-lib alone | ratio | bytes of the largest template |');
console.log('| --- | --- | --- | --- | --- |');
measure(1, defineIntegration); // loads the modules
for (const count of COUNTS) {
  const [ours, plain] = [measure(count, defineIntegration), measure(count, defineResources)];
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const ratio = (ours.ms / plain.ms).toFixed(1);
  console.log(`| ${count} | ${seconds(ours.ms)} | ${seconds(plain.ms)} | ${ratio} | ${ours.bytes} |`);
}
