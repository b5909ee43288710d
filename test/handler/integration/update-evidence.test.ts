import { S3Config } from '../../sandbox/immuta';
import {
  CONFIG, HandlerSandbox, ID, MADE_BY_UPDATE, MADE_BY_UPDATE_OF_ADOPTED, OTHER_IMMUTA_ROLE, OTHER_ROLE, OWNER,
} from '../support/handler-sandbox';

// what an Update concludes from what Immuta and S3 Access Grants show

/** By its number: as a fault of Immuta's is given. */
const NAME_TEST = 2;
const STS_TEST = 4;
const RENAMED = { IntegrationName: 'renamed' };

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

const record = () => sandbox.immuta.integrations.get('101')!;
const puts = () => sandbox.countImmutaCalls('PUT');
const after = (ms: number, run: () => unknown) => sandbox.clock.at(sandbox.clock.now() + ms, run as () => void);
const setStatus = (status: string) => {
  record().status = status;
};
const removeRecord = () => sandbox.immuta.integrations.clear();
/** Lets something happen when Immuta receives the PUT. */
const onPut = (run: () => unknown) => sandbox.immuta.faults.http({ method: 'PUT', run });
const rename = () => sandbox.update({ properties: RENAMED });
/** The rollback of an Update that renamed the integration. */
const rollBack = () => sandbox.update({ oldProperties: RENAMED });

async function measure(run: () => Promise<unknown>): Promise<number> {
  const begin = sandbox.clock.now();
  await run();
  return sandbox.clock.now() - begin;
}

describe('an Update that rolls back another one', () => {
  test('restores the configuration when the other one shows its change late', async () => {
    after(30_000, () => {
      record().config = { ...CONFIG, name: CONFIG.name.replace('sales', 'renamed') };
      setStatus('editing');
    });
    after(45_000, () => setStatus('enabled'));

    expect(await rollBack()).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationName: CONFIG.name } });
    expect(record().config.name).toBe(CONFIG.name);
    expect(puts()).toBe(1);
  });

  test('waits for a late change until a minute after its event', async () => {
    const ms = await measure(rollBack);

    expect(ms).toBeGreaterThanOrEqual(60_000);
    expect(ms).toBeLessThan(80_000);
    expect(puts()).toBe(0);
  });

  test('finds the integration that the other one recreated when a list shows it late', async () => {
    sandbox.removeIntegration('101');
    const config = { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` };
    await sandbox.addIntegration({ id: '2002', config });
    sandbox.refuse('GET', 200, [], { path: /integrations$/, times: Infinity });
    after(50_000, () => sandbox.immuta.faults.clear());

    const answer = await sandbox.update({ oldProperties: RENAMED, event: { RequestId: 'rollback' } });
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationId: '2002' } });
    expect(sandbox.countImmutaCalls('POST')).toBe(0);
  });

  test('fails when the integration is deleted meanwhile', async () => {
    after(30_000, removeRecord);

    expect((await rollBack()).Reason).toMatch(/\[INTEGRATION_DELETED_DURING_UPDATE\]$/);
    expect(sandbox.countImmutaCalls('POST')).toBe(0);
  });
});

describe('an integration that is deleted during an Update', () => {
  test.each<[string, () => void]>([
    ['while it is edited by another change', () => {
      setStatus('editing');
      after(20_000, removeRecord);
    }],
    ['before Immuta receives the update', () => onPut(removeRecord)],
    ['when its deletion began before the update', () => onPut(() => {
      setStatus('deleting');
      after(20_000, removeRecord);
    })],
    ['after Immuta accepted the update', () => onPut(() => after(5_000, removeRecord))],
  ])('is not created again %s', async (_, arrange) => {
    arrange();

    expect((await rename()).Reason).toMatch(
      /^integration 101 was deleted while .*\[INTEGRATION_DELETED_DURING_UPDATE\]$/,
    );
    expect(sandbox.countImmutaCalls('POST')).toBe(0);
  });
});

describe('an integration that reads do not show for some seconds', () => {
  test('is not recreated', async () => {
    sandbox.refuse('GET', 404, 'No Integration found with ID 101.', { path: /101$/, times: Infinity });
    sandbox.refuse('GET', 200, [], { path: /integrations$/, times: Infinity });
    after(20_000, () => sandbox.immuta.faults.clear());

    expect(await rename()).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationId: '101' } });
    expect(sandbox.countImmutaCalls('POST')).toBe(0);
  });

  test('does not count as deleted while it is edited', async () => {
    setStatus('editing');
    sandbox.refuse('GET', 404, 'No Integration found with ID 101.', { path: /101$/, after: 1, times: 5 });
    after(30_000, () => setStatus('enabled'));

    expect(await rename()).toMatchObject({ Status: 'SUCCESS' });
  });
});

test('ends an Update that no read shows when Immuta has edited the integration', async () => {
  const ms = await measure(() => sandbox.update({ properties: { Revision: '2' } }));

  expect(sandbox.answers).toMatchObject([{ Status: 'SUCCESS' }]);
  expect(ms).toBeLessThan(30_000);
});

test('waits in the next invocation when reads do not show yet what an earlier one sent', async () => {
  sandbox.functionTimeoutMs = 75_000;
  sandbox.immuta.switches.readLag.get.edit = 20_000;

  expect(await sandbox.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.countAwsCalls('Invoke')).toBeGreaterThan(0);
  expect(puts()).toBe(1);
});

test('ends an Update of the location role as soon as S3 Access Grants shows it', async () => {
  expect(await measure(() => sandbox.update({ properties: { LocationRoleArn: OTHER_ROLE } }))).toBeLessThan(40_000);
  expect(sandbox.answers).toMatchObject([{ Status: 'SUCCESS' }]);
});

test('fails after two minutes when no location has the new location role', async () => {
  sandbox.immuta.switches.locationRoleEdit = 'record-only';
  sandbox.removeIntegration('101');
  sandbox.addRecord({ id: '101' });
  const ms = await measure(async () => {
    expect((await sandbox.update({ properties: { LocationRoleArn: OTHER_ROLE } })).Reason).toMatch(
      /no location is registered on 's3:\/\/sales\/'.*\[LOCATION_ROLE_NOT_UPDATED\]$/,
    );
  });

  expect(ms).toBeGreaterThanOrEqual(120_000);
  expect(ms).toBeLessThan(160_000);
});

test('waits for the end of the second request when the response to the first one was lost', async () => {
  const { faults, switches } = sandbox.immuta;
  switches.readLag.get.edit = 4_000;
  switches.durations.editing = 0; // of the first request
  const lengthen = () => {
    switches.durations.editing = 10_000;
  };
  const answer = { status: 503, headers: { 'retry-after': '20' }, body: 'upstream connect error' };
  faults.http({ method: 'PUT', behaviour: 'replace', answer, run: () => after(10_000, lengthen) });

  expect(await rename()).toMatchObject({ Status: 'SUCCESS' });
  expect(puts()).toBe(2);
  expect(record().status).toBe('enabled');
});

test('quotes the refusal when a deletion was in the way of an update and failed', async () => {
  onPut(() => {
    setStatus('deleting');
    after(20_000, () => setStatus('deleteError'));
  });

  expect((await rename()).Reason).toMatch(/^Immuta answered 409 to PUT .*\[IMMUTA_CONFLICT\]/);
  expect(puts()).toBe(1);
});

test('does not wait for the location when its role does not change', async () => {
  sandbox.removeIntegration('101');
  sandbox.addRecord({ id: '101' });

  expect(await rename()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
  expect(sandbox.countAwsCalls('ListAccessGrantsLocations')).toBe(0);
});

describe('an update that ends in an error', () => {
  test('is sent again when IAM may explain it', async () => {
    sandbox.immuta.faults.validation({ test: STS_TEST, on: 'edit', asynchronously: true, times: 2 });

    expect(await rename()).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(3);
  });

  test('fails at once, and says what Immuta has restored, when IAM does not explain it', async () => {
    sandbox.immuta.faults.validation({ test: NAME_TEST, on: 'edit', asynchronously: true });

    expect((await rename()).Reason).toMatch(
      /'editError'.*Immuta has restored the previous configuration\. Then try again.*\[UPDATE_FAILED\]$/,
    );
    expect(puts()).toBe(1);
  });

  test('does not say that Immuta has restored anything when it ends in another error', async () => {
    sandbox.immuta.faults.transition({ from: 'editing', to: 'migrateError' });
    const { Reason } = await rename();

    expect(Reason).toMatch(/'migrateError'.*[^.]+Then try again.*\[UPDATE_FAILED\]$/);
    expect(Reason).not.toContain('restored');
  });
});

describe('an update that is late', () => {
  test('is sent again when Immuta refuses it and IAM may explain that', async () => {
    sandbox.immuta.faults.validation({ test: STS_TEST, on: 'edit', times: 2 });

    expect(
      await sandbox.update({ properties: { ...RENAMED, TimeoutSeconds: '300' }, ageMs: 160_000 }),
    ).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(3);
  });

  test('is not sent again when it took more time than is left', async () => {
    sandbox.immuta.switches.durations.editing = 110_000;
    sandbox.immuta.switches.ignoredByEdit = ['name'];

    expect((await sandbox.update({ properties: { ...RENAMED, TimeoutSeconds: '200' } })).Reason).toMatch(
      /\[UPDATE_IGNORED\]$/,
    );
    expect(puts()).toBe(1);
  });
});

test('fails with the remedy when a failed integration was renamed', async () => {
  record().config = { ...CONFIG, name: 'by hand' };
  setStatus('createError');

  expect((await rename()).Reason).toMatch(/\[UPDATE_NOT_POSSIBLE\]$/);
});

test('names what took the place of an adopted integration as its own', async () => {
  sandbox.removeIntegration('101');
  const suffix = `${OWNER}-${MADE_BY_UPDATE_OF_ADOPTED}`;
  await sandbox.addIntegration({ id: '2002', config: { ...CONFIG, name: `sales-${suffix}` } });
  const name = `111122223333-us-east-1-sales-${suffix}`;
  const properties = { IntegrationName: undefined, Revision: '2' };
  const answer = await sandbox.update({ physicalId: `${ID}/adopted`, properties, event: { RequestId: 'later' } });

  expect(answer.Data).toEqual({ IntegrationId: '2002', IntegrationName: name, IntegrationNameInJson: name });
});

describe('an Immuta that repairs a failed creation with an update', () => {
  beforeEach(() => {
    sandbox.immuta.switches.createErrorRepair = 'put';
    sandbox.removeIntegration('101');
    sandbox.addRecord({ id: '101', status: 'createError' });
  });

  test('updates the failed integration', async () => {
    expect(await rename()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.integrations).toMatchObject([{ id: '101', status: 'enabled' }]);
    expect(sandbox.locations).toHaveLength(1);
  });

  test('quotes Immuta when it refuses that update', async () => {
    sandbox.refuse('PUT', 400, 'No.');

    expect((await rename()).Reason).toMatch(/^Immuta answered 400 to PUT \/integrations\/101: No\. /);
  });

  test('updates it again when IAM may explain that it failed again', async () => {
    sandbox.immuta.faults.validation({ test: STS_TEST, on: 'create', asynchronously: true });

    expect(await rename()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(puts()).toBe(2);
  });

  test('fails at once when the repair ends in another error', async () => {
    sandbox.immuta.faults.transition({ from: 'editing', to: 'migrateError' });

    expect((await rename()).Reason).toMatch(/'migrateError'.*\[UPDATE_FAILED\]$/);
    expect(puts()).toBe(1);
  });
});

describe('an Immuta that answers an update with the status after it', () => {
  beforeEach(() => {
    sandbox.immuta.switches.durations.editing = 0;
    sandbox.immuta.faults.http({ method: 'PUT', behaviour: 'rewrite', set: { status: 'enabled' } });
  });

  test('ends an Update without a wait, although nothing else shows that it was carried out', async () => {
    const ms = await measure(() => sandbox.update({ properties: { Revision: '2' } }));

    expect(sandbox.answers).toMatchObject([{ Status: 'SUCCESS' }]);
    expect(ms).toBeLessThan(20_000);
  });

  test('waits for that status when reads still show the one before', async () => {
    setStatus('editError');
    sandbox.immuta.faults.http({
      method: 'GET', path: /101$/, behaviour: 'rewrite', set: { status: 'editError' }, after: 2, times: 3,
    });

    expect(await sandbox.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(1);
  });
});

describe('what reads show after an update', () => {
  /** Some reads of the integration show this, after those before the update and the first one after it. */
  const show = (set: Record<string, unknown>, times = 1) =>
    sandbox.immuta.faults.http({ method: 'GET', path: /101$/, behaviour: 'rewrite', set, after: 2, times });

  test('ends an Update at the first read that shows the change', async () => {
    sandbox.immuta.switches.durations.editing = 0;
    const ms = await measure(rename);

    expect(sandbox.answers).toMatchObject([{ Status: 'SUCCESS' }]);
    expect(ms).toBeLessThan(20_000);
  });

  test('waits for the change when reads still show an error before it', async () => {
    setStatus('editError');
    show({ config: CONFIG, status: 'editError' }, 3);

    expect(await rename()).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(1);
  });

  test('does not send the update again when a read shows the state before it after the edit', async () => {
    sandbox.immuta.switches.durations.editing = 3_000;
    show({ config: CONFIG, status: 'editing' });
    sandbox.immuta.faults.http({
      method: 'GET', path: /101$/, behaviour: 'rewrite', set: { config: CONFIG, status: 'enabled' }, after: 3,
    });

    expect(await rename()).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(1);
  });
});

describe('an Immuta that does not show the role to assume', () => {
  const { awsRoleToAssume: _, ...withoutRole } = CONFIG;

  test('fails an Update that adds the role, which no read proves', async () => {
    record().config = withoutRole;
    sandbox.immuta.switches.ignoredByEdit = ['awsRoleToAssume'];

    expect((await sandbox.update({ oldProperties: { RoleToAssumeArn: undefined } })).Reason).toMatch(
      /does not show what was sent as 'awsRoleToAssume'.*\[UPDATE_IGNORED\]$/,
    );
  });

  test('fails an Update whose other change it ignores', async () => {
    record().config = withoutRole;
    sandbox.immuta.switches.ignoredByEdit = ['awsRoleToAssume', 'name'];

    expect((await rename()).Reason).toMatch(/does not show what was sent as 'name'\. .*\[UPDATE_IGNORED\]$/);
  });

  test.each<[string, S3Config, string | undefined]>([
    ['the role is missing that was shown before', CONFIG, undefined],
    ['another role appears that was hidden before', withoutRole, OTHER_IMMUTA_ROLE],
  ])('fails an Update after which %s', async (__, before, roleAfterwards) => {
    record().config = before;
    sandbox.immuta.switches.ignoredByEdit = ['awsRoleToAssume'];
    onPut(() => after(1_000, () => {
      record().config = { ...record().config, awsRoleToAssume: roleAfterwards };
    }));

    expect((await rename()).Reason).toMatch(
      /does not show what was sent as 'awsRoleToAssume'\. .*\[UPDATE_IGNORED\]$/,
    );
  });
});
