import {
  calls, deployInstance, IDENTITY_CENTER, INSTANCE_ARN, instanceAnswers, instanceFailure, instanceState, leftovers, NOTHING, onCall,
  OTHER_IDENTITY_CENTER, somebodyElse, STACK_NAME, useSandbox,
} from './fixture';
import { AwsError } from '../../sandbox/aws';

const sandbox = useSandbox();

test('an account without an instance gets one, and loses it with the stack', async () => {
  const created = await deployInstance(sandbox.current);

  expect(created).toMatchObject({ status: 'CREATE_COMPLETE', outputs: { Application: '', IdentityCenter: '', Adopted: 'false' } });
  expect(instanceState(sandbox.current)).toEqual({ identityCenter: undefined, instanceIsOurs: true, associationIsOurs: false });
  expect(calls(sandbox.current)).toEqual(['CreateAccessGrantsInstance']);

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(calls(sandbox.current)).toEqual(['CreateAccessGrantsInstance', 'DeleteAccessGrantsInstance']);
  expect(instanceAnswers(sandbox.current)).toEqual(['SUCCESS A', 'SUCCESS A']);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('an instance that somebody else made is taken up as it is, and left as it is', async () => {
  somebodyElse(sandbox.current).createsInstance();

  expect(await deployInstance(sandbox.current)).toMatchObject({ status: 'CREATE_COMPLETE', outputs: { Adopted: 'true' } });
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(calls(sandbox.current)).toEqual([]);
  expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, instance: INSTANCE_ARN });
});

test('with Identity Center: associated, its application known, dissociated', async () => {
  const { status, outputs } = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

  expect(status).toBe('CREATE_COMPLETE');
  expect(outputs).toEqual({
    Application: expect.stringMatching(/^arn:aws:sso::444455556666:application\/ssoins-1111222233334444\/apl-/), IdentityCenter: IDENTITY_CENTER, Adopted: 'false',
  });
  expect(instanceState(sandbox.current)).toEqual({ identityCenter: IDENTITY_CENTER, instanceIsOurs: true, associationIsOurs: true });
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('the tags say whose it is, to people too', async () => {
  const { stack } = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

  const { tags, association } = sandbox.current.aws.accessGrants.instance('111122223333', 'us-east-1');
  const owner = (part: string) => ({
    [`cdk-immuta-s3-integration:${part}:stack`]: stack.id,
    [`cdk-immuta-s3-integration:${part}:resource`]: 'AdoptingS3AccessGrantsInstance',
    [`cdk-immuta-s3-integration:${part}:lifetime`]: stack.resources.get('AdoptingS3AccessGrantsInstance')!.physicalId.split('/')[1],
    [`cdk-immuta-s3-integration:${part}:generation`]: expect.stringMatching(/^AROA/),
  });
  expect(Object.fromEntries(tags)).toEqual({
    ...owner('instance'),
    ...owner('identity-center'),
    'cdk-immuta-s3-integration:identity-center:instance': IDENTITY_CENTER,
    'cdk-immuta-s3-integration:identity-center:application': association!.applicationArn,
  });
  for (const [key, value] of tags) expect([key.length <= 128, value.length <= 256]).toEqual([true, true]);
});

test('somebody else\'s instance is associated, and dissociated again', async () => {
  somebodyElse(sandbox.current).createsInstance();

  await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

  expect(instanceState(sandbox.current)).toEqual({ identityCenter: IDENTITY_CENTER, instanceIsOurs: false, associationIsOurs: true });
  await sandbox.current.destroy(STACK_NAME);
  expect(instanceState(sandbox.current)).toEqual({ identityCenter: undefined, instanceIsOurs: false, associationIsOurs: false });
});

test('an association to the same Identity Center instance is taken up as it is', async () => {
  somebodyElse(sandbox.current).createsInstance(IDENTITY_CENTER);

  expect(await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER }))
    .toMatchObject({ outputs: { Application: expect.stringContaining('apl-'), IdentityCenter: IDENTITY_CENTER, Adopted: 'true' } });
  await sandbox.current.destroy(STACK_NAME);

  expect(calls(sandbox.current)).toEqual([]);
  expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
});

test('an association that is there is told where none is asked for', async () => {
  somebodyElse(sandbox.current).createsInstance(IDENTITY_CENTER);

  expect(await deployInstance(sandbox.current)).toMatchObject({ outputs: { Application: expect.stringContaining('apl-'), IdentityCenter: IDENTITY_CENTER } });
  expect(calls(sandbox.current)).toEqual([]);
});

test('an association to another Identity Center instance is an error that names both, and stays', async () => {
  somebodyElse(sandbox.current).createsInstance(OTHER_IDENTITY_CENTER);

  const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(instanceFailure(result)).toContain(`is associated with Identity Center instance ${OTHER_IDENTITY_CENTER}, and not by this resource, so it cannot be associated with ${IDENTITY_CENTER}`);
  expect(calls(sandbox.current)).toEqual([]);
  expect(instanceAnswers(sandbox.current)).toEqual(['FAILED A', 'SUCCESS A']);
  expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER });
});

test('an Identity Center instance that does not exist is an error that says so, and nothing is left', async () => {
  sandbox.current.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);

  const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(instanceFailure(result)).toMatch(/answered InvalidIdentityCenterInstance to AssociateAccessGrantsIdentityCenter.*check 'identityCenterInstanceArn'/);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('an Identity Center instance that AWS does not find in other words is no instance of Access Grants that is gone', async () => {
  onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', { error: new AwsError(404, 'ResourceNotFoundException', 'Instance not found.') });

  const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

  expect(instanceFailure(result)).toMatch(/answered ResourceNotFoundException to AssociateAccessGrantsIdentityCenter: Instance not found; check 'identityCenterInstanceArn'/);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
