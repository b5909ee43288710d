import { chooseAdoptedName, assertAdoptionUnchanged } from './adopt';
import { IntegrationContext, describeRecord } from './context';
import { createIntegration } from './create';
import { CreationState } from './creation-state';
import { buildConfig, diff, isAsDesired } from './desired-state';
import { assertNotInOtherTenant, isInCalledTenant, isRegistered } from './other-tenant';
import { buildName, isCreatedBy, isOfGeneration, isOfResource, isOwnedBy, parseOwnership } from './ownership';
import { findIntegrationId } from './physical-id';
import { findOrConfirmAbsence, readRecord, sendOnceAllowed, waitForSteadyStatus, Write } from './record-status';
import { waitForLocationRole } from './registered-location';
import { UpdateRequest } from './request';
import { createStatusFailure } from './status-failure';
import { ManagedAccessKey } from '../access-keys/managed-access-key';
import { Failure, createFailure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { ImmutaRefusal } from '../immuta/refusal';
import { isComplete, isInPlace, isSteady } from '../immuta/status';
import { isExplainedByIamPropagation } from '../immuta/validation-tests';
import { describeLocation, isSameLocation } from '../location';
import { createIamPauses, poll, computeRemainingDelay } from '../runtime/poll';

/**
 * Updates the integration, if it is not as desired. Rollbacks end in the same way: then the record is still, or again,
 * as desired.
 *
 * @param state records what this event may have created, also if this throws
 */
export async function updateIntegration(
  context: IntegrationContext,
  request: UpdateRequest,
  state: CreationState,
): Promise<IntegrationRecord> {
  const { desired, ownership, previous } = request;
  assertAdoptionUnchanged(request);
  const found = await findSettledRecord(context, request);
  if (!found) {
    return recreateIntegration(context, request, state);
  }
  // an earlier run of this event recreated it, unless it is the first one, which was renamed and got our name then
  if (found.id !== findIntegrationId(request.physicalId) && isCreatedBy(found.name, ownership)) {
    return createIntegration(context, request, state);
  }
  if (previous.isOnlyNeutralChanged && isComplete(found.status)) {
    return found; // read for its name and ID only
  }
  const record = await waitForSteadyStatus(
    context,
    found.id,
    state.updatedAt === undefined ? undefined : { at: state.updatedAt },
  );
  if (!record) {
    throw createFailure('INTEGRATION_DELETED_DURING_UPDATE', { id: found.id });
  }
  if (isFailedSuccessor(request, record)) {
    return recreateIntegration(context, request, state);
  }
  // the documented repair of a failed creation is an update
  if (!isInPlace(record.status) && record.status !== 'createError') {
    throw createStatusFailure('UPDATE_NOT_POSSIBLE', record);
  }
  const current = await waitForLateChange(context, request, record);
  const updated = isUpToDate(request, current)
    ? current
    : await updateRecord(context, request, state, current, isSteady(found.status));
  if (previous.locationRoleArn !== desired.locationRoleArn) {
    await waitForLocationRole(context, request.location, desired.locationRoleArn);
  }
  return updated;
}

/** Whether a record needs no update, as far as it shows that. */
function isUpToDate(request: UpdateRequest, record: IntegrationRecord): boolean {
  const { desired, previous } = request;
  const name = chooseName(request, record);
  return isInPlace(record.status) && isAsDesired(record, desired, name) && !previous.isInvisibleChanged;
}

/**
 * Waits whether a record that is as desired changes, for a minute after the event was sent: if this Update rolls back
 * another one, reads may not show yet what that one has written.
 */
async function waitForLateChange(
  context: IntegrationContext,
  request: UpdateRequest,
  record: IntegrationRecord,
): Promise<IntegrationRecord> {
  const { deadline, operation } = context;
  const { id } = record;
  if (!isUpToDate(request, record)) {
    return record;
  }
  return poll<IntegrationRecord>({ deadline, waitingFor: `integration ${id} to remain as it is` }, async () => {
    const isSettled = operation.isSettled; // before the read
    const current = await waitForSteadyStatus(context, id);
    if (!current) {
      throw createFailure('INTEGRATION_DELETED_DURING_UPDATE', { id });
    }
    return isSettled || !isUpToDate(request, current) ? { done: current } : { seen: 'no change' };
  });
}

/**
 * Finds the record. If this Update rolls back another one, that one may have recreated it just before, which reads may
 * not show until a minute after the event.
 */
async function findSettledRecord(
  context: IntegrationContext,
  request: UpdateRequest,
): Promise<IntegrationRecord | undefined> {
  const { deadline, operation } = context;
  const find = () => findRecord(context, request);
  const found = await findOrConfirmAbsence(context, 'the integration', find);
  if (found || operation.isSettled) {
    return found;
  }
  await operation.waitUntilSettled(deadline);
  return find();
}

/**
 * Finds the record by its ID, or by its ownership and path: an Update may have recreated it, and the physical ID never
 * changes.
 */
async function findRecord(context: IntegrationContext, request: UpdateRequest): Promise<IntegrationRecord | undefined> {
  const { location, physicalId } = request;
  const id = findIntegrationId(physicalId);
  // an adopted record is known by nothing but its ID
  if (id !== undefined && (physicalId.kind === 'adopted' || isInCalledTenant(context, request))) {
    const record = await readRecord(context, id);
    if (record && isSameLocation(record.location, location)) {
      return record;
    }
    if (record && isOwnedBy(record.name, request.ownership.owner)) {
      throw createLocationFailure(request, `${describeRecord(record)} is on ${describeLocation(record.location)}`);
    }
  }
  return (await context.immuta.list()).find(
    (record) => isOfResource(record.name, request) && isSameLocation(record.location, location),
  );
}

/**
 * Whether an earlier Update failed to recreate the record: the rollback of that Update replaces it.
 */
function isFailedSuccessor({ physicalId }: UpdateRequest, { status, name }: IntegrationRecord): boolean {
  const ownership = parseOwnership(name);
  return status === 'createError' && ownership !== undefined && isOfGeneration(ownership, physicalId.text);
}

async function recreateIntegration(
  context: IntegrationContext,
  request: UpdateRequest,
  state: CreationState,
): Promise<IntegrationRecord> {
  const { location, previous } = request;
  if (!isSameLocation(previous.location, location)) {
    throw createLocationFailure(request, `the integration was on ${describeLocation(previous.location)}`);
  }
  await assertNotInOtherTenant(context, request);
  context.log.warn('recreate', { message: 'the integration is gone' });
  return createIntegration(context, request, state);
}

/**
 * Only a read comes before this. It is necessary: if CloudFormation rolls such an Update back, it sends the same
 * difference the other way round, and the record is where it should be.
 */
function createLocationFailure({ location }: UpdateRequest, current: string): Failure {
  return createFailure('LOCATION_CHANGED', { current, desired: describeLocation(location) });
}

/**
 * Returns the name that a record is to have: with its ownership, or with ours if it was renamed. An adopted one has a
 * name of its own.
 */
function chooseName(request: UpdateRequest, record: IntegrationRecord): string {
  const { desired, location, ownership, physicalId } = request;
  if (physicalId.kind === 'adopted' && physicalId.integrationId === record.id) {
    return chooseAdoptedName(request, record);
  }
  return buildName(desired.integrationName, location, parseOwnership(record.name) ?? ownership);
}

/**
 * Whether Immuta may hold a managed key, now or after a request that is under way. Only a steady status that is later
 * than every request is evidence.
 */
export async function canHoldKey(
  context: IntegrationContext,
  request: UpdateRequest,
  { updateSentAt = -Infinity }: CreationState,
  key: ManagedAccessKey,
): Promise<boolean> {
  const { deadline } = context;
  await deadline.sleep(Math.max(0, updateSentAt + IMMUTA_LAG_MS - deadline.now()));
  const record = await findOrConfirmAbsence(context, 'the integration', () => findRecord(context, request));
  if (!record) {
    return isRegistered(context, request); // it may be in another tenant, or not shown to this API key
  }
  return !isSteady(record.status) || (record.authenticationType === 'accessKey' && key.isHeldBy(record));
}

/** What became of an update that Immuta accepted. */
interface Updated {
  readonly record: IntegrationRecord;
  /** The fields that do not show what was sent, in the words of Immuta's configuration. */
  readonly ignored: readonly string[];
}

/**
 * Sends the whole configuration and waits until it is in effect.
 *
 * If another change took more time than is left, this one would probably not end in time. It is not sent: a rollback,
 * which has the whole `timeout`, should not have to wait for it.
 *
 * @param before the record, in a steady status
 * @param wasSteady whether it had a steady status when this invocation began
 */
async function updateRecord(
  context: IntegrationContext,
  request: UpdateRequest,
  state: CreationState,
  before: IntegrationRecord,
  wasSteady: boolean,
): Promise<IntegrationRecord> {
  const { deadline, log } = context;
  const { id } = before;
  const name = chooseName(request, before);
  if (!wasSteady && state.updatedAt === undefined && deadline.isMoreThanHalfOver) {
    throw createFailure('UPDATE_TOO_LATE', { id });
  }
  const waitingFor = `integration ${id} to be updated`;
  return poll<IntegrationRecord>(
    { deadline, waitingFor, pauses: createIamPauses() },
    async ({ number: attempt, pauseMs }) => {
      const isSent = attempt === 1 && state.updatedAt !== undefined; // by an earlier invocation of this event
      const refusal = isSent ? await resumeUpdate(context) : await requestUpdate(context, request, state, before, name);
      const updated = refusal ? undefined : await waitForUpdate(context, request, state, before, name);
      if (updated?.record.status === 'enabled' && updated.ignored.length === 0) {
        return { done: updated.record };
      }
      const why = refusal?.failure ?? createUpdateFailure(updated!);
      const hasTime = refusal !== undefined || !deadline.isMoreThanHalfOver;
      const delayMs = hasTime && isWorthRetrying(before, attempt, refusal, updated)
        ? computeRemainingDelay(deadline, pauseMs, deadline.iamPropagationEndsAt)
        : undefined;
      if (delayMs === undefined) {
        throw why;
      }
      log.warn('retry-update', { integrationId: id, attempt, delayMs, message: why.text });
      return { seen: why.text, pauseMs: delayMs };
    },
  );
}

/** Resumes, without a request, what an earlier invocation has sent. Its access key is the pending one. */
async function resumeUpdate({ credentials }: IntegrationContext): Promise<undefined> {
  await credentials.provide();
}

/**
 * Whether to send the update again. IAM may propagate its changes meanwhile. Fields that look ignored may be those of a
 * cancelled operation that wrote after ours, so they are sent once more.
 */
function isWorthRetrying(
  before: IntegrationRecord,
  attempt: number,
  refusal?: ImmutaRefusal,
  updated?: Updated,
): boolean {
  if (refusal) {
    return refusal.kind === 'iam';
  }
  const { record, ignored } = updated!;
  if (ignored.length > 0) {
    return attempt === 1;
  }
  return (
    (record.status === 'editError' || (record.status === 'createError' && before.status === 'createError')) &&
    isExplainedByIamPropagation(record.failedTests)
  );
}

/**
 * Sends one request to update, once the status allows that. Undefined if it was accepted.
 *
 * @throws Failure if the integration is gone: its deletion may be intended
 */
async function requestUpdate(
  context: IntegrationContext,
  { desired }: UpdateRequest,
  state: CreationState,
  before: IntegrationRecord,
  name: string,
): Promise<ImmutaRefusal | undefined> {
  const { credentials, deadline, immuta, log } = context;
  const { id } = before;
  const { updateSentAt } = state;
  let sent = 0;
  const {
    outcome,
    refusal,
    status = '',
  } = await sendOnceAllowed(context, id, () => {
    log.info('update', { integrationId: id });
    sent = 0;
    return immuta.update(id, async () => {
      const key = await credentials.provide();
      sent += 1;
      state.updateSentAt = deadline.now();
      return buildConfig(desired, name, key);
    });
  });
  if (refusal && !refusal.isAnswerLost) {
    state.updateSentAt = updateSentAt;
  }
  if (outcome === 'gone' || (outcome === 'deleting' && !(await waitForSteadyStatus(context, id)))) {
    throw createFailure('INTEGRATION_DELETED_DURING_UPDATE', { id });
  }
  if (refusal) {
    if (refusal.kind === 'conflict' && before.status === 'createError') {
      throw createStatusFailure('UPDATE_NOT_POSSIBLE', before); // this Immuta repairs no failed creation
    }
    return explainRefusal(refusal);
  }
  state.isUpdateRepeated = sent > 1;
  state.updatedAt = deadline.now();
  state.updatedStatus = isSteady(status) ? status : undefined; // it is the one after the update
  return undefined;
}

/** Explains a refusal in which Immuta names attributes that it cannot change in place. */
function explainRefusal(refusal: ImmutaRefusal): ImmutaRefusal {
  return refusal.status === 400 && /non-editable/i.test(refusal.failure.text)
    ? { ...refusal, failure: createFailure('ATTRIBUTE_NOT_EDITABLE', { cause: refusal.failure.text }) }
    : refusal;
}

/**
 * Waits until the integration has a steady status again, and shows what was sent: for a minute, reads may show the
 * state before.
 *
 * @throws Failure if the integration is gone
 */
async function waitForUpdate(
  context: IntegrationContext,
  request: UpdateRequest,
  state: CreationState,
  before: IntegrationRecord,
  name: string,
): Promise<Updated> {
  const { credentials, deadline } = context;
  const { desired } = request;
  const isDifferent = !isAsDesired(before, desired, name) && !state.isUpdateRepeated;
  const write: Write = {
    at: state.updatedAt!,
    isShownBy: (record) =>
      state.updatedStatus === undefined
        ? isDifferent && isAsDesired(record, desired, name)
        : record.status === state.updatedStatus,
  };
  const waitingFor = `integration ${before.id} to show the update`;
  return poll<Updated>({ deadline, waitingFor }, async () => {
    const record = await waitForSteadyStatus(context, before.id, write);
    if (!record) {
      throw createFailure('INTEGRATION_DELETED_DURING_UPDATE', { id: before.id });
    }
    const ignored =
      record.status === 'enabled'
        ? listIgnoredFields(request, before, record, name, credentials.isShownBy(record))
        : [];
    return ignored.length === 0 || deadline.now() >= write.at + IMMUTA_LAG_MS
      ? { done: { record, ignored } }
      : { seen: `it does not show ${quoteFields(ignored)} yet` };
  });
}

function createUpdateFailure({ record, ignored }: Updated): Failure {
  return ignored.length > 0
    ? createFailure('UPDATE_IGNORED', { id: record.id, fields: quoteFields(ignored) })
    : createEditFailure(record);
}

function quoteFields(fields: readonly string[]): string {
  return fields.map((field) => `'${field}'`).join(', ');
}

/** An Immuta that has never shown the role that it assumes may have it all the same. */
function listIgnoredFields(
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

function createEditFailure(record: IntegrationRecord): Failure {
  return createStatusFailure(
    'UPDATE_FAILED',
    record,
    `${record.status === 'editError' ? 'Immuta has restored the previous configuration. ' : ''}Then try again`,
  );
}
