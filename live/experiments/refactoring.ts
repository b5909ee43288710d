import {
  CreateStackRefactorCommand, DescribeStackRefactorCommand, ExecuteStackRefactorCommand, GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

/** Gives a custom resource another logical ID. */
export const refactoring: Experiment = {
  id: 'refactoring',
  question: 'Does stack refactoring take custom resources?',
  expected: { 'cloudFormation.refactorsCustomResources': true },
  async run(context) {
    const { cloudFormation } = context.aws;
    const stackName = context.stackName('Refactoring');
    await context.deploy('Refactoring', (stack) => {
      defineProbes(stack, { OldThing: {} });
    });
    const { TemplateBody = '' } = await cloudFormation.send(
      new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }),
    );
    const { StackRefactorId } = await cloudFormation.send(new CreateStackRefactorCommand({
      StackDefinitions: [{ StackName: stackName, TemplateBody: TemplateBody.replaceAll('OldThing', 'NewThing') }],
      ResourceMappings: [{
        Source: { StackName: stackName, LogicalResourceId: 'OldThing' },
        Destination: { StackName: stackName, LogicalResourceId: 'NewThing' },
      }],
    }));
    let reason: string | undefined;
    const find = (end: RegExp) => context.poll(async () => {
      const shown = await cloudFormation.send(new DescribeStackRefactorCommand({ StackRefactorId }));
      reason = [shown.StatusReason, shown.ExecutionStatusReason].filter(Boolean).join('; ');
      return [shown.Status, shown.ExecutionStatus].find((status) => end.test(status ?? ''));
    });
    let end = await find(/^CREATE_(COMPLETE|FAILED)$/);
    if (end === 'CREATE_COMPLETE') {
      await cloudFormation.send(new ExecuteStackRefactorCommand({ StackRefactorId }));
      end = await find(/^(EXECUTE|ROLLBACK)_(COMPLETE|FAILED)$/);
    }
    await context.destroy('Refactoring');
    if (end === 'EXECUTE_COMPLETE') return { 'cloudFormation.refactorsCustomResources': true };
    if (/Custom::|custom resource/i.test(reason ?? '')) return { 'cloudFormation.refactorsCustomResources': false };
    throw new Error(`the refactoring failed for another reason: ${end}: ${reason}`);
  },
};
