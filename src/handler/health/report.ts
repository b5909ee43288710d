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

/** What an event on the bus says about an integration. */
export interface ReportedFinding {
  readonly tenant: string;
  readonly integrationId: string;
  readonly integrationName: string;
  readonly location: string;
  readonly finding: HealthFindingName;
  readonly status?: string;
  readonly code?: string;
  readonly message?: string;
}

/** Writes a line and a metric for each finding, or for their absence. Returns what was reported. */
export function reportHealth(
  input: Pick<HealthCheckInput, 'Scope' | 'TenantUrl' | 'StackId'>,
  { IntegrationId: integrationId, IntegrationName: integrationName, LocationPath: location }: ExpectedIntegration,
  health: Health,
  { log, redaction, latencyMs }: ReportOptions,
): ReportedFinding[] {
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
  const subject = { tenant: tenantUrl, integrationId, integrationName, location };
  if (findings.length === 0) {
    log.info('finding', { integrationId, finding: 'Healthy', status });
    count('Healthy');
    return [{ ...subject, finding: 'Healthy', status }];
  }
  return findings.map(({ name: finding, failure }) => {
    const { code, message } = redactFailure(failure, redaction);
    log.warn('finding', { integrationId, finding, status, code, message });
    count(finding);
    return { ...subject, finding, status, code, message };
  });
}
