import { CfnResource, CustomResource, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BoundAuthentication } from './authentication';
import { createCustomResource, renderRemovalPolicy } from './custom-resource';
import { resolveTimeouts, Timeouts } from './validation/durations';
import { INTEGRATION_RESOURCE_TYPE, IntegrationProperties } from '../handler/contract';
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
  readonly locationRole: iam.IRole;
  readonly authentication: BoundAuthentication;
  readonly bucketAccount: string;
}

/** Creates the custom resource of an integration. */
export function createIntegrationResource(props: RenderedProps, parts: RenderedParts): CustomResource {
  return createCustomResource(parts.scope, {
    resourceType: INTEGRATION_RESOURCE_TYPE,
    handlerArn: props.tenant.handlerArn,
    timeout: resolveTimeouts(props).timeout,
    properties: renderProperties(props, parts),
  });
}

function renderProperties(props: RenderedProps, parts: RenderedParts): IntegrationProperties {
  const { scope, authentication } = parts;
  const { account, region } = Stack.of(scope);
  const { timeout, iamPropagationTimeout } = resolveTimeouts(props);
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
    Generation: Lazy.string({ produce: () => findGeneration(scope, authentication) }),
    DiagnosedPrincipalArn: props.diagnosePermissions ? authentication.principalArn : undefined,
    BucketAccountId: props.diagnosePermissions ? parts.bucketAccount : undefined,
  };
}

/**
 * Returns the ID of a role or policy that belongs to this integration alone. If all roles are imported as immutable,
 * there is none.
 *
 * IAM gives a role a new ID each time that it is created, and CloudFormation does so for a policy, even if the name is
 * the same.
 */
function findGeneration(scope: Construct, { ownPolicy }: BoundAuthentication): string | undefined {
  const resource = ['LocationRole', 'ImmutaRole', 'LocationPolicy', 'ImmutaPolicy']
    .map((id) => scope.node.tryFindChild(id)?.node.defaultChild)
    .find((child) => child !== undefined) as CfnResource | undefined;
  return resource instanceof iam.CfnRole ? resource.attrRoleId : resource?.ref ?? ownPolicy?.managedPolicyArn;
}
