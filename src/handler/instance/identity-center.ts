import { InstanceContext } from './context';
import { isOfThisLifetime, isOurs, renderTags, formatTagKey, filterTagKeys } from './ownership';
import { Instance } from '../aws/access-grants';
import { InstanceTagPart } from '../contract';
import { Failure, createFailure, Refusal } from '../failure';
import { poll } from '../runtime/poll';

const PART: InstanceTagPart = 'identity-center';
/** The Identity Center instance that we associate with. */
const INSTANCE_TAG = formatTagKey(PART, 'instance');
/** The application of our association, empty until it is known. Another association gets another application. */
const APPLICATION_TAG = formatTagKey(PART, 'application');

/** Maximum time for which an association that was ended may still appear. It cannot be ended again. */
const DISSOCIATION_MS = 120_000;

/** Maximum time until a conflicting association appears. */
const CONFLICT_MS = 120_000;

/** Maximum time until a concurrent run of the same event records what it associated. */
const CONCURRENT_RUN_MS = 30_000;

/** The association that an event is to create. */
export interface AssociationGoal {
  /** ARN of the Identity Center instance. @default - none */
  readonly desired?: string;
  /** Whether this event changes it: then an association by another owner is a failure. */
  readonly isNew: boolean;
  /** Whether it may still be requested: a Delete would not find what a late Create associates. */
  readonly isTooLate: () => boolean;
}

/**
 * Associates the instance with an Identity Center instance, or with none. Changes nothing that is not ours.
 *
 * @returns the instance as it is then, undefined if it is gone
 */
export async function ensureAssociation(
  context: InstanceContext,
  goal: AssociationGoal,
  instance: Instance,
): Promise<Instance | undefined> {
  const { identityCenterInstanceArn: current } = instance;
  if (current && current !== goal.desired) {
    if (!isAssociationOurs(context, instance)) {
      return keepAssociationOfOthers(context, goal, instance);
    }
    const after = await dissociate(context, instance);
    // a concurrent invocation may have associated it
    return after && ensureAssociation(context, goal, after);
  }
  if (current) {
    const shown = await waitForAssociation(context, current);
    return shown && recordIfOurs(context, goal, shown);
  }
  return goal.desired ? associate(context, goal, instance, goal.desired) : removeClaim(context, instance);
}

/**
 * Ends the association if it is ours, and removes our claim to it.
 *
 * @returns the instance as it is then, undefined if it is gone
 */
export async function removeAssociation(context: InstanceContext, instance: Instance): Promise<Instance | undefined> {
  if (!isOurs(PART, instance.tags, context.ownership)) {
    return instance;
  }
  if (canDissociate(context, instance)) {
    const after = await dissociate(context, instance);
    return after && removeClaim(context, after);
  }
  if (instance.identityCenterInstanceArn) {
    context.log.warn('keep-association', {
      message: `another owner associated ${context.name} with ${instance.identityCenterInstanceArn}`,
    });
  }
  return removeClaim(context, instance);
}

/** Whether there is an association of ours, or may be: one that we requested may not appear yet. */
function canDissociate(context: InstanceContext, instance: Instance): boolean {
  return instance.identityCenterInstanceArn
    ? isAssociationOurs(context, instance)
    : isOurs(PART, instance.tags, context.ownership) && instance.tags[APPLICATION_TAG] === '';
}

/**
 * Our claim is older than the association, so it must name the same instance, and the same application once we know
 * that.
 */
function isAssociationOurs(
  { ownership }: InstanceContext,
  { identityCenterInstanceArn, applicationArn, tags }: Instance,
): boolean {
  return (
    isOurs(PART, tags, ownership) &&
    tags[INSTANCE_TAG] === identityCenterInstanceArn &&
    (!tags[APPLICATION_TAG] || tags[APPLICATION_TAG] === applicationArn)
  );
}

/**
 * @throws Failure if the association prevents what this event changes. Otherwise a rollback must not fail because of
 * it.
 */
function keepAssociationOfOthers(
  context: InstanceContext,
  { desired, isNew }: AssociationGoal,
  instance: Instance,
): Instance {
  const current = instance.identityCenterInstanceArn ?? '';
  if (desired && isNew) {
    throw createFailure('IDENTITY_CENTER_ALREADY_ASSOCIATED', {
      instance: context.name,
      current,
      desired,
      ...context.location,
    });
  }
  context.log.warn('keep-association', {
    message: `${context.name} is associated with ${current}, but not by this resource`,
  });
  return instance;
}

/**
 * Claims the association while it does not exist, and then requests it. If the invocation is killed in between, the
 * next one recognizes it by the claim.
 */
async function associate(
  context: InstanceContext,
  goal: AssociationGoal,
  instance: Instance,
  desired: string,
): Promise<Instance | undefined> {
  const { accessGrants, log, ownership } = context;
  const isClaimed = isOurs(PART, instance.tags, ownership) && instance.tags[INSTANCE_TAG] === desired;
  if (
    !(await accessGrants.tagInstance(instance, {
      ...renderTags(PART, ownership),
      [INSTANCE_TAG]: desired,
      [APPLICATION_TAG]: '',
    }))
  ) {
    return undefined;
  }
  if (isClaimed && goal.isTooLate()) {
    return recordOnceShown(context, goal, desired); // an earlier run may have requested it
  }
  log.info('associate');
  const refusal = await accessGrants.associate(desired);
  if (refusal === 'missing') {
    return undefined;
  }
  const mayHaveRequested = !refusal || refusal.isAnswerLost || isClaimed;
  if (!refusal || (mayHaveRequested && refusal.kind === 'conflict')) {
    return recordOnceShown(context, goal, desired);
  }
  const shown = await waitForConcurrentRun(context, refusal);
  if (shown && isAssociationOurs(context, shown)) {
    if (shown.tags[APPLICATION_TAG]) {
      return shown; // a concurrent run associated it
    }
    if (mayHaveRequested) {
      return recordOnceShown(context, goal, desired); // AWS may call the refusal of a second request anything
    }
  }
  return shown && resolveRefusal(context, goal, shown, { desired, refusal });
}

/** Takes back the claim. @throws Failure if no other owner has associated what is desired */
async function resolveRefusal(
  context: InstanceContext,
  goal: AssociationGoal,
  instance: Instance,
  { desired, refusal }: { readonly desired: string; readonly refusal: Refusal },
): Promise<Instance | undefined> {
  await takeBackClaim(context, instance, desired);
  if (!instance.identityCenterInstanceArn) {
    throw refusal.kind === 'conflict' ? refusal.failure : createAssociationFailure(context, desired, refusal);
  }
  return instance.identityCenterInstanceArn === desired
    ? waitForAssociation(context, desired)
    : keepAssociationOfOthers(context, goal, instance);
}

function createAssociationFailure({ name }: InstanceContext, desired: string, { failure: cause }: Refusal): Failure {
  return createFailure('IDENTITY_CENTER_NOT_ASSOCIATED', { instance: name, desired, cause: cause.text }, { cause });
}

/** Ends the association and waits for that. Returns the instance as it is then, undefined if it is gone. */
async function dissociate(context: InstanceContext, instance: Instance): Promise<Instance | undefined> {
  const { accessGrants, deadline, log, name } = context;
  log.info('dissociate');
  const refusal = await accessGrants.dissociate((current) => canDissociate(context, current));
  // what AWS refuses to a run that repeats another may be under way
  const refusedUntil = context.mayBeRepeated ? Infinity : deadline.now() + DISSOCIATION_MS;
  return poll<Instance | undefined>({ deadline, waitingFor: `the end of the association of ${name}` }, async () => {
    const after = await accessGrants.findInstance();
    if (!after || !isSameAssociation(after, instance)) {
      return { done: after };
    }
    if (refusal && deadline.now() >= refusedUntil) {
      throw refusal;
    }
    return { seen: `it is still associated with ${after.identityCenterInstanceArn}` };
  });
}

/** An association without its application is starting or ending. */
function isSameAssociation(one: Instance, other: Instance): boolean {
  return (
    one.identityCenterInstanceArn !== undefined &&
    one.identityCenterInstanceArn === other.identityCenterInstanceArn &&
    (one.applicationArn === other.applicationArn || !one.applicationArn || !other.applicationArn)
  );
}

async function recordOnceShown(
  context: InstanceContext,
  goal: AssociationGoal,
  desired: string,
): Promise<Instance | undefined> {
  const shown = await waitForAssociation(context, desired);
  return shown && recordApplication(context, goal, shown, desired);
}

async function recordIfOurs(
  context: InstanceContext,
  goal: AssociationGoal,
  instance: Instance,
): Promise<Instance | undefined> {
  const { tags, applicationArn, identityCenterInstanceArn } = instance;
  const isRecorded = tags[APPLICATION_TAG] === applicationArn && isOfThisLifetime(PART, tags, context.ownership);
  return isRecorded || !isAssociationOurs(context, instance)
    ? instance
    : recordApplication(context, goal, instance, identityCenterInstanceArn!);
}

/** Records the application, which distinguishes our association from a later one of another owner. */
async function recordApplication(
  context: InstanceContext,
  goal: AssociationGoal,
  instance: Instance,
  desired: string,
): Promise<Instance | undefined> {
  if (instance.identityCenterInstanceArn !== desired) {
    return keepAssociationOfOthers(context, goal, await takeBackClaim(context, instance, desired));
  }
  const tags = {
    ...renderTags(PART, context.ownership),
    [INSTANCE_TAG]: desired,
    [APPLICATION_TAG]: instance.applicationArn!,
  };
  return (await context.accessGrants.tagInstance(instance, tags))
    ? { ...instance, tags: { ...instance.tags, ...tags } }
    : undefined;
}

/**
 * Removes the claim of this run, unless a later one, such as the rollback of a cancelled Update, has claimed another
 * association.
 */
async function takeBackClaim(context: InstanceContext, instance: Instance, desired: string): Promise<Instance> {
  return instance.tags[INSTANCE_TAG] === desired ? removeClaim(context, instance) : instance;
}

/** Removes our claim. That of another stack may have come after it, and stays. */
async function removeClaim({ accessGrants, ownership }: InstanceContext, instance: Instance): Promise<Instance> {
  if (!isOurs(PART, instance.tags, ownership)) {
    return instance;
  }
  const keys = filterTagKeys(PART, instance.tags);
  if (keys.length > 0) {
    await accessGrants.untagInstance(instance, keys);
  }
  return {
    ...instance,
    tags: Object.fromEntries(Object.entries(instance.tags).filter(([key]) => !keys.includes(key))),
  };
}

/**
 * Waits until an association appears with its application: the desired one or another. Undefined if the instance is
 * gone.
 */
async function waitForAssociation(
  { accessGrants, deadline, name }: InstanceContext,
  desired: string,
): Promise<Instance | undefined> {
  return poll<Instance | undefined>({ deadline, waitingFor: `${name} to be associated with ${desired}` }, async () => {
    const instance = await accessGrants.findInstance();
    return !instance || (instance.identityCenterInstanceArn && instance.applicationArn)
      ? { done: instance }
      : { seen: 'the association does not appear yet' };
  });
}

/** Waits until a concurrent run has recorded the application of its association, or a conflicting one appears. */
async function waitForConcurrentRun(context: InstanceContext, { kind }: Refusal): Promise<Instance | undefined> {
  const { accessGrants, deadline, name } = context;
  const start = deadline.now();
  return poll<Instance | undefined>({ deadline, waitingFor: `what prevents the association of ${name}` }, async () => {
    const instance = await accessGrants.findInstance();
    const isHidden = kind === 'conflict' && !instance?.identityCenterInstanceArn;
    const isClaimed = instance && isAssociationOurs(context, instance) && !instance.tags[APPLICATION_TAG];
    const waitMs = isHidden ? CONFLICT_MS : isClaimed ? CONCURRENT_RUN_MS : 0;
    return !instance || deadline.now() >= start + waitMs ? { done: instance } : { seen: 'nothing appears yet' };
  });
}
