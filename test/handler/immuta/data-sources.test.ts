import { DataSourcesClient, Registration } from '../../../src/handler/immuta/data-sources';
import { Redaction } from '../../../src/handler/runtime/redaction';
import { HttpServer, ReceivedRequest, sendJson } from '../../support/http-server';
import { createTransport } from '../support/immuta-transport';
import { TestClock } from '../support/test-clock';

/** What the server answers, by method and path. Else it answers 404 as Immuta does. */
let answers: Record<string, (request: ReceivedRequest) => unknown>;
let server: HttpServer;
let redaction: Redaction;

const NOT_FOUND = { statusCode: 404, error: 'Not Found', message: 'No Data Source found with ID 7.' };

beforeEach(async () => {
  answers = {};
  redaction = new Redaction();
  server = await HttpServer.start((request, response) => {
    const answer = answers[`${request.method} ${request.path}`];
    if (answer) sendJson(response, 200, answer(request));
    else sendJson(response, 404, NOT_FOUND);
  });
});
afterEach(() => server.close());

const client = () => new DataSourcesClient(createTransport(server.url, new TestClock(), redaction), redaction);

/** Lets Immuta have a data source with some fields. */
function show(
  id: string,
  fields: object = {},
  metadata: object | null = { integrationId: 101, prefix: 'orders/' },
): void {
  const blobHandler = { url: `https://acme.immutacloud.com/native-s3/handler/9${id}` };
  answers[`GET /dataSource/${id}`] = () => ({ id: Number(id), name: 'Orders', deleted: false, blobHandler, ...fields });
  answers[`GET /native-s3/handler/9${id}`] = () => ({ metadata });
}

const ORDERS = { id: '7', name: 'Orders', isDisabled: false, integrationId: '101', prefix: 'orders/' };

describe('a record', () => {
  test.each<[string, object, object]>([
    ['as Immuta shows it', {}, ORDERS],
    ['whose ID is a text', { id: '7' }, ORDERS],
    ['that is disabled', { deleted: true }, { ...ORDERS, isDisabled: true }],
    ['that does not say whether it is disabled', { deleted: 'yes' }, ORDERS],
    ['with a date', { createdAt: '2026-11-23T04:26:00Z' }, { ...ORDERS, createdAt: Date.parse('2026-11-23T04:26Z') }],
    ['with a date that cannot be read', { createdAt: 'soon' }, ORDERS],
    ['without a name', { name: undefined }, { ...ORDERS, name: '' }],
    [
      'of another technology',
      { blobHandler: { url: 'https://acme.immutacloud.com/snowflake/handler/97' } },
      { ...ORDERS, integrationId: undefined, prefix: undefined },
    ],
    [
      'whose handler has no number',
      { blobHandler: { url: 'https://acme.immutacloud.com/native-s3/handler/97/../x' } },
      { ...ORDERS, integrationId: undefined, prefix: undefined },
    ],
    ['without a handler', { blobHandler: undefined }, { ...ORDERS, integrationId: undefined, prefix: undefined }],
  ])('parses a data source %s', async (_, fields, expected) => {
    show('7', fields);

    expect(await client().get('7')).toEqual(expected);
  });

  test.each([
    ['no metadata', null, { integrationId: undefined, prefix: '' }],
    ['no integration', { prefix: '' }, { integrationId: undefined, prefix: '' }],
    ['an ID that is a text', { integrationId: 'a-1', prefix: '/x' }, { integrationId: 'a-1', prefix: '/x' }],
  ])('parses a data source whose handler has %s', async (_, metadata, expected) => {
    show('7', {}, metadata);

    expect(await client().get('7')).toEqual({ ...ORDERS, ...expected });
  });

  test.each([undefined, '', 'x7', '7/../8', '1'.repeat(21)])('does not accept the ID %p', async (id) => {
    show('7', { id });

    await expect(client().get('7')).rejects.toThrow(/GET \/dataSource\/7: it has no numeric id\. .*RESPONSE_INVALID\]$/);
  });

  test('parses a data source whose handler is gone', async () => {
    show('7');
    delete answers['GET /native-s3/handler/97'];

    expect(await client().get('7')).toEqual({ ...ORDERS, integrationId: undefined, prefix: '' });
  });

  test('finds a data source by any name', async () => {
    show('7');
    answers['GET /dataSource/name/Ventes%2F%C3%A9t%C3%A9%3F'] = answers['GET /dataSource/7'];

    expect(await client().findByName('Ventes/été?')).toEqual(ORDERS);
  });

  test('finds no data source when there is none', async () => {
    expect(await client().get('7')).toBeUndefined();
    expect(await client().findByName('Orders')).toBeUndefined();
  });
});

test.each([
  ['enabled', {}, true],
  ['disabled', { deleted: true }, false],
])('knows that a data source is %s', async (_, fields, expected) => {
  show('7', fields);

  expect(await client().isEnabled('7')).toBe(expected);
});

test('knows that a data source that is gone is not enabled, but not by another one', async () => {
  expect(await client().isEnabled('7')).toBe(false);

  show('7', { id: 8 });
  await expect(client().isEnabled('7')).rejects.toThrow(/GET \/dataSource\/7: its id is not 7\. .*RESPONSE_INVALID\]$/);
});

describe('a list', () => {
  /** Lets Immuta have so many data sources. */
  function list(count: number): void {
    answers['GET /dataSource'] = ({ query }) => {
      const offset = Number(query.get('offset'));
      const length = Math.min(Number(query.get('size')), Math.max(0, count - offset));
      return { hits: Array.from({ length }, (_, i) => ({ id: offset + i + 1 })) };
    };
  }
  const offsets = () => server.requests.map(({ query }) => query.get('offset'));

  test.each([
    [0, ['0']],
    [99, ['0']],
    [100, ['0', '100']],
    [103, ['0', '100']],
  ])('lists %i data sources in pages', async (count, pages) => {
    list(count);

    expect(await client().listIds()).toEqual(Array.from({ length: count }, (_, i) => `${i + 1}`));
    expect(offsets()).toEqual(pages);
    expect(server.requests[0].url).toBe('/dataSource?blobHandlerType=Native+S3&size=100&offset=0');
  });

  test('reads no more pages than it is told to', async () => {
    list(1_000);

    expect(await client().listIds(200)).toHaveLength(200);
    expect(offsets()).toEqual(['0', '100']);
  });

  test.each([
    ['no list', { hits: {} }, []],
    ['IDs that are none', { hits: [{ id: 'x' }, { id: '7/8' }, {}, null, { id: 7 }] }, ['7']],
  ])('ignores %s', async (_, body, expected) => {
    answers['GET /dataSource'] = () => body;

    expect(await client().listIds()).toEqual(expected);
  });

  test('lists the enabled data sources of an integration', async () => {
    answers['GET /dataSource'] = () => ({ hits: [7, 8, 9, 10].map((id) => ({ id })) });
    show('7');
    show('8', { deleted: true });
    show('9', {}, { integrationId: 102, prefix: '' }); // and 10 is gone

    expect(await client().listOfIntegration('101')).toEqual([ORDERS]);
  });
});

describe('a registration', () => {
  test.each([
    ['101', 101],
    ['a-1', 'a-1'],
    ['1-a', '1-a'],
  ])('registers data sources for the integration %p', async (integrationId, sent) => {
    answers['POST /native-s3/handler'] = () => ({});
    await client().create(integrationId, [{ name: 'Orders', prefix: 'orders/' }]);

    expect(JSON.parse(server.requests[0].body)).toEqual({
      type: 'Native S3',
      integrationId: sent,
      dataSources: [{ dataSourceName: 'Orders', prefix: 'orders/' }],
    });
  });

  const ONE = { dataSourceName: 'Orders', dataSourceId: 7 };
  const REFUSED = { dataSourceName: 'Leads', error: 'Bad Request', message: 'No\n access.' };

  test.each<[string, unknown, object, object]>([
    ['one object', ONE, { Orders: '7' }, {}],
    ['a list', [ONE, REFUSED], { Orders: '7' }, { Leads: 'No access' }],
    ['a field', { dataSources: [ONE, REFUSED] }, { Orders: '7' }, { Leads: 'No access' }],
    ['an error without a message', [{ ...REFUSED, message: undefined }], {}, { Leads: 'Bad Request' }],
    ['neither an ID nor an error', [{ dataSourceName: 'Leads' }], {}, { Leads: '' }],
    ['an ID that is none', [{ ...ONE, dataSourceId: '../7' }], {}, { Orders: '' }],
    ['no names', [{ error: 'Bad Request' }], {}, {}],
    ['nothing', null, {}, {}],
  ])('takes IDs and errors from an answer with %s', async (_, body, ids, errors) => {
    answers['POST /native-s3/handler'] = () => body;

    expect(await client().create('101', [])).toEqual({
      ids: new Map(Object.entries(ids)),
      errors: new Map(Object.entries(errors)),
    });
  });

  test('quotes the beginning of a long error, without half a secret', async () => {
    redaction.remember('wJalrXUtnFEMI/K7MDENG');
    const message = `${'x'.repeat(280)}wJalrXUtnFEMI/K7MDENG${'y'.repeat(50)}`;
    answers['POST /native-s3/handler'] = () => [{ ...REFUSED, message }];

    const { errors } = (await client().create('101', [])) as Registration;
    expect(errors.get('Leads')).toBe(`${'x'.repeat(280)}[redacted]${'y'.repeat(10)}…`);
  });
});

describe('a change', () => {
  test('changes the given fields of a data source only', async () => {
    answers['PUT /dataSource/7'] = () => ({});

    expect(await client().change('7', { name: 'Returns' })).toBe('changed');
    expect(await client().change('8', { deleted: false })).toBe('missing');
    expect(server.requests.map(({ body }) => body)).toEqual(['{"name":"Returns"}', '{"deleted":false}']);
  });

  test('removes a data source', async () => {
    answers['DELETE /dataSource/7'] = () => ({});

    expect(await client().remove('7')).toBe('removed');
    expect(await client().remove('8')).toBe('missing');
  });
});

test.each<[number, number, unknown]>([
  [503, 1, expect.objectContaining({ isAnswerLost: true, kind: 'lost' })],
  [429, 2, 'removed'],
])('repeats a removal only when it was not carried out (%i)', async (status, count, outcome) => {
  await server.close();
  server = await HttpServer.start((_, response) => {
    sendJson(response, server.requests.length === 1 ? status : 200, { message: 'No.' });
  });

  expect(await client().remove('7')).toEqual(outcome);
  expect(server.requests).toHaveLength(count);
});

test.each<[string, (of: DataSourcesClient) => Promise<unknown>]>([
  ['a registration', (of) => of.create('101', [])],
  ['a change', (of) => of.change('7', {})],
  ['a removal', (of) => of.remove('7')],
])('names the permissions that data sources need when %s is not permitted', async (_, call) => {
  await server.close();
  server = await HttpServer.start((__, response) => sendJson(response, 403, { message: 'Forbidden.' }));

  expect(await call(client())).toMatchObject({ failure: { code: 'DATA_SOURCES_NOT_PERMITTED' } });
});

test('fails to read when Immuta refuses or answers nothing', async () => {
  await server.close();
  server = await HttpServer.start((request, response) => {
    if (request.path.endsWith('/7')) response.writeHead(204).end();
    else sendJson(response, 400, { message: 'No.' });
  });

  await expect(client().get('7')).rejects.toThrow(/GET \/dataSource\/7: it is empty\. .*\[IMMUTA_RESPONSE_INVALID\]$/);
  await expect(client().get('8')).rejects.toThrow(
    /answered 400 to GET \/dataSource\/8: No\. .*\[IMMUTA_REQUEST_REFUSED\]$/,
  );
  await expect(client().listIds()).rejects.toThrow(/answered 400 to GET \/dataSource: No\. /);
});
