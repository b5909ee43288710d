import { Annotations as AnnotationsOf, App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  ENV, importedBucket, newIntegration, newStack, newTenant, synthError, URL_OF_TENANT,
} from './fixture';
import {
  AccessGrantsInstance, AdoptingAccessGrantsInstance, CaCertificates, ImmutaAuthentication, ImmutaTenant, S3Location,
} from '../src';
import { Annotations } from './support/annotations';

test('reports the problems of several constructs together', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', {
    tenant: newTenant(stack, 'Immuta', 'http://acme.immutacloud.com'),
    location: S3Location.prefix(importedBucket(stack), '/curated/'),
    authentication: ImmutaAuthentication.assumeRole({
      principal: new iam.ArnPrincipal('arn:aws:iam::111122223333:role/immuta'),
      externalId: '?',
    }),
    timeout: Duration.minutes(51),
    integrationName: '',
    identityCenter: { instanceArn: 'ssoins-1', identityStoreId: '1' },
  });
  const error = synthError(stack);
  for (const part of [
    "'url' must begin with https://",
    "'prefix' must not begin",
    "'externalId' must have",
    "'timeout' must be between 1 and 50 minutes",
    '\'integrationName\' must have 1 to 74 characters, got "" (0 characters). Choose a name of 1 to 74 characters. '
      + '[INTEGRATION_NAME_INVALID]',
    "'identityCenter' needs an S3 Access Grants instance",
    "'identityCenter.instanceArn' must look like",
    "'identityCenter.identityStoreId' must look like d-1234567890, got \"1\". Copy the ID from 'aws sso-admin "
      + "list-instances'. [IDENTITY_STORE_ID_INVALID]",
  ]) {
    expect(error).toContain(part);
  }
});

test('fails when the list of buckets is empty, and does not reach every bucket instead', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets: [] }) });
  expect(synthError(stack)).toContain("'buckets' must not be empty. Name the buckets, or omit 'buckets' to reach every "
    + 'bucket of the account. [BUCKETS_EMPTY]');
});

describe('the ID of an account', () => {
  const error = (account: string) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', {
      bucketAccount: account,
      accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
      identityCenter: {
        instanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef',
        identityStoreId: 'd-1234567890',
        identityStoreAccount: account,
      },
    });
    return synthError(stack);
  };

  test.each(['1111-2222-3333', '12345678901', ''])('fails when it is "%s"', (account) => {
    for (const prop of ['bucketAccount', 'identityCenter.identityStoreAccount']) {
      expect(error(account)).toContain(`'${prop}' must be the ID of an AWS account, which has 12 digits, got `
        + `"${account}". Pass the ID as text and without hyphens, such as '012345678901'. [ACCOUNT_ID_INVALID]`);
    }
  });

  test.each(['012345678901', Lazy.string({ produce: () => '1' })])('accepts %s', (account) => {
    expect(error(account)).toBe('');
  });
});

describe('an alias', () => {
  const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
  const importSecret = (stack: Stack, encryptionKey: kms.IKey) => Secret.fromSecretAttributes(stack, 'Secret', {
    secretCompleteArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:secret-AbCdEf', encryptionKey,
  });
  const define: Record<string, (stack: Stack, encryptionKey: kms.IKey) => void> = {
    'encryptionKeys': (stack, key) => { newIntegration(stack, 'Lake', { encryptionKeys: [key] }); },
    'location.encryptionKey': (stack, encryptionKey) => {
      const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'sales', encryptionKey });
      newIntegration(stack, 'Lake', { location: S3Location.bucket(bucket) });
    },
    'apiKey.encryptionKey': (stack, key) => {
      new ImmutaTenant(stack, 'Immuta', { url: URL_OF_TENANT, apiKey: importSecret(stack, key) });
    },
    'secret.encryptionKey': (stack, key) => {
      const [secret, user] = [importSecret(stack, key), new iam.User(stack, 'User')];
      newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.accessKeySecret({ secret, user }) });
    },
    'managedAccessKey.encryptionKey': (stack, encryptionKey) => {
      newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.managedAccessKey({ encryptionKey }) });
    },
    'identityCenter.encryptionKey': (stack, encryptionKey) => {
      newIntegration(stack, 'Lake', {
        accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
        identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890', encryptionKey },
      });
    },
    'identityCenterEncryptionKey': (stack, identityCenterEncryptionKey) => {
      new AdoptingAccessGrantsInstance(stack, 'Instance', {
        identityCenterInstanceArn: IDENTITY_CENTER, identityCenterEncryptionKey,
      });
    },
    'proxy.credentials.encryptionKey': (stack, key) => {
      const proxy = { url: 'http://proxy.acme.internal:3128', credentials: importSecret(stack, key) };
      new AdoptingAccessGrantsInstance(stack, 'Instance', { proxy });
    },
    'caCertificates.encryptionKey': (stack, encryptionKey) => {
      const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'certificates', encryptionKey });
      const caCertificates = CaCertificates.fromBucket(bucket, 'ca.pem');
      new AdoptingAccessGrantsInstance(stack, 'Instance', { caCertificates });
    },
  };
  const error = (prop: string, createAlias: (stack: Stack) => kms.IKey) => {
    const stack = newStack();
    try {
      define[prop](stack, createAlias(stack));
    } catch (problem) {
      return (problem as Error).message;
    }
    return synthError(stack);
  };

  const importAlias = (name: string) => (stack: Stack) => kms.Alias.fromAliasName(stack, 'Data', name);

  test.each(Object.keys(define))('fails as %s, because no policy matches it', (prop) => {
    const expected = `'${prop}' must name the KMS key itself, got the alias 'Stack/Data'. Pass the key itself, or `
      + 'import it with \'kms.Key.fromKeyArn\' or \'kms.Key.fromLookup\'. [ENCRYPTION_KEY_ALIAS]';

    expect(error(prop, importAlias('alias/data'))).toContain(expected);
    expect(error(prop, (stack) => new kms.Alias(stack, 'Data', {
      aliasName: 'data', targetKey: new kms.Key(stack, 'Key'),
    }))).toContain(expected);
  });

  test.each(Object.keys(define))('is accepted as %s if AWS manages the key, since no policy must name it', (prop) => {
    expect(error(prop, importAlias('alias/aws/secretsmanager'))).toBe('');
  });
});

describe('time-outs', () => {
  const error = (timeout: Duration, iamPropagationTimeout?: Duration) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { timeout, iamPropagationTimeout });
    return synthError(stack);
  };

  test.each([Duration.seconds(59), Duration.minutes(51), Duration.hours(2)])(
    'fails when the timeout is %s',
    (timeout) => {
      expect(error(timeout)).toContain(
        `'timeout' must be between 1 and 50 minutes, got ${timeout.toHumanString()}. Choose a duration between 1 and `
          + '50 minutes. [TIMEOUT_OUT_OF_RANGE]',
      );
    },
  );

  test.each([Duration.minutes(1), Duration.minutes(50)])('accepts a timeout of %s', (timeout) => {
    expect(error(timeout)).toBe('');
  });

  test('fails when iamPropagationTimeout is shorter than a second', () => {
    expect(error(Duration.minutes(30), Duration.seconds(0))).toContain(
      "'iamPropagationTimeout' must be at least 1 second, got 0 seconds. Omit it to use 3 minutes. "
        + '[IAM_PROPAGATION_TIMEOUT_TOO_SHORT]',
    );
    expect(error(Duration.minutes(30), Duration.seconds(1))).toBe('');
  });

  test.each([
    ['seconds', Duration.seconds(Lazy.number({ produce: () => 60 }))],
    ['minutes', Duration.minutes(Lazy.number({ produce: () => 5 }))],
  ])('fails when a number of %s is a token', (_, duration) => {
    expect(() => error(duration)).toThrow(
      "[Stack/Lake] 'timeout' must be known at synth, got a token. Pass a number. [DURATION_UNKNOWN]",
    );
    expect(() => error(Duration.minutes(30), duration)).toThrow(
      "[Stack/Lake] 'iamPropagationTimeout' must be known at synth, got a token. Pass a number. [DURATION_UNKNOWN]",
    );
  });

  test('fails when a duration is not a whole number of seconds', () => {
    expect(() => error(Duration.millis(61_500), Duration.millis(1_500))).toThrow(
      "'timeout' must be whole seconds, got 61.5 seconds. Round it to seconds. [DURATION_NOT_WHOLE_SECONDS]\n" +
        "'iamPropagationTimeout' must be whole seconds, got 1.5 seconds. Round it to seconds. "
          + '[DURATION_NOT_WHOLE_SECONDS]',
    );
    expect(error(Duration.minutes(2.5), Duration.millis(60_000))).toBe('');
  });

  test('fails when iamPropagationTimeout exceeds 10 minutes or the timeout', () => {
    expect(error(Duration.minutes(30), Duration.minutes(11))).toContain(
      "'iamPropagationTimeout' must be at most 10 minutes",
    );
    expect(error(Duration.minutes(5), Duration.minutes(6))).toContain(
      "at most 'timeout' (5 minutes), got 6 minutes. Shorten it, or increase 'timeout'. "
        + '[IAM_PROPAGATION_TIMEOUT_TOO_LONG]',
    );
    expect(error(Duration.minutes(10), Duration.minutes(10))).toBe('');
  });
});

test.each([
  [74, ''],
  [75, '\'integrationName\' must have 1 to 74 characters, got "xxx'],
])("checks the length of an integration's name with %i characters", (length, message) => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { integrationName: 'x'.repeat(length) });
  expect(synthError(stack)).toEqual(message === '' ? '' : expect.stringContaining(message));
});

describe('two integrations', () => {
  const two = (one: object, other: object, stacks?: [Stack, Stack]) => {
    const [a, b] = stacks ?? (() => { const stack = newStack(); return [stack, stack]; })();
    newIntegration(a, 'One', one);
    newIntegration(b, 'Two', other);
    return b;
  };
  const stacksIn = (one: object, other: object): [Stack, Stack] => {
    const app = new App();
    return [newStack(one, app, 'A'), newStack(other, app, 'B')];
  };
  const elsewhere = { env: { ...ENV, region: 'eu-west-1' } };

  test('reports one error when two integrations of a tenant have the same name', () => {
    const error = synthError(two({ integrationName: 'sales' }, { integrationName: 'sales' }));
    expect(error).toContain(
      "'integrationName' \"sales\" is also the name of 'Stack/One'. Choose another name. [INTEGRATION_NAME_DUPLICATE]",
    );
    expect(error.match(/is also the name/g)).toHaveLength(1);
    expect(
      synthError(two({ integrationName: 'sales' }, { integrationName: 'sales' }, stacksIn({ env: ENV }, elsewhere))),
    ).toContain('is also the name');
  });

  test('accepts two integrations with one name when their tenants differ', () => {
    const stack = newStack();
    newIntegration(stack, 'One', { integrationName: 'sales' });
    newIntegration(stack, 'Two', {
      integrationName: 'sales',
      tenant: newTenant(stack, 'Other', 'https://other.immutacloud.com'),
    });
    expect(synthError(stack)).toBe('');
  });

  test('fails when two integrations have the same path', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Bucket');
    newIntegration(stack, 'One', { location: S3Location.prefix(bucket, 'a/') });
    newIntegration(stack, 'Two', { location: S3Location.prefix(bucket, 'a/') });
    expect(synthError(stack)).toContain(
      "the location is already governed by 'Stack/One'. Remove one of the two integrations. [LOCATION_DUPLICATE]",
    );
  });

  test('fails when two tenants govern all buckets of one account and Region', () => {
    const stack = newStack();
    newIntegration(stack, 'One', { location: S3Location.allBuckets() });
    newIntegration(stack, 'Two', {
      location: S3Location.allBuckets(),
      tenant: newTenant(stack, 'Other', 'https://other.immutacloud.com'),
    });
    expect(synthError(stack)).toContain('the location is already governed by \'Stack/One\'. Remove one of the two '
      + 'integrations. [LOCATION_DUPLICATE]');
  });

  test.each([
    ['of two Regions', { env: ENV }, elsewhere],
    ['of two Regions that are not known', {}, {}],
  ])('warns when one tenant governs all buckets %s', (_, one, other) => {
    const stack = two(
      { location: S3Location.allBuckets() },
      { location: S3Location.allBuckets() },
      stacksIn(one, other),
    );
    Annotations.fromStack(stack).hasWarning(
      '/B/Two',
      Match.stringLikeRegexp(
        "'A/One' also governs s3:// for the same tenant.*\\[ALL_BUCKETS_TWICE\\].*all-buckets-twice",
      ),
    );
    expect(synthError(stack)).toBe('');
  });

  test('accepts all buckets of two Regions when the tenants differ', () => {
    const [a, b] = stacksIn({ env: ENV }, elsewhere);
    newIntegration(a, 'One', { location: S3Location.allBuckets() });
    newIntegration(b, 'Two', {
      location: S3Location.allBuckets(),
      tenant: newTenant(b, 'Other', 'https://other.immutacloud.com'),
    });
    [a, b].forEach((stack) => Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue()));
    expect(synthError(a)).toBe('');
  });

  test.each([
    ['all buckets', 'one bucket', [{ location: S3Location.allBuckets() }, {}]],
    ['one bucket', 'all buckets', [{}, { location: S3Location.allBuckets() }]],
  ])('accepts %s in one Region and %s in another', (_, __, [one, other]) => {
    const stacks = stacksIn({ env: ENV }, elsewhere);
    newIntegration(stacks[0], 'One', one);
    newIntegration(stacks[1], 'Two', other);
    stacks.forEach((stack) => Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue()));
    expect(synthError(stacks[0])).toBe('');
  });

  test.each([
    ['a bucket in all buckets', (bucket: s3.IBucket) => [S3Location.allBuckets(), S3Location.bucket(bucket)]],
    ['all buckets around a bucket', (bucket: s3.IBucket) => [S3Location.bucket(bucket), S3Location.allBuckets()]],
    ['a prefix in a bucket', (bucket: s3.IBucket) => [S3Location.bucket(bucket), S3Location.prefix(bucket, 'a/')]],
    [
      'a prefix in a prefix',
      (bucket: s3.IBucket) => [S3Location.prefix(bucket, 'a/b/'), S3Location.prefix(bucket, 'a/')],
    ],
  ])('warns when a location contains another one: %s', (_, locations) => {
    const stack = newStack();
    const [one, other] = locations(new s3.Bucket(stack, 'Bucket'));
    newIntegration(stack, 'One', { location: one });
    newIntegration(stack, 'Two', { location: other });
    Annotations.fromStack(stack).hasWarning(
      '/Stack/Two',
      Match.stringLikeRegexp("overlaps with that of 'Stack/One'.*\\[OVERLAPPING_LOCATIONS\\].*overlapping-locations"),
    );
    expect(synthError(stack)).toBe('');
  });

  test.each([
    [
      'fails when two integrations have the same path',
      (bucket: s3.IBucket) => S3Location.prefix(bucket, 'a/'),
      'the location is already governed by',
    ],
    ['warns of overlapping locations', (bucket: s3.IBucket) => S3Location.bucket(bucket), ''],
  ])('%s when one stack names the bucket and another one imports it', (_, location, problem) => {
    const [one, other] = stacksIn({ env: ENV }, { env: ENV });
    const accessGrantsInstance = new AccessGrantsInstance(one, 'Instance');
    const tenant = newTenant(one);
    const named = new s3.Bucket(one, 'Bucket', { bucketName: 'acme-sales' });
    newIntegration(one, 'One', { tenant, accessGrantsInstance, location: S3Location.prefix(named, 'a/') });
    newIntegration(other, 'Two', { tenant, accessGrantsInstance, location: location(importedBucket(other)) });
    expect(synthError(other)).toEqual(problem === '' ? '' : expect.stringContaining(problem));
    expect(
      other.node
        .findAll()
        .some(({ node }) => node.metadata.some(({ data }) => String(data).includes('overlapping-locations'))),
    ).toBe(problem === '');
  });

  test('ignores an integration that was removed from the tree', () => {
    const stack = newStack();
    const location = S3Location.bucket(importedBucket(stack));
    newIntegration(stack, 'One', { location });
    newIntegration(stack, 'Two', { location, tenant: newTenant(stack) });
    expect(synthError(stack)).toContain('[LOCATION_DUPLICATE]');
    stack.node.tryRemoveChild('One');
    expect(synthError(stack)).toBe('');
  });

  test('omits a warning when it is acknowledged', () => {
    const stack = newStack();
    newIntegration(stack, 'One', { location: S3Location.allBuckets() });
    AnnotationsOf.of(newIntegration(stack, 'Two')).acknowledgeWarning(
      'cdk-immuta-s3-integration:overlapping-locations',
    );
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test.each([
    [
      'two buckets',
      (stack: Stack) => [
        S3Location.bucket(importedBucket(stack, 'acme-a')),
        S3Location.bucket(importedBucket(stack, 'acme-b')),
      ],
    ],
    [
      'two prefixes',
      (stack: Stack) => {
        const bucket = importedBucket(stack);
        return [S3Location.prefix(bucket, 'a/'), S3Location.prefix(bucket, 'b/')];
      },
    ],
  ])('accepts integrations of %s', (_, locations) => {
    const stack = newStack();
    const [one, other] = locations(stack);
    newIntegration(stack, 'One', { location: one });
    newIntegration(stack, 'Two', { location: other });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    expect(synthError(stack)).toBe('');
  });
});
