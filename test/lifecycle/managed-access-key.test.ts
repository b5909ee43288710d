import { changes, failure, shortAnswers, useSandbox } from './fixture';
import { deployKeys, expectNothingLeft, heldKey, KeyLakeOptions, keysIn, keyStates, recordOf, watchKeys } from './keys';
import { withNeighbour } from './owners';
import { AwsError } from '../sandbox/aws';

const sandbox = useSandbox();
let expectKeysWereGood: () => void;

beforeEach(() => { expectKeysWereGood = watchKeys(sandbox.current); });
afterEach(() => expectKeysWereGood());

const deploy = (options?: KeyLakeOptions) => deployKeys(sandbox.current, options);
const createUser = (userName = 'immuta') => sandbox.current.aws.iam.createUser({ userName });

test('an integration gets a key of its user, which goes with it', async () => {
  expect(await deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { authenticationType: 'accessKey', awsAccessKeyId: keysIn(sandbox.current)[0] } });
  expect(keysIn(sandbox.current)).toHaveLength(1);

  await expectNothingLeft(sandbox.current);
});

test('a user that is given keeps nothing of ours', async () => {
  createUser();
  expect(await deploy({ userName: 'immuta' })).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(keyStates(sandbox.current, 'immuta')).toEqual(['held']);

  await expectNothingLeft(sandbox.current);

  expect(sandbox.current.aws.iam.accessKeys('immuta')).toEqual([]);
  expect([...sandbox.current.aws.iam.userTags('immuta')]).toEqual([]);
});

test('an update that writes brings another key, and the old one is deleted when Immuta has the new one', async () => {
  createUser();
  await deploy({ userName: 'immuta' });
  const before = heldKey(sandbox.current);

  expect(await deploy({ userName: 'immuta', props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(heldKey(sandbox.current)).not.toBe(before);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(keyStates(sandbox.current, 'immuta')).toEqual(['held']);
  await expectNothingLeft(sandbox.current);
});

test('an update that writes nothing brings none', async () => {
  await deploy();
  const before = heldKey(sandbox.current);

  expect(await deploy({ props: { timeout: undefined, removalPolicy: undefined, iamPropagationTimeout: undefined }, rotation: 'none' })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(keysIn(sandbox.current)).toEqual([before]);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
});

test('a key that IAM has not spread yet is tried again, and no other one is minted', async () => {
  sandbox.current.aws.iam.keyPropagationMs = 40_000;

  expect(await deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect([...sandbox.current.aws.iam.everySecretKey.keys()].filter((id) => id.startsWith('AKIA'))).toHaveLength(1);
  expect(await deploy({ props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(sandbox.current.aws.requests.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(2);
  await expectNothingLeft(sandbox.current);
});

test('so is one that shows only in the end of the creation, or of the change', async () => {
  sandbox.current.immuta.faults.validation({ test: 4, on: 'create', asynchronously: true });
  sandbox.current.immuta.faults.validation({ test: 4, on: 'edit', asynchronously: true });

  expect(await deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(await deploy({ props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(sandbox.current.aws.requests.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(2);
  await expectNothingLeft(sandbox.current);
});

test('a user that has a key of somebody else is left as it is', async () => {
  createUser();
  const { accessKeyId } = sandbox.current.aws.iam.createAccessKey('immuta');

  const result = await deploy({ userName: 'immuta' });

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain(`user 'immuta' has access keys that this integration did not make (${accessKeyId})`);
  expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
  expect(keysIn(sandbox.current)).toEqual([accessKeyId]);
  expect([...sandbox.current.aws.iam.userTags('immuta')]).toEqual([]);
});

test('a creation that Immuta refuses leaves no key, not even until its rollback', async () => {
  sandbox.current.immuta.faults.http({ method: 'POST', behaviour: 'answer', answer: { status: 400, body: { message: 'S3 is not enabled.' } } });
  let atDelete: string[] | undefined;
  const { lambda } = sandbox.current;
  const invokeAsync = lambda.invokeAsync.bind(lambda);
  lambda.invokeAsync = (name, event: any, key) => {
    if (event.RequestType === 'Delete') atDelete = keysIn(sandbox.current);
    invokeAsync(name, event, key);
  };

  const result = await deploy();

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('S3 is not enabled');
  expect(atDelete).toEqual([]);
  expect(sandbox.current.aws.requests.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(1);
  await expectNothingLeft(sandbox.current);
});

test('a key that a refused creation cannot delete is deleted by its rollback, under an id that says that nothing was made', async () => {
  const { aws, immuta } = sandbox.current;
  immuta.faults.http({ method: 'POST', behaviour: 'answer', answer: { status: 400, body: { message: 'S3 is not enabled.' } } });
  aws.route('iam', async (request, next) => {
    if (request.operation === 'DeleteAccessKey' && sandbox.current.responses.answers.length === 0) throw new AwsError(403, 'AccessDenied', 'not today');
    return next(request);
  });

  expect(await deploy()).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

  expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
  await expectNothingLeft(sandbox.current);
});

test('a creation that ends in createError keeps its key until the rollback has deleted the integration', async () => {
  sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true });

  expect(await deploy()).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

  await expectNothingLeft(sandbox.current);
});

describe('a change that fails', () => {
  test.each([
    ['refused', () => sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: 1 })],
    ['ends in editError', () => sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', asynchronously: true })],
  ])('because it is %s deletes the new key and leaves the old one working', async (_, fail) => {
    await deploy();
    const before = heldKey(sandbox.current);
    fail();

    const result = await deploy({ props: { integrationName: 'taken' } });

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(heldKey(sandbox.current)).toBe(before);
    expect(keysIn(sandbox.current)).toEqual([before]);
    expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
    await expectNothingLeft(sandbox.current);
  });

  test('with a neighbour is undone with another key', async () => {
    await deploy({ props: { integrationName: 'sales' } });
    const before = heldKey(sandbox.current);
    sandbox.current.cloudFormation.faults.push({ logicalId: /^Neighbour/, action: 'create', afterSeconds: 120, reason: 'no bucket today' });

    const result = await deploy({ props: { integrationName: 'marketing' }, and: withNeighbour });

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { name: expect.stringMatching(/^sales-/) } });
    expect(heldKey(sandbox.current)).not.toBe(before);
    expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
    sandbox.current.cloudFormation.faults.length = 0;
    await expectNothingLeft(sandbox.current);
  });
});

test('a key that somebody deleted is replaced by the next update that writes', async () => {
  expectKeysWereGood = () => {}; // they were not
  await deploy();
  keysIn(sandbox.current).forEach((id) => sandbox.current.aws.iam.deleteAccessKey(id));

  expect(await deploy({ props: { revision: '2' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  await expectNothingLeft(sandbox.current);
});
