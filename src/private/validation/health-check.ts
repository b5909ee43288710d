import { Duration, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { IConstruct } from 'constructs';
import { createProblem, throwProblems } from './problems';

const SHORTEST_MINUTES = 5;
const LONGEST_MINUTES = 24 * 60;
const MINUTES: Record<string, number> = { minute: 1, hour: 60, day: 24 * 60 };

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
