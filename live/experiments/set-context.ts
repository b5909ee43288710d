import { defineLocationRole } from '../base-stack';
import { Experiment } from '../experiment';
import { canUseRole } from '../locations';

const ACTIONS = ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:SetContext'];

/**
 * Three roles: each trusts S3 Access Grants with one action more. The one with all actions comes first: when it can be
 * used, all can, since they are equally old.
 */
export const setContext: Experiment = {
  id: 'set-context',
  question: 'Which actions must the trust policy of a role allow to register a location with it, without Identity '
    + 'Center?',
  expected: { 'aws.accessGrants.trustActions': ['sts:AssumeRole', 'sts:SetSourceIdentity'] },
  async run(context) {
    await context.base();
    const { outputs } = await context.deploy('SetContext', (stack) => {
      ACTIONS.forEach((_, index) => defineLocationRole(stack, `Role${index}`, ACTIONS.slice(0, index + 1)));
    });
    let needed: readonly string[] | undefined;
    for (const index of [...ACTIONS.keys()].reverse()) {
      if (!await canUseRole(context, `set-context-${index}`, outputs[`Role${index}Arn`])) break;
      needed = ACTIONS.slice(0, index + 1);
    }
    if (!needed) throw new Error('S3 Access Grants takes none of the roles');
    return { 'aws.accessGrants.trustActions': needed };
  },
};
