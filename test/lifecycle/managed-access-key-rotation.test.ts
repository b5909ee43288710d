import { changes, deployTenant, useSandbox } from './fixture';
import { deployKeys, expectNothingLeft, heldKey, KeyLakeOptions, keysIn, keyStates, recordOf, watchKeys } from './keys';

const sandbox = useSandbox();
let expectKeysWereGood: () => void;

beforeEach(() => {
  expectKeysWereGood = watchKeys(sandbox.current);
  sandbox.current.aws.iam.createUser({ userName: 'immuta' });
});
afterEach(() => expectKeysWereGood());

const deploy = (options: KeyLakeOptions = {}) => deployKeys(sandbox.current, { userName: 'immuta', ...options });

/** The metric, as CloudWatch reads it from the log. */
function metrics(): { failed: number; dimensions: object }[] {
  return sandbox.current.lambda.invocations.flatMap(({ output }) => output.split('\n')).filter((line) => line.includes('"_aws"')).map((line) => {
    const { _aws: { Timestamp, CloudWatchMetrics: [directive] }, KeyRotationFailed: failed, ...dimensions } = JSON.parse(line);
    expect(Timestamp).toEqual(expect.any(Number));
    expect(directive).toEqual({ Namespace: 'ImmutaS3Integration', Dimensions: [['IntegrationId']], Metrics: [{ Name: 'KeyRotationFailed', Unit: 'Count' }] });
    return { failed, dimensions };
  });
}

const lastOutput = () => sandbox.current.lambda.invocations.at(-1)!.output;

test('a rotation brings another key, answers nobody, and says in a metric that it went well', async () => {
  await deploy({ props: { integrationName: 'sales' } });
  const before = structuredClone(recordOf(sandbox.current));
  const { length } = sandbox.current.responses.answers;

  await sandbox.current.rotate();

  expect(heldKey(sandbox.current)).not.toBe(before.config.awsAccessKeyId);
  expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { name: before.config.name, awsLocationRole: before.config.awsLocationRole } });
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(keyStates(sandbox.current, 'immuta')).toEqual(['held']);
  expect(metrics()).toEqual([{ failed: 0, dimensions: { IntegrationId: '101' } }]);
  expect(sandbox.current.responses.answers).toHaveLength(length);
  await expectNothingLeft(sandbox.current);
});

test('a rotation keeps the version that the key is for, which its rule does not know', async () => {
  await deploy({ props: { credentialsVersion: '2<"' } });
  const version = () => [...sandbox.current.aws.iam.userTags('immuta').values()].map((tag) => tag.split(' ')[3]);
  const before = version();

  await sandbox.current.rotate();

  expect(metrics().map(({ failed }) => failed)).toEqual([0]);
  expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
  expect(version()).toEqual(before);
});

test('the same event delivered again brings no other key', async () => {
  await deploy();
  await sandbox.current.rotate('one');
  const key = heldKey(sandbox.current);

  await sandbox.current.rotate('one');
  expect(heldKey(sandbox.current)).toBe(key);
  expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);

  await sandbox.current.rotate('another');
  expect(heldKey(sandbox.current)).not.toBe(key);
  expect(metrics().map(({ failed }) => failed)).toEqual([0, 0, 0]);
});

test('two rotations at once bring one key after the other', async () => {
  await deploy();
  sandbox.current.eventBridge.fire('one');

  await sandbox.current.rotate('another');

  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(metrics().map(({ failed }) => failed)).toEqual([0, 0]);
  await expectNothingLeft(sandbox.current);
});

test('a rotation leaves the key alone that another one is still trying to send', async () => {
  await deploy();
  const { clock, eventBridge, immuta } = sandbox.current;
  immuta.faults.http({ method: 'PUT', behaviour: 'answer', answer: { status: 503 }, times: 12 });
  clock.at(clock.now() + 60_000, () => eventBridge.fire());

  await sandbox.current.rotate();

  expect(metrics().map(({ failed }) => failed)).toEqual([0, 0]);
  expect(sandbox.current.aws.requests.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(3);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
});

test('what another run has changed a moment before is not taken for useless', async () => {
  await deploy();
  const { aws, immuta } = sandbox.current;
  const record = recordOf(sandbox.current);
  let lists = 0;
  aws.route('iam', async (request, next) => {
    if (request.operation === 'ListAccessKeys' && ++lists === 2) {
      // as the other run leaves it when Immuta has its key, and it has not deleted the old one yet
      const { accessKeyId, secretAccessKey } = aws.iam.createAccessKey('immuta');
      const [[, tag]] = aws.iam.userTags('immuta');
      aws.iam.tagUser('immuta', { [`cdk-immuta-s3-integration:${accessKeyId}`]: tag.replace('held', 'accepted') });
      immuta.integrations.get('101')!.config = { ...record.config, awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey };
    }
    return next(request);
  });

  await sandbox.current.rotate();

  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(metrics().map(({ failed }) => failed)).toEqual([0]);
});

test('a rotation that Immuta refuses leaves the key that it has, and says so', async () => {
  await deploy();
  const before = heldKey(sandbox.current);
  sandbox.current.immuta.faults.validation({ test: 2, on: 'edit' });

  await sandbox.current.rotate();

  expect(heldKey(sandbox.current)).toBe(before);
  expect(keysIn(sandbox.current)).toEqual([before]);
  expect(metrics()).toEqual([{ failed: 1, dimensions: { IntegrationId: '101' } }]);
  expect(lastOutput()).toMatch(/"step":"failed".*Scripted failure of test 2/);
  await sandbox.current.rotate();
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(heldKey(sandbox.current)).not.toBe(before);
});

test('a rotation that Immuta takes and does not make fails, and leaves the key that it has', async () => {
  await deploy();
  const before = heldKey(sandbox.current);
  sandbox.current.immuta.switches.ignoredByEdit = ['awsAccessKeyId', 'awsSecretAccessKey'];

  await sandbox.current.rotate();

  expect(heldKey(sandbox.current)).toBe(before);
  expect(metrics().map(({ failed }) => failed)).toEqual([1]);
  expect(lastOutput()).toContain('does not show what was sent as \'awsAccessKeyId\'');
  await expectNothingLeft(sandbox.current);
});

test('a rotation while CloudFormation changes the integration waits, and its own change comes after', async () => {
  await deploy();
  sandbox.current.immuta.switches.durations.editing = 120_000;
  const { clock, eventBridge } = sandbox.current;
  clock.at(clock.now() + 30_000, () => eventBridge.fire());

  expect(await deploy({ props: { integrationName: 'marketing' } })).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(recordOf(sandbox.current)).toMatchObject({ status: 'enabled', config: { name: expect.stringMatching(/^marketing-/) } });
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(metrics()).toHaveLength(1);
  await expectNothingLeft(sandbox.current);
});

test('a rotation that takes longer than one run goes on in the next, with one key', async () => {
  await deploy();
  sandbox.current.immuta.switches.durations.editing = 1_200_000;

  await sandbox.current.rotate();

  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
  expect(metrics().map(({ failed }) => failed)).toEqual([0]);
});

test('a rotation of an integration that is gone ends quietly', async () => {
  const tenant = await deployTenant(sandbox.current);
  await deploy({ tenant });
  const rules = new Map(sandbox.current.eventBridge.rules);
  const permissions = [...sandbox.current.eventBridge.permissions];
  await sandbox.current.destroy('Lake');
  expect(sandbox.current.eventBridge.rules.size).toBe(0);
  rules.forEach((rule, name) => sandbox.current.eventBridge.rules.set(name, rule));
  permissions.forEach((permission) => sandbox.current.eventBridge.permissions.add(permission));

  await sandbox.current.rotate();

  expect(metrics()).toEqual([{ failed: 0, dimensions: { IntegrationId: '101' } }]);
  expect(keysIn(sandbox.current)).toEqual([]);
});

test('a rotation does not undo what a deployment has just changed, nor what somebody changed in Immuta', async () => {
  await deploy();
  const before = heldKey(sandbox.current);
  recordOf(sandbox.current).config = { ...recordOf(sandbox.current).config, awsLocationRole: 'arn:aws:iam::111122223333:role/another' };

  await sandbox.current.rotate();

  expect(heldKey(sandbox.current)).toBe(before);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  expect(metrics().map(({ failed }) => failed)).toEqual([1]);
  expect(lastOutput()).toContain('is not what its stack has made of it');
});

test('a rotation of keys that the integration does not have any more makes none', async () => {
  await deploy();
  const { eventBridge, aws } = sandbox.current;
  const [[name, rule]] = eventBridge.rules;
  aws.iam.createUser({ userName: 'other' });
  await deploy({ userName: 'other' });
  const before = heldKey(sandbox.current);
  eventBridge.rules.set(name, rule); // as it was when the stack was deployed first

  await sandbox.current.rotate();

  expect(heldKey(sandbox.current)).toBe(before);
  expect(aws.iam.accessKeys('immuta')).toEqual([]);
  expect(metrics().map(({ failed }) => failed)).toEqual([1]);
});

test('a rotation that dies is done by its next run', async () => {
  await deploy();
  sandbox.current.lambda.crashes.push(/"step":"put"/);

  await sandbox.current.rotate();

  expect(sandbox.current.lambda.invocations.filter(({ error }) => error)).toHaveLength(1);
  expect(keysIn(sandbox.current)).toEqual([heldKey(sandbox.current)]);
  expect(metrics().map(({ failed }) => failed)).toEqual([0]);
  await expectNothingLeft(sandbox.current);
});
