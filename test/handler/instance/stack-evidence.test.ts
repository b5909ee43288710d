import {
  anotherOwner, IDENTITY_CENTER, instanceState, onCall, OTHER_IDENTITY_CENTER, writeCalls,
} from '../../support/access-grants-instance';
import { InstanceSandbox } from '../support/instance-sandbox';
import { describeStack } from '../support/stack-description';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

/** Later than a Create may create anything if CloudFormation cannot be asked. */
const LATE = { ageMs: 200_000 };
const PROPERTIES = { AccountId: '111122223333', Region: 'us-east-1' };

/** CloudFormation shows that it waits for the Create. */
const showCreate = (changedAfterMs = 0) =>
  describeStack(sandbox, 'CREATE_IN_PROGRESS', '', { resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs });

test('creates nothing late when CloudFormation cannot be asked', async () => {
  const { Status, Reason } = await sandbox.send('Create', LATE);

  expect(Status).toBe('FAILED');
  expect(Reason).toMatch(/\[INSTANCE_CREATE_TOO_LATE\]$/);
  expect(instanceState(sandbox)).toBeUndefined();
});

test('creates an instance late when CloudFormation still waits for it', async () => {
  showCreate();

  expect(await sandbox.send('Create', LATE)).toMatchObject({ Status: 'SUCCESS', Data: { Adopted: 'false' } });
});

test('associates in an Update later than in a Create when CloudFormation cannot be asked', async () => {
  await sandbox.deploy();
  const { PhysicalResourceId } = sandbox.answers[0];
  const ResourceProperties = { ...PROPERTIES, IdentityCenterInstanceArn: IDENTITY_CENTER };
  const update = { ...LATE, PhysicalResourceId, OldResourceProperties: PROPERTIES, ResourceProperties };

  expect(await sandbox.send('Update', update)).toMatchObject({
    Status: 'SUCCESS',
    Data: { IdentityCenterInstanceArn: IDENTITY_CENTER },
  });
});

test('changes nothing when CloudFormation does not wait for the Create any more', async () => {
  describeStack(sandbox, 'ROLLBACK_COMPLETE', '', { resourceStatus: 'DELETE_COMPLETE' });

  expect(await sandbox.send('Create')).toMatchObject({ Status: 'FAILED' });
  expect(sandbox.countAwsCalls('GetAccessGrantsInstance')).toBe(0);
});

test('does not associate when CloudFormation cancels the Create before that', async () => {
  showCreate();
  onCall(sandbox, 'TagResource', {
    run: () => describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', '', { changedAfterMs: 1_000 }),
  });
  anotherOwner(sandbox).createsInstance();
  const ResourceProperties = { ...PROPERTIES, IdentityCenterInstanceArn: OTHER_IDENTITY_CENTER };

  expect(await sandbox.send('Create', { ResourceProperties })).toMatchObject({ Status: 'FAILED' });
  expect(writeCalls(sandbox)).toEqual(['TagResource']);
});
