import { Stack } from 'aws-cdk-lib';
import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { useSandbox } from './fixture';
import { deployKeys, KeyLakeOptions } from './keys';
import { ImmutaS3Integration } from '../../src';

const sandbox = useSandbox();

/** The alarm of the guide and the example. */
const addAlarm = (stack: Stack, integration: ImmutaS3Integration) =>
  void new Alarm(stack, 'RotationFailed', {
    metric: integration.metricKeyRotationFailed(),
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.IGNORE,
  });

const deploy = (options: KeyLakeOptions = {}) => deployKeys(sandbox.current, { and: addAlarm, ...options });

function alarmState(): string {
  const { clock, cloudWatch } = sandbox.current;
  return cloudWatch.evaluateAlarm([...cloudWatch.alarms.keys()][0], clock.now());
}

test.each<[string, () => Promise<unknown>]>([
  ['rotation', () => sandbox.current.rotate()],
  ['deployment', () => deploy({ props: { revision: '2' } })],
])('alarms when a rotation fails and recovers when a later %s succeeds', async (_, succeed) => {
  await deploy();
  expect(alarmState()).toBe('OK');

  sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: 4 });
  await sandbox.current.rotate();
  sandbox.current.clock.advance(3_600_000); // no value since
  expect(alarmState()).toBe('ALARM');

  await succeed();
  expect(alarmState()).toBe('OK');
});
