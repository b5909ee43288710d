import { Context, describeRecord } from './context';
import { deleteRecord } from './delete-record';
import { assertNotInOtherTenant } from './other-tenant';
import { isCreatedBy, isOfGeneration, isOfResource, isOwnedBy, parseOwnership } from './ownership';
import { findIntegrationId, parsePhysicalId } from './physical-id';
import { findOrConfirmAbsence, getAndLog } from './polling';
import { waitForLocationRemoval } from './registered-location';
import { IntegrationRequest } from './request';
import { IntegrationRecord } from '../immuta/client';
import { isSameLocation } from '../location';
import { watchCancelledCreate } from '../protocol/cancelled-create';

/**
 * Deletes the integration, if it is ours, and everything else that this resource may have created.
 *
 * @returns the IDs of what it deleted, which lists may show for a while
 */
export async function deleteIntegration(context: Context, request: IntegrationRequest): Promise<string[]> {
  const { physicalId } = request;
  switch (physicalId.kind) {
    case 'none':
      return [];
    case 'adopted':
      context.log.info('keep-adopted-integration', { integrationId: physicalId.integrationId });
      return (await deleteSuccessors(context, request, physicalId.integrationId)).deleted;
    case 'integration':
      return deleteOwn(context, request, physicalId.integrationId);
    case 'unknown':
      return deleteUnidentified(context, request, physicalId.createdBy);
  }
}

async function deleteOwn(context: Context, request: IntegrationRequest, id: string): Promise<string[]> {
  const record = await findOrConfirmAbsence(context, `integration ${id}`, () => getAndLog(context, id));
  if (record && !isSameLocation(record.location, request.location)) {
    context.log.warn('keep-integration', {
      integrationId: id,
      message: `${describeRecord(record)} is not on the path, account and Region of this resource`,
    });
  } else if (record) {
    await deleteRecord(context, request, id);
  } else {
    await assertNotInOtherTenant(context, request);
  }
  const { deleted, others } = await deleteSuccessors(context, request, id);
  if (!others.some(({ location }) => isSameLocation(location, request.location))) {
    await waitForLocationRemoval(context, request);
  }
  return [id, ...deleted];
}

/**
 * Deletes what an Update created that found the integration gone: the physical ID is still that of the first one. What
 * a later Create created is not deleted: after a failure that was not rolled back, it may come before the Delete of
 * what failed.
 */
async function deleteSuccessors(context: Context, request: IntegrationRequest, id: string): Promise<Successors> {
  const records = (await context.immuta.list()).filter((record) => record.id !== id);
  const ours = records.filter((record) => isOurs(request, record));
  const generations = ours.length > 0 ? await listGenerations(context, request) : [];
  const successors = ours.filter((record) =>
    generations.some((generation) => isOfGeneration(parseOwnership(record.name)!, generation)),
  );
  for (const successor of successors) {
    await deleteRecord(context, request, successor.id);
  }
  return {
    deleted: successors.map((successor) => successor.id),
    others: records.filter((record) => !successors.includes(record)),
  };
}

interface Successors {
  readonly deleted: string[];
  /** The other records. */
  readonly others: IntegrationRecord[];
}

/**
 * Returns the generations of what this resource created: what an Update recreated and, as long as the stack has no
 * other physical ID for the resource, what another run of its Create created.
 */
async function listGenerations(
  { operation }: Context,
  { generation, physicalId }: IntegrationRequest,
): Promise<string[]> {
  return generation && (await operation.findPhysicalId()) === physicalId.text
    ? [physicalId.text, generation]
    : [physicalId.text];
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
): Promise<string[]> {
  const { immuta, deadline, log, operation } = context;
  const deleted = new Set<string>();
  const unproven = new Set<string>();
  const current = await operation.findPhysicalId();
  const isFirstDeployment = await operation.isFirstDeployment();
  await watchCancelledCreate(deadline, async ({ isFirst }) => {
    for (const record of (await immuta.list()).filter((each) => isOurs(request, each) && !unproven.has(each.id))) {
      if (
        !isOfCurrent(request, record, current) &&
        isOfCreate(request, record, createdBy, isFirst && !isFirstDeployment)
      ) {
        log.info('delete-unidentified', { integrationId: record.id, status: record.status });
        await deleteRecord(context, request, record.id);
        deleted.add(record.id);
      } else {
        log.warn('keep-integration', {
          integrationId: record.id,
          message: `${describeRecord(record)} may be one that was retained`,
        });
        unproven.add(record.id);
      }
    }
  });
  return [...deleted];
}

/**
 * Whether the stack has the record under another physical ID: a later Create succeeded before the Delete of one that
 * failed.
 */
function isOfCurrent(
  { physicalId }: IntegrationRequest,
  record: IntegrationRecord,
  current: string | undefined,
): boolean {
  return (
    current !== undefined &&
    current !== physicalId.text &&
    (findIntegrationId(parsePhysicalId(current)) === record.id || isOfGeneration(parseOwnership(record.name)!, current))
  );
}

/**
 * Whether the Create that this Delete follows created the record: it may also have been created before and
 * retained, so that it conflicted with that Create.
 *
 * A Create that responded says which. Of a cancelled one only the `Generation` is known. Resources without a role or
 * policy of their own have none: then only a record that did not exist or was not complete when the Delete began is
 * proof, unless the stack is so new that nothing can have been retained.
 *
 * @param mayBeRetained whether a record that is complete may have been retained before
 */
function isOfCreate(
  { generation, physicalId }: IntegrationRequest,
  record: IntegrationRecord,
  createdBy: string | undefined,
  mayBeRetained: boolean,
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
  return !mayBeRetained || ['creating', 'createError', 'deleting'].includes(record.status);
}

/**
 * Deletes what this Create created, if CloudFormation no longer waits for it and has not taken it into the stack: its
 * Delete may have come before, or cannot tell it from an integration that was retained.
 */
export async function deleteAbandoned(context: Context, request: IntegrationRequest): Promise<void> {
  const { finalState } = context.operation;
  if (!finalState) {
    return;
  }
  const live = findIntegrationId(parsePhysicalId(finalState.physicalId));
  const records = await context.immuta.list();
  for (const { id } of records.filter(({ name }) => isCreatedBy(name, request.ownership))) {
    if (id !== live) {
      context.log.warn('delete-abandoned', { integrationId: id });
      await deleteRecord({ ...context, immuta: context.immutaForCleanup }, request, id);
    }
  }
}

/**
 * Whether Immuta has the adopted integration, or one of this resource: a later Create may have succeeded before the
 * Delete of one that failed.
 */
export async function isIntegrationLeft(
  context: Context,
  { location, ownership, physicalId }: IntegrationRequest,
  deleted: readonly string[],
): Promise<boolean> {
  if (physicalId.kind === 'adopted') {
    return (await getAndLog(context, physicalId.integrationId)) !== undefined;
  }
  const records = (await context.immuta.list()).filter(({ id }) => !deleted.includes(id));
  return records.some(({ name, location: at }) => isOwnedBy(name, ownership.owner) && isSameLocation(at, location));
}

/** Without its ID, a record is ours by its name, and only on the path and with the role of this resource. */
function isOurs(request: IntegrationRequest, record: IntegrationRecord): boolean {
  const { location, locationRoleArn } = request;
  return (
    isOfResource(record.name, request) &&
    isSameLocation(record.location, location) &&
    record.locationRoleArn === locationRoleArn
  );
}
