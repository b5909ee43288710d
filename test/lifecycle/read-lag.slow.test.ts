import { ContestedLake, moment } from './cancellation';
import { changes, failure, LOCATION_PATH, useSandbox } from './fixture';

// Immuta may answer a read with the state before our own write

const sandbox = useSandbox();
const switches = () => sandbox.current.immuta.switches;

describe('a new integration that shows late', () => {
  test.each([300, 4_000, 20_000])('creates an integration that shows after %d ms', async (ms) => {
    const lake = await ContestedLake.start(sandbox.current);
    switches().readLag.get.create = ms;
    switches().readLag.list.create = ms;

    const { status, events } = await lake.deploy();

    expect([status, failure({ events } as never)]).toEqual(['CREATE_COMPLETE', undefined]);
    expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
    await lake.destroy();
    expect(await lake.left()).toEqual([]);
  });

  test.each([300, 4_000, 20_000])(
    'deletes an integration that shows after %d ms when its Create was cancelled',
    async (ms) => {
      const lake = await ContestedLake.start(sandbox.current, 'generated');
      switches().readLag.get.create = ms;
      switches().readLag.list.create = ms;
      const posted = moment();
      sandbox.current.immuta.faults.http({ method: 'POST', run: posted.comes });

      expect(await lake.deploy({}, { otherFails: posted.promise })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

      expect(await lake.left()).toEqual([]);
    },
  );
});

describe('an edit that shows late', () => {
  test.each([1_000, 4_000, 8_000])('repeats an edit that shows after %d ms when it ends in editError', async (ms) => {
    const lake = await ContestedLake.start(sandbox.current);
    await lake.deploy({ revision: '1' });
    switches().readLag.get.edit = ms;
    sandbox.current.immuta.faults.transition({ from: 'editing', to: 'editError' });

    const result = await lake.deploy({ revision: '2' });

    expect(result.status).toBe('UPDATE_COMPLETE');
    expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101', 'PUT /integrations/101']);
    expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
  });

  test.each([
    [41_000, 5_000],
    [41_000, 10_000],
    [90_000, 20_000],
  ])('waits in a rollback for an edit of %d ms that shows after %d ms', async (editing, lag) => {
    const lake = await ContestedLake.start(sandbox.current);
    await lake.deploy({ integrationName: 'before', revision: '1' });
    switches().durations.editing = editing;
    switches().readLag.get.edit = lag;
    const put = moment();
    sandbox.current.immuta.faults.http({ method: 'PUT', run: put.comes });

    const cancelled = await lake.deploy({ integrationName: 'after', revision: '2' }, { otherFails: put.promise });

    expect(cancelled.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
    expect(sandbox.current.immuta.integrations.get('101')!.config.name).toMatch(/^before-/);
  });
});

test.each([300, 4_000, 20_000])(
  'deletes an integration that shows for %d ms after its deletion',
  async (ms) => {
    const lake = await ContestedLake.start(sandbox.current);
    await lake.deploy();
    switches().readLag.get.delete = ms;
    switches().readLag.list.delete = ms;

    expect(await lake.destroy()).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(await lake.left()).toEqual([]);
  },
);
