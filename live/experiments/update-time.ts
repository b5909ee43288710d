import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

const DELAY_SECONDS = 40;

/** Both resources start together. One takes longer. */
export const updateTime: Experiment = {
  id: 'update-time',
  question: "Does the time of a resource's last update change with each status, or only when an operation starts?",
  expected: { 'cloudFormation.updateTime': 'each status' },
  async run(context) {
    const { status } = await context.deploy('UpdateTime', (stack) => {
      defineProbes(stack, { Fast: {}, Slow: { delaySeconds: DELAY_SECONDS } });
    });
    if (status !== 'CREATE_COMPLETE') throw new Error(`the stack failed: ${status}`);
    const [fast, slow] = await Promise.all(['Fast', 'Slow'].map(async (logicalId) =>
      (await context.describeResource('UpdateTime', logicalId)).LastUpdatedTimestamp!.getTime()));
    await context.destroy('UpdateTime');
    const moves = slow - fast > DELAY_SECONDS * 500;
    return { 'cloudFormation.updateTime': moves ? 'each status' : 'start' };
  },
};
