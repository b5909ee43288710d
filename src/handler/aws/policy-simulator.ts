import type { EvaluationResult } from '@aws-sdk/client-iam';
import { iamSdk } from './sdk';

const REQUEST_TIMEOUT_MS = 15_000;

/** Actions on a resource, and what their conditions may ask for. */
export interface Needed {
  readonly actions: readonly string[];
  readonly resource: string;
  /** Of the endpoint that they are sent to. */
  readonly region: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** An action that the policies of a principal do not allow. */
export interface Denial {
  readonly action: string;
  readonly resource: string;
  readonly by: 'policies' | 'explicit deny' | 'permissions boundary' | 'organization';
}

export interface Simulation {
  readonly denials: Denial[];
  /** Whether the simulator could say of each action whether it is denied. */
  readonly isComplete: boolean;
}

/** Which of the actions a role or user is denied. */
export type Simulate = (principalArn: string, needed: Needed) => Promise<Simulation>;

/**
 * Asks IAM's policy simulator, which knows the policies of the principal, its boundary and those of the organization, not those of resources.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export const simulateInIam: Simulate = async (principalArn, { actions, resource, region, context = {} }) => {
  const { IAMClient, SimulatePrincipalPolicyCommand } = iamSdk();
  const client = new IAMClient({ maxAttempts: 2 });
  // the first three are in every request, so that organizations ask for them in what they deny
  const known = { 'aws:PrincipalArn': principalArn, 'aws:RequestedRegion': region, 'aws:SecureTransport': 'true', ...context };
  try {
    const { EvaluationResults: results = [] } = await client.send(new SimulatePrincipalPolicyCommand({
      PolicySourceArn: principalArn,
      ActionNames: [...actions],
      ResourceArns: [resource],
      ContextEntries: Object.entries(known).map(([name, value]) => (
        { ContextKeyName: name, ContextKeyType: name === 'aws:SecureTransport' ? 'boolean' : 'string', ContextKeyValues: [value] })),
    }), { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const refused = results.filter(({ EvalDecision: decision }) => decision !== 'allowed');
    const denied = refused.filter((result) => !dependsOnUnknown(result));
    return {
      denials: denied.map((result) => ({ action: result.EvalActionName ?? '', resource, by: whoDenies(result) })),
      isComplete: denied.length === refused.length,
    };
  } finally {
    client.destroy();
  }
};

/** Either kind of denial may be none in a request that has what the conditions ask for. */
function dependsOnUnknown({ MissingContextValues: missing = [], ResourceSpecificResults: each = [] }: EvaluationResult): boolean {
  return [missing, ...each.map(({ MissingContextValues: ofResource = [] }) => ofResource)].some(({ length }) => length > 0);
}

function whoDenies(result: EvaluationResult): Denial['by'] {
  if (result.OrganizationsDecisionDetail?.AllowedByOrganizations === false) {
    return 'organization';
  }
  if (result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false) {
    return 'permissions boundary';
  }
  return result.EvalDecision === 'explicitDeny' ? 'explicit deny' : 'policies';
}
