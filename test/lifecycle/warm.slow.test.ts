import { Duration, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  changes,
  expectNothingLeft,
  failure,
  lake,
  LakeOptions,
  locations,
  shortAnswers,
  STACK_NAME,
  tenantOf,
  useSandbox,
} from './fixture';
import { deployKeys, expectInOrder, heldKey } from './keys';
import { ImmutaAuthentication, ImmutaS3Integration, S3Location } from '../../src';
import { DEFAULT_API_KEY } from '../sandbox/immuta';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const sandbox = useSandbox();

/** Whether each event found a process that had run one before. */
const starts = () => sandbox.current.lambda.invocations.map(({ isColdStart }) => isColdStart ? 'cold' : 'warm');
const update = (revision: string, options: LakeOptions = {}) => sandbox.current.deploy(lake(sandbox.current, {
  ...options,
  props: (stack) => ({ revision, ...options.props?.(stack) }),
}));

/** Changes Immuta's API key, as its secret and Immuta know it. */
function rotateApiKey(from: string, to: string): void {
  sandbox.current.immuta.apiKeys.delete(from);
  sandbox.current.immuta.apiKeys.set(to, ['APPLICATION_ADMIN']);
  sandbox.current.aws.secrets.putSecretValue('immuta/api-key', to);
}

/** Each line of the log names the event that wrote it, and counts from its beginning. */
afterEach(() => {
  for (const { event, startedAt, endedAt, output } of sandbox.current.lambda.invocations.filter(
    (each) => each.event.RequestType,
  )) {
    const lines = output
      .split('\n')
      .filter((line) => line.startsWith('{"level"'))
      .map((line) => JSON.parse(line));
    const { StackId: stack, LogicalResourceId: logicalId, RequestId: requestId, RequestType: requestType } = event;
    const hop = event.Continuation?.hop ?? 0;
    lines.forEach((line) => expect(line).toMatchObject({ stack, logicalId, requestId, requestType, hop }));
    expect(lines[0]).toMatchObject({ step: 'received', elapsedMs: 0 });
    expect(lines.at(-1).elapsedMs).toBe(endedAt! - startedAt);
  }
});

test('reads the API key again with each event', async () => {
  await update('1');
  rotateApiKey(DEFAULT_API_KEY, 'another-key');
  const before = sandbox.current.immuta.requests.length;

  expect(await update('2')).toMatchObject({ status: 'UPDATE_COMPLETE' });

  const keys = sandbox.current.immuta.requests.slice(before).map(({ headers }) => headers.authorization);
  expect(new Set(keys)).toEqual(new Set(['another-key']));
  await expectNothingLeft(sandbox.current);
  expect(starts()).toEqual(['cold', 'warm', 'warm']);
});

test('redacts the secrets of its own event and none of an event before it', async () => {
  const refuseQuoting = (text: string) =>
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', message: `not with ${text}` });
  // with a slash escaped, as some JSON has it: the sandbox does not take that for the key itself, and would find a leak
  // of the key
  rotateApiKey(DEFAULT_API_KEY, 'first/key');
  await update('1');
  refuseQuoting('first\\/key');
  expect(failure(await update('2'))).toContain('not with [redacted]');

  rotateApiKey('first/key', 'second/key');
  refuseQuoting('first\\/key and second\\/key');
  expect(failure(await update('3'))).toContain('not with first\\/key and [redacted]');

  expect(starts()).toEqual(['cold', 'warm', 'warm', 'warm', 'warm']);
});

test('gives an event its own time after one that continued in another run', async () => {
  sandbox.current.immuta.switches.durations.creating = 20 * MINUTE;
  await update('1');
  await sandbox.current.scheduler.sleep(10 * MINUTE);
  sandbox.current.immuta.switches.durations.editing = 12 * MINUTE;

  expect(await update('2')).toMatchObject({ status: 'UPDATE_COMPLETE' });

  const { invocations } = sandbox.current.lambda;
  expect(invocations.map(({ event }) => [event.RequestType, event.Continuation?.hop])).toEqual([
    ['Create', undefined],
    ['Create', 1],
    ['Create', 2],
    ['Update', undefined],
    ['Update', 1],
  ]);
  expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
  expect(starts()).toEqual(['cold', 'warm', 'warm', 'warm', 'warm']);
});

test('gives an event its own time after one that timed out', async () => {
  sandbox.current.immuta.switches.durations.deleting = 19 * MINUTE;
  await update('1', { props: () => ({ timeout: Duration.minutes(10) }) });
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_FAILED' });

  await expectNothingLeft(sandbox.current);

  expect(starts()).toEqual(['cold', 'warm', 'warm', 'warm', 'warm']);
});

test('creates after a failed Create without knowing its record', async () => {
  sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true });
  expect(await sandbox.current.deploy(lake(sandbox.current), { disableRollback: true })).toMatchObject({
    status: 'CREATE_FAILED',
  });

  expect(await update('2')).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '102' } });

  await expectNothingLeft(sandbox.current);
  expect(starts().slice(1)).not.toContain('cold');
});

test('runs the events of two integrations in turn, each for its own', async () => {
  sandbox.current.aws.buckets.createBucket('hr-lake');
  const andHr = (revision: string) => (stack: Stack, salesLake: ImmutaS3Integration) => {
    const hrLake = new ImmutaS3Integration(stack, 'HrLake', {
      tenant: tenantOf(stack),
      integrationName: 'hr',
      revision,
      location: S3Location.bucket(Bucket.fromBucketName(stack, 'Hr', 'hr-lake')),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
      }),
    });
    hrLake.node.addDependency(salesLake);
  };
  const props = () => ({ integrationName: 'sales' });
  await update('1', { and: andHr('1'), props });
  sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', after: 1 });

  // the second one is refused, so that both are put back
  expect(await update('2', { and: andHr('2'), props })).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

  expect(
    [...sandbox.current.immuta.integrations.values()].map(({ id, status, config }) => [
      id,
      status,
      config.name.split('-')[0],
      config.awsLocationPath,
    ]),
  ).toEqual([
    ['101', 'enabled', 'sales', 's3://sales-lake/'],
    ['102', 'enabled', 'hr', 's3://hr-lake/'],
  ]);
  expect(shortAnswers(sandbox.current).map((answer) => answer.replace('immuta-s3-integration/', ''))).toEqual([
    'SUCCESS 101', 'SUCCESS 102', 'SUCCESS 101', 'FAILED 102', 'SUCCESS 101', 'SUCCESS 102',
  ]);
  expect(locations(sandbox.current).map(({ scope }) => scope).sort()).toEqual(['s3://hr-lake/', 's3://sales-lake/']);
  await expectNothingLeft(sandbox.current);
  expect(starts().slice(1)).not.toContain('cold');
});

test('rotates a managed access key between two updates', async () => {
  await deployKeys(sandbox.current, { props: { revision: '1' } });
  const first = heldKey(sandbox.current);
  await sandbox.current.rotate();
  const second = heldKey(sandbox.current);
  await deployKeys(sandbox.current, { props: { revision: '2' } });
  await sandbox.current.rotate();

  expect(new Set([first, second, heldKey(sandbox.current)]).size).toBe(3);
  expectInOrder(sandbox.current);
  expect(starts().slice(1)).not.toContain('cold');
});

test('handles an event when credentials and process of the events before have expired', async () => {
  await update('1');
  await sandbox.current.scheduler.sleep(13 * HOUR);

  expect(await update('2')).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(starts()).toEqual(['cold', 'cold']);
});

test('handles events with the credentials of the process as long as that lives', async () => {
  await update('1');
  await sandbox.current.scheduler.sleep(1.5 * HOUR);

  expect(await update('2')).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(starts()).toEqual(['cold', 'warm']);
});

test('sends each request once when connections were closed while the process was frozen', async () => {
  await update('1');
  await sandbox.current.immuta.stop();
  await sandbox.current.immuta.listen();
  const before = sandbox.current.immuta.requests.length;

  expect(await update('2')).toMatchObject({ status: 'UPDATE_COMPLETE' });

  const [, updated] = sandbox.current.lambda.invocations;
  expect(updated.isColdStart).toBe(false);
  expect(updated.output).not.toContain('request-again');
  expect(sandbox.current.immuta.requests.slice(before).filter(({ method }) => method === 'PUT')).toHaveLength(1);
});
