import { Duration } from 'aws-cdk-lib';

/**
 * How long CloudFormation waits for a custom resource: longer than the handler takes to give up, so that it is the handler that says why.
 *
 * @param timeout when the handler gives up
 */
export function serviceTimeoutFor(timeout: Duration): Duration {
  return Duration.seconds(Math.min(timeout.toSeconds() + 300, 3600));
}
