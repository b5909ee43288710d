import { HandlerSandbox } from '../support/handler-sandbox';
import { prepareManagedKey, USER } from '../support/managed-key';

// which keys a failed Update deletes that was to give the integration a managed key

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

  test('is kept when Immuta carries out an update whose responses are lost, and shows it within a minute', async () => {
    sandbox.immuta.switches.readLag.get.edit = 50_000;
    sandbox.immuta.faults.http({ method: 'PUT', behaviour: 'lose' });
    sandbox.refuse('PUT', 400, 'No.');

    expect(await update()).toMatchObject({ Status: 'FAILED' });
    expect(sandbox.integrations[0].config.awsAccessKeyId).toBe(keys()[0].accessKeyId);
  });
});

test('records the key as current when another invocation ends the Update', async () => {
  sandbox.immuta.switches.durations.editing = 15 * 60_000;

  expect(await update()).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.countAwsCalls('Invoke')).toBe(1);
  expect(sandbox.countImmutaCalls('PUT')).toBe(1);
  const { value } = sandbox.aws.secrets.secret(managed.AccessKeySecretArn!).find('AWSCURRENT')!;
  expect(JSON.parse(value as string)).toMatchObject({ accessKeyId: keys()[0].accessKeyId });
});

test('fails an Update when Immuta accepts another access key and keeps the one before', async () => {
  expect(await update()).toMatchObject({ Status: 'SUCCESS' });
  sandbox.immuta.switches.ignoredByEdit = ['awsAccessKeyId', 'awsSecretAccessKey'];
  const { accessKeyId, secretAccessKey } = sandbox.aws.iam.createAccessKey(USER);
  const { arn } = sandbox.aws.secrets.createSecret('given', JSON.stringify({ accessKeyId, secretAccessKey }));
  const properties = { ...managed, AccessKeyUserName: undefined, AccessKeySecretArn: arn };
  const { Reason } = await sandbox.update({ properties, oldProperties: managed });

  expect(Reason).toMatch(/does not show what was sent as 'awsAccessKeyId'\. .*\[UPDATE_IGNORED\]$/);
});
