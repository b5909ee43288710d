import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

export const retryOrder: Experiment = {
  id: 'retry-order',
  question: 'Is a resource whose Create failed without a rollback deleted before or after it is created again?',
  expected: { 'cloudFormation.retryOrder': 'delete-first' },
  async run(context) {
    const deploy = (create: 'fail' | 'answer') => context.deploy('RetryOrder', (stack) => {
      defineProbes(stack, { Thing: { create } });
    }, { rollback: false });
    const failed = await deploy('fail');
    if (failed.status !== 'CREATE_FAILED') throw new Error(`the stack did not fail as wanted: ${failed.status}`);
    const { events } = await deploy('answer');
    await context.destroy('RetryOrder');
    const statuses = events
      .slice(failed.events.length)
      .filter(({ LogicalResourceId }) => LogicalResourceId === 'Thing')
      .map(({ ResourceStatus }) => ResourceStatus!);
    const completion = statuses.findIndex((each) => /_COMPLETE$/.test(each));
    const isDeletedFirst = statuses.indexOf('DELETE_IN_PROGRESS') < completion;
    if (!statuses.includes('DELETE_IN_PROGRESS')) throw new Error(`it was not deleted: ${statuses.join(', ')}`);
    return { 'cloudFormation.retryOrder': isDeletedFirst ? 'delete-first' : 'create-first' };
  },
};
