import { iamSdk } from '../aws-sdk';

const REQUEST_TIMEOUT_MS = 15_000;

/** Actions on a resource, and what their conditions may ask for. */
export interface Needed {
  readonly actions: readonly string[];
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** An action that the policies of a principal do not allow. */
export interface Denial {
  readonly action: string;
  readonly resource: string;
  readonly by: 'policies' | 'explicit deny' | 'permissions boundary' | 'organization';
}

/** Which of the actions a role or user is denied. */
export type Simulate = (principalArn: string, needed: Needed) => Promise<Denial[]>;

/**
 * Asks IAM's policy simulator, which knows the policies of the principal, its boundary and those of the organization, not those of resources.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export const simulateInIam: Simulate = async (principalArn, { actions, resource, context = {} }) => {
  const { IAMClient, SimulatePrincipalPolicyCommand } = iamSdk();
  const client = new IAMClient({ maxAttempts: 2 });
  try {
    const { EvaluationResults: results = [] } = await client.send(new SimulatePrincipalPolicyCommand({
      PolicySourceArn: principalArn,
      ActionNames: [...actions],
      ResourceArns: [resource],
      ContextEntries: Object.entries(context).map(([name, value]) => ({ ContextKeyName: name, ContextKeyType: 'string', ContextKeyValues: [value] })),
    }), { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    return results.flatMap((result): Denial[] => {
      const { EvalActionName: action = '', EvalDecision: decision, MissingContextValues: missing = [] } = result;
      // what depends on something that we do not know proves nothing
      if (decision === 'allowed' || (decision === 'implicitDeny' && missing.length > 0)) {
        return [];
      }
      return [{ action, resource, by: whoDenies(result) }];
    });
  } finally {
    client.destroy();
  }
};

function whoDenies(result: {
  readonly EvalDecision?: string;
  readonly OrganizationsDecisionDetail?: { readonly AllowedByOrganizations?: boolean };
  readonly PermissionsBoundaryDecisionDetail?: { readonly AllowedByPermissionsBoundary?: boolean };
}): Denial['by'] {
  if (result.OrganizationsDecisionDetail?.AllowedByOrganizations === false) {
    return 'organization';
  }
  if (result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false) {
    return 'permissions boundary';
  }
  return result.EvalDecision === 'explicitDeny' ? 'explicit deny' : 'policies';
}
