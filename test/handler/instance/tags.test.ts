import {
  anotherOwner, instanceState, onCall, TAG_PREFIX, writeCalls,
} from '../../support/access-grants-instance';
import { InstanceSandbox } from '../support/instance-sandbox';

// with templates that CDK synthesizes: test/lifecycle/instance/tags.slow.test.ts
let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

function instanceTags(): Map<string, string> {
  return sandbox.aws.accessGrants.instance('111122223333', 'us-east-1').tags;
}

/** The tags that do not say whose the instance is. */
function userTags(): Record<string, string> {
  return Object.fromEntries([...instanceTags()].filter(([key]) => !key.startsWith(TAG_PREFIX)));
}

test('sets the tags of the user, but none that would change the owner', async () => {
  sandbox.tags = { team: 'data', cost: 17, [`${TAG_PREFIX}instance:stack`]: 'other', [`x${TAG_PREFIX}`]: 'kept' };

  expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS' });
  expect(Object.fromEntries(instanceTags())).toMatchObject({ team: 'data', cost: '17', [`x${TAG_PREFIX}`]: 'kept' });
  expect(instanceTags().get(`${TAG_PREFIX}instance:stack`)).toMatch(/^arn:aws:cloudformation:/);
});

test('changes and removes tags, and keeps those that another owner set or changed', async () => {
  sandbox.tags = { team: 'data', cost: '17', stage: 'dev', zone: 'raw' };
  await sandbox.deploy();
  instanceTags().set('scanned-by', 'audit').set('stage', 'changed by another owner');

  sandbox.tags = { team: 'lake', zone: 'raw' };
  expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS', attributes: { Adopted: 'false' } });

  expect(userTags()).toEqual({
    'team': 'lake', 'zone': 'raw', 'scanned-by': 'audit', 'stage': 'changed by another owner',
  });
  expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
  expect(instanceState(sandbox)).toBeUndefined();
});

test('changes nothing when the tags are as they should be', async () => {
  sandbox.tags = { team: 'data' };
  await sandbox.deploy();
  const before = writeCalls(sandbox).length;

  expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS' });
  expect(writeCalls(sandbox)).toHaveLength(before);
});

test('sets tags again that another owner changed', async () => {
  sandbox.tags = { team: 'data' };
  await sandbox.deploy();
  instanceTags().set('team', 'audit');

  await sandbox.deploy();
  expect(userTags()).toEqual({ team: 'data' });
});

test('does not change the tags of an instance that another owner created', async () => {
  anotherOwner(sandbox).createsInstance();
  sandbox.tags = { team: 'data' };

  expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS', attributes: { Adopted: 'true' } });
  expect(writeCalls(sandbox)).toEqual([]);
  expect(userTags()).toEqual({ owner: 'sagemaker' });
});

test('fails when the instance is deleted before its tags are changed', async () => {
  await sandbox.deploy();
  sandbox.tags = { team: 'data' };
  onCall(sandbox, 'TagResource', { run: () => anotherOwner(sandbox).deletesInstance() });

  const { status, reason } = await sandbox.deploy();

  expect(status).toBe('FAILED');
  expect(reason).toMatch(/\[INSTANCE_DELETED_DURING_DEPLOYMENT\]$/);
});
