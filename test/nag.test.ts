import { App, Aspects, CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as nag from 'cdk-nag-2';
import { ENV, listResources, newIntegration, newStack, URL_OF_TENANT } from './fixture';
import { ImmutaAuthentication, ImmutaTenant, S3Location } from '../src';
import { governedStack, shortPath, STACKS } from './governed-stack';
import { Annotations } from './support/annotations';
import { PACKS } from './support/nag-packs';

const ANY_FINDING = Match.stringLikeRegexp('(AwsSolutions|HIPAA|NIST|PCI).*-|CdkNag');

function errors(stack: Stack): string[] {
  return Annotations.fromStack(stack)
    .findError('*', ANY_FINDING)
    .map(({ id, entry }) => `${shortPath(id)}: ${/^[\w.]+-\w+(\[.*?\](?=:))?/.exec(entry.data as string)?.[0]}`)
    .sort();
}

describe.each(STACKS)('of %s', (_, define, findings) => {
  test('has no finding of cdk-nag 2', () => {
    const stack = define();
    PACKS.forEach((pack) => Aspects.of(stack).add(new nag[pack]({ reports: false })));
    expect(errors(stack)).toEqual([]);
    Annotations.fromStack(stack).hasNoWarning('*', ANY_FINDING);
  });

  test('has only the necessary wildcards as findings of cdk-nag 2 without the acknowledgements', () => {
    const stack = define();
    for (const resource of stack.node
      .findAll()
      .filter((child): child is CfnResource => CfnResource.isCfnResource(child))) {
      delete resource.cfnOptions.metadata?.cdk_nag;
    }
    Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));
    expect(errors(stack)).toEqual(findings);
  });
});

test('acknowledges findings when logical IDs change later', () => {
  const stack = governedStack();
  const bucketRole = stack.node.findAll().find((child) => child.node.id === 'LocationRole')!;
  (bucketRole.node.defaultChild as CfnResource).overrideLogicalId('Renamed');
  Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));
  expect(errors(stack)).toEqual([]);
  expect(listResources(stack).Renamed.Type).toBe('AWS::IAM::Role');
});

test.each([
  ['a new role', false],
  ['a role of the user', true],
])('acknowledges that a function with %s describes other stacks', (_, isGiven) => {
  const app = new App();
  const [stack, other] = ['Tenant', 'Lake'].map((id) => new Stack(app, id, { env: ENV }));
  const role = isGiven ? Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/handler') : undefined;
  const apiKey = Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta/api-key');
  newIntegration(other, 'Sales', { tenant: new ImmutaTenant(stack, 'Immuta', { url: URL_OF_TENANT, apiKey, role }) });
  Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));
  expect(errors(stack)).toEqual([]);
});

test.each<[string, (stack: Stack) => IBucket, string]>([
  ['the ARN of a bucket', (stack) => new Bucket(stack, 'Data'), '<[^>]+>'],
  [
    'the name of a bucket',
    (stack) => Bucket.fromBucketName(stack, 'Data', new CfnBucket(stack, 'Named').ref),
    'arn:<AWS::Partition>:s3:::<[^>]+>',
  ],
])('acknowledges a wildcard below %s without a logical ID', (_, define, pattern) => {
  const stack = new Stack(new App(), 'Stack', { env: ENV });
  newIntegration(stack, 'Lake', { location: S3Location.prefix(define(stack), 'a.b/') });
  Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));
  expect(errors(stack).filter((each) => each.includes('IAM5'))).toEqual([]);
  const role = Object.entries(listResources(stack)).find(([logicalId]) => logicalId.includes('LocationRole'))![1];
  expect(role.Metadata!.cdk_nag.rules_to_suppress).toContainEqual({
    id: 'AwsSolutions-IAM5',
    reason: expect.any(String),
    applies_to: [{ regex: String.raw`/^Resource::${pattern}\/a\.b\/\*$/` }],
  });
});

test('acknowledges no rule that an option satisfies', () => {
  const stack = newStack();
  const encryptionKey = new Key(stack, 'Key');
  const rotation = Schedule.rate(Duration.days(90));
  newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.managedAccessKey({ rotation, encryptionKey }) });
  const secret = stack.node.findAll().find((child) => child instanceof CfnSecret) as CfnSecret;
  expect(secret.cfnOptions.metadata).toBeUndefined();
});

/** Returns the metadata of cdk-nag in a template, by logical ID, after each of two syntheses. */
function synthesizeTwice(stack: Stack): Record<string, { rules_to_suppress: { id: string }[] }>[] {
  const app = stack.node.root as App;
  return [1, 2].map(() => {
    const { template: { Resources } } = app.synth({ force: true }).getStackByName(stack.stackName);
    return Object.fromEntries(Object.entries<any>(Resources)
      .filter(([, { Metadata }]) => Metadata?.cdk_nag !== undefined)
      .map(([logicalId, { Metadata }]) => [logicalId, Metadata.cdk_nag]));
  });
}

test('writes no reasons into the template when the app does not use cdk-nag 2', () => {
  expect(synthesizeTwice(governedStack())).toEqual([{}, {}]);
});

test('writes the same reasons into the template in each synthesis when the app uses cdk-nag 2', () => {
  const stack = governedStack();
  Aspects.of(stack).add(new nag.HIPAASecurityChecks({ reports: false }));
  const [first, second] = synthesizeTwice(stack);
  const ids = Object.values(first!).flatMap(({ rules_to_suppress }) => rules_to_suppress.map(({ id }) => id));
  expect(ids).toContain('HIPAA.Security-CloudWatchLogGroupEncrypted');
  expect(second).toEqual(first);
});

test('keeps its acknowledgements when a user suppresses another rule of the same resource', () => {
  const stack = governedStack();
  const role = stack.node.findAll().find((child) => child.node.id === 'LocationRole')!;
  nag.NagSuppressions.addResourceSuppressions(role, [{ id: 'Acme-RoleName', reason: 'the name is generated' }], true);
  Aspects.of(stack).add(new nag.AwsSolutionsChecks({ reports: false }));
  expect(errors(stack)).toEqual([]);
  const { rules_to_suppress } = listResources(stack)[stack.getLogicalId(role.node.defaultChild as CfnResource)]!
    .Metadata!.cdk_nag;
  const ids = rules_to_suppress.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining(['Acme-RoleName', 'AwsSolutions-IAM5']));
});
