import { HandlerSandbox } from '../support/handler-sandbox';
import { Checked, EXPECTED, runCheck } from '../support/health';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

const names = ({ findings }: Checked) => findings.map(({ finding }) => finding);
const driftOf = ({ metrics }: Checked) => metrics.map(({ Drift }) => Drift).filter((value) => value !== undefined);

/** Registers data sources as a stack does, and returns their IDs. */
const register = (count: number) =>
  Array.from({ length: count }, (_, i) => sandbox.immuta.dataSources.add({ name: `n${i}`, prefix: `/${i}/` }).id);

const check = (ids: number[]) => runCheck(sandbox, { integrations: [{ ...EXPECTED, DataSourceIds: ids.join() }] });

test('finds nothing wrong when all data sources exist, with one request for each', async () => {
  const ids = register(2);

  expect(names(await check(ids))).toEqual(['Healthy']);
  expect(sandbox.immutaCalls).toEqual(['GET /integrations/101', ...ids.map((id) => `GET /dataSource/${id}`)]);
});

test('reports data sources that were deleted or disabled', async () => {
  const [kept, deleted, disabled] = register(3);
  const { records } = sandbox.immuta.dataSources;
  records.delete(String(deleted));
  records.get(String(disabled))!.deleted = true;

  const checked = await check([kept, deleted, disabled]);

  expect(names(checked)).toEqual(['Drift']);
  expect(checked.findings[0].message).toMatch(
    new RegExp(`^data sources ${deleted}, ${disabled} of integration 101 are .* \\[HEALTH_DATA_SOURCES_MISSING\\]$`),
  );
  expect(driftOf(checked)).toEqual([2]);
});

test('ignores data sources that others registered in the same integration', async () => {
  const ids = register(1);
  const { id } = sandbox.immuta.dataSources.add({ name: 'by hand', prefix: '/by-hand/' });
  sandbox.immuta.dataSources.records.delete(String(id));
  sandbox.immuta.dataSources.add({ name: 'another by hand', prefix: '/0/' });

  expect(names(await check(ids))).toEqual(['Healthy']);
});

test('counts drift of the configuration and of data sources', async () => {
  const [id] = register(1);
  sandbox.immuta.dataSources.records.delete(String(id));
  const record = sandbox.immuta.integrations.get('101')!;
  record.config = { ...record.config, name: 'by hand' };

  const checked = await check([id]);

  expect(names(checked)).toEqual(['Drift', 'Drift']);
  expect(driftOf(checked)).toEqual([2]);
});

test('reports that the user of the API key may not read data sources', async () => {
  const [id] = register(1);
  sandbox.immuta.faults.http({
    path: new RegExp(`^/dataSource/${id}$`),
    behaviour: 'answer',
    answer: { status: 403, body: { message: 'No' } },
    times: Infinity,
  });

  const checked = await check([id]);
  expect(checked.findings).toEqual([
    expect.objectContaining({ finding: 'ApiKeyRejected', code: 'DATA_SOURCES_NOT_PERMITTED' }),
  ]);
  expect(driftOf(checked)).toEqual([0]);
});

test('reports after a minute that Immuta does not answer about a data source', async () => {
  const [id] = register(1);
  sandbox.refuse('GET', 503, 'Try later', { path: new RegExp(`^/dataSource/${id}$`), times: Infinity });
  const start = sandbox.clock.now();

  expect(names(await check([id]))).toEqual(['NoAnswer']);
  expect(sandbox.clock.now() - start).toBeLessThan(90_000);
});

test.each<[string, { status: number; body?: object }]>([
  ['nothing', { status: 204 }],
  ['an object without an ID', { status: 200, body: {} }],
  ['another data source', { status: 200, body: { id: 5, deleted: true } }],
])('concludes nothing about a data source when Immuta answers with %s', async (_, answer) => {
  const [id] = register(1);
  const path = new RegExp(`^/dataSource/${id}$`);
  sandbox.immuta.faults.http({ path, behaviour: 'answer', answer, times: Infinity });

  const { findings } = await check([id]);
  expect(findings).toEqual([
    expect.objectContaining({ finding: 'UnexpectedAnswer', code: 'IMMUTA_RESPONSE_INVALID' }),
  ]);
});

describe('with more than 100 data sources', () => {
  const countReads = () => sandbox.immutaCalls.filter((call) => /^GET \/dataSource\/\d+$/.test(call)).length;
  const countLists = () => sandbox.immutaCalls.filter((call) => /^GET \/dataSource(\?|$)/.test(call)).length;

  test('reads the list once, and one hundred at most, for all integrations of a tenant', async () => {
    const ids = register(250);
    sandbox.immuta.dataSources.records.delete(String(ids.at(-1)));
    const integrations = [ids.slice(0, 125), ids.slice(125)].map((own) => ({ ...EXPECTED, DataSourceIds: own.join() }));

    const checked = await runCheck(sandbox, { scope: 'tenant', integrations });

    expect(names(checked)).toEqual(['Healthy', 'Drift']);
    expect(checked.findings[1].message).toContain(`data sources ${ids.at(-1)} of`);
    expect(countReads()).toBe(100);
    expect(countLists()).toBe(3);
  });

  test('reports only what a read proves when the list is empty', async () => {
    const ids = register(120);
    sandbox.immuta.switches.dataSources.handlerType = 'Amazon S3';
    [3, 110].forEach((index) => sandbox.immuta.dataSources.records.delete(String(ids[index])));

    const checked = await check(ids);

    expect(checked.findings[0].message).toContain(`data sources ${ids[3]} of`);
    expect(countReads()).toBe(100);
  });

  test('names twenty of them', async () => {
    const ids = register(50);
    sandbox.immuta.dataSources.records.clear();

    const { findings } = await check(ids);

    expect(findings[0].message).toContain(`${ids[19]} and 30 more of integration 101`);
  });
});
