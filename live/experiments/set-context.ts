import { defineLocationRole } from '../base-stack';
import { Experiment } from '../experiment';
import { canUseRole } from '../locations';

const ACTIONS = ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:SetContext'];

/** Three roles: each trusts S3 Access Grants with one action more. */
export const setContext: Experiment = {
  id: 'set-context',
  question: "Which actions must the trust policy of a location's role allow, without Identity Center?",
  expected: { 'aws.accessGrants.trustActions': ['sts:AssumeRole', 'sts:SetSourceIdentity'] },
  async run(context) {
    await context.base();
    const { outputs } = await context.deploy('SetContext', (stack) => {
      ACTIONS.forEach((_, index) => defineLocationRole(stack, `Role${index}`, ACTIONS.slice(0, index + 1)));
    });
    for (const index of ACTIONS.keys()) {
      if (await canUseRole(context, `set-context-${index}`, outputs[`Role${index}Arn`])) {
        return { 'aws.accessGrants.trustActions': ACTIONS.slice(0, index + 1) };
      }
    }
    throw new Error('S3 Access Grants takes none of the roles');
  },
};
