import { Aspects } from 'aws-cdk-lib';
import { failure, lake, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { ManagedPolicies } from '../../src';

const sandbox = useSandbox();

/** Deploys an integration of which the function also simulates the policies. */
const deploy = (isManaged: boolean) =>
  sandbox.current.deploy(lake(sandbox.current, {
    props: () => ({ diagnosePermissions: true }),
    and: (stack) => isManaged && Aspects.of(stack).add(new ManagedPolicies()),
  }));

test('creates and deletes an integration with managed policies alone', async () => {
  const result = await deploy(true);
  expect(failure(result)).toBeUndefined();
  expect(result.status).toBe('CREATE_COMPLETE');

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('replaces the inline policies of a deployed stack, and goes back', async () => {
  await deploy(false);
  expect(await deploy(true)).toMatchObject({ status: 'UPDATE_COMPLETE' });
  expect(await deploy(false)).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
