import { Experiment } from '../experiment';
import { defineIntegration } from '../library-stack';

/** Deploys an integration with the condition. It is the cause if that fails twice, and succeeds without it. */
export const passRole: Experiment = {
  id: 'pass-role',
  question: 'Is `access-grants.s3.amazonaws.com` the value of `iam:PassedToService`?',
  expected: { 'aws.s3Control.passedToService': 'access-grants.s3.amazonaws.com' },
  async run(context) {
    await context.base();
    const isDeployed = async (label: string, restrictPassRole: boolean) => {
      const { status } = await context.deploy(label, (stack) => {
        defineIntegration(stack, context, label.toLowerCase(), { restrictPassRole, restrictScope: false });
      });
      await context.destroy(label);
      return status === 'CREATE_COMPLETE';
    };
    if (await isDeployed('PassRole', true)) return this.expected;
    if (!await isDeployed('PassAnyRole', false)) throw new Error('the deployment fails without the condition, too');
    if (await isDeployed('PassRole', true)) throw new Error('the deployment fails only sometimes');
    return { 'aws.s3Control.passedToService': 'another' };
  },
};
