import {
  calls, deployInstance, IDENTITY_CENTER, INSTANCE_ARN, instanceAnswers, instanceFailure, instanceState, leftovers, NOTHING, onCall,
  OTHER_IDENTITY_CENTER, somebodyElse, STACK_NAME, useSandbox,
} from './fixture';
import { CALLS, IDENTITY_CENTER_CALLS, On } from '../../policies/instance-calls';
import { AwsError } from '../../sandbox/aws';

const sandbox = useSandbox();

describe('creation and deletion', () => {
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
    expect(instanceFailure(result)).toContain(`is associated with Identity Center instance ${OTHER_IDENTITY_CENTER}, but not by this resource, so it cannot be associated with ${IDENTITY_CENTER}`);
    expect(instanceFailure(result)).toContain('[IDENTITY_CENTER_ALREADY_ASSOCIATED]');
    expect(calls(sandbox.current)).toEqual([]);
    expect(instanceAnswers(sandbox.current)).toEqual(['FAILED A', 'SUCCESS A']);
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER });
  });

  test('an Identity Center instance that does not exist is an error that says so, and nothing is left', async () => {
    sandbox.current.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);

    const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(instanceFailure(result)).toMatch(/refused AssociateAccessGrantsIdentityCenter: InvalidIdentityCenterInstance.*Check that 'identityCenterInstanceArn' exists.*\[IDENTITY_CENTER_NOT_ASSOCIATED\]/);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('an Identity Center instance that AWS does not find in other words is no instance of Access Grants that is gone', async () => {
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', { error: new AwsError(404, 'ResourceNotFoundException', 'Instance not found.') });

    const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    expect(instanceFailure(result)).toMatch(/refused AssociateAccessGrantsIdentityCenter: ResourceNotFoundException: Instance not found\. Check that 'identityCenterInstanceArn' exists/);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('what of others remains', () => {
  const MINUTE = 60_000;

  test('locations that are going are waited for', async () => {
    await deployInstance(sandbox.current);
    const others = somebodyElse(sandbox.current);
    const ids = await Promise.all(['s3://a/', 's3://b/', 's3://c/'].map(async (scope) => (await others.registers(scope)).id));
    const { clock } = sandbox.current;
    // one every 90 seconds: longer in all than nothing may happen at all
    ids.forEach((id, index) => clock.at(clock.now() + (index + 1) * 90_000, () => others.unregisters(id)));

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, roles: [expect.stringMatching(/theirs$/)] });
  });

  test.each([['a location', false], ['a location with a grant', true]])('an instance in which %s of others remains stays, and nobody\'s it is', async (_, granted) => {
    await deployInstance(sandbox.current);
    const { id } = await somebodyElse(sandbox.current).registers('s3://theirs/');
    if (granted) somebodyElse(sandbox.current).grants(id);
    const start = sandbox.current.clock.now();

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(sandbox.current.clock.now() - start).toBeLessThan(4 * MINUTE);
    expect(instanceState(sandbox.current)).toEqual({ identityCenter: undefined, instanceIsOurs: false, associationIsOurs: false });
    expect(sandbox.current.written().processes).toContain(`has 1 locations and ${granted ? 1 : 0} grants of other owners: it is retained`);
  });

  test('an instance that somebody else associated stays', async () => {
    await deployInstance(sandbox.current);
    somebodyElse(sandbox.current).associates(OTHER_IDENTITY_CENTER);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(instanceState(sandbox.current)).toEqual({ identityCenter: OTHER_IDENTITY_CENTER, instanceIsOurs: false, associationIsOurs: false });
    expect(sandbox.current.written().processes).toContain(`of other owners, and is associated with ${OTHER_IDENTITY_CENTER}: it is retained`);
  });

  test('what AWS refuses without a reason that shows is a failure with its words, and can be deleted later', async () => {
    await deployInstance(sandbox.current);
    let refuses = true;
    sandbox.current.aws.route('s3-control', async (request, next) => {
      if (refuses && request.method === 'DELETE' && request.path.endsWith('/accessgrantsinstance')) {
        return { status: 400, body: '<ErrorResponse><Error><Code>AccessGrantsInstanceNotEmpty</Code><Message>Not yet.</Message></Error></ErrorResponse>' };
      }
      return next(request);
    });

    const result = await sandbox.current.destroy(STACK_NAME);
    expect(result.status).toBe('DELETE_FAILED');
    expect(instanceFailure(result)).toMatch(/refused DeleteAccessGrantsInstance: AccessGrantsInstanceNotEmpty: Not yet/);

    refuses = false;
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('permissions', () => {
  /** What the functions asked for, as rows of the policy tables. */
  function recorded(): Set<string> {
    const { aws } = sandbox.current;
    const kinds: [RegExp, On][] = [
      [new RegExp(`^${INSTANCE_ARN}$`), 'instance'],
      [/^arn:aws:sso:::instance\//, 'identityCenter'],
      [/^arn:aws:sso::444455556666:application\//, 'application'],
      [/^arn:aws:sso::aws:applicationProvider\//, 'applicationProvider'],
      [/^arn:aws:lambda:us-east-1:111122223333:function:/, 'function'],
    ];
    return new Set(aws.iam.authorizations.filter(({ principal }) => principal !== aws.iam.admin)
      .map(({ action, resource }) => `${action} on ${kinds.find(([pattern]) => pattern.test(resource))?.[1] ?? resource}`));
  }

  test('what the handler asks for in all that may happen to it is what the policy tables have', async () => {
    const others = somebodyElse(sandbox.current);
    // made, refused, adopted; associated slowly; taken away and made anew; in use by others
    sandbox.current.aws.accessGrants.associationMs = 1_200_000;
    await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });
    sandbox.current.aws.accessGrants.associationMs = 0;
    await deployInstance(sandbox.current, { identityCenterInstanceArn: 'arn:aws:sso:::instance/ssoins-5555666677778888' });
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', { error: new AwsError(400, 'InvalidIdentityCenterInstance', 'No.') });
    await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });
    others.grants((await others.registers('s3://theirs/')).id);
    await sandbox.current.destroy(STACK_NAME);

    const listed = [...CALLS, ...IDENTITY_CENTER_CALLS].map(([action, on]) => `${action} on ${on}`);
    expect([...recorded()].sort()).toEqual(listed.sort());
  });
});
