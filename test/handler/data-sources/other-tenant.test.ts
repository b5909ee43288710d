import { describeDataSources, LISTED, send } from '../support/data-sources';
import { HandlerSandbox } from '../support/handler-sandbox';

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
])('fails an Update that changes the tenant and removes %s', async (_, dataSources) => {
  const sent = { oldProperties: { TenantUrl: OTHER_URL }, dataSources, physicalId: PHYSICAL_ID };

  expect((await send(sandbox, 'Update', sent)).Reason).toMatch(/\[DATA_SOURCES_IN_OTHER_TENANT\]/);
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
