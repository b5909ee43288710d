import type { Stack } from 'aws-cdk-lib';
import type { Context } from '../context';
import { Experiment } from '../experiment';
import { defineProbes } from '../probe';

const LABEL = 'CleanupId';

/** An update replaces a resource whose deletion takes a minute. Meanwhile, the kit reads its physical ID. */
export const cleanupId: Experiment = {
  id: 'cleanup-id',
  question: 'Which physical ID does CloudFormation show while an update deletes what it replaced?',
  expected: { 'cloudFormation.cleanupShows': 'current' },
  async run(context) {
    const define = (generation: number) => (stack: Stack) => {
      defineProbes(stack, { Replaced: { generation, deleteDelaySeconds: 60 } });
    };
    const { status } = await context.deploy(LABEL, define(1));
    if (status !== 'CREATE_COMPLETE') throw new Error(`the stack failed: ${status}`);
    const replaced = await describePhysicalId(context);
    // The stack cannot be deleted before the update ends, also if the watching fails or the user ends the run.
    const [watched, updated] = await Promise.allSettled([
      watchUpdate(context, replaced), context.deploy(LABEL, define(2)),
    ]);
    if (watched.status === 'rejected') throw watched.reason;
    if (updated.status === 'rejected') throw updated.reason;
    await context.destroy(LABEL);
    return { 'cloudFormation.cleanupShows': watched.value };
  },
};

/**
 * Counts a physical ID only if CloudFormation shows the deletion before and after it is read. Undefined if that was
 * never so, or CloudFormation showed both IDs.
 */
async function watchUpdate(context: Context, replaced: string): Promise<'current' | 'deleted' | undefined> {
  const shown = new Set<'current' | 'deleted'>();
  let wasDeleting = false;
  await context.poll(async () => {
    const physicalId = await describePhysicalId(context);
    const { status, events } = await context.describe(LABEL);
    const last = events.filter(({ PhysicalResourceId }) => PhysicalResourceId === replaced).pop();
    const isDeleting = last?.ResourceStatus === 'DELETE_IN_PROGRESS';
    if (wasDeleting && isDeleting) shown.add(physicalId === replaced ? 'deleted' : 'current');
    wasDeleting = isDeleting;
    return (status !== 'CREATE_COMPLETE' && !status.endsWith('_IN_PROGRESS')) || undefined;
  }, { everyMs: 5_000, timeoutMs: 10 * 60_000 });
  return shown.size === 1 ? [...shown][0] : undefined;
}

async function describePhysicalId(context: Context): Promise<string> {
  return (await context.describeResource(LABEL, 'Replaced')).PhysicalResourceId!;
}
