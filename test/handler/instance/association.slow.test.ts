import { IDENTITY_CENTER, instanceState, OTHER_IDENTITY_CENTER } from '../../support/access-grants-instance';
import { expectNothingLeft, InstanceSandbox } from '../support/instance-sandbox';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

const MINUTE = 60_000;
const OURS = { identityCenter: IDENTITY_CENTER, instanceIsOurs: true, associationIsOurs: true };

describe('a slow association', () => {
  test('waits over several invocations for a slow association and its application, and for its end', async () => {
    sandbox.aws.accessGrants.associationMs = 20 * MINUTE;

    expect(await sandbox.deploy(IDENTITY_CENTER)).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterApplicationArn: expect.stringContaining('apl-') },
    });
    expect(instanceState(sandbox)).toEqual(OURS);
    expect(sandbox.steps).toContain('handed-over');

    sandbox.aws.accessGrants.associationMs = 10 * MINUTE;
    await expectNothingLeft(sandbox);
  });

  test('updates a slow association at a time at which a Create would be too late', async () => {
    await sandbox.deploy(IDENTITY_CENTER);
    sandbox.aws.accessGrants.associationMs = 8 * MINUTE;

    expect(await sandbox.deploy(OTHER_IDENTITY_CENTER)).toMatchObject({
      status: 'SUCCESS',
      attributes: { IdentityCenterInstanceArn: OTHER_IDENTITY_CENTER },
    });
  });

  test('fails with the last status and leaves nothing when an association exceeds the timeout', async () => {
    sandbox.aws.accessGrants.associationMs = 40 * MINUTE;

    const outcome = await sandbox.deploy(IDENTITY_CENTER);

    expect(outcome).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(outcome.reason).toMatch(
      new RegExp(
        `timed out after 30 minutes waiting for .* to be associated with ${IDENTITY_CENTER} ` +
          '\\(last status: the association does not appear yet\\)',
      ),
    );
    expect(instanceState(sandbox)).toBeUndefined();
  });
});
