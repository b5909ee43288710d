import { describeDataSources, LISTED, send } from '../support/data-sources';
import { API_KEY, HandlerSandbox } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

const add = (name: string, prefix: string, more = {}) =>
  sandbox.immuta.dataSources.add({ name, prefix, owner: API_KEY, ...more });
const created = async () => (await send(sandbox, 'Create')).PhysicalResourceId;

test.each([
  ['disable', ['1001 Sales orders /orders/ disabled', '1002 Sales returns /returns/ disabled']],
  ['delete', []],
  ['retain', ['1001 Sales orders /orders/ enabled', '1002 Sales returns /returns/ enabled']],
])('removes the listed data sources in the mode %s', async (Removal, left) => {
  const physicalId = await created();

  expect(await send(sandbox, 'Delete', { physicalId, properties: { Removal } })).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: physicalId,
  });
  expect(describeDataSources(sandbox)).toEqual(left);
});

test('retains data sources without a call to Immuta', async () => {
  const physicalId = await created();
  const calls = sandbox.immutaCalls.length;

  expect((await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'retain' } })).Status).toBe('SUCCESS');
  expect(sandbox.immutaCalls).toHaveLength(calls);
});

test('disables data sources when the event does not say how they are removed', async () => {
  const physicalId = await created();

  await send(sandbox, 'Delete', { physicalId, properties: { Removal: undefined } });
  expect(describeDataSources(sandbox).map((each) => each.split(' ').at(-1))).toEqual(['disabled', 'disabled']);
});

test('takes a data source for removed when Immuta does not have it any more', async () => {
  const physicalId = await created();
  const { records } = sandbox.immuta.dataSources;
  sandbox.immuta.faults.http({ method: 'DELETE', path: /1001/, run: () => records.delete('1001') });

  expect((await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'delete' } })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual([]);
  expect(sandbox.countImmutaCalls('DELETE')).toBe(3);
});

test.each(['lose', 'reset'] as const)(
  'deletes a data source when the answer to either of its two requests is missing (%s)',
  async (behaviour) => {
    const physicalId = await created();
    sandbox.immuta.faults.http({ method: 'DELETE', path: /1001/, behaviour });
    sandbox.immuta.faults.http({ method: 'DELETE', path: /1002/, behaviour, after: 1 });

    expect((await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'delete' } })).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)).toEqual([]);
    expect(sandbox.countImmutaCalls('DELETE')).toBe(behaviour === 'lose' ? 4 : 6);
    expect(sandbox.countAwsCalls('Invoke')).toBe(0);
  },
);

test('deletes a data source with one request when it was disabled by hand', async () => {
  const physicalId = await created();
  sandbox.immuta.dataSources.records.get('1001')!.deleted = true;

  await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'delete' } });
  expect(sandbox.countImmutaCalls('DELETE')).toBe(3);
  expect(describeDataSources(sandbox)).toEqual([]);
});

test('keeps a data source with a listed name and another prefix or integration', async () => {
  add('Sales orders', '/other/');
  add('Sales returns', '/returns/', { integrationId: 102 });
  const physicalId = 'immuta-s3-data-sources/created/1795407960';

  expect((await send(sandbox, 'Delete', { physicalId })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /other/ enabled',
    '1002 Sales returns /returns/ enabled',
  ]);
});

test('finds its own data sources when the integration is gone', async () => {
  Object.assign(sandbox.immuta.switches.dataSources, { takes: 'absolute' });
  const properties = { PrefixForm: 'absolute' };
  const { PhysicalResourceId: physicalId } = await send(sandbox, 'Create', { properties });
  sandbox.removeIntegration('101');

  expect((await send(sandbox, 'Delete', { physicalId, properties })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox).map((each) => each.split(' ').at(-1))).toEqual(['disabled', 'disabled']);
});

const CONFLICT = { status: 409, body: { message: 'The integration is being edited.' } };

test('removes a data source when Immuta answers with a conflict for a while', async () => {
  const physicalId = await created();
  sandbox.immuta.faults.http({ method: 'DELETE', path: /1001/, behaviour: 'answer', answer: CONFLICT, times: 3 });

  expect((await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'delete' } })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual([]);
});

test('fails a removal after a minute when Immuta answers with conflicts only', async () => {
  const physicalId = await created();
  describeStack(sandbox, 'DELETE_IN_PROGRESS', physicalId);
  sandbox.immuta.faults.http({ method: 'DELETE', behaviour: 'answer', answer: CONFLICT, times: Infinity });
  const start = sandbox.clock.now();

  const { Status, Reason, PhysicalResourceId } = await send(sandbox, 'Delete', { physicalId });

  expect({ Status, PhysicalResourceId }).toEqual({ Status: 'FAILED', PhysicalResourceId: physicalId });
  expect(Reason).toMatch(/did not remove data source 1001 .* 409 .*being edited.*\[DATA_SOURCE_NOT_REMOVED\]$/);
  expect(sandbox.clock.now() - start).toBeGreaterThan(60_000);
  expect(sandbox.clock.now() - start).toBeLessThan(120_000);
});

test('succeeds without a call when nothing was added', async () => {
  sandbox.environment = {};

  expect(await send(sandbox, 'Delete', { physicalId: 'immuta-s3-data-sources/none' })).toMatchObject({
    Status: 'SUCCESS',
  });
  expect(sandbox.immuta.requests).toEqual([]);
});

test('removes what a failed Create added and keeps what it adopted', async () => {
  add('Sales orders', '/orders/');
  sandbox.immuta.faults.dataSource({ name: 'Sales leads', message: 'No.' });
  const dataSources = { ...LISTED, 'Sales leads': 'leads/' };
  const { Status, PhysicalResourceId: physicalId } = await send(sandbox, 'Create', { dataSources });
  expect(Status).toBe('FAILED');

  expect((await send(sandbox, 'Delete', { physicalId, dataSources })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /orders/ enabled',
    '1002 Sales returns /returns/ disabled',
  ]);
});

test.each(['delete', 'retain', 'disable'])(
  'keeps all data sources when Immuta does not show when they were created (%s)',
  async (Removal) => {
    sandbox.immuta.switches.dataSources.showsCreation = false;
    sandbox.immuta.faults.dataSource({ name: 'Sales returns', message: 'No.' });
    const { PhysicalResourceId: physicalId } = await send(sandbox, 'Create');

    expect((await send(sandbox, 'Delete', { physicalId, properties: { Removal } })).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)).toEqual(['1001 Sales orders /orders/ enabled']);
  },
);

test('reads twice before it takes a data source for deleted', async () => {
  const physicalId = await created();
  sandbox.immuta.switches.dataSources.readLag.create = 20_000;

  expect((await send(sandbox, 'Delete', { physicalId, ageMs: 0 })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox).map((each) => each.split(' ').at(-1))).toEqual(['disabled', 'disabled']);
});
