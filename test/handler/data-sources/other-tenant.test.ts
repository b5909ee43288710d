import { describeDataSources, LISTED, send } from '../support/data-sources';
import { HandlerSandbox } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

// what events of data sources do when `url` of the tenant was changed: the same IDs and names may be those of others

const OTHER_URL = 'https://other.immutacloud.com';
const PHYSICAL_ID = 'immuta-s3-data-sources/created/1795407960';
const ENABLED = ['1001 Sales orders /orders/ enabled', '1002 Sales returns /returns/ enabled'];
let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
  Object.entries(LISTED).forEach(([name, prefix]) => sandbox.immuta.dataSources.add({ name, prefix: `/${prefix}` }));
});
afterEach(() => sandbox.close());

const writes = () => sandbox.immutaCalls.filter((call) => !call.startsWith('GET'));

test.each(['Create', 'Update', 'Delete'] as const)('fails a %s for another tenant than is called', async (type) => {
  const properties = { TenantUrl: OTHER_URL, Removal: 'delete' };
  const { Status, Reason } = await send(sandbox, type, { properties, physicalId: PHYSICAL_ID });

  expect(Status).toBe('FAILED');
  expect(Reason).toMatch(
    /^the data sources are in the tenant https:\/\/other\.immutacloud\.com, .*\[DATA_SOURCES_IN_OTHER_TENANT\]/,
  );
  expect(writes()).toEqual([]);
  expect(describeDataSources(sandbox)).toEqual(ENABLED);
});

test('keeps the data sources when the same tenant has another URL', async () => {
  const oldProperties = { TenantUrl: OTHER_URL };

  expect(await send(sandbox, 'Update', { oldProperties, physicalId: PHYSICAL_ID })).toMatchObject({
    Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' },
  });
  expect(describeDataSources(sandbox)).toEqual(ENABLED);
});

test.each<[string, Record<string, string>]>([
  ['one', { 'Sales orders': 'orders/' }],
  ['the prefix of one', { ...LISTED, 'Sales returns': 'other/' }],
  ['the name of one', { 'Sales orders': 'orders/', 'Sales refunds': 'returns/' }],
])('fails an Update that changes the tenant and removes %s', async (_, dataSources) => {
  const sent = { oldProperties: { TenantUrl: OTHER_URL }, dataSources, physicalId: PHYSICAL_ID };

  expect((await send(sandbox, 'Update', sent)).Reason).toMatch(
    /^the data sources are in the tenant https:\/\/other\.immutacloud\.com, .*\[DATA_SOURCES_IN_OTHER_TENANT\]/,
  );
  expect(writes()).toEqual([]);
});

test.each([
  ['ID of the integration', { IntegrationId: 'not/an id' }],
  ['list', { DataSources: '${Token}' }],
])('rolls back an Update with an unreadable %s', async (_, unreadable) => {
  const physicalId = PHYSICAL_ID;

  expect((await send(sandbox, 'Update', { properties: unreadable, physicalId })).Status).toBe('FAILED');
  expect((await send(sandbox, 'Update', { oldProperties: unreadable, physicalId })).Status).toBe('SUCCESS');
  expect(describeDataSources(sandbox)).toEqual(ENABLED);
});

test('deletes nothing and succeeds when data sources of another tenant are retained', async () => {
  describeStack(sandbox, 'DELETE_IN_PROGRESS', PHYSICAL_ID);
  const properties = { TenantUrl: OTHER_URL, Removal: 'retain' };

  expect((await send(sandbox, 'Delete', { properties, physicalId: PHYSICAL_ID })).Status).toBe('SUCCESS');
  expect(writes()).toEqual([]);
});

test.each([
  ['a slash at the end', (url: string) => `${url}/`],
  ['capital letters', (url: string) => url.replace('http', 'HTTP')],
])('takes a URL with %s for the same tenant', async (_, spell) => {
  const properties = { TenantUrl: spell(sandbox.environment.IMMUTA_URL!) };

  expect((await send(sandbox, 'Create', { properties })).Status).toBe('SUCCESS');
});

describe('the rollback of an Update that changed the tenant', () => {
  const MORE = { ...LISTED, 'Sales leads': 'leads/' };
  const rollBack = (sent: object) => {
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', PHYSICAL_ID, { resourceStatus: 'UPDATE_IN_PROGRESS' });
    return send(sandbox, 'Update', { before: MORE, physicalId: PHYSICAL_ID, ...sent });
  };

  test.each([
    ['the previous tenant is called again', { oldProperties: { TenantUrl: OTHER_URL } }],
    ['the next tenant is still called', { properties: { TenantUrl: OTHER_URL } }],
  ])('removes what the Update added when %s', async (_, sent) => {
    expect((await send(sandbox, 'Update', { dataSources: MORE, physicalId: PHYSICAL_ID })).Status).toBe('SUCCESS');

    expect(await rollBack(sent)).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
    expect(describeDataSources(sandbox)).toEqual([...ENABLED, '1003 Sales leads /leads/ disabled']);
  });

  test.each([
    [5_000, 'enabled', 'may have been there before'],
    [30_000, 'disabled', 'the Update added'],
  ])('leaves data sources that are %d ms younger than the Update %s, which %s', async (ms, state) => {
    sandbox.immuta.dataSources.records.clear();
    const startedAfterMs = -ms;
    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', PHYSICAL_ID, {
      resourceStatus: 'UPDATE_IN_PROGRESS', startedAfterMs,
    });
    const properties = { TenantUrl: OTHER_URL };

    expect((await send(sandbox, 'Update', { properties, physicalId: PHYSICAL_ID })).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox).map((each) => each.split(' ').at(-1))).toEqual([state, state]);
  });

  test('adds nothing in the tenant that it does not name', async () => {
    sandbox.immuta.dataSources.records.clear();

    expect(await rollBack({ properties: { TenantUrl: OTHER_URL } })).toMatchObject({
      Status: 'SUCCESS', Data: { DataSourceIds: ',' },
    });
    expect(writes()).toEqual([]);
  });
});

test('fails the Delete of data sources that exist when its list is unreadable', async () => {
  const properties = { DataSources: '${Token}' };

  expect((await send(sandbox, 'Delete', { properties, physicalId: PHYSICAL_ID })).Reason).toMatch(
    /\[DATA_SOURCES_UNREADABLE\]/,
  );
});
