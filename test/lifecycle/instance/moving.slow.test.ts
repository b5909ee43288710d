import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { INSTANCE_ARN, INSTANCE_TYPE, instanceState, leftovers, NOTHING } from './fixture';
import { AccessGrantsInstance, AdoptingAccessGrantsInstance } from '../../../src';
import { SANDBOX_ENV } from '../../sandbox/sandbox';
import { changes, failure, lake, STACK_NAME, useSandbox } from '../fixture';

const sandbox = useSandbox();

/** The stack of an integration that names no instance, with the stack's own. */
const withInstance = (define: (stack: Stack) => void) => lake(sandbox.current, { and: define });

const NATIVE = (removalPolicy?: RemovalPolicy) => (stack: Stack) =>
  void new AccessGrantsInstance(stack, 'Instance', { removalPolicy });
const ADOPTING = (stack: Stack) => void new AdoptingAccessGrantsInstance(stack, 'Instance');

test('moves from the native to the adopting instance in two deployments without a call to Immuta', async () => {
  await sandbox.current.deploy(withInstance(NATIVE()));
  const before = changes(sandbox.current).length;

  expect(await sandbox.current.deploy(withInstance(NATIVE(RemovalPolicy.RETAIN)))).toMatchObject({
    status: 'UPDATE_COMPLETE',
  });
  const moved = await sandbox.current.deploy(withInstance(ADOPTING));

  expect(moved.status).toBe('UPDATE_COMPLETE');
  expect(
    moved.events
      .filter(({ logicalId, status }) => logicalId === 'S3AccessGrantsInstance' && status.startsWith('DELETE'))
      .map(({ status }) => status),
  ).toEqual(['DELETE_SKIPPED']);
  expect(changes(sandbox.current).slice(before)).toEqual([]);
  expect(leftovers(sandbox.current)).toMatchObject({
    integrations: [{ status: 'enabled' }],
    locations: ['s3://sales-lake/'],
    instance: INSTANCE_ARN,
  });

  // The native construct created it, so no stack deletes it.
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, instance: INSTANCE_ARN });
});

test('loses nothing when AWS rejects a move from the native instance in one deployment', async () => {
  await sandbox.current.deploy(withInstance(NATIVE()));

  const moved = await sandbox.current.deploy(withInstance(ADOPTING));

  expect(moved.status).toBe('UPDATE_COMPLETE');
  expect(
    moved.events.find(({ logicalId, status }) => logicalId === 'S3AccessGrantsInstance' && status === 'DELETE_FAILED')
      ?.reason,
  ).toMatch(/not empty/);
  expect(leftovers(sandbox.current)).toMatchObject({
    integrations: [{ status: 'enabled' }],
    locations: ['s3://sales-lake/'],
    instance: INSTANCE_ARN,
  });
});

test('rolls back when AWS rejects the move back to the native instance', async () => {
  await sandbox.current.deploy(withInstance(ADOPTING));

  const { status, events } = await sandbox.current.deploy(withInstance(NATIVE()));

  expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(
    events.find(({ logicalId, status: was }) => logicalId === 'S3AccessGrantsInstance' && was === 'CREATE_FAILED')
      ?.reason,
  ).toMatch(/already exists/);
  expect(leftovers(sandbox.current)).toMatchObject({ integrations: [{ status: 'enabled' }], instance: INSTANCE_ARN });
  expect(instanceState(sandbox.current)).toMatchObject({ instanceIsOurs: true });
  await sandbox.current.destroy(STACK_NAME);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('keeps the instance of a retained integration', async () => {
  const retained = () => {
    const stack = lake(sandbox.current, { props: () => ({ removalPolicy: RemovalPolicy.RETAIN }), and: ADOPTING });
    return stack;
  };
  expect(await sandbox.current.deploy(retained())).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(leftovers(sandbox.current)).toMatchObject({ integrations: [{ status: 'enabled' }], instance: INSTANCE_ARN });
});

test('rolls back a whole stack when the association of another owner conflicts', async () => {
  sandbox.current.aws.accessGrants.createInstance(SANDBOX_ENV.account, SANDBOX_ENV.region, {
    identityCenterArn: 'arn:aws:sso:::instance/ssoins-theirs',
  });

  const result = await sandbox.current.deploy(
    withInstance((stack) => {
      new AdoptingAccessGrantsInstance(stack, 'Instance', {
        identityCenterInstanceArn: 'arn:aws:sso:::instance/ssoins-ours',
      });
    }),
  );

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toBeUndefined();
  expect(
    result.events.find(({ type, status }) => type === INSTANCE_TYPE && status === 'CREATE_FAILED')?.reason,
  ).toContain('ssoins-theirs');
  expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, instance: INSTANCE_ARN });
});

test('lets Immuta see one application of Identity Center and deletes everything with the stack', async () => {
  const instanceArn = 'arn:aws:sso:::instance/ssoins-1111222233334444';
  const deployed = await sandbox.current.deploy(
    lake(sandbox.current, {
      props: (scope) => ({
        accessGrantsInstance: new AdoptingAccessGrantsInstance(scope, 'Instance', {
          identityCenterInstanceArn: instanceArn,
        }),
        identityCenter: { instanceArn, identityStoreId: 'd-1234567890', identityStoreAccount: '444455556666' },
      }),
    }),
  );

  expect(deployed.status).toBe('CREATE_COMPLETE');
  const { iam, accessGrants } = sandbox.current.aws;
  const immuta = [...deployed.stack.resources.values()].find(({ logicalId }) => logicalId.includes('ImmutaRole'))!
    .attributes.Arn as string;
  const { applicationArn } = accessGrants.instance(SANDBOX_ENV.account, SANDBOX_ENV.region).association!;
  const mayDescribe = (application: string) =>
    iam.authorize(immuta, 'sso:DescribeApplication', application, { resourceAccount: SANDBOX_ENV.account });
  expect([await mayDescribe(applicationArn), await mayDescribe(`${applicationArn}0`)]).toEqual([true, false]);

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
