import { Tags } from 'aws-cdk-lib';
import { anotherOwner, deployInstance, leftovers, NOTHING, STACK_NAME, TAG_PREFIX, useSandbox } from './fixture';
import { SANDBOX_ENV } from '../../sandbox/sandbox';

const sandbox = useSandbox();

/** Deploys an instance with tags of the app. */
async function deployWithTags(tags: Record<string, string>): Promise<string> {
  const { status } = await deployInstance(sandbox.current, undefined, (stack) => {
    Object.entries(tags).forEach(([key, value]) => Tags.of(stack.node.root).add(key, value));
  });
  return status;
}

function instance() {
  return sandbox.current.aws.accessGrants.instance(SANDBOX_ENV.account, SANDBOX_ENV.region);
}

/** The tags of the instance that do not say who owns it. */
function userTags(): Record<string, string> {
  return Object.fromEntries([...instance().tags].filter(([key]) => !key.startsWith(TAG_PREFIX)));
}

test('tags the instance when it is created', async () => {
  expect(await deployWithTags({ team: 'data', cost: '17' })).toBe('CREATE_COMPLETE');
  expect(userTags()).toEqual({ team: 'data', cost: '17' });
});

test('changes tags in place and keeps those of other owners', async () => {
  await deployWithTags({ team: 'data', cost: '17', stage: 'dev' });
  const { arn } = instance();
  instance().tags.set('scanned-by', 'audit');
  instance().tags.set('stage', 'changed by another owner');

  expect(await deployWithTags({ team: 'lake' })).toBe('UPDATE_COMPLETE');

  expect(instance().arn).toBe(arn);
  expect(userTags()).toEqual({ 'team': 'lake', 'scanned-by': 'audit', 'stage': 'changed by another owner' });
  await sandbox.current.destroy(STACK_NAME);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('ignores tags that would change the owner of an instance', async () => {
  await deployWithTags({ [`${TAG_PREFIX}instance:stack`]: 'another stack', team: 'data' });
  expect(userTags()).toEqual({ team: 'data' });
  await sandbox.current.destroy(STACK_NAME);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('does not change the tags of an instance that another owner created', async () => {
  anotherOwner(sandbox.current).createsInstance();
  const before = Object.fromEntries(instance().tags);
  expect(await deployWithTags({ team: 'data' })).toBe('CREATE_COMPLETE');
  expect(Object.fromEntries(instance().tags)).toEqual(before);
});
