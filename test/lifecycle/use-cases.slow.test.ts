import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  failure,
  lake,
  leftovers,
  LOCATION_PATH,
  locations,
  NOTHING,
  STACK_NAME,
  tenantOf,
  useSandbox,
} from './fixture';
import {
  AccessGrantsInstance,
  ImmutaAuthentication,
  ImmutaS3Integration,
  ImmutaS3IntegrationProps,
  LocationAccess,
  S3Location,
} from '../../src';
import { SANDBOX_BUCKET, SANDBOX_ENV, Sandbox } from '../sandbox/sandbox';

const sandbox = useSandbox();

interface UseCase {
  readonly name: string;
  /** What is there before. */
  readonly given?: (sandbox: Sandbox) => void;
  readonly props: (stack: Stack, sandbox: Sandbox) => Partial<ImmutaS3IntegrationProps>;
  /** What Immuta's record has beyond the rest. */
  readonly config: Record<string, unknown>;
}

const MANAGER_ARN = `arn:aws:iam::${SANDBOX_ENV.account}:role/immuta-manager`;

/** A role outside the stack, which Immuta may assume. */
function manager({ aws, immuta }: Sandbox): void {
  aws.iam.createRole({
    roleName: 'immuta-manager',
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: immuta.identity.principal }, Action: 'sts:AssumeRole' }],
    },
  });
}

const sales = (stack: Stack) => Bucket.fromBucketName(stack, 'SalesAgain', SANDBOX_BUCKET);

const USE_CASES: UseCase[] = [
  {
    name: 'all buckets of the account',
    props: () => ({ location: S3Location.allBuckets() }),
    config: { awsLocationPath: 's3://' },
  },
  {
    name: 'a prefix',
    props: (stack) => ({ location: S3Location.prefix(sales(stack), 'curated/') }),
    config: { awsLocationPath: `s3://${SANDBOX_BUCKET}/curated/` },
  },
  {
    name: 'read-only access',
    props: () => ({ access: LocationAccess.READ_ONLY }),
    config: { awsLocationPath: LOCATION_PATH },
  },
  {
    name: 'encrypted objects',
    props: (stack) => ({ encryptionKeys: [new Key(stack, 'Key', { removalPolicy: RemovalPolicy.DESTROY })] }),
    config: { awsLocationPath: LOCATION_PATH },
  },
  {
    name: 'an external id',
    given: ({ immuta }) => {
      immuta.identity.externalId = 'acme-17';
    },
    props: (_stack, { immuta }) => ({
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(immuta.identity.principal),
        externalId: 'acme-17',
      }),
    }),
    config: { authenticationType: 'auto' },
  },
  {
    name: 'a role that Immuta assumes already',
    given: manager,
    props: (stack) => ({
      authentication: ImmutaAuthentication.existingRole(Role.fromRoleName(stack, 'Manager', 'immuta-manager')),
    }),
    config: { awsRoleToAssume: MANAGER_ARN },
  },
  {
    name: 'the role that a self-managed Immuta runs as',
    given: (current) => {
      manager(current);
      current.immuta.identity.principal = MANAGER_ARN;
    },
    props: (stack) => ({
      authentication: ImmutaAuthentication.ambient(Role.fromRoleName(stack, 'Manager', 'immuta-manager')),
    }),
    config: { authenticationType: 'auto' },
  },
  {
    name: 'an instance that exists',
    given: ({ aws }) => {
      aws.accessGrants.createInstance(SANDBOX_ENV.account, SANDBOX_ENV.region);
    },
    props: (stack) => ({ accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance') }),
    config: { awsLocationPath: LOCATION_PATH },
  },
  {
    name: 'a name',
    props: () => ({ integrationName: 'sales' }),
    config: { name: expect.stringMatching(/^sales-[0-9a-f]{12}-[0-9a-f]{12}$/) },
  },
];

test.each(USE_CASES)(
  'deploys and destroys $name, and restores what was before',
  async ({ given, props, config }) => {
    given?.(sandbox.current);
    const before = leftovers(sandbox.current);

    expect(
      await sandbox.current.deploy(lake(sandbox.current, { props: (stack) => props(stack, sandbox.current) })),
    ).toMatchObject({ status: 'CREATE_COMPLETE' });

    const [record] = sandbox.current.immuta.integrations.values();
    expect(record).toMatchObject({ status: 'enabled', config });
    expect(locations(sandbox.current)).toMatchObject([
      { scope: record.config.awsLocationPath, roleArn: record.config.awsLocationRole },
    ]);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(before);
    expect(sandbox.current.aws.iam.policiesOf(MANAGER_ARN)).toEqual([]);
  },
);

test('fails with a hint when Immuta does not send the external ID', async () => {
  const authentication = ImmutaAuthentication.assumeRole({
    principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
    externalId: 'acme-17',
  });

  const result = await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ authentication }) }));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/STS API' failed: .* and the external ID that Immuta sends/);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('deploys and destroys two integrations of one tenant', async () => {
  sandbox.current.aws.buckets.createBucket('hr-lake');
  const andHr = (stack: Stack) =>
    void new ImmutaS3Integration(stack, 'HrLake', {
      tenant: tenantOf(stack),
      location: S3Location.bucket(Bucket.fromBucketName(stack, 'Hr', 'hr-lake')),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
      }),
    });

  expect(await sandbox.current.deploy(lake(sandbox.current, { and: andHr }))).toMatchObject({
    status: 'CREATE_COMPLETE',
  });

  expect(locations(sandbox.current).map(({ scope }) => scope).sort()).toEqual(['s3://hr-lake/', LOCATION_PATH]);
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe('RETAIN', () => {
  const retained = () => lake(sandbox.current, { props: () => ({ removalPolicy: RemovalPolicy.RETAIN }) });

  test('keeps the record, its location, its roles and the instance with RETAIN', async () => {
    const { outputs } = await sandbox.current.deploy(retained());
    const before = locations(sandbox.current);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    const record = sandbox.current.immuta.integrations.get(outputs.IntegrationId)!;
    expect(record).toMatchObject({ status: 'enabled' });
    expect(locations(sandbox.current)).toEqual(before);
    expect(leftovers(sandbox.current).roles.sort()).toEqual(
      [record.config.awsLocationRole, record.config.awsRoleToAssume].sort(),
    );
    expect(leftovers(sandbox.current).functions).toEqual([]);
  });

  test('leaves nothing with RETAIN when the first deployment fails', async () => {
    sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true });

    expect(await sandbox.current.deploy(retained())).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});
