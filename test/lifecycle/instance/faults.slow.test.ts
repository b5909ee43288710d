import {
  anotherOwner,
  CallFault,
  deployInstance,
  IDENTITY_CENTER,
  instanceAnswers,
  instanceFailure,
  instanceState,
  leftovers,
  NOTHING,
  onCall,
  OTHER_IDENTITY_CENTER,
  STACK_NAME,
  TAG_PREFIX,
  useSandbox,
  writeCalls,
} from './fixture';
import { AwsError } from '../../sandbox/aws';

// One fault of each class. test/handler/instance has every fault of every call.

const sandbox = useSandbox();
const MINUTE = 60_000;
const ONE = { identityCenterInstanceArn: IDENTITY_CENTER };
const OTHER = { identityCenterInstanceArn: OTHER_IDENTITY_CENTER };
const OURS = { identityCenter: IDENTITY_CENTER, instanceIsOurs: true, associationIsOurs: true };
const BUSY = new AwsError(503, 'SlowDown', 'Please reduce your request rate.');
const DENIED = new AwsError(403, 'AccessDenied', 'Access Denied by an SCP');
const FAILED = new AwsError(500, 'InternalError', 'We encountered an internal error.');

async function expectNothingLeft(): Promise<void> {
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
}

test.each<[string, string, CallFault]>([
  ['CreateAccessGrantsInstance', 'is throttled', { error: BUSY, times: 3 }],
  ['AssociateAccessGrantsIdentityCenter', 'succeeds but returns an error', { error: FAILED, done: true }],
  ['DeleteAccessGrantsInstance', 'is denied for a while', { error: DENIED, times: 5 }],
])('deploys and destroys as usual when %s %s', async (operation, _, fault) => {
  onCall(sandbox.current, operation, fault);

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
    status: 'CREATE_COMPLETE',
    outputs: { Adopted: 'false', IdentityCenter: IDENTITY_CENTER },
  });
  expect(instanceState(sandbox.current)).toEqual(OURS);

  await expectNothingLeft();
  expect(instanceAnswers(sandbox.current)).toEqual(['SUCCESS A', 'SUCCESS A']);
});

test.each([
  ['ROLLBACK_COMPLETE', 'CreateAccessGrantsInstance'],
  ['ROLLBACK_FAILED', 'GetAccessGrantsInstance'], // Without a read, the rollback cannot know what to delete.
])('ends in %s when %s is denied permanently', async (status, operation) => {
  const repair = onCall(sandbox.current, operation, { error: DENIED, times: Infinity });
  const start = sandbox.current.clock.now();

  const result = await deployInstance(sandbox.current, ONE);

  expect(result.status).toBe(status);
  expect(instanceFailure(result)).toContain(`denied ${operation}: AccessDenied: Access Denied by an SCP`);
  expect(sandbox.current.clock.now() - start).toBeLessThan(8 * MINUTE);
  repair();
  await expectNothingLeft();
});

test('awaits a slow association and its end over several runs of the function', async () => {
  sandbox.current.aws.accessGrants.associationMs = 20 * MINUTE;

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
    status: 'CREATE_COMPLETE',
    outputs: { Application: expect.stringContaining('apl-') },
  });
  expect(instanceState(sandbox.current)).toEqual(OURS);

  sandbox.current.aws.accessGrants.associationMs = 10 * MINUTE;
  await expectNothingLeft();
});

test('rolls back and leaves nothing when an association exceeds the timeout', async () => {
  sandbox.current.aws.accessGrants.associationMs = 40 * MINUTE;

  const result = await deployInstance(sandbox.current, ONE);

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(instanceFailure(result)).toMatch(/timed out after 30 minutes waiting for .* to be associated/);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('rolls back and leaves nothing when another owner deletes the instance during the deployment', async () => {
  onCall(sandbox.current, 'TagResource', { run: () => anotherOwner(sandbox.current).deletesInstance() });

  const result = await deployInstance(sandbox.current, ONE);

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(instanceFailure(result)).toContain('[INSTANCE_DELETED_DURING_DEPLOYMENT]');
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('keeps what its rollback has associated when a late Update is rejected', async () => {
  await deployInstance(sandbox.current, ONE);
  onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
    error: new AwsError(409, 'Conflict', 'already associated'),
    run: () => {
      anotherOwner(sandbox.current).associates(IDENTITY_CENTER);
      const { tags } = sandbox.current.aws.accessGrants.instance('111122223333', 'us-east-1');
      tags.set(`${TAG_PREFIX}identity-center:instance`, IDENTITY_CENTER);
    },
  });

  expect(await deployInstance(sandbox.current, OTHER)).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

  expect(instanceState(sandbox.current)).toEqual(OURS);
  expect(writeCalls(sandbox.current)).not.toContain('UntagResource');
  await expectNothingLeft();
});

test('associates when an Update was killed after its claim and is repeated minutes later', async () => {
  await deployInstance(sandbox.current);
  onCall(sandbox.current, 'TagResource', {
    run: () => {
      sandbox.current.lambda.kill();
      for (const operation of ['GetAccessGrantsInstance', 'ListTagsForResource']) {
        onCall(sandbox.current, operation, { error: BUSY, times: 7 });
      }
    },
  });
  const start = sandbox.current.clock.now();

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
    status: 'UPDATE_COMPLETE',
    outputs: { IdentityCenter: IDENTITY_CENTER },
  });

  expect(sandbox.current.clock.now() - start).toBeGreaterThan(3 * MINUTE);
  expect(instanceState(sandbox.current)).toEqual(OURS);
});

test('keeps everything when AWS rejects to dissociate, and can be deleted later', async () => {
  await deployInstance(sandbox.current, ONE);
  const error = new AwsError(400, 'InvalidRequest', 'Grants use it.');
  const repair = onCall(sandbox.current, 'DissociateAccessGrantsIdentityCenter', { error, times: Infinity });

  const result = await sandbox.current.destroy(STACK_NAME);

  expect(result.status).toBe('DELETE_FAILED');
  expect(instanceFailure(result)).toContain('InvalidRequest: Grants use it');
  expect(instanceState(sandbox.current)).toEqual(OURS);
  repair();
  await expectNothingLeft();
});
