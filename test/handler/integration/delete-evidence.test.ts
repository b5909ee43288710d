import {
  CONFIG,
  HandlerSandbox,
  ID,
  MADE_BY_UPDATE,
  OWNER,
} from '../support/handler-sandbox';

// what a Delete concludes from what Immuta and S3 Access Grants show

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const deletions = () => sandbox.countImmutaCalls('DELETE');
const ids = () => sandbox.integrations.map(({ id }) => id);

/** Immuta shows this status of the integration, in one of the reads of it. */
const showStatus = (status: string, after: number) =>
  sandbox.immuta.faults.http({ method: 'GET', path: /101$/, behaviour: 'rewrite', set: { status }, after });

async function measure(run: () => Promise<unknown>): Promise<number> {
  const begin = sandbox.clock.now();
  await run();
  return sandbox.clock.now() - begin;
}

describe('what a Delete reads of its integration', () => {
  test('succeeds when a read shows the status before the deletion after one that shows the deletion', async () => {
    await sandbox.addIntegration();
    showStatus('enabled', 2);

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('fails after a minute when no read shows the deletion', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.switches.readLag.get.delete = Infinity;
    const ms = await measure(async () => {
      expect((await sandbox.delete(ID)).Reason).toMatch(/integration 101 is 'enabled'.*\[DELETE_FAILED\]$/);
    });

    expect(ms).toBeGreaterThanOrEqual(60_000);
    expect(ms).toBeLessThan(80_000);
  });

  test('fails after a minute when Immuta disables the integration and its location is removed', async () => {
    sandbox.addRecord();
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'disabled' });
    const ms = await measure(async () => {
      expect((await sandbox.delete(ID)).Reason).toMatch(/integration 101 is 'disabled'.*\[DELETE_FAILED\]$/);
    });

    expect(ms).toBeLessThan(80_000);
  });
});

describe('a deletion that Immuta refuses because of a conflict', () => {
  const refuse = () => sandbox.refuse('DELETE', 409, 'In use.', { times: Infinity });

  test('counts as done half a minute after the integration is gone', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.faults.http({ method: 'DELETE', run: () => sandbox.removeIntegration('101'), behaviour: 'reset' });
    refuse();
    const ms = await measure(async () => expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' }));

    expect(ms).toBeGreaterThanOrEqual(30_000);
    expect(ms).toBeLessThan(50_000);
  });

  test('fails after a minute in a steady status', async () => {
    await sandbox.addIntegration();
    refuse();
    const ms = await measure(async () => expect((await sandbox.delete(ID)).Reason).toContain('In use.'));

    expect(ms).toBeGreaterThanOrEqual(60_000);
    expect(ms).toBeLessThan(80_000);
  });

  test('fails a minute after the end of another change', async () => {
    const record = await sandbox.addIntegration();
    const setStatus = (ms: number, status: string) =>
      sandbox.clock.at(sandbox.clock.now() + ms, () => {
        record.status = status;
      });
    setStatus(30_000, 'editing');
    setStatus(70_000, 'enabled');
    refuse();

    const ms = await measure(async () => expect((await sandbox.delete(ID)).Reason).toContain('In use.'));
    expect(ms).toBeGreaterThanOrEqual(130_000);
    expect(ms).toBeLessThan(150_000);
  });
});

describe('what a Delete finds beside its integration', () => {
  test('keeps an integration on another path, whatever its name', async () => {
    await sandbox.addIntegration();
    sandbox.addRecord({ id: '7', config: { ...CONFIG, awsLocationPath: 's3://finance/' } });
    sandbox.addRecord({
      id: '8',
      config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}`, awsLocationPath: 's3://finance/' },
    });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(ids()).toEqual(['7', '8']);
  });

  test('fails when the integration is in the tenant of the previous URL', async () => {
    await sandbox.addLocation();
    const { Status, Reason } = await sandbox.delete(ID, { properties: { TenantUrl: 'https://old.immutacloud.com' } });

    expect(Status).toBe('FAILED');
    expect(Reason).toMatch(/https:\/\/old\.immutacloud\.com.*\[INTEGRATION_IN_OTHER_TENANT\]$/);
  });

  test('fails and prints the command when the integration is gone and its location remains', async () => {
    const { id } = await sandbox.addLocation();
    sandbox.addRecord({ id: '7', config: { ...CONFIG, awsLocationPath: 's3://finance/', name: 'theirs' } });

    expect((await sandbox.delete(ID)).Reason).toMatch(new RegExp(`-id ${id}.*\\[LOCATION_NOT_REMOVED\\]$`));
  });

  test('fails again when its location remains and a list still shows the deleted integration', async () => {
    sandbox.addRecord();
    await sandbox.addLocation();
    sandbox.immuta.switches.readLag.list.delete = Infinity;

    for (const request of ['first', 'second']) {
      const { Reason } = await sandbox.delete(ID, { event: { RequestId: request } });
      expect(Reason).toMatch(/\[LOCATION_NOT_REMOVED\]$/);
    }
    expect(deletions()).toBe(1);
  });

  test('deletes what an Update has just recreated when a list shows it late', async () => {
    await sandbox.addIntegration({ id: '2002', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });
    sandbox.refuse('GET', 200, [], { path: /integrations$/, times: Infinity });
    sandbox.clock.at(sandbox.clock.now() + 50_000, () => sandbox.immuta.faults.clear());

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(ids()).toEqual([]);
    expect(sandbox.locations).toEqual([]);
  });

  test('fails when the location of what an Update recreated remains', async () => {
    await sandbox.addLocation();
    sandbox.addRecord({ id: '2002', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });

    expect((await sandbox.delete(ID)).Reason).toMatch(/\[LOCATION_NOT_REMOVED\]$/);
    expect(ids()).toEqual([]);
  });

  test('does not wait for the location when it belongs to one of several integrations that stay', async () => {
    sandbox.addRecord();
    await sandbox.addLocation();
    sandbox.addRecord({ id: '5', config: { ...CONFIG, name: 'theirs' } });
    sandbox.addRecord({ id: '7', config: { ...CONFIG, name: 'theirs', awsLocationPath: 's3://finance/' } });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(ids()).toEqual(['5', '7']);
  });
});
