import { App, Aspects, CfnParameter, DefaultStackSynthesizer, Fn, Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as pipelines from 'aws-cdk-lib/pipelines';
import * as nag from 'cdk-nag-2';
import { getOnly, INTEGRATION, listResources, newIntegration, newTenant, synthError, URL_OF_TENANT } from './fixture';
import { AdoptingAccessGrantsInstance, ImmutaAuthentication, ImmutaTenant, S3Location } from '../src';

const BUCKET = 'sales.acme.com';

/** A stack with a tenant and an integration, in any environment. */
function newLake(stack: Stack): Stack {
  const location = S3Location.bucket(s3.Bucket.fromBucketName(stack, 'Dotted', BUCKET));
  newIntegration(stack, 'Sales', { tenant: newTenant(stack), location });
  return stack;
}

/** A stack with every other construct and kind of authentication that has ARNs of its own. */
function newEverything(stack: Stack): Stack {
  const tenant = newTenant(stack);
  new AdoptingAccessGrantsInstance(stack, 'AccessGrants');
  const integration = newIntegration(stack, 'Keys', {
    tenant, authentication: ImmutaAuthentication.managedAccessKey(), diagnosePermissions: true,
  });
  integration.addDataSources('Curated', { dataSources: { Orders: 'orders/' } });
  integration.addHealthCheck();
  tenant.addHealthCheck();
  newIntegration(stack, 'Account', { tenant, location: S3Location.allBuckets() });
  return stack;
}

/** The principal of the user, and names of files, are as they are. */
const textOf = (stack: Stack) => JSON.stringify(listResources(stack))
  .replaceAll('arn:aws:iam::444455556666:role/immuta', '').replaceAll(/"S3Key":"\w+/g, '');

test('names neither account, Region nor partition without an environment, as a StackSet needs', () => {
  const stack = newLake(new Stack(new App(), 'Stack'));

  expect(textOf(stack)).not.toMatch(/arn:aws|\d{12}|us-east-1/);
  expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
    AccountId: { Ref: 'AWS::AccountId' }, Region: { Ref: 'AWS::Region' },
  });
  expect(textOf(newEverything(new Stack(new App(), 'Stack')))).not.toMatch(/arn:aws|\d{12}|us-east-1/);
});

test('takes the function from a bucket that the accounts of a StackSet share', () => {
  const synthesizer = new DefaultStackSynthesizer({ fileAssetsBucketName: 'acme-assets-${AWS::Region}' });
  const stack = newLake(new Stack(new App(), 'Stack', { synthesizer }));

  expect(getOnly(stack, 'AWS::Lambda::Function').Properties.Code.S3Bucket)
    .toEqual({ 'Fn::Sub': 'acme-assets-${AWS::Region}' });
});

test.each(['us-gov-west-1', 'cn-north-1', 'ap-southeast-5', 'eusc-de-east-1'])(
  'names the partition by its pseudo parameter in %s',
  (region) => {
    const stack = newLake(new Stack(new App(), 'Stack', { env: { account: '111122223333', region } }));

    expect(synthError(stack)).toBe('');
    expect(textOf(stack)).not.toContain('arn:aws');
    expect(getOnly(stack, INTEGRATION).Properties.Region).toBe(region);

    const everything = newEverything(new Stack(new App(), 'Stack', { env: { account: '111122223333', region } }));
    expect(synthError(everything)).toBe('');
    expect(textOf(everything)).not.toContain('arn:aws');
  },
);

test('defines the same in each stage, with the environment of that stage', () => {
  const app = new App();
  const environments = [['Test', '111122223333', 'us-east-1'], ['Production', '444455556666', 'eu-west-1']];
  const stacks = environments.map(([id, account, region]) =>
    newLake(new Stack(new Stage(app, id, { env: { account, region } }), 'Stack')));
  const properties = stacks.map((stack) => getOnly(stack, INTEGRATION).Properties);

  expect(properties.map(({ AccountId, Region }) => [AccountId, Region])).toEqual(
    environments.map(([, account, region]) => [account, region]),
  );
  expect(Object.keys(listResources(stacks[0]))).toEqual(Object.keys(listResources(stacks[1])));
});

test('publishes the function from a bootstrap stack with another qualifier', () => {
  const synthesizer = new DefaultStackSynthesizer({ qualifier: 'acme' });
  const stack = newLake(new Stack(new App(), 'Stack', { synthesizer }));

  const { Code } = getOnly(stack, 'AWS::Lambda::Function').Properties;
  expect(Code.S3Bucket).toEqual({ 'Fn::Sub': 'cdk-acme-assets-${AWS::AccountId}-${AWS::Region}' });
});

test('publishes the function from the bootstrap stack that the context of the app names', () => {
  const app = new App({ context: { '@aws-cdk/core:bootstrapQualifier': 'acme' } });

  const { Code } = getOnly(newLake(new Stack(app, 'Stack')), 'AWS::Lambda::Function').Properties;
  expect(Code.S3Bucket).toEqual({ 'Fn::Sub': 'cdk-acme-assets-${AWS::AccountId}-${AWS::Region}' });
});

test('synthesizes in a pipeline of CDK Pipelines', () => {
  const app = new App();
  const home = new Stack(app, 'Pipeline', { env: { account: '111122223333', region: 'us-east-1' } });
  const input = pipelines.CodePipelineSource.s3(s3.Bucket.fromBucketName(home, 'Source', 'source'), 'app.zip');
  const synth = new pipelines.ShellStep('Synth', { input, commands: ['npx cdk synth'] });
  const pipeline = new pipelines.CodePipeline(home, 'Pipeline', { synth, crossAccountKeys: true });
  const stage = new Stage(app, 'Test', { env: { account: '444455556666', region: 'us-east-1' } });
  newLake(new Stack(stage, 'Stack'));
  pipeline.addStage(stage);

  const template = app.synth().getStackByName('Pipeline').template;
  expect(JSON.stringify(template)).toContain('"StackName":"Test-Stack"');
  expect(JSON.stringify(template)).toMatch(/cdk-assets.*publish/); // the code of the function
});

test('takes the address, the bucket and the principal from parameters and imports', () => {
  const stack = new Stack(new App(), 'Stack');
  const tenant = new ImmutaTenant(stack, 'Immuta', {
    url: new CfnParameter(stack, 'Url').valueAsString,
    apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', new CfnParameter(stack, 'Secret').valueAsString),
  });
  const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', Fn.importValue('SalesBucket'));
  const locationRole = iam.Role.fromRoleArn(stack, 'Role', Fn.importValue('LocationRole'));
  newIntegration(stack, 'Sales', { tenant, location: S3Location.bucket(bucket), locationRole });

  expect(synthError(stack)).toBe('');
  expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
    LocationPath: { 'Fn::Join': ['', ['s3://', { 'Fn::ImportValue': 'SalesBucket' }, '/']] },
    LocationRoleArn: { 'Fn::ImportValue': 'LocationRole' },
  });
});

test('governs a bucket with dots in its name', () => {
  const stack = newLake(new Stack(new App(), 'Stack'));

  expect(getOnly(stack, INTEGRATION).Properties.LocationPath).toBe(`s3://${BUCKET}/`);
  expect(textOf(stack)).toContain(`:s3:::${BUCKET}/*`);
});

test('reads the API key from a secret of another account, with its key', () => {
  const stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'us-east-1' } });
  const secretCompleteArn = 'arn:aws:secretsmanager:us-east-1:444455556666:secret:immuta/api-key-AbCdEf';
  const keyArn = 'arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', keyArn);
  const apiKey = Secret.fromSecretAttributes(stack, 'ApiKey', { secretCompleteArn, encryptionKey });
  new ImmutaTenant(stack, 'Immuta', { url: URL_OF_TENANT, apiKey });

  expect(synthError(stack)).toBe('');
  const [{ PolicyDocument }] = getOnly(stack, 'AWS::IAM::Role').Properties.Policies;
  expect(PolicyDocument.Statement).toEqual(expect.arrayContaining([
    expect.objectContaining({ Action: 'secretsmanager:GetSecretValue', Resource: secretCompleteArn }),
    expect.objectContaining({ Action: 'kms:Decrypt', Resource: keyArn }),
  ]));
});

test('fails with the remedy when another account has the KMS key of a bucket of the app', () => {
  const app = new App();
  const owner = new Stack(app, 'Owner', { env: { account: '444455556666', region: 'us-east-1' } });
  const encryptionKey = new kms.Key(owner, 'Key');
  const bucket = new s3.Bucket(owner, 'Bucket', { bucketName: 'shared-lake', encryptionKey });
  const stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'us-east-1' } });
  const tenant = newTenant(stack);

  expect(() => newIntegration(stack, 'Lake', { tenant, location: S3Location.bucket(bucket) })).toThrow(
    "[Stack/Lake] KMS key 'Owner/Key' belongs to a stack of account 444455556666, to which the template cannot refer. "
      + "Import the bucket by its name, and pass 'kms.Key.fromKeyArn' with a written ARN in 'encryptionKeys'. "
      + '[ENCRYPTION_KEY_IN_OTHER_ACCOUNT]',
  );
  const imported = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:444455556666:key/1234abcd');
  const importedThere = kms.Key.fromKeyArn(owner, 'Imported', 'arn:aws:kms:us-east-1:444455556666:key/5678efab');
  newIntegration(stack, 'Pond', { tenant, encryptionKeys: [imported, importedThere] });
  expect(synthError(stack)).toBe('');
});

test.each<[string, (stack: Stack) => string]>([
  ['parts of a text', (stack) => Fn.join('-', Fn.split('_', new CfnParameter(stack, 'Text').valueAsString))],
  ['a list', (stack) => Fn.join('', new CfnParameter(stack, 'List', { type: 'CommaDelimitedList' }).valueAsList)],
])('synthesizes a bucket and a principal whose names are joined from %s that is not known at synth', (_, join) => {
  const stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'us-east-1' } });
  const name = join(stack);
  const location = S3Location.bucket(s3.Bucket.fromBucketName(stack, 'Bucket', name));
  const tenant = newTenant(stack);
  newIntegration(stack, 'Lake', {
    tenant, location, authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleName(stack, 'Role', 'immuta')),
  });
  newIntegration(stack, 'Pond', {
    tenant, authentication: ImmutaAuthentication.assumeRole({ principal: new iam.ArnPrincipal(name) }),
  });
  Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));

  expect(synthError(stack)).toBe('');
});
