import { MEMORY_GB, OperationMeasure } from './deployments';

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

/** Of each run: its start, the AWS SDK and the network, which take no virtual time. */
const OVERHEAD_SECONDS = 1;
const HOURS_OF_MONTH = 730;

function computeFunctionCost(memoryGb: number, seconds: number): number {
  return seconds * memoryGb * PRICES.lambdaGbSecond + PRICES.lambdaRequest;
}

/** The cost of one event of an integration. */
export function computeOperationCost({ runs, logBytes, awsCalls, stateTransitions }: OperationMeasure): number {
  const secretRequests = awsCalls.filter((call) => call.startsWith('secretsmanager')).length;
  return runs.reduce((sum, { memoryGb, seconds }) => sum + computeFunctionCost(memoryGb, seconds + OVERHEAD_SECONDS), 0)
    + logBytes / 1e9 * PRICES.logGb
    + secretRequests * PRICES.secretRequest
    + stateTransitions * PRICES.stateTransition;
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
