import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { lake, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { CheckedLakeOptions, checkedLakeIn, listFindings, readAlarm, runChecks } from './health';
import { AlarmState } from '../sandbox/cloud-watch';

const sandbox = useSandbox();

const checkedLake = (options?: CheckedLakeOptions) => checkedLakeIn(sandbox.current, options);
const record = (id = '101') => sandbox.current.immuta.integrations.get(id)!;
const rename = (name: string) => void Object.assign(record().config, { name });
const state = () => readAlarm(sandbox.current);
const runHours = (hours: number) => runChecks(sandbox.current, hours);
const findings = () => listFindings(sandbox.current);

const writesOf = ({ immuta }: typeof sandbox.current) =>
  immuta.requests.filter(({ method }) => method !== 'GET').length;

describe.each([[false], [true]])('the alarm, with the check of the tenant: %s', (ofTenant) => {
  test('keeps the alarm off after the deployment and while nothing is wrong', async () => {
    await sandbox.current.deploy(checkedLake({ ofTenant }));
    expect(state()).toBe('OK'); // before the first check: the deployment reported that the integration is enabled
    const writes = writesOf(sandbox.current);

    expect(await runHours(3)).toEqual(['OK', 'OK', 'OK']);

    expect(findings()).toEqual(['Healthy']);
    expect(writesOf(sandbox.current)).toBe(writes);
    expect(sandbox.current.eventSchedules.failures).toEqual([]);
  });

  test('alarms when the function does not run any more, and recovers', async () => {
    await sandbox.current.deploy(checkedLake({ ofTenant }));
    await runHours(2);
    const [schedule] = [...sandbox.current.eventSchedules.all.values()];
    sandbox.current.eventSchedules.all.clear();

    expect(await runHours(4)).toEqual(['OK', 'OK', 'OK', 'ALARM']);

    sandbox.current.eventSchedules.all.set(schedule.arn, schedule);
    expect(await runHours(1)).toEqual(['OK']);
  });
});

type Break = (world: typeof sandbox.current) => () => void | Promise<void>;

/** Changes a record, and returns what changes it back. */
const setRecord = (change: Partial<ReturnType<typeof record>>): Break => () => {
  const before = { ...record() };
  Object.assign(record(), change);
  return () => void Object.assign(record(), before);
};

const BROKEN: [finding: string, breakIt: Break][] = [
  ['ValidationFailing', setRecord({ status: 'recurringValidationError' })],
  ['ErrorStatus', setRecord({ status: 'editError' })],
  ['Disabled', setRecord({ status: 'disabled' })],
  ['RecordMissing', ({ immuta }) => {
    const kept = record();
    immuta.integrations.delete('101');
    return () => void immuta.integrations.set('101', kept);
  }],
  ['LocationMismatch', ({ aws }) => {
    const { locations } = aws.accessGrants.findInstance('111122223333', 'us-east-1')!;
    const kept = new Map(locations);
    locations.clear();
    return () => kept.forEach((location, id) => locations.set(id, location));
  }],
  ['Drift', () => {
    const { name } = record().config;
    rename('by hand');
    return () => rename(name);
  }],
  ['ApiKeyRejected', ({ aws, apiKeySecret }) => {
    const { value } = apiKeySecret;
    aws.secrets.putSecretValue(apiKeySecret.arn, 'revoked-0123456789');
    return () => void aws.secrets.putSecretValue(apiKeySecret.arn, value!);
  }],
  ['PermissionMissing', ({ aws }) => {
    aws.iam.organizationPolicy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: '*', Resource: '*' },
        { Effect: 'Deny', Action: 's3:CreateAccessGrant', Resource: '*' },
      ],
    };
    return () => { aws.iam.organizationPolicy = undefined; };
  }],
  ['NoAnswer', ({ immuta }) => {
    immuta.faults.http({ behaviour: 'answer', answer: { status: 503, body: { message: 'Later' } }, times: Infinity });
    return () => immuta.faults.clear();
  }],
  ['UnexpectedAnswer', ({ immuta }) => {
    immuta.faults.http({ behaviour: 'answer', answer: { status: 200, body: '<html>Sign in</html>' }, times: Infinity });
    return () => immuta.faults.clear();
  }],
];

test.each(BROKEN)('alarms after two checks that find %s, and recovers', async (finding, breakIt) => {
  await sandbox.current.deploy(checkedLake({ props: { diagnosePermissions: true } }));
  expect(await runHours(1)).toEqual(['OK']);

  const repair = breakIt(sandbox.current);
  expect(await runHours(2)).toEqual(['OK', 'ALARM']);
  expect(findings()).toEqual([finding]);
  const { IntegrationId, ...tenant } = { Tenant: sandbox.current.immuta.url, IntegrationId: '101' };
  for (const dimensions of [tenant, { ...tenant, IntegrationId }]) {
    expect(sandbox.current.cloudWatch.findValues('Findings', { ...dimensions, Finding: finding })).toEqual([1, 1]);
  }

  await repair();
  expect(await runHours(2)).toEqual(['OK', 'OK']);
  expect(findings()).toEqual(['Healthy']);
});

test('keeps the alarm off after a single check without an answer', async () => {
  await sandbox.current.deploy(checkedLake());
  const { immuta } = sandbox.current;
  await runHours(1);
  immuta.faults.http({ behaviour: 'answer', answer: { status: 503, body: { message: 'Later' } }, times: Infinity });
  const during = await runHours(1);
  expect(findings()).toEqual(['NoAnswer']);
  immuta.faults.clear();

  expect([...during, ...await runHours(2)]).toEqual(['OK', 'OK', 'OK']);
});

test('recovers the alarm with a deployment that repairs the integration', async () => {
  await sandbox.current.deploy(checkedLake());
  rename('by hand');
  expect(await runHours(2)).toEqual(['OK', 'ALARM']);

  await sandbox.current.deploy(checkedLake({ props: { revision: '2' } }));

  expect(record().config.name).not.toBe('by hand');
  expect(await runHours(1)).toEqual(['OK']);
  expect(findings()).toEqual(['Healthy']);
});

test('keeps the alarm off while a deployment changes the integration, whenever the check runs', async () => {
  await sandbox.current.deploy(checkedLake({ check: { schedule: Schedule.rate(Duration.minutes(5)) } }));
  await sandbox.current.checkHealth();
  const { clock, cloudWatch, eventSchedules, scheduler } = sandbox.current;
  const alarm = [...cloudWatch.alarms.keys()][0];
  const startedAt = clock.now();
  let checks = 0;
  const states = new Set<AlarmState>();
  // a check every second, far more often than a schedule can
  const tick = () => {
    if (checks++ < 120) {
      void eventSchedules.fire();
      states.add(cloudWatch.evaluateAlarm(alarm, clock.now()));
      scheduler.after(1000, tick);
    }
  };
  // Between two seconds: in the sandbox, the stack ends in the moment in which the function responds.
  scheduler.after(500, tick);
  const changed = await sandbox.current.deploy(
    checkedLake({ props: { integrationName: 'renamed' }, check: { schedule: Schedule.rate(Duration.minutes(5)) } }),
  );

  expect(changed.status).toBe('UPDATE_COMPLETE');
  expect(record().config.name).toMatch(/^renamed-/);
  expect([...states]).toEqual(['OK']);
  const during = cloudWatch.dataPoints.filter(({ name, timestamp }) => name === 'Healthy' && timestamp > startedAt);
  expect(during.length).toBeGreaterThan(20);
  expect(during.filter(({ value }) => value !== 1)).toEqual([]);
});

test('adds a health check to a deployed integration without a change in Immuta', async () => {
  await sandbox.current.deploy(lake(sandbox.current));
  const writes = writesOf(sandbox.current);

  await sandbox.current.deploy(checkedLake());

  expect(state()).toBe('OK');
  expect(writesOf(sandbox.current)).toBe(writes);
});

test.each([[false], [true]])('leaves no check after a destroy, with that of the tenant: %s', async (ofTenant) => {
  await sandbox.current.deploy(checkedLake({ ofTenant }));
  await runHours(1);
  expect((await sandbox.current.destroy(STACK_NAME)).status).toBe('DELETE_COMPLETE');

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
  expect(sandbox.current.eventSchedules.all.size).toBe(0);
  expect(sandbox.current.cloudWatch.alarms.size).toBe(0);
});

test('checks a retained integration as long as it is in the stack', async () => {
  await sandbox.current.deploy(checkedLake({ props: { removalPolicy: RemovalPolicy.RETAIN } }));
  rename('by hand');
  expect(await runHours(2)).toEqual(['OK', 'ALARM']);
  expect(findings()).toEqual(['Drift']);

  await sandbox.current.destroy(STACK_NAME);

  expect(record().status).toBe('enabled');
  expect(sandbox.current.eventSchedules.all.size).toBe(0);
  expect(sandbox.current.cloudWatch.alarms.size).toBe(0);
});

test('reports how long the deployment took', async () => {
  await sandbox.current.deploy(checkedLake());
  const dimensions = { Tenant: sandbox.current.immuta.url, IntegrationId: '101' };
  const [seconds, ...others] = sandbox.current.cloudWatch.findValues('DeploymentSeconds', dimensions);
  expect(seconds).toBeGreaterThan(0);
  expect(others).toEqual([]);
});
