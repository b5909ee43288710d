import { IntegrationRecord } from '../../sandbox/immuta';
import { CONFIG, HandlerSandbox, ID, MADE_BEFORE, OWNER, Sent } from '../support/handler-sandbox';
import { describeStack, ShownState } from '../support/stack-description';

const INVENTED = 'Lake-SalesLake-1F2E3D4C5B6A';
const RETAINED: Sent = { properties: { RemovalPolicy: 'retain' } };

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

/** CloudFormation shows that it waits for the Create. */
const describeCreate = () => describeStack(sandbox, 'UPDATE_IN_PROGRESS', '', { resourceStatus: 'CREATE_IN_PROGRESS' });
const deletions = () => sandbox.countImmutaCalls('DELETE');
const ids = () => sandbox.integrations.map(({ id }) => id);

/** Lets something happen when Immuta receives the POST. */
const onPost = (run: () => unknown) => sandbox.immuta.faults.http({ method: 'POST', run });

/** From the POST on, CloudFormation shows the stack in this status, and its resource with this physical ID. */
const cancelAtPost = (status: string, physicalId: string, state: ShownState = {}) =>
  onPost(() => describeStack(sandbox, status, physicalId, { startedAfterMs: -60_000, ...state }));

/** Another run of the same Create creates a record while Immuta carries out the POST of this one. */
function duplicateAfterPost(record: Partial<IntegrationRecord> = {}): void {
  onPost(() => sandbox.clock.at(sandbox.clock.now() + 5_000, () => sandbox.addRecord({ id: '2002', ...record })));
}

describe('a Create that CloudFormation cancelled', () => {
  beforeEach(describeCreate);

  test('deletes what it created when the stack has nothing of it', async () => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED);

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(sandbox.integrations).toEqual([]);
    expect(sandbox.locations).toEqual([]);
    expect(sandbox.steps).toContain('delete-abandoned');
  });

  test('deletes what it created when a list does not show it yet', async () => {
    sandbox.immuta.switches.readLag.list.create = 3_600_000;
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED);

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('deletes what another run of it created when it was cancelled before this run began', async () => {
    await sandbox.addIntegration({ id: '2002' });
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', INVENTED, { startedAfterMs: -60_000, changedAfterMs: 5_000 });

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED' });
    expect(sandbox.integrations).toEqual([]);
    expect(sandbox.immutaCalls.filter((call) => !call.startsWith('GET'))).toEqual(['DELETE /integrations/2002']);
  });

  test('keeps what the stack has, and deletes what another run of it created', async () => {
    cancelAtPost('UPDATE_IN_PROGRESS', ID, { resourceStatus: 'CREATE_COMPLETE', changedAfterMs: 5_000 });
    sandbox.clock.at(sandbox.clock.now() + 10_000, () => sandbox.addRecord({ id: '2002' }));

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED' });
    expect(ids()).toEqual(['101']);
  });

  test('keeps its integration when CloudFormation is taking the response of another run', async () => {
    const describeIn = (ms: number, status: string, physicalId: string) =>
      sandbox.clock.at(sandbox.clock.now() + ms, () =>
        describeStack(sandbox, 'UPDATE_IN_PROGRESS', physicalId, { resourceStatus: status, startedAfterMs: -60_000 }));
    onPost(() => describeIn(1_000, 'CREATE_IN_PROGRESS', ''));
    describeIn(60_000, 'CREATE_COMPLETE', ID);

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(ids()).toEqual(['101']);
    expect(deletions()).toBe(0);
  });

  test('keeps its integration when CloudFormation shows a later time, and then no longer answers', async () => {
    onPost(() => {
      describeStack(sandbox, 'UPDATE_IN_PROGRESS', '', {
        resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 5_000, startedAfterMs: -60_000, answers: 1, denials: 99,
      });
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(ids()).toEqual(['101']);
  });

  test('deletes what it created when a later Create of the resource is in progress', async () => {
    cancelAtPost('UPDATE_IN_PROGRESS', '', { resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 5_000 });

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(sandbox.integrations).toEqual([]);
  });

  test('keeps what an earlier Create of the resource created', async () => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED);
    sandbox.clock.at(sandbox.clock.now() + 10_000, () =>
      sandbox.addRecord({ id: '2002', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BEFORE}` } }));

    await sandbox.create();
    expect(ids()).toEqual(['2002']);
  });

  test('deletes nothing when CloudFormation no longer says what became of it', async () => {
    const { clock } = sandbox;
    describeStack(sandbox, 'UPDATE_IN_PROGRESS', INVENTED, { resourceStatus: 'CREATE_IN_PROGRESS' });
    onPost(() => {
      describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', INVENTED, { answers: 1, denials: Infinity });
      clock.advance(1_000);
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED' });
    expect(deletions()).toBe(0);
  });

  test('deletes again when Immuta fails to', async () => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED);
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', times: 2 });

    await sandbox.create();
    expect(sandbox.integrations).toEqual([]);
    expect(deletions()).toBe(3);
    expect(sandbox.clock.sleeps.filter((ms) => ms === 30_000)).toHaveLength(2);
  });

  test('deletes what another run of it created when Immuta fails to delete its own', async () => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED);
    sandbox.clock.at(sandbox.clock.now() + 5_000, () => sandbox.addRecord({ id: '2002' }));
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', times: 3 });

    expect((await sandbox.create()).Reason).toContain('[DELETE_FAILED]');
    expect(ids()).toEqual(['101']);
  });

  test('gives up when Immuta fails to delete three times', async () => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED);
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', times: Infinity });

    expect((await sandbox.create()).Reason).toContain('[DELETE_FAILED]');
    expect(deletions()).toBe(3);
  });
});

describe('a cancelled Create of an integration to retain', () => {
  beforeEach(describeCreate);

  test('deletes what it created when CloudFormation has no response of it', async () => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED);

    await sandbox.create(RETAINED);
    expect(sandbox.integrations).toEqual([]);
  });

  test('asks about the stack again before it decides', async () => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', INVENTED, { answers: 1, denials: 1 });

    await sandbox.create(RETAINED);
    expect(sandbox.integrations).toEqual([]);
  });

  test.each<[string, string, ShownState]>([
    ['the stack is in a later operation', INVENTED, { startedAfterMs: 5_000 }],
    ['CloudFormation had a response, so that it may have retained it', 'immuta-s3-integration/77', {}],
    ['CloudFormation does not describe the stack', INVENTED, { answers: 1, denials: Infinity }],
  ])('keeps what it created when %s', async (_, physicalId, state) => {
    cancelAtPost('UPDATE_ROLLBACK_IN_PROGRESS', physicalId, state);

    expect(await sandbox.create(RETAINED)).toMatchObject({ Status: 'FAILED' });
    expect(ids()).toEqual(['101']);
    expect(deletions()).toBe(0);
  });
});

describe('after the response, a Create', () => {
  test('keeps its integration when CloudFormation shows a later time before it shows the integration', async () => {
    const describeIn = (ms: number, status: string, physicalId: string) =>
      sandbox.clock.at(sandbox.clock.now() + ms, () =>
        describeStack(sandbox, 'UPDATE_IN_PROGRESS', physicalId, { resourceStatus: status }));
    describeStack(sandbox, 'UPDATE_IN_PROGRESS', 'immuta-s3-integration/77', { resourceStatus: 'UPDATE_IN_PROGRESS' });
    describeIn(30_000, 'UPDATE_IN_PROGRESS', 'immuta-s3-integration/77');
    describeIn(35_000, 'UPDATE_COMPLETE', ID);

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(ids()).toEqual(['101']);
    expect(deletions()).toBe(0);
  });

  test('deletes at once what another run of it failed to create', async () => {
    duplicateAfterPost({ status: 'createError' });
    const begin = sandbox.clock.now();

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(ids()).toEqual(['101']);
    expect(sandbox.clock.now() - begin).toBeLessThan(60_000);
  });

  test('deletes what it created when it was cancelled and cannot delete what another run of it left', async () => {
    describeCreate();
    duplicateAfterPost({ status: 'createError' });
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', times: 3 });
    sandbox.clock.at(sandbox.clock.now() + 30_000, () =>
      describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', INVENTED, { startedAfterMs: -60_000 }));

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(ids()).not.toContain('101');
  });

  test('deletes what another run of it fails to create a little later', async () => {
    duplicateAfterPost({ status: 'creating' });
    sandbox.clock.at(sandbox.clock.now() + 50_000, () => {
      sandbox.immuta.integrations.get('2002')!.status = 'createError';
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(ids()).toEqual(['101']);
  });

  test.each(['enabled', 'creating'])('keeps what another run of it created when that is %s', async (status) => {
    duplicateAfterPost({ status });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(ids().sort()).toEqual(['101', '2002']);
  });

  test('waits a minute at most when another run of it does not end', async () => {
    duplicateAfterPost({ status: 'creating' });
    const begin = sandbox.clock.now();
    await sandbox.create();

    expect(sandbox.clock.now() - begin).toBeGreaterThanOrEqual(80_000);
    expect(sandbox.clock.now() - begin).toBeLessThan(110_000);
  });

  test('does not wait when no other run of it created anything, and a list shows its record as creating', async () => {
    sandbox.immuta.switches.readLag.list.create = 15_000;
    const begin = sandbox.clock.now();
    await sandbox.create();

    expect(sandbox.clock.now() - begin).toBeLessThan(30_000);
  });
});
