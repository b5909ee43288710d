import {
  HealthCheckScope,
  HealthFindingName,
  METRIC_DEPLOYMENT_SECONDS,
  METRIC_DIMENSION_FINDING,
  METRIC_DIMENSION_INTEGRATION,
  METRIC_DIMENSION_STACK,
  METRIC_DIMENSION_TENANT,
  METRIC_HEALTHY,
  METRIC_NAMESPACE,
} from '../contract';
import { IntegrationRecord } from '../immuta/client';
import { isSteady } from '../immuta/status';
import { parseStackName, ResourceEvent } from '../protocol/event';
import { parseSigningDate } from '../protocol/signing-date';
import { Log, Metrics } from '../runtime/log';

/** What the metrics of an integration are about. */
export interface MetricSubject {
  readonly scope: HealthCheckScope;
  readonly tenantUrl: string;
  readonly stackId: string;
  readonly integrationId: string;
}

type Dimensions = Required<Pick<Metrics, 'dimensions' | 'dimensionSets'>>;

/** The dimensions of an integration's metrics: CloudWatch keeps one for each set. */
export interface MetricDimensions {
  /** Tenant, integration, and the stack of which a check of a tenant covers all integrations. */
  readonly all: Dimensions;
  readonly ofFinding: (finding: HealthFindingName) => Dimensions;
}

export function listDimensions({ scope, tenantUrl, stackId, integrationId }: MetricSubject): MetricDimensions {
  const tenant = METRIC_DIMENSION_TENANT;
  const integration = METRIC_DIMENSION_INTEGRATION;
  const stack = METRIC_DIMENSION_STACK;
  const dimensions = { [tenant]: tenantUrl, [integration]: integrationId };
  return {
    all: scope === 'tenant'
      ? {
        dimensions: { ...dimensions, [stack]: parseStackName(stackId) },
        dimensionSets: [[tenant], [tenant, integration], [tenant, stack]],
      }
      : { dimensions, dimensionSets: [[tenant], [tenant, integration]] },
    ofFinding: (finding) => ({
      dimensions: { ...dimensions, [METRIC_DIMENSION_FINDING]: finding },
      dimensionSets: [[tenant, METRIC_DIMENSION_FINDING], [tenant, integration, METRIC_DIMENSION_FINDING]],
    }),
  };
}

/**
 * Reports how long a deployment took, and that the integration is healthy after it: the alarm of a new health check has
 * a value before the first check, and recovers with a deployment that repairs the integration.
 */
export function reportDeployment(event: ResourceEvent, record: IntegrationRecord, log: Log, now: number): void {
  const { HealthCheck: scope, TenantUrl: tenantUrl = '' } = event.properties;
  if (scope !== 'integration' && scope !== 'tenant') {
    return;
  }
  const startedAt = parseSigningDate(event.responseUrl);
  log.metrics({
    namespace: METRIC_NAMESPACE,
    values: [
      { name: METRIC_HEALTHY, value: record.status === 'enabled' || !isSteady(record.status) ? 1 : 0 },
      ...(startedAt === undefined
        ? []
        : [{ name: METRIC_DEPLOYMENT_SECONDS, value: Math.round((now - startedAt) / 1000), unit: 'Seconds' as const }]),
    ],
    ...listDimensions({ scope, tenantUrl, stackId: event.stackId, integrationId: record.id }).all,
  });
}
