import { AwsError } from '../../sandbox/aws';
import { CONFIG, HandlerSandbox, ID, OWNER } from '../support/handler-sandbox';
import { prepareManagedKey, USER } from '../support/managed-key';

// which keys of its user a Delete deletes, and which it keeps

const NONE = 'immuta-s3-integration/none';
let sandbox: HandlerSandbox;
let properties: Record<string, string | undefined>;

beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  properties = prepareManagedKey(sandbox);
});
afterEach(() => sandbox.close());

const keys = () => sandbox.aws.iam.accessKeys(USER);
const remove = (physicalId: string) => sandbox.delete(physicalId, { properties });

/** A record of this resource, which another event created. */
const addOwnRecord = (status = 'enabled') =>
  sandbox.addRecord({ id: '2002', status, config: { ...CONFIG, name: `sales-${OWNER}-0123456789ab` } });

describe('a Delete of an integration with managed keys', () => {
  beforeEach(async () => {
    expect(await sandbox.create({ properties })).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toHaveLength(1);
  });

  test('deletes the keys when lists still show what it deleted', async () => {
    sandbox.immuta.switches.readLag.list.delete = Infinity;

    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
  });

  test('deletes the keys when lists still show what it deleted beside the first integration', async () => {
    sandbox.addRecord({ id: '2002' }).config = sandbox.immuta.integrations.get('101')!.config;
    sandbox.immuta.switches.readLag.list.delete = Infinity;

    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
    expect(keys()).toEqual([]);
  });

  test.each([
    ['of another owner', { name: 'theirs' }],
    ['on another path', { awsLocationPath: 's3://finance/' }],
  ])('deletes the keys when an integration %s remains', async (_, config) => {
    sandbox.addRecord({ id: '2002', config: { ...CONFIG, name: `sales-${OWNER}-0123456789ab`, ...config } });

    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
  });

  test('keeps the keys of an adopted integration, which may be in another tenant than is called', async () => {
    sandbox.immuta.integrations.delete('101');
    const elsewhere = { ...properties, TenantUrl: 'https://old.immutacloud.com' };

    expect(await sandbox.delete(`${ID}/adopted`, { properties: elsewhere })).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toHaveLength(1);
    expect(await remove(`${ID}/adopted`)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
  });

  test('keeps the keys when IAM does not know them for a moment, and deletes them then', async () => {
    let times = 1;
    sandbox.aws.route('iam', async (request, next) => {
      if (request.operation === 'DeleteAccessKey' && times-- > 0) throw new AwsError(404, 'NoSuchEntity', 'no');
      return next(request);
    });

    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
    expect(sandbox.countAwsCalls('DeleteAccessKey')).toBe(2);
  });

  test('succeeds when IAM does not have a key any more, as two lists say', async () => {
    sandbox.aws.route('iam', async (request, next) => {
      const byHand = request.operation === 'DeleteAccessKey' ? keys() : [];
      byHand.forEach(({ accessKeyId }) => sandbox.aws.iam.deleteAccessKey(accessKeyId));
      return next(request);
    });

    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.clock.sleeps).toContain(30_000);
  });

  test('succeeds when the secret of the keys was deleted', async () => {
    sandbox.aws.secrets.deleteSecret(properties.AccessKeySecretArn!);

    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('fails when the secret of the keys cannot be read, and deletes them when it can', async () => {
    let isDenied = true;
    sandbox.aws.route('secretsmanager', async (request, next) => {
      if (isDenied && request.operation === 'DescribeSecret') throw new AwsError(400, 'AccessDeniedException', 'no');
      return next(request);
    });
    expect(await remove(ID)).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(keys()).toHaveLength(1);

    isDenied = false;
    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
  });

  test('keeps the keys when a later Create of the resource has succeeded', async () => {
    addOwnRecord();
    sandbox.addRecord({ id: '7', config: { ...CONFIG, name: 'theirs', awsLocationPath: 's3://finance/' } });

    expect(await remove(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations.map(({ id }) => id)).toEqual(['2002', '7']);
    expect(keys()).toHaveLength(1);
  });
});

describe('a Delete of an adopted integration with managed keys', () => {
  const adopted = `${ID}/adopted`;
  beforeEach(async () => {
    await sandbox.addIntegration({ config: { ...CONFIG, name: 'theirs' } });
    const sent = { properties: { ...properties, IntegrationName: 'theirs' }, physicalId: adopted };
    expect(await sandbox.update(sent)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toHaveLength(1);
  });

  test('keeps the integration and its key', async () => {
    expect(await remove(adopted)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toHaveLength(1);
    expect(keys()).toHaveLength(1);
  });

  test('keeps the key when one read does not show the integration', async () => {
    sandbox.refuse('GET', 404, 'No Integration found with ID 101.', { path: /101$/ });

    expect(await remove(adopted)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toHaveLength(1);
  });

  test('deletes the key when the integration is gone', async () => {
    sandbox.removeIntegration('101');

    expect(await remove(adopted)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
  });
});

describe('a Delete of a Create that created nothing but a key', () => {
  beforeEach(async () => {
    sandbox.refuse('POST', 400, 'No.');
    expect(await sandbox.create({ properties })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NONE });
    expect(keys()).toHaveLength(1);
  });

  test('deletes the key without a wait when Immuta has no integration of the resource', async () => {
    const begin = sandbox.clock.now();

    expect(await remove(NONE)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
    expect(sandbox.clock.now() - begin).toBeLessThan(60_000);
  });

  test('keeps the key when an earlier Create left an integration', async () => {
    addOwnRecord();
    const begin = sandbox.clock.now();

    expect(await remove(NONE)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toHaveLength(1);
    expect(sandbox.clock.now() - begin).toBeGreaterThanOrEqual(60_000);
    expect(sandbox.clock.now() - begin).toBeLessThan(80_000);
  });

  test('deletes the key when Immuta still deletes what an earlier Create left', async () => {
    addOwnRecord('deleting');
    sandbox.clock.at(sandbox.clock.now() + 40_000, () => sandbox.immuta.integrations.clear());

    expect(await remove(NONE)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
  });
});
