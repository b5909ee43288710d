import { DataSourcesContext } from './context';
import { Removal } from './remove';
import { DataSourcesRequest } from './request';
import type { StackOperation } from '../aws/cloudformation';
import { DataSourceRemoval } from '../contract';
import { Log } from '../runtime/log';

type Limits = Pick<Removal, 'how' | 'addedSince'>;

/** Decides which data sources an Update removes, and how, a minute after it was sent. */
export async function limitUpdate(context: DataSourcesContext, request: DataSourcesRequest): Promise<Limits> {
  const { log } = context;
  const { physicalId, removal } = request;
  const stack = await describeSettledStack(context);
  if (!stack) {
    warnOfDoubt(log, 'keeps data sources that are older than the resource, and disables the others at most');
    return {
      how: removal === 'delete' ? 'disable' : removal,
      addedSince: 'sentAt' in physicalId ? physicalId.sentAt : Infinity,
    };
  }
  return isRollback(stack) ? { how: undo(removal), addedSince: stack.startedAt } : { how: removal };
}

/** When the operation began that CloudFormation rolls back with this event. Undefined if this is no rollback. */
export async function findRolledBackSince(context: DataSourcesContext): Promise<number | undefined> {
  const stack = await describeSettledStack(context);
  return stack && isRollback(stack) ? stack.startedAt : undefined;
}

/** Describes the stack a minute after the event: before, the answer may be about the operation before this one. */
async function describeSettledStack({ deadline, operation }: DataSourcesContext): Promise<StackOperation | undefined> {
  await operation.waitUntilSettled(deadline);
  return operation.describeStackReliably(deadline);
}

/**
 * Decides which data sources the Delete of a successful Create removes, and how. Only the deletion of a stack says at
 * once that nothing is rolled back: another status may be that of the operation before.
 *
 * @param createSentAt when the Create was sent, in milliseconds since 1970. It added what was created since
 */
export async function limitDelete(
  context: DataSourcesContext,
  { removal }: DataSourcesRequest,
  createSentAt: number,
): Promise<Limits> {
  const { deadline, log, operation } = context;
  let stack = await describeDeletion(context);
  if (stack && stack.status !== 'DELETE_IN_PROGRESS') {
    await operation.waitUntilSettled(deadline);
    stack = await describeDeletion(context);
  }
  if (!stack) {
    warnOfDoubt(log, 'keeps data sources that are older than the resource');
    return { how: removal, addedSince: createSentAt };
  }
  return isRollback(stack) ? { how: undo(removal), addedSince: createSentAt } : { how: removal };
}

/** A nested stack that is deleted does not show whether its parent is rolled back. Its root does. */
async function describeDeletion({ deadline, operation }: DataSourcesContext): Promise<StackOperation | undefined> {
  const stack = await operation.describeStackReliably(deadline);
  return stack?.status === 'DELETE_IN_PROGRESS' && stack.rootId
    ? operation.describeStackReliably(deadline, stack.rootId)
    : stack;
}

function warnOfDoubt(log: Log, consequence: string): void {
  log.warn('rollback-unknown', { message: `CloudFormation does not say whether this is a rollback: ${consequence}` });
}

/** Whether CloudFormation undoes what an operation did that failed. */
export function isRollback({ status }: StackOperation): boolean {
  return /ROLLBACK_(COMPLETE_CLEANUP_)?IN_PROGRESS$/.test(status);
}

/** What a rolled-back operation added is removed, even if the data sources of a successful one are retained. */
export function undo(removal: DataSourceRemoval): DataSourceRemoval {
  return removal === 'retain' ? 'disable' : removal;
}
