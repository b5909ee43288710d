import { CfnOutput } from 'aws-cdk-lib';
import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

export const eventAge: Experiment = {
  id: 'event-age',
  question: 'How old is an event when the function gets it, and how long is its response URL valid?',
  expected: { 'lambda.deliveries': [0], 'responses.expiresSeconds': 7200 },
  async run(context) {
    const { outputs: { Age, Expires } } = await context.deploy('EventAge', (stack) => {
      const [probe] = defineProbes(stack, { Thing: {} });
      new CfnOutput(stack, 'Age', { value: probe.getAttString('AgeSeconds') });
      new CfnOutput(stack, 'Expires', { value: probe.getAttString('ExpiresSeconds') });
    });
    await context.destroy('EventAge');
    return {
      ...isNaN(Number(Age)) ? {} : { 'lambda.deliveries': [Number(Age) * 1000] },
      ...isNaN(Number(Expires)) ? {} : { 'responses.expiresSeconds': Number(Expires) },
    };
  },
};
