import { Duration, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { changes, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { CheckedLakeOptions, checkedLakeIn, listFindings, readAlarm, runChecks } from './health';
import { byHand, inAccount, prepareAccount, state } from './owners';
import { DataSourceRemovalMode } from '../../src';
import { AwsError, json } from '../sandbox/aws';

// findings and the alarm: test/lifecycle/health-check.test.ts
const sandbox = useSandbox();

const deploy = (options: CheckedLakeOptions) => sandbox.current.deploy(checkedLakeIn(sandbox.current, options));
const runHours = (hours: number) => runChecks(sandbox.current, hours);
const findings = () => listFindings(sandbox.current);

test.each([[false], [true]])('checks and keeps an adopted integration, also of a tenant: %s', async (ofTenant) => {
  prepareAccount(sandbox.current);
  const { id } = await byHand(sandbox.current);
  const before = state(sandbox.current);
  const adopt = (stack: Stack) => ({ ...inAccount(stack, 'given'), adopt: id });
  expect(await deploy({ propsIn: adopt, ofTenant })).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(readAlarm(sandbox.current)).toBe('OK');
  expect(await runHours(1)).toEqual(['OK']);
  expect(findings()).toEqual(['Healthy']);

  const { config } = sandbox.current.immuta.integrations.get(id)!;
  Object.assign(config, { name: 'renamed by hand' });
  expect(await runHours(2)).toEqual(['OK', 'ALARM']);
  expect(findings()).toEqual(['Drift']);
  Object.assign(config, { name: 'by hand' });
  expect(await runHours(1)).toEqual(['OK']);

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(state(sandbox.current)).toEqual(before);
  expect(changes(sandbox.current)).toEqual([]);
  expect(sandbox.current.eventSchedules.all.size).toBe(0);
  expect(sandbox.current.cloudWatch.alarms.size).toBe(0);
});

describe('data sources', () => {
  const dataSources = { 'Sales orders': 'orders/', 'Sales returns': 'returns/' };
  const records = () => sandbox.current.immuta.dataSources.records;
  const withDataSources = (options: CheckedLakeOptions = {}, listed: Record<string, string> = dataSources) => ({
    ...options,
    and: ((_, integration) => {
      integration.addDataSources('Curated', { dataSources: listed, removalMode: DataSourceRemovalMode.DELETE });
    }) satisfies CheckedLakeOptions['and'],
  });

  test.each([[false], [true]])('let the alarm go off when one is disabled, and recover: %s', async (ofTenant) => {
    expect(await deploy(withDataSources({ ofTenant }))).toMatchObject({ status: 'CREATE_COMPLETE' });
    sandbox.current.immuta.dataSources.add({ name: 'by hand', prefix: '/by-hand/', deleted: true });
    expect(await runHours(1)).toEqual(['OK']);

    records().get('1001')!.deleted = true;
    expect(await runHours(2)).toEqual(['OK', 'ALARM']);
    expect(findings()).toEqual(['Drift']);

    records().get('1001')!.deleted = false;
    expect(await runHours(1)).toEqual(['OK']);
    expect(findings()).toEqual(['Healthy']);
  });

  test('are no drift while and after a deployment removes one', async () => {
    await deploy(withDataSources());
    const { clock, cloudWatch, eventSchedules, scheduler } = sandbox.current;
    const startedAt = clock.now();
    let checks = 0;
    const tick = () => {
      if (checks++ < 60) {
        void eventSchedules.fire();
        scheduler.after(1000, tick);
      }
    };
    scheduler.after(1, tick);
    await deploy(withDataSources({}, { 'Sales returns': 'returns/' }));

    expect([...records().keys()]).toEqual(['1002']);
    expect(await runHours(2)).toEqual(['OK', 'OK']);
    const values = cloudWatch.dataPoints.filter(({ name, timestamp }) => name === 'Healthy' && timestamp > startedAt);
    expect(values.length).toBeGreaterThan(10);
    expect(values.filter(({ value }) => value !== 1)).toEqual([]);
  });

  test('are restored by the deployment that the finding advises', async () => {
    await deploy(withDataSources());
    records().get('1001')!.deleted = true;
    records().delete('1002');
    await runHours(2);
    expect(readAlarm(sandbox.current)).toBe('ALARM');

    await sandbox.current.deploy(checkedLakeIn(sandbox.current, {
      and: (_, integration) => {
        integration.addDataSources('Curated', { dataSources, timeout: Duration.minutes(29) });
      },
    }));

    expect([...records().values()].map(({ name, deleted }) => [name, deleted])).toEqual([
      ['Sales orders', false], ['Sales returns', false],
    ]);
    expect(await runHours(1)).toEqual(['OK']);
  });
});

test('sends each finding to the event bus, and leaves nothing after a destroy', async () => {
  const busArn = 'arn:aws:events:us-east-1:111122223333:event-bus/data';
  const details: Record<string, string>[] = [];
  const { aws, immuta } = sandbox.current;
  aws.route('events', async ({ principal, input }) => {
    for (const { EventBusName, Detail } of input.Entries) {
      if (!(await aws.iam.authorize(principal, 'events:PutEvents', EventBusName))) {
        throw new AwsError(403, 'AccessDeniedException', 'not authorized');
      }
      details.push(JSON.parse(Detail));
    }
    return json({ FailedEntryCount: 0, Entries: input.Entries.map(() => ({ EventId: '1' })) });
  });
  await deploy({ checkIn: (stack) => ({ eventBus: EventBus.fromEventBusArn(stack, 'Bus', busArn) }) });

  await runHours(1);
  immuta.integrations.get('101')!.status = 'disabled';
  await runHours(1);

  expect(details.map(({ integrationId, finding, code }) => [integrationId, finding, code])).toEqual([
    ['101', 'Healthy', undefined], ['101', 'Disabled', 'HEALTH_DISABLED'],
  ]);
  expect(sandbox.current.lambda.invocations.at(-1)!.output).not.toContain('findings-not-sent');
  immuta.integrations.get('101')!.status = 'enabled';
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
