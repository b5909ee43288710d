import * as s3 from 'aws-cdk-lib/aws-s3';
import { Experiment } from '../experiment';
import { findInstance } from '../instance';

/** Runs before the others create an instance. */
export const instanceTags: Experiment = {
  id: 'instance-tags',
  question: 'Does CloudFormation change the tags of an Access Grants instance in place?',
  expected: { 'aws.accessGrants.changesTagsInPlace': false },
  async run(context) {
    if (context.hasInstance) throw new Error('the account has an instance, and there is only one');
    const deploy = (value: string) => context.deploy('InstanceTags', (stack) => {
      new s3.CfnAccessGrantsInstance(stack, 'Instance', { tags: [{ key: 'experiment', value }] });
    });
    const { status } = await deploy('before');
    if (status !== 'CREATE_COMPLETE') throw new Error(`the instance was not created: ${status}`);
    const before = await findInstance(context.aws);
    const updated = await deploy('after');
    const after = await findInstance(context.aws);
    await context.destroy('InstanceTags');
    if (updated.status === 'UPDATE_COMPLETE') {
      const isSame = after?.CreatedAt?.getTime() === before?.CreatedAt?.getTime();
      return { 'aws.accessGrants.changesTagsInPlace': isSame };
    }
    if (/already ?exists|replac/i.test(updated.reason ?? '')) return { 'aws.accessGrants.changesTagsInPlace': false };
    throw new Error(`the update failed for another reason: ${updated.reason}`);
  },
};
