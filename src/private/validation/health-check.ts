import { Duration, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { IConstruct } from 'constructs';
import { createProblem, Problem, throwProblems } from './problems';
import { ExpectedIntegration, HealthCheckScope } from '../../handler/contract';

const SHORTEST_MINUTES = 5;
const LONGEST_MINUTES = 24 * 60;
const MINUTES: Record<string, number> = { minute: 1, hour: 60, day: 24 * 60 };

/** AWS documents the first limit. The second one is what Lambda has always accepted. */
const MAX_INPUT: Record<HealthCheckScope, number> = { integration: 8_192, tenant: 256_000 };

/** Characters of an ARN or a name that is not known at synth, and of the ID of a data source with its comma. */
const LENGTH_OF_TOKEN = 120;
const LENGTH_OF_ID = 8;
/** Of what does not depend on the number of integrations. */
const LENGTH_OF_REST = 500;

/** Checks about how long the input of a rule or schedule is when it is deployed. */
export function validateInputSize(
  scope: HealthCheckScope, integrations: readonly ExpectedIntegration[], countOfDataSources: number,
): Problem[] {
  const text = JSON.stringify(integrations).replace(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(LENGTH_OF_TOKEN));
  const size = LENGTH_OF_REST + text.length + countOfDataSources * LENGTH_OF_ID;
  const max = MAX_INPUT[scope];
  return size > max ? [createProblem('HEALTH_CHECK_INPUT_TOO_LARGE', { size, max })] : [];
}

/**
 * Returns the time between two checks. Throws an error unless the schedule is a rate that an alarm can follow.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export function parseCheckInterval(scope: IConstruct, schedule: events.Schedule): Duration {
  const got = schedule.expressionString;
  const [, count, unit] = (Token.isUnresolved(got) ? null : /^rate\((\d+) (minute|hour|day)s?\)$/.exec(got)) ?? [];
  const minutes = unit ? Number(count) * MINUTES[unit] : 0;
  const isPossible = minutes >= SHORTEST_MINUTES && minutes <= LONGEST_MINUTES;
  throwProblems(scope, isPossible ? [] : [createProblem('HEALTH_CHECK_SCHEDULE_INVALID', {
    got: Token.isUnresolved(got) ? 'a token' : `'${got}'`,
  })]);
  return Duration.minutes(minutes);
}
