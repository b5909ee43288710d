import { Context, describeRecord } from './context';
import { deleteRecord } from './delete-record';
import { assertNotInOtherTenant } from './other-tenant';
import { isOfGeneration, isOwnedBy, parseOwnership } from './ownership';
import { getAndLog } from './polling';
import { waitForLocationRemoval } from './registered-location';
import { IntegrationRequest } from './request';
import { IntegrationRecord } from '../immuta/client';
import { sameLocation } from '../location';
import { watchCancelledCreate } from '../protocol/cancelled-create';

/** Deletes the integration, if it is ours, and everything else that this resource may have created. */
export async function deleteIntegration(context: Context, request: IntegrationRequest): Promise<void> {
  const { physicalId } = request;
  switch (physicalId.kind) {
    case 'none':
      return undefined;
    case 'adopted':
      context.log.info('keep-adopted-integration', { integrationId: physicalId.integrationId });
      await deleteSuccessors(context, request, physicalId.integrationId);
      return undefined;
    case 'integration':
      return deleteOwn(context, request, physicalId.integrationId);
    case 'unknown':
      return deleteUnidentified(context, request, physicalId.createdBy);
  }
}

async function deleteOwn(context: Context, request: IntegrationRequest, id: string): Promise<void> {
  const record = await getAndLog(context, id);
  if (record && !sameLocation(record.location, request.location)) {
    context.log.warn('keep-integration', {
      integrationId: id,
      message: `${describeRecord(record)} is not on the path, account and Region of this resource`,
    });
  } else if (record) {
    await deleteRecord(context, request, id);
  } else {
    await assertNotInOtherTenant(context, request);
  }
  const others = await deleteSuccessors(context, request, id);
  if (!others.some(({ location }) => sameLocation(location, request.location))) {
    await waitForLocationRemoval(context, request);
  }
}

/**
 * Deletes what an Update created that found the integration gone: the physical ID is still that of the first one. What
 * a later Create created is not deleted: after a failure that was not rolled back, it may come before the Delete of
 * what failed.
 *
 * @returns the other records
 */
async function deleteSuccessors(
  context: Context,
  request: IntegrationRequest,
  id: string,
): Promise<IntegrationRecord[]> {
  const records = (await context.immuta.list()).filter((record) => record.id !== id);
  const successors = records.filter(
    (record) => isOurs(request, record) && isOfGeneration(parseOwnership(record.name)!, request.physicalId.text),
  );
  for (const successor of successors) {
    await deleteRecord(context, request, successor.id);
  }
  return records.filter((record) => !successors.includes(record));
}

/**
 * Deletes what a Create created that did not respond with its ID, or that may still be running.
 *
 * @param createdBy the ownership of what it created, if it could say that before it failed
 */
async function deleteUnidentified(
  context: Context,
  request: IntegrationRequest,
  createdBy: string | undefined,
): Promise<void> {
  const { immuta, deadline, log } = context;
  const unproven = new Set<string>();
  await watchCancelledCreate(deadline, async ({ isFirst }) => {
    for (const record of (await immuta.list()).filter((each) => isOurs(request, each) && !unproven.has(each.id))) {
      if (isOfCreate(request, record, createdBy, isFirst)) {
        log.info('delete-unidentified', { integrationId: record.id, status: record.status });
        await deleteRecord(context, request, record.id);
      } else {
        log.warn('keep-integration', {
          integrationId: record.id,
          message: `${describeRecord(record)} may be one that was retained`,
        });
        unproven.add(record.id);
      }
    }
  });
}

/**
 * Whether the Create that this Delete follows created the record: it may also have been created before, retained, and
 * been in that Create's way.
 *
 * A Create that responded says which. Of a cancelled one only the `Generation` is known. Resources without a role or
 * policy of their own have none: then only a record that did not exist or was not complete when the Delete began is
 * proof.
 */
function isOfCreate(
  { generation, physicalId }: IntegrationRequest,
  record: IntegrationRecord,
  createdBy: string | undefined,
  isFirst: boolean,
): boolean {
  const ownership = parseOwnership(record.name)!;
  if (isOfGeneration(ownership, physicalId.text)) {
    return true;
  }
  if (createdBy) {
    return ownership.createdBy === createdBy;
  }
  if (generation) {
    return isOfGeneration(ownership, generation);
  }
  return !isFirst || ['creating', 'createError', 'deleting'].includes(record.status);
}

/**
 * Whether Immuta has the adopted integration, or one of this resource: a later Create may have succeeded before the
 * Delete of one that failed.
 */
export async function isIntegrationLeft(
  context: Context,
  { location, ownership, physicalId }: IntegrationRequest,
): Promise<boolean> {
  return physicalId.kind === 'adopted'
    ? (await getAndLog(context, physicalId.integrationId)) !== undefined
    : (await context.immuta.list()).some(
      (record) => isOwnedBy(record.name, ownership.owner) && sameLocation(record.location, location),
    );
}

/** Without its ID, a record is ours by its name, and only on the path and with the role of this resource. */
function isOurs(
  { ownership: { owner }, location, locationRoleArn }: IntegrationRequest,
  record: IntegrationRecord,
): boolean {
  return (
    isOwnedBy(record.name, owner) &&
    sameLocation(record.location, location) &&
    record.locationRoleArn === locationRoleArn
  );
}
