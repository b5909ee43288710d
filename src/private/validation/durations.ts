import { Duration } from 'aws-cdk-lib';
import { createProblem, Problem } from './problems';

/** The handler reports a time-out before the hour that CloudFormation waits at most. */
const MAX_TIMEOUT = Duration.minutes(50);
const MAX_IAM_PROPAGATION = Duration.minutes(10);

/** The time-outs of an integration. */
export interface Timeouts {
  readonly timeout: Duration;
  readonly iamPropagationTimeout: Duration;
}

/** Returns the time-outs, with their defaults. */
export function resolveTimeouts({
  timeout = Duration.minutes(30),
  iamPropagationTimeout,
}: Partial<Timeouts>): Timeouts {
  const shorter = Duration.seconds(Math.min(timeout.toSeconds(), Duration.minutes(3).toSeconds()));
  return { timeout, iamPropagationTimeout: iamPropagationTimeout ?? shorter };
}

/** Checks that the duration can be compared with others. */
export function validateDuration(prop: string, duration?: Duration): Problem[] {
  if (!duration) {
    return [];
  }
  if (duration.isUnresolved()) {
    return [createProblem('DURATION_UNKNOWN', { prop })];
  }
  const got = duration.toSeconds({ integral: false });
  return Number.isInteger(got) ? [] : [createProblem('DURATION_NOT_WHOLE_SECONDS', { prop, got })];
}

/** Checks how long a deployment waits for the handler. */
export function validateTimeout(timeout: Duration): Problem[] {
  return timeout.toSeconds() >= 60 && timeout.toSeconds() <= MAX_TIMEOUT.toSeconds() ? []
    : [createProblem('TIMEOUT_OUT_OF_RANGE', { got: timeout.toHumanString() })];
}

/** Checks the time-outs of an integration. */
export function validateTimeouts(timeouts: Partial<Timeouts>): Problem[] {
  const { timeout, iamPropagationTimeout } = resolveTimeouts(timeouts);
  const longest = Math.min(timeout.toSeconds(), MAX_IAM_PROPAGATION.toSeconds());
  const got = iamPropagationTimeout.toHumanString();
  return [
    ...validateTimeout(timeout),
    ...iamPropagationTimeout.toSeconds() > longest
      ? [createProblem('IAM_PROPAGATION_TIMEOUT_TOO_LONG', { timeout: timeout.toHumanString(), got })] : [],
    ...iamPropagationTimeout.toSeconds() < 1 ? [createProblem('IAM_PROPAGATION_TIMEOUT_TOO_SHORT', { got })] : [],
  ];
}
