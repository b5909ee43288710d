import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

/** One resource never answers. While CloudFormation waits for it, another one fails. */
export const cancellation: Experiment = {
  id: 'cancellation',
  question: 'Does CloudFormation cancel a Create when another resource fails, or wait for its response?',
  expected: { 'cloudFormation.cancels': 'at once' },
  async run(context) {
    const { events } = await context.deploy('Cancellation', (stack) => {
      defineProbes(stack, { Waiting: { create: 'wait' }, Failing: { create: 'fail', delaySeconds: 20 } });
    });
    await context.destroy('Cancellation');
    const failure = events.find(({ LogicalResourceId, ResourceStatus }) =>
      LogicalResourceId === 'Waiting' && ResourceStatus === 'CREATE_FAILED');
    const reason = failure?.ResourceStatusReason ?? '';
    if (/cancel/i.test(reason)) return { 'cloudFormation.cancels': 'at once' };
    if (/did not receive a response|timed? ?out/i.test(reason)) {
      return { 'cloudFormation.cancels': 'after the response' };
    }
    throw new Error(`CloudFormation gives another reason: '${reason}'`);
  },
};
