import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { answers, changes, failure, INTEGRATION_TYPE, lake, leftovers, shortAnswers, STACK_NAME, tenantIn, useSandbox } from './fixture';
import { deployKeys, expectNothingLeft, heldKey, KeyLakeOptions, keysIn, keyStates, recordOf, watchKeys } from './keys';
import { allIsWell, byHand, EVERYTHING, failNeighbour, prepareAccount, withNeighbour } from './owners';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, S3Location } from '../../src';
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
const POST = 'POST /integrations';
const PUT = 'PUT /integrations/101';

describe('another authentication', () => {
  test('takes the keys away, and a user of our own with them', async () => {
    await deploy();

    expect(await deployRole()).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { authenticationType: 'auto' } });
    expect(keysIn(sandbox.current)).toEqual([]);
    expect(() => sandbox.current.cloudFormation.stack(STACK_NAME).resources).not.toThrow();
    expect([...sandbox.current.cloudFormation.stack(STACK_NAME).resources.values()].map(({ type }) => type)).not.toContain('AWS::IAM::User');
    await expectNothingLeft(sandbox.current);
  });

  test('becomes a managed key', async () => {
    await deployRole();

    expect(await deploy()).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    await expectNothingLeft(sandbox.current);
  });

  test('becomes the key of a secret, and back', async () => {
    const { aws } = sandbox.current;
    const key = aws.iam.createAccessKey('other');
    aws.secrets.createSecret('immuta/access-key', JSON.stringify(key));
    const withSecret = () => sandbox.current.deploy(lake(sandbox.current, {
      props: (stack) => ({
        authentication: ImmutaAuthentication.accessKeySecret({
          user: iam.User.fromUserName(stack, 'User', 'other'), secret: Secret.fromSecretNameV2(stack, 'Keys', 'immuta/access-key'),
        }),
      }),
    }));
    await deploy();

    expect(await withSecret()).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([key.accessKeyId]);
    expect(heldKey(sandbox.current)).toBe(key.accessKeyId);

    expect(await deploy()).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([key.accessKeyId, heldKey(sandbox.current)]);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([key.accessKeyId]);
  });

  test.each([
    ['another user that is given', 'immuta', 'other'],
    ['a user of our own', 'immuta', undefined],
    ['a user that is given', undefined, 'immuta'],
  ])('or %s takes the keys of the old one away', async (_, from, to) => {
    await deploy({ userName: from });

    expect(await deploy({ userName: to })).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    expect(changes(sandbox.current)).toEqual([POST, PUT]);
    if (from) expect([...sandbox.current.aws.iam.userTags(from)]).toEqual([]);
    await expectNothingLeft(sandbox.current);
  });

  test('that Immuta refuses leaves the key in force, and its rollback brings none, since Immuta shows that it has it', async () => {
    await deploy();
    const before = heldKey(sandbox.current);
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit' });

    expect(await deployRole()).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(keysIn(sandbox.current)).toEqual([before]);
    expect(heldKey(sandbox.current)).toBe(before);
    expect(changes(sandbox.current)).toEqual([POST, PUT]);
    await expectNothingLeft(sandbox.current);
  });

  test.each([
    ['a managed key', 'a role', () => deploy(), () => sandbox.current.deploy(lake(sandbox.current, { and: withNeighbour }))],
    ['a role', 'a managed key', deployRole, () => deploy({ and: withNeighbour })],
    ['one user', 'another', () => deploy({ userName: 'immuta' }), () => deploy({ userName: 'other', and: withNeighbour })],
  ] as const)('%s that became %s is undone when a neighbour fails', async (_from, _to, first, second) => {
    await first();
    const { authenticationType } = recordOf(sandbox.current).config;
    sandbox.current.cloudFormation.faults.push({ logicalId: /^Neighbour/, action: 'create', afterSeconds: 120, reason: 'no bucket today' });

    expect(await second()).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { authenticationType } });
    expect(keysIn(sandbox.current)).toEqual(authenticationType === 'auto' ? [] : [heldKey(sandbox.current)]);
    allIsWell(sandbox.current);
    await expectNothingLeft(sandbox.current);
  });

  test('of a user who has a key of somebody else changes nothing', async () => {
    await deploy({ userName: 'immuta' });
    const before = heldKey(sandbox.current);
    const { accessKeyId } = sandbox.current.aws.iam.createAccessKey('other');

    const result = await deploy({ userName: 'other' });

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toContain(`user 'other' has access keys that this integration did not make (${accessKeyId})`);
    expect(heldKey(sandbox.current)).toBe(before);
    expect(keysIn(sandbox.current)).toEqual([before, accessKeyId]);
    expect(changes(sandbox.current)).toEqual([POST]);
  });
});

test('another policy of the same user, in its place, brings another key, and takes the one of before for ours', async () => {
  await deploy({ userName: 'immuta' });
  const before = heldKey(sandbox.current);
  const renamed = (_stack: Stack, integration: ImmutaS3Integration) => {
    const policy = integration.node.findAll().find((child) => child instanceof iam.ManagedPolicy)!;
    (policy.node.defaultChild as iam.CfnManagedPolicy).managedPolicyName = 'renamed';
  };

  expect(await deploy({ userName: 'immuta', and: renamed })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(heldKey(sandbox.current)).not.toBe(before);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

test('a second key that somebody made by hand stops the next change, and goes on when it is deleted', async () => {
  await deploy({ userName: 'immuta' });
  const before = heldKey(sandbox.current);
  const { accessKeyId } = sandbox.current.aws.iam.createAccessKey('immuta');

  const result = await deploy({ userName: 'immuta', props: { credentialsVersion: '2' } });

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE'); // which needs no other key
  expect(failure(result)).toContain(accessKeyId);
  expect(failure(result)).not.toContain(before);
  expect(keysIn(sandbox.current)).toEqual([before, accessKeyId]);
  expect(changes(sandbox.current)).toEqual([POST]);
  sandbox.current.aws.iam.deleteAccessKey(accessKeyId);
  expect(await deploy({ userName: 'immuta', props: { credentialsVersion: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });
  await expectNothingLeft(sandbox.current);
});

test('another location with a user of our own is another user, and with one that is given takes two deployments', async () => {
  sandbox.current.aws.buckets.createBucket('hr-lake');
  const inHr = { props: (stack: Stack) => ({ location: S3Location.bucket(Bucket.fromBucketName(stack, 'Hr', 'hr-lake')) }) };
  await deploy();
  expect(await deploy(inHr)).toMatchObject({ status: 'UPDATE_COMPLETE' });
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current, '102')]);
  await sandbox.current.destroy(STACK_NAME);

  await deploy({ userName: 'immuta' });
  const result = await deploy({ userName: 'immuta', ...inHr });
  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('user \'immuta\' has access keys that this integration did not make');
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current, '103')]);
  await expectNothingLeft(sandbox.current);
});

describe('events that come again', () => {
  test.each<[string, (number | 'afterwards')[]]>([
    ['at the same time', [0, 0]],
    ['seconds later', [0, 7_000]],
    ['after the first has answered', [0, 'afterwards']],
    ['minutes later', [0, 240_000]],
  ])('%s leave one key', async (_, deliveries) => {
    sandbox.current.lambda.deliveries = deliveries;

    expect(await deploy({ userName: 'immuta' })).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    expect(await deploy({ userName: 'immuta', props: { credentialsVersion: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    expect(keyStates(sandbox.current, 'immuta')).toEqual(['held']);
    expect(changes(sandbox.current).filter((request) => request !== POST)).toEqual([PUT]); // of two POSTs at once Immuta refuses one
    expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'enabled' }]);
    await expectNothingLeft(sandbox.current);
  });
});

describe('a Create that is cancelled', () => {
  test.each([10, 40])('after %s seconds leaves no key', async (afterSeconds) => {
    failNeighbour(sandbox.current);
    sandbox.current.cloudFormation.faults.splice(0, 1, { ...sandbox.current.cloudFormation.faults[0], afterSeconds });

    expect(await deploy({ userName: 'immuta', and: withNeighbour })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(keysIn(sandbox.current)).toEqual([]);
    expect([...sandbox.current.aws.iam.userTags('immuta')]).toEqual([]);
    expect(leftovers(sandbox.current)).toMatchObject({ integrations: [] });
  });
});

test('what a failure that was not rolled back left is cleared by the next deployment', async () => {
  await deploy({ userName: 'immuta' });
  const { immuta, lambda } = sandbox.current;
  immuta.faults.http({ method: 'PUT', times: 3, behaviour: 'reset', run: () => lambda.kill() });

  const result = await sandbox.current.deploy(lake(sandbox.current, {
    props: (stack) => ({ authentication: ImmutaAuthentication.managedAccessKey({ user: iam.User.fromUserName(stack, 'User-immuta', 'immuta') }), credentialsVersion: '2' }),
  }), { disableRollback: true });
  expect(result.status).toBe('UPDATE_FAILED');

  expect(await deploy({ userName: 'immuta', props: { credentialsVersion: '3' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});

describe('another user whose key Immuta takes and then gives up, while nobody looks,', () => {

  beforeEach(async () => {
    sandbox.current.immuta.switches.masksKeys = true;
    await deploy({ userName: 'immuta' });
  });

  test.each<[string, () => void]>([
    ['hands over', () => {}],
    ['dies', () => sandbox.current.immuta.faults.http({ method: 'GET', path: /101/, after: 4, run: () => sandbox.current.lambda.kill() })],
  ])('is given another one by the next run, when the first %s', async (_, prepare) => {
    const { immuta, lambda, clock } = sandbox.current;
    immuta.switches.durations.editing = 1_200_000;
    immuta.faults.transition({ from: 'editing', to: 'editError' });
    clock.at(clock.now() + 600_000, () => { immuta.switches.durations.editing = 10_000; });
    prepare();

    expect(await deploy({ userName: 'other' })).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(lambda.invocations.length).toBeGreaterThan(2);
    expect(changes(sandbox.current)).toEqual([POST, PUT, PUT]);
    expect(sandbox.current.aws.iam.accessKeys('other').map(({ accessKeyId }) => accessKeyId)).toEqual([heldKey(sandbox.current)]);
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    await expectNothingLeft(sandbox.current);
  });

  test('fails when that one is given up too, and the key of the first user goes on', async () => {
    const { immuta, clock } = sandbox.current;
    immuta.switches.durations.editing = 1_200_000;
    immuta.faults.transition({ from: 'editing', to: 'editError' });
    immuta.faults.validation({ test: 2, on: 'edit', after: 1 });
    clock.at(clock.now() + 600_000, () => { immuta.switches.durations.editing = 10_000; });

    expect(await deploy({ userName: 'other' })).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(sandbox.current.aws.iam.accessKeys('immuta').map(({ accessKeyId }) => accessKeyId)).toEqual([heldKey(sandbox.current)]);
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    await expectNothingLeft(sandbox.current);
  });
});

describe('a retained integration', () => {
  const retained = { userName: 'immuta', props: { removalPolicy: RemovalPolicy.RETAIN } };

  test.each<[string, KeyLakeOptions, () => void]>([
    ['refused', {}, () => {}],
    ['cancelled', { and: withNeighbour }, () => failNeighbour(sandbox.current)],
  ])('keeps its user, its policy and its key when its resource is added again and %s', async (_, more, prepare) => {
    const { aws } = sandbox.current;
    await deploy(retained);
    const key = heldKey(sandbox.current);
    const without = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
    tenantIn(without, sandbox.current);
    expect(await sandbox.current.deploy(without)).toMatchObject({ status: 'UPDATE_COMPLETE' });
    const tags = [...aws.iam.userTags('immuta')];
    expect(tags).toHaveLength(1);
    prepare();

    const again = (stack: Stack) => ({ accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance') });
    const result = await deploy({ userName: 'immuta', props: again, ...more });

    // the same stack and logical id, and another lifetime
    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(heldKey(sandbox.current)).toBe(key);
    expect(recordOf(sandbox.current).status).toBe('enabled');
    expect(keysIn(sandbox.current)).toEqual([key]);
    expect([...aws.iam.userTags('immuta')]).toEqual(tags);
  });
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
      authenticationType: 'accessKey', awsRoleToAssume: undefined, awsAccessKeyId: foreign.accessKeyId, awsSecretAccessKey: foreign.secretAccessKey,
    });
  });

  test('keeps the key that it has until an update writes, which needs another user', async () => {
    expect(await deploy({ userName: 'immuta', props: adopted('101') })).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([foreign.accessKeyId]);
    expect(changes(sandbox.current)).toEqual([]);

    expect(await deploy({ userName: 'other', props: adopted('101') })).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(keysIn(sandbox.current)).toEqual([foreign.accessKeyId, heldKey(sandbox.current)]);
    expect(heldKey(sandbox.current)).not.toBe(foreign.accessKeyId);
  });

  test('goes on with its key when it is removed', async () => {
    sandbox.current.aws.iam.putUserPolicy('other', 'everything', EVERYTHING);
    await deploy({ userName: 'immuta', props: adopted('101') });
    await deploy({ userName: 'other', props: adopted('101') });
    await deploy({ userName: 'other', props: adopted(undefined, { removalPolicy: RemovalPolicy.DESTROY }) });
    const key = heldKey(sandbox.current)!;

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(recordOf(sandbox.current).status).toBe('enabled');
    expect(sandbox.current.aws.iam.accessKeys('other').map(({ accessKeyId }) => accessKeyId)).toEqual([key]);
  });

  test('that is gone leaves no key when it is removed', async () => {
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

  test('says so, and its rollback is not stuck', async () => {
    deny('CreateAccessKey', 'DeleteAccessKey', 'ListAccessKeys', 'ListUserTags', 'TagUser', 'UntagUser');

    const result = await deploy();

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(/the access keys of user 'Lake-\S+' cannot be managed: an explicit deny; the handler function has a policy that allows this/);
    expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
    expect(leftovers(sandbox.current)).toMatchObject({ integrations: [], roles: [] });
  });

  test('does not succeed with a deletion that leaves a key', async () => {
    await deploy({ userName: 'immuta' });
    deny('DeleteAccessKey');

    const result = await sandbox.current.destroy(STACK_NAME);

    expect(result.status).toBe('DELETE_FAILED');
    expect(result.events.find(({ type, status }) => type === INTEGRATION_TYPE && status === 'DELETE_FAILED')?.reason).toContain('an explicit deny');
  });
});

test('the secret half is nowhere but in the request to Immuta', async () => {
  await deploy();
  await deploy({ props: { credentialsVersion: '2' } });
  await sandbox.current.rotate();

  const secrets = [...sandbox.current.aws.iam.everySecretKey].filter(([id]) => id.startsWith('AKIA')).map(([, secret]) => secret);
  expect(secrets).toHaveLength(3);
  // the sandbox's own search at its end would find one in a log, an answer, an event or a template; this is to know that it looks for these
  const { written } = { written: JSON.stringify(sandbox.current.written()) };
  secrets.forEach((secret) => expect(written).not.toContain(secret));
  expect(sandbox.current.immuta.requests.filter(({ body }) => secrets.some((secret) => body.includes(secret))).map(({ method }) => method)).toEqual(['POST', 'PUT', 'PUT']);
  expect(JSON.stringify(answers(sandbox.current))).not.toMatch(/AKIA/);
});
