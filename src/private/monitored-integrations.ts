import { CustomResource, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { Registry } from './registry';
import { createProblem, throwProblems } from './validation/problems';
import { ExpectedIntegration, HealthCheckScope } from '../handler/contract';
import { IImmutaTenant } from '../interfaces';

/** An integration that a health check can cover. */
export interface MonitoredIntegration {
  readonly construct: IConstruct;
  readonly tenant: IImmutaTenant;
  /** The custom resource, which the check depends on. */
  readonly resource: CustomResource;
  readonly expected: ExpectedIntegration;
  /** ARN of the secret of a managed access key. */
  readonly managedKeySecretArn?: string;
}

/** Data sources of a stack, which a health check covers with their integration. */
export interface MonitoredDataSources {
  readonly construct: IConstruct;
  readonly integrationId: string;
  /** Their IDs, separated by commas: a token. */
  readonly ids: string;
  readonly count: number;
}

const INTEGRATIONS = new Registry<MonitoredIntegration>();
const DATA_SOURCES = new Registry<MonitoredDataSources>();
/** What the check of a tenant does with each of its integrations. */
const COVERED_TENANTS = new WeakMap<IConstruct, (integration: MonitoredIntegration) => void>();
/** Integrations that have a check of their own. */
const COVERED_INTEGRATIONS = new WeakSet<IConstruct>();

/** Adds an integration, also to the check of its tenant. */
export function addMonitoredIntegration(integration: MonitoredIntegration): void {
  const { construct, tenant } = integration;
  INTEGRATIONS.add(construct, integration, [tenant.node.addr]);
  COVERED_TENANTS.get(tenant)?.(integration);
}

/** Adds data sources. */
export function addMonitoredDataSources(dataSources: MonitoredDataSources): void {
  DATA_SOURCES.add(dataSources.construct, dataSources, [dataSources.integrationId]);
}

/** Returns the data sources of an integration in its stack: those of other stacks depend on that stack. */
export function findDataSources({ construct, expected }: MonitoredIntegration): MonitoredDataSources[] {
  return sortByPath(DATA_SOURCES.findByKey(construct, expected.IntegrationId)
    .filter((dataSources) => Stack.of(dataSources.construct) === Stack.of(construct)));
}

/** Sorts them by their constructs, so that the order of definition does not change the template. */
export function sortByPath<T extends { readonly construct: IConstruct }>(list: T[]): T[] {
  return list.sort((a, b) => a.construct.node.path < b.construct.node.path ? -1 : 1);
}

/** Throws an error if the tenant has a check. */
export function assertTenantNotCovered(tenant: IImmutaTenant): void {
  assertNotCovered(tenant, COVERED_TENANTS.has(tenant));
}

/** Calls back for each integration of the tenant, defined before or later. */
export function coverTenant(tenant: IImmutaTenant, cover: (integration: MonitoredIntegration) => void): void {
  COVERED_TENANTS.set(tenant, cover);
  INTEGRATIONS.findByKey(tenant, tenant.node.addr).forEach(cover);
}

/** Records that the integration has a check of its own. */
export function coverIntegration({ construct }: MonitoredIntegration): void {
  assertNotCovered(construct, COVERED_INTEGRATIONS.has(construct));
  COVERED_INTEGRATIONS.add(construct);
}

/** Returns the scope of the check that covers the integration, if there is one. */
export function findHealthCheckScope(construct: IConstruct, tenant: IImmutaTenant): HealthCheckScope | undefined {
  if (COVERED_TENANTS.has(tenant)) {
    return 'tenant';
  }
  return COVERED_INTEGRATIONS.has(construct) ? 'integration' : undefined;
}

function assertNotCovered(construct: IConstruct, isCovered: boolean): void {
  throwProblems(construct, isCovered ? [createProblem('HEALTH_CHECK_TWICE', { construct: construct.node.path })] : []);
}
