import { BUSY, expectSuccessDespite, FAULTS, OPERATIONS } from './aws-faults';
import { AwsError, s3ControlOperation } from '../../sandbox/aws';
import {
  anotherOwner,
  IDENTITY_CENTER,
  instanceState,
  onCall,
  writeCalls,
} from '../../support/access-grants-instance';
import { expectNothingLeft, InstanceSandbox } from '../support/instance-sandbox';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const MINUTE = 60_000;
const NONE = new AwsError(404, 'AccessGrantsInstanceNotExistsError', 'There is none');

// each operation with one of the faults; with all of them: aws-errors.slow.test.ts
test.each(OPERATIONS.map((operation, i) => [operation, ...FAULTS[i % FAULTS.length]] as const))(
  'ends in the same way when %s %s',
  (operation, _, fault) => expectSuccessDespite(sandbox, operation, fault),
);

test.each([
  ['GetAccessGrantsInstance', 'is denied', new AwsError(403, 'AccessDenied', 'Access Denied by an SCP')],
  ['CreateAccessGrantsInstance', 'is denied', new AwsError(403, 'AccessDenied', 'Access Denied by an SCP')],
  ['AssociateAccessGrantsIdentityCenter', 'is denied', new AwsError(403, 'AccessDenied', 'Access Denied by an SCP')],
  ['CreateAccessGrantsInstance', 'is throttled', BUSY],
])('fails in minutes with the text of AWS when %s permanently %s', async (operation, _, error) => {
  const repair = onCall(sandbox, operation, { error, times: Infinity });
  const start = sandbox.clock.now();

  const outcome = await sandbox.deploy(IDENTITY_CENTER);

  // Without a read, the rollback cannot know what to delete.
  const rollback = operation === 'GetAccessGrantsInstance' ? 'FAILED' : 'SUCCESS';
  expect(outcome).toMatchObject({ status: 'FAILED', rollback });
  expect(outcome.reason).toMatch(
    new RegExp(`(denied|failed to process) ${operation}: ${error.code}: ${error.message.replace(/\.$/, '')}`),
  );
  expect(sandbox.clock.now() - start).toBeLessThan(8 * MINUTE);
  repair();
  if (rollback === 'FAILED') await sandbox.destroy();
  expect(instanceState(sandbox)).toBeUndefined();
});

test.each(['AccessGrantsInstanceNotExists', 'AccessGrantsInstanceNotExistsError', 'SomethingNew'])(
  'creates an instance when AWS answers 404 %s',
  async (code) => {
    onCall(sandbox, 'GetAccessGrantsInstance', { error: new AwsError(404, code, 'There is none') });

    expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS', attributes: { Adopted: 'false' } });
  },
);

test.each(['AccessGrantsInstanceAlreadyExists', 'AccessGrantsInstanceAlreadyExistsError', 'SomethingNew'])(
  'adopts an instance when AWS answers 409 %s',
  async (code) => {
    onCall(sandbox, 'CreateAccessGrantsInstance', {
      error: new AwsError(409, code, 'There is one'),
      run: () => anotherOwner(sandbox).createsInstance(),
    });

    expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS', attributes: { Adopted: 'true' } });
  },
);

test.each([
  [400, 'AccessGrantsInstanceNotEmpty'],
  [400, 'AccessGrantsInstanceNotEmptyError'],
  [409, 'SomethingNew'],
])('waits until the instance is empty when AWS answers %i %s', async (status, code) => {
  await sandbox.deploy();
  onCall(sandbox, 'DeleteAccessGrantsInstance', { error: new AwsError(status, code, 'not empty'), times: 3 });

  await expectNothingLeft(sandbox);
});

test.each([
  ['GetAccessGrantsInstance', 1], // The first call finds none.
  ['TagResource', 0],
  ['AssociateAccessGrantsIdentityCenter', 0],
])('owns the instance that it created when %s does not find it for a while', async (operation, after) => {
  onCall(sandbox, operation, { error: NONE, after, times: 3 });

  expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
    status: 'SUCCESS',
    attributes: { Adopted: 'false', IdentityCenterInstanceArn: IDENTITY_CENTER },
  });

  expect(writeCalls(sandbox).filter((call) => call === 'CreateAccessGrantsInstance')).toHaveLength(1);
  await expectNothingLeft(sandbox);
});

test('deletes the instance that it created when requests do not find it for a minute', async () => {
  onCall(sandbox, 'TagResource', { error: NONE, times: Infinity });
  const ResourceProperties = {
    AccountId: '111122223333', Region: 'us-east-1', IdentityCenterInstanceArn: IDENTITY_CENTER,
  };

  expect(await sandbox.send('Create', { ResourceProperties })).toMatchObject({
    Status: 'FAILED', Reason: expect.stringMatching(/\[INSTANCE_DELETED_DURING_DEPLOYMENT\]$/),
  });
  expect(instanceState(sandbox)).toBeUndefined();
});

test('adopts an existing instance when it cannot be read for a while', async () => {
  anotherOwner(sandbox).createsInstance();
  onCall(sandbox, 'GetAccessGrantsInstance', { error: NONE, times: 4 });

  expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS', attributes: { Adopted: 'true' } });
});

test('fails and creates only once when an existing instance cannot be read', async () => {
  anotherOwner(sandbox).createsInstance();
  onCall(sandbox, 'GetAccessGrantsInstance', { error: NONE, times: Infinity });

  const { reason } = await sandbox.deploy();

  expect(reason).toMatch(/was deleted while it was being set up/);
  expect(writeCalls(sandbox)).toEqual(['CreateAccessGrantsInstance']);
});

test('creates nothing later than its Delete would look for it', async () => {
  onCall(sandbox, 'GetAccessGrantsInstance', { error: BUSY, times: 8 });
  onCall(sandbox, 'CreateAccessGrantsInstance', { error: BUSY, times: Infinity });
  const start = sandbox.clock.now();

  const { reason } = await sandbox.deploy();

  expect(reason).toMatch(
    /cannot create or associate.*last status: .*SlowDown.*\[INSTANCE_CREATE_TOO_LATE\]/,
  );
  const creations = sandbox.aws.requests.filter(
    (request) => s3ControlOperation(request) === 'CreateAccessGrantsInstance',
  );
  expect(creations.at(-1)!.time - start).toBeLessThan(4 * MINUTE);
  expect(instanceState(sandbox)).toBeUndefined();
});

test('leaves to the Delete what a failed Create cannot delete', async () => {
  sandbox.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);
  const denied = new AwsError(403, 'AccessDenied', 'Not now');
  onCall(sandbox, 'DeleteAccessGrantsInstance', { error: denied, times: 14 });

  expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });

  expect(sandbox.steps).toContain('creation-not-undone');
  expect(instanceState(sandbox)).toBeUndefined();
});
