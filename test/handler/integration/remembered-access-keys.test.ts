import { AwsError } from '../../sandbox/aws';
import { S3Config } from '../../sandbox/immuta';
import { ACCESS_KEY_ARN, CONFIG, HandlerSandbox, ID } from '../support/handler-sandbox';
import { prepareManagedKey } from '../support/managed-key';

/** Ends with a search for the key in all that the handler has written. */
let sandbox: HandlerSandbox;
let inClear: S3Config;
let message: string;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  const key = sandbox.createAccessKey();
  inClear = { ...HIDDEN, ...key };
  message = `InvalidClientTokenId: ${key.awsAccessKeyId} with ${key.awsSecretAccessKey}`;
});
afterEach(() => sandbox.close());

const PROPERTIES = { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: ACCESS_KEY_ARN };
const REDACTED = 'InvalidClientTokenId: [redacted] with [redacted]';

const HIDDEN: S3Config = { ...CONFIG, authenticationType: 'accessKey', awsRoleToAssume: undefined };

const properties = { properties: PROPERTIES };
/** Whose secret is gone, so that only the record tells. */
const withoutSecret = () => sandbox.aws.secrets.deleteSecret(ACCESS_KEY_ARN);
const hide = () => {
  sandbox.immuta.switches.omitsKeys = true;
};

describe.each([
  ['Immuta shows it, and the secret is gone', withoutSecret],
  ['Immuta does not show it', hide],
])('no reason and no log line has the access key where %s', (_, prepare) => {
  beforeEach(prepare);

  test('redacts the access key when a Delete fails later', async () => {
    await sandbox.addIntegration({ config: inClear });
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message });

    expect((await sandbox.delete(ID, properties)).Reason).toContain(`is 'deleteError'; ${REDACTED}`);
  });

  test('redacts the access key when a Delete is refused', async () => {
    sandbox.addRecord({ config: inClear });
    sandbox.refuse('DELETE', 400, JSON.stringify(inClear));

    expect((await sandbox.delete(ID, properties)).Reason).toContain('"awsSecretAccessKey":"[redacted]"');
  });

  test('redacts the access key when an Update finds a failed integration', async () => {
    sandbox.addRecord({ status: 'disabled', config: inClear, message });

    expect((await sandbox.update({ ...properties, oldProperties: { ...PROPERTIES, Revision: '1' } })).Reason).toContain(
      `is 'disabled'; ${REDACTED}`,
    );
  });

  test('redacts the access key when an Update to a role finds a failed integration', async () => {
    sandbox.addRecord({ status: 'disabled', config: inClear, message });

    expect((await sandbox.update({ oldProperties: PROPERTIES })).Reason).toContain(`is 'disabled'; ${REDACTED}`);
  });
});

test.each([
  ['shows', () => {}],
  ['does not show', hide],
])('redacts the access key when the next invocation sees a Create fail and Immuta %s it', async (_, prepare) => {
  prepare();
  sandbox.functionTimeoutMs = 120_000;
  sandbox.immuta.switches.durations.creating = 200_000;
  sandbox.immuta.faults.validation({ test: 1, on: 'create', asynchronously: true, message });

  expect((await sandbox.create(properties)).Reason).toContain(`failed: ${REDACTED}`);
  expect(sandbox.countAwsCalls('Invoke')).toBeGreaterThan(0);
});

test.each([
  ['is gone', 'ResourceNotFoundException'],
  ['may not be read', 'AccessDeniedException'],
])('deletes when the secret of the access key %s, and does not wait for it', async (_, code) => {
  const begin = sandbox.clock.now();
  await sandbox.addIntegration({ config: inClear });
  hide();
  sandbox.aws.route('secretsmanager', async (request, next) => {
    if (request.input.SecretId === ACCESS_KEY_ARN) throw new AwsError(400, code, 'no');
    return next(request);
  });

  expect(await sandbox.delete(ID, properties)).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.clock.now() - begin).toBeLessThan(30_000);
});

describe('a managed access key that Immuta quotes and does not show', () => {
  let managed: Record<string, string | undefined>;
  beforeEach(async () => {
    managed = prepareManagedKey(sandbox);
    hide();
    expect(await sandbox.create({ properties: managed })).toMatchObject({ Status: 'SUCCESS' });
    const { awsAccessKeyId, awsSecretAccessKey } = sandbox.integrations[0].config;
    message = `InvalidClientTokenId: ${awsAccessKeyId} with ${awsSecretAccessKey}`;
  });

  test('is redacted when a Delete fails', async () => {
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message });

    const { Reason } = await sandbox.delete(ID, { properties: managed });
    expect(Reason).toMatch(/InvalidClientTokenId: .* with \[redacted\]/);
  });

  test('is redacted when an Update to a role finds a failed integration', async () => {
    Object.assign(sandbox.integrations[0], { status: 'disabled', message });

    const { Reason } = await sandbox.update({ oldProperties: managed });
    expect(Reason).toMatch(/InvalidClientTokenId: .* with \[redacted\]/);
  });
});

test('does not redact a masked access key', async () => {
  await sandbox.addIntegration({ config: inClear });
  const masked = { ...inClear, awsSecretAccessKey: 'e' };
  sandbox.immuta.faults.http({ method: 'GET', behaviour: 'rewrite', set: { config: masked }, times: Infinity });
  sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message: 'See there.' });

  expect((await sandbox.delete(ID, properties)).Reason).toContain('See there. ');
});

test('redacts neither the access keys of other records nor words that are no keys', async () => {
  const words = 'integration, deleteError, AKIAIOSFODNN7EXAMPLE';
  const other = { ...HIDDEN, name: 'other', awsLocationPath: 's3://other/', awsAccessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
  sandbox.immuta.addRecord({ id: '7', config: other });
  sandbox.addRecord({ status: 'disabled', config: inClear, message: words });
  const set = { config: { ...inClear, awsAccessKeyId: 'integration' } };
  sandbox.immuta.faults.http({ method: 'GET', path: /101/, behaviour: 'rewrite', set, times: Infinity });

  expect(
    (await sandbox.update({ ...properties, oldProperties: { ...PROPERTIES, Revision: '1' } })).Reason,
  ).toContain(`integration 101 is 'disabled'; ${words}`);
});
