import { describeDataSources, send } from '../support/data-sources';
import { API_KEY, HandlerSandbox } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

const addByHand = (name = 'Sales orders', prefix = '/orders/', more = {}) =>
  sandbox.immuta.dataSources.add({ name, prefix, ...more });
const posts = () =>
  sandbox.immuta.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));

test('registers all data sources in one request and returns their IDs', async () => {
  const answer = await send(sandbox, 'Create');

  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
  expect(answer.PhysicalResourceId).toMatch(/^immuta-s3-data-sources\/created\/\d{10}$/);
  expect(posts()).toEqual([
    {
      type: 'Native S3',
      integrationId: 101,
      dataSources: [
        { dataSourceName: 'Sales orders', prefix: '/orders/' },
        { dataSourceName: 'Sales returns', prefix: '/returns/' },
      ],
    },
  ]);
  expect(describeDataSources(sandbox)).toEqual([
    '1001 Sales orders /orders/ enabled',
    '1002 Sales returns /returns/ enabled',
  ]);
});

test('registers more than a hundred data sources in batches', async () => {
  const dataSources = Object.fromEntries([...Array(250).keys()].map((n) => [`Table ${n}`, `tables/${n}/`]));
  const answer = await send(sandbox, 'Create', { dataSources });

  expect(answer.Status).toBe('SUCCESS');
  expect(answer.Data!.DataSourceIds.split(',')).toHaveLength(250);
  expect(posts().map((body) => body.dataSources.length)).toEqual([100, 100, 50]);
});

test('answers within the limit of CloudFormation for as many data sources as one resource can have', async () => {
  const dataSources = Object.fromEntries([...Array(300).keys()].map((n) => [`Table ${n}`, `tables/${n}/`]));
  for (const [name, prefix] of Object.entries(dataSources)) {
    sandbox.immuta.dataSources.add({ name, prefix: `/${prefix}`, id: 4_000_000_000 + Number(name.split(' ')[1]) });
  }
  await send(sandbox, 'Create', { dataSources });

  expect(sandbox.responses.requests.at(-1)!.body.length).toBeLessThan(4096);
});

test.each([
  ['relative', '/orders/'],
  ['absolute', 's3://sales/orders/'],
] as const)('sends and recognizes prefixes in the form that is %s', async (form, prefix) => {
  sandbox.immuta.switches.dataSources.takes = form;
  const properties = { PrefixForm: form };

  expect((await send(sandbox, 'Create', { properties })).Status).toBe('SUCCESS');
  expect(posts()[0].dataSources[0].prefix).toBe(prefix);
});

test.each([
  ['relative', 'absolute'],
  ['absolute', 'relative'],
] as const)('recognizes a prefix that it sent as %s when Immuta shows it as %s', async (form, shown) => {
  Object.assign(sandbox.immuta.switches.dataSources, { takes: form, shows: shown });
  const properties = { PrefixForm: form };
  await send(sandbox, 'Create', { properties });

  expect(await send(sandbox, 'Create', { properties })).toMatchObject({
    Status: 'SUCCESS',
    Data: { DataSourceIds: '1001,1002' },
  });
  expect(posts()).toHaveLength(1);
});

test.each(['object', 'job'] as const)('finds the IDs when Immuta answers with an %s', async (answers) => {
  Object.assign(sandbox.immuta.switches.dataSources, { answers, readLag: { create: 20_000, edit: 0, delete: 0 } });
  const dataSources = { 'Sales orders': 'orders/' };

  expect(await send(sandbox, 'Create', { dataSources })).toMatchObject({
    Status: 'SUCCESS',
    Data: { DataSourceIds: '1001' },
  });
});

describe('with data sources that exist', () => {
  test.each([
    ['as they are', '/orders/', {}],
    ['with the whole path', 's3://sales/orders/', {}],
    ['without a slash at the end', '/orders', {}],
    ['with a star', '/orders/*', {}],
  ])('adopts an identical data source %s', async (_, prefix, more) => {
    addByHand('Sales orders', prefix, more);

    expect(await send(sandbox, 'Create')).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
    expect(posts()[0].dataSources).toEqual([{ dataSourceName: 'Sales returns', prefix: '/returns/' }]);
  });

  test('restores an identical data source that is disabled', async () => {
    addByHand('Sales orders', '/orders/', { deleted: true, owner: 'key-846e9e43c86a4c' });

    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)[0]).toBe('1001 Sales orders /orders/ enabled');
  });

  test('says that something may be changed when a data source is restored and another one is not', async () => {
    addByHand('Sales orders', '/orders/', { deleted: true, owner: API_KEY });
    addByHand('Sales returns', '/returns/', { deleted: true, owner: API_KEY });
    sandbox.refuse('PUT', 400, 'Not now.', { path: /1002/ });
    const { Status, PhysicalResourceId: physicalId } = await send(sandbox, 'Create');

    expect(Status).toBe('FAILED');
    expect(physicalId).toMatch(/^immuta-s3-data-sources\/failed\/\d+$/);

    await send(sandbox, 'Delete', { physicalId });
    expect(describeDataSources(sandbox)).toEqual([
      '1001 Sales orders /orders/ enabled',
      '1002 Sales returns /returns/ disabled',
    ]);
    expect(sandbox.log.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({
      level: 'warn',
      dataSourceId: '1001',
      message: "'Sales orders' remains enabled, since it existed before, and was adopted. If the deployment restored " +
        'it, disable it in Immuta',
    }));
  });

  test.each([
    ['another prefix', { prefix: '/other/' }, "integration 101, prefix '/other/'"],
    ['another integration', { integrationId: 102 }, "integration 102, prefix '/orders/'"],
    ['another technology', { technology: 'snowflake' }, 'another technology'],
    ['another prefix and is disabled', { prefix: '/other/', deleted: true }, "integration 101, prefix '/other/'"],
  ])('changes nothing when the name of a data source has %s', async (_, more, owner) => {
    const state = 'deleted' in more ? ' (disabled)' : '';
    const record = { ...addByHand('Sales returns', '/orders/', more) };
    const dataSources = { 'Sales orders': 'x/', 'Sales returns': 'orders/' };
    const answer = await send(sandbox, 'Create', { dataSources });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-data-sources/none' });
    expect(answer.Reason).toBe(
      `cannot register data source 'Sales returns': Immuta has data source 1001 'Sales returns'${state} of ${owner}. ` +
        'Choose another name, or delete that one in Immuta if it is not in use, and deploy again. ' +
        '[DATA_SOURCE_OF_OTHER_OWNER]',
    );
    expect([...sandbox.immuta.dataSources.records.values()]).toEqual([record]);
  });
});

test.each([
  ['with another one', { 'Sales orders': 'orders/', 'Sales returns': 'returns/' }, '1002,1003'],
  ['alone', { 'Sales orders': 'orders/' }, '1002'],
])('registers a data source %s when the one that it read first is gone later', async (_, dataSources, ids) => {
  const { id } = addByHand();
  sandbox.clock.at(sandbox.clock.now() + 10_000, () => sandbox.immuta.dataSources.records.delete(String(id)));

  expect(await send(sandbox, 'Create', { dataSources })).toMatchObject({
    Status: 'SUCCESS', Data: { DataSourceIds: ids },
  });
});

test('does not read names a second time that no data source has', async () => {
  expect((await send(sandbox, 'Create', { dataSources: { 'Sales orders': 'orders/' } })).Status).toBe('SUCCESS');
  expect(sandbox.clock.sleeps).not.toContain(30_000);
});

test('says that a run before may have added something when a repeated Create fails', async () => {
  sandbox.removeIntegration('101');
  const { Status, PhysicalResourceId } = await send(sandbox, 'Create', { ageMs: 60_000 });

  expect(Status).toBe('FAILED');
  expect(PhysicalResourceId).toMatch(/^immuta-s3-data-sources\/failed\/\d+$/);
});

test('takes the IDs from the answer when reads do not show the data sources yet', async () => {
  sandbox.immuta.switches.dataSources.readLag.create = 120_000;

  expect(await send(sandbox, 'Create')).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
});

test('sends prefixes below the location when the event does not say in which form', async () => {
  expect((await send(sandbox, 'Create', { properties: { PrefixForm: undefined } })).Status).toBe('SUCCESS');
  expect(posts()[0].dataSources[0].prefix).toBe('/orders/');
});

test('says that something may have been added when the next invocation cannot continue', async () => {
  addByHand();
  sandbox.functionTimeoutMs = 80_000;
  sandbox.deny('lambda', Infinity);
  const answer = await send(sandbox, 'Create');

  expect(answer.Reason).toMatch(/\[SELF_INVOCATION_FAILED\]$/);
  expect(answer.PhysicalResourceId).toMatch(/^immuta-s3-data-sources\/failed\/\d+$/);
});

describe('when Immuta refuses', () => {
  test.each(['listed', 'refused', 'silent'] as const)(
    'names the data source that was not registered and continues in the next deployment (%s)',
    async (partialFailure) => {
      sandbox.immuta.switches.dataSources.partialFailure = partialFailure;
      sandbox.immuta.faults.dataSource({ name: 'Sales returns', message: 'No such prefix.' });
      const answer = await send(sandbox, 'Create');

      expect(answer.Status).toBe('FAILED');
      expect(answer.PhysicalResourceId).toMatch(/^immuta-s3-data-sources\/failed\/\d+$/);
      expect(answer.Reason).toMatch(
        /^Immuta did not register 1 of 2 data sources: 'Sales returns': .* \[DATA_SOURCES_NOT_REGISTERED\]$/,
      );
      expect(answer.Reason!.includes('No such prefix')).toBe(partialFailure !== 'silent');
      expect(describeDataSources(sandbox)).toEqual(['1001 Sales orders /orders/ enabled']);

      expect(await send(sandbox, 'Create')).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
    },
  );

  test('names the first data sources of each cause when Immuta refuses many', async () => {
    sandbox.immuta.faults.dataSource({ message: 'No such prefix.', times: 8 });
    sandbox.immuta.faults.dataSource({ message: 'No such path.', times: 5 });
    const dataSources = Object.fromEntries([...Array(14).keys()].map((n) => [`Table ${n}`, `tables/${n}/`]));

    expect((await send(sandbox, 'Create', { dataSources })).Reason).toContain(
      "13 of 14 data sources: 'Table 0', 'Table 1', 'Table 2', 'Table 3', 'Table 4' and 3 more: No such prefix; " +
        "'Table 8', 'Table 9', 'Table 10', 'Table 11', 'Table 12': No such path. Correct",
    );
  });

  test('names the data source of another owner that took a name meanwhile', async () => {
    sandbox.immuta.faults.http({ method: 'POST', run: () => addByHand('Sales orders', '/other/') });

    expect((await send(sandbox, 'Create', { dataSources: { 'Sales orders': 'orders/' } })).Reason).toContain(
      "'Sales orders': Immuta has data source 1001 'Sales orders' of integration 101, prefix '/other/'. Correct",
    );
  });

  test('registers data sources again when Immuta has too many requests', async () => {
    sandbox.refuse('POST', 429, 'Too many requests.');

    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
    expect(posts()).toHaveLength(2);
  });

  test('fails after some minutes when Immuta has too many requests all the time', async () => {
    describeStack(sandbox, 'CREATE_IN_PROGRESS', '', { resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 2_000 });
    sandbox.refuse('POST', 429, 'Too many requests.', { times: Infinity });
    const start = sandbox.clock.now();

    expect((await send(sandbox, 'Create')).Reason).toMatch(/Too many requests\. .*\[DATA_SOURCES_NOT_REGISTERED\]$/);
    expect(sandbox.clock.now() - start).toBeLessThan(600_000);
  });

  test('names the permissions when the user of the API key lacks one', async () => {
    sandbox.immuta.apiKeys.set('key-846e9e43c86a4c', ['APPLICATION_ADMIN']);
    const answer = await send(sandbox, 'Create');

    expect(answer.Reason).toMatch(
      /CREATE_S3_DATASOURCE .* GOVERNANCE, then try again\. \[DATA_SOURCES_NOT_PERMITTED\]$/,
    );
  });

  test('fails to register data sources when the integration is gone', async () => {
    sandbox.removeIntegration('101');

    expect((await send(sandbox, 'Create')).Reason).toBe(
      "cannot register data sources: the tenant has no S3 integration 101. Change 'revision' of the " +
        'ImmutaS3Integration and deploy to recreate it, or correct the ID that is imported. ' +
        '[DATA_SOURCES_WITHOUT_INTEGRATION]',
    );
  });

  test('registers data sources when reads show the new integration within a minute', async () => {
    sandbox.refuse('GET', 404, 'No Integration found with ID 101.', { path: /^\/integrations\/101$/, times: 8 });

    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
  });

  test('fails at once when the integration is gone a minute after the event was sent', async () => {
    sandbox.removeIntegration('101');

    expect((await send(sandbox, 'Create', { ageMs: 60_000 })).Reason).toMatch(/\[DATA_SOURCES_WITHOUT_INTEGRATION\]$/);
    expect(sandbox.clock.sleeps).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    ['no ID', { properties: { IntegrationId: undefined } }, /ID.*got "".*\[DATA_SOURCES_INTEGRATION_ID_INVALID\]$/],
    ['a path as ID', { properties: { IntegrationId: '../1' } }, /ID.*"\.\.\/1".*\[DATA_SOURCES_INTEGRATION_ID_INVALID\]$/],
    ['a number as prefix', { properties: { DataSources: '{"a":1}' } }, /\{"a":1\}.*\[DATA_SOURCES_UNREADABLE\]$/],
    ['another type', { event: { RequestType: 'Import' } }, /Import.*\[REQUEST_TYPE_UNKNOWN\]$/],
  ])('refuses an event with %s before it calls Immuta', async (_, sent, reason) => {
    const answer = await send(sandbox, 'Create', sent);

    expect(answer.Reason).toMatch(reason);
    expect(sandbox.immuta.requests).toEqual([]);
  });

  test.each([
    ['no data source', undefined],
    ['what a later event says', 'Lake-Curated-1ABC'],
  ])('of which a late Create adds nothing has %s to delete', async (_, chosenId) => {
    const properties = { IntegrationId: '101 ' };
    const { Status, PhysicalResourceId } = await send(sandbox, 'Create', { properties, ageMs: 60_000 });
    expect([Status, PhysicalResourceId]).toEqual(['FAILED', 'immuta-s3-data-sources/none']);

    const physicalId = chosenId ?? PhysicalResourceId;
    expect(await send(sandbox, 'Delete', { physicalId, properties })).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.immuta.requests).toEqual([]);
  });

  test('fails when the property with the data sources is not what the construct renders', async () => {
    expect((await send(sandbox, 'Create', { properties: { DataSources: '{"a":' } })).Reason).toBe(
      'property \'DataSources\' must be a JSON object of names and prefixes, got {"a":. Let \'ImmutaS3DataSources\' ' +
        'render it, and check the tokens in its prefixes. [DATA_SOURCES_UNREADABLE]',
    );
  });
});

describe('when an answer is lost', () => {
  test.each(['lose', 'half'] as const)('registers a data source once with a lost answer (%s)', async (behaviour) => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour });
    sandbox.immuta.switches.dataSources.readLag.create = 20_000;

    expect(await send(sandbox, 'Create')).toMatchObject({ Status: 'SUCCESS', Data: { DataSourceIds: '1001,1002' } });
    expect(describeDataSources(sandbox)).toHaveLength(2);
    expect(posts()).toHaveLength(1);
  });

  test('sends again only what another run of the event has not registered', async () => {
    const createdAt = sandbox.clock.now() + 10_000;
    sandbox.clock.at(createdAt, () => addByHand('Sales orders', '/orders/', { createdAt }));
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'reset' });

    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
    expect(posts()[1].dataSources).toEqual([{ dataSourceName: 'Sales returns', prefix: '/returns/' }]);
  });

  test('registers data sources again when a request without an answer was not carried out', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'reset' });

    expect((await send(sandbox, 'Create')).Status).toBe('SUCCESS');
    expect(posts()).toHaveLength(2);
  });
});

test('registers nothing so late that a Delete would not find it when CloudFormation cannot be asked', async () => {
  expect((await send(sandbox, 'Create', { ageMs: 200_000 })).Reason).toMatch(/\[DATA_SOURCES_TOO_LATE\]$/);
  expect(posts()).toEqual([]);
});

test('registers nothing twice when the event is delivered again', async () => {
  const first = await send(sandbox, 'Create');
  const event = { ResponseURL: sandbox.event('Create', '1').ResponseURL };

  expect((await send(sandbox, 'Create', { event })).Data).toEqual(first.Data);
  expect(posts()).toHaveLength(1);
});

test.each(['1001,1002', '../1001', 'x', '1'.repeat(21)])('takes no ID when Immuta names %s', async (dataSourceId) => {
  const body = ['Sales orders', 'Sales returns'].map((dataSourceName) => ({ dataSourceName, dataSourceId }));
  sandbox.immuta.faults.http({ method: 'POST', behaviour: 'answer', answer: { status: 200, body } });

  expect((await send(sandbox, 'Create')).Reason).toMatch(/\[DATA_SOURCES_NOT_REGISTERED\]$/);
});
