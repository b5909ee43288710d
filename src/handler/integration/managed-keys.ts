import { KeyInUse, ManagedAccessKeys } from './access-keys/managed-access-keys';
import { Standing } from './access-keys/standing';
import { versionOf } from './desired-state';
import { describeRecord, Job } from './job';
import { markOf } from './ownership';
import { parsePhysicalId } from './physical-id';
import { look } from './polling';
import { isAccessDenied } from '../aws/error';
import { IamUser } from '../aws/iam-user';
import { IntegrationRecord } from '../immuta/client';
import { Properties, ResourceEvent } from '../protocol/event';
import { WorkTools } from '../protocol/run';
import { OutOfTime } from '../runtime/deadline';
import { digest } from '../runtime/digest';
import { orWarn } from '../runtime/log';

/** Between two looks at keys with which another invocation is working. */
const IN_USE_PAUSE_MS = 15_000;

/** The access keys that the properties let the handler manage. */
export function accessKeysOf(event: ResourceEvent, tools: WorkTools): ManagedAccessKeys | undefined {
  const { properties, oldProperties } = event;
  const isSameUser = oldProperties.AccessKeyUserName === properties.AccessKeyUserName;
  const formerOwner = isSameUser && oldProperties.AccessKeyGeneration !== properties.AccessKeyGeneration ? ownerOf(event, oldProperties) : undefined;
  return keysOf(event, properties, tools, formerOwner);
}

/** Those of a user that an Update takes away. */
export function formerAccessKeysOf(event: ResourceEvent, tools: WorkTools): ManagedAccessKeys | undefined {
  const { properties, oldProperties } = event;
  return oldProperties.AccessKeyUserName === properties.AccessKeyUserName ? undefined : keysOf(event, oldProperties, tools);
}

/**
 * Looks at an integration that has just been seen.
 *
 * @throws KeyInUse if it is gone: then everything is looked at again before a key is taken for useless
 */
export async function lookAgain(job: Job, id: string): Promise<IntegrationRecord> {
  const record = await look(job, id);
  if (!record) {
    throw new KeyInUse(`integration ${id} is gone`);
  }
  return record;
}

/** Does the work again from its beginning while another invocation is working with the keys: what it has seen is old by then. */
export async function untilKeysAreFree<T>({ deadline, log, progress }: Job, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KeyInUse)) {
        throw error;
      }
      log.info('key-in-use', { message: error.message, delayMs: IN_USE_PAUSE_MS });
      progress.lastSeen = error.message;
      await deadline.sleep(IN_USE_PAUSE_MS);
    }
  }
}

/** @throws if the integration turns out to hold another key: a request of which nobody knew was carried out. */
export async function settleCreated(job: Job, record: IntegrationRecord): Promise<void> {
  const standing = await settle(job, record);
  if (standing && !standing.inForce && standing.undecided.length === 0) {
    throw new Error(`${describeRecord(record)} does not hold the access key that was made for it: deploy again to create it anew`);
  }
}

/** The keys of a user that the integration no longer has go before the user does; what is left of its own goes with the next event. */
export async function settleUpdated(job: Job, record: IntegrationRecord): Promise<void> {
  const standing = await settle(job, record);
  if (job.formerAccessKeys && job.accessKeys && record.status === 'editError' && !standing?.certain) {
    // then Immuta has gone back to what it had, which may be a key of the former user
    job.log.warn('former-keys-left', { message: `${describeRecord(record)}: the keys of the user that it had are kept` });
    return;
  }
  await job.formerAccessKeys?.clear();
}

function settle(job: Job, { id }: IntegrationRecord): Promise<Standing | undefined> {
  return orWarn(job.log, 'keys-not-settled', async () => job.accessKeys?.settle(() => look(job, id)));
}

/** Leaves no key that Immuta cannot have. */
export async function abandonKeys({ requestType }: ResourceEvent, { accessKeys, progress, log }: Job, error: unknown): Promise<void> {
  await accessKeys?.abandon();
  const isOver = !(error instanceof OutOfTime && error.limit === 'invocation');
  if (requestType === 'Create' && isOver && !progress.mayHaveMade) {
    await orWarn(log, 'keys-not-settled', async () => accessKeys?.clear());
  }
}

/**
 * Deletes the keys of an integration that is no more, whatever its Create has come to.
 *
 * One that was adopted goes on without its stack: what it works with stays.
 */
export async function releaseKeys(job: Job): Promise<void> {
  const { accessKeys, properties, physicalId, log } = job;
  const what = parsePhysicalId(physicalId);
  if (!accessKeys || properties.Adopt) {
    return;
  }
  const record = what.kind === 'adopted' ? await look(job, what.integrationId) : undefined;
  if (record) {
    await accessKeys.settle(() => look(job, record.id));
    return;
  }
  try {
    await accessKeys.clear();
  } catch (error) {
    if (what.kind !== 'none' || !isAccessDenied(error)) {
      throw error;
    }
    // who may not even list keys has made none, and must not be stuck for it
    log.warn('keys-not-seen', { message: (error as Error).message });
  }
}

function keysOf(event: ResourceEvent, properties: Properties, { deadline, log, redaction }: WorkTools, formerOwner?: string) {
  const { AccessKeyUserName: userName } = properties;
  return userName ? new ManagedAccessKeys(new IamUser(userName, deadline), {
    owner: ownerOf(event, properties),
    formerOwner,
    requestId: event.requestId,
    version: versionOf(properties),
    deadline,
    log,
    redaction,
  }) : undefined;
}

/** The resource, and in which of its lifetimes: a retained integration keeps its keys when the resource is added again and removed. */
function ownerOf(event: ResourceEvent, { AccessKeyGeneration: generation = '' }: Properties): string {
  return `${markOf(event).owner}-${digest(generation)}`;
}
