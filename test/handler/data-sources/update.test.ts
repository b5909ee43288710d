import { describeDataSources, Listed, LISTED, send } from '../support/data-sources';
import { API_KEY, HandlerSandbox } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

const PHYSICAL_ID = 'immuta-s3-data-sources/created/1795407960';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
  add('Sales orders', '/orders/');
  add('Sales returns', '/returns/');
  describeStack(sandbox, 'UPDATE_IN_PROGRESS', PHYSICAL_ID, { resourceStatus: 'UPDATE_IN_PROGRESS' });
});
afterEach(() => sandbox.close());

const add = (name: string, prefix: string, more = {}) =>
  sandbox.immuta.dataSources.add({ name, prefix, owner: API_KEY, ...more });
const update = (
  dataSources: Record<string, string>,
  before: Record<string, string> = LISTED,
  removal = 'disable',
  more: Listed = {},
) =>
  send(sandbox, 'Update', { dataSources, before, physicalId: PHYSICAL_ID, properties: { Removal: removal }, ...more });
const changes = () => sandbox.immutaCalls.filter((call) => !call.startsWith('GET'));

test('changes nothing when only the time-out changes', async () => {
  expect(await update(LISTED)).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: PHYSICAL_ID,
    Data: { DataSourceIds: '1001,1002' },
  });
  expect(changes()).toEqual([]);
  expect(sandbox.clock.sleeps).toEqual([]);
});

test('adds, keeps and disables data sources in the order that a failure disturbs least', async () => {
  const answer = await update({ 'Sales orders': 'orders/', 'Sales leads': 'leads/' });

  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1003' } });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /orders/ enabled',
    '1002 Sales returns /returns/ disabled',
    '1003 Sales leads /leads/ enabled',
  ]);
  expect(changes()).toEqual(['POST /native-s3/handler', 'DELETE /dataSource/1002']);
});

test.each([
  ['delete', ['1001 Sales orders /orders/ enabled'], ['DELETE /dataSource/1002', 'DELETE /dataSource/1002']],
  ['retain', ['1001 Sales orders /orders/ enabled', '1002 Sales returns /returns/ enabled'], []],
])('removes data sources that are not listed any more in the mode %s', async (removal, left, requests) => {
  expect((await update({ 'Sales orders': 'orders/' }, LISTED, removal)).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual(left);
  expect(changes()).toEqual(requests);
});

test('renames a data source in place', async () => {
  const answer = await update({ 'Orders': 'orders/', 'Sales returns': 'returns/' });

  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Orders /orders/ enabled',
    '1002 Sales returns /returns/ enabled',
  ]);
  expect(changes()).toEqual(['PUT /dataSource/1001']);
});

test('renames a data source once when two names have its prefix', async () => {
  const answer = await update({ Orders: 'orders/', Sales: 'orders/' }, { 'Sales orders': 'orders/' });

  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1003' } });
});

test('says what to do when Immuta renames no data source', async () => {
  sandbox.immuta.switches.dataSources.renames = false;

  const answer = await update({ 'Orders': 'orders/', 'Sales returns': 'returns/' });

  expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: PHYSICAL_ID });
  expect(answer.Reason).toMatch(
    /^Immuta did not rename data source 1001: .*"name" is not allowed.* remove the data source in one .*\[DATA_SOURCE_NOT_CHANGED\]$/,
  );
  expect(changes()).toEqual(['PUT /dataSource/1001']);
});

test('says that a data source is gone when it is deleted before it gets its name', async () => {
  const { records } = sandbox.immuta.dataSources;
  sandbox.immuta.faults.http({ method: 'PUT', run: () => records.delete('1001') });

  expect((await update({ 'Orders': 'orders/', 'Sales returns': 'returns/' })).Reason).toMatch(
    /^Immuta did not rename data source 1001: it is gone\. .*\[DATA_SOURCE_NOT_CHANGED\]$/,
  );
});

test('says that Immuta does not restore a data source that was disabled by hand', async () => {
  sandbox.immuta.dataSources.records.get('1001')!.deleted = true;
  sandbox.immuta.switches.dataSources.restores = false;

  expect((await update(LISTED)).Reason).toMatch(
    /^Immuta did not restore data source 1001: .*\[DATA_SOURCE_NOT_CHANGED\]$/,
  );
});

const CONFLICT = { status: 409, body: { message: 'The integration is being edited.' } };

test.each([[3, 'SUCCESS'], [Infinity, 'FAILED']])(
  'renames a data source after %d conflicts within a minute: %s',
  async (times, status) => {
    sandbox.immuta.faults.http({ method: 'PUT', behaviour: 'answer', answer: CONFLICT, times });
    const start = sandbox.clock.now();

    expect(await update({ 'Orders': 'orders/', 'Sales returns': 'returns/' })).toMatchObject({ Status: status });
    expect(sandbox.clock.now() - start).toBeLessThan(120_000);
  },
);

test('reads every name again when a cancelled update renames data sources after the first read', async () => {
  const rename = () => {
    sandbox.immuta.dataSources.records.get('1001')!.name = 'Sales orders [101: orders/]';
    add('Sales orders', '/new/');
  };
  sandbox.clock.at(sandbox.clock.now() + 10_000, rename);

  expect(await update(LISTED, { ...LISTED, 'Sales orders': 'new/' })).toMatchObject({ Status: 'SUCCESS' });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /orders/ enabled',
    '1002 Sales returns /returns/ enabled',
    '1003 Sales orders [101: new/] /new/ disabled',
  ]);
});

test('gives the name to another prefix, and back, without losing a data source', async () => {
  const moved = { 'Sales orders': 'new/', 'Sales returns': 'returns/' };

  expect(await update(moved)).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1003,1002' } });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders [101: orders/] /orders/ disabled',
    '1002 Sales returns /returns/ enabled',
    '1003 Sales orders /new/ enabled',
  ]);

  expect(await update(LISTED, moved)).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /orders/ enabled',
    '1002 Sales returns /returns/ enabled',
    '1003 Sales orders [101: new/] /new/ disabled',
  ]);
});

describe('a prefix that changes only by its last slash', () => {
  const NARROW = { 'Sales orders': 'orders/' };
  const WIDE = { 'Sales orders': 'orders' };
  const describeRollback = () =>
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', PHYSICAL_ID, { resourceStatus: 'UPDATE_IN_PROGRESS' });

  test.each([
    ['narrower', NARROW, WIDE, '/orders'],
    ['narrower', NARROW, WIDE, 's3://sales/orders*'],
    ['wider', WIDE, NARROW, '/orders/'],
    ['wider', WIDE, NARROW, '/orders/*'],
  ])('is refused before anything is changed: %s', async (_, after, before, shown) => {
    sandbox.immuta.dataSources.records.delete('1001');
    add('Sales orders', shown);
    const { Status, Reason } = await update({ ...after, 'Sales leads': 'leads/' }, before);

    expect(Status).toBe('FAILED');
    expect(Reason).toContain(
      `cannot change the prefix of data source 'Sales orders' from '${before['Sales orders']}' to ` +
        `'${after['Sales orders']}': Immuta shows '${shown}'. Change the name of the entry too`,
    );
    expect(Reason).toMatch(/\[DATA_SOURCE_PREFIX_NOT_CHANGED\]$/);
    expect(changes()).toEqual([]);
  });

  test('changes nothing when Immuta shows the new prefix', async () => {
    expect((await update(NARROW, WIDE)).Status).toBe('SUCCESS');
    expect(changes()).toEqual([]);
  });

  test('changes nothing in a rollback', async () => {
    describeRollback();

    expect((await update(WIDE, NARROW)).Status).toBe('SUCCESS');
    expect(changes()).toEqual([]);
  });

  test('is refused when CloudFormation does not say whether it is a rollback', async () => {
    describeStack(sandbox, '', PHYSICAL_ID, { denials: Infinity });

    expect((await update(WIDE, NARROW)).Reason).toContain('[DATA_SOURCE_PREFIX_NOT_CHANGED]');
    expect(changes()).toEqual([]);
  });

  test('registers another data source when the name changes too', async () => {
    expect(await update({ 'All orders': 'orders' }, NARROW)).toMatchObject({ Data: { DataSourceIds: '1003' } });
    expect(describeDataSources(sandbox)).toEqual([
      '1001 Sales orders /orders/ disabled',
      '1002 Sales returns /returns/ enabled',
      '1003 All orders /orders enabled',
    ]);
  });

  test('is refused for the one of several that changes', async () => {
    expect((await update({ ...LISTED, 'Sales returns': 'returns' }, LISTED)).Reason).toContain(
      "cannot change the prefix of data source 'Sales returns' from 'returns/' to 'returns'",
    );
  });

  test('is not what Immuta shows differently from the start', async () => {
    sandbox.immuta.dataSources.records.delete('1001');
    add('Sales orders', '/orders');

    expect(await update({ ...NARROW, 'Sales leads': 'leads/' }, NARROW)).toMatchObject({
      Status: 'SUCCESS', Data: { DataSourceIds: '1003,1004' },
    });
  });

  test('is not another prefix, although Immuta shows the old one without its slash', async () => {
    sandbox.immuta.dataSources.records.delete('1001');
    add('Sales orders', '/orders');

    expect((await update({ 'Sales orders': 'new/' }, NARROW)).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)).toContain('1004 Sales orders /new/ enabled');
  });

  test('counts as another prefix below another integration', async () => {
    await addOtherIntegration();
    const move = { physicalId: PHYSICAL_ID, dataSources: WIDE, before: NARROW, properties: { IntegrationId: '102' } };

    expect(await send(sandbox, 'Update', move)).toMatchObject({ Data: { DataSourceIds: '1003' } });
  });

  test('counts as another prefix below another integration when an earlier run registered it there', async () => {
    await addOtherIntegration();
    sandbox.immuta.dataSources.records.delete('1001');
    add('Sales orders', '/orders/', { integrationId: 102 });
    const move = { physicalId: PHYSICAL_ID, dataSources: WIDE, before: NARROW, properties: { IntegrationId: '102' } };

    expect(await send(sandbox, 'Update', move)).toMatchObject({ Data: { DataSourceIds: '1003' } });
  });
});

test('does not restore a disabled data source whose name another prefix takes', async () => {
  sandbox.immuta.dataSources.records.get('1001')!.deleted = true;

  expect((await update({ ...LISTED, 'Sales orders': 'new/' }, LISTED, 'retain')).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders [101: orders/] /orders/ disabled',
    '1002 Sales returns /returns/ enabled',
    '1003 Sales orders /new/ enabled',
  ]);
});

test.each([1, 2, 3])('continues a change of prefixes that stopped after request %d', async (number) => {
  sandbox.refuse('PUT', 400, 'Not now.', { after: number - 1 });
  const swapped = { 'Sales orders': 'returns/', 'Sales returns': 'new/' };
  await update(swapped, LISTED, 'delete');

  expect((await update(swapped, LISTED, 'delete')).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox).map((each) => each.replace(/^\d+ /, '')).sort()).toEqual([
    'Sales orders /returns/ enabled',
    'Sales returns /new/ enabled',
  ]);
});

test('keeps a data source of another owner that has the name of one that was set aside', async () => {
  add('Sales orders [101: new/]', '/other/');

  expect(await update({ ...LISTED, 'Sales orders': 'new/' })).toMatchObject({
    Status: 'SUCCESS',
    Data: { DataSourceIds: '1004,1002' },
  });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders [101: orders/] /orders/ disabled',
    '1002 Sales returns /returns/ enabled',
    '1003 Sales orders [101: new/] /other/ enabled',
    '1004 Sales orders /new/ enabled',
  ]);
});

test('swaps the names of two data sources', async () => {
  const swapped = { 'Sales orders': 'returns/', 'Sales returns': 'orders/' };

  expect(await update(swapped)).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1002,1001' } });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales returns /orders/ enabled',
    '1002 Sales orders /returns/ enabled',
  ]);
});

const addOtherIntegration = () =>
  sandbox.addIntegration({
    id: '102',
    config: { ...sandbox.integrations[0].config, name: 'other', awsLocationPath: 's3://other/' },
  });

test('continues a move to another integration that stopped before the data sources were registered', async () => {
  await addOtherIntegration();
  const move = { physicalId: PHYSICAL_ID, properties: { IntegrationId: '102' } };
  sandbox.refuse('POST', 400, 'Not now.');
  expect((await send(sandbox, 'Update', move)).Status).toBe('FAILED');

  expect((await send(sandbox, 'Update', move)).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders [101: orders/] /orders/ disabled',
    '1002 Sales returns [101: returns/] /returns/ disabled',
    '1003 Sales orders /orders/ enabled',
    '1004 Sales returns /returns/ enabled',
  ]);
});

test('moves data sources to another integration', async () => {
  await addOtherIntegration();
  const answer = await send(sandbox, 'Update', { physicalId: PHYSICAL_ID, properties: { IntegrationId: '102' } });

  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1003,1004' } });
  expect([...sandbox.immuta.dataSources.records.values()].slice(2).map(({ integrationId }) => integrationId)).toEqual([
    102, 102,
  ]);
  expect(describeDataSources(sandbox).slice(0, 2)).toEqual([
    '1001 Sales orders [101: orders/] /orders/ disabled',
    '1002 Sales returns [101: returns/] /returns/ disabled',
  ]);
});

test('moves data sources to another integration, and back', async () => {
  await addOtherIntegration();
  await send(sandbox, 'Update', { physicalId: PHYSICAL_ID, properties: { IntegrationId: '102' } });

  const back = { physicalId: PHYSICAL_ID, oldProperties: { IntegrationId: '102' } };
  const answer = await send(sandbox, 'Update', back);

  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /orders/ enabled',
    '1002 Sales returns /returns/ enabled',
    '1003 Sales orders [102: orders/] /orders/ disabled',
    '1004 Sales returns [102: returns/] /returns/ disabled',
  ]);
});

test('does not take the name of a data source below another prefix of the previous integration', async () => {
  await addOtherIntegration();
  sandbox.immuta.dataSources.records.delete('1001');
  add('Sales orders', 's3://sales/old/orders/');
  const answer = await send(sandbox, 'Update', { physicalId: PHYSICAL_ID, properties: { IntegrationId: '102' } });

  expect(answer.Reason).toMatch(/prefix 's3:\/\/sales\/old\/orders\/'.*\[DATA_SOURCE_OF_OTHER_OWNER\]$/);
  expect(changes()).toEqual([]);
});

test('reads only the listed names when no prefix and no integration changes', async () => {
  await update(LISTED);

  expect(sandbox.immutaCalls.filter((call) => call.startsWith('GET /dataSource'))).toEqual([
    'GET /dataSource/name/Sales%20orders',
    'GET /dataSource/name/Sales%20returns',
  ]);
});

test('adds a data source that was deleted by hand after two reads', async () => {
  sandbox.immuta.dataSources.records.delete('1002');

  expect(await update(LISTED)).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1003' } });
  expect(sandbox.clock.sleeps).toEqual([58_000]); // the event was two seconds under way
});

test('reads again after 30 seconds when a late event finds that a data source was deleted by hand', async () => {
  sandbox.immuta.dataSources.records.delete('1002');

  expect((await update(LISTED, LISTED, 'disable', { ageMs: 45_000 })).Status).toBe('SUCCESS');
  expect(sandbox.clock.sleeps).toEqual([30_000]);
});

test('keeps a data source with the name of a removed one and another prefix', async () => {
  sandbox.immuta.dataSources.records.delete('1002');
  add('Sales returns', '/other/');

  expect((await update({ 'Sales orders': 'orders/' })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /orders/ enabled',
    '1003 Sales returns /other/ enabled',
  ]);
  expect(changes()).toEqual([]);
});

test('says why Immuta did not remove a data source', async () => {
  sandbox.immuta.dataSources.records.get('1002')!.name = 'Sales returns';
  sandbox.refuse('DELETE', 400, 'It is in use.');

  expect((await update({ 'Sales orders': 'orders/' })).Reason).toMatch(
    /^Immuta did not remove data source 1002 'Sales returns': .*It is in use\. .*\[DATA_SOURCE_NOT_REMOVED\]$/,
  );
});

describe('a removal without an answer', () => {
  test.each(['lose', 'half'] as const)('sends a removal without an answer only once (%s)', async (behaviour) => {
    sandbox.immuta.faults.http({ method: 'DELETE', behaviour });
    sandbox.immuta.switches.dataSources.readLag.delete = 20_000;

    expect((await update({ 'Sales orders': 'orders/' })).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)[1]).toBe('1002 Sales returns /returns/ disabled');
    expect(changes()).toEqual(['DELETE /dataSource/1002']);
    expect(sandbox.countAwsCalls('Invoke')).toBe(0);
  });

  test('sends a removal without an answer again after a minute when it was not carried out', async () => {
    sandbox.immuta.faults.http({ method: 'DELETE', behaviour: 'reset' });

    expect((await update({ 'Sales orders': 'orders/' })).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)[1]).toBe('1002 Sales returns /returns/ disabled');
    expect(sandbox.countAwsCalls('Invoke')).toBe(0);
  });

  test('sends no second removal when a repeated event reads an old state', async () => {
    sandbox.immuta.switches.dataSources.readLag.delete = 60_000;
    const event = {
      dataSources: { 'Sales orders': 'orders/' },
      physicalId: PHYSICAL_ID,
      event: { ResponseURL: sandbox.event('Update', '1').ResponseURL },
    };
    await send(sandbox, 'Update', event);
    const answer = await send(sandbox, 'Update', { ...event, ageMs: 51_000 });

    expect(answer.Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)[1]).toBe('1002 Sales returns /returns/ disabled');
  });
});
