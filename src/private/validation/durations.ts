import { Duration } from 'aws-cdk-lib';

const MAX_TIMEOUT = Duration.minutes(50);
const MAX_IAM_PROPAGATION = Duration.minutes(10);

/** A duration that cannot be compared with another. */
export function validateDuration(prop: string, duration?: Duration): string[] {
  if (!duration) {
    return [];
  }
  if (duration.isUnresolved()) {
    return [`'${prop}' must be known when the app is synthesized, got a token: give it a number`];
  }
  const seconds = duration.toSeconds({ integral: false });
  return Number.isInteger(seconds) ? [] : [`'${prop}' must be whole seconds, got ${seconds} seconds`];
}

/** How long a deployment may wait for the handler. */
export function validateTimeout(timeout: Duration): string[] {
  return timeout.toSeconds() >= 60 && timeout.toSeconds() <= MAX_TIMEOUT.toSeconds() ? []
    : [`'timeout' must be between 1 and ${MAX_TIMEOUT.toMinutes()} minutes, got ${timeout.toHumanString()}: CloudFormation waits an hour at most`];
}

/** The time-outs of an integration. */
export interface Timeouts {
  readonly timeout: Duration;
  readonly iamPropagationTimeout: Duration;
}

/** Returns the time-outs, or their defaults. */
export function resolveTimeouts({ timeout = Duration.minutes(30), iamPropagationTimeout }: Partial<Timeouts>): Timeouts {
  const shorter = Duration.seconds(Math.min(timeout.toSeconds(), Duration.minutes(3).toSeconds()));
  return { timeout, iamPropagationTimeout: iamPropagationTimeout ?? shorter };
}

/** Checks the time-outs of an integration. */
export function validateTimeouts(timeouts: Partial<Timeouts>): string[] {
  const { timeout, iamPropagationTimeout } = resolveTimeouts(timeouts);
  const problems = validateTimeout(timeout);
  const longest = Math.min(timeout.toSeconds(), MAX_IAM_PROPAGATION.toSeconds());
  if (iamPropagationTimeout.toSeconds() > longest) {
    problems.push(`'iamPropagationTimeout' must be at most ${MAX_IAM_PROPAGATION.toMinutes()} minutes and at most 'timeout' (${timeout.toHumanString()}), `
      + `got ${iamPropagationTimeout.toHumanString()}: shorten it or lengthen 'timeout'`);
  }
  if (iamPropagationTimeout.toSeconds() < 1) {
    problems.push(`'iamPropagationTimeout' must be at least 1 second, got ${iamPropagationTimeout.toHumanString()}: leave it out for 3 minutes`);
  }
  return problems;
}
