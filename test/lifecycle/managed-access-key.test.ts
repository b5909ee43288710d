import { changes, failure, shortAnswers, useSandbox } from './fixture';
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
import { withOtherResource } from './owners';
import { AwsError } from '../sandbox/aws';

const sandbox = useSandbox();
let expectKeysWereGood: () => void;

beforeEach(() => { expectKeysWereGood = watchKeys(sandbox.current); });
afterEach(() => expectKeysWereGood());

const deploy = (options?: KeyLakeOptions) => deployKeys(sandbox.current, options);
const createUser = (userName = 'immuta') => sandbox.current.aws.iam.createUser({ userName });
const created = () => sandbox.current.aws.requests.filter(({ operation }) => operation === 'CreateAccessKey').length;

test('creates a key for its user, stores it in its secret, and deletes both with the integration', async () => {
  expect(await deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });

  expectInOrder(sandbox.current);
  expect(keysIn(sandbox.current)).toHaveLength(1);

  await expectNothingLeft(sandbox.current);
});

test('leaves nothing on an existing user', async () => {
  createUser();
  expect(await deploy({ userName: 'immuta' })).toMatchObject({ status: 'CREATE_COMPLETE' });
  expectInOrder(sandbox.current);

  await expectNothingLeft(sandbox.current);

  expect(sandbox.current.aws.iam.accessKeys('immuta')).toEqual([]);
  expect([...sandbox.current.aws.iam.userTags('immuta')]).toEqual([]);
});

test.each([
  ['a revision', { revision: '2' }],
  ['a name', { integrationName: 'marketing' }],
])('resends the current key when %s changes, and creates none', async (_, props) => {
  await deploy();
  const before = heldKey(sandbox.current);

  expect(await deploy({ props })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
  expect(heldKey(sandbox.current)).toBe(before);
  expect(created()).toBe(1);
  expectInOrder(sandbox.current);
  await expectNothingLeft(sandbox.current);
});

test('sends nothing when nothing changes that Immuta has', async () => {
  await deploy();
  const before = heldKey(sandbox.current);

  expect(await deploy({ rotation: 'none' })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(keysIn(sandbox.current)).toEqual([before]);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
});

test('retries with the same key until IAM has propagated it', async () => {
  sandbox.current.aws.iam.keyPropagationMs = 40_000;

  expect(await deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(created()).toBe(1);
  await expectNothingLeft(sandbox.current);
});

test('retries with the same key when missing propagation shows only at the end of a transition', async () => {
  sandbox.current.immuta.faults.validation({ test: 4, on: 'create', asynchronously: true });
  sandbox.current.immuta.faults.validation({ test: 4, on: 'edit', asynchronously: true });

  expect(await deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(await deploy({ props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(created()).toBe(1);
  await expectNothingLeft(sandbox.current);
});

test('names a key of another owner before anything is created and keeps it', async () => {
  createUser();
  const { accessKeyId } = sandbox.current.aws.iam.createAccessKey('immuta');

  const result = await deploy({ userName: 'immuta' });

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain(
    `user 'immuta' has access keys that this integration did not create (${accessKeyId})`,
  );
  expect(failure(result)).toContain('[ACCESS_KEYS_OF_OTHERS]');
  expect(shortAnswers(sandbox.current)).toEqual([
    'FAILED immuta-s3-integration/none',
    'SUCCESS immuta-s3-integration/none',
  ]);
  expect(created()).toBe(0);
  expect(keysIn(sandbox.current)).toEqual([accessKeyId]);
});

test('deletes the key when Immuta rejects the creation', async () => {
  sandbox.current.immuta.faults.http({
    method: 'POST',
    behaviour: 'answer',
    answer: { status: 400, body: { message: 'S3 is not enabled.' } },
  });

  const result = await deploy();

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('S3 is not enabled');
  expect(shortAnswers(sandbox.current)).toEqual([
    'FAILED immuta-s3-integration/none',
    'SUCCESS immuta-s3-integration/none',
  ]);
  expect(created()).toBe(1);
  expect(keysIn(sandbox.current)).toEqual([]);
  await expectNothingLeft(sandbox.current);
});

test('keeps the key until the rollback has deleted the integration when creation ends in createError', async () => {
  sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true });

  expect(await deploy()).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

  await expectNothingLeft(sandbox.current);
});

test('deletes the key that it cannot store, and fails', async () => {
  const { aws } = sandbox.current;
  aws.route('secretsmanager', async (request, next) => {
    if (request.operation === 'PutSecretValue') throw new AwsError(400, 'AccessDeniedException', 'not today');
    return next(request);
  });

  const result = await deploy();

  expect(failure(result)).toMatch(
    /AWS Secrets Manager denied \w+ of '.*': AccessDeniedException: not today.*\[AWS_ACCESS_DENIED\]/,
  );
  expect(created()).toBe(1);
  expect(result.status).toBe('ROLLBACK_COMPLETE');
  await expectNothingLeft(sandbox.current);
});

describe('an update that fails', () => {
  test.each([
    ['is rejected', () => sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: 1 })],
    [
      'ends in editError',
      () => sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', asynchronously: true }),
    ],
  ])('keeps the key that Immuta has when an update %s', async (_, fail) => {
    await deploy();
    const before = heldKey(sandbox.current);
    fail();

    const result = await deploy({ props: { integrationName: 'taken' } });

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(heldKey(sandbox.current)).toBe(before);
    expect(keysIn(sandbox.current)).toEqual([before]);
    await expectNothingLeft(sandbox.current);
  });

  test('rolls back with the key in the secret when another resource fails', async () => {
    await deploy({ props: { integrationName: 'sales' } });
    const before = heldKey(sandbox.current);
    sandbox.current.cloudFormation.faults.push({
      logicalId: /^OtherResource/,
      action: 'create',
      afterSeconds: 120,
      reason: 'no bucket today',
    });

    const result = await deploy({ props: { integrationName: 'marketing' }, and: withOtherResource });

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(recordOf(sandbox.current)).toMatchObject({
      config: { name: expect.stringMatching(/^sales-/), awsAccessKeyId: before },
    });
    expect(created()).toBe(1);
    expectInOrder(sandbox.current);
    sandbox.current.cloudFormation.faults.length = 0;
    await expectNothingLeft(sandbox.current);
  });
});

test('replaces a key that someone deleted with the next update that sends it', async () => {
  expectKeysWereGood = () => {}; // they were not
  await deploy();
  keysIn(sandbox.current).forEach((id) => sandbox.current.aws.iam.deleteAccessKey(id));

  expect(await deploy({ props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expectInOrder(sandbox.current);
  await expectNothingLeft(sandbox.current);
});

test('fails an update with the field when Immuta ignores a new key', async () => {
  createUser();
  createUser('other');
  await deploy({ userName: 'immuta' });
  const before = heldKey(sandbox.current);
  sandbox.current.immuta.switches.ignoredByEdit = ['awsAccessKeyId', 'awsSecretAccessKey'];

  const result = await deploy({ userName: 'other' });

  expect(failure(result)).toContain('awsAccessKeyId');
  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(heldKey(sandbox.current)).toBe(before);
  await expectNothingLeft(sandbox.current);
});

test('gives the secret the removal policy of the integration', async () => {
  await deploy();
  const { DeletionPolicy } = Object.values(sandbox.current.cloudFormation.stack('Lake').template.Resources)
    .find(({ Type }) => Type === 'AWS::SecretsManager::Secret')!;
  expect(DeletionPolicy).toBe('Delete');
  expect(secretState(sandbox.current)).toMatchObject({ 'integration-id': '101' });
  expect(secretOf(sandbox.current).rotation).toMatchObject({ scheduleExpression: 'rate(90 days)' });
});
