import { AwsError } from '../../sandbox/aws';
import {
  anotherOwner, delayReads, IDENTITY_CENTER, INSTANCE_ARN, instanceState, onCall, OTHER_IDENTITY_CENTER, TAG_PREFIX,
  writeCalls,
} from '../../support/access-grants-instance';
import { expectNothingLeft, InstanceSandbox } from '../support/instance-sandbox';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const AT = ['111122223333', 'us-east-1'] as const;
const LIFETIME_TAG = `${TAG_PREFIX}instance:lifetime`;

test('returns the attributes of an instance without Identity Center at once', async () => {
  const start = sandbox.clock.now();

  expect((await sandbox.deploy()).attributes).toEqual({
    AccessGrantsInstanceArn: INSTANCE_ARN,
    AccessGrantsInstanceId: 'default',
    IdentityCenterApplicationArn: '',
    IdentityCenterInstanceArn: '',
    Adopted: 'false',
  });
  expect(sandbox.clock.now() - start).toBeLessThan(30_000);
});

test('returns the attributes of an instance with Identity Center', async () => {
  const { attributes } = await sandbox.deploy(IDENTITY_CENTER);
  const { association } = sandbox.aws.accessGrants.instance(...AT);

  expect(attributes).toEqual({
    AccessGrantsInstanceArn: INSTANCE_ARN,
    AccessGrantsInstanceId: 'default',
    IdentityCenterApplicationArn: association!.applicationArn,
    IdentityCenterInstanceArn: IDENTITY_CENTER,
    Adopted: 'false',
  });
});

test('takes over an instance that an earlier Create of the same resource left, and owns it from now on', async () => {
  await sandbox.deploy();
  const { tags } = sandbox.aws.accessGrants.instance(...AT);
  const earlier = tags.get(LIFETIME_TAG);

  const { Status, Data, PhysicalResourceId } = await sandbox.send('Create');

  expect({ Status, Data }).toMatchObject({ Status: 'SUCCESS', Data: { Adopted: 'false' } });
  expect(tags.get(LIFETIME_TAG)).not.toBe(earlier);
  // the late Delete of the earlier Create keeps it, its own deletes it
  await sandbox.destroy();
  expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: true });
  await sandbox.destroy(PhysicalResourceId);
  expect(instanceState(sandbox)).toBeUndefined();
});

test('keeps the instance that it created when a later Create has taken it over before it fails', async () => {
  onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
    error: new AwsError(400, 'InvalidRequest', 'No.'),
    run: () => void sandbox.aws.accessGrants.instance(...AT).tags.set(LIFETIME_TAG, 'of-a-later-create'),
  });

  expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
  expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: true });
});

test('replaces the association that an earlier Create left with the instance', async () => {
  await sandbox.deploy(IDENTITY_CENTER);
  const ResourceProperties = {
    AccountId: AT[0],
    Region: AT[1],
    Generation: 'AROA1F2E3D4C5B6A7F8E9',
    IdentityCenterInstanceArn: OTHER_IDENTITY_CENTER,
  };

  expect(await sandbox.send('Create', { ResourceProperties })).toMatchObject({
    Status: 'SUCCESS',
    Data: { IdentityCenterInstanceArn: OTHER_IDENTITY_CENTER },
  });
});

test('fails when the instance that an earlier Create left is deleted while it is taken over', async () => {
  await sandbox.deploy();
  onCall(sandbox, 'TagResource', { run: () => anotherOwner(sandbox).deletesInstance() });

  const { Status, Reason } = await sandbox.send('Create');

  expect(Status).toBe('FAILED');
  expect(Reason).toMatch(/\[INSTANCE_DELETED_DURING_DEPLOYMENT\]$/);
});

test('does not take over an instance that another resource of the stack created', async () => {
  await sandbox.deploy();
  const writes = writeCalls(sandbox).length;

  expect(await sandbox.send('Create', { LogicalResourceId: 'Other' })).toMatchObject({
    Status: 'SUCCESS',
    Data: { Adopted: 'true' },
  });
  expect(writeCalls(sandbox)).toHaveLength(writes);
});

test('explains an event whose type it does not know, and changes nothing', async () => {
  await sandbox.deploy();
  const writes = writeCalls(sandbox).length;
  const { Status, Reason } = await sandbox.send('Import', { PhysicalResourceId: 'i-0123' });

  expect(Status).toBe('FAILED');
  expect(Reason).toMatch(/'Import'.*\[REQUEST_TYPE_UNKNOWN\]$/);
  expect(writeCalls(sandbox)).toHaveLength(writes);
});

test('continues in the next invocation with the instance that it created', async () => {
  sandbox.functionTimeoutMs = 120_000;
  sandbox.aws.accessGrants.associationMs = 180_000;

  expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });

  expect(sandbox.countAwsCalls('Invoke')).toBeGreaterThan(0);
  expect(writeCalls(sandbox)).not.toContain('DeleteAccessGrantsInstance');
  expect(writeCalls(sandbox).filter((call) => call === 'CreateAccessGrantsInstance')).toHaveLength(1);
});

test('succeeds once requests find the instance, so that a Delete finds it too', async () => {
  delayReads(sandbox, 'CreateAccessGrantsInstance', 30_000);

  expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS' });

  await expectNothingLeft(sandbox);
});

describe('a change of the association', () => {
  test('ends an association and creates another', async () => {
    await sandbox.deploy(IDENTITY_CENTER);

    expect(await sandbox.deploy(OTHER_IDENTITY_CENTER)).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterInstanceArn: OTHER_IDENTITY_CENTER },
    });
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER, associationIsOurs: true });
    await expectNothingLeft(sandbox);
  });

  test('removes the claim with an association', async () => {
    await sandbox.deploy(IDENTITY_CENTER);

    expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toEqual({
      identityCenter: undefined, instanceIsOurs: true, associationIsOurs: false,
    });
  });

  test('waits until an association has ended', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    sandbox.aws.accessGrants.associationMs = 90_000;

    expect(await sandbox.deploy(OTHER_IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER, associationIsOurs: true });
  });

  test('recreates an association that another owner ended', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    anotherOwner(sandbox).dissociates();
    sandbox.tags = { team: 'data' };

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterInstanceArn: IDENTITY_CENTER },
    });
    await expectNothingLeft(sandbox);
  });

  test('fails when another owner has associated the instance with another Identity Center instance', async () => {
    anotherOwner(sandbox).createsInstance(OTHER_IDENTITY_CENTER);
    const { status, reason, rollback } = await sandbox.deploy(IDENTITY_CENTER);

    expect({ status, rollback }).toEqual({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(reason).toMatch(/\[IDENTITY_CENTER_ALREADY_ASSOCIATED\]$/);
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER });
  });

  test('keeps the association of another owner with a warning when the event does not change it', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    anotherOwner(sandbox).dissociates();
    anotherOwner(sandbox).associates(OTHER_IDENTITY_CENTER);
    sandbox.tags = { team: 'data' };

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterInstanceArn: OTHER_IDENTITY_CENTER },
    });
    expect(sandbox.steps).toContain('keep-association');
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER });
  });

  test('explains why AWS refuses an association, and gives up its claim', async () => {
    anotherOwner(sandbox).createsInstance();
    sandbox.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);
    const { reason } = await sandbox.deploy(IDENTITY_CENTER);

    expect(reason).toMatch(/InvalidIdentityCenterInstance: .*\[IDENTITY_CENTER_NOT_ASSOCIATED\]$/);
    expect(instanceState(sandbox)).toMatchObject({ associationIsOurs: false });
  });

  test('does not wait for an association that nobody has requested when the Create is too late', async () => {
    anotherOwner(sandbox).createsInstance();
    const properties = { AccountId: AT[0], Region: AT[1], IdentityCenterInstanceArn: IDENTITY_CENTER };
    const { Reason } = await sandbox.send('Create', { ageMs: 200_000, ResourceProperties: properties });

    expect(Reason).toMatch(/\[INSTANCE_CREATE_TOO_LATE\]$/);
    expect(writeCalls(sandbox)).toEqual(['TagResource']);
  });

  test('leaves no claim when AWS is too busy to associate', async () => {
    anotherOwner(sandbox).createsInstance();
    const error = new AwsError(503, 'SlowDown', 'Please reduce your request rate.');
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error, times: Infinity });
    const { status, rollback } = await sandbox.deploy(IDENTITY_CENTER);

    expect({ status, rollback }).toEqual({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(instanceState(sandbox)).toEqual({
      identityCenter: undefined, instanceIsOurs: false, associationIsOurs: false,
    });
  });
});

describe('a repeated Create', () => {
  const REQUEST = { RequestId: 'c1b2c3d4-0000-4000-8000-0000000000aa' };

  test('changes nothing when a Create is repeated after it has finished', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    await sandbox.send('Create', REQUEST);
    const writes = writeCalls(sandbox).length;

    expect(await sandbox.send('Create', REQUEST)).toMatchObject({ Status: 'SUCCESS', Data: { Adopted: 'false' } });
    expect(writeCalls(sandbox)).toHaveLength(writes);
  });
});
