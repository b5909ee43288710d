import { CfnResource, Duration, Fn, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DATA_SOURCES_RESOURCE_TYPE, DataSourcesAttributes, DataSourcesProperties } from './handler/contract';
import { IImmutaS3Integration, IImmutaTenant } from './interfaces';
import { createCustomResource } from './private/custom-resource';
import { allowDescribeStack } from './private/described-stacks';
import { addMonitoredDataSources } from './private/monitored-integrations';
import { keepWhileReferenced } from './private/stacks';
import { ListedDataSources, registerDataSources, validateDataSources } from './private/validation/data-sources';
import { validateDuration, validateTimeout } from './private/validation/durations';
import { validateEnvironment } from './private/validation/environment';
import { addValidation, throwProblems } from './private/validation/problems';
import { warnOfRetainedIntegration } from './private/validation/removal';
import { addStackSizeValidation } from './private/validation/stack-size';

/** What happens to a data source that leaves the template, alone or with the whole resource. */
export enum DataSourceRemovalMode {
  /**
   * Disables it, which ends the access that its policies give. It keeps its name, its policies and its subscribers, and
   * can be restored in Immuta.
   */
  DISABLE = 'disable',

  /** Deletes it with its policies and its subscribers, which cannot be undone. */
  DELETE = 'delete',

  /** Keeps it. Immuta may then refuse to delete its integration. */
  RETAIN = 'retain',
}

/** How the handler writes a prefix for Immuta, whose documentation does not say. It recognizes both forms. */
export enum DataSourcePrefixForm {
  /** Below the location, with a slash before it, such as `/orders/`: as in Immuta's sample. */
  RELATIVE = 'relative',

  /** The whole path, such as `s3://acme-sales/orders/`. */
  ABSOLUTE = 'absolute',
}

/** Options for data sources of an integration. */
export interface DataSourcesOptions {
  /**
   * Prefixes by the names of the data sources, such as `{ 'Sales orders': 'orders/' }`: at most 300.
   *
   * A name is unique in the tenant: 1 to 255 characters. A prefix is relative to the location of the integration:
   * without a leading slash and without `*`. The empty prefix is the whole location.
   */
  readonly dataSources: { [name: string]: string };

  /**
   * What happens to a data source that leaves the template.
   *
   * A deployment that is rolled back removes what it added in any case. The removal policy of the integration does not
   * apply to its data sources: with `RemovalPolicy.RETAIN` and without this option, the synthesis warns.
   *
   * @default DataSourceRemovalMode.DISABLE
   */
  readonly removalMode?: DataSourceRemovalMode;

  /**
   * How prefixes are written for Immuta. Choose the other form if Immuta refuses a prefix that exists.
   *
   * @default DataSourcePrefixForm.RELATIVE
   */
  readonly prefixForm?: DataSourcePrefixForm;

  /**
   * How long a deployment waits for Immuta, from 1 to 50 minutes.
   *
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;
}

/** Properties for data sources of an integration. */
export interface ImmutaS3DataSourcesProps extends DataSourcesOptions {
  /** The integration that governs the data, which may be imported. */
  readonly integration: IImmutaS3Integration;

  /** The tenant of the integration. It must be in the account and Region of this construct. */
  readonly tenant: IImmutaTenant;
}

/**
 * Registers parts of the location of an integration as data sources in Immuta. Immuta's policies and subscriptions
 * apply to data sources. All of them are one resource.
 *
 * A data source that exists already with the same name, prefix and integration is adopted, and restored if it is
 * disabled. Updates add, rename and remove what differs. Removing the construct removes the data sources, also those
 * that it adopted, before the integration.
 *
 * The user of the tenant's API key also needs the permission `CREATE_S3_DATASOURCE` in Immuta. To change or remove data
 * sources that another user registered, it must own them or have the permission `GOVERNANCE`. A deployment fails if a
 * permission is missing, if another prefix or integration has one of the names, or if Immuta refuses a prefix.
 *
 * @see https://documentation.immuta.com/saas/developer-guides/api-intro/immuta-v1-api/connect-your-data/s3
 * @example
 * new ImmutaS3DataSources(this, 'Curated', {
 *   tenant: immuta,
 *   integration: ImmutaS3Integration.fromIntegrationId(this, 'SalesLake', '17'),
 *   dataSources: { 'Sales orders': 'orders/', 'Sales returns': 'returns/' },
 * });
 */
export class ImmutaS3DataSources extends Construct {
  /** IDs of the data sources in Immuta, by their names. */
  public readonly dataSourceIds: { [name: string]: string };

  constructor(scope: Construct, id: string, props: ImmutaS3DataSourcesProps) {
    super(scope, id);
    const { integration, tenant, timeout = Duration.minutes(30) } = props;
    const dataSources = sortByName(props.dataSources);
    const { integrationId } = integration;
    throwProblems(this, [...validateDuration('timeout', timeout), ...validateEnvironment(this, tenant)]);
    const listed: ListedDataSources = { construct: this, tenantUrl: tenant.url, integrationId, dataSources };
    registerDataSources(listed);
    addValidation(this, () => [...validateTimeout(timeout), ...validateDataSources(listed)]);
    if (props.removalMode === undefined) {
      addValidation(this, () => warnOfRetainedIntegration(this, integration));
    }
    addStackSizeValidation(Stack.of(this));
    allowDescribeStack(this, tenant);
    const referenced = integration.node.defaultChild;
    if (CfnResource.isCfnResource(referenced) && referenced.stack !== Stack.of(this)) {
      keepWhileReferenced(referenced);
    }

    const properties: DataSourcesProperties = {
      TenantUrl: tenant.url,
      ApiKeySecretArn: tenant.apiKey.secretArn,
      IntegrationId: integrationId,
      DataSources: Stack.of(this).toJsonString(dataSources),
      Removal: props.removalMode ?? DataSourceRemovalMode.DISABLE,
      PrefixForm: props.prefixForm ?? DataSourcePrefixForm.RELATIVE,
      TimeoutSeconds: `${timeout.toSeconds()}`,
    };
    const resource = createCustomResource(this, {
      resourceType: DATA_SOURCES_RESOURCE_TYPE,
      handlerArn: tenant.handlerArn,
      timeout,
      properties,
    });
    resource.node.addDependency(tenant);
    this.node.defaultChild = resource.node.defaultChild;
    const joinedIds = resource.getAttString('DataSourceIds' satisfies keyof DataSourcesAttributes);
    const ids = Fn.split(',', joinedIds);
    const names = Object.keys(dataSources);
    this.dataSourceIds = Object.fromEntries(names.map((name, index) => [name, Fn.select(index, ids)]));
    addMonitoredDataSources({ construct: this, integrationId, ids: joinedIds, count: names.length });
  }
}

/** The order has no meaning. In Java, `Map.of` has another one in each synthesis. */
function sortByName(dataSources: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(dataSources).sort(([a], [b]) => a < b ? -1 : 1));
}
