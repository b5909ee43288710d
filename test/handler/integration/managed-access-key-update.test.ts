import { ACCESS_KEY_ARN, HandlerSandbox, ID } from '../support/handler-sandbox';
import { prepareManagedKey, readKeySecret, USER } from '../support/managed-key';
import { describeStack } from '../support/stack-description';

// which keys an Update deletes and keeps that gives the integration a managed key, or other credentials

let sandbox: HandlerSandbox;
let managed: Record<string, string | undefined>;

beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  managed = prepareManagedKey(sandbox);
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

const keys = () => sandbox.aws.iam.accessKeys(USER);
const update = (properties: Record<string, string> = {}) =>
  sandbox.update({ properties: { ...managed, ...properties } });

describe('the key of an Update that fails', () => {
  test.each<[string, () => void]>([
    ['Immuta refuses the update', () => sandbox.refuse('PUT', 400, 'No.')],
    ['Immuta restores the previous configuration', () =>
      sandbox.immuta.faults.transition({ from: 'editing', to: 'migrateError' })],
    ['the integration is deleted', () => sandbox.immuta.faults.http({
      method: 'PUT', run: () => sandbox.removeIntegration('101'),
    })],
  ])('is deleted when %s', async (_, arrange) => {
    arrange();

    expect(await update()).toMatchObject({ Status: 'FAILED' });
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
    expect(keys()).toEqual([]);
  });

  test.each<[string, () => void]>([
    ['Immuta shows it', () => {
      sandbox.immuta.switches.ignoredByEdit = ['name'];
    }],
    ['Immuta masks it', () => {
      sandbox.immuta.switches.ignoredByEdit = ['name'];
      sandbox.immuta.switches.masksKeys = true;
    }],
    ['Immuta is still editing the integration', () => {
      sandbox.immuta.switches.durations.editing = Infinity;
    }],
  ])('is kept when %s', async (_, arrange) => {
    arrange();

    expect(await update({ IntegrationName: 'renamed' })).toMatchObject({ Status: 'FAILED' });
    expect(keys()).toHaveLength(1);
  });

  test('is deleted when Immuta is busy until the Update runs out of time', async () => {
    sandbox.refuse('PUT', 503, 'Busy.', { times: Infinity });

    expect((await update({ TimeoutSeconds: '300' })).Reason).toMatch(/^timed out after .*\[TIMEOUT\]$/);
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
    expect(keys()).toEqual([]);
  });

  test('is kept for the next invocation when Immuta is busy until the first one ends', async () => {
    sandbox.functionTimeoutMs = 170_000; // enough to delete the key after the PUT, but not to wait as Immuta asks
    sandbox.immuta.faults.http({
      method: 'PUT',
      behaviour: 'answer',
      answer: { status: 429, headers: { 'retry-after': '120' }, body: {} },
    });

    expect(await update()).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.countAwsCalls('Invoke')).toBe(1);
    expect(sandbox.countAwsCalls('CreateAccessKey')).toBe(1);
    expect(sandbox.integrations[0].config.awsAccessKeyId).toBe(keys()[0].accessKeyId);
  });

  describe('while the stack is in another operation', () => {
    const beginOperation = () => describeStack(sandbox, 'DELETE_IN_PROGRESS', ID);
    beforeEach(() => describeStack(sandbox, 'UPDATE_IN_PROGRESS', ID, { resourceStatus: 'UPDATE_IN_PROGRESS' }));

    test('is kept when Immuta refuses the update', async () => {
      sandbox.refuse('PUT', 400, 'No.', { run: beginOperation });

      expect((await update()).Reason).toMatch(/\[IMMUTA_REQUEST_REFUSED\]$/);
      expect(keys()).toHaveLength(1);
    });

    test('is kept when the Update ran out of time', async () => {
      sandbox.refuse('PUT', 503, 'Busy.', { times: Infinity });
      sandbox.clock.at(sandbox.clock.now() + 320_000, beginOperation);

      expect((await update({ TimeoutSeconds: '300' })).Reason).toMatch(/\[TIMEOUT\]$/);
      expect(keys()).toHaveLength(1);
    });
  });

  test('is kept when Immuta shows it by the time that no request with it is under way', async () => {
    sandbox.refuse('PUT', 400, 'No.');
    sandbox.aws.route('secretsmanager', async (request, next) => {
      if (request.operation === 'UpdateSecretVersionStage') {
        const [{ accessKeyId: awsAccessKeyId }] = keys();
        const [record] = sandbox.integrations;
        Object.assign(record, { config: { ...record.config, authenticationType: 'accessKey', awsAccessKeyId } });
      }
      return next(request);
    });

    expect(await update()).toMatchObject({ Status: 'FAILED' });
    expect(keys()).toHaveLength(1);
  });

  test('is kept when Immuta carries out an update whose responses are lost, and shows it within a minute', async () => {
    sandbox.immuta.switches.readLag.get.edit = 50_000;
    sandbox.immuta.faults.http({ method: 'PUT', behaviour: 'lose' });
    sandbox.refuse('PUT', 400, 'No.');

    expect(await update()).toMatchObject({ Status: 'FAILED' });
    expect(sandbox.integrations[0].config.awsAccessKeyId).toBe(keys()[0].accessKeyId);
  });
});

test('names the key of the user that Immuta has, which no run of ours created', async () => {
  const { accessKeyId: awsAccessKeyId } = sandbox.aws.iam.createAccessKey(USER);
  const [record] = sandbox.integrations;
  record.config = { ...record.config, authenticationType: 'accessKey', awsAccessKeyId };

  expect((await update()).Reason).toMatch(new RegExp(`${awsAccessKeyId}.*\\[ACCESS_KEYS_OF_OTHERS\\]$`));
  expect(keys()).toHaveLength(1);
});

test('records the key as current when another invocation ends the Update', async () => {
  sandbox.immuta.switches.durations.editing = 15 * 60_000;

  expect(await update()).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.countAwsCalls('Invoke')).toBe(1);
  expect(sandbox.countImmutaCalls('PUT')).toBe(1);
  const { value } = sandbox.aws.secrets.secret(managed.AccessKeySecretArn!).find('AWSCURRENT')!;
  expect(JSON.parse(value as string)).toMatchObject({ accessKeyId: keys()[0].accessKeyId });
});

describe('an Update from a managed key to other credentials', () => {
  const OTHER_USER = 'other-user';
  let key: string;
  beforeEach(async () => {
    expect(await update()).toMatchObject({ Status: 'SUCCESS' });
    key = keys()[0].accessKeyId;
    sandbox.aws.iam.createUser({ userName: OTHER_USER });
    const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    sandbox.aws.iam.putUserPolicy(OTHER_USER, 'all', document);
  });

  const prepareOthers: [string, () => Record<string, string | undefined>][] = [
    ['a role', () => ({})],
    ['the key of a secret', () => {
      sandbox.createAccessKey();
      return { ...managed, AccessKeyUserName: undefined, AccessKeySecretArn: ACCESS_KEY_ARN };
    }],
    ['the managed key of another secret', () => ({
      ...managed,
      AccessKeyUserName: OTHER_USER,
      AccessKeySecretArn: sandbox.aws.secrets.createSecret('immuta/other', '{}').arn,
    })],
  ];
  const state = () => readKeySecret(sandbox, managed.AccessKeySecretArn!);

  test.each(prepareOthers)('withholds the key, and deletes it when Immuta has %s', async (_, prepare) => {
    const whileSent: object[] = [];
    sandbox.immuta.faults.http({ method: 'PUT', run: () => void whileSent.push(state(), keys()) });

    const properties = prepare();
    expect(await sandbox.update({ properties, oldProperties: managed })).toMatchObject({ Status: 'SUCCESS' });
    expect(whileSent).toMatchObject([{ current: key, pending: 'no key' }, [{ accessKeyId: key }]]);
    expect(keys()).toEqual([]);
    expect(state()).toEqual({ current: 'no key', named: [], tags: {} });
  });

  test.each(prepareOthers)('keeps the key if Immuta refuses %s, and a rollback gives it again', async (_, prepare) => {
    const properties = prepare();
    sandbox.refuse('PUT', 400, 'No.', { times: 1 });

    expect(await sandbox.update({ properties, oldProperties: managed })).toMatchObject({ Status: 'FAILED' });
    expect(keys()).toMatchObject([{ accessKeyId: key }]);
    expect(sandbox.aws.iam.accessKeys(OTHER_USER)).toEqual([]);
    const rollback = { properties: managed, oldProperties: properties, event: { RequestId: 'rollback' } };
    expect(await sandbox.update(rollback)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toMatchObject([{ accessKeyId: key }]);
    expect(state()).toMatchObject({ current: key, named: [key] });
    expect(sandbox.integrations[0].config.awsAccessKeyId).toBe(key);
  });

  test.each(prepareOthers)('deletes the key if Immuta has %s, although the Update fails', async (_, prepare) => {
    sandbox.immuta.switches.ignoredByEdit = ['name'];
    const properties = { ...prepare(), IntegrationName: 'renamed' };

    expect(await sandbox.update({ properties, oldProperties: managed })).toMatchObject({ Status: 'FAILED' });
    expect(keys()).toEqual([]);
    expect(sandbox.integrations[0].config.awsAccessKeyId).not.toBe(key);
    const rollback = { properties: managed, oldProperties: properties, event: { RequestId: 'rollback' } };
    expect(await sandbox.update(rollback)).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toMatchObject([{ accessKeyId: sandbox.integrations[0].config.awsAccessKeyId }]);
  });

  test.each<[string, Record<string, string>]>([
    ['is in the tenant that the function called before', { TenantUrl: 'https://old.immutacloud.com' }],
    ['is not shown to the user of the API key', {}],
  ])('keeps the key when the integration %s', async (_, old) => {
    sandbox.immuta.integrations.delete('101'); // its location remains

    expect(await sandbox.update({ oldProperties: { ...managed, ...old } })).toMatchObject({ Status: 'FAILED' });
    expect(keys()).toMatchObject([{ accessKeyId: key }]);
    expect(state().current).toBe(key);
  });

  test('changes no label of the secret for an event that is not current any more', async () => {
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', ID, {
      resourceStatus: 'UPDATE_IN_PROGRESS', changedAfterMs: 30_000,
    });
    sandbox.immuta.changeByHand('101', { authenticationType: 'auto' });
    const before = state();

    expect((await sandbox.update({ oldProperties: managed })).Reason).toMatch(/\[OPERATION_NOT_CURRENT\]$/);
    expect(state()).toEqual(before);
    expect(keys()).toMatchObject([{ accessKeyId: key }]);
  });

  test('deletes the key when Immuta has one of another user in the same secret', async () => {
    const properties = { ...managed, AccessKeyUserName: OTHER_USER };

    expect(await sandbox.update({ properties, oldProperties: managed })).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([]);
    expect(sandbox.aws.iam.accessKeys(OTHER_USER)).toMatchObject([
      { accessKeyId: sandbox.integrations[0].config.awsAccessKeyId },
    ]);
  });

  test('keeps both keys in the same secret when Immuta refuses that of another user', async () => {
    sandbox.refuse('PUT', 400, 'No.', { times: 1 });
    const properties = { ...managed, AccessKeyUserName: OTHER_USER };

    expect(await sandbox.update({ properties, oldProperties: managed })).toMatchObject({ Status: 'FAILED' });
    expect(keys()).toMatchObject([{ accessKeyId: key }]);
    expect(state().current).toBe(key);
  });
});

describe('an Immuta that keeps the access key when it accepts another one', () => {
  let properties: Record<string, string | undefined>;
  beforeEach(async () => {
    expect(await update()).toMatchObject({ Status: 'SUCCESS' });
    sandbox.immuta.switches.ignoredByEdit = ['awsAccessKeyId', 'awsSecretAccessKey'];
    const { accessKeyId, secretAccessKey } = sandbox.aws.iam.createAccessKey(USER);
    const { arn } = sandbox.aws.secrets.createSecret('given', JSON.stringify({ accessKeyId, secretAccessKey }));
    properties = { ...managed, AccessKeyUserName: undefined, AccessKeySecretArn: arn };
  });
  const updateKey = () => sandbox.update({ properties, oldProperties: managed });

  test('fails an Update after which the integration has the key that it had before', async () => {
    expect((await updateKey()).Reason).toMatch(
      /does not show what was sent as 'awsAccessKeyId'\. .*\[UPDATE_IGNORED\]$/,
    );
  });

  test('ends an Update after which the integration has the key of a later run', async () => {
    const setLaterKey = () => {
      const record = sandbox.immuta.integrations.get('101')!;
      record.config = { ...record.config, awsAccessKeyId: 'AKIAOFALATERRUN00001' };
    };
    sandbox.immuta.faults.http({
      method: 'PUT', run: () => sandbox.clock.at(sandbox.clock.now() + 1_000, setLaterKey),
    });

    expect(await updateKey()).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.countImmutaCalls('PUT')).toBe(2);
  });
});
