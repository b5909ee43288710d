import type { EvaluationResult } from '@aws-sdk/client-iam';
import { callAws } from './call';
import { clientConfig, iamSdk } from './sdk';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

const TIMEOUT_MS = 15_000;

/** Actions on a resource, with values for the keys of their conditions. */
export interface NeededActions {
  readonly actions: readonly string[];
  readonly resource: string;
  /** Region of the endpoint that receives them. */
  readonly region: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** An action that policies do not allow a principal. */
export interface Denial {
  readonly action: string;
  readonly resource: string;
  readonly by: 'policies' | 'explicit deny' | 'permissions boundary' | 'organization';
}

export interface Simulation {
  readonly denials: Denial[];
  /** Whether the simulator could decide each action. */
  readonly isComplete: boolean;
}

/**
 * Simulates which of the actions a role or user is denied. IAM's policy simulator knows the policies of the principal,
 * its permissions boundary and those of the organization, not those of resources.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export async function simulatePolicies(
  principalArn: string,
  { actions, resource, region, context = {} }: NeededActions,
  tools: { readonly deadline: Deadline; readonly log: Log },
): Promise<Simulation> {
  const { IAMClient, SimulatePrincipalPolicyCommand } = iamSdk();
  const service = {
    name: 'AWS IAM',
    isGlobal: true,
    createClient: () => new IAMClient({ ...clientConfig(), maxAttempts: 2 }),
  };
  // the first three are in every request, so organizations use them in conditions of what they deny
  const known = {
    'aws:PrincipalArn': principalArn,
    'aws:RequestedRegion': region,
    'aws:SecureTransport': 'true',
    ...context,
  };
  const call = { ...tools, operation: 'SimulatePrincipalPolicy', timeoutMs: TIMEOUT_MS };
  const { EvaluationResults: results = [] } = await callAws(service, call, (client, options) =>
    client.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: principalArn,
        ActionNames: [...actions],
        ResourceArns: [resource],
        ContextEntries: Object.entries(known).map(([name, value]) => ({
          ContextKeyName: name,
          ContextKeyType: name === 'aws:SecureTransport' ? 'boolean' : 'string',
          ContextKeyValues: [value],
        })),
      }),
      options,
    ),
  );
  const refused = results.filter(({ EvalDecision: decision }) => decision !== 'allowed');
  const denied = refused.filter((result) => !isUndecided(result));
  return {
    denials: denied.map((result) => ({ action: result.EvalActionName ?? '', resource, by: findDenier(result) })),
    isComplete: denied.length === refused.length,
  };
}

/** Whether a value of a condition is missing: a request that has it may be allowed. */
function isUndecided({
  MissingContextValues: missing = [],
  ResourceSpecificResults: each = [],
}: EvaluationResult): boolean {
  return [missing, ...each.map(({ MissingContextValues: ofResource = [] }) => ofResource)].some(
    ({ length }) => length > 0,
  );
}

function findDenier(result: EvaluationResult): Denial['by'] {
  if (result.OrganizationsDecisionDetail?.AllowedByOrganizations === false) {
    return 'organization';
  }
  if (result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false) {
    return 'permissions boundary';
  }
  return result.EvalDecision === 'explicitDeny' ? 'explicit deny' : 'policies';
}
