import { IntegrationContext, describeRecord } from './context';
import { deleteRecord } from './delete-record';
import { deleteUnidentified, reportKept } from './delete-unidentified';
import { assertNotInOtherTenant, isInCalledTenant } from './other-tenant';
import { isCreatedBy, isOfGeneration, isOfResource, isOwnedBy, parseOwnership } from './ownership';
import { PhysicalId } from './physical-id';
import { findOrConfirmAbsence, readRecord } from './record-status';
import { waitForLocationRemoval } from './registered-location';
import { IntegrationRequest } from './request';
import { IntegrationRecord } from '../immuta/client';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { isSameLocation, isSameLocationExceptSlash } from '../location';
import { poll } from '../runtime/poll';

/**
 * Deletes the integration, if it is ours, and everything else that this resource may have created.
 *
 * @param physicalId that of the request
 * @returns the IDs of what it deleted, which lists may show for a while
 */
export async function deleteIntegration(
  context: IntegrationContext,
  request: IntegrationRequest,
  physicalId: Exclude<PhysicalId, { readonly kind: 'none' }>,
): Promise<string[]> {
  switch (physicalId.kind) {
    case 'adopted':
      context.log.info('keep-adopted-integration', { integrationId: physicalId.integrationId });
      return deleteReplacement(context, request, physicalId.integrationId);
    case 'integration':
      return deleteOwn(context, request, physicalId.integrationId);
    case 'unknown': {
      const deleted = await deleteUnidentified(context, request, physicalId.createdBy);
      if (deleted.length === 0) {
        await assertNotInOtherTenant(context, request);
      }
      return deleted;
    }
  }
}

async function deleteOwn(context: IntegrationContext, request: IntegrationRequest, id: string): Promise<string[]> {
  const record = await findOrConfirmAbsence(context, `integration ${id}`, () => readOwn(context, request, id));
  if (record && !isOnLocation(record, request)) {
    context.log.warn('keep-integration', {
      integrationId: id,
      message: `${describeRecord(record)} is not on the path, account and Region of this resource`,
    });
  } else if (record) {
    await deleteRecord(context, request, id);
  } else {
    await assertNotInOtherTenant(context, request);
    await context.operation.waitUntilSettled(context.deadline); // an Update may have recreated it just before
  }
  const { deleted, others } = await deleteSuccessors(context, request, id, record);
  if (!others.some(({ location }) => isSameLocation(location, request.location))) {
    await waitForLocationRemoval(context, request);
  }
  return [id, ...deleted];
}

/** Reads the record with the ID of the resource. In another tenant, it is ours only if its name says so. */
async function readOwn(
  context: IntegrationContext,
  request: IntegrationRequest,
  id: string,
): Promise<IntegrationRecord | undefined> {
  const record = await readRecord(context, id);
  return record && (isInCalledTenant(context, request) || isOfResource(record.name, request)) ? record : undefined;
}

/** Whether the record is where this resource put it. Immuta may show a prefix of ours with another last slash. */
function isOnLocation({ name, location }: IntegrationRecord, request: IntegrationRequest): boolean {
  return isOfResource(name, request)
    ? isSameLocationExceptSlash(location, request.location)
    : isSameLocation(location, request.location);
}

/** Deletes what an Update created in place of an adopted integration. */
async function deleteReplacement(
  context: IntegrationContext,
  request: IntegrationRequest,
  id: string,
): Promise<string[]> {
  if (!(await readRecord(context, id))) {
    await context.operation.waitUntilSettled(context.deadline); // an Update may have recreated it just before
  }
  return (await deleteSuccessors(context, request, id)).deleted;
}

/**
 * Deletes what an Update created that found the integration gone: the physical ID is still that of the first one. And
 * what another run of the event created that created the first one. What a later Create created is not deleted: after a
 * failure that was not rolled back, it may come before the Delete of what failed.
 *
 * @param first the record with that ID, if it exists
 */
async function deleteSuccessors(
  context: IntegrationContext,
  request: IntegrationRequest,
  id: string,
  first?: IntegrationRecord,
): Promise<Successors> {
  const records = (await context.immuta.list()).filter((record) => record.id !== id);
  const here = records.filter(({ location }) => isSameLocation(location, request.location));
  const isOf = (record: IntegrationRecord, generation: string) =>
    isOfResource(record.name, request) && isOfGeneration(parseOwnership(record.name)!, generation);
  const recreated = here.filter((record) => isOfSameEvent(record, first) || isOf(record, request.physicalId.text));
  const others = here.filter((record) => !recreated.includes(record) && isOf(record, request.generation));
  const successors = [...recreated, ...(await findDuplicates(context, others))];
  for (const successor of successors) {
    await deleteRecord(context, request, successor.id);
  }
  return {
    deleted: successors.map((successor) => successor.id),
    others: records.filter((record) => !successors.includes(record)),
  };
}

/** Whether another run of the event that created the first record created this one. */
function isOfSameEvent({ name }: IntegrationRecord, first: IntegrationRecord | undefined): boolean {
  const ownership = first && parseOwnership(first.name);
  return ownership !== undefined && isCreatedBy(name, ownership);
}

interface Successors {
  readonly deleted: string[];
  /** The other records. */
  readonly others: IntegrationRecord[];
}

/**
 * Finds what another run of this resource's Create created. As long as the stack may have a later integration, it may
 * be that one, and stays.
 */
async function findDuplicates(
  context: IntegrationContext,
  ofSameGeneration: IntegrationRecord[],
): Promise<IntegrationRecord[]> {
  const { deadline, operation } = context;
  if (ofSameGeneration.length === 0) {
    return [];
  }
  await operation.waitUntilSettled(deadline);
  if (await operation.isDeletedWithoutSuccessor(deadline)) {
    return ofSameGeneration;
  }
  ofSameGeneration.forEach((record) => reportKept(context, record));
  return [];
}

/**
 * Whether Immuta has the adopted integration, or one of this resource: a later Create may have succeeded before the
 * Delete of one that failed.
 */
export async function isIntegrationLeft(
  context: IntegrationContext,
  request: IntegrationRequest,
  deleted: readonly string[],
): Promise<boolean> {
  const { location, ownership, physicalId } = request;
  if (physicalId.kind === 'adopted') {
    const { integrationId: id } = physicalId;
    if (!isInCalledTenant(context, request)) {
      return true; // nothing says that the other tenant does not have it
    }
    return (await findOrConfirmAbsence(context, `integration ${id}`, () => readRecord(context, id))) !== undefined;
  }
  const records = (await context.immuta.list()).filter(({ id }) => !deleted.includes(id));
  return records.some(({ name, location: at }) => isOwnedBy(name, ownership.owner) && isSameLocation(at, location));
}

/**
 * Whether Immuta still shows an integration of this resource after a minute. An earlier Create may have left it, and a
 * list may show a deleted one for a while.
 */
export async function isPredecessorLeft(context: IntegrationContext, request: IntegrationRequest): Promise<boolean> {
  const { deadline } = context;
  const end = deadline.now() + IMMUTA_LAG_MS;
  return poll<boolean>({ deadline, waitingFor: 'what an earlier Create left' }, async () => {
    const isLeft = await isIntegrationLeft(context, request, []);
    return isLeft && deadline.now() < end ? { seen: 'an integration of this resource' } : { done: isLeft };
  });
}
