import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  writeCalls,
  deployInstance,
  IDENTITY_CENTER,
  instanceAnswers,
  instanceFailure,
  instanceState,
  leftovers,
  NOTHING,
  OTHER_IDENTITY_CENTER,
  anotherOwner,
  STACK_NAME,
  useSandbox,
} from './fixture';

const sandbox = useSandbox();

const ONE = { identityCenterInstanceArn: IDENTITY_CENTER };
const OTHER = { identityCenterInstanceArn: OTHER_IDENTITY_CENTER };

/**
 * Deploys with a bucket that the custom resource is updated before, and that fails: so that the update is rolled
 * back.
 */
function deployAndRollBack(props: typeof ONE | undefined) {
  sandbox.current.cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds: 5,
    reason: 'no bucket today',
  });
  return deployInstance(sandbox.current, props, (stack: Stack, instance) => {
    new Bucket(stack, 'OtherResource', { removalPolicy: RemovalPolicy.DESTROY }).node.addDependency(instance);
  });
}

describe('Identity Center', () => {
  test.each([
    ['is added', undefined, ONE, ['TagResource', 'AssociateAccessGrantsIdentityCenter', 'TagResource']],
    ['is removed', ONE, undefined, ['TagResource', 'DissociateAccessGrantsIdentityCenter', 'UntagResource']],
    [
      'becomes another',
      ONE,
      OTHER,
      [
        'TagResource', 'DissociateAccessGrantsIdentityCenter',
        'TagResource', 'AssociateAccessGrantsIdentityCenter', 'TagResource',
      ],
    ],
  ])('updates Identity Center in place when it %s', async (_, before, after, expected) => {
    await deployInstance(sandbox.current, before);
    const first = writeCalls(sandbox.current).length;

    expect(await deployInstance(sandbox.current, after)).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: {
        IdentityCenter: after?.identityCenterInstanceArn ?? '',
        Application: after ? expect.stringContaining('apl-') : '',
      },
    });

    expect(writeCalls(sandbox.current).slice(first)).toEqual(expected);
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: after?.identityCenterInstanceArn,
      instanceIsOurs: true,
      associationIsOurs: after !== undefined,
    });
    // only the policy of the Identity Center instance that is used is left
    const { iam } = sandbox.current.aws;
    expect(iam.policiesOf(iam.roleArns[0]).filter((name) => name.includes('IdentityCenterPolicy'))).toHaveLength(
      after ? 1 : 0,
    );
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test.each([
    ['added', undefined, ONE],
    ['removed', ONE, undefined],
    ['replaced', ONE, OTHER],
  ])('restores Identity Center by the rollback when it is %s', async (_, before, after) => {
    await deployInstance(sandbox.current, before);

    expect(await deployAndRollBack(after)).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: before?.identityCenterInstanceArn, instanceIsOurs: true, associationIsOurs: before !== undefined,
    });
    expect(instanceAnswers(sandbox.current)).toEqual(['SUCCESS A', 'SUCCESS A', 'SUCCESS A']);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('associates the old Identity Center instance by the rollback when the new one does not exist', async () => {
    await deployInstance(sandbox.current, ONE);
    sandbox.current.aws.accessGrants.unknownIdentityCenters.add(OTHER_IDENTITY_CENTER);

    const result = await deployInstance(sandbox.current, OTHER);

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(instanceFailure(result)).toMatch(
      /InvalidIdentityCenterInstance.*continue-update-rollback --stack-name AccessGrants/,
    );
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });
  });

  test.each([
    ['another', OTHER],
    ['none', undefined],
  ])("keeps another owner's association when an update sets %s", async (_, after) => {
    anotherOwner(sandbox.current).createsInstance(IDENTITY_CENTER);
    await deployInstance(sandbox.current, ONE);

    const result = await deployInstance(sandbox.current, after);

    expect(result.status).toBe(after ? 'UPDATE_ROLLBACK_COMPLETE' : 'UPDATE_COMPLETE');
    if (after) {
      expect(instanceFailure(result)).toContain(
        `${IDENTITY_CENTER}, but not by this resource, so it cannot be associated with ${OTHER_IDENTITY_CENTER}`,
      );
    }
    expect(writeCalls(sandbox.current)).toEqual([]);
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  test('keeps the association of another owner with the same Identity Center instance', async () => {
    await deployInstance(sandbox.current, ONE);
    anotherOwner(sandbox.current).dissociates();
    anotherOwner(sandbox.current).associates(IDENTITY_CENTER);

    expect(await deployInstance(sandbox.current)).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IdentityCenter: IDENTITY_CENTER },
    });

    expect(writeCalls(sandbox.current)).not.toContain('DissociateAccessGrantsIdentityCenter');
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  test('associates Identity Center again by any update when it was dissociated', async () => {
    await deployInstance(sandbox.current, ONE);
    anotherOwner(sandbox.current).dissociates();

    await deployInstance(sandbox.current, { ...ONE, timeout: Duration.minutes(20) });

    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });
  });

  test('succeeds with an unrelated update when another owner replaced the association', async () => {
    await deployInstance(sandbox.current, ONE);
    anotherOwner(sandbox.current).dissociates();
    anotherOwner(sandbox.current).associates(OTHER_IDENTITY_CENTER);

    expect(await deployInstance(sandbox.current, { ...ONE, timeout: Duration.minutes(20) }))
      .toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IdentityCenter: OTHER_IDENTITY_CENTER } });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: OTHER_IDENTITY_CENTER,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
  });
});

describe('an instance that was deleted outside its stack', () => {
  test('recreates a deleted instance by the next update and deletes it with the stack', async () => {
    anotherOwner(sandbox.current).createsInstance();
    await deployInstance(sandbox.current);
    anotherOwner(sandbox.current).deletesInstance();

    expect(await deployInstance(sandbox.current, { timeout: Duration.minutes(20) })).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { Adopted: 'false' },
    });
    expect(instanceState(sandbox.current)).toMatchObject({ instanceIsOurs: true });

    await sandbox.current.destroy(STACK_NAME);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('keeps the instance of another owner who created it after ours was deleted', async () => {
    await deployInstance(sandbox.current);
    anotherOwner(sandbox.current).deletesInstance();
    anotherOwner(sandbox.current).createsInstance();

    await sandbox.current.destroy(STACK_NAME);

    expect(instanceState(sandbox.current)).toMatchObject({ instanceIsOurs: false });
  });

  test('succeeds with a Delete when the instance was deleted outside its stack', async () => {
    await deployInstance(sandbox.current);
    anotherOwner(sandbox.current).deletesInstance();

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test('keeps a retained instance, which has no owner afterwards', async () => {
  await deployInstance(sandbox.current, { ...ONE, removalPolicy: RemovalPolicy.RETAIN });
  await sandbox.current.destroy(STACK_NAME);
  expect(instanceState(sandbox.current)).toEqual({
    identityCenter: IDENTITY_CENTER,
    instanceIsOurs: true,
    associationIsOurs: true,
  });

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
    status: 'CREATE_COMPLETE',
    outputs: { Adopted: 'true' },
  });
  await sandbox.current.destroy(STACK_NAME);

  expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
});

test('leaves nothing when the first deployment fails, even with RETAIN', async () => {
  sandbox.current.cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds: 5,
    reason: 'no bucket today',
  });

  const { status } = await deployInstance(
    sandbox.current,
    { ...ONE, removalPolicy: RemovalPolicy.RETAIN },
    (stack, instance) => {
      new Bucket(stack, 'OtherResource').node.addDependency(instance);
    },
  );

  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
