import { Health } from './finding';
import {
  ExpectedIntegration,
  HealthCheckInput,
  HealthFindingName,
  METRIC_DRIFT,
  METRIC_FAILING_TESTS,
  METRIC_FINDINGS,
  METRIC_HEALTHY,
  METRIC_LATENCY,
  METRIC_NAMESPACE,
} from '../contract';
import { redactFailure } from '../failure';
import { listDimensions } from '../integration/deployment-metrics';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

export interface ReportOptions {
  readonly log: Log;
  readonly redaction: Redaction;
  /** Milliseconds until Immuta answered. */
  readonly latencyMs: number;
}

/** Writes a line and a metric for each finding, or for their absence. */
export function reportHealth(
  input: Pick<HealthCheckInput, 'Scope' | 'TenantUrl' | 'StackId'>,
  { IntegrationId: integrationId }: ExpectedIntegration,
  health: Health,
  { log, redaction, latencyMs }: ReportOptions,
): void {
  const { findings, status, failingTests, drift } = health;
  const { Scope: scope, TenantUrl: tenantUrl, StackId: stackId } = input;
  const dimensions = listDimensions({ scope, tenantUrl, stackId, integrationId });
  const count = (finding: HealthFindingName) => {
    log.metrics({
      namespace: METRIC_NAMESPACE,
      values: [{ name: METRIC_FINDINGS, value: 1 }],
      ...dimensions.ofFinding(finding),
    });
  };
  log.metrics({
    namespace: METRIC_NAMESPACE,
    values: [
      { name: METRIC_HEALTHY, value: findings.length === 0 ? 1 : 0 },
      { name: METRIC_FAILING_TESTS, value: failingTests },
      { name: METRIC_DRIFT, value: drift },
      { name: METRIC_LATENCY, value: latencyMs, unit: 'Milliseconds' },
    ],
    ...dimensions.all,
  });
  for (const { name: finding, failure } of findings) {
    const { code, message } = redactFailure(failure, redaction);
    log.warn('finding', { integrationId, finding, status, code, message });
    count(finding);
  }
  if (findings.length === 0) {
    log.info('finding', { integrationId, finding: 'Healthy', status });
    count('Healthy');
  }
}
