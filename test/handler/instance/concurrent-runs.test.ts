import { AwsError } from '../../sandbox/aws';
import {
  anotherOwner, countWrites, IDENTITY_CENTER, instanceState, onCall, OTHER_IDENTITY_CENTER, TAG_PREFIX, writeCalls,
} from '../../support/access-grants-instance';
import { expectNothingLeft, InstanceSandbox } from '../support/instance-sandbox';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const SECOND = 1_000;
const MINUTE = 60_000;
const AT = ['111122223333', 'us-east-1'] as const;
const APPLICATION_TAG = `${TAG_PREFIX}identity-center:application`;
const OURS = { identityCenter: IDENTITY_CENTER, instanceIsOurs: true, associationIsOurs: true };
const LOST = new AwsError(500, 'InternalError', 'We encountered an internal error.');
const INVALID = new AwsError(400, 'InvalidRequest', 'Not now.');

/** The tags of the instance. */
const tags = () => sandbox.aws.accessGrants.instance(...AT).tags;
/** The application of the association. */
const application = () => sandbox.aws.accessGrants.instance(...AT).association!.applicationArn;
const count = (operation: string) => countWrites(sandbox, operation);

/** Another run of the same event has requested the association, and not recorded its application. */
function forgetApplication(): void {
  tags().set(APPLICATION_TAG, '');
}

describe('another run of the same event', () => {
  test.each([
    ['a conflict', new AwsError(409, 'Conflict', 'There is one.')],
    ['an unknown error', INVALID],
  ])('leaves the association to the run that requested it first when AWS answers %s', async (_, error) => {
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      error,
      run: () => {
        anotherOwner(sandbox).associates(IDENTITY_CENTER);
        sandbox.clock.at(sandbox.clock.now() + 10 * SECOND, () => tags().set(APPLICATION_TAG, application()));
      },
    });

    const { status, attributes } = await sandbox.deploy(IDENTITY_CENTER);

    expect({ status, application: attributes?.IdentityCenterApplicationArn }).toEqual({
      status: 'SUCCESS', application: application(),
    });
    expect(instanceState(sandbox)).toEqual(OURS);
    expect(writeCalls(sandbox)).toEqual([
      'CreateAccessGrantsInstance', 'TagResource', 'AssociateAccessGrantsIdentityCenter',
    ]);
    await expectNothingLeft(sandbox);
  });

  test('records the application of an association that an earlier run requested', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    forgetApplication();

    expect(await sandbox.send('Create')).toMatchObject({ Status: 'SUCCESS' });

    expect(tags().get(APPLICATION_TAG)).toBe(application());
    expect(count('AssociateAccessGrantsIdentityCenter')).toBe(1);
  });

  test.each([
    ['a conflict', undefined],
    ['an unknown error', INVALID],
  ])('owns an association that an earlier invocation requested when AWS answers the next with %s', async (_, error) => {
    sandbox.functionTimeoutMs = 2 * MINUTE;
    sandbox.aws.accessGrants.associationMs = 90 * SECOND;
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error, after: 1 });

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });

    expect(count('AssociateAccessGrantsIdentityCenter')).toBe(2);
    expect(instanceState(sandbox)).toEqual(OURS);
    await expectNothingLeft(sandbox);
  });

  test('waits for the association that it requested when the Create is too late to request it again', async () => {
    sandbox.functionTimeoutMs = 5 * MINUTE;
    sandbox.aws.accessGrants.associationMs = 6 * MINUTE;

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterInstanceArn: IDENTITY_CENTER },
    });

    expect(sandbox.steps).toContain('handed-over');
    expect(count('AssociateAccessGrantsIdentityCenter')).toBe(1);
    await expectNothingLeft(sandbox);
  });

  test('waits for the end of an association that an earlier invocation requested', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    sandbox.functionTimeoutMs = 5 * MINUTE;
    sandbox.aws.accessGrants.associationMs = 9 * MINUTE;

    await expectNothingLeft(sandbox);

    expect(sandbox.steps).toContain('handed-over');
  });
});

describe('an association that AWS refuses', () => {
  test('fails at once when another stack associates the instance with another Identity Center instance', async () => {
    anotherOwner(sandbox).createsInstance();
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      run: () => {
        anotherOwner(sandbox).associates(OTHER_IDENTITY_CENTER);
        tags()
          .set(`${TAG_PREFIX}identity-center:stack`, 'other')
          .set(`${TAG_PREFIX}identity-center:instance`, OTHER_IDENTITY_CENTER)
          .set(APPLICATION_TAG, application());
      },
    });
    const start = sandbox.clock.now();

    const { status, reason } = await sandbox.deploy(IDENTITY_CENTER);

    expect(status).toBe('FAILED');
    expect(reason).toMatch(/\[IDENTITY_CENTER_ALREADY_ASSOCIATED\]$/);
    expect(sandbox.clock.now() - start).toBeLessThan(MINUTE);
    expect(tags().get(APPLICATION_TAG)).toBe(application());
  });

  test('fails at once with the text of AWS when it refuses what nobody has associated', async () => {
    anotherOwner(sandbox).createsInstance();
    sandbox.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);
    const start = sandbox.clock.now();

    expect((await sandbox.deploy(IDENTITY_CENTER)).reason).toMatch(/\[IDENTITY_CENTER_NOT_ASSOCIATED\]$/);
    expect(sandbox.clock.now() - start).toBeLessThan(MINUTE);
  });

  test('fails in minutes when AWS refuses what it may have done before, and nothing appears', async () => {
    anotherOwner(sandbox).createsInstance();
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error: LOST });
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error: INVALID, after: 1 });
    const start = sandbox.clock.now();

    expect((await sandbox.deploy(IDENTITY_CENTER)).reason).toMatch(
      /refused AssociateAccessGrantsIdentityCenter: InvalidRequest: Not now\. .*\[IDENTITY_CENTER_NOT_ASSOCIATED\]$/,
    );
    expect(sandbox.clock.now() - start).toBeLessThan(8 * MINUTE);
    expect(instanceState(sandbox)).toEqual({
      identityCenter: undefined, instanceIsOurs: false, associationIsOurs: false,
    });
  });

  test('waits for a slow association when the response is lost and the repeated request is a conflict', async () => {
    sandbox.aws.accessGrants.associationMs = 4 * MINUTE;
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error: LOST, done: true });

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });

    expect(instanceState(sandbox)).toEqual(OURS);
  });

  test('leaves no association that AWS refuses to request again before it appears', async () => {
    sandbox.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error: LOST, done: true });
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', { error: INVALID, after: 1 });

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });

    expect(instanceState(sandbox)).toEqual(OURS);
    await expectNothingLeft(sandbox);
  });
});

describe('an instance that another owner deletes', () => {
  const DELETED = { status: 'FAILED', reason: expect.stringMatching(/\[INSTANCE_DELETED_DURING_DEPLOYMENT\]$/) };
  function deletes(): void {
    anotherOwner(sandbox).deletesInstance();
    sandbox.aws.accessGrants.isApplicationHidden = false;
  }

  test('says so when the instance is deleted before its association is ended', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    onCall(sandbox, 'TagResource', { run: deletes });

    expect(await sandbox.deploy(OTHER_IDENTITY_CENTER)).toMatchObject(DELETED);
  });

  test('says so when the instance is deleted while its association ends', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    onCall(sandbox, 'DissociateAccessGrantsIdentityCenter', { run: deletes });

    expect(await sandbox.deploy(OTHER_IDENTITY_CENTER)).toMatchObject(DELETED);
  });

  test('says so when the instance is deleted while its association has no application yet', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    sandbox.aws.accessGrants.isApplicationHidden = true;
    sandbox.tags = { team: 'data' };
    sandbox.clock.at(sandbox.clock.now() + MINUTE, deletes);

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject(DELETED);
  });

  test('says so when the instance is deleted while its association does not appear yet', async () => {
    sandbox.aws.accessGrants.associationMs = 2 * MINUTE;
    sandbox.clock.at(sandbox.clock.now() + MINUTE, deletes);

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject(DELETED);
  });

  test('says so when the instance is deleted while AWS refuses its association', async () => {
    await sandbox.deploy();
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      error: new AwsError(409, 'Conflict', 'There is one.'),
      run: deletes,
    });

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject(DELETED);
  });
});

describe('an association without its application', () => {
  /** Shows or hides the application after some time. */
  function hidesApplication(isHidden: boolean, afterMs: number): void {
    sandbox.clock.at(sandbox.clock.now() + afterMs, () => {
      sandbox.aws.accessGrants.isApplicationHidden = isHidden;
    });
  }

  test.each([
    ['that is new', () => undefined],
    ['of another owner', () => anotherOwner(sandbox).createsInstance(IDENTITY_CENTER)],
    ['with which another owner was faster', () =>
      onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
        run: () => anotherOwner(sandbox).associates(IDENTITY_CENTER),
      })],
  ])('waits for the application of an association %s', async (_, prepare) => {
    prepare();
    hidesApplication(true, 0);
    hidesApplication(false, MINUTE);

    expect((await sandbox.deploy(IDENTITY_CENTER)).attributes).toMatchObject({
      IdentityCenterApplicationArn: application(),
    });
  });

  test.each([
    ['shows its application last', true],
    ['shows its application first', false],
  ])('waits for the end of an association that %s', async (_, isHiddenFirst) => {
    anotherOwner(sandbox).createsInstance();
    await sandbox.deploy(IDENTITY_CENTER);
    forgetApplication();
    sandbox.aws.accessGrants.associationMs = MINUTE;
    hidesApplication(isHiddenFirst, 0);
    hidesApplication(!isHiddenFirst, 20 * SECOND);
    const instance = sandbox.aws.accessGrants.instance(...AT);

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(sandbox.aws.accessGrants.visibleAssociation(instance)).toBeUndefined();
  });

  test.each([
    ['another Identity Center instance, and has no application yet', OTHER_IDENTITY_CENTER, true],
    ['the same Identity Center instance', IDENTITY_CENTER, false],
  ])('does not wait for the end of an association that follows ours with %s', async (_, next, isHidden) => {
    anotherOwner(sandbox).createsInstance();
    await sandbox.deploy(IDENTITY_CENTER);
    onCall(sandbox, 'DissociateAccessGrantsIdentityCenter', {
      error: LOST,
      run: () => {
        anotherOwner(sandbox).dissociates();
        anotherOwner(sandbox).associates(next);
        hidesApplication(isHidden, 0);
      },
    });

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(sandbox.steps).not.toContain('handed-over');
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: next, associationIsOurs: false });
  });
});
