import * as s3 from 'aws-cdk-lib/aws-s3';
import { Experiment } from '../experiment';

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
    const updated = await deploy('after');
    await context.destroy('InstanceTags');
    return { 'aws.accessGrants.changesTagsInPlace': updated.status === 'UPDATE_COMPLETE' };
  },
};
