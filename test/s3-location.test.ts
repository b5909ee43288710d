import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  ENV,
  importedBucket,
  INTEGRATION,
  newIntegration,
  newStack,
  newTenant,
  getOnly,
  listResources,
  synthError,
} from './fixture';
import { S3Location } from '../src';
import { Annotations } from './support/annotations';

test('renders a location as its scope in S3 Access Grants', () => {
  const stack = newStack();
  const bucket = importedBucket(stack);
  expect(S3Location.allBuckets().locationScope).toBe('s3://');
  expect(S3Location.bucket(bucket).locationScope).toBe('s3://acme-sales/');
  expect(S3Location.prefix(bucket, 'curated/').locationScope).toBe('s3://acme-sales/curated/');
});

test('refers to a bucket of the stack in a location', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { location: S3Location.bucket(new s3.Bucket(stack, 'Sales')) });
  expect(getOnly(stack, INTEGRATION).Properties.LocationPath).toEqual({
    'Fn::Join': ['', ['s3://', { Ref: getOnly(stack, 'AWS::S3::Bucket').logicalId }, '/']],
  });
});

test('limits the roles to the listed buckets when a location covers all buckets', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', {
    location: S3Location.allBuckets({ buckets: [importedBucket(stack, 'one'), importedBucket(stack, 'two')] }),
  });
  expect(getOnly(stack, INTEGRATION).Properties.LocationPath).toBe('s3://');
  const arns = ['one', 'two'].map((name) => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${name}`]],
  }));
  for (const id of ['LocationRole', 'ImmutaRole']) {
    const role = Object.entries(listResources(stack)).find(([logicalId]) => logicalId.includes(id))![1];
    const list = role.Properties.Policies[0].PolicyDocument.Statement.find(
      ({ Action }: { Action: unknown }) => Action === 's3:ListBucket',
    );
    expect(list.Resource).toEqual(arns);
  }
});

describe('prefix of a location', () => {
  const withPrefix = (prefix: string) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { location: S3Location.prefix(importedBucket(stack), prefix) });
    return stack;
  };

  test.each([
    ['/curated/', 'must not begin with \'/\', got "/curated/". Write "curated/". [PREFIX_LEADING_SLASH]'],
    ['', 'must not be empty. Use \'S3Location.bucket\' for a whole bucket. [PREFIX_EMPTY]'],
    ['s3://acme-sales/curated/', 'must not contain the bucket, got "s3://acme-sales/curated/". Write it as in the keys '
      + 'of objects, such as \'curated/\'. [PREFIX_WITH_BUCKET]'],
    ['curated/*', 'must not contain \'*\', got "curated/*". Remove the \'*\'. [PREFIX_WILDCARD]'],
  ])('fails when the prefix is %j', (prefix, message) => {
    expect(synthError(withPrefix(prefix))).toContain(`'prefix' ${message}`);
  });

  test('warns when the prefix does not end with a slash', () => {
    Annotations.fromStack(withPrefix('data')).hasWarning(
      '/Stack/Lake',
      Match.stringLikeRegexp(
        'every key that begins with "data", such as "data-other/key".*\\[PREFIX_WITHOUT_SLASH\\].*prefix-without-slash',
      ),
    );
    Annotations.fromStack(withPrefix('data/')).hasNoWarning('*', Match.anyValue());
  });

  test('accepts a prefix that is a token', () => {
    const stack = newStack();
    newIntegration(stack, 'Lake', {
      location: S3Location.prefix(importedBucket(stack), new CfnParameter(stack, 'Prefix').valueAsString),
    });
    expect(synthError(stack)).toBe('');
  });
});

describe('buckets of a location', () => {
  test.each([
    [
      'imported',
      (stack: Stack) =>
        s3.Bucket.fromBucketAttributes(stack, 'Sales', { bucketName: 'acme-sales', region: 'eu-west-1' }),
    ],
    [
      'defined by another stack',
      (stack: Stack) =>
        new s3.Bucket(
          newStack({ env: { ...ENV, region: 'eu-west-1' } }, stack.node.root as App, `${stack.node.id}Other`),
          'Sales',
        ),
    ],
  ])('fails when a bucket of another Region is %s', (_, bucket) => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const location = S3Location.bucket(bucket(stack));
    expect(() => newIntegration(stack, 'Lake', { tenant, location })).toThrow(
      new RegExp(
        String.raw`bucket '.*/Sales' must be in Region us-east-1 of the integration, got eu-west-1\. Define .*\. ` +
          String.raw`\[BUCKET_IN_OTHER_REGION\]`,
      ),
    );
    expect(() =>
      newIntegration(stack, 'Lake2', {
        tenant,
        location: S3Location.allBuckets({ buckets: [bucket(newStack(undefined, stack.node.root as App, 'B'))] }),
      }),
    ).toThrow('must be in Region us-east-1 of the integration, got eu-west-1');
  });

  test('fails when the buckets belong to two accounts', () => {
    const stack = newStack();
    const buckets = ['111122223333', '444455556666'].map((account) =>
      s3.Bucket.fromBucketAttributes(stack, account, { bucketName: `b-${account}`, account }),
    );
    newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets }) });
    expect(synthError(stack)).toContain(
      "'buckets' must belong to one account, got buckets of accounts 111122223333, 444455556666. " +
        "Define an integration for the buckets of each account. If all belong to one account, set 'bucketAccount'. "
        + '[BUCKETS_IN_SEVERAL_ACCOUNTS]',
    );
    const withAccount = newStack();
    const imported = ['111122223333', '444455556666'].map((account) =>
      s3.Bucket.fromBucketAttributes(withAccount, account, { bucketName: `b-${account}`, account }),
    );
    const location = S3Location.allBuckets({ buckets: imported });
    newIntegration(withAccount, 'Lake', { location, bucketAccount: '444455556666' });
    expect(synthError(withAccount)).toBe('');
  });

  test('shows an account that is not known at synth as a token', () => {
    const stack = newStack({});
    const buckets = [
      importedBucket(stack),
      s3.Bucket.fromBucketAttributes(stack, 'Other', { bucketName: 'other', account: '444455556666' }),
    ];
    newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets }) });
    expect(synthError(stack)).toContain('got buckets of accounts <token>, 444455556666. ');
  });
});
