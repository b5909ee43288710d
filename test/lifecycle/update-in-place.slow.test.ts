import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  changes,
  expectNothingLeft,
  failure,
  lake,
  leftovers,
  LOCATION_PATH,
  locations,
  shortAnswers,
  STACK_NAME,
  useSandbox,
} from './fixture';
import { arnOf, createRoles, state } from './owners';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, LocationAccess, S3Location } from '../../src';
import { DEFAULT_API_KEY, S3Config } from '../sandbox/immuta';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();

type Props = (stack: Stack) => Partial<ImmutaS3IntegrationProps>;

const deploy = (props: Props = () => ({})) => sandbox.current.deploy(lake(sandbox.current, { props }));
const record = (id = '101') => sandbox.current.immuta.integrations.get(id)!;
const PUT = 'PUT /integrations/101';

/** Destroys the stack, which deletes everything it created. */

describe('authentication', () => {
  const existing = (stack: Stack) => iam.Role.fromRoleName(stack, 'Manager', 'immuta-manager');
  const assumeRole: Props = () => ({});
  const existingRole: Props = (stack) => ({ authentication: ImmutaAuthentication.existingRole(existing(stack)) });
  const ambient: Props = (stack) => ({ authentication: ImmutaAuthentication.ambient(existing(stack)) });
  const accessKey = (revision: string): Props => (stack) => ({
    authentication: ImmutaAuthentication.accessKeySecret({
      user: iam.User.fromUserName(stack, 'User', 'immuta-user'),
      secret: Secret.fromSecretNameV2(stack, 'Keys', 'immuta/access-key'),
    }),
    revision,
  });

  /** A new key of the user, in its secret. */
  function rotate(): string {
    const { aws } = sandbox.current;
    const key = aws.iam.createAccessKey('immuta-user');
    aws.secrets.putSecretValue('immuta/access-key', JSON.stringify(key));
    return key.accessKeyId;
  }

  beforeEach(() => {
    const { aws, immuta } = sandbox.current;
    immuta.identity.principal = arnOf('immuta-manager');
    createRoles(sandbox.current, 'elsewhere', 'immuta-manager');
    aws.iam.deleteRolePolicy('immuta-manager', 'everything');
    aws.iam.createUser({ userName: 'immuta-user' });
    aws.secrets.createSecret('immuta/access-key');
    rotate();
  });

  const KINDS: Record<string, { props: Props; config: Partial<S3Config> }> = {
    assumeRole: {
      props: assumeRole,
      config: { authenticationType: 'auto', awsRoleToAssume: expect.stringMatching(/role\/Lake-SalesLake.*ImmutaRo/) },
    },
    existingRole: {
      props: existingRole,
      config: { authenticationType: 'auto', awsRoleToAssume: arnOf('immuta-manager') },
    },
    ambient: { props: ambient, config: { authenticationType: 'auto', awsRoleToAssume: undefined } },
    accessKeySecret: {
      props: accessKey('1'),
      config: {
        authenticationType: 'accessKey',
        awsAccessKeyId: expect.stringMatching(/^AKIA/),
        awsRoleToAssume: undefined,
      },
    },
  };

  /** Every kind becomes every other once. */
  const WALK = [
    'assumeRole',
    'existingRole',
    'assumeRole',
    'ambient',
    'assumeRole',
    'accessKeySecret',
    'existingRole',
    'ambient',
    'existingRole',
    'accessKeySecret',
    'ambient',
    'accessKeySecret',
    'assumeRole',
  ];

  test('changes from each kind of authentication to each other in place', async () => {
    const before = leftovers(sandbox.current);
    await deploy(KINDS[WALK[0]].props);

    for (const [index, to] of WALK.slice(1).entries()) {
      const step = `${WALK[index]} becomes ${to}`;
      const result = await deploy(KINDS[to].props);

      expect([step, result.status, result.outputs.IntegrationId]).toEqual([step, 'UPDATE_COMPLETE', '101']);
      const { authenticationType, awsAccessKeyId, awsRoleToAssume } = record().config;
      expect({ step, authenticationType, awsAccessKeyId, awsRoleToAssume }).toEqual({
        step,
        awsAccessKeyId: undefined,
        ...KINDS[to].config,
      });
      expect(record().status).toBe('enabled');
      expect(changes(sandbox.current)).toEqual(['POST /integrations', ...Array(index + 1).fill(PUT)]);
    }

    const steps = new Set(WALK.slice(1).map((to, index) => `${WALK[index]} ${to}`));
    expect(steps.size).toBe(12);
    expect(new Set(shortAnswers(sandbox.current))).toEqual(new Set(['SUCCESS immuta-s3-integration/101']));
    await expectNothingLeft(sandbox.current, before);
  });

  test('sends a new access key to Immuta when the revision changes', async () => {
    await deploy(accessKey('1'));
    const old = record().config.awsAccessKeyId!;
    const accessKeyId = rotate();

    expect(await deploy(accessKey('1'))).toMatchObject({ events: [] });
    expect(record().config.awsAccessKeyId).toBe(old);
    expect(await deploy(accessKey('2'))).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(record()).toMatchObject({ status: 'enabled', config: { awsAccessKeyId: accessKeyId } });
    expect(changes(sandbox.current)).toEqual(['POST /integrations', PUT]);
    sandbox.current.aws.iam.deleteAccessKey(old);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  });

  test('keeps the old access key when a new one does not work, and continues with a working one', async () => {
    await deploy(accessKey('1'));
    const before = state(sandbox.current);
    sandbox.current.aws.iam.deleteAccessKey(rotate());

    const result = await deploy(accessKey('2'));

    expect(failure(result)).toMatch(/STS API' failed: .* its access key is active/);
    // No record shows whether Immuta has the old revision, so the rollback sends it too.
    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(state(sandbox.current)).toEqual(before);
    const accessKeyId = rotate();
    expect(await sandbox.current.continueUpdateRollback(STACK_NAME)).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
    });
    expect(record()).toMatchObject({ status: 'enabled', config: { awsAccessKeyId: accessKeyId } });
  });
});

describe('the tenant', () => {
  test('changes nothing when the URL is another address of the same tenant', async () => {
    await deploy();
    const before = state(sandbox.current);

    const url = sandbox.current.immuta.url.replace('127.0.0.1', 'localhost');
    expect(await sandbox.current.deploy(lake(sandbox.current, { url }))).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: '101' },
    });

    expect(sandbox.current.immuta.requests.at(-1)!.headers.host).toMatch(/^localhost/);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
    expect(state(sandbox.current)).toEqual(before);
    await expectNothingLeft(sandbox.current);
  });

  test('changes nothing when the API key moves to another secret, even while IAM propagates', async () => {
    await deploy();
    const before = state(sandbox.current);
    const apiKey = 'another-key-0f2d9b7c4e';
    sandbox.current.aws.secrets.createSecret('immuta/other-key', apiKey);
    sandbox.current.immuta.apiKeys.set(apiKey, ['APPLICATION_ADMIN']);
    sandbox.current.immuta.apiKeys.delete(DEFAULT_API_KEY);
    sandbox.current.aws.iam.propagationMs = 60_000;

    const result = await sandbox.current.deploy(lake(sandbox.current, { apiKeySecret: 'immuta/other-key' }));

    expect(result).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '101' } });
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
    expect(state(sandbox.current)).toEqual(before);
  });
});

describe('a change that only the roles show', () => {
  const bucket = (stack: Stack, name = SANDBOX_BUCKET) => Bucket.fromBucketName(stack, `Bucket${name}`, name);
  const key = (stack: Stack) => new Key(stack, 'Key', { removalPolicy: RemovalPolicy.DESTROY });

  test.each<[string, Props, Props]>([
    ['a bucket added to all buckets',
      (stack) => ({ location: S3Location.allBuckets({ buckets: [bucket(stack)] }) }),
      (stack) => ({ location: S3Location.allBuckets({ buckets: [bucket(stack), bucket(stack, 'hr-lake')] }) })],
    ['a KMS key', () => ({}), (stack) => ({ encryptionKeys: [key(stack)] })],
    ['read-only access', () => ({}), () => ({ access: LocationAccess.READ_ONLY })],
  ])('updates the policies without a call to Immuta for %s', async (_, before, after) => {
    await deploy(before);
    const immuta = state(sandbox.current);
    const calls = sandbox.current.immuta.requests.length;
    const roles = leftovers(sandbox.current).roles;

    const result = await deploy(after);

    expect(result).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '101' } });
    expect(
      result.events.filter(({ type, status }) => type === 'AWS::IAM::Role' && status === 'UPDATE_COMPLETE'),
    ).not.toEqual([]);
    expect(sandbox.current.immuta.requests).toHaveLength(calls);
    expect(state(sandbox.current)).toEqual(immuta);
    expect(leftovers(sandbox.current).roles).toEqual(roles);
    await expectNothingLeft(sandbox.current);
  });
});

describe('the location role', () => {
  const own: Props = (stack) => ({ locationRole: iam.Role.fromRoleName(stack, 'Location', 'location') });

  beforeEach(() => {
    createRoles(sandbox.current, 'location', 'elsewhere');
    sandbox.current.aws.iam.deleteRolePolicy('location', 'everything');
  });

  test('replaces the location role by an existing one before it deletes the generated one', async () => {
    const before = leftovers(sandbox.current);
    await deploy();
    sandbox.current.aws.iam.propagationMs = 60_000;

    expect(await deploy(own)).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '101' } });

    expect(record()).toMatchObject({ status: 'enabled', config: { awsLocationRole: arnOf('location') } });
    expect(locations(sandbox.current)).toMatchObject([{ scope: LOCATION_PATH, roleArn: arnOf('location') }]);
    expect(leftovers(sandbox.current).roles.filter((arn) => /Lake-SalesLake.*Locat/.test(arn))).toEqual([]);
    await expectNothingLeft(sandbox.current, before);
  });
});

describe('an integration that is not as the last deployment left it', () => {
  test('recreates an integration that was deleted in Immuta, and the stack owns it', async () => {
    await deploy();
    sandbox.current.immuta.integrations.delete('101');
    locations(sandbox.current).forEach(({ id }) =>
      sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, id),
    );

    expect(await deploy(() => ({ revision: '2' }))).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: '102' },
    });
    expect(record('102').status).toBe('enabled');
    expect(await deploy(() => ({ revision: '2', integrationName: 'sales' }))).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: '102' },
    });

    expect(record('102').config.name).toMatch(/^sales-/);
    expect(new Set(shortAnswers(sandbox.current))).toEqual(new Set(['SUCCESS immuta-s3-integration/101']));
    await expectNothingLeft(sandbox.current);
  });

  test('does not recreate a deleted integration when its location exists, and says how to remove it', async () => {
    await deploy();
    sandbox.current.immuta.integrations.delete('101');
    const [{ id }] = locations(sandbox.current);

    const result = await deploy(() => ({ revision: '2' }));

    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(failure(result)).toContain(`--access-grants-location-id ${id}`);
    sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, id);
    expect(await sandbox.current.continueUpdateRollback(STACK_NAME)).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
      outputs: { IntegrationId: '101' },
    });
    expect(record('102').status).toBe('enabled');
    await expectNothingLeft(sandbox.current);
  });
});

test('fails and restores the integration when Immuta ignores an update', async () => {
  sandbox.current.immuta.switches.ignoredByEdit = ['name'];
  await deploy();
  const before = state(sandbox.current);

  const result = await deploy(() => ({ integrationName: 'sales' }));

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toContain(
    'Immuta accepted the update of integration 101 but did not apply it: ' +
      "the integration does not show what was sent as 'name'",
  );
  expect(state(sandbox.current)).toEqual(before);
  expect(changes(sandbox.current).filter((change) => change === PUT).length).toBeLessThanOrEqual(2);
  expect(shortAnswers(sandbox.current).slice(1)).toEqual([
    'FAILED immuta-s3-integration/101',
    'SUCCESS immuta-s3-integration/101',
  ]);
});
