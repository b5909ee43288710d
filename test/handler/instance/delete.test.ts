import { AwsError } from '../../sandbox/aws';
import {
  anotherOwner, createLocationRole, delayReads, IDENTITY_CENTER, instanceState, onCall, OTHER_IDENTITY_CENTER,
  TAG_PREFIX, writeCalls,
} from '../../support/access-grants-instance';
import { STACK } from '../support/function-sandbox';
import { InstanceSandbox } from '../support/instance-sandbox';
import { describeStack, ShownState } from '../support/stack-description';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const SECOND = 1_000;
const MINUTE = 60_000;
const AT = ['111122223333', 'us-east-1'] as const;

/** The messages of log lines of a step. */
function logged(step: string): string[] {
  return sandbox.log.map((line) => JSON.parse(line)).filter((line) => line.step === step).map(({ message }) => message);
}

describe('an instance that is in use', () => {
  test('keeps an instance without an owner after two minutes when it has locations and grants of others', async () => {
    await sandbox.deploy();
    const { id } = await anotherOwner(sandbox).registers('s3://theirs/');
    anotherOwner(sandbox).grants(id);
    const start = sandbox.clock.now();

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: false });
    expect(logged('keep-instance')).toEqual([
      'the S3 Access Grants instance of account 111122223333, us-east-1 has 1 locations and 1 grants of other owners: '
        + 'it is retained and has no owner any more',
    ]);
    expect(sandbox.clock.now() - start).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(sandbox.clock.now() - start).toBeLessThan(4 * MINUTE);
  });

  test('keeps an instance without an owner when another owner has associated it', async () => {
    await sandbox.deploy();
    anotherOwner(sandbox).associates(OTHER_IDENTITY_CENTER);

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(instanceState(sandbox)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER, instanceIsOurs: false });
    expect(logged('keep-instance')[0]).toContain(`, and is associated with ${OTHER_IDENTITY_CENTER}: it is retained`);
  });

  test('deletes an instance once it is empty, however long that takes', async () => {
    await sandbox.deploy();
    createLocationRole(sandbox.aws, 'theirs');
    for (let i = 1; i <= 5; i++) {
      const { id } = await anotherOwner(sandbox).registers(`s3://theirs/${i}/`);
      sandbox.clock.at(sandbox.clock.now() + i * 1.9 * MINUTE, () => anotherOwner(sandbox).unregisters(id));
    }

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toBeUndefined();
  });

  test('deletes an instance whose grants are removed one after the other, and then its location', async () => {
    await sandbox.deploy();
    const { id } = await anotherOwner(sandbox).registers('s3://theirs/');
    for (let i = 1; i <= 3; i++) {
      const grant = anotherOwner(sandbox).grants(id);
      sandbox.clock.at(sandbox.clock.now() + i * 1.9 * MINUTE, () => {
        sandbox.aws.accessGrants.deleteGrant(...AT, grant.id);
        if (i === 3) anotherOwner(sandbox).unregisters(id);
      });
    }

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toBeUndefined();
  });

  test('fails a deletion with the text of AWS when nothing is left in the instance', async () => {
    await sandbox.deploy();
    const error = new AwsError(400, 'AccessGrantsInstanceNotEmptyError', 'It is not empty.');
    onCall(sandbox, 'DeleteAccessGrantsInstance', { error, times: Infinity });

    expect(await sandbox.destroy()).toMatchObject({
      status: 'FAILED',
      reason: expect.stringContaining('AccessGrantsInstanceNotEmptyError: It is not empty'),
    });
    expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: true });
  });

  test('deletes no instance with which another owner has replaced ours meanwhile', async () => {
    await sandbox.deploy();
    await anotherOwner(sandbox).registers('s3://theirs/');
    const start = sandbox.clock.now();
    sandbox.clock.at(start + MINUTE, () => {
      anotherOwner(sandbox).deletesInstance();
      anotherOwner(sandbox).createsInstance();
    });

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: false });
    expect(sandbox.clock.now() - start).toBeLessThan(2 * MINUTE);
  });
});

describe('reads that still find the deleted instance', () => {
  test('succeeds once requests do not find the instance, so that no Create adopts it', async () => {
    await sandbox.deploy();
    delayReads(sandbox, 'DeleteAccessGrantsInstance', MINUTE / 2);

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect((await sandbox.deploy()).attributes).toMatchObject({ Adopted: 'false' });
  });

  test('does not wait longer than a minute', async () => {
    await sandbox.deploy();
    delayReads(sandbox, 'DeleteAccessGrantsInstance', Infinity);
    const start = sandbox.clock.now();

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(sandbox.clock.now() - start).toBeLessThan(2 * MINUTE);
    expect(instanceState(sandbox)).toBeUndefined();
  });

  test('waits no longer when requests find the instance that another owner created next', async () => {
    await sandbox.deploy();
    delayReads(sandbox, 'DeleteAccessGrantsInstance', SECOND);
    onCall(sandbox, 'DeleteAccessGrantsInstance', {
      run: () => sandbox.clock.at(sandbox.clock.now() + SECOND / 2, () => anotherOwner(sandbox).createsInstance()),
    });
    const start = sandbox.clock.now();

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(sandbox.clock.now() - start).toBeLessThan(MINUTE / 2);
    expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: false });
  });
});

test('keeps an instance of another owner, and the association that this owner created', async () => {
  anotherOwner(sandbox).createsInstance(IDENTITY_CENTER);
  await sandbox.deploy();

  expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
  expect(instanceState(sandbox)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  expect(writeCalls(sandbox)).toEqual([]);
});

test('keeps the association with which another owner replaced ours, and gives up the claim to ours', async () => {
  anotherOwner(sandbox).createsInstance();
  await sandbox.deploy(IDENTITY_CENTER);
  anotherOwner(sandbox).dissociates();
  anotherOwner(sandbox).associates(OTHER_IDENTITY_CENTER);

  expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

  expect(instanceState(sandbox)).toEqual({
    identityCenter: OTHER_IDENTITY_CENTER, instanceIsOurs: false, associationIsOurs: false,
  });
  expect(writeCalls(sandbox)).not.toContain('DissociateAccessGrantsIdentityCenter');
});

test('gives up the claim to an association that another owner ended', async () => {
  anotherOwner(sandbox).createsInstance();
  await sandbox.deploy(IDENTITY_CENTER);
  anotherOwner(sandbox).dissociates();

  expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

  expect(instanceState(sandbox)).toEqual({
    identityCenter: undefined, instanceIsOurs: false, associationIsOurs: false,
  });
  expect(writeCalls(sandbox)).not.toContain('DissociateAccessGrantsIdentityCenter');
});

test('deletes an instance whose association has ended and still appears, so that AWS refuses to end it', async () => {
  await sandbox.deploy(IDENTITY_CENTER);
  sandbox.aws.accessGrants.associationMs = 90_000;
  anotherOwner(sandbox).dissociates();

  expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
  expect(instanceState(sandbox)).toBeUndefined();
});

describe('the Delete of a cancelled Create', () => {
  const INVENTED = 'Lake-Instance-1A2B3C4D5E6F';
  const CLEANING_UP = 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS';

  test('deletes what a cancelled Create created', async () => {
    await sandbox.deploy(IDENTITY_CENTER);

    expect(await sandbox.destroy(INVENTED)).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toBeUndefined();
    expect(sandbox.answers.at(-1)).toMatchObject({ PhysicalResourceId: INVENTED });
  });

  test.each<[string, string, string, ShownState]>([
    ['deletes', 'the rollback', 'ROLLBACK_IN_PROGRESS', {}],
    ['deletes', 'the deletion, which was not answered once', 'DELETE_IN_PROGRESS', { denials: 1 }],
    ['keeps', 'a cleanup, in which it may show the resource that is deleted', CLEANING_UP, {}],
    ['keeps', 'the next Create', 'UPDATE_IN_PROGRESS', {
      resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 30 * SECOND,
    }],
  ])('%s an instance of ours when CloudFormation shows %s', async (verb, _, status, state) => {
    await sandbox.deploy(IDENTITY_CENTER);
    describeStack(sandbox, status, INVENTED, state);

    expect(await sandbox.destroy(INVENTED)).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toEqual(verb === 'deletes' ? undefined : {
      identityCenter: IDENTITY_CENTER, instanceIsOurs: true, associationIsOurs: true,
    });
    expect(logged('keep-instance')).toHaveLength(verb === 'deletes' ? 0 : 1);
  });

  test('keeps the instance that a later Create has taken over', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    describeStack(sandbox, 'UPDATE_IN_PROGRESS', INVENTED);
    sandbox.clock.at(sandbox.clock.now() + 50 * SECOND, () =>
      describeStack(sandbox, CLEANING_UP, sandbox.answers[0].PhysicalResourceId));

    expect(await sandbox.destroy(INVENTED)).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: IDENTITY_CENTER, instanceIsOurs: true });
  });

  test('waits for what a cancelled Create creates last', async () => {
    sandbox.clock.at(sandbox.clock.now() + 3 * MINUTE, () => {
      const tags = {
        stack: STACK, resource: 'Instance', lifetime: 'of-the-create', generation: 'AROA1F2E3D4C5B6A7F8E9',
      };
      sandbox.aws.accessGrants.createInstance(...AT, {
        tags: Object.fromEntries(
          Object.entries(tags).map(([field, value]) => [`${TAG_PREFIX}instance:${field}`, value]),
        ),
      });
    });

    expect(await sandbox.destroy(INVENTED)).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toBeUndefined();
  });

  test.each([
    ['stack', `${STACK}-other`],
    ['resource', 'Other'],
    ['generation', 'AROA0000000000000000'],
  ])('keeps an instance with another %s than that of a cancelled Create', async (field, value) => {
    await sandbox.deploy();
    sandbox.aws.accessGrants.instance(...AT).tags.set(`${TAG_PREFIX}instance:${field}`, value);

    expect(await sandbox.destroy(INVENTED)).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: true });
  });
});

test('keeps what the same resource created in another lifetime', async () => {
  await sandbox.deploy();
  const start = sandbox.clock.now();

  expect(await sandbox.destroy('s3-access-grants-instance/000000000000')).toMatchObject({ status: 'SUCCESS' });

  expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: true });
  expect(sandbox.clock.now() - start).toBeLessThan(MINUTE);
});
