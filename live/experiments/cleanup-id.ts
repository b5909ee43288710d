import { DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import type { Stack } from 'aws-cdk-lib';
import type { Context } from '../context';
import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

const LABEL = 'CleanupId';

/** An update replaces a resource whose deletion takes a minute, and CloudFormation is asked meanwhile. */
export const cleanupId: Experiment = {
  id: 'cleanup-id',
  question: 'Which physical ID does CloudFormation show while an update deletes what it replaced?',
  expected: { 'cloudFormation.cleanupShows': 'current' },
  async run(context) {
    const define = (generation: number) => (stack: Stack) => {
      defineProbes(stack, { Replaced: { generation, deleteDelaySeconds: 60 } });
    };
    await context.deploy(LABEL, define(1));
    const replaced = await describePhysicalId(context);
    const [cleanupShows] = await Promise.all([watchUpdate(context, replaced), context.deploy(LABEL, define(2))]);
    await context.destroy(LABEL);
    return { 'cloudFormation.cleanupShows': cleanupShows };
  },
};

/** Undefined if CloudFormation was not asked between two looks at the stack that both show the deletion. */
async function watchUpdate(context: Context, replaced: string): Promise<'current' | 'deleted' | undefined> {
  let shown: 'current' | 'deleted' | undefined;
  let wasDeleting = false;
  await context.poll(async () => {
    const physicalId = await describePhysicalId(context);
    const { status, events } = await context.describe(LABEL);
    const [last] = events.filter(({ PhysicalResourceId }) => PhysicalResourceId === replaced).slice(-1);
    const isDeleting = last?.ResourceStatus === 'DELETE_IN_PROGRESS';
    if (wasDeleting && isDeleting) shown = physicalId === replaced ? 'deleted' : 'current';
    wasDeleting = isDeleting;
    return (status !== 'CREATE_COMPLETE' && !status.endsWith('_IN_PROGRESS')) || undefined;
  }, { everyMs: 5_000, timeoutMs: 10 * 60_000 });
  return shown;
}

/** The function asks in the same way. */
async function describePhysicalId(context: Context): Promise<string> {
  const { StackResourceDetail } = await context.aws.cloudFormation.send(new DescribeStackResourceCommand({
    StackName: context.stackName(LABEL),
    LogicalResourceId: 'Replaced',
  }));
  return StackResourceDetail!.PhysicalResourceId!;
}
