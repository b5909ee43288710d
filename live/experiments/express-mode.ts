import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

export const expressMode: Experiment = {
  id: 'express-mode',
  question: 'Does Express mode wait for the response of a custom resource?',
  expected: { 'cloudFormation.expressWaitsForCustomResources': true },
  async run(context) {
    const { events } = await context.deploy('ExpressMode', (stack) => {
      defineProbes(stack, { Thing: { delaySeconds: 30 } });
    }, { express: true });
    const complete = events.find(({ LogicalResourceId, ResourceStatus }) =>
      LogicalResourceId === 'Thing' && ResourceStatus === 'CREATE_COMPLETE');
    await context.sleep(60_000); // The function may still have to respond.
    await context.destroy('ExpressMode');
    if (!complete) throw new Error('the resource did not become CREATE_COMPLETE');
    // The ID is in the response.
    const isAnswered = complete.PhysicalResourceId?.startsWith('probe-') ?? false;
    return { 'cloudFormation.expressWaitsForCustomResources': isAnswered };
  },
};
