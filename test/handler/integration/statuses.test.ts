import { STATUSES, TransitionFault } from '../../sandbox/immuta';
import { HandlerSandbox } from '../support/handler-sandbox';
import { carryOut, GOOD, inOrder, Operation, Outcome, prepare } from '../support/operations';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const LOCATION_PATH = 's3://sales/';

/** Immuta's twelve statuses and an unknown one. */
const ALL = [...STATUSES, 'paused'];

/** So that what never ends ends soon. */
const SOON = { properties: { TimeoutSeconds: '120', IamPropagationTimeoutSeconds: '90' } };

const FROM: Record<Operation, TransitionFault['from']> = { Create: 'creating', Update: 'editing', Delete: 'deleting' };

async function endingAs(operation: Operation, status: string): Promise<Outcome> {
  await prepare(sandbox, operation);
  sandbox.immuta.faults.transition({ from: FROM[operation], to: status });
  return carryOut(sandbox, operation, SOON);
}

const failed = (outcome: Outcome, reason: string): Outcome => ({ ...outcome, reason: expect.stringContaining(reason) });

describe('a creation that ends as', () => {
  const rolledBack: Outcome = { immuta: [], answers: ['FAILED 101', 'SUCCESS 101'] };
  const stuck = (status: string): Outcome =>
    failed(
      { immuta: [`101 sales ${status}`], answers: ['FAILED 101', 'FAILED 101'] },
      `(last status: integration 101 is '${status}'). Look at the resource in Immuta or AWS, and increase 'timeout' ` +
        'if it only needs more time. [TIMEOUT]',
    );
  const refused = (status: string) =>
    failed(rolledBack, `Immuta did not create the integration: integration 101 is '${status}'`);
  const outcomes: Record<string, Outcome> = {
    // it says so before the location is there: the rest is Immuta's
    enabled: { ...GOOD.Create, immuta: ['101 sales enabled'] },
    creating: stuck('creating'),
    editing: stuck('editing'),
    deleting: stuck('deleting'),
    migrating: stuck('migrating'),
    paused: failed(rolledBack, "last status: integration 101 is 'paused'"),
    deleted: failed(
      { immuta: [], answers: ['FAILED unknown/3098ca9c09a0', 'SUCCESS unknown/3098ca9c09a0'] },
      'integration 101 was deleted while it was being created',
    ),
    // nothing explains it, so it may be IAM: deleted and tried again
    createError: { ...GOOD.Create, immuta: inOrder(102, 'sales'), answers: ['SUCCESS 102'] },
    editError: refused('editError'),
    deleteError: refused('deleteError'),
    disabled: refused('disabled'),
    migrateError: refused('migrateError'),
    recurringValidationError: refused('recurringValidationError'),
  };

  test.each(ALL)('handles a Create that ends in %s', async (status) => {
    expect(await endingAs('Create', status)).toEqual(outcomes[status]);
  });
});

describe('a change that ends as', () => {
  const rolledBack = (status: string, reason: string): Outcome =>
    failed({ immuta: [`101 sales ${status}`, LOCATION_PATH], answers: ['FAILED 101', 'SUCCESS 101'] }, reason);
  const stuck = (status: string, reason: string): Outcome =>
    failed({ immuta: [`101 sales ${status}`, LOCATION_PATH], answers: ['FAILED 101', 'FAILED 101'] }, reason);
  const refused = (status: string) =>
    rolledBack(status, `Immuta did not update the integration: integration 101 is '${status}'`);
  const timedOut = (status: string) =>
    stuck(
      status,
      'timed out after 2 minutes waiting for integration 101 to be updated (last status: integration 101 is ' +
        `'${status}')`,
    );
  const lost = (status: string) =>
    stuck(status, `Immuta did not update the integration: integration 101 is '${status}'`);
  const outcomes: Record<string, Outcome> = {
    creating: timedOut('creating'),
    editing: timedOut('editing'),
    deleting: timedOut('deleting'),
    migrating: timedOut('migrating'),
    paused: timedOut('paused'),
    // Its location remains with our own role and is not counted as free.
    deleted: failed(
      { immuta: [LOCATION_PATH], answers: ['FAILED 101', 'FAILED 101'] },
      'integration 101 was deleted while it was being updated. Deploy again to recreate it. If the stack is left in ' +
        'UPDATE_ROLLBACK_FAILED, remove the cause and run: aws cloudformation continue-update-rollback --stack-name ' +
        'Lake. [INTEGRATION_DELETED_DURING_UPDATE]',
    ),
    createError: lost('createError'),
    disabled: lost('disabled'),
    // nothing explains it, so it may be IAM: tried again
    editError: GOOD.Update,
    deleteError: refused('deleteError'),
    migrateError: refused('migrateError'),
    recurringValidationError: refused('recurringValidationError'),
  };

  test.each(ALL.filter((status) => status !== 'enabled'))('handles an Update that ends in %s', async (status) => {
    expect(await endingAs('Update', status)).toEqual(outcomes[status]);
  });
});

describe('a deletion that ends as', () => {
  const stays = (status: string, reason: string): Outcome =>
    failed({ immuta: [`101 sales ${status}`, LOCATION_PATH], answers: ['FAILED 101'] }, reason);
  const refused = (status: string) =>
    stays(status, `Immuta did not delete the integration: integration 101 is '${status}'`);
  const timedOut = (status: string) => stays(status, `last status: integration 101 is '${status}'`);
  const removeLocation = /^.*its location \S+ is still registered .*'aws s3control delete-access-grants-location .*$/;
  const outcomes: Record<string, Outcome> = {
    enabled: refused('enabled'),
    creating: timedOut('creating'),
    editing: timedOut('editing'),
    deleting: timedOut('deleting'),
    migrating: timedOut('migrating'),
    paused: timedOut('paused'),
    deleted: { immuta: [LOCATION_PATH], answers: ['FAILED 101'], reason: expect.stringMatching(removeLocation) },
    createError: refused('createError'),
    editError: refused('editError'),
    deleteError: refused('deleteError'),
    disabled: { ...stays('disabled', ''), reason: expect.stringMatching(removeLocation) },
    migrateError: refused('migrateError'),
    recurringValidationError: refused('recurringValidationError'),
  };

  test.each(ALL)('handles a Delete that ends in %s', async (status) => {
    expect(await endingAs('Delete', status)).toEqual(outcomes[status]);
  });
});

test.each(['creating', 'paused'])(
  "deletes an integration with the stack when its creation remains in '%s' and then ends",
  async (status) => {
    await endingAs('Create', status);
    sandbox.immuta.integrations.forEach((record) => {
      record.status = 'enabled';
    });

    expect(await carryOut(sandbox, 'Delete')).toMatchObject({ immuta: [], answers: ['SUCCESS 101'] });
  },
);
