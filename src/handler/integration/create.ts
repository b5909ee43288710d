import { adoptionHint, describeConfiguration } from './adopt';
import { Context, describeRecord } from './context';
import { CreationState } from './creation-state';
import { deleteRecord } from './delete-record';
import { configOf } from './desired-state';
import { buildName, isCreatedBy, parseOwnership } from './ownership';
import { waitForSteadyStatus } from './polling';
import { deleteLocationCommand } from './registered-location';
import { CreateRequest } from './request';
import { statusFailure } from './status-failure';
import { asFailure, Failure, failure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { ImmutaRefusal } from '../immuta/refusal';
import { backoffDelay } from '../immuta/retry';
import { isExplainedByIamPropagation } from '../immuta/validation-tests';
import { describeLocation, sameLocation, samePath } from '../location';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { iamPauses, poll, remainingDelay } from '../runtime/poll';

/** The deletion of a failed integration may take so long. */
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
  context: Context,
  request: CreateRequest,
  state: CreationState,
): Promise<IntegrationRecord> {
  const { deadline, log } = context;
  const waitingFor = `the integration of ${describeLocation(request.location)} to be enabled`;
  let failed: FailedRecord | undefined;
  return poll<IntegrationRecord>({ deadline, waitingFor, pauses: iamPauses() }, async ({ pauseMs }) => {
    if (failed) {
      await deleteFailed(context, request, failed);
    }
    const id = await findOrCreate(context, request, state, failed?.why);
    state.recordFound(id);
    const record = await waitForSteadyStatus(context, id);
    if (!record) {
      throw failure('INTEGRATION_DELETED_DURING_CREATE', { id });
    }
    if (record.status === 'enabled') {
      return { done: record };
    }
    const why = statusFailure('CREATE_FAILED', record);
    if (
      record.status !== 'createError' ||
      !isExplainedByIamPropagation(record.failedTests) ||
      !isTimeToReplace(deadline, pauseMs)
    ) {
      throw why;
    }
    log.warn('retry-create', { integrationId: id, status: record.status, delayMs: pauseMs, message: why.text });
    failed = { id, why };
    return { seen: `${why.text}. ${why.remedy}`, pauseMs };
  });
}

/** Makes room for the next record: a failed one holds the name and the path. */
async function deleteFailed(context: Context, request: CreateRequest, { id, why }: FailedRecord): Promise<void> {
  try {
    await deleteRecord(context, request, id);
  } catch (error) {
    if (error instanceof OutOfTime) {
      throw error;
    }
    throw why.withDetail(`it could not be deleted either: ${asFailure(error).text}`);
  }
}

/**
 * A record is not deleted so late that the next one could not be created: it remains, with its ID, for the Delete that
 * follows.
 */
function isTimeToReplace(deadline: Deadline, delayMs: number): boolean {
  return deadline.now() + delayMs + DELETION_MS < deadline.iamPropagationEndsAt;
}

/**
 * Returns the ID of the record of this event.
 *
 * @param why why the record before failed, if this one replaces it
 */
async function findOrCreate(
  context: Context,
  request: CreateRequest,
  state: CreationState,
  why?: Failure,
): Promise<string> {
  const { deadline, log } = context;
  let refusal: ImmutaRefusal | undefined;
  return poll<string>(
    { deadline, waitingFor: 'Immuta to create the integration', pauses: iamPauses() },
    async ({ number: attempt, pauseMs }) => {
      const found = await findOrClearLocation(context, request, state, refusal);
      if ('id' in found) {
        return { done: found.id };
      }
      const reply = await requestCreation(context, request, state, refusal?.failure ?? why);
      if (typeof reply === 'string') {
        return { done: reply };
      }
      const delayMs = delayBeforeRetry(deadline, reply, { attempt, pauseMs, isAnswerLost: state.isAnswerLost });
      if (delayMs === undefined) {
        return { done: await resolveRefusal(context, request, state, reply) };
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
  context: Context,
  request: CreateRequest,
  state: CreationState,
  refusal: ImmutaRefusal,
): Promise<string> {
  const found = await findOrClearLocation(context, request, state, refusal);
  if ('id' in found) {
    return found.id;
  }
  // not refused beforehand: Immuta documents that a path is unique, but not whether only within one account and Region,
  // which matters for 's3://'
  const other =
    refusal.kind === 'conflict'
      ? found.others.find(({ location }) => samePath(location.path, request.location.path))
      : undefined;
  throw refusal.failure.withDetail(other ? `${describeRecord(other)} is on ${describeLocation(other.location)}` : '');
}

/**
 * Finds the record of this event. If there is none, makes sure that its location is free.
 *
 * @param refusal what a failing list must not hide
 */
async function findOrClearLocation(
  context: Context,
  request: CreateRequest,
  state: CreationState,
  refusal?: ImmutaRefusal,
): Promise<{ readonly id: string } | { readonly others: readonly IntegrationRecord[] }> {
  const records = await listRecords(context, state, refusal);
  const own = records.find(({ name }) => isCreatedBy(name, request.ownership));
  if (own) {
    context.log.info('resume', { integrationId: own.id, status: own.status });
    await context.credentials.forRequest(); // an earlier run has sent them
    return { id: own.id };
  }
  state.recordAbsence();
  await clearLocation(context, request, state, records);
  return { others: records };
}

async function listRecords(
  { immuta }: Context,
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
 * Deletes what an earlier Create of this resource left in `createError`.
 *
 * @throws Failure if the location is taken: the record or the registered location belongs to another owner, and stays
 * as it is
 */
async function clearLocation(
  context: Context,
  request: CreateRequest,
  state: CreationState,
  records: readonly IntegrationRecord[],
): Promise<void> {
  const hasty = { ...context, immuta: context.immuta.withRetryMs(state.retryMs) };
  for (const record of records.filter(({ location }) => sameLocation(location, request.location))) {
    assertIsFailedPredecessor(request, record);
    context.log.info('delete-failed-predecessor', { integrationId: record.id, status: record.status });
    await deleteRecord(hasty, request, record.id);
  }
  const registered = await context.findRegisteredLocation();
  if (registered) {
    throw failure('LOCATION_ALREADY_REGISTERED', {
      location: describeLocation(request.location),
      id: registered.id,
      role: registered.roleArn,
      command: deleteLocationCommand(request.location, registered),
    });
  }
}

/** @throws Failure unless this resource created the record, and failed to */
function assertIsFailedPredecessor(request: CreateRequest, record: IntegrationRecord): void {
  const owner = parseOwnership(record.name)?.owner;
  const values = {
    location: describeLocation(request.location),
    integration: describeRecord(record),
    configuration: describeConfiguration(record),
    adoption: adoptionHint(request, record),
  };
  if (owner === undefined) {
    throw failure('LOCATION_HAS_OTHER_INTEGRATION', values);
  }
  if (owner !== request.ownership.owner) {
    throw failure('LOCATION_HAS_INTEGRATION_OF_OTHER_OWNER', values);
  }
  if (record.status !== 'createError') {
    throw failure('LOCATION_HAS_RETAINED_INTEGRATION', values);
  }
}

/** Sends one request to create. Returns the ID, or why there is none. */
async function requestCreation(
  { credentials, deadline, immuta, log }: Context,
  { desired, location, ownership }: CreateRequest,
  state: CreationState,
  why?: Failure,
): Promise<string | ImmutaRefusal> {
  const name = buildName(desired.integrationName, location, ownership);
  const config = configOf(desired, name, await credentials.forRequest());
  deadline.check();
  if (deadline.now() > deadline.creationEndsAt) {
    throw why ?? failure('CREATE_TOO_LATE', {});
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

/** Returns undefined if another request is of no use, or not allowed any more. */
function delayBeforeRetry(
  deadline: Deadline,
  { kind, retryAfter }: ImmutaRefusal,
  {
    attempt,
    pauseMs,
    isAnswerLost,
  }: { readonly attempt: number; readonly pauseMs: number; readonly isAnswerLost: boolean },
): number | undefined {
  switch (kind) {
    case 'lost':
    case 'busy':
      return remainingDelay(
        deadline,
        backoffDelay({ attempt, retryAfter }, deadline.now(), Math.random()),
        deadline.iamPropagationEndsAt,
      );
    case 'conflict':
      // it may be with our own request that had no answer, before that can be listed
      return isAnswerLost ? remainingDelay(deadline, pauseMs, deadline.iamPropagationEndsAt) : undefined;
    case 'iam':
      return remainingDelay(deadline, pauseMs, deadline.iamPropagationEndsAt);
    default:
      return undefined;
  }
}
