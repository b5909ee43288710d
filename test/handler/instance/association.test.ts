import { AwsError } from '../../sandbox/aws';
import {
  anotherOwner,
  IDENTITY_CENTER,
  instanceState,
  onCall,
  OTHER_IDENTITY_CENTER,
  TAG_PREFIX,
  writeCalls,
} from '../../support/access-grants-instance';
import { expectNothingLeft, InstanceSandbox } from '../support/instance-sandbox';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const MINUTE = 60_000;
const OURS = { identityCenter: IDENTITY_CENTER, instanceIsOurs: true, associationIsOurs: true };
const LOST = new AwsError(500, 'InternalError', 'We encountered an internal error.');

test.each([
  ['is rejected', new AwsError(409, 'Conflict', 'already associated')],
  ['gets no response', LOST],
])('keeps what a rollback has associated when a late Update %s', async (_, error) => {
  await sandbox.deploy(IDENTITY_CENTER);
  onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
    error,
    run: () => {
      anotherOwner(sandbox).associates(IDENTITY_CENTER);
      const { tags } = sandbox.aws.accessGrants.instance('111122223333', 'us-east-1');
      tags.set(`${TAG_PREFIX}identity-center:instance`, IDENTITY_CENTER);
    },
  });

  expect(await sandbox.deploy(OTHER_IDENTITY_CENTER)).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });

  expect(instanceState(sandbox)).toEqual(OURS);
  expect(writeCalls(sandbox)).not.toContain('UntagResource');
  await expectNothingLeft(sandbox);
});

test('owns an association when the response is lost and the repeated request is rejected', async () => {
  onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error: LOST, done: true });
  onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
    error: new AwsError(400, 'InvalidRequest', 'There is one'),
    after: 1,
  });

  expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });

  expect(instanceState(sandbox)).toEqual(OURS);
  await expectNothingLeft(sandbox);
});

describe('a conflicting association', () => {
  test('names a conflicting association when it appears a minute later', async () => {
    anotherOwner(sandbox).createsInstance();
    sandbox.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      run: () => anotherOwner(sandbox).associates(OTHER_IDENTITY_CENTER),
    });

    const { reason } = await sandbox.deploy(IDENTITY_CENTER);

    expect(reason).toContain(
      `is associated with Identity Center instance ${OTHER_IDENTITY_CENTER}, but not by this resource`,
    );
    expect(instanceState(sandbox)).toEqual({
      identityCenter: OTHER_IDENTITY_CENTER,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
  });

  test('fails in minutes with the text of AWS when a conflicting association never appears', async () => {
    const conflict = new AwsError(409, 'Conflict', 'There is one');
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error: conflict, times: Infinity });
    const start = sandbox.clock.now();

    const { reason } = await sandbox.deploy(IDENTITY_CENTER);

    expect(reason).toMatch(
      /refused AssociateAccessGrantsIdentityCenter: Conflict: There is one\. .*\[AWS_REQUEST_REFUSED\]/,
    );
    expect(sandbox.clock.now() - start).toBeLessThan(8 * MINUTE);
    expect(instanceState(sandbox)).toBeUndefined();
  });
});

test('repeats the request to end an association when AWS fails to process it', async () => {
  await sandbox.deploy(IDENTITY_CENTER);
  onCall(sandbox, 'DissociateAccessGrantsIdentityCenter', { error: LOST });

  await expectNothingLeft(sandbox);

  expect(writeCalls(sandbox).filter((call) => call === 'DissociateAccessGrantsIdentityCenter')).toHaveLength(2);
  expect(sandbox.steps).not.toContain('handed-over');
});

test.each([
  [400, 'InvalidRequest'],
  [404, 'ResourceNotFound'],
])('fails a deletion with the text of AWS when it rejects to dissociate with %i %s', async (status, code) => {
  await sandbox.deploy(IDENTITY_CENTER);
  const error = new AwsError(status, code, 'Grants use it.');
  const repair = onCall(sandbox, 'DissociateAccessGrantsIdentityCenter', { error, times: Infinity });
  const start = sandbox.clock.now();

  const outcome = await sandbox.destroy();

  expect(outcome.status).toBe('FAILED');
  expect(outcome.reason).toContain(`refused DissociateAccessGrantsIdentityCenter: ${code}: Grants use it`);
  expect(sandbox.clock.now() - start).toBeLessThan(8 * MINUTE);
  expect(instanceState(sandbox)).toEqual(OURS);
  repair();
  await expectNothingLeft(sandbox);
});

test('fails a late deletion with the text of AWS after half of the timeout', async () => {
  await sandbox.deploy(IDENTITY_CENTER);
  const error = new AwsError(409, 'Conflict', 'Grants use it.');
  onCall(sandbox, 'DissociateAccessGrantsIdentityCenter', { error, times: Infinity });
  const start = sandbox.clock.now();

  const { status, reason } = await sandbox.destroy(undefined, MINUTE);
  expect([status, reason]).toEqual(['FAILED', expect.stringContaining('Conflict: Grants use it.')]);
  expect(sandbox.clock.now() - start).toBeLessThan(16 * MINUTE);
});
