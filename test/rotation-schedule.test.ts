import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { newIntegration, newStack, synthError } from './fixture';
import { ImmutaAuthentication } from '../src';

function defineRotation(expression: string, stack = newStack()): Stack {
  const rotation = events.Schedule.expression(expression);
  newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.managedAccessKey({ rotation }) });
  return stack;
}

test.each([
  'rate(4 hours)',
  'rate(1 day)',
  'rate(1000 days)',
  'rate(36 hours)',
  'rate(24000 hours)',
  'cron(0 4 1 * ? *)',
  'cron(0 4/12 * * ? *)',
  'cron(0 0 ? * SUN#1 *)',
  'cron(0 16 L * ? *)',
  'cron(0 2,14 1/7 1,7 ? *)',
  'cron(0 */4 * * ? *)',
  'cron(0 0-20/5 * * ? *)',
  'cron(0 14,2,8 1-7 JAN-JUN ? *)',
  'cron(0 0,4,8,12,16,20 ? * MON,WED *)',
  'cron(0 23 ? * 2L *)',
])('accepts the schedule %s of a rotation', (expression) => {
  expect(synthError(defineRotation(expression))).toBe('');
});

test.each([
  ['rate(3 hours)', 'a rate is 4 hours to 1000 days'],
  ['rate(1001 days)', 'a rate is 4 hours to 1000 days'],
  ['rate(24001 hours)', 'a rate is 4 hours to 1000 days'],
  ['rate(600 minutes)', 'a rate is in hours or days'],
  ['cron(30 4 * * ? *)', 'the minute must be 0, and the year *'],
  ['cron(0 4 * * ? 2027)', 'the minute must be 0, and the year *'],
  ['cron(0 * * * ? *)', 'the hours must be 0 to 23, and 4 or more apart'],
  ['cron(0 1,23 * * ? *)', 'the hours must be 0 to 23, and 4 or more apart'],
  ['cron(0 0/5,2 * * ? *)', 'the hours must be 0 to 23, and 4 or more apart'],
  ['cron(0 24 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 0-24/6 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 0-24/20 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 24-3 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 24,4 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 2/3 * * ? *)', 'the hours must be 0 to 23, and 4 or more apart'],
  ['cron(0 0/0 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 0/00 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 8, * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 x8 * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 8-12/4x * * ? *)', 'the hours must be 0 to 23'],
  ['cron(0 8-9 * * ? *)', 'the hours must be 0 to 23, and 4 or more apart'],
  ['cron(0 14,2,16 * * ? *)', 'the hours must be 0 to 23, and 4 or more apart'],
  ['cron(0 0,21 * * ? *)', 'the hours must be 0 to 23, and 4 or more apart'],
  ['cron(0 4 * 1? ? *)', 'the day of the month takes'],
  ['cron(0 4 ? * W1 *)x', 'it is neither a rate nor a cron expression'],
  ['cron(0 4 ? * +MON *)', 'the day of the month takes'],
  ['cron(0 4 ? * MON+ *)', 'the day of the month takes'],
  ['cron(0 4 W1 * ? *)', 'the day of the month takes'],
  ['cron(0 4 1 ?1 ? *)', 'the day of the month takes'],
  ['cron(0 4 * * ? * *)', 'a cron expression has six fields'],
  ['xrate(1 day)', 'it is neither a rate nor a cron expression'],
  ['rate(0.5 days)', 'a rate is in hours or days'],
  ['rate(1 day a)', 'a rate is in hours or days'],
  ['cron(0 4 15W * ? *)', 'the day of the month takes'],
  ['cron(0 4 * *)', 'a cron expression has six fields'],
  ['at(2027-01-01T00:00:00)', 'it is neither a rate nor a cron expression'],
])('fails when the schedule of a rotation is %s', (expression, problem) => {
  const error = synthError(defineRotation(expression));
  expect(error).toContain(
    `'rotation' must be a schedule that Secrets Manager accepts, got '${expression}': ${problem}`,
  );
  expect(error).toContain("or 'Schedule.expression('cron(0 4 1 * ? *)')'. [ROTATION_SCHEDULE_INVALID]");
});

test('accepts a schedule of a rotation that is a token', () => {
  const nowhere = newStack({});
  expect(synthError(defineRotation(nowhere.region, nowhere))).toBe('');
});
