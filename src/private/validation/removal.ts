import { CfnResource, RemovalPolicy, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { addWarning, createProblem, Problem } from './problems';
import { isRetained } from '../removal-policy';

/** Checks that the resource can be removed in this way. */
export function validateRemovalPolicy(policy?: RemovalPolicy): Problem[] {
  return policy === RemovalPolicy.SNAPSHOT ? [createProblem('REMOVAL_POLICY_UNSUPPORTED')] : [];
}

/** Properties that matter to an adoption. */
export interface Adoption {
  readonly adopt?: string;
  readonly integration: IConstruct;
  readonly hasInstance: boolean;
  /** Whether the integration defines the user whose access keys the handler manages. */
  readonly definesUser: boolean;
}

/** Checks that everything which an adopted integration uses exists and is retained. */
export function validateAdoption({ adopt, integration, hasInstance, definesUser }: Adoption): Problem[] {
  if (adopt === undefined) {
    return [];
  }
  const isId = Token.isUnresolved(adopt) || /^[\w-]+$/.test(adopt);
  return [
    ...isId ? [] : [createProblem('ADOPT_ID_INVALID', { got: JSON.stringify(adopt) })],
    // An Aspect may have changed the policy.
    ...isResourceRetained(integration) ? [] : [createProblem('ADOPT_WITH_DESTROY')],
    ...hasInstance ? [] : [createProblem('ADOPT_WITHOUT_INSTANCE')],
    ...definesUser ? [createProblem('ADOPT_WITHOUT_USER')] : [],
  ];
}

/** Warns if an integration of the app outlives its data sources. Call it when all removal policies are known. */
export function warnOfRetainedIntegration(dataSources: IConstruct, integration: IConstruct): Problem[] {
  if (isResourceRetained(integration) && !isResourceRetained(dataSources)) {
    addWarning(dataSources, 'DATA_SOURCES_NOT_RETAINED', { integration: integration.node.path });
  }
  return [];
}

function isResourceRetained({ node }: IConstruct): boolean {
  return CfnResource.isCfnResource(node.defaultChild) && isRetained(node.defaultChild);
}
