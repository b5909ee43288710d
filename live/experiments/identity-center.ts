import { DescribeApplicationCommand } from '@aws-sdk/client-sso-admin';
import { associate, beginAssociation, dissociate, isEnded } from '../association';
import type { Context } from '../context';
import { Experiment } from '../experiment';
import { findInstance, isAssociated } from '../instance';
import { measure } from '../measure';

export const identityCenter: Experiment = {
  id: 'identity-center',
  question: 'How long does an association with Identity Center take to show, or to end, what does S3 answer to a '
    + 'second one, and which application provider does it use?',
  expected: {
    'aws.accessGrants.secondAssociation': 'conflict',
    'aws.accessGrants.associationMs': 0,
    'aws.accessGrants.applicationProvider': 's3',
  },
  needs: ['identityCenter'],
  async run(context) {
    const isShown = () => isAssociated(context.aws);
    await beginAssociation(context);
    const [beginMs] = await measure(context, [isShown]);
    const applicationProvider = await findApplicationProvider(context);
    const secondAssociation = await associate(context).then(() => 'accepted', (error: Error & { $metadata?: any }) => {
      if (error.$metadata?.httpStatusCode === 409) return 'conflict';
      throw error;
    });
    await dissociate(context);
    const [endMs] = await measure(context, [async () => !(await isShown())]);
    await isEnded(context);
    return {
      'aws.accessGrants.secondAssociation': secondAssociation,
      'aws.accessGrants.applicationProvider': applicationProvider,
      ...beginMs === undefined || endMs === undefined
        ? {}
        : { 'aws.accessGrants.associationMs': Math.max(beginMs, endMs) },
    };
  },
};

/** Undefined if Identity Center does not show it, for whatever reason: the other answers count without it. */
async function findApplicationProvider({ aws }: Context): Promise<string | undefined> {
  const ApplicationArn = (await findInstance(aws))?.IdentityCenterApplicationArn;
  if (!ApplicationArn) return undefined;
  try {
    const { ApplicationProviderArn } = await aws.ssoAdmin.send(new DescribeApplicationCommand({ ApplicationArn }));
    return ApplicationProviderArn?.split('/').pop();
  } catch {
    return undefined;
  }
}
