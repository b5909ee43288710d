import { describeDataSources, LISTED, send } from '../support/data-sources';
import { HandlerSandbox } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

const MINUTE = 60_000;
const ORDERS = { 'Sales orders': 'orders/' };
const ROLLBACK = 'c1b2c3d4-0000-4000-8000-000000000004';

let sandbox: HandlerSandbox;
let physicalId: string;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
  physicalId = (await send(sandbox, 'Create')).PhysicalResourceId;
  sandbox.clock.advance(60 * MINUTE);
});
afterEach(() => sandbox.close());

const update = (dataSources: Record<string, string>, before: Record<string, string>, event = {}) =>
  send(sandbox, 'Update', { physicalId, dataSources, before, event });

function lag(ms: number): void {
  sandbox.immuta.switches.dataSources.readLag = { create: ms, edit: ms, delete: ms };
}

/** Rolls an update back a moment after its response. */
async function rollBack(dataSources: Record<string, string>, before: Record<string, string>) {
  sandbox.clock.advance(1_000);
  describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', physicalId, {
    resourceStatus: 'UPDATE_IN_PROGRESS', startedAfterMs: -2 * MINUTE,
  });
  return update(dataSources, before, { RequestId: ROLLBACK });
}

const LAGS = [0, 20_000, 45_000, 58_000];

describe('with reads that show the state before a write', () => {
  test.each(LAGS)('restores in a rollback what the update disabled %d ms before', async (ms) => {
    lag(ms);
    await update(ORDERS, LISTED);

    expect((await rollBack(LISTED, ORDERS)).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)).toEqual([
      '1001 Sales orders /orders/ enabled',
      '1002 Sales returns /returns/ enabled',
    ]);
  });

  test.each(LAGS)('gives in a rollback the name back that the update changed %d ms before', async (ms) => {
    const renamed = { 'Orders': 'orders/', 'Sales returns': 'returns/' };
    lag(ms);
    await update(renamed, LISTED);

    expect((await rollBack(LISTED, renamed)).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)[0]).toBe('1001 Sales orders /orders/ enabled');
  });

  test.each(LAGS)('disables what an update restored %d ms before', async (ms) => {
    await update(ORDERS, LISTED);
    sandbox.clock.advance(60 * MINUTE);
    lag(ms);
    await update(LISTED, ORDERS);
    sandbox.clock.advance(1_000);

    expect((await update(ORDERS, LISTED, { RequestId: ROLLBACK })).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox)[1]).toBe('1002 Sales returns /returns/ disabled');
  });

  test.each(['disable', 'delete'])('removes what an update restored just before its Delete (%s)', async (Removal) => {
    await update(ORDERS, LISTED);
    sandbox.clock.advance(60 * MINUTE);
    lag(45_000);
    await update(LISTED, ORDERS);
    sandbox.clock.advance(1_000);
    describeStack(sandbox, 'DELETE_IN_PROGRESS', physicalId);

    expect((await send(sandbox, 'Delete', { physicalId, properties: { Removal } })).Status).toBe('SUCCESS');
    expect(describeDataSources(sandbox).map((each) => each.split(' ').at(-1))).toEqual(
      Removal === 'delete' ? [] : ['disabled', 'disabled'],
    );
  });
});

test('waits for nothing when an update adds a data source', async () => {
  const start = sandbox.clock.now();

  expect((await update({ ...LISTED, 'Sales leads': 'leads/' }, LISTED)).Status).toBe('SUCCESS');
  expect(sandbox.clock.now() - start).toBeLessThan(10_000);
});
