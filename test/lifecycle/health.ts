import { Stack } from 'aws-cdk-lib';
import { lake, LakeOptions, tenantOf } from './fixture';
import { HealthCheckOptions } from '../../src';
import { AlarmState } from '../sandbox/cloud-watch';
import { Sandbox } from '../sandbox/sandbox';

const HOUR_MS = 3_600_000;

export interface CheckedLakeOptions {
  /** Properties of the integration. */
  readonly props?: ReturnType<NonNullable<LakeOptions['props']>>;
  readonly propsIn?: LakeOptions['props'];
  readonly check?: HealthCheckOptions;
  readonly checkIn?: (stack: Stack) => HealthCheckOptions;
  /** Whether the tenant has the check. @default - the integration has it */
  readonly ofTenant?: boolean;
  readonly and?: LakeOptions['and'];
}

/** The stack of most tests with a health check. */
export function checkedLakeIn(sandbox: Sandbox, options: CheckedLakeOptions = {}): Stack {
  const { props = {}, propsIn = () => props, check, checkIn = () => check, ofTenant = false, and } = options;
  return lake(sandbox, {
    props: propsIn,
    and: (stack, integration) => {
      (ofTenant ? tenantOf(stack) : integration).addHealthCheck(checkIn(stack));
      and?.(stack, integration);
    },
  });
}

/** Returns the state of the only alarm now. */
export function readAlarm({ cloudWatch, clock }: Sandbox): AlarmState {
  expect(cloudWatch.alarms.size).toBe(1);
  return cloudWatch.evaluateAlarm([...cloudWatch.alarms.keys()][0], clock.now());
}

/** Runs a check an hour, and returns the state of the alarm after each. */
export async function runChecks(sandbox: Sandbox, hours: number): Promise<AlarmState[]> {
  const states: AlarmState[] = [];
  for (let hour = 0; hour < hours; hour++) {
    sandbox.clock.advance(HOUR_MS);
    await sandbox.checkHealth();
    states.push(readAlarm(sandbox));
  }
  return states;
}

/** Lists the findings of the last check. */
export function listFindings({ lambda }: Sandbox): string[] {
  const lines = lambda.invocations.at(-1)!.output.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line)).filter(({ step }) => step === 'finding').map(({ finding }) => finding);
}
