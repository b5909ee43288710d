import { App, CfnParameter, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  answers,
  changes,
  failure,
  INTEGRATION_TYPE,
  lake,
  leftovers,
  shortAnswers,
  STACK_NAME,
  tenantIn,
  useSandbox,
} from './fixture';
import {
  deployKeys,
  expectInOrder,
  expectNothingLeft,
  heldKey,
  KeyLakeOptions,
  keysIn,
  recordOf,
  secretOf,
  watchKeys,
} from './keys';
import { clearFaults, byHand, EVERYTHING, failOtherResource, prepareAccount, withOtherResource } from './owners';
import { AccessGrantsInstance, ImmutaAuthentication, S3Location } from '../../src';
import { AwsError } from '../sandbox/aws';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
let expectKeysWereGood: () => void;

beforeEach(() => {
  sandbox.current.aws.iam.createUser({ userName: 'immuta' });
  sandbox.current.aws.iam.createUser({ userName: 'other' });
  expectKeysWereGood = watchKeys(sandbox.current);
});
afterEach(() => expectKeysWereGood());

const deploy = (options: KeyLakeOptions = {}) => deployKeys(sandbox.current, options);
const deployRole = () => sandbox.current.deploy(lake(sandbox.current));
const failNextOtherResource = () => void sandbox.current.cloudFormation.faults.push(
  { logicalId: /^OtherResource/, action: 'create', afterSeconds: 240, reason: 'no bucket today' });
const usersOf = (key: string) =>
  ['immuta', 'other'].filter((user) =>
    sandbox.current.aws.iam.accessKeys(user).some(({ accessKeyId }) => accessKeyId === key),
  );
const POST = 'POST /integrations';
const PUT = 'PUT /integrations/101';

describe('another authentication', () => {
  test('deletes the keys, the generated user and the secret when a managed key becomes a role', async () => {
    await deploy();

    expect(await deployRole()).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { authenticationType: 'auto' } });
    expect(keysIn(sandbox.current)).toEqual([]);
    const types = [...sandbox.current.cloudFormation.stack(STACK_NAME).resources.values()].map(({ type }) => type);
    expect(types).not.toContain('AWS::IAM::User');
    expect(types).not.toContain('AWS::SecretsManager::Secret');
    await expectNothingLeft(sandbox.current);
  });

  test('updates a role to a managed key', async () => {
    await deployRole();

    expect(await deploy()).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expectInOrder(sandbox.current);
    await expectNothingLeft(sandbox.current);
  });

  test('leaves no key when Immuta refuses the update to a managed key and its rollback', async () => {
    await deployRole();
    const answer = { status: 400, body: { message: 'Bad Request' } };
    sandbox.current.immuta.faults.http({ method: 'PUT', behaviour: 'answer', answer, times: Infinity });

    expect(await deploy()).toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED' });

    expect(keysIn(sandbox.current)).toEqual([]);
    await expectNothingLeft(sandbox.current);
  });

  test('updates a managed key to the key of a secret, and back', async () => {
    const { aws } = sandbox.current;
    const key = aws.iam.createAccessKey('other');
    aws.secrets.createSecret('immuta/access-key', JSON.stringify(key));
    const withSecret = () =>
      sandbox.current.deploy(
        lake(sandbox.current, {
          props: (stack) => ({
            authentication: ImmutaAuthentication.accessKeySecret({
              user: iam.User.fromUserName(stack, 'User', 'other'),
              secret: Secret.fromSecretNameV2(stack, 'Keys', 'immuta/access-key'),
            }),
          }),
        }),
      );
    await deploy();

    expect(await withSecret()).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([key.accessKeyId]);
    expect(heldKey(sandbox.current)).toBe(key.accessKeyId);

    expect(await deploy()).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expectInOrder(sandbox.current);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([key.accessKeyId]);
  });

  test.each([
    ['another user that is given', 'immuta', 'other'],
    ['a user of our own', 'immuta', undefined],
    ['a user that is given', undefined, 'immuta'],
  ])('deletes the keys of the old authentication when %s', async (_, from, to) => {
    await deploy({ userName: from });

    expect(await deploy({ userName: to })).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expectInOrder(sandbox.current);
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    expect(changes(sandbox.current)).toEqual([POST, PUT]);
    await expectNothingLeft(sandbox.current);
  });

  test('keeps the managed key, which the rollback resends, when Immuta rejects another authentication', async () => {
    await deploy();
    const before = heldKey(sandbox.current);
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit' });

    expect(await deployRole()).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(heldKey(sandbox.current)).toBe(before);
    expectInOrder(sandbox.current);
    await expectNothingLeft(sandbox.current);
  });

  test.each([
    [
      'a managed key',
      'a role',
      () => deploy(),
      () => sandbox.current.deploy(lake(sandbox.current, { and: withOtherResource })),
    ],
    ['a role', 'a managed key', deployRole, () => deploy({ and: withOtherResource })],
    [
      'one user',
      'another',
      () => deploy({ userName: 'immuta' }),
      () => deploy({ userName: 'other', and: withOtherResource }),
    ],
  ] as const)('rolls back from %s to %s when another resource fails', async (_from, _to, first, second) => {
    await first();
    const { authenticationType } = recordOf(sandbox.current).config;
    failNextOtherResource();

    expect(await second()).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { authenticationType } });
    expect(keysIn(sandbox.current)).toEqual(authenticationType === 'auto' ? [] : [heldKey(sandbox.current)]);
    if (authenticationType !== 'auto') expectInOrder(sandbox.current);
    clearFaults(sandbox.current);
    await expectNothingLeft(sandbox.current);
  });

  test('changes nothing when the user of a managed key has a key of another owner', async () => {
    await deploy({ userName: 'immuta' });
    const before = heldKey(sandbox.current);
    const { accessKeyId } = sandbox.current.aws.iam.createAccessKey('other');

    const result = await deploy({ userName: 'other' });

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toContain(
      `user 'other' has access keys that this integration did not create (${accessKeyId})`,
    );
    expect(heldKey(sandbox.current)).toBe(before);
    expect(keysIn(sandbox.current)).toEqual([before, accessKeyId]);
  });

  test.each([
    ['ARN', () => sandbox.current.apiKeySecret.arn],
    ['name', () => sandbox.current.apiKeySecret.arn.slice(0, -7)],
  ])('fails in the handler when the secret holds the API key and synth cannot know it (%s)', async (_, arn) => {
    const result = await sandbox.current.deploy(
      lake(sandbox.current, {
        props: (stack) => ({
          authentication: ImmutaAuthentication.accessKeySecret({
            user: iam.User.fromUserName(stack, 'User', 'other'),
            secret: Secret.fromSecretPartialArn(
              stack,
              'Keys',
              new CfnParameter(stack, 'Arn', { default: arn() }).valueAsString,
            ),
          }),
        }),
      }),
    );

    expect(failure(result)).toContain(`must not be the secret of the API key, got ${arn()}. Store`);
    expect(failure(result)).toContain('[ACCESS_KEY_SECRET_IS_API_KEY]');
    expect(sandbox.current.immuta.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });
});

test('updates without a new key when the user has a second key that was created by hand', async () => {
  await deploy({ userName: 'immuta' });
  const before = heldKey(sandbox.current)!;
  const { accessKeyId } = sandbox.current.aws.iam.createAccessKey('immuta');

  expect(await deploy({ userName: 'immuta', props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(keysIn(sandbox.current)).toEqual([before, accessKeyId]);
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(keysIn(sandbox.current)).toEqual([accessKeyId]);
});

test('replaces a generated user with the location, and needs two deployments for an existing user', async () => {
  sandbox.current.aws.buckets.createBucket('hr-lake');
  const inHr = {
    props: (stack: Stack) => ({ location: S3Location.bucket(Bucket.fromBucketName(stack, 'Hr', 'hr-lake')) }),
  };
  await deploy();
  expect(await deploy(inHr)).toMatchObject({ status: 'UPDATE_COMPLETE' });
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current, '102')]);
  await sandbox.current.destroy(STACK_NAME);

  await deploy({ userName: 'immuta' });
  const result = await deploy({ userName: 'immuta', ...inHr });
  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toContain("user 'immuta' has access keys that this integration did not create");
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current, '103')]);
  await expectNothingLeft(sandbox.current);
});

describe('events that are delivered again', () => {
  test.each<[string, (number | 'afterwards')[]]>([
    ['at the same time', [0, 0]],
    ['seconds later', [0, 7_000]],
    ['after the first has answered', [0, 'afterwards']],
    ['minutes later', [0, 240_000]],
  ])('leaves one managed key when events are delivered %s', async (_, deliveries) => {
    sandbox.current.lambda.deliveries = deliveries;

    expect(await deploy({ userName: 'immuta', rotation: 'none' })).toMatchObject({ status: 'CREATE_COMPLETE' });
    expectInOrder(sandbox.current);
    expect(await deploy({ userName: 'other', rotation: 'none' })).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expectInOrder(sandbox.current);
    expect(usersOf(heldKey(sandbox.current)!)).toEqual(['other']);
    expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'enabled' }]);
    await expectNothingLeft(sandbox.current);
  });
});

describe('a Create that is cancelled', () => {
  test.each([10, 40])('leaves no managed key when a Create is cancelled after %s seconds', async (afterSeconds) => {
    failOtherResource(sandbox.current);
    sandbox.current.cloudFormation.faults.splice(0, 1, { ...sandbox.current.cloudFormation.faults[0], afterSeconds });

    expect(await deploy({ userName: 'immuta', and: withOtherResource })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(keysIn(sandbox.current)).toEqual([]);
    expect(leftovers(sandbox.current)).toMatchObject({ integrations: [] });
  });
});

test('deletes keys in the next deployment after a failure without rollback', async () => {
  await deploy({ userName: 'immuta' });
  const { immuta, lambda } = sandbox.current;
  immuta.faults.http({ method: 'PUT', times: 3, behaviour: 'reset', run: () => lambda.kill() });

  const result = await deployKeys(sandbox.current, { userName: 'other' }, { disableRollback: true });
  expect(result.status).toBe('UPDATE_FAILED');

  expect(await deploy({ userName: 'other', props: { revision: '3' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });
  expectInOrder(sandbox.current);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

test.each([
  [
    'refused',
    () =>
      sandbox.current.immuta.faults.http({
        method: 'POST',
        behaviour: 'answer',
        answer: { status: 400, body: { message: 'no' } },
      }),
  ],
  ['failed', () => sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true })],
] as const)(
  'keeps the key of the next Create when the Delete of one that was %s comes late',
  async (_, fail) => {
    fail();
    expect((await deployKeys(sandbox.current, {}, { disableRollback: true })).status).toBe('CREATE_FAILED');

    expect(await deployKeys(sandbox.current, {}, { disableRollback: true })).toMatchObject({
      status: 'UPDATE_COMPLETE',
    });

    const id = [...sandbox.current.immuta.integrations.keys()].at(-1)!;
    expectInOrder(sandbox.current, id);
    await expectNothingLeft(sandbox.current);
  },
);

test('keeps the key of a failed integration when the next Create does not succeed in deleting it', async () => {
  const { cloudFormation, immuta } = sandbox.current;
  cloudFormation.retryOrder = 'create-first';
  immuta.faults.validation({ test: 2, on: 'create', asynchronously: true });
  expect((await deployKeys(sandbox.current, {}, { disableRollback: true })).status).toBe('CREATE_FAILED');
  immuta.faults.transition({ from: 'deleting', to: 'deleteError' });

  expect((await deployKeys(sandbox.current, {})).status).toBe('UPDATE_ROLLBACK_COMPLETE');

  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

describe('a retained integration', () => {
  const retained = { userName: 'immuta', props: { removalPolicy: RemovalPolicy.RETAIN } };

  test.each<[string, KeyLakeOptions, () => void]>([
    ['refused', {}, () => {}],
    ['cancelled', { and: withOtherResource }, () => failOtherResource(sandbox.current)],
  ])(
    'keeps the user, policy, secret and key of a retained integration that is added again and %s',
    async (_, more, prepare) => {
      await deploy(retained);
      const key = heldKey(sandbox.current);
      const { arn } = secretOf(sandbox.current);
      const without = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
      tenantIn(without, sandbox.current);
      expect(await sandbox.current.deploy(without)).toMatchObject({ status: 'UPDATE_COMPLETE' });
      prepare();

      const again = (stack: Stack) => ({ accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance') });
      const result = await deploy({ userName: 'immuta', props: again, ...more });

      expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(heldKey(sandbox.current)).toBe(key);
      expect(recordOf(sandbox.current).status).toBe('enabled');
      expect(keysIn(sandbox.current)).toEqual([key]);
      expect(JSON.parse(String(sandbox.current.aws.secrets.secret(arn).value)).accessKeyId).toBe(key);
    },
  );
});

describe('an adopted integration', () => {
  const adopted = (adopt: string | undefined, more = {}) => (stack: Stack) => ({
    adopt,
    accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
    locationRole: iam.Role.fromRoleName(stack, 'LocationRole', 'location'),
    ...more,
  });
  let foreign: { accessKeyId: string; secretAccessKey: string };

  beforeEach(async () => {
    prepareAccount(sandbox.current);
    sandbox.current.aws.iam.putUserPolicy('immuta', 'everything', EVERYTHING);
    foreign = sandbox.current.aws.iam.createAccessKey('immuta');
    await byHand(sandbox.current, {
      authenticationType: 'accessKey',
      awsRoleToAssume: undefined,
      awsAccessKeyId: foreign.accessKeyId,
      awsSecretAccessKey: foreign.secretAccessKey,
    });
  });

  test('keeps the key of an adopted integration until an update sends one of another user', async () => {
    expect(await deploy({ userName: 'immuta', props: adopted('101') })).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([foreign.accessKeyId]);
    expect(changes(sandbox.current)).toEqual([]);
    await sandbox.current.rotate();
    expect(keysIn(sandbox.current)).toEqual([foreign.accessKeyId]);

    expect(await deploy({ userName: 'other', props: adopted('101') })).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([foreign.accessKeyId, heldKey(sandbox.current)]);
    expect(heldKey(sandbox.current)).not.toBe(foreign.accessKeyId);
    await sandbox.current.rotate();
    expectInOrder(sandbox.current);
  });

  test('keeps the key of an adopted integration when it is removed', async () => {
    sandbox.current.aws.iam.putUserPolicy('other', 'everything', EVERYTHING);
    await deploy({ userName: 'immuta', props: adopted('101') });
    await deploy({ userName: 'other', props: adopted('101') });
    await deploy({ userName: 'other', props: adopted(undefined, { removalPolicy: RemovalPolicy.DESTROY }) });
    const key = heldKey(sandbox.current)!;

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(recordOf(sandbox.current).status).toBe('enabled');
    expect(sandbox.current.aws.iam.accessKeys('other').map(({ accessKeyId }) => accessKeyId)).toEqual([key]);
  });

  test('leaves no key when an adopted integration was deleted and is then removed', async () => {
    await deploy({ userName: 'immuta', props: adopted('101') });
    await deploy({ userName: 'other', props: adopted('101') });
    await deploy({ userName: 'other', props: adopted(undefined, { removalPolicy: RemovalPolicy.DESTROY }) });
    sandbox.current.immuta.integrations.delete('101');

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(keysIn(sandbox.current)).toEqual([foreign.accessKeyId]);
  });
});

describe('a function that may not manage keys', () => {
  /** A service control policy, or a boundary. */
  const deny = (...operations: string[]) => sandbox.current.aws.route('iam', async (request, next) => {
    if (operations.includes(request.operation)) throw new AwsError(403, 'AccessDenied', 'an explicit deny');
    return next(request);
  });

  test('fails with the cause when the function may not manage keys, and rolls back', async () => {
    deny('CreateAccessKey', 'DeleteAccessKey', 'ListAccessKeys');

    const result = await deploy();

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(
      new RegExp(
        String.raw`AWS IAM denied \w+ of user 'Lake-\S+': AccessDenied: an explicit deny\. .*service control ` +
          String.raw`policy.*\[AWS_ACCESS_DENIED\]`,
      ),
    );
    expect(shortAnswers(sandbox.current)).toEqual([
      'FAILED immuta-s3-integration/none',
      'SUCCESS immuta-s3-integration/none',
    ]);
    expect(leftovers(sandbox.current)).toMatchObject({ integrations: [], roles: [] });
  });

  test('fails a deletion that would leave a key when the function may not manage keys', async () => {
    await deploy({ userName: 'immuta' });
    deny('DeleteAccessKey');

    const result = await sandbox.current.destroy(STACK_NAME);

    expect(result.status).toBe('DELETE_FAILED');
    expect(
      result.events.find(({ type, status }) => type === INTEGRATION_TYPE && status === 'DELETE_FAILED')?.reason,
    ).toContain('an explicit deny');
  });

  test('updates without a new key when the function may not manage keys', async () => {
    await deploy({ userName: 'immuta' });
    deny('CreateAccessKey', 'DeleteAccessKey', 'ListAccessKeys');

    expect(await deploy({ userName: 'immuta', props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });
  });
});

test('deletes the integration when its secret was deleted by hand', async () => {
  await deploy({ userName: 'immuta' });
  const key = heldKey(sandbox.current);
  const { secrets } = sandbox.current.aws;
  secrets.deleteSecret(secretOf(sandbox.current).arn);
  sandbox.current.cloudFormation.faults.push({
    logicalId: /AccessKeySecret/,
    action: 'delete',
    afterSeconds: 1,
    reason: 'it is gone',
  });

  await sandbox.current.destroy(STACK_NAME);

  expect(leftovers(sandbox.current).integrations).toEqual([]);
  expect(keysIn(sandbox.current)).toEqual([key]); // nothing names it any more
});

test('writes the secret access key only to the secret and the request to Immuta', async () => {
  await deploy();
  await deploy({ props: { revision: '2' } });
  await sandbox.current.rotate();

  const secrets = [...sandbox.current.aws.iam.everySecretKey]
    .filter(([id]) => id.startsWith('AKIA'))
    .map(([, secret]) => secret);
  expect(secrets).toHaveLength(2);
  const written = JSON.stringify(sandbox.current.written());
  secrets.forEach((secret) => expect(written).not.toContain(secret));
  expect(
    sandbox.current.immuta.requests
      .filter(({ body }) => secrets.some((secret) => body.includes(secret)))
      .map(({ method }) => method),
  ).toEqual(['POST', 'PUT', 'PUT']);
  expect(JSON.stringify(answers(sandbox.current))).not.toMatch(/AKIA/);
});

test('writes no secret to logs or reasons when Immuta quotes one that another run created', async () => {
  await deploy({ userName: 'immuta' });
  const { awsSecretAccessKey } = recordOf(sandbox.current).config;
  sandbox.current.immuta.switches.masksKeys = true;
  sandbox.current.immuta.faults.transition({ from: 'deleting', to: 'deleteError' });
  recordOf(sandbox.current).validationResults = {
    status: 'failed',
    validationTests: [
      { name: 'The change was made in AWS', status: 'failed', message: `SignatureDoesNotMatch: ${awsSecretAccessKey}` },
    ],
  };
  sandbox.current.immuta.faults.http({
    method: 'DELETE',
    behaviour: 'answer',
    answer: { status: 400, body: { message: `bad ${awsSecretAccessKey}` } },
  });

  const result = await sandbox.current.destroy(STACK_NAME);

  expect(result.status).toBe('DELETE_FAILED');
  expect(JSON.stringify(sandbox.current.written())).toContain('bad [redacted]');
});
