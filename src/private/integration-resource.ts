import { CfnResource, CustomResource, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { BoundAuthentication } from './authentication';
import { createCustomResource, renderRemovalPolicy } from './custom-resource';
import { findHealthCheckScope } from './monitored-integrations';
import { GovernedData } from './policies/governed-data';
import { resolveTimeouts, Timeouts } from './validation/durations';
import {
  ExpectedIntegration, INTEGRATION_RESOURCE_TYPE, IntegrationAttributes, IntegrationProperties,
} from '../handler/contract';
import { IImmutaTenant } from '../interfaces';

/** Properties of an integration that the custom resource takes as they are. */
export interface RenderedProps extends Partial<Timeouts> {
  readonly tenant: IImmutaTenant;
  readonly location: { readonly locationScope: string };
  readonly integrationName?: string;
  readonly revision?: string;
  readonly adopt?: string;
  readonly diagnosePermissions?: boolean;
}

/** What the integration's other resources contribute. */
export interface RenderedParts {
  /** Scope of the integration's resources. */
  readonly scope: Construct;
  /** The integration itself. */
  readonly integration: IConstruct;
  readonly locationRole: iam.IRole;
  readonly authentication: BoundAuthentication;
  readonly bucketAccount: string;
  readonly data: GovernedData;
  readonly generation?: string;
}

/** The custom resource of an integration, and what it deploys. */
export interface IntegrationResource {
  readonly resource: CustomResource;
  readonly expected: ExpectedIntegration;
}

/** Creates the custom resource of an integration. */
export function createIntegrationResource(props: RenderedProps, parts: RenderedParts): IntegrationResource {
  const timeouts = resolveTimeouts(props);
  const properties = renderProperties(props, parts, timeouts);
  const resource = createCustomResource(parts.scope, {
    resourceType: INTEGRATION_RESOURCE_TYPE,
    handlerArn: props.tenant.handlerArn,
    timeout: timeouts.timeout,
    properties,
  });
  return { resource, expected: renderExpected(resource, properties) };
}

function renderExpected(resource: CustomResource, properties: IntegrationProperties): ExpectedIntegration {
  const getAttribute = (name: keyof IntegrationAttributes) => resource.getAttString(name);
  return {
    IntegrationId: getAttribute('IntegrationId'),
    IntegrationName: getAttribute('IntegrationName'),
    AccountId: properties.AccountId,
    Region: properties.Region,
    LocationPath: properties.LocationPath,
    LocationRoleArn: properties.LocationRoleArn,
    AuthenticationType: properties.AuthenticationType,
    RoleToAssumeArn: properties.RoleToAssumeArn,
    AccessKeySecretArn: properties.AccessKeySecretArn,
    AccessKeyIdField: properties.AccessKeyIdField,
    SecretAccessKeyField: properties.SecretAccessKeyField,
    AccessKeyUserName: properties.AccessKeyUserName,
    DiagnosedPrincipalArn: properties.DiagnosedPrincipalArn,
    BucketAccountId: properties.BucketAccountId,
    DiagnosedBucketName: properties.DiagnosedBucketName,
  };
}

function renderProperties(
  props: RenderedProps,
  parts: RenderedParts,
  { timeout, iamPropagationTimeout }: Timeouts,
): IntegrationProperties {
  const { scope, authentication, data } = parts;
  const { account, region } = Stack.of(scope);
  return {
    TenantUrl: props.tenant.url,
    ApiKeySecretArn: props.tenant.apiKey.secretArn,
    IntegrationName: props.integrationName,
    AccountId: account,
    Region: region,
    LocationPath: props.location.locationScope,
    LocationRoleArn: parts.locationRole.roleArn,
    ...authentication.properties,
    TimeoutSeconds: `${timeout.toSeconds()}`,
    IamPropagationTimeoutSeconds: `${iamPropagationTimeout.toSeconds()}`,
    RemovalPolicy: renderRemovalPolicy(() => scope.node.findChild('Resource').node.defaultChild as CfnResource),
    Revision: props.revision,
    Adopt: props.adopt,
    Generation: parts.generation,
    DiagnosedPrincipalArn: props.diagnosePermissions ? authentication.principalArn : undefined,
    BucketAccountId: props.diagnosePermissions ? parts.bucketAccount : undefined,
    DiagnosedBucketName: props.diagnosePermissions && data.allBuckets ? data.bucketNames[0] : undefined,
    HealthCheck: Lazy.string({ produce: () => findHealthCheckScope(parts.integration, props.tenant) }) as never,
  };
}
