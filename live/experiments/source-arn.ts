import { Experiment } from '../experiment';
import { findUsableRoles } from '../location-roles';

const ACTIONS = ['sts:AssumeRole', 'sts:SetSourceIdentity'];

/** One role trusts the instance, the other one its locations. */
export const sourceArn: Experiment = {
  id: 'source-arn',
  question: "Is `aws:SourceArn` in the trust policy of a location's role the instance or the location?",
  expected: { 'aws.accessGrants.sourceArn': 'instance' },
  async run(context) {
    const [usable, ...others] = await findUsableRoles(context, 'SourceArn', (stack) => {
      const instanceArn = stack.formatArn({ service: 's3', resource: 'access-grants', resourceName: 'default' });
      const trust = (arn: string) => ({ actions: ACTIONS, conditions: { ArnLike: { 'aws:SourceArn': arn } } });
      return { Instance: trust(instanceArn), Location: trust(`${instanceArn}/location/*`) };
    });
    if (usable && others.length === 0) return { 'aws.accessGrants.sourceArn': usable.toLowerCase() };
    throw new Error('S3 Access Grants can use both roles, or neither one for all that it does');
  },
};
