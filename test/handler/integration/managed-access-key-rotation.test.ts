import { isRotationEvent } from '../../../src/handler/integration/rotation';
import { AwsError } from '../../sandbox/aws';
import { CONFIG, HandlerSandbox, OTHER_ROLE } from '../support/handler-sandbox';
import { prepareManagedKey, readKeySecret, rotateStep, USER } from '../support/managed-key';

// which key Immuta is given in a rotation, and which is deleted; whole stacks: test/lifecycle

const TOKEN = 'c1b2c3d4-0000-4000-8000-00000000000a';
const NEXT_TOKEN = 'c1b2c3d4-0000-4000-8000-00000000000b';
const BY_HAND = 'AKIA0123456789ABCDEF';
let sandbox: HandlerSandbox;
let properties: Record<string, string | undefined>;
/** The key of the deployment. */
let before: string;

beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  properties = prepareManagedKey(sandbox);
  expect(await sandbox.create({ properties })).toMatchObject({ Status: 'SUCCESS' });
  before = held();
});
afterEach(() => sandbox.close());

const record = () => sandbox.immuta.integrations.get('101')!;
const held = () => record().config.awsAccessKeyId!;
const keys = () => sandbox.aws.iam.accessKeys(USER).map(({ accessKeyId }) => accessKeyId);
const state = () => readKeySecret(sandbox, properties.AccessKeySecretArn!);
const step = (Step: string, ClientRequestToken = TOKEN) =>
  rotateStep(sandbox, { Step, SecretId: properties.AccessKeySecretArn!, ClientRequestToken });

/** Secrets Manager creates a version without a value. */
const start = (token = TOKEN) => sandbox.aws.secrets.startRotation(properties.AccessKeySecretArn!, token);
const TAGS = {
  'cdk-immuta-s3-integration:integration-id': '101',
  'cdk-immuta-s3-integration:tenant': expect.stringMatching(/^[0-9a-f]{12}$/),
};

async function startRotation(): Promise<string> {
  start();
  await step('createSecret');
  return keys().find((id) => id !== before)!;
}

async function rotate(): Promise<void> {
  for (const each of ['setSecret', 'testSecret', 'finishSecret']) await step(each);
}

/** Values of the metric of failed rotations. */
const metrics = () =>
  sandbox.log.map((line) => JSON.parse(line)).filter(({ _aws }) => _aws).map((line) => line.KeyRotationFailed);

async function measure(run: () => Promise<unknown>): Promise<number> {
  const begin = sandbox.clock.now();
  await run();
  return sandbox.clock.now() - begin;
}

test('rotates the key in a tenant that has another URL, after a deployment', async () => {
  const previous = sandbox.environment.IMMUTA_URL!;
  const next = previous.replace('127.0.0.1', 'localhost');
  expect(next).not.toBe(previous);
  sandbox.environment = { ...sandbox.environment, IMMUTA_URL: next };
  start();
  await expect(step('createSecret')).rejects.toThrow(/\[ROTATION_IN_OTHER_TENANT\]$/);

  const deployed = await sandbox.update({ properties, oldProperties: { ...properties, TenantUrl: previous } });
  expect(deployed).toMatchObject({ Status: 'SUCCESS' });
  await step('createSecret');
  await rotate();
  expect(held()).not.toBe(before);
  expect(keys()).toEqual([held()]);
});

function expectRotatedTo(next: string): void {
  expect(held()).toBe(next);
  expect(keys()).toEqual([next]);
  expect(state()).toEqual({ current: next, named: [next], tags: TAGS });
}

describe('a rotation', () => {
  test('gives Immuta another key, changes nothing else, and deletes the key before', async () => {
    record().config = { ...record().config, name: 'renamed by hand' };
    const { awsAccessKeyId: _id, awsSecretAccessKey: _secret, ...config } = record().config;
    const next = await startRotation();
    await step('setSecret');
    expect(held()).toBe(next);
    expect(keys()).toEqual([before, next]);
    await step('testSecret');
    expect(state()).toMatchObject({ current: before, pending: next });
    expect(metrics()).toEqual([0]); // of the deployment
    await step('finishSecret');

    expectRotatedTo(next);
    expect(record().config).toMatchObject(config);
    expect(sandbox.countImmutaCalls('PUT')).toBe(1);
    expect(metrics()).toEqual([0, 0]);
  });

  test('sends the key once and deletes once when each step is repeated', async () => {
    const next = await startRotation();
    for (const each of ['createSecret', 'setSecret', 'setSecret', 'testSecret', 'finishSecret', 'finishSecret']) {
      await step(each);
    }

    expectRotatedTo(next);
    expect(sandbox.countImmutaCalls('PUT')).toBe(1);
    expect(sandbox.countAwsCalls('DeleteAccessKey')).toBe(1);
  });

  test.each(['masksKeys', 'omitsKeys'] as const)('succeeds when Immuta %s', async (how) => {
    sandbox.immuta.switches[how] = true;
    const next = await startRotation();
    await step('setSecret');
    sandbox.clock.advance(60_000);

    expect(await measure(() => step('testSecret'))).toBe(60_000); // a read may be that old
    await step('finishSecret');
    expectRotatedTo(next);
  });

  test('tests a shown key without a wait', async () => {
    await startRotation();
    await step('setSecret');
    sandbox.clock.advance(60_000);

    expect(await measure(() => step('testSecret'))).toBe(0);
  });

  test('keeps both keys until an update of the integration ends', async () => {
    const next = await startRotation();
    sandbox.immuta.switches.durations.editing = 120_000;
    await step('setSecret');
    expect(record().status).toBe('editing');
    await step('testSecret');

    expect(record().status).toBe('enabled');
    expect(keys()).toEqual([before, next]);
    await step('finishSecret');
    expectRotatedTo(next);
  });

  test('keeps both keys, and rotates with the same one later, when the update ends in an error', async () => {
    sandbox.immuta.faults.transition({ from: 'editing', to: 'editError', message: 'Scripted failure' });
    const next = await startRotation();
    await step('setSecret');

    const failure = /is 'editError' \(Scripted failure\).*\[ROTATION_INTEGRATION_NOT_READY\]$/;
    await expect(step('testSecret')).rejects.toThrow(failure);
    await expect(step('finishSecret')).rejects.toThrow(failure);
    expect(keys()).toEqual([before, next]);
    expect(state()).toMatchObject({ current: before, pending: next });
    expect(metrics()).toEqual([0, 1, 1]);
    await rotate();
    expectRotatedTo(next);
  });

  test('keeps both keys when Immuta refuses the update', async () => {
    sandbox.refuse('PUT', 400, 'No.');
    const next = await startRotation();

    await expect(step('setSecret')).rejects.toThrow(/No/);
    expect(held()).toBe(before);
    expect(keys()).toEqual([before, next]);
  });

  test('fails when the function may still not create a key after three minutes', async () => {
    sandbox.aws.route('iam', async (request, next) => {
      if (request.operation === 'CreateAccessKey') throw new AwsError(403, 'AccessDenied', 'no');
      return next(request);
    });
    start();
    const waited = await measure(() => expect(step('createSecret')).rejects.toThrow(/\[AWS_ACCESS_DENIED\]$/));

    expect(waited).toBeGreaterThanOrEqual(180_000);
    expect(waited).toBeLessThan(200_000); // the pauses of an attempt are 20 seconds
    expect(keys()).toEqual([before]);
  });

  test('waits until Immuta has carried out an update that is under way', async () => {
    const next = await startRotation();
    record().status = 'editing';
    sandbox.clock.at(sandbox.clock.now() + 60_000, () => {
      record().status = 'enabled';
    });
    await rotate();

    expectRotatedTo(next);
  });

  test('sends the configuration that an update writes during the wait before the key is sent', async () => {
    const next = await startRotation();
    sandbox.clock.at(sandbox.clock.now() + 20_000, () => {
      record().config = { ...record().config, awsLocationRole: OTHER_ROLE };
    });
    await rotate();

    expect(record().config.awsLocationRole).toBe(OTHER_ROLE);
    expectRotatedTo(next);
  });

  test('sends the key again when Immuta has it, but is not enabled', async () => {
    const next = await startRotation();
    await step('setSecret');
    record().status = 'editError';
    await rotate();

    expect(sandbox.countImmutaCalls('PUT')).toBe(2);
    expectRotatedTo(next);
  });
});

describe('a rotation changes nothing in Immuta', () => {
  afterEach(() => expect(sandbox.countImmutaCalls('PUT')).toBe(0));

  test('when the integration has an access key that another owner gave it', async () => {
    const next = await startRotation();
    record().config = { ...record().config, awsAccessKeyId: BY_HAND, awsSecretAccessKey: 'by-hand' };

    await expect(step('setSecret')).rejects.toThrow(
      /it has an access key that this stack did not create\. .*\[ROTATION_INTEGRATION_NOT_READY\]$/,
    );
    expect(held()).toBe(BY_HAND);
    expect(keys()).toEqual([before, next]);
  });

  test('when the integration has a role', async () => {
    await startRotation();
    record().config = CONFIG;

    await expect(step('setSecret')).rejects.toThrow(
      /it is 'enabled' with authenticationType 'auto'\. .*\[ROTATION_INTEGRATION_NOT_READY\]$/,
    );
  });

  test.each(['setSecret', 'testSecret', 'finishSecret'])('in %s when the integration is gone', async (each) => {
    const next = await startRotation();
    sandbox.removeIntegration('101');

    await expect(step(each)).rejects.toThrow(/101: it does not exist\. .*\[ROTATION_INTEGRATION_NOT_READY\]$/);
    expect(keys()).toEqual([before, next]);
  });

  test('when Secrets Manager tests a schedule', async () => {
    start();
    await step('testSecret');
    await step('finishSecret');

    await expect(step('setSecret')).rejects.toThrow(/\[ROTATION_NOT_POSSIBLE\]$/);
    expect(keys()).toEqual([before]);
    expect(state()).toMatchObject({ current: before, pending: 'no value' });
  });

  test.each(['setSecret', 'testSecret', 'finishSecret'])('in %s of a rotation that another replaced', async (each) => {
    await startRotation();
    start(NEXT_TOKEN);

    await expect(step(each)).rejects.toThrow(/\[ROTATION_ABANDONED\]$/);
    expect(keys()).toHaveLength(2);
  });
});

describe('a rotation after a person has removed AWSPENDING from the key of the one before', () => {
  let first: string;

  beforeEach(async () => {
    first = await startRotation();
  });

  function startNext(): void {
    sandbox.aws.secrets.moveLabel(properties.AccessKeySecretArn!, 'AWSPENDING', TOKEN, undefined);
    start(NEXT_TOKEN);
  }

  test.each<[string, () => void]>([
    ['shows it', () => {}],
    ['masks keys', () => void Object.assign(sandbox.immuta.switches, { masksKeys: true })],
  ])('keeps that key when Immuta has it and %s, until a deployment has sent the current one', async (_, prepare) => {
    prepare();
    await step('setSecret');
    startNext();

    await expect(step('createSecret', NEXT_TOKEN)).rejects.toThrow(
      /101: it does not show the current access key .*Change 'revision' .*\[ROTATION_INTEGRATION_NOT_READY\]$/,
    );
    expect(held()).toBe(first);
    expect(keys()).toEqual([before, first]);

    const answer = await sandbox.update({ properties: { ...properties, Revision: '2' }, oldProperties: properties });
    expect(answer).toMatchObject({ Status: 'SUCCESS' });
    expect(keys()).toEqual([before]);
    for (const each of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) await step(each, NEXT_TOKEN);
    expectRotatedTo(keys()[0]);
    expect(held()).not.toBe(before);
  });

  test('deletes that key when Immuta shows the current one, and creates another one', async () => {
    startNext();
    await step('createSecret', NEXT_TOKEN);

    expect(keys()).toEqual([before, expect.not.stringMatching(first)]);
    expect(held()).toBe(before);
  });
});

test('reports an integration that is deleted while the rotation sends its key', async () => {
  const next = await startRotation();
  sandbox.immuta.faults.http({ method: 'PUT', run: () => sandbox.removeIntegration('101') });

  await expect(step('setSecret')).rejects.toThrow(/101: it does not exist\. .*\[ROTATION_INTEGRATION_NOT_READY\]$/);
  expect(keys()).toEqual([before, next]);
});

test('sends nothing after another update has replaced the key of the rotation', async () => {
  await startRotation();
  sandbox.refuse('PUT', 503, 'Down.', {
    times: 1,
    run: () => void sandbox.aws.secrets.putSecretValue(
      properties.AccessKeySecretArn!, '{"withheld":true}', { labels: ['AWSPENDING'] },
    ),
  });

  await expect(step('setSecret')).rejects.toThrow(/\[ROTATION_ABANDONED\]$/);
  expect(sandbox.countImmutaCalls('PUT')).toBe(1);
  expect(held()).toBe(before);
});

test.each<[unknown, boolean]>([
  [{ Step: 'createSecret', SecretId: 'arn', ClientRequestToken: TOKEN }, true],
  [{ Step: 'createSecret', SecretId: 'arn' }, false],
  [{ SecretId: 'arn', ClientRequestToken: TOKEN }, false],
  [{ Step: 'createSecret', SecretId: 7, ClientRequestToken: TOKEN }, false],
  [{ RequestType: 'Create' }, false],
  [undefined, false],
])('%j is an event of a rotation: %p', (event, expected) => {
  expect(isRotationEvent(event)).toBe(expected);
});
