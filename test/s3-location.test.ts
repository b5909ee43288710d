import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ENV, importedBucket, INTEGRATION, newIntegration, newStack, newTenant, onlyOf, resourcesOf, synthError } from './fixture';
import { S3Location } from '../src';

test('scopes', () => {
  const stack = newStack();
  const bucket = importedBucket(stack);
  expect(S3Location.allBuckets().locationScope).toBe('s3://');
  expect(S3Location.bucket(bucket).locationScope).toBe('s3://acme-sales/');
  expect(S3Location.prefix(bucket, 'curated/').locationScope).toBe('s3://acme-sales/curated/');
});

test('a bucket of the stack', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { location: S3Location.bucket(new s3.Bucket(stack, 'Sales')) });
  expect(onlyOf(stack, INTEGRATION).Properties.LocationPath).toEqual({
    'Fn::Join': ['', ['s3://', { Ref: onlyOf(stack, 'AWS::S3::Bucket').logicalId }, '/']],
  });
});

test('all buckets, of which the roles reach some', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets: [importedBucket(stack, 'one'), importedBucket(stack, 'two')] }) });
  expect(onlyOf(stack, INTEGRATION).Properties.LocationPath).toBe('s3://');
  const role = Object.entries(resourcesOf(stack)).find(([logicalId]) => logicalId.includes('LocationRole'))![1];
  const list = role.Properties.Policies[0].PolicyDocument.Statement.find(({ Action }: { Action: unknown }) => Action === 's3:ListBucket');
  expect(list.Resource).toEqual(['one', 'two'].map((name) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${name}`]] })));
});

describe('a prefix', () => {
  const withPrefix = (prefix: string) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { location: S3Location.prefix(importedBucket(stack), prefix) });
    return stack;
  };

  test.each([
    ['/curated/', 'must not begin with \'/\', got "/curated/": object keys do not, so write "curated/"'],
    ['', 'is empty: use \'S3Location.bucket\''],
    ['curated/*', 'must not contain \'*\', got "curated/*"'],
  ])('fails for %j', (prefix, message) => {
    expect(synthError(withPrefix(prefix))).toContain(`the prefix of the location ${message}`);
  });

  test('warns if it does not end with a slash', () => {
    Annotations.fromStack(withPrefix('data')).hasWarning('/Stack/Lake', Match.stringLikeRegexp('every key that begins with "data".*prefix-without-slash'));
    Annotations.fromStack(withPrefix('data/')).hasNoWarning('*', Match.anyValue());
  });

  test('takes a token', () => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { location: S3Location.prefix(importedBucket(stack), new CfnParameter(stack, 'Prefix').valueAsString) });
    expect(synthError(stack)).toBe('');
  });
});

describe('buckets', () => {
  test.each([
    ['imported', (stack: Stack) => s3.Bucket.fromBucketAttributes(stack, 'Sales', { bucketName: 'acme-sales', region: 'eu-west-1' })],
    ['of another stack', (stack: Stack) => new s3.Bucket(newStack({ env: { ...ENV, region: 'eu-west-1' } }, stack.node.root as App, `${stack.node.id}Other`), 'Sales')],
  ])('fails for one in another Region, %s', (_, bucket) => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const location = S3Location.bucket(bucket(stack));
    expect(() => newIntegration(stack, 'Lake', { tenant, location })).toThrow(/bucket '.*\/Sales' is in Region eu-west-1, and S3 Access Grants of us-east-1/);
    expect(() => newIntegration(stack, 'Lake2', { tenant, location: S3Location.allBuckets({ buckets: [bucket(newStack(undefined, stack.node.root as App, 'B'))] }) }))
      .toThrow('reaches buckets of its own Region only');
  });

  test('fails for buckets of two accounts', () => {
    const stack = newStack();
    const buckets = ['111122223333', '444455556666'].map((account) => s3.Bucket.fromBucketAttributes(stack, account, { bucketName: `b-${account}`, account }));
    newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets }) });
    expect(synthError(stack)).toContain('\'buckets\' must be of one account, got buckets of 111122223333, 444455556666');
  });
});
