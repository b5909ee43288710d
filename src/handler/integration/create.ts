import { failureOf, Refusal, refusalOf } from './failure';
import { describeRecord, Job } from './job';
import { untilSteady } from './polling';
import { IntegrationRecord } from '../immuta/client';
import { describeLocation, sameLocation, samePath } from '../location';
import { markedName, readMark } from './ownership';
import { deleteCommand } from './registration';
import { removeRecord } from './removal';
import { pauseAfter } from '../immuta/retry';
import { isExplainedByIamPropagation } from '../immuta/validation-tests';
import { OutOfTime } from '../runtime/deadline';
import { iamPauses, pauseWithinWindow } from '../runtime/iam-propagation';

/** What deleting a failed integration may take. */
const REPLACE_MS = 30_000;

/**
 * Makes the integration, or takes up what an earlier run of the same event has made, and waits until it is enabled.
 *
 * It posts only after a list that has no record of this event, and only while IAM may still be propagating: the Delete of a Create
 * that was cancelled watches no longer than that.
 */
export async function createIntegration(job: Job): Promise<IntegrationRecord> {
  const pauses = iamPauses();
  let failure: Error | undefined;
  for (;;) {
    const id = await takeUpOrPost(job, failure);
    job.progress.integrationId = id;
    const record = await untilSteady(job, id);
    if (!record) {
      throw new Error(`integration ${id} was deleted while it was being created; it is not created again, because whoever deleted it may have `
        + 'meant it: deploy again to create it');
    }
    if (record.status === 'enabled') {
      return record;
    }
    failure = failureOf(record, 'Immuta did not create the integration', 'remove the cause and deploy again');
    const delayMs = pauses.next().value;
    if (record.status !== 'createError' || !isExplainedByIamPropagation(record.failedTests) || !isTimeToReplace(job, delayMs)) {
      throw failure;
    }
    job.log.warn('create-again', { integrationId: id, status: record.status, delayMs, message: failure.message });
    job.progress.lastSeen = failure.message;
    await job.deadline.sleep(delayMs);
    await removeFailed(job, id, failure);
  }
}

/** Makes room for the next: the record holds the name and the path. */
async function removeFailed(job: Job, id: string, failure: Error): Promise<void> {
  try {
    await removeRecord(job, id);
  } catch (error) {
    if (error instanceof OutOfTime) {
      job.progress.lastSeen = `${failure.message}; and then: ${job.progress.lastSeen}`;
      throw error;
    }
    throw new Error(`${failure.message}; nor could it be deleted: ${(error as Error).message}`, { cause: error });
  }
}

/** A record is not deleted so late that the next could not be posted: it stays, with its id, for the Delete that follows. */
function isTimeToReplace({ deadline }: Job, delayMs: number): boolean {
  return deadline.now() + delayMs + REPLACE_MS < deadline.iamPropagationEndsAt;
}

/**
 * The id of the record that belongs to this event.
 *
 * @param failure Why the one before failed, if this is to replace it
 */
async function takeUpOrPost(job: Job, failure?: Error): Promise<string> {
  const pauses = iamPauses();
  let refusal: Refusal | undefined;
  let delayMs: number | undefined;
  for (let attempt = 1; ; attempt++) {
    const records = await listAfter(job, refusal);
    const own = records.find(({ name }) => isOfThisEvent(job, name));
    if (own) {
      job.log.info('take-up', { integrationId: own.id, status: own.status });
      await job.credentials.forRequest(); // which an earlier run has sent
      return own.id;
    }
    job.progress.notListed();
    await clearTheWay(job, records);
    if (refusal && delayMs === undefined) {
      throw explained(job, refusal, records);
    }

    const posted = await post(job, refusal?.error ?? failure);
    if (typeof posted === 'string') {
      return posted;
    }
    refusal = posted;
    job.progress.lastSeen = refusal.error.message;
    delayMs = pauseBeforeNextPost(job, refusal, attempt, pauses);
    if (delayMs !== undefined) {
      job.log.warn('post-again', { attempt, delayMs, message: refusal.error.message });
      await job.deadline.sleep(delayMs);
    }
  }
}

function isOfThisEvent(job: Job, name: string): boolean {
  const mark = readMark(name);
  return mark?.owner === job.mark.owner && mark.request === job.mark.request;
}

/** After a refusal that is final, the list still is looked at, for what explains it; but it must not hide it. */
async function listAfter(job: Job, refusal: Refusal | undefined): Promise<IntegrationRecord[]> {
  try {
    return await job.immuta.list();
  } catch (error) {
    throw refusal && !(error instanceof OutOfTime) ? refusal.error : error;
  }
}

/**
 * Removes what an earlier Create of this resource left behind in `createError`.
 *
 * @throws if the location is taken: the record or the registered location there is somebody's, and stays as it is.
 */
async function clearTheWay(job: Job, records: readonly IntegrationRecord[]): Promise<void> {
  for (const record of records.filter(({ location }) => sameLocation(location, job.location))) {
    const taken = `${describeLocation(job.location)} already has Immuta's ${describeRecord(record)}`;
    const mark = readMark(record.name);
    if (mark === undefined) {
      throw new Error(`${taken}: ${describeConfiguration(record)}; it was not created by this resource, so it is left alone: `
        + `delete it in Immuta and deploy again, or keep it and ${howToKeep(job, record)}`);
    }
    if (mark.owner !== job.mark.owner) {
      throw new Error(`${taken}: ${describeConfiguration(record)}; another ImmutaS3Integration created it, so it is left alone: if a construct was `
        + "renamed or moved, keep its logical ids with 'stack.renameLogicalId'; if another stack has it, remove it there first; if it was retained and "
        + `no stack has it any more, delete it in Immuta and deploy again, or keep it and ${howToKeep(job, record)}`);
    }
    if (record.status !== 'createError') {
      throw new Error(`${taken}, which an earlier deployment of this `
        + `resource created and did not remove: delete it in Immuta and deploy again, or keep it and ${howToKeep(job, record)}`);
    }
    job.log.info('remove-earlier', { integrationId: record.id, status: record.status });
    await removeRecord(job, record.id);
  }
  const registered = await job.registeredLocation();
  if (registered) {
    throw new Error(`${describeLocation(job.location)} is already registered in S3 Access Grants, as location ${registered.id} with the role `
      + `${registered.roleArn}, and Immuta registers it itself: if nobody needs that location, remove its grants and then run `
      + `'${deleteCommand(job, registered)}', and deploy again`);
  }
}

/**
 * Adds the record that a conflict may be with. It is not refused beforehand: Immuta documents that a path is unique, and not whether
 * it means within one account and Region, which makes a difference to 's3://'.
 */
function explained(job: Job, { error, kind }: Refusal, records: readonly IntegrationRecord[]): Error {
  const other = kind === 'conflict' ? records.find(({ location }) => samePath(location.path, job.location.path)) : undefined;
  return other ? new Error(`${error.message}; ${describeRecord(other)} is on ${describeLocation(other.location)}`, { cause: error }) : error;
}

/** A resource that has had another integration cannot adopt one. What another resource made is adopted by its name, too. */
function howToKeep({ mark, physicalId }: Job, { id, name }: IntegrationRecord): string {
  const who = physicalId ? ' of a new ImmutaS3Integration, with another construct id,' : '';
  const owner = readMark(name)?.owner;
  const named = owner === undefined || owner === mark.owner ? '' : ' and \'integrationName\' to its name';
  return `set 'adopt'${who} to '${id}'${named}, or refer to it with ImmutaS3Integration.fromIntegrationId(…, '${id}')`;
}

/** What one has to know to recognise it; never its credentials. */
function describeConfiguration(record: IntegrationRecord): string {
  return [
    `location role ${record.locationRoleArn}`,
    `authentication ${record.authenticationType}`,
    ...(record.roleToAssumeArn ? [`Immuta's role ${record.roleToAssumeArn}`] : []),
  ].join(', ');
}

/** Nothing if another request is of no use, or not allowed any more. */
function pauseBeforeNextPost(job: Job, { kind, retryAfter }: Refusal, attempt: number, pauses: Generator<number, never>): number | undefined {
  switch (kind) {
    case 'lost':
    case 'later':
      return pauseWithinWindow(job.deadline, pauseAfter({ attempt, retryAfter }, job.deadline.now(), Math.random()));
    case 'conflict':
      // it may be with our own request whose answer was lost, before that can be listed
      return job.progress.answerLost ? pauseWithinWindow(job.deadline, pauses.next().value) : undefined;
    case 'iam':
      return pauseWithinWindow(job.deadline, pauses.next().value);
    default:
      return undefined;
  }
}

/** One request to create. The id, or why there is none. */
async function post(job: Job, failure: Error | undefined): Promise<string | Refusal> {
  const name = markedName(job.properties.IntegrationName, job.location, job.mark);
  const config = await job.config(name);
  job.deadline.check();
  if (job.deadline.now() > job.deadline.postingEndsAt) {
    throw failure
      ?? new Error('it is too late to create the integration, the event is older than \'iamPropagationTimeout\': deploy again');
  }
  job.progress.posting();
  try {
    const id = await job.immuta.create(config);
    job.log.info('posted', { integrationId: id });
    return id;
  } catch (error) {
    const refusal = refusalOf(error, job.redaction);
    job.progress.answerLost ||= refusal.kind === 'lost';
    return refusal;
  }
}
