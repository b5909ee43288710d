import { parsePhysicalId, PhysicalId } from './physical-id';
import { PrefixForm, DataSourceRemoval } from '../contract';
import { createFailure } from '../failure';
import { INTEGRATION_ID } from '../immuta/client';
import { Properties, ResourceEvent } from '../protocol/event';
import { parseJson, toObject } from '../runtime/json';

/** A data source as the template lists it. */
export interface DataSource {
  readonly name: string;
  /** Below the location of the integration. */
  readonly prefix: string;
}

/** The data sources that a template lists. */
export interface DataSources {
  readonly integrationId: string;
  readonly list: readonly DataSource[];
}

/** An event for data sources, parsed once. */
export interface DataSourcesRequest {
  /** What is to be in Immuta. Empty for a Delete. */
  readonly desired: DataSources;
  /** What was before. Empty for a Create. For a Delete, it is what the resource lists. */
  readonly previous: DataSources;
  readonly removal: DataSourceRemoval;
  readonly prefixForm: PrefixForm;
  readonly physicalId: PhysicalId;
  /** URL of the tenant that has what is to be there. */
  readonly tenantUrl?: string;
  /** The same of what was before. */
  readonly previousTenantUrl?: string;
}

/** @throws Failure if a property is missing or not readable */
export function parseDataSourcesRequest(event: ResourceEvent): DataSourcesRequest {
  const { requestType, properties, oldProperties, physicalId } = event;
  const listed = parseDataSources(properties);
  const none = { integrationId: listed.integrationId, list: [] };
  const changes = {
    Create: { desired: listed, previous: none },
    Update: { desired: listed, previous: parsePrevious(oldProperties) ?? none },
    Delete: { desired: none, previous: listed },
  };
  if (!(requestType in changes)) {
    throw createFailure('REQUEST_TYPE_UNKNOWN', { requestType });
  }
  return {
    ...changes[requestType as keyof typeof changes],
    removal: (properties.Removal as DataSourceRemoval | undefined) ?? 'disable',
    prefixForm: (properties.PrefixForm as PrefixForm | undefined) ?? 'relative',
    physicalId: parsePhysicalId(physicalId),
    tenantUrl: properties.TenantUrl || undefined,
    previousTenantUrl: oldProperties.TenantUrl || undefined,
  };
}

/**
 * Parses what was before an Update. Undefined if it is not readable: the Update that this one rolls back added nothing
 * then.
 */
function parsePrevious(properties: Properties): DataSources | undefined {
  try {
    return parseDataSources(properties);
  } catch {
    return undefined;
  }
}

function parseDataSources(properties: Properties): DataSources {
  const { IntegrationId: integrationId = '', DataSources: text = '' } = properties;
  if (!INTEGRATION_ID.test(integrationId)) {
    throw createFailure('DATA_SOURCES_INTEGRATION_ID_INVALID', { got: JSON.stringify(integrationId.slice(0, 100)) });
  }
  const parsed = parseJson(text);
  const entries = Object.entries(toObject(parsed));
  if (typeof parsed !== 'object' || entries.some(([, prefix]) => typeof prefix !== 'string')) {
    throw createFailure('DATA_SOURCES_UNREADABLE', { got: text.slice(0, 100) });
  }
  return { integrationId, list: entries.map(([name, prefix]) => ({ name, prefix: String(prefix) })) };
}
