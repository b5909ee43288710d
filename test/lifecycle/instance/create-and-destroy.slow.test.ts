import {
  writeCalls,
  deployInstance,
  IDENTITY_CENTER,
  INSTANCE_ARN,
  instanceAnswers,
  instanceFailure,
  instanceState,
  leftovers,
  NOTHING,
  onCall,
  OTHER_IDENTITY_CENTER,
  anotherOwner,
  STACK_NAME,
  useSandbox,
} from './fixture';
import { CALLS, IDENTITY_CENTER_CALLS, On } from '../../policies/instance-calls';
import { AwsError } from '../../sandbox/aws';

const sandbox = useSandbox();

describe('creation and deletion', () => {
  test('creates an instance when there is none, and deletes it with the stack', async () => {
    const created = await deployInstance(sandbox.current);

    expect(created).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Application: '', IdentityCenter: '', Adopted: 'false' },
    });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: undefined,
      instanceIsOurs: true,
      associationIsOurs: false,
    });
    expect(writeCalls(sandbox.current)).toEqual(['CreateAccessGrantsInstance']);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(writeCalls(sandbox.current)).toEqual(['CreateAccessGrantsInstance', 'DeleteAccessGrantsInstance']);
    expect(instanceAnswers(sandbox.current)).toEqual(['SUCCESS A', 'SUCCESS A']);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('adopts an existing instance and keeps it unchanged', async () => {
    anotherOwner(sandbox.current).createsInstance();

    expect(await deployInstance(sandbox.current)).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Adopted: 'true' },
    });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(writeCalls(sandbox.current)).toEqual([]);
    expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, instance: INSTANCE_ARN });
  });

  test('associates an instance with Identity Center, returns the application and dissociates it', async () => {
    const { status, outputs } = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    expect(status).toBe('CREATE_COMPLETE');
    expect(outputs).toEqual({
      Application: expect.stringMatching(/^arn:aws:sso::444455556666:application\/ssoins-1111222233334444\/apl-/),
      IdentityCenter: IDENTITY_CENTER,
      Adopted: 'false',
    });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('names the owner of an instance in tags that people can read', async () => {
    const { stack } = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    const { tags, association } = sandbox.current.aws.accessGrants.instance('111122223333', 'us-east-1');
    const owner = (part: string) => ({
      [`cdk-immuta-s3-integration:${part}:stack`]: stack.id,
      [`cdk-immuta-s3-integration:${part}:resource`]: 'AdoptingS3AccessGrantsInstance',
      [`cdk-immuta-s3-integration:${part}:lifetime`]: stack.resources
        .get('AdoptingS3AccessGrantsInstance')!
        .physicalId.split('/')[1],
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

  test('associates an existing instance and dissociates it again', async () => {
    anotherOwner(sandbox.current).createsInstance();

    await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: false,
      associationIsOurs: true,
    });
    await sandbox.current.destroy(STACK_NAME);
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: undefined,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
  });

  test('adopts an association with the same Identity Center instance', async () => {
    anotherOwner(sandbox.current).createsInstance(IDENTITY_CENTER);

    expect(await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER })).toMatchObject({
      outputs: { Application: expect.stringContaining('apl-'), IdentityCenter: IDENTITY_CENTER, Adopted: 'true' },
    });
    await sandbox.current.destroy(STACK_NAME);

    expect(writeCalls(sandbox.current)).toEqual([]);
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  test('returns an existing association when the stack sets none', async () => {
    anotherOwner(sandbox.current).createsInstance(IDENTITY_CENTER);

    expect(await deployInstance(sandbox.current)).toMatchObject({
      outputs: { Application: expect.stringContaining('apl-'), IdentityCenter: IDENTITY_CENTER },
    });
    expect(writeCalls(sandbox.current)).toEqual([]);
  });

  test('fails and keeps an association with another Identity Center instance, and names both', async () => {
    anotherOwner(sandbox.current).createsInstance(OTHER_IDENTITY_CENTER);

    const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(instanceFailure(result)).toContain(
      `is associated with Identity Center instance ${OTHER_IDENTITY_CENTER}, but not by this resource, so it ` +
        `cannot be associated with ${IDENTITY_CENTER}`,
    );
    expect(instanceFailure(result)).toContain('[IDENTITY_CENTER_ALREADY_ASSOCIATED]');
    expect(writeCalls(sandbox.current)).toEqual([]);
    expect(instanceAnswers(sandbox.current)).toEqual(['FAILED A', 'SUCCESS A']);
    expect(instanceState(sandbox.current)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER });
  });

  test('fails and leaves nothing when the Identity Center instance does not exist', async () => {
    sandbox.current.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);

    const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(instanceFailure(result)).toMatch(
      new RegExp(
        String.raw`refused AssociateAccessGrantsIdentityCenter: InvalidIdentityCenterInstance.*Check that ` +
          String.raw`'identityCenterInstanceArn' exists.*\[IDENTITY_CENTER_NOT_ASSOCIATED\]`,
      ),
    );
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('fails for the Identity Center instance when AWS words its absence differently', async () => {
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
      error: new AwsError(404, 'ResourceNotFoundException', 'Instance not found.'),
    });

    const result = await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });

    expect(instanceFailure(result)).toMatch(
      new RegExp(
        String.raw`refused AssociateAccessGrantsIdentityCenter: ResourceNotFoundException: Instance not found\. ` +
          String.raw`Check that 'identityCenterInstanceArn' exists`,
      ),
    );
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('an instance that others use', () => {
  const MINUTE = 60_000;

  test('deletes an instance when locations in deletion are gone', async () => {
    await deployInstance(sandbox.current);
    const others = anotherOwner(sandbox.current);
    const ids = await Promise.all(
      ['s3://a/', 's3://b/', 's3://c/'].map(async (scope) => (await others.registers(scope)).id),
    );
    const { clock } = sandbox.current;
    // one every 90 seconds: longer in all than nothing may happen at all
    ids.forEach((id, index) => clock.at(clock.now() + (index + 1) * 90_000, () => others.unregisters(id)));

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, roles: [expect.stringMatching(/theirs$/)] });
  });

  test.each([
    ['a location', false],
    ['a location with a grant', true],
  ])('keeps an instance without an owner when %s of another owner remains', async (_, granted) => {
    await deployInstance(sandbox.current);
    const { id } = await anotherOwner(sandbox.current).registers('s3://theirs/');
    if (granted) anotherOwner(sandbox.current).grants(id);
    const start = sandbox.current.clock.now();

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(sandbox.current.clock.now() - start).toBeLessThan(4 * MINUTE);
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: undefined,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
    expect(sandbox.current.written().processes).toContain(
      `has 1 locations and ${granted ? 1 : 0} grants of other owners: it is retained`,
    );
  });

  test('keeps an instance that another owner associated', async () => {
    await deployInstance(sandbox.current);
    anotherOwner(sandbox.current).associates(OTHER_IDENTITY_CENTER);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: OTHER_IDENTITY_CENTER,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
    expect(sandbox.current.written().processes).toContain(
      `of other owners, and is associated with ${OTHER_IDENTITY_CENTER}: it is retained`,
    );
  });

  test('fails with the text of AWS when a deletion is rejected without a visible reason, then succeeds', async () => {
    await deployInstance(sandbox.current);
    let refuses = true;
    sandbox.current.aws.route('s3-control', async (request, next) => {
      if (refuses && request.method === 'DELETE' && request.path.endsWith('/accessgrantsinstance')) {
        return {
          status: 400,
          body:
            '<ErrorResponse><Error><Code>AccessGrantsInstanceNotEmpty</Code>' +
            '<Message>Not yet.</Message></Error></ErrorResponse>',
        };
      }
      return next(request);
    });

    const result = await sandbox.current.destroy(STACK_NAME);
    expect(result.status).toBe('DELETE_FAILED');
    expect(instanceFailure(result)).toMatch(
      /refused DeleteAccessGrantsInstance: AccessGrantsInstanceNotEmpty: Not yet/,
    );

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
      [/^arn:aws:cloudformation:us-east-1:111122223333:stack\/AccessGrants\//, 'stack'],
      [/^arn:aws:lambda:us-east-1:111122223333:function:/, 'function'],
    ];
    return new Set(
      aws.iam.authorizations
        .filter(({ principal }) => principal !== aws.iam.admin)
        .map(
          ({ action, resource }) =>
            `${action} on ${kinds.find(([pattern]) => pattern.test(resource))?.[1] ?? resource}`,
        ),
    );
  }

  test('calls exactly the actions that the policy tables list', async () => {
    const others = anotherOwner(sandbox.current);
    // Created, rejected, adopted. Associated slowly. Deleted and recreated. Delivered late. In use by other owners.
    sandbox.current.aws.accessGrants.associationMs = 1_200_000;
    await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });
    sandbox.current.aws.accessGrants.associationMs = 0;
    sandbox.current.lambda.deliveries = [15_000];
    await deployInstance(sandbox.current, {
      identityCenterInstanceArn: 'arn:aws:sso:::instance/ssoins-5555666677778888',
    });
    onCall(sandbox.current, 'AssociateAccessGrantsIdentityCenter', {
      error: new AwsError(400, 'InvalidIdentityCenterInstance', 'No.'),
    });
    await deployInstance(sandbox.current, { identityCenterInstanceArn: IDENTITY_CENTER });
    others.grants((await others.registers('s3://theirs/')).id);
    await sandbox.current.destroy(STACK_NAME);

    const listed = [...CALLS, ...IDENTITY_CENTER_CALLS].map(([action, on]) => `${action} on ${on}`);
    expect([...recorded()].sort()).toEqual(listed.sort());
  });
});
