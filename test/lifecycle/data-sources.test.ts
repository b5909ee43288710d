import { App, CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import { moment } from './cancellation';
import { changes, lake, leftovers, NOTHING, STACK_NAME, tenantIn, useSandbox } from './fixture';
import { afterStep, Kill } from './kill';
import { byHand, prepareAccount } from './owners';
import { DataSourceRemovalMode, DataSourcesOptions, ImmutaS3DataSources, ImmutaS3Integration } from '../../src';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
const TWO = { 'Sales orders': 'orders/', 'Sales returns': 'returns/' };

const dataSources = () =>
  [...sandbox.current.immuta.dataSources.records.values()].map(
    ({ name, prefix, deleted }) => `${name} ${prefix} ${deleted ? 'disabled' : 'enabled'}`,
  );
const ENABLED = ['Sales orders /orders/ enabled', 'Sales returns /returns/ enabled'];
const DISABLED = ['Sales orders /orders/ disabled', 'Sales returns /returns/ disabled'];

/** Why the data sources failed, as the user reads it. */
const findReason = ({ events }: { events: readonly { type: string; status: string; reason?: string }[] }) =>
  events.find(({ type, status }) => type === 'Custom::ImmutaS3DataSources' && status.endsWith('_FAILED'))?.reason;

describe('data sources of an integration of the stack', () => {
  const deploy = (options: Partial<DataSourcesOptions> = {}) =>
    sandbox.current.deploy(
      lake(sandbox.current, {
        and: (stack, integration) => {
          const { dataSourceIds } = integration.addDataSources('Curated', { dataSources: TWO, ...options });
          new CfnOutput(stack, 'Ids', { value: Object.values(dataSourceIds).join(' ') });
        },
      }),
    );

  test('registers data sources after the integration and removes them before it', async () => {
    expect(await deploy({ removalMode: DataSourceRemovalMode.DELETE })).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { Ids: '1001 1002' },
    });
    expect(dataSources()).toEqual(ENABLED);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(dataSources()).toEqual([]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(changes(sandbox.current)).toEqual([
      'POST /integrations',
      'POST /native-s3/handler',
      'DELETE /dataSource/1001',
      'DELETE /dataSource/1001',
      'DELETE /dataSource/1002',
      'DELETE /dataSource/1002',
      'DELETE /integrations/101',
    ]);
  });

  test('adds, renames and removes data sources by updates, and disables them with the stack', async () => {
    await deploy();

    expect(await deploy({ dataSources: { 'Orders': 'orders/', 'Sales leads': 'leads/' } })).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { Ids: '1001 1003' },
    });
    expect(dataSources()).toEqual([
      'Orders /orders/ enabled',
      'Sales returns /returns/ disabled',
      'Sales leads /leads/ enabled',
    ]);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(dataSources().filter((each) => each.endsWith('enabled'))).toEqual([]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('keeps the integration and names its data sources when they were retained or registered by hand', async () => {
    await deploy({ removalMode: DataSourceRemovalMode.RETAIN });
    sandbox.current.immuta.dataSources.add({ name: 'By hand', prefix: '/other/' });

    const { status, events } = await sandbox.current.destroy(STACK_NAME);

    expect(status).toBe('DELETE_FAILED');
    expect(events.find(({ reason }) => reason?.includes('[INTEGRATION_HAS_DATA_SOURCES]'))?.reason).toContain(
      "integration 101 still has 3 data sources: 'Sales orders', 'Sales returns', 'By hand'. Delete them in Immuta",
    );

    sandbox.current.immuta.dataSources.records.clear();
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test('destroys data sources in another stack of the app before the integration', async () => {
  const app = new App();
  const base = new Stack(app, 'Base', { env: SANDBOX_ENV });
  const tenant = tenantIn(base, sandbox.current);
  const lakeStack = lake(sandbox.current, { tenant });
  const integration = lakeStack.node.findChild('SalesLake') as ImmutaS3Integration;
  const data = new Stack(app, 'Data', { env: SANDBOX_ENV });
  new ImmutaS3DataSources(data, 'Curated', { tenant, integration, dataSources: TWO });
  for (const stack of [base, lakeStack, data]) {
    expect(await sandbox.current.deploy(stack)).toMatchObject({ status: 'CREATE_COMPLETE' });
  }
  expect(dataSources()).toEqual(ENABLED);

  expect(data.dependencies).toContain(lakeStack);
  for (const { stackName } of [data, lakeStack, base]) {
    expect(await sandbox.current.destroy(stackName)).toMatchObject({ status: 'DELETE_COMPLETE' });
  }
  expect(dataSources()).toEqual(DISABLED);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe('data sources of an imported integration', () => {
  let version = 0;
  beforeEach(async () => {
    prepareAccount(sandbox.current);
    await byHand(sandbox.current);
  });

  interface Options extends Partial<DataSourcesOptions> {
    /** Another resource fails at that moment, or so many seconds after the data sources. */
    readonly otherFails?: Promise<unknown> | 'afterwards';
    readonly none?: boolean;
    readonly disableRollback?: boolean;
  }

  /** A stack with a tenant, data sources, and another resource. */
  const deploy = ({ otherFails, none, disableRollback, ...options }: Options = {}) => {
    const stack = new Stack(new App(), 'Data', { env: SANDBOX_ENV });
    const tenant = tenantIn(stack, sandbox.current);
    const integration = ImmutaS3Integration.fromIntegrationId(stack, 'Lake', '101');
    const other = new CfnResource(stack, 'Other', {
      type: 'Test::Other::Resource',
      properties: { Version: ++version },
    });
    if (!none) {
      const curated = new ImmutaS3DataSources(stack, 'Curated', { tenant, integration, dataSources: TWO, ...options });
      if (otherFails === 'afterwards') other.node.addDependency(curated);
    }
    if (otherFails) {
      const when = otherFails === 'afterwards' ? {} : { when: otherFails };
      const action = sandbox.current.cloudFormation.stacks.has('Data') ? 'update' : 'create';
      sandbox.current.cloudFormation.faults.push({ logicalId: /^Other$/, action, reason: 'no', once: true, ...when });
    }
    return sandbox.current.deploy(stack, { disableRollback });
  };
  const addByHand = (name: string, prefix: string) =>
    sandbox.current.immuta.dataSources.add({ name, prefix, integrationId: 101 });

  test('keeps adopted and removes added data sources when a Create is rolled back later', async () => {
    addByHand('Sales orders', '/orders/');

    expect(await deploy({ otherFails: 'afterwards' })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });
    expect(dataSources()).toEqual(['Sales orders /orders/ enabled', 'Sales returns /returns/ disabled']);
  });

  test('keeps adopted and removes added data sources when Immuta refuses one of a Create', async () => {
    addByHand('Sales orders', '/orders/');
    sandbox.current.immuta.faults.dataSource({ name: 'Sales leads', message: 'No such prefix.' });

    const result = await deploy({ dataSources: { ...TWO, 'Sales leads': 'leads/' } });

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(findReason(result)).toContain(
      "Immuta did not register 1 of 2 data sources: 'Sales leads': No such prefix. Correct",
    );
    expect(dataSources()).toEqual(['Sales orders /orders/ enabled', 'Sales returns /returns/ disabled']);
  });

  test('keeps adopted and removes added data sources when an Update is rolled back', async () => {
    await deploy({ dataSources: { 'Sales orders': 'orders/' } });
    addByHand('Sales leads', '/leads/');
    sandbox.current.clock.advance(3_600_000);

    const listed = { ...TWO, 'Sales leads': 'leads/' };
    expect(await deploy({ dataSources: listed, otherFails: 'afterwards' })).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
    });
    expect(dataSources()).toEqual([
      'Sales orders /orders/ enabled',
      'Sales leads /leads/ enabled',
      'Sales returns /returns/ disabled',
    ]);
  });

  test('restores removed data sources when the Update is rolled back', async () => {
    await deploy();

    expect(await deploy({ dataSources: { Orders: 'orders/' }, otherFails: 'afterwards' })).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
    });
    expect(dataSources()).toEqual(ENABLED);
  });

  test('removes all data sources, also adopted ones, when the resource leaves the template', async () => {
    addByHand('Sales orders', '/orders/');
    await deploy();
    expect(dataSources()).toEqual(ENABLED);

    expect(await deploy({ none: true })).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(dataSources()).toEqual(DISABLED);
  });

  test('keeps the data sources of another owner when the deployment fails because of their name', async () => {
    addByHand('Sales orders', '/other/');

    const result = await deploy();

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(findReason(result)).toMatch(/Immuta has data source 1001 .*\[DATA_SOURCE_OF_OTHER_OWNER\]/);
    expect(dataSources()).toEqual(['Sales orders /other/ enabled']);
    expect(changes(sandbox.current)).toEqual([]);
  });

  test.each([0, 4_000, 20_000])('removes data sources when their Create is cancelled (read lag %d ms)', async (lag) => {
    addByHand('Sales orders', '/orders/');
    sandbox.current.immuta.switches.dataSources.readLag.create = lag;
    const posted = moment();
    sandbox.current.immuta.faults.http({ method: 'POST', run: posted.comes });

    expect(await deploy({ otherFails: posted.promise })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });
    await sandbox.current.scheduler.idle();
    expect(dataSources()).toEqual(['Sales orders /orders/ enabled', 'Sales returns /returns/ disabled']);
  });

  /** A Create that is cancelled while Immuta answers, which CloudFormation shows late. */
  const cancelCreate = () => {
    const posted = moment();
    sandbox.current.cloudFormation.describeLag.resource = 5_000;
    sandbox.current.immuta.faults.http({ method: 'POST', run: posted.comes });
    return deploy({ otherFails: posted.promise, disableRollback: true });
  };

  test('removes what a Create registered when CloudFormation had cancelled it and does not roll back', async () => {
    addByHand('Sales orders', '/orders/');

    expect(await cancelCreate()).toMatchObject({ status: 'CREATE_FAILED' });
    await sandbox.current.scheduler.idle();

    expect(dataSources()).toEqual(['Sales orders /orders/ enabled', 'Sales returns /returns/ disabled']);
  });

  test('keeps what a later Create has when CloudFormation shows the deletion of the first', async () => {
    Object.assign(sandbox.current.cloudFormation, { retryOrder: 'create-first', cleanupShows: 'deleted' });
    await cancelCreate();

    expect(await deploy({ disableRollback: true })).toMatchObject({ status: 'UPDATE_COMPLETE' });
    await sandbox.current.scheduler.idle();

    expect(dataSources()).toEqual(ENABLED);
  });

  test('removes data sources when CloudFormation still shows the rollback before', async () => {
    await deploy();
    sandbox.current.cloudFormation.describeLag.stack = 5_000;
    await deploy({ dataSources: { Orders: 'orders/' }, otherFails: 'afterwards' });

    await deploy({ dataSources: { 'Sales orders': 'orders/' } });

    expect(dataSources()).toEqual(['Sales orders /orders/ enabled', 'Sales returns /returns/ disabled']);
  });

  /** Begins an operation, and waits for its end, but not for that of late events. */
  const deployUntil = async (status: string, options: Options) => {
    const { cloudFormation, scheduler } = sandbox.current;
    void deploy(options);
    do {
      await scheduler.sleep(500);
    } while (cloudFormation.stacks.get('Data')!.status !== status);
  };

  test('keeps what the next deployment registered when a cancelled Create is delivered late', async () => {
    const { lambda, scheduler } = sandbox.current;
    await deploy({ none: true });
    lambda.throttled = true;
    scheduler.after(1_200_000, () => {
      lambda.throttled = false;
    });

    await deployUntil('UPDATE_ROLLBACK_COMPLETE', { otherFails: scheduler.sleep(33_000) });
    const next = await deploy();

    expect(next.status).toBe('UPDATE_COMPLETE');
    expect(dataSources()).toEqual(ENABLED);
  });

  test.each([DataSourceRemovalMode.DISABLE, DataSourceRemovalMode.DELETE])(
    'keeps what the next deployment registered when a Delete is delivered again (%s)',
    async (removalMode) => {
      const { lambda } = sandbox.current;
      await deploy({ removalMode });
      lambda.deliveries = [0, 100_000];
      await deployUntil('UPDATE_COMPLETE', { none: true });
      lambda.deliveries = [0];

      await deploy({ removalMode });

      expect(dataSources()).toEqual(ENABLED);
    },
  );

  test('removes data sources when CloudFormation still shows the deletion of those before', async () => {
    const removalMode = DataSourceRemovalMode.DELETE;
    sandbox.current.cloudFormation.describeLag.resource = 5_000;
    await deploy({ removalMode });
    await deploy({ none: true });

    await deploy({ removalMode });
    await deploy({ none: true });

    expect(dataSources()).toEqual([]);
  });

  test('writes no data sources after an Update was cancelled', async () => {
    await deploy();
    const posted = moment();
    const answer = { status: 429, headers: { 'retry-after': '60' }, body: { message: 'busy' } };
    sandbox.current.immuta.faults.http({ method: 'PUT', behaviour: 'answer', answer, run: posted.comes });

    const { status } = await deploy({
      dataSources: { Orders: 'orders/', Returns: 'returns/' },
      otherFails: posted.promise,
    });
    await sandbox.current.scheduler.idle();

    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(dataSources()).toEqual(ENABLED);
  });

  const KILLS: [string, Kill][] = [
    ['before the request', afterStep('register-data-sources')],
    ['after the request', afterStep('request', '"method":"POST"')],
  ];
  test.each(KILLS)('registers data sources once when the function crashes %s', async (_, kill) => {
    kill(sandbox.current);

    expect(await deploy()).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(dataSources()).toEqual(ENABLED);
  });

  test.each(KILLS)('removes the data sources of a rolled-back Create when its function crashed %s', async (_, kill) => {
    addByHand('Sales orders', '/orders/');
    kill(sandbox.current);

    expect(await deploy({ otherFails: 'afterwards' })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });
    expect(dataSources()).toEqual(['Sales orders /orders/ enabled', 'Sales returns /returns/ disabled']);
  });

  test('disables and does not delete data sources when Lambda delivers the event twice at once', async () => {
    await deploy();
    sandbox.current.lambda.deliveries = [0, 0];

    expect(await sandbox.current.destroy('Data')).toMatchObject({ status: 'DELETE_COMPLETE' });
    await sandbox.current.scheduler.idle();
    expect(dataSources()).toEqual(DISABLED);
  });

  test('disables and does not delete data sources when the function crashes after the request', async () => {
    await deploy();
    afterStep('request', '"method":"DELETE"')(sandbox.current);

    expect(await sandbox.current.destroy('Data')).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(dataSources()).toEqual(DISABLED);
  });
});
