import { adoptedName, assertAdoptionUnchanged } from './adopt';
import { Context, describeRecord } from './context';
import { createIntegration } from './create';
import { CreationState } from './creation-state';
import { configOf, diff, isAsDesired } from './desired-state';
import { assertNotInOtherTenant } from './other-tenant';
import { buildName, isCreatedBy, isOfGeneration, isOwnedBy, parseOwnership } from './ownership';
import { integrationIdOf } from './physical-id';
import { getAndLog, sendOnceAllowed, waitForSteadyStatus } from './polling';
import { waitForLocationRole } from './registered-location';
import { UpdateRequest } from './request';
import { statusFailure } from './status-failure';
import { Failure, failure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { ImmutaRefusal } from '../immuta/refusal';
import { isInPlace } from '../immuta/status';
import { isExplainedByIamPropagation } from '../immuta/validation-tests';
import { describeLocation, sameLocation } from '../location';
import { iamPauses, poll, remainingDelay } from '../runtime/poll';

/** A change that was accepted is not always visible at once. */
const VISIBLE_MS = 30_000;

/**
 * Updates the integration, if it is not as desired. Rollbacks end in the same way: then the record is still, or again,
 * as desired.
 *
 * @param state records what this event may have created, also if this throws
 */
export async function updateIntegration(
  context: Context,
  request: UpdateRequest,
  state: CreationState,
): Promise<IntegrationRecord> {
  const { desired, ownership, previous } = request;
  assertAdoptionUnchanged(request);
  const found = await findRecord(context, request);
  if (!found) {
    return recreateIntegration(context, request, state);
  }
  if (isCreatedBy(found.name, ownership)) {
    return createIntegration(context, request, state); // an earlier run of this event created it
  }
  if (previous.isOnlyNeutralChanged) {
    return found; // read for its name and ID only
  }
  const record = await waitForSteadyStatus(context, found.id);
  if (!record || isFailedSuccessor(request, record)) {
    return recreateIntegration(context, request, state);
  }
  if (!isInPlace(record.status)) {
    throw statusFailure('UPDATE_NOT_POSSIBLE', record);
  }
  const name = desiredName(request, record);
  const isUpToDate = isAsDesired(record, desired, name) && !previous.isInvisibleChanged;
  const updated = isUpToDate ? record : await updateRecord(context, request, record, name);
  if (updated && previous.locationRoleArn !== desired.locationRoleArn) {
    await waitForLocationRole(context, request.location, desired.locationRoleArn);
  }
  return updated ?? recreateIntegration(context, request, state);
}

/**
 * Finds the record by its ID, or by its ownership and path: an Update may have recreated it, and the physical ID never
 * changes.
 */
async function findRecord(context: Context, request: UpdateRequest): Promise<IntegrationRecord | undefined> {
  const {
    location,
    ownership: { owner },
    physicalId,
    previous,
    tenantUrl,
  } = request;
  const id = integrationIdOf(physicalId);
  // an ID of another tenant says nothing in this one, but an adopted record is known by nothing else
  if (id !== undefined && (physicalId.kind === 'adopted' || previous.tenantUrl === tenantUrl)) {
    const record = await getAndLog(context, id);
    if (record && sameLocation(record.location, location)) {
      return record;
    }
    if (record && isOwnedBy(record.name, owner)) {
      throw locationChanged(request, `${describeRecord(record)} is on ${describeLocation(record.location)}`);
    }
  }
  return (await context.immuta.list()).find(
    (record) => isOwnedBy(record.name, owner) && sameLocation(record.location, location),
  );
}

/**
 * Whether an earlier Update failed to recreate the record: the rollback of that Update replaces it, as it is of no use.
 */
function isFailedSuccessor(
  { ownership: { owner }, physicalId }: UpdateRequest,
  { status, name }: IntegrationRecord,
): boolean {
  return status === 'createError' && isOwnedBy(name, owner) && isOfGeneration(parseOwnership(name)!, physicalId.text);
}

async function recreateIntegration(
  context: Context,
  request: UpdateRequest,
  state: CreationState,
): Promise<IntegrationRecord> {
  const { location, previous } = request;
  if (!sameLocation(previous.location, location)) {
    throw locationChanged(request, `the integration was on ${describeLocation(previous.location)}`);
  }
  await assertNotInOtherTenant(context, request);
  context.log.warn('recreate', { message: 'the integration is gone' });
  return createIntegration(context, request, state);
}

/**
 * Only a read comes before this. It is necessary: if CloudFormation rolls such an Update back, it sends the same
 * difference the other way round, and the record is where it should be.
 */
function locationChanged({ location }: UpdateRequest, current: string): Failure {
  return failure('LOCATION_CHANGED', { current, wanted: describeLocation(location) });
}

/**
 * Returns the name that a record is to have: with its ownership, or with ours if it was renamed. An adopted one has a
 * name of its own.
 */
function desiredName(request: UpdateRequest, record: IntegrationRecord): string {
  const { desired, location, ownership, physicalId } = request;
  if (physicalId.kind === 'adopted' && physicalId.integrationId === record.id) {
    return adoptedName(request, record);
  }
  return buildName(
    desired.integrationName,
    location,
    isOwnedBy(record.name, ownership.owner) ? parseOwnership(record.name)! : ownership,
  );
}

/** Sends the whole configuration and waits until it is in effect. Undefined if the integration is gone. */
async function updateRecord(
  context: Context,
  request: UpdateRequest,
  before: IntegrationRecord,
  name: string,
): Promise<IntegrationRecord | undefined> {
  const { deadline, log } = context;
  const waitingFor = `integration ${before.id} to be updated`;
  return poll<IntegrationRecord | undefined>(
    { deadline, waitingFor, pauses: iamPauses() },
    async ({ number: attempt, pauseMs }) => {
      const refusal = await requestUpdate(context, request, before.id, name);
      const record = refusal ? undefined : await waitForUpdate(context, request, before, name);
      if (refusal === 'gone' || (!refusal && (!record || record.status === 'enabled'))) {
        return { done: record };
      }
      const why = refusal ? refusal.failure : updateFailure(record!);
      const isIam = refusal
        ? refusal.kind === 'iam'
        : record!.status === 'editError' && isExplainedByIamPropagation(record!.failedTests);
      const delayMs = isIam ? remainingDelay(deadline, pauseMs, deadline.iamPropagationEndsAt) : undefined;
      if (delayMs === undefined) {
        throw why;
      }
      log.warn('retry-update', { integrationId: before.id, attempt, delayMs, message: why.text });
      return { seen: why.text, pauseMs: delayMs };
    },
  );
}

/** Sends one request to update, once the status allows that. Undefined if it was accepted. */
async function requestUpdate(
  context: Context,
  { desired }: UpdateRequest,
  id: string,
  name: string,
): Promise<ImmutaRefusal | 'gone' | undefined> {
  const { credentials, immuta, log } = context;
  const { outcome, refusal } = await sendOnceAllowed(context, id, () => {
    log.info('update', { integrationId: id });
    return immuta.update(id, async () => configOf(desired, name, await credentials.forRequest()));
  });
  if (outcome === 'gone' || (outcome === 'deleting' && !(await waitForSteadyStatus(context, id)))) {
    return 'gone';
  }
  return refusal;
}

/**
 * Waits until the integration has a steady status again, and shows what was sent.
 *
 * @throws Failure if it is enabled and does not show that: Immuta ignores a field, and another request would not change
 * that
 */
async function waitForUpdate(
  context: Context,
  request: UpdateRequest,
  before: IntegrationRecord,
  name: string,
): Promise<IntegrationRecord | undefined> {
  const { credentials, deadline } = context;
  const visibleUntil = deadline.now() + VISIBLE_MS;
  const waitingFor = `integration ${before.id} to show the update`;
  return poll<IntegrationRecord | undefined>({ deadline, waitingFor }, async () => {
    const record = await waitForSteadyStatus(context, before.id);
    const ignored =
      record?.status === 'enabled' ? ignoredFields(request, before, record, name, credentials.isShownBy(record)) : [];
    if (ignored.length === 0) {
      return { done: record };
    }
    const fields = ignored.map((field) => `'${field}'`).join(', ');
    if (deadline.now() > visibleUntil) {
      throw failure('UPDATE_IGNORED', { id: before.id, fields });
    }
    return { seen: `it does not show ${fields} yet` };
  });
}

/** An Immuta that has never shown the role that it assumes may have it all the same. */
function ignoredFields(
  { desired, previous }: UpdateRequest,
  before: IntegrationRecord,
  record: IntegrationRecord,
  name: string,
  isKeyShown: boolean,
): string[] {
  const isRoleHidden = !record.roleToAssumeArn && !before.roleToAssumeArn && previous.roleToAssumeArn !== undefined;
  const ignored = diff(record, desired, name).filter((field) => !(field === 'awsRoleToAssume' && isRoleHidden));
  // another key than before is of a run that came after ours
  return record.accessKeyId === before.accessKeyId && !isKeyShown ? [...ignored, 'awsAccessKeyId'] : ignored;
}

function updateFailure(record: IntegrationRecord): Failure {
  return statusFailure(
    'UPDATE_FAILED',
    record,
    `${record.status === 'editError' ? 'Immuta has restored the previous configuration. ' : ''}Then try again`,
  );
}
