import { defineLocationRole } from '../base-stack';
import { Experiment } from '../experiment';
import { canUseRole } from '../locations';

const ACTIONS = ['sts:AssumeRole', 'sts:SetSourceIdentity'];

/** One role trusts the instance, the other one its locations. */
export const sourceArn: Experiment = {
  id: 'source-arn',
  question: 'Is `aws:SourceArn` the instance or the location when a location is registered with a role?',
  expected: { 'aws.accessGrants.sourceArn': 'instance' },
  async run(context) {
    await context.base();
    const { outputs } = await context.deploy('SourceArn', (stack) => {
      const instanceArn = stack.formatArn({ service: 's3', resource: 'access-grants', resourceName: 'default' });
      for (const [id, arn] of [['Instance', instanceArn], ['Location', `${instanceArn}/location/*`]]) {
        defineLocationRole(stack, id, ACTIONS, [], { ArnLike: { 'aws:SourceArn': arn } });
      }
    });
    for (const kind of ['Instance', 'Location']) {
      const isUsable = await canUseRole(context, `source-arn-${kind.toLowerCase()}`, outputs[`${kind}Arn`]);
      if (isUsable) return { 'aws.accessGrants.sourceArn': kind.toLowerCase() };
    }
    throw new Error('S3 Access Grants takes neither role: the key has another value, or none');
  },
};
