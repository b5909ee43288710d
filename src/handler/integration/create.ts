import { describeAdoption, describeConfiguration } from './adopt';
import { IntegrationContext, describeRecord } from './context';
import { computeCreationDelay, isCreationConflict } from './creation-refusal';
import { CreationState } from './creation-state';
import { deleteRecord } from './delete-record';
import { buildConfig } from './desired-state';
import { buildName, isCreatedBy, isOfGeneration, parseOwnership } from './ownership';
import { findIntegrationId, parsePhysicalId } from './physical-id';
import { waitForSteadyStatus } from './record-status';
import { deleteLocationCommand } from './registered-location';
import { CreateRequest } from './request';
import { createStatusFailure } from './status-failure';
import { toFailure, Failure, createFailure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { IMMUTA_LAG_MS } from '../immuta/lag';
import { ImmutaRefusal } from '../immuta/refusal';
import { isExplainedByConflict, isExplainedByIamPropagation } from '../immuta/validation-tests';
import { describeLocation, isSameLocation, isSamePath } from '../location';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { createIamPauses, poll, computeRemainingDelay } from '../runtime/poll';

/** Maximum time of the deletion of a failed integration. */
const DELETION_MS = 30_000;

/** A record that failed, and why. */
interface FailedRecord {
  readonly id: string;
  readonly why: Failure;
}

/**
 * Creates the integration, or resumes what an earlier run of the same event created, and waits until it is enabled.
 *
 * It sends a request to create only after a list that has no record of this event, and only until `creationEndsAt`: the
 * Delete of a cancelled Create watches no longer than that.
 *
 * @param state records what this event may have created, also if this throws
 */
export async function createIntegration(
  context: IntegrationContext,
  request: CreateRequest,
  state: CreationState,
): Promise<IntegrationRecord> {
  const { deadline, log } = context;
  const waitingFor = `the integration of ${describeLocation(request.location)} to be enabled`;
  if (context.operation.isConfirmed) {
    deadline.allowIamPropagation(IMMUTA_LAG_MS); // an event that Lambda delivered late may still be retried
  }
  let failed: FailedRecord | undefined;
  return poll<IntegrationRecord>({ deadline, waitingFor, pauses: createIamPauses() }, async ({ pauseMs }) => {
    if (failed) {
      await deleteFailed(context, request, failed);
    }
    const { id, postedAt } = await findOrCreate(context, request, state, failed);
    state.recordFound(id);
    const record = await waitForSteadyStatus(
      context,
      id,
      postedAt === undefined ? undefined : { at: postedAt, isShownBy: () => true },
    );
    if (!record) {
      await assertReplaced(context, request, state, id);
      failed = undefined;
      return { seen: `integration ${id} was replaced by another run of this event`, pauseMs };
    }
    if (record.status === 'enabled') {
      return { done: record };
    }
    const why = createStatusFailure('CREATE_FAILED', record);
    if (!(await isWorthReplacing(context, request, record, pauseMs))) {
      throw why;
    }
    log.warn('retry-create', { integrationId: id, status: record.status, delayMs: pauseMs, message: why.text });
    failed = { id, why };
    return { seen: `${why.text}. ${why.remedy}`, pauseMs };
  });
}

/**
 * Another run of the same event may have replaced a record that failed. Otherwise it was deleted outside this stack,
 * and is not created again.
 *
 * @throws Failure unless the list shows another record of this event
 */
async function assertReplaced(
  context: IntegrationContext,
  request: CreateRequest,
  state: CreationState,
  id: string,
): Promise<void> {
  if (!findOwn(await context.immuta.list(), request, id)) {
    state.recordUnexplainedConflict(); // the Delete that follows looks for a record of this event, whatever its ID
    throw createFailure('INTEGRATION_DELETED_DURING_CREATE', { id });
  }
}

/**
 * Makes room for the next record: a failed one holds the name and the path. No stack has it, so it is deleted even if
 * CloudFormation no longer waits.
 */
async function deleteFailed(
  context: IntegrationContext,
  request: CreateRequest,
  { id, why }: FailedRecord,
): Promise<void> {
  try {
    await deleteRecord({ ...context, immuta: context.immutaForCleanup }, request, id);
  } catch (error) {
    if (error instanceof OutOfTime) {
      throw error;
    }
    throw why.withDetail(`it could not be deleted either: ${toFailure(error).text}`);
  }
}

/** Whether another record may succeed: a new one, or that of a concurrent run of this event, which conflicts. */
async function isWorthReplacing(
  context: IntegrationContext,
  request: CreateRequest,
  { id, status, failedTests }: IntegrationRecord,
  pauseMs: number,
): Promise<boolean> {
  const { deadline } = context;
  if (status !== 'createError') {
    return false;
  }
  if (isExplainedByConflict(failedTests)) {
    return (await findConcurrentRecord(context, () => context.immuta.list(), request, id)) !== undefined;
  }
  return isExplainedByIamPropagation(failedTests) && isTimeToReplace(deadline, pauseMs);
}

/** Finds a record that another request of this event has created, which a list may not show for a minute. */
async function findConcurrentRecord(
  { deadline }: IntegrationContext,
  list: () => Promise<IntegrationRecord[]>,
  request: CreateRequest,
  exceptId?: string,
): Promise<IntegrationRecord | undefined> {
  const end = deadline.now() + IMMUTA_LAG_MS;
  const waitingFor = 'another record of this event';
  return poll<IntegrationRecord | undefined>({ deadline, waitingFor }, async ({ pauseMs }) => {
    const found = findOwn(await list(), request, exceptId);
    const delayMs = found ? undefined : computeRemainingDelay(deadline, pauseMs, end);
    return delayMs === undefined ? { done: found } : { seen: 'no other record of this event', pauseMs: delayMs };
  });
}

/**
 * A record is not deleted so late that the next one could not be created: it remains, with its ID, for the Delete that
 * follows.
 */
function isTimeToReplace(deadline: Deadline, delayMs: number): boolean {
  return deadline.now() + delayMs + DELETION_MS < deadline.iamPropagationEndsAt;
}

/** The record of an event. */
interface OwnRecord {
  readonly id: string;
  /** When this run created it, in milliseconds since 1970. Undefined if an earlier run did. */
  readonly postedAt?: number;
}

/**
 * Finds the record of this event, or creates it.
 *
 * @param replaced the record before, if this one replaces it. Lists may show it for a while
 */
async function findOrCreate(
  context: IntegrationContext,
  request: CreateRequest,
  state: CreationState,
  replaced?: FailedRecord,
): Promise<OwnRecord> {
  const { deadline, log } = context;
  let refusal: ImmutaRefusal | undefined;
  let conflictSince: number | undefined;
  return poll<OwnRecord>(
    { deadline, waitingFor: 'Immuta to create the integration', pauses: createIamPauses() },
    async ({ number: attempt, pauseMs }) => {
      const found = await findOrClearLocation(context, request, state, { refusal, replaced });
      if ('id' in found) {
        return { done: found };
      }
      assertConflictUnexplained(request, found.others, refusal);
      const reply = await requestCreation(context, request, state, refusal?.failure ?? replaced?.why);
      if (typeof reply === 'string') {
        return { done: { id: reply, postedAt: deadline.now() } };
      }
      conflictSince = isCreationConflict(reply) ? (conflictSince ?? deadline.now()) : undefined;
      const delayMs = computeCreationDelay(deadline, reply, {
        attempt,
        pauseMs,
        isAnswerLost: state.isAnswerLost,
        conflictSince,
      });
      if (delayMs === undefined) {
        return { done: await resolveRefusal(context, request, state, { refusal: reply, replaced }) };
      }
      refusal = reply;
      log.warn('retry-post', { attempt, delayMs, message: reply.failure.text });
      return { seen: reply.failure.text, pauseMs: delayMs };
    },
  );
}

/**
 * Lists records once more after a final refusal: a record of this event may exist all the same, or another one explains
 * the refusal.
 */
async function resolveRefusal(
  context: IntegrationContext,
  request: CreateRequest,
  state: CreationState,
  before: Before & { readonly refusal: ImmutaRefusal },
): Promise<OwnRecord> {
  const { refusal } = before;
  const found = await findOrClearLocation(context, request, state, before);
  if ('id' in found) {
    return found;
  }
  assertConflictUnexplained(request, found.others, refusal);
  if (isCreationConflict(refusal)) {
    state.recordUnexplainedConflict();
  }
  throw refusal.failure;
}

/**
 * Immuta documents that a path is unique, but not whether only within one account and Region, which matters for
 * 's3://'. So another record on the path is not refused beforehand: it explains a conflict.
 *
 * @throws Failure if it does
 */
function assertConflictUnexplained(
  { location }: CreateRequest,
  records: readonly IntegrationRecord[],
  refusal?: ImmutaRefusal,
): void {
  const other =
    refusal && isCreationConflict(refusal)
      ? records.find((record) => isSamePath(record.location.path, location.path))
      : undefined;
  if (refusal && other) {
    throw refusal.failure.withDetail(`${describeRecord(other)} is on ${describeLocation(other.location)}`);
  }
}

/** What happened before a list is read. */
interface Before {
  /** What a failing list must not hide. */
  readonly refusal?: ImmutaRefusal;
  /** What was deleted, which a list may show for a while. */
  readonly replaced?: FailedRecord;
}

/**
 * Finds the record of this event. If there is none, makes sure that its location is free.
 */
async function findOrClearLocation(
  context: IntegrationContext,
  request: CreateRequest,
  state: CreationState,
  { refusal, replaced }: Before,
): Promise<{ readonly id: string } | { readonly others: readonly IntegrationRecord[] }> {
  const records = await listRecords(context, state, refusal);
  const own = findOwn(records, request, replaced?.id);
  if (own) {
    return resumeCreation(context, own);
  }
  state.recordAbsence();
  await deletePredecessors(context, request, state, records);
  let registered = await context.findRegisteredLocation();
  if (registered?.roleArn === request.locationRoleArn) {
    // a concurrent run of this event, or a request without an answer, may have created both
    state.recordUnexplainedConflict();
    const list = () => listRecords(context, state, refusal);
    const ownSince = await findConcurrentRecord(context, list, request, replaced?.id);
    if (ownSince) {
      return resumeCreation(context, ownSince);
    }
    registered = await context.findRegisteredLocation(); // what is deleted shows for a while
  }
  if (!registered) {
    return { others: records };
  }
  throw createFailure('LOCATION_ALREADY_REGISTERED', {
    location: describeLocation(request.location),
    id: registered.id,
    role: registered.roleArn,
    command: deleteLocationCommand(request.location, registered),
  });
}

/** Finds a record that this event created, but not the one with that ID. */
function findOwn(
  records: readonly IntegrationRecord[],
  { ownership }: CreateRequest,
  exceptId?: string,
): IntegrationRecord | undefined {
  return records.find(({ id, name }) => id !== exceptId && isCreatedBy(name, ownership));
}

/** An earlier run has sent the credentials. */
async function resumeCreation(
  { credentials, log }: IntegrationContext,
  { id, status }: IntegrationRecord,
): Promise<{ readonly id: string }> {
  log.info('resume', { integrationId: id, status });
  await credentials.provide();
  return { id };
}

async function listRecords(
  { immuta }: IntegrationContext,
  { retryMs }: CreationState,
  refusal?: ImmutaRefusal,
): Promise<IntegrationRecord[]> {
  try {
    return await immuta.withRetryMs(retryMs).list();
  } catch (error) {
    throw refusal && !(error instanceof OutOfTime) ? refusal.failure : error;
  }
}

/**
 * Deletes what an earlier Create of this resource left: in `createError`, or because CloudFormation cancelled it and
 * did not roll back.
 *
 * @throws Failure if the location is taken: the record belongs to another owner, and stays
 */
async function deletePredecessors(
  context: IntegrationContext,
  request: CreateRequest,
  state: CreationState,
  records: readonly IntegrationRecord[],
): Promise<void> {
  const shortRetries = { ...context, immuta: context.immuta.withRetryMs(state.retryMs) };
  for (const record of records.filter(({ location }) => isSameLocation(location, request.location))) {
    if (!(await isCancelledPredecessor(context, request, record))) {
      assertIsFailedPredecessor(request, record);
    }
    context.log.info('delete-failed-predecessor', { integrationId: record.id, status: record.status });
    await deleteRecord(shortRetries, request, record.id);
  }
}

/**
 * Whether a Create of this resource with the same `Generation` created the record, and CloudFormation, which waits for
 * this Create, has another physical ID or none for the resource. A record that was retained has another generation.
 */
async function isCancelledPredecessor(
  { deadline, operation }: IntegrationContext,
  { generation, ownership }: CreateRequest,
  record: IntegrationRecord,
): Promise<boolean> {
  const found = parseOwnership(record.name);
  if (found?.owner !== ownership.owner || !isOfGeneration(found, generation)) {
    return false;
  }
  const current = await operation.describeResourceReliably(deadline);
  return (
    operation.isConfirmed &&
    current !== undefined &&
    findIntegrationId(parsePhysicalId(current.physicalId)) !== record.id
  );
}

/** @throws Failure unless this resource created the record, and failed to */
function assertIsFailedPredecessor(request: CreateRequest, record: IntegrationRecord): void {
  const owner = parseOwnership(record.name)?.owner;
  const values = {
    location: describeLocation(request.location),
    integration: describeRecord(record),
    configuration: describeConfiguration(record),
    adoption: describeAdoption(request, record),
  };
  if (owner === undefined) {
    throw createFailure('LOCATION_HAS_OTHER_INTEGRATION', values);
  }
  if (owner !== request.ownership.owner) {
    throw createFailure('LOCATION_HAS_INTEGRATION_OF_OTHER_OWNER', values);
  }
  if (record.status !== 'createError') {
    throw createFailure('LOCATION_HAS_RETAINED_INTEGRATION', values);
  }
}

/** Sends one request to create. Returns the ID, or why there is none. */
async function requestCreation(
  { credentials, deadline, immuta, log, operation }: IntegrationContext,
  { desired, location, ownership }: CreateRequest,
  state: CreationState,
  why?: Failure,
): Promise<string | ImmutaRefusal> {
  const name = buildName(desired.integrationName, location, ownership);
  const config = buildConfig(desired, name, await credentials.provide());
  deadline.check();
  if (deadline.now() > deadline.creationEndsAt && !operation.isConfirmed) {
    throw why ?? createFailure('CREATE_TOO_LATE', {});
  }
  state.recordRequest();
  const reply = await immuta.create(config);
  if (typeof reply === 'string') {
    log.info('posted', { integrationId: reply });
  } else {
    state.recordRefusal(reply);
  }
  return reply;
}
