import {
  AssociateAccessGrantsIdentityCenterCommand, DissociateAccessGrantsIdentityCenterCommand,
} from '@aws-sdk/client-s3-control';
import { Experiment } from '../experiment';
import { isAssociated } from '../instance';
import { measure } from '../measure';

/** Only in an instance of the kit: no association of another owner is touched. */
export const identityCenter: Experiment = {
  id: 'identity-center',
  question: 'How long does an association with Identity Center take to show, or to end, and what does S3 answer to a '
    + 'second one?',
  expected: { 'aws.accessGrants.secondAssociation': 'conflict', 'aws.accessGrants.associationMs': 0 },
  needs: 'identityCenter',
  async run(context) {
    if (context.hasInstance) throw new Error('the account has an instance that the kit did not create');
    const { accountId: AccountId, s3Control } = context.aws;
    await context.base();
    const IdentityCenterArn = context.options.identityCenter!;
    const associate = () =>
      s3Control.send(new AssociateAccessGrantsIdentityCenterCommand({ AccountId, IdentityCenterArn }));
    const isShown = () => isAssociated(context.aws);
    const association = context.name('association');
    context.state.add('associations', association);
    await associate();
    const [beginMs] = await measure(context, [isShown]);
    const secondAssociation = await associate().then(() => 'accepted', (error: Error & { $metadata?: any }) => {
      if (error.$metadata?.httpStatusCode === 409) return 'conflict';
      throw error;
    });
    await s3Control.send(new DissociateAccessGrantsIdentityCenterCommand({ AccountId }));
    context.state.remove('associations', association);
    const [endMs] = await measure(context, [async () => !(await isShown())]);
    return {
      'aws.accessGrants.secondAssociation': secondAssociation,
      ...beginMs === undefined || endMs === undefined
        ? {}
        : { 'aws.accessGrants.associationMs': Math.max(beginMs, endMs) },
    };
  },
};
