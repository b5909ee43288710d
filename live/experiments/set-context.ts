import { Experiment } from '../experiment';
import { isAssociated } from '../instance';
import { findUsableRoles } from '../location-roles';

const ACTIONS = ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:SetContext'];

/**
 * Three roles: each trusts S3 Access Grants with one action more. The one with all actions comes first: when it can be
 * used, all can, since they are equally old.
 */
export const setContext: Experiment = {
  id: 'set-context',
  question: "Which actions must the trust policy of a location's role allow, without Identity Center?",
  expected: { 'aws.accessGrants.trustActions': ['sts:AssumeRole', 'sts:SetSourceIdentity'] },
  async run(context) {
    if (await isAssociated(context.aws)) throw new Error('the instance is associated with Identity Center');
    const trusts = {
      AllActions: { actions: ACTIONS },
      TwoActions: { actions: ACTIONS.slice(0, 2) },
      OneAction: { actions: ACTIONS.slice(0, 1) },
    };
    const usable = await findUsableRoles(context, 'SetContext', () => trusts);
    if (usable[0] !== 'AllActions') throw new Error('S3 Access Grants cannot use a role with all actions');
    const least = usable.at(-1) as keyof typeof trusts;
    return { 'aws.accessGrants.trustActions': trusts[least].actions };
  },
};
