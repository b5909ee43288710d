import { AwsError, s3ControlOperation } from '../../sandbox/aws';
import {
  anotherOwner,
  IDENTITY_CENTER,
  INSTANCE_ARN,
  instanceState,
  onCall,
  OTHER_IDENTITY_CENTER,
  TAG_PREFIX,
  writeCalls,
} from '../../support/access-grants-instance';
import { InstanceSandbox } from '../support/instance-sandbox';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const LOST = new AwsError(500, 'InternalError', 'We encountered an internal error.');
const OTHER_STACK = 'arn:aws:cloudformation:us-east-1:111122223333:stack/Other/1';
const STACK_TAG = `${TAG_PREFIX}identity-center:stack`;
const APPLICATION_TAG = `${TAG_PREFIX}identity-center:application`;

describe('an instance', () => {
  test('adopts an instance when another owner creates it at the same time', async () => {
    onCall(sandbox, 'CreateAccessGrantsInstance', { run: () => anotherOwner(sandbox).createsInstance() });

    expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS', attributes: { Adopted: 'true' } });
    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(sandbox.aws.accessGrants.findInstance('111122223333', 'us-east-1')?.arn).toBe(INSTANCE_ARN);
  });

  test('keeps an instance that another owner creates while the response to our deletion is lost', async () => {
    await sandbox.deploy();
    onCall(sandbox, 'DeleteAccessGrantsInstance', {
      error: LOST,
      run: () => {
        anotherOwner(sandbox).deletesInstance();
        anotherOwner(sandbox).createsInstance();
      },
    });

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(instanceState(sandbox)).toMatchObject({ instanceIsOurs: false });
  });

  test.each(['ListTagsForResource', 'TagResource', 'AssociateAccessGrantsIdentityCenter'])(
    'does not recreate an instance when another owner deletes it before %s',
    async (operation) => {
      onCall(sandbox, operation, { run: () => anotherOwner(sandbox).deletesInstance() });

      const outcome = await sandbox.deploy(IDENTITY_CENTER);

      expect(outcome).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
      expect(outcome.reason).toContain(
        'was deleted while it was being set up. Deploy again to create it. [INSTANCE_DELETED_DURING_DEPLOYMENT]',
      );
      expect(instanceState(sandbox)).toBeUndefined();
    },
  );

  test.each([
    'ListTagsForResource',
    'UntagResource',
    'DissociateAccessGrantsIdentityCenter',
    'DeleteAccessGrantsInstance',
  ])('deletes an instance successfully when another owner deletes it before %s', async (operation) => {
    await sandbox.deploy(IDENTITY_CENTER);
    onCall(sandbox, operation, { run: () => anotherOwner(sandbox).deletesInstance() });

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });
    expect(instanceState(sandbox)).toBeUndefined();
  });
});

describe('an association by another owner', () => {
  test('does not claim an association with the desired Identity Center instance that was there before', async () => {
    anotherOwner(sandbox).createsInstance(IDENTITY_CENTER);

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterInstanceArn: IDENTITY_CENTER },
    });
    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(writeCalls(sandbox)).toEqual([]);
  });

  test("keeps another owner's association with the same Identity Center instance", async () => {
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      run: () => anotherOwner(sandbox).associates(IDENTITY_CENTER),
    });

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });

    expect(instanceState(sandbox)).toMatchObject({ identityCenter: IDENTITY_CENTER, associationIsOurs: false });
    expect(writeCalls(sandbox)).not.toContain('DissociateAccessGrantsIdentityCenter');
  });

  test("keeps and names another owner's association with another Identity Center instance", async () => {
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      run: () => anotherOwner(sandbox).associates(OTHER_IDENTITY_CENTER),
    });

    const outcome = await sandbox.deploy(IDENTITY_CENTER);

    expect(outcome).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(outcome.reason).toContain(`is associated with Identity Center instance ${OTHER_IDENTITY_CENTER}`);
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: OTHER_IDENTITY_CENTER, associationIsOurs: false });
    expect(writeCalls(sandbox)).not.toContain('DissociateAccessGrantsIdentityCenter');
  });

  test('gives up its claim when another owner was faster and the response to our request is lost', async () => {
    anotherOwner(sandbox).createsInstance();
    await sandbox.deploy();
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      error: LOST,
      run: () => anotherOwner(sandbox).associates(OTHER_IDENTITY_CENTER),
    });

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
      status: 'FAILED', reason: expect.stringMatching(/\[IDENTITY_CENTER_ALREADY_ASSOCIATED\]$/), rollback: 'SUCCESS',
    });
    expect(instanceState(sandbox)).toEqual({
      identityCenter: OTHER_IDENTITY_CENTER, instanceIsOurs: false, associationIsOurs: false,
    });
  });

  test("keeps another owner's association that follows our dissociation", async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    sandbox.aws.route('s3-control', async (request, next) => {
      const answer = await next(request);
      if (s3ControlOperation(request) === 'DissociateAccessGrantsIdentityCenter') {
        anotherOwner(sandbox).associates(IDENTITY_CENTER);
      }
      return answer;
    });

    expect(await sandbox.deploy()).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterInstanceArn: IDENTITY_CENTER },
    });

    const dissociations = writeCalls(sandbox).filter((call) => call === 'DissociateAccessGrantsIdentityCenter');
    expect(dissociations).toHaveLength(1);
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  test("keeps another owner's association when the response to our dissociation is lost", async () => {
    anotherOwner(sandbox).createsInstance();
    await sandbox.deploy(IDENTITY_CENTER);
    onCall(sandbox, 'DissociateAccessGrantsIdentityCenter', {
      error: LOST,
      run: () => {
        anotherOwner(sandbox).dissociates();
        anotherOwner(sandbox).associates(IDENTITY_CENTER);
      },
    });

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(instanceState(sandbox)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
  });
});

describe('an association by another stack of this library', () => {
  test("keeps the tags of another stack's association when it comes with ours", async () => {
    const { tags } = anotherOwner(sandbox).createsInstance();
    let application = '';
    onCall(sandbox, 'AssociateAccessGrantsIdentityCenter', {
      run: () => {
        anotherOwner(sandbox).associates(IDENTITY_CENTER);
        const { association } = sandbox.aws.accessGrants.instance('111122223333', 'us-east-1');
        application = association!.applicationArn;
        tags.set(STACK_TAG, OTHER_STACK).set(APPLICATION_TAG, application);
      },
    });

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });
    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect([tags.get(STACK_TAG), tags.get(APPLICATION_TAG)]).toEqual([OTHER_STACK, application]);
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });

  test("keeps the tags of another stack's association that follows our dissociation without a response", async () => {
    const { tags } = anotherOwner(sandbox).createsInstance();
    await sandbox.deploy(IDENTITY_CENTER);
    onCall(sandbox, 'DissociateAccessGrantsIdentityCenter', {
      error: LOST,
      run: () => {
        anotherOwner(sandbox).dissociates();
        anotherOwner(sandbox).associates(IDENTITY_CENTER);
        tags.set(STACK_TAG, OTHER_STACK);
      },
    });

    expect(await sandbox.destroy()).toMatchObject({ status: 'SUCCESS' });

    expect(tags.get(STACK_TAG)).toBe(OTHER_STACK);
    expect(instanceState(sandbox)).toMatchObject({ identityCenter: IDENTITY_CENTER });
  });
});
