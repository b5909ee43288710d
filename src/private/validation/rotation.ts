import { Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { createProblem, Problem } from './problems';

const SHORTEST_HOURS = 4;
const LONGEST_DAYS = 1000;

/**
 * Checks a schedule by the rules of Secrets Manager.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export function validateRotation(schedule?: events.Schedule): Problem[] {
  const got = schedule?.expressionString;
  const problem = got === undefined || Token.isUnresolved(got) ? undefined : findProblem(got);
  return got === undefined || problem === undefined
    ? []
    : [createProblem('ROTATION_SCHEDULE_INVALID', { got, problem })];
}

function findProblem(expression: string): string | undefined {
  const [, kind, fields = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  switch (kind) {
    case 'rate': return findRateProblem(fields);
    case 'cron': return findCronProblem(fields);
    default: return 'it is neither a rate nor a cron expression';
  }
}

function findRateProblem(fields: string): string | undefined {
  const [, count, unit] = /^(\d+) (hour|day)s?$/.exec(fields) ?? [];
  if (!unit) {
    return 'a rate is in hours or days';
  }
  const hours = Number(count) * (unit === 'day' ? 24 : 1);
  return hours < SHORTEST_HOURS || hours > LONGEST_DAYS * 24
    ? `a rate is ${SHORTEST_HOURS} hours to ${LONGEST_DAYS} days`
    : undefined;
}

function findCronProblem(expression: string): string | undefined {
  const fields = expression.split(' ');
  const [minute, hour, day, month, weekday, year] = fields;
  if (fields.length !== 6) {
    return 'a cron expression has six fields';
  }
  if (minute !== '0' || year !== '*') {
    return 'the minute must be 0, and the year *';
  }
  const hours = listHours(hour);
  if (!hours || hours.some((each, index) => (hours[index + 1] ?? hours[0] + 24) - each < SHORTEST_HOURS)) {
    return `the hours must be 0 to 23, and ${SHORTEST_HOURS} or more apart`;
  }
  const isWrong = (field: string, allowed: RegExp) => !allowed.test(field);
  if (isWrong(day, /^[\d,\-*?/L]+$/) || isWrong(month, /^[\dA-Z,\-*/]+$/) || isWrong(weekday, /^[\dA-Z#,\-*?/L]+$/)) {
    return 'the day of the month takes , - * ? / L, the month , - * /, and the day of the week # , - * ? / L';
  }
  return undefined;
}

/** Returns the hours of a field such as `8`, `2,14`, `0-20/6` or `4/12` in order, or undefined if they are invalid. */
function listHours(field: string): number[] | undefined {
  const hours = new Set<number>();
  for (const part of field.split(',')) {
    const [, from, to, step] = /^(\*|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (from === undefined) {
      return undefined;
    }
    const first = from === '*' ? 0 : Number(from);
    const last = to !== undefined ? Number(to) : from === '*' || step !== undefined ? 23 : first;
    if (first > 23 || last > 23 || Number(step) === 0) {
      return undefined;
    }
    for (let hour = first; hour <= last; hour += Number(step ?? 1)) {
      hours.add(hour);
    }
  }
  return [...hours].sort((a, b) => a - b);
}
