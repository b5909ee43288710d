import { DeploymentMeasure, OperationMeasure } from './deployments';

/** AWS's list prices in US East (N. Virginia), in US dollars and without the free tier. */
export const PRICES = {
  readOn: '2026-11-26',
  lambdaGbSecond: 0.0000166667,
  lambdaRequest: 0.2 / 1e6,
  secretMonth: 0.4,
  secretRequest: 0.05 / 10_000,
  logGb: 0.5,
  stateTransition: 0.025 / 1000,
  scheduledRun: 1 / 1e6,
  customMetricMonth: 0.3,
  alarmMonth: 0.1,
};

const MEMORY_GB = 0.25;
const FRAMEWORK_MEMORY_GB = 0.125;
/** Of each invocation: its start, the AWS SDK and the network, which take no virtual time. */
const OVERHEAD_SECONDS = 1;
const HOURS_OF_MONTH = 730;

function computeFunctionCost(memoryGb: number, seconds: number, invocations = 1): number {
  return seconds * memoryGb * PRICES.lambdaGbSecond + invocations * PRICES.lambdaRequest;
}

/** The cost of one event of an integration. */
export function computeOperationCost({ invocations, billedSeconds, logBytes, awsCalls }: OperationMeasure): number {
  const secretRequests = awsCalls.filter((call) => call.startsWith('secretsmanager')).length;
  return computeFunctionCost(MEMORY_GB, billedSeconds + invocations * OVERHEAD_SECONDS, invocations)
    + logBytes / 1e9 * PRICES.logGb
    + secretRequests * PRICES.secretRequest;
}

/**
 * The cost of the same with the Provider framework: its function and the user's run for the event, and for each check,
 * every five seconds as by default. A state machine waits, with two transitions for each check.
 */
export function computeProviderCost({ immutaSeconds }: DeploymentMeasure): number {
  const checks = Math.floor(immutaSeconds / 5) + 1;
  const pair = computeFunctionCost(MEMORY_GB, OVERHEAD_SECONDS)
    + computeFunctionCost(FRAMEWORK_MEMORY_GB, OVERHEAD_SECONDS);
  return (checks + 1) * pair + 2 * checks * PRICES.stateTransition;
}

/** The monthly cost of a tenant with one integration, while nothing is deployed. */
export function computeMonth(): Record<string, number> {
  return {
    'secret with the API key': PRICES.secretMonth,
    'roles, function, instance, custom resource': 0,
    'health check every hour: runs of the function': HOURS_OF_MONTH * computeFunctionCost(MEMORY_GB, 2),
    'health check: 10 custom metrics and an alarm': 10 * PRICES.customMetricMonth + PRICES.alarmMonth,
  };
}
