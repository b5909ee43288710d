import {
  AssociateAccessGrantsIdentityCenterCommand, DissociateAccessGrantsIdentityCenterCommand,
} from '@aws-sdk/client-s3-control';
import { Experiment } from '../experiment';

/** Only in an instance of the kit: no association of another owner is touched. */
export const identityCenter: Experiment = {
  id: 'identity-center',
  question: 'How does S3 respond to a second association with the same Identity Center instance?',
  expected: { 'aws.accessGrants.secondAssociation': 'conflict' },
  needs: 'identityCenter',
  async run(context) {
    if (context.hasInstance) throw new Error('the account has an instance that the kit did not create');
    const { accountId: AccountId, s3Control } = context.aws;
    await context.base();
    const IdentityCenterArn = context.options.identityCenter!;
    const associate = () =>
      s3Control.send(new AssociateAccessGrantsIdentityCenterCommand({ AccountId, IdentityCenterArn }));
    const association = context.name('association');
    context.state.add('associations', association);
    await associate();
    const secondAssociation = await associate().then(() => 'accepted', (error: Error & { $metadata?: any }) => {
      if (error.$metadata?.httpStatusCode === 409) return 'conflict';
      throw error;
    });
    await s3Control.send(new DissociateAccessGrantsIdentityCenterCommand({ AccountId }));
    context.state.remove('associations', association);
    return { 'aws.accessGrants.secondAssociation': secondAssociation };
  },
};
