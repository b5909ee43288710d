import { IntegrationContext, describeRecord } from './context';
import { deleteRecord } from './delete-record';
import { isOfGeneration, isOurs, parseOwnership } from './ownership';
import { findIntegrationId, parsePhysicalId } from './physical-id';
import { IntegrationRequest } from './request';
import { IntegrationRecord } from '../immuta/client';
import { isComplete } from '../immuta/status';
import { watchCancelledCreate } from '../protocol/cancelled-create';

/** A record of this resource that may have been created by the Create that is deleted. */
interface Candidate {
  readonly record: IntegrationRecord;
  /** Undefined as long as the evidence is missing. */
  readonly isKept?: boolean;
}

/**
 * Deletes what a Create created that did not respond with its ID, or that may still be running.
 *
 * @param createdBy the ownership of what it created, if it could say that before it failed
 * @returns the IDs of what it deleted
 */
export async function deleteUnidentified(
  context: IntegrationContext,
  request: IntegrationRequest,
  createdBy: string | undefined,
): Promise<string[]> {
  const { immuta, deadline, log } = context;
  const deleted: string[] = [];
  const left = new Map<string, Candidate>();
  await watchCancelledCreate(deadline, async () => {
    for (const record of (await immuta.list()).filter((each) => isOurs(each, request))) {
      const { id } = record;
      if (left.get(id)?.isKept) {
        continue;
      }
      const isCreated = createdBy === undefined
        ? await isOfCancelledCreate(context, request, record)
        : parseOwnership(record.name)!.createdBy === createdBy;
      if (isCreated) {
        log.info('delete-unidentified', { integrationId: id, status: record.status });
        await deleteRecord(context, request, id);
        left.delete(id);
        deleted.push(id);
      } else {
        left.set(id, { record, isKept: isCreated === false });
      }
    }
  });
  left.forEach(({ record }) => reportKept(context, record));
  return deleted;
}

/** Says what to do about a record that may be live. */
export function reportKept({ log }: IntegrationContext, record: IntegrationRecord): void {
  log.warn('keep-integration', {
    integrationId: record.id,
    message:
      `${describeRecord(record)} may be the one that the stack has now, or one that was retained. ` +
      'If no stack has it and it was not retained, delete it in Immuta',
  });
}

/**
 * Whether a cancelled Create created the record. It may also have been created before, retained, and been in that
 * Create's way. Or the stack has it under another physical ID, since a later Create succeeded before the Delete of one
 * that failed.
 *
 * Undefined as long as the evidence is missing: for a minute, Immuta and CloudFormation may answer with the state
 * before the Delete.
 */
async function isOfCancelledCreate(
  context: IntegrationContext,
  { generation, physicalId }: IntegrationRequest,
  record: IntegrationRecord,
): Promise<boolean | undefined> {
  const { deadline, operation } = context;
  const ownership = parseOwnership(record.name)!;
  if (isOfGeneration(ownership, physicalId.text)) {
    return true;
  }
  if (!isOfGeneration(ownership, generation)) {
    return false;
  }
  if (!operation.isSettled) {
    return undefined;
  }
  if (await operation.isOver(deadline)) {
    return false;
  }
  return !isComplete(record.status) || isWithoutStack(context, record);
}

/** Whether the stack does not have the record now. Undefined if CloudFormation does not say. */
async function isWithoutStack(
  { deadline, operation }: IntegrationContext,
  record: IntegrationRecord,
): Promise<boolean | undefined> {
  const successor = await operation.findSuccessor(deadline);
  if (!successor) {
    return operation.isBlind ? true : undefined; // hardly any Create succeeds before the Delete of one that failed
  }
  const { physicalId } = successor;
  return (
    physicalId === undefined ||
    (findIntegrationId(parsePhysicalId(physicalId)) !== record.id &&
      !isOfGeneration(parseOwnership(record.name)!, physicalId))
  );
}
