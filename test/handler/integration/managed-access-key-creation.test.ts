import { AwsError } from '../../sandbox/aws';
import { HandlerSandbox, ID } from '../support/handler-sandbox';
import { prepareManagedKey, USER } from '../support/managed-key';

// which keys of its user a Create creates and deletes, and which it keeps because others may have created them

const NONE = 'immuta-s3-integration/none';
let sandbox: HandlerSandbox;
let properties: Record<string, string | undefined>;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  properties = prepareManagedKey(sandbox);
});
afterEach(() => sandbox.close());

const keys = () => sandbox.aws.iam.accessKeys(USER).map(({ accessKeyId }) => accessKeyId);
const held = () => sandbox.integrations[0]?.config.awsAccessKeyId;
const create = () => sandbox.create({ properties });
const creations = () => sandbox.countAwsCalls('CreateAccessKey');
const after = (ms: number, run: () => unknown) => sandbox.clock.at(sandbox.clock.now() + ms, run as () => void);
const tags = () => [...sandbox.aws.secrets.secret(properties.AccessKeySecretArn!).tags.keys()];

/** Lets requests for a key end with an error, after IAM has carried them out or before. */
function failCreation(times: number, error: AwsError, isCarriedOut = false): void {
  sandbox.aws.route('iam', async (request, next) => {
    if (request.operation !== 'CreateAccessKey' || times-- <= 0) return next(request);
    if (isCarriedOut) await next(request);
    throw error;
  });
}

const unavailable = () => new AwsError(500, 'ServiceFailure', 'Try later.');

async function expectOneKey(): Promise<void> {
  expect(await create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
  expect(keys()).toEqual([held()]);
  // and none of a request for a key
  expect(tags()).toEqual([expect.stringMatching(/integration-id$/), expect.stringMatching(/tenant$/)]);
}

test('reports to the alarm of the secret that Immuta has a key', async () => {
  await expectOneKey();

  expect(sandbox.log.map((line) => JSON.parse(line)).filter(({ _aws }) => _aws)).toMatchObject([
    {
      _aws: { CloudWatchMetrics: [{ Namespace: 'ImmutaS3Integration', Dimensions: [['SecretArn']] }] },
      SecretArn: properties.AccessKeySecretArn,
      KeyRotationFailed: 0,
    },
  ]);
});

test('deletes a key whose response was lost, and creates another one', async () => {
  failCreation(1, unavailable(), true);

  await expectOneKey();
  expect(creations()).toBe(2);
});

test.each<[string, () => AwsError]>([
  ['IAM has reached its quota', () => new AwsError(409, 'LimitExceeded', 'Cannot exceed quota.')],
  ['the policy of the function does not allow it yet', () => new AwsError(403, 'AccessDenied', 'no')],
  ['IAM is busy', () => new AwsError(400, 'Throttling', 'Rate exceeded')],
  ['IAM fails', unavailable],
])('creates a key a little later when %s', async (_, error) => {
  failCreation(2, error());

  await expectOneKey();
  expect(creations()).toBe(3);
});

test('fails after ten requests when IAM creates no key', async () => {
  failCreation(Infinity, new AwsError(409, 'LimitExceeded', 'Cannot exceed quota.'));

  expect((await create()).Reason).toMatch(/\[ACCESS_KEY_NOT_CREATED\]$/);
  expect(creations()).toBe(10);
});

test('fails when the function may still not create a key after the time of IAM', async () => {
  failCreation(Infinity, new AwsError(403, 'AccessDenied', 'no'));
  const begin = sandbox.clock.now();
  const { PhysicalResourceId, Reason } = await sandbox.create({
    properties: { ...properties, IamPropagationTimeoutSeconds: '60' },
  });

  expect(PhysicalResourceId).toBe(NONE);
  expect(Reason).toMatch(/\[AWS_ACCESS_DENIED\]$/);
  expect(sandbox.clock.now() - begin).toBeGreaterThanOrEqual(60_000);
  expect(sandbox.clock.now() - begin).toBeLessThan(100_000);
});

test('fails at once when IAM refuses the request', async () => {
  failCreation(Infinity, new AwsError(400, 'ValidationError', 'no'));

  expect(await create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NONE });
  expect(creations()).toBe(1);
});

test('keeps a key that another owner creates when IAM has just refused the request', async () => {
  failCreation(1, new AwsError(400, 'ValidationError', 'no'));
  expect(await create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NONE });
  expect(tags()).toEqual([]);
  const foreign = sandbox.aws.iam.createAccessKey(USER).accessKeyId;

  expect(await sandbox.delete(NONE, { properties })).toMatchObject({ Status: 'SUCCESS' });
  expect(keys()).toEqual([foreign]);
});

describe('a user that has a key of another owner', () => {
  let foreign: string;
  beforeEach(() => {
    foreign = sandbox.aws.iam.createAccessKey(USER).accessKeyId;
  });

  test('fails and keeps the key, which a second list shows, too', async () => {
    const { PhysicalResourceId, Reason } = await create();

    expect(PhysicalResourceId).toBe(NONE);
    expect(Reason).toMatch(new RegExp(`${foreign}.*\\[ACCESS_KEYS_OF_OTHERS\\]$`));
    expect(keys()).toEqual([foreign]);
    expect(sandbox.countAwsCalls('ListAccessKeys')).toBe(2);
    expect(await sandbox.delete(NONE, { properties })).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([foreign]);
  });

  test('creates a key when the second list does not show it', async () => {
    after(15_000, () => sandbox.aws.iam.deleteAccessKey(foreign));

    await expectOneKey();
  });

  test('fails when a second list shows another one', async () => {
    after(15_000, () => {
      sandbox.aws.iam.deleteAccessKey(foreign);
      sandbox.aws.iam.createAccessKey(USER);
    });

    expect((await create()).Reason).toMatch(/\[ACCESS_KEYS_OF_OTHERS\]$/);
    expect(keys()).toHaveLength(1);
    expect(sandbox.countAwsCalls('ListAccessKeys')).toBe(3);
  });
});

describe('an integration with a managed key', () => {
  const update = () =>
    sandbox.update({ properties: { ...properties, Revision: '2' }, oldProperties: properties });
  beforeEach(async () => {
    expect(await create()).toMatchObject({ Status: 'SUCCESS' });
  });

  test('keeps its key with an Update', async () => {
    const [key] = keys();

    expect(await update()).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([key]);
    expect(held()).toBe(key);
  });

  test('gets another key when its own was deleted', async () => {
    const [key] = keys();
    sandbox.aws.iam.deleteAccessKey(key);

    expect(await update()).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([held()]);
    expect(held()).not.toBe(key);
  });

  test('keeps its key when a list does not show it for half a minute', async () => {
    const [key] = keys();
    const lists: number[] = [];
    sandbox.aws.route('iam', async (request, next) => {
      if (request.operation === 'ListAccessKeys' && lists.push(1) === 1) {
        sandbox.aws.iam.keyListLagMs = Infinity;
        const answer = await next(request);
        sandbox.aws.iam.keyListLagMs = 0;
        return answer;
      }
      return next(request);
    });

    expect(await update()).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([key]);
    expect(creations()).toBe(1);
  });

  test('keeps its key when IAM does not list the keys of the user', async () => {
    const [key] = keys();
    sandbox.aws.route('iam', async (request, next) => {
      if (request.operation === 'ListAccessKeys') throw new AwsError(403, 'AccessDenied', 'no');
      return next(request);
    });

    expect(await update()).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([key]);
  });

  test('keeps a later key of another owner when it is deleted', async () => {
    const foreign = sandbox.aws.iam.createAccessKey(USER).accessKeyId;

    expect(await sandbox.delete(ID, { properties })).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([foreign]);
  });
});

test('deletes with a Delete the key whose response a Create lost before its timeout', async () => {
  failCreation(1, unavailable(), true);
  const short = { ...properties, TimeoutSeconds: '60' };
  expect(await sandbox.create({ properties: short })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NONE });
  expect(keys()).toHaveLength(1);

  expect(await sandbox.delete(NONE, { properties })).toMatchObject({ Status: 'SUCCESS' });
  expect(keys()).toEqual([]);
});
