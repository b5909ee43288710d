import { AwsError } from '../../sandbox/aws';
import {
  anotherOwner, countWrites, delayReads, IDENTITY_CENTER, instanceState, onCall, OTHER_IDENTITY_CENTER, TAG_PREFIX,
} from '../../support/access-grants-instance';
import { CloudFormationAnswer } from '../support/function-sandbox';
import { expectNothingLeft, InstanceSandbox } from '../support/instance-sandbox';
import { describeStack } from '../support/stack-description';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const SECOND = 1_000;
const MINUTE = 60_000;
const ENDED_TAG = `${TAG_PREFIX}identity-center:ended`;
const ASSOCIATE = 'AssociateAccessGrantsIdentityCenter';
const DISSOCIATE = 'DissociateAccessGrantsIdentityCenter';
const OURS = { identityCenter: IDENTITY_CENTER, instanceIsOurs: true, associationIsOurs: true };
const NO_ASSOCIATION = { identityCenter: undefined, instanceIsOurs: true, associationIsOurs: false };
const REFUSED = new AwsError(400, 'InvalidRequest', 'Not now.');

/** The tags of the instance. */
const tags = () => sandbox.aws.accessGrants.instance('111122223333', 'us-east-1').tags;
const count = (operation: string) => countWrites(sandbox, operation);

/** Properties of the resource with an Identity Center instance, or with none. */
function propertiesWith(identityCenter?: string, TimeoutSeconds = '1800') {
  const properties = {
    AccountId: '111122223333', Region: 'us-east-1', TimeoutSeconds, Generation: 'AROA1F2E3D4C5B6A7F8E9',
  };
  return identityCenter ? { ...properties, IdentityCenterInstanceArn: identityCenter } : properties;
}

/** The Update from one Identity Center instance to another, or the one that rolls it back. */
function change(from?: string, to?: string, timeoutSeconds?: string): Promise<CloudFormationAnswer> {
  return sandbox.send('Update', {
    PhysicalResourceId: sandbox.answers[0].PhysicalResourceId,
    OldResourceProperties: propertiesWith(from, timeoutSeconds),
    ResourceProperties: propertiesWith(to, timeoutSeconds),
  });
}

interface Cancellation {
  /** The call of the Update after which CloudFormation cancels it. */
  readonly operation: string;
  /** @default 15 seconds */
  readonly afterMs?: number;
  /** With which AWS answers the call. @default - AWS carries it out */
  readonly error?: AwsError;
}

/** Updates the resource, cancels the Update, and returns the answer to the Update that rolls it back. */
async function rollBack(
  from: string | undefined,
  to: string | undefined,
  { operation, afterMs = 15 * SECOND, error }: Cancellation,
): Promise<CloudFormationAnswer> {
  await sandbox.deploy(from);
  sandbox.clock.advance(5 * MINUTE);
  const show = (status: string) =>
    describeStack(sandbox, status, sandbox.answers[0].PhysicalResourceId, { resourceStatus: 'UPDATE_IN_PROGRESS' });
  show('UPDATE_IN_PROGRESS');
  let rollback: Promise<CloudFormationAnswer> | undefined;
  onCall(sandbox, operation, {
    error,
    run: () =>
      sandbox.clock.at(sandbox.clock.now() + afterMs, () => {
        show('UPDATE_ROLLBACK_IN_PROGRESS');
        rollback = change(to, from);
      }),
  });
  await change(from, to);
  const answer = await rollback!;
  sandbox.clock.advance(10 * MINUTE);
  return answer;
}

describe('an association that a cancelled Update requested', () => {
  test('removes the association when it does not appear before the rollback', async () => {
    sandbox.aws.accessGrants.associationMs = MINUTE;

    expect(await rollBack(undefined, IDENTITY_CENTER, { operation: ASSOCIATE })).toMatchObject({
      Status: 'SUCCESS', Data: { IdentityCenterInstanceArn: '' },
    });

    expect(instanceState(sandbox)).toEqual(NO_ASSOCIATION);
  });

  test('creates the old association again when the new one does not appear before the rollback', async () => {
    await sandbox.deploy(OTHER_IDENTITY_CENTER);
    sandbox.aws.accessGrants.associationMs = MINUTE;

    expect(await rollBack(OTHER_IDENTITY_CENTER, IDENTITY_CENTER, { operation: ASSOCIATE })).toMatchObject({
      Status: 'SUCCESS', Data: { IdentityCenterInstanceArn: OTHER_IDENTITY_CENTER },
    });

    expect(instanceState(sandbox)).toEqual({ ...OURS, identityCenter: OTHER_IDENTITY_CENTER });
    sandbox.aws.accessGrants.associationMs = 0;
    await expectNothingLeft(sandbox);
  });

  test('removes the association when the Update timed out before it appears', async () => {
    await sandbox.deploy();
    sandbox.aws.accessGrants.associationMs = 90 * SECOND;

    expect(await change(undefined, IDENTITY_CENTER, '60')).toMatchObject({ Status: 'FAILED' });
    expect(await change(IDENTITY_CENTER, undefined, '60')).toMatchObject({ Status: 'SUCCESS' });

    sandbox.clock.advance(10 * MINUTE);
    expect(instanceState(sandbox)).toEqual(NO_ASSOCIATION);
  });

  test('ends the association once it appears when AWS refuses to end it before', async () => {
    sandbox.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox, DISSOCIATE, { error: REFUSED });

    expect(await rollBack(undefined, IDENTITY_CENTER, { operation: ASSOCIATE })).toMatchObject({ Status: 'SUCCESS' });

    expect(count(DISSOCIATE)).toBe(2);
    expect(instanceState(sandbox)).toEqual(NO_ASSOCIATION);
  });

  test('ends the association when the response to the first request is lost', async () => {
    sandbox.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox, DISSOCIATE, { error: new AwsError(500, 'InternalError', 'We encountered an internal error.') });

    expect(await rollBack(undefined, IDENTITY_CENTER, { operation: ASSOCIATE })).toMatchObject({ Status: 'SUCCESS' });

    expect(instanceState(sandbox)).toEqual(NO_ASSOCIATION);
  });

  test('gives up the claim when the Update was cancelled before its request', async () => {
    sandbox.aws.accessGrants.associationMs = MINUTE;

    expect(await rollBack(undefined, IDENTITY_CENTER, { operation: 'TagResource', afterMs: 0 })).toMatchObject({
      Status: 'SUCCESS',
    });

    expect(count(ASSOCIATE)).toBe(0);
    expect(instanceState(sandbox)).toEqual(NO_ASSOCIATION);
  });

  test('keeps the association that another owner creates after the rollback has ended ours', async () => {
    sandbox.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox, DISSOCIATE, {
      run: () => sandbox.clock.at(sandbox.clock.now() + SECOND, () => {
        sandbox.aws.accessGrants.associationMs = 0;
        anotherOwner(sandbox).associates(IDENTITY_CENTER);
      }),
    });

    expect(await rollBack(undefined, IDENTITY_CENTER, { operation: ASSOCIATE })).toMatchObject({ Status: 'SUCCESS' });

    expect(count(DISSOCIATE)).toBe(1);
    expect(instanceState(sandbox)).toEqual({ ...OURS, associationIsOurs: false });
  });

  test('says so when the instance is deleted while the association does not appear', async () => {
    sandbox.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox, DISSOCIATE, { run: () => anotherOwner(sandbox).deletesInstance() });

    expect((await rollBack(undefined, IDENTITY_CENTER, { operation: ASSOCIATE })).Reason).toMatch(
      /\[INSTANCE_DELETED_DURING_DEPLOYMENT\]/,
    );
  });
});

describe('an association that a cancelled Update ended', () => {
  test.each([
    ['none', undefined],
    ['another', OTHER_IDENTITY_CENTER],
  ])('creates the association again when the rollback still finds it after an Update to %s', async (_, to) => {
    await sandbox.deploy(IDENTITY_CENTER);
    sandbox.aws.accessGrants.associationMs = 4 * MINUTE;

    expect(await rollBack(IDENTITY_CENTER, to, { operation: DISSOCIATE })).toMatchObject({
      Status: 'SUCCESS', Data: { IdentityCenterInstanceArn: IDENTITY_CENTER },
    });

    expect(instanceState(sandbox)).toEqual(OURS);
    sandbox.aws.accessGrants.associationMs = 0;
    await expectNothingLeft(sandbox);
  });

  test('creates the association again when it shows no application before it ends', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    sandbox.aws.accessGrants.associationMs = MINUTE;
    onCall(sandbox, DISSOCIATE, { run: () => { sandbox.aws.accessGrants.isApplicationHidden = true; } });
    sandbox.clock.at(sandbox.clock.now() + 8 * MINUTE, () => { sandbox.aws.accessGrants.isApplicationHidden = false; });

    expect(await rollBack(IDENTITY_CENTER, undefined, { operation: DISSOCIATE })).toMatchObject({ Status: 'SUCCESS' });

    expect(sandbox.steps).not.toContain('handed-over');
    expect(instanceState(sandbox)).toEqual(OURS);
  });

  test.each([
    ['AWS refuses to end it', { operation: DISSOCIATE, error: REFUSED }],
    ['the Update was cancelled before its request', { operation: 'TagResource', afterMs: 0 }],
  ])('keeps the association when %s', async (_, cancellation) => {
    await sandbox.deploy(IDENTITY_CENTER);

    expect(await rollBack(IDENTITY_CENTER, undefined, cancellation)).toMatchObject({
      Status: 'SUCCESS', Data: { IdentityCenterInstanceArn: IDENTITY_CENTER },
    });

    expect(count(ASSOCIATE)).toBe(1);
    expect(instanceState(sandbox)).toEqual(OURS);
    expect(tags().has(ENDED_TAG)).toBe(false);
    await expectNothingLeft(sandbox);
  });

  test('waits for no end when the Update failed because AWS refuses to end the association', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    onCall(sandbox, DISSOCIATE, { error: REFUSED });
    expect(await change(IDENTITY_CENTER, undefined)).toMatchObject({ Status: 'FAILED' });
    const start = sandbox.clock.now();

    expect(await change(undefined, IDENTITY_CENTER)).toMatchObject({ Status: 'SUCCESS' });

    expect(sandbox.clock.now() - start).toBeLessThan(2 * MINUTE);
    expect(instanceState(sandbox)).toEqual(OURS);
  });
});

describe('reads that show the state before a cancelled Update', () => {
  test.each([
    ['that it requested', undefined, IDENTITY_CENTER, ASSOCIATE, NO_ASSOCIATION],
    ['that it ended', IDENTITY_CENTER, undefined, DISSOCIATE, OURS],
    ['that it replaced', IDENTITY_CENTER, OTHER_IDENTITY_CENTER, ASSOCIATE, OURS],
  ])('restores an association %s when the rollback does not read that yet', async (_, from, to, call, state) => {
    await sandbox.deploy(from);
    delayReads(sandbox, 'TagResource', 30 * SECOND);

    expect(await rollBack(from, to, { operation: call })).toMatchObject({ Status: 'SUCCESS' });

    expect(instanceState(sandbox)).toEqual(state);
  });

  test('restores tags when reads show those of the Update after the rollback', async () => {
    sandbox.tags = { team: 'data', stage: 'dev' };
    await sandbox.deploy();
    delayReads(sandbox, 'TagResource', 30 * SECOND);
    sandbox.tags = { team: 'lake', cost: '17' };
    await sandbox.deploy();
    sandbox.tags = { team: 'data', stage: 'dev' };

    expect(await sandbox.deploy()).toMatchObject({ status: 'SUCCESS' });

    expect(Object.fromEntries(tags())).toMatchObject({ team: 'data', stage: 'dev' });
    expect(tags().has('cost')).toBe(false);
  });
});

test('does not wait when an Update changes only the tags', async () => {
  await sandbox.deploy(IDENTITY_CENTER);
  sandbox.tags = { team: 'data' };
  const start = sandbox.clock.now();

  expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({ status: 'SUCCESS' });

  expect(sandbox.clock.now() - start).toBeLessThan(5 * SECOND);
});
