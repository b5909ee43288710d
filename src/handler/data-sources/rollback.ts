import { DataSourcesContext } from './context';
import { DataSourceRemoval } from '../contract';

/** Returns when the operation began that CloudFormation rolls back now. Undefined if it rolls back none. */
export async function findRolledBackStart({ operation }: DataSourcesContext): Promise<number | undefined> {
  const stack = await operation.describeStack();
  return stack && /ROLLBACK_(COMPLETE_CLEANUP_)?IN_PROGRESS$/.test(stack.status) ? stack.startedAt : undefined;
}

/**
 * Whether CloudFormation deletes what a failed operation created. Only the deletion of a stack says at once that it is
 * not so: another status may be that of the operation before.
 */
export async function isRolledBack(context: DataSourcesContext): Promise<boolean> {
  const { deadline, operation } = context;
  const stack = await operation.describeStack();
  if (!stack || stack.status === 'DELETE_IN_PROGRESS') {
    return false;
  }
  await operation.waitUntilSettled(deadline);
  return (await findRolledBackStart(context)) !== undefined;
}

/** What a rolled-back operation added is removed, even if the data sources of a successful one are retained. */
export function undo(removal: DataSourceRemoval): DataSourceRemoval {
  return removal === 'retain' ? 'disable' : removal;
}
