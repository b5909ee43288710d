import { Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { changes, deployTenant, STACK_NAME, useSandbox } from './fixture';
import {
  deployKeys,
  expectInOrder,
  expectNothingLeft,
  heldKey,
  KeyLakeOptions,
  keysIn,
  recordOf,
  secretOf,
  secretState,
  watchKeys,
} from './keys';
import { AwsError } from '../sandbox/aws';

const sandbox = useSandbox();
let expectKeysWereGood: () => void;

beforeEach(() => {
  expectKeysWereGood = watchKeys(sandbox.current);
  sandbox.current.aws.iam.createUser({ userName: 'immuta' });
});
afterEach(() => expectKeysWereGood());

const deploy = (options: KeyLakeOptions = {}) => deployKeys(sandbox.current, { userName: 'immuta', ...options });
const created = () => sandbox.current.aws.requests.filter(({ operation }) => operation === 'CreateAccessKey').length;
const outcomes = () => sandbox.current.secretRotation.outcomes.map(({ event }) => event);
const POST = 'POST /integrations';

/** The metric, as CloudWatch reads it from the log. */
function metrics(): number[] {
  const { arn } = secretOf(sandbox.current);
  return sandbox.current.lambda.invocations
    .flatMap(({ output }) => output.split('\n'))
    .filter((line) => line.includes('"_aws"'))
    .map((line) => {
      const {
        _aws: {
          Timestamp,
          CloudWatchMetrics: [directive],
        },
        KeyRotationFailed: failed,
        ...dimensions
      } = JSON.parse(line);
      expect(Timestamp).toEqual(expect.any(Number));
      expect(directive).toEqual({
        Namespace: 'ImmutaS3Integration',
        Dimensions: [['SecretArn']],
        Metrics: [{ Name: 'KeyRotationFailed', Unit: 'Count' }],
      });
      expect(dimensions).toMatchObject({ SecretArn: arn });
      return failed;
    });
}

const lastFailure = () => sandbox.current.lambda.invocations.filter(({ error }) => error).at(-1)?.error;

test('rotates the key in Immuta, changes nothing else, and counts as a success', async () => {
  await deploy({ props: { integrationName: 'sales' } });
  const before = structuredClone(recordOf(sandbox.current));

  await sandbox.current.rotate();

  expect(outcomes()).toEqual(['RotationSucceeded']);
  expect(heldKey(sandbox.current)).not.toBe(before.config.awsAccessKeyId);
  const { awsAccessKeyId: _id, awsSecretAccessKey: _secret, ...config } = recordOf(sandbox.current).config;
  expect(before.config).toMatchObject(config);
  expectInOrder(sandbox.current);
  expect(metrics()).toEqual([0, 0]); // of the deployment, of the rotation
  await expectNothingLeft(sandbox.current);
});

test('deletes the old key one request time-out after the new one took its place', async () => {
  await deploy();
  await sandbox.current.rotate();

  const { requests } = sandbox.current.aws;
  const moved = requests.find(
    ({ operation, input }) => operation === 'UpdateSecretVersionStage' && input.VersionStage === 'AWSCURRENT',
  )!;
  const deleted = requests.find(({ operation }) => operation === 'DeleteAccessKey')!;
  expect(deleted.time - moved.time).toBeGreaterThanOrEqual(30_000);
  expect(
    sandbox.current.immuta.requests.filter(
      ({ method, time }) => method === 'GET' && time > moved.time && time <= deleted.time,
    ),
  ).not.toEqual([]);
});

test('does not rotate on deployment, when the schedule is created or changes', async () => {
  await deploy();
  expect(await deploy({ rotation: Schedule.rate(Duration.days(30)) })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(created()).toBe(1);
  expect(changes(sandbox.current)).toEqual([POST]);
  expect(secretOf(sandbox.current).rotation!.scheduleExpression).toBe('rate(30 days)');
  expectInOrder(sandbox.current); // the test of the schedule has left nothing
});

test('rotates with rotate-secret without a schedule', async () => {
  await deploy({ rotation: 'none' });
  const before = heldKey(sandbox.current);
  const [lambdaArn] = [...sandbox.current.secretRotation.permissions].map(({ functionArn }) => functionArn);

  sandbox.current.secretRotation.configure(secretOf(sandbox.current).arn, lambdaArn);
  sandbox.current.secretRotation.rotate(secretOf(sandbox.current).arn);
  await sandbox.current.scheduler.idle();

  expect(outcomes()).toEqual(['RotationSucceeded']);
  expect(heldKey(sandbox.current)).not.toBe(before);
  expectInOrder(sandbox.current);
  await expectNothingLeft(sandbox.current);
});

test.each([[true], [false]])('rotates when Immuta masks keys (%s)', async (masksKeys) => {
  sandbox.current.immuta.switches.masksKeys = masksKeys;
  await deploy();
  for (const _ of [1, 2, 3]) {
    await sandbox.current.rotate();
    expectInOrder(sandbox.current);
  }
  expect(outcomes()).toEqual(Array(3).fill('RotationSucceeded'));
  expect(created()).toBe(4);
  await expectNothingLeft(sandbox.current);
});

test('removes AWSPENDING, whether or not Secrets Manager does so itself', async () => {
  sandbox.current.aws.secrets.removesPending = true;
  await deploy();
  await sandbox.current.rotate();
  expectInOrder(sandbox.current);
  await expectNothingLeft(sandbox.current);
});

test('uses one key for two rotations at once', async () => {
  await deploy();
  sandbox.current.secretRotation.fire();

  await sandbox.current.rotate();

  expect(outcomes()).toEqual(['RotationSucceeded']);
  expect(created()).toBe(2);
  expectInOrder(sandbox.current);
});

test('uses one key when each step is delivered twice', async () => {
  await deploy();
  sandbox.current.lambda.deliveries = [0, 0];

  await sandbox.current.rotate();
  sandbox.current.lambda.deliveries = [0];

  expectInOrder(sandbox.current);
  await expectNothingLeft(sandbox.current);
});

describe('a step that fails', () => {
  test('keeps the old key when Immuta rejects a rotated one, and succeeds with that when retried', async () => {
    await deploy();
    const before = heldKey(sandbox.current);
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit' });
    let whileFailed: (string | undefined)[] = [];
    sandbox.current.clock.at(sandbox.current.clock.now() + 80_000, () => {
      whileFailed = [heldKey(sandbox.current)];
    });

    await sandbox.current.rotate();

    expect(whileFailed).toEqual([before]);
    expect(lastFailure()).toContain('Scripted failure of test 2');
    expect(metrics()).toEqual([0, 1, 0]);
    expect(outcomes()).toEqual(['RotationSucceeded']);
    expect(created()).toBe(2);
    expectInOrder(sandbox.current);
  });

  test('retries a rotation with the same key when the change ends in editError', async () => {
    await deploy();
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', asynchronously: true });

    await sandbox.current.rotate();

    expect(lastFailure()).toMatch(/is 'editError'.*\[ROTATION_INTEGRATION_NOT_READY\]/s);
    expect(outcomes()).toEqual(['RotationSucceeded']);
    expect(created()).toBe(2);
    expectInOrder(sandbox.current);
  });

  test('keeps the old key when a rotation fails permanently, and a deployment sends the pending one', async () => {
    await deploy();
    const before = heldKey(sandbox.current);
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: 4 });

    await sandbox.current.rotate();

    expect(outcomes()).toEqual(['RotationFailed']);
    expect(heldKey(sandbox.current)).toBe(before);
    expect(keysIn(sandbox.current)).toHaveLength(2);
    expect(metrics()).toEqual([0, 1, 1, 1, 1]);

    expect(await deploy({ props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(heldKey(sandbox.current)).not.toBe(before);
    expect(metrics().at(-1)).toBe(0);
    expect(created()).toBe(2);
    expectInOrder(sandbox.current);
    await expectNothingLeft(sandbox.current);
  });

  test('completes a failed rotation by the next one with the same key', async () => {
    await deploy();
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: 4 });
    await sandbox.current.rotate();

    await sandbox.current.rotate();

    expect(outcomes()).toEqual(['RotationFailed', 'RotationSucceeded']);
    expect(created()).toBe(2);
    expectInOrder(sandbox.current);
  });

  test('names the field and keeps the old key when Immuta ignores a rotated one', async () => {
    await deploy();
    const before = heldKey(sandbox.current);
    sandbox.current.immuta.switches.ignoredByEdit = ['awsAccessKeyId', 'awsSecretAccessKey'];

    await sandbox.current.rotate();

    expect(heldKey(sandbox.current)).toBe(before);
    expect(lastFailure()).toMatch(/'awsAccessKeyId'.*\[ACCESS_KEY_IGNORED\]/);
    expect(outcomes()).toEqual(['RotationFailed']);
    await expectNothingLeft(sandbox.current);
  });

  test('continues a rotation with the same key when Immuta takes longer than an invocation', async () => {
    await deploy();
    sandbox.current.immuta.switches.durations.editing = 1_500_000;

    await sandbox.current.rotate();

    expect(outcomes()).toEqual(['RotationSucceeded']);
    expect(created()).toBe(2);
    expectInOrder(sandbox.current);
  });
});

test('rotates with the configuration that Immuta has now and reverts nothing', async () => {
  await deploy();
  recordOf(sandbox.current).config = { ...recordOf(sandbox.current).config, name: 'renamed by hand' };

  await sandbox.current.rotate();

  expect(outcomes()).toEqual(['RotationSucceeded']);
  expect(recordOf(sandbox.current).config.name).toBe('renamed by hand');
});

test('keeps an integration that got another key in Immuta', async () => {
  expectKeysWereGood = () => {}; // the key by hand is of no user
  await deploy();
  const config = {
    ...recordOf(sandbox.current).config,
    awsAccessKeyId: 'AKIA0123456789ABCDEF',
    awsSecretAccessKey: 'by-hand',
  };
  recordOf(sandbox.current).config = config;

  await sandbox.current.rotate();

  expect(recordOf(sandbox.current).config).toEqual(config);
  expect(lastFailure()).toContain('has an access key that this stack did not create');
});

test('changes nothing when the integration has a role now', async () => {
  expectKeysWereGood = () => {};
  await deploy();
  recordOf(sandbox.current).config = {
    ...recordOf(sandbox.current).config,
    authenticationType: 'auto',
    awsAccessKeyId: undefined,
  };

  await sandbox.current.rotate();

  expect(changes(sandbox.current)).toEqual([POST]);
  expect(lastFailure()).toContain('with authenticationType \'auto\'');
});

test('names a key of another owner before a rotation creates anything', async () => {
  await deploy();
  const { accessKeyId } = sandbox.current.aws.iam.createAccessKey('immuta');

  await sandbox.current.rotate();

  expect(lastFailure()).toContain(
    `user 'immuta' has access keys that this integration did not create (${accessKeyId})`,
  );
  expect(created()).toBe(1);
  expect(keysIn(sandbox.current)).toContain(accessKeyId);
  sandbox.current.aws.iam.deleteAccessKey(accessKeyId);
});

test('replaces a pending key that someone deleted', async () => {
  await deploy();
  sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: 4 });
  await sandbox.current.rotate();
  sandbox.current.aws.iam.deleteAccessKey(keysIn(sandbox.current)[1]);

  await sandbox.current.rotate();
  expect(sandbox.current.lambda.invocations.map(({ error }) => error).join()).toContain('[ROTATION_KEY_DELETED]');
  await sandbox.current.rotate();

  expect(outcomes().at(-1)).toBe('RotationSucceeded');
  expectInOrder(sandbox.current);
});

test('waits for an update, which sends the pending key itself', async () => {
  await deploy();
  sandbox.current.immuta.switches.durations.editing = 120_000;
  const { clock, secretRotation } = sandbox.current;
  clock.at(clock.now() + 30_000, () => secretRotation.fire());

  expect(await deploy({ props: { integrationName: 'marketing' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(recordOf(sandbox.current)).toMatchObject({
    status: 'enabled',
    config: { name: expect.stringMatching(/^marketing-/) },
  });
  expect(outcomes()).toEqual(['RotationSucceeded']);
  expectInOrder(sandbox.current);
  await expectNothingLeft(sandbox.current);
});

test('leaves no key when the integration is being deleted', async () => {
  const tenant = await deployTenant(sandbox.current);
  await deploy({ tenant });
  const { clock, secretRotation } = sandbox.current;
  secretRotation.fire();
  clock.advance(1_000);

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(keysIn(sandbox.current)).toEqual([]);
  expect(sandbox.current.aws.secrets.all.map(({ name }) => name)).toEqual(['immuta/api-key']);
});

test('lets only the function of the tenant rotate', async () => {
  await deploy();
  const { aws } = sandbox.current;
  const others = aws.iam.roleArns.filter((arn) => !arn.includes('HandlerRole'));
  for (const principal of others) {
    expect(await aws.iam.authorize(principal, 'secretsmanager:GetSecretValue', secretOf(sandbox.current).arn)).toBe(
      false,
    );
  }
  expect(others.length).toBeGreaterThan(0);
});

test('creates the schedule after the integration and deletes it before', async () => {
  await deploy();
  const { events } = sandbox.current.cloudFormation.stack(STACK_NAME);
  const order = events
    .filter(({ status, type }) => status === 'CREATE_COMPLETE' && /Custom::|RotationSchedule/.test(type))
    .map(({ type }) => type);
  expect(order).toEqual(['Custom::ImmutaS3Integration', 'AWS::SecretsManager::RotationSchedule']);
});

test('fails without changes while Secrets Manager denies access', async () => {
  await deploy();
  const before = secretState(sandbox.current);
  let denied = true;
  sandbox.current.aws.route('secretsmanager', async (request, next) => {
    if (denied && request.operation === 'PutSecretValue') throw new AwsError(400, 'AccessDeniedException', 'not today');
    return next(request);
  });

  await sandbox.current.rotate();

  expect(outcomes()).toEqual(['RotationFailed']);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  denied = false;
  await sandbox.current.rotate();
  expectInOrder(sandbox.current);
  expect(Object.keys(before)).toContain('integration-id');
});
