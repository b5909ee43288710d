import { hasClaim } from './association-claim';
import { InstanceContext } from './context';
import { removeAssociation } from './dissociation';
import { isOurs, filterTagKeys } from './ownership';
import { Instance } from '../aws/access-grants';
import { InstanceTagPart } from '../contract';
import { Failure } from '../failure';
import { watchCancelledCreate } from '../protocol/cancelled-create';
import { poll } from '../runtime/poll';

const PART: InstanceTagPart = 'instance';

/** What is left in the instance counts as another owner's if its number does not shrink for so long. */
const SHRINKING_MS = 120_000;

/** So long, requests may not find an instance that was created, or find one that was deleted. */
export const READABLE_MS = 60_000;

/** Deletes what this resource created: its association, and the instance unless it is in use. Keeps everything else. */
export async function deleteInstance(context: InstanceContext): Promise<void> {
  const { accessGrants, log, name, ownership } = context;
  const found = await accessGrants.findInstance();
  const instance = found && (await removeAssociation(context, found));
  if (!instance) {
    log.info('instance-gone');
    return;
  }
  if (isOurs(PART, instance.tags, ownership)) {
    await deleteOnceEmpty(context);
  } else {
    log.info('keep-instance', { message: `this resource did not create ${name}` });
  }
}

/** Deletes what a cancelled Create created, as soon as it is known that no later Create has taken it over. */
export async function deleteUnidentified(context: InstanceContext): Promise<void> {
  const { accessGrants, deadline, log, name, ownership } = context;
  let isTaken: boolean | undefined = false;
  await watchCancelledCreate(deadline, async () => {
    const found = await accessGrants.findInstance();
    if (!found || !(isOurs(PART, found.tags, ownership) || hasClaim(context, found))) {
      return;
    }
    isTaken ||= await isTakenOver(context);
    if (isTaken === false) {
      await deleteInstance(context);
    }
  });
  if (isTaken !== false) {
    log.warn('keep-instance', { message: `a later Create of this resource may have taken over ${name}` });
  }
}

/**
 * Whether a later Create, which may come before the Delete of one that failed, has begun or taken over what there is.
 * Undefined as long as CloudFormation does not say.
 */
async function isTakenOver({ deadline, operation }: InstanceContext): Promise<boolean | undefined> {
  if (!operation.isSettled) {
    return undefined;
  }
  if (await operation.isOver(deadline)) {
    return true;
  }
  const successor = await operation.findSuccessor(deadline);
  return successor ? successor.physicalId !== undefined : operation.isBlind ? false : undefined;
}

/**
 * Deletes the instance once it is empty, and waits as long as it is being emptied. Checks the owner each time: it may
 * be another instance by now.
 */
async function deleteOnceEmpty(context: InstanceContext): Promise<void> {
  const { accessGrants, deadline, log, name, ownership } = context;
  let least = Number.POSITIVE_INFINITY;
  let shrinkingEndsAt = 0;
  await poll<void>({ deadline, waitingFor: `${name} to be empty` }, async () => {
    const found = await accessGrants.findInstance();
    if (!found || !isOurs(PART, found.tags, ownership)) {
      log.info('instance-gone');
      return { done: undefined };
    }
    log.info('delete-instance');
    const refusal = await accessGrants.deleteInstance(({ tags }) => isOurs(PART, tags, ownership));
    if (!refusal) {
      return { done: await waitUntilGone(context) };
    }
    const { locations, grants } = await accessGrants.countContents();
    if (locations + grants < least) {
      least = locations + grants;
      shrinkingEndsAt = deadline.now() + SHRINKING_MS;
    }
    return deadline.now() >= shrinkingEndsAt
      ? { done: await keepInstance(context, found, refusal) }
      : { seen: `it has ${locations} locations and ${grants} grants` };
  });
}

/**
 * Waits until requests do not find the deleted instance any more, for a minute at most. Otherwise a Create that follows
 * could adopt it.
 */
async function waitUntilGone({ accessGrants, deadline, name, ownership }: InstanceContext): Promise<void> {
  const end = deadline.now() + READABLE_MS;
  await poll<void>({ deadline, waitingFor: `the end of ${name}` }, async () => {
    const found = await accessGrants.findInstance();
    const isOver = deadline.now() >= end || deadline.isMoreThanHalfOver;
    return found && isOurs(PART, found.tags, ownership) && !isOver
      ? { seen: 'requests still find it' }
      : { done: undefined };
  });
}

/** @throws Failure if the instance has nothing of others that the refusal could be about. */
async function keepInstance(
  { accessGrants, log, name }: InstanceContext,
  instance: Instance,
  refusal: Failure,
): Promise<void> {
  const { locations, grants } = await accessGrants.countContents();
  if (locations + grants === 0 && !instance.identityCenterInstanceArn) {
    throw refusal;
  }
  const association = instance.identityCenterInstanceArn
    ? `, and is associated with ${instance.identityCenterInstanceArn}`
    : '';
  log.warn('keep-instance', {
    message: `${name} has ${locations} locations and ${grants} grants of other owners${association}: `
      + 'it is retained and has no owner any more',
  });
  await accessGrants.untagInstance(instance, filterTagKeys(PART, instance.tags));
}
