import {
  canDissociate,
  hasApplication,
  hasClaim,
  hasClaimTo,
  isAssociationOurs,
  isEnded,
  isRecorded,
  removeClaim,
  tagClaim,
  takeBackClaim,
  takeBackEnd,
} from './association-claim';
import { InstanceContext } from './context';
import { dissociate, HIDDEN_MS, removeAssociation } from './dissociation';
import { Instance } from '../aws/access-grants';
import { Failure, createFailure, Refusal } from '../failure';
import { poll } from '../runtime/poll';

/** Maximum time until a concurrent run of the same event records what it associated. */
const CONCURRENT_RUN_MS = 30_000;

/** The association that an event is to create. */
export interface AssociationGoal {
  /** ARN of the Identity Center instance. @default - none */
  readonly desired?: string;
  /** Whether this event changes it: then an association by another owner is a failure. */
  readonly isNew: boolean;
  /** Whether this event may roll back an Update that changed it. */
  readonly mayRollBack: boolean;
}

/**
 * Waits whether a claim that is as desired changes, for a minute after the event was sent: if this Update rolls back
 * another one, reads may not show yet what that one has changed.
 *
 * @returns the instance as it is then, undefined if it is gone
 */
export async function waitForLateChange(
  context: InstanceContext,
  goal: AssociationGoal,
  instance: Instance,
): Promise<Instance | undefined> {
  const { accessGrants, deadline, name, operation } = context;
  if (!goal.mayRollBack || !isClaimAsDesired(context, goal, instance)) {
    return instance;
  }
  return poll<Instance | undefined>({ deadline, waitingFor: `${name} to remain as it is` }, async () => {
    const isSettled = operation.isSettled || deadline.isMoreThanHalfOver; // before the read
    const shown = await accessGrants.findInstance();
    return isSettled || !shown || !isClaimAsDesired(context, goal, shown) ? { done: shown } : { seen: 'no change' };
  });
}

/** Whether the claim is to what is desired, or there is none if nothing is. */
function isClaimAsDesired(context: InstanceContext, { desired }: AssociationGoal, instance: Instance): boolean {
  return desired ? hasClaimTo(context, instance, desired) : !hasClaim(context, instance);
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
    return confirmAssociation(context, goal, current);
  }
  if (canDissociate(context, instance) && !hasClaimTo(context, instance, goal.desired)) {
    const after = await removeAssociation(context, instance); // an Update that is rolled back may have requested it
    return after && ensureAssociation(context, goal, after);
  }
  return goal.desired ? associate(context, goal, instance, goal.desired) : removeClaim(context, instance);
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
  const wasClaimed = hasClaimTo(context, instance, desired);
  if (!(await tagClaim(context, instance, desired, ''))) {
    return undefined;
  }
  if (wasClaimed && context.isTooLate()) {
    return recordOnceShown(context, goal, desired); // an earlier run may have requested it
  }
  context.log.info('associate');
  const refusal = await context.accessGrants.associate(desired);
  if (refusal === 'missing') {
    return undefined;
  }
  const mayHaveRequested = !refusal || refusal.isAnswerLost || wasClaimed;
  return !refusal || (mayHaveRequested && refusal.kind === 'conflict')
    ? recordOnceShown(context, goal, desired)
    : resolveRefusal(context, goal, { desired, refusal, mayHaveRequested });
}

interface RefusedRequest {
  /** ARN of the Identity Center instance. */
  readonly desired: string;
  readonly refusal: Refusal;
  /** Whether an earlier request of ours may have been carried out. */
  readonly mayHaveRequested: boolean;
}

/**
 * Finds out whether there is an association of ours all the same. Otherwise takes back the claim.
 *
 * @throws Failure if no other owner has associated what is desired
 */
async function resolveRefusal(
  context: InstanceContext,
  goal: AssociationGoal,
  { desired, refusal, mayHaveRequested }: RefusedRequest,
): Promise<Instance | undefined> {
  const shown = await waitForConcurrentRun(context, mayHaveRequested || refusal.kind === 'conflict');
  if (!shown) {
    return undefined;
  }
  if (isAssociationOurs(context, shown) && hasApplication(shown)) {
    return shown; // a concurrent run associated it
  }
  if (isAssociationOurs(context, shown) && mayHaveRequested) {
    return recordOnceShown(context, goal, desired); // AWS may call the refusal of a second request anything
  }
  await takeBackClaim(context, shown, desired);
  if (!shown.identityCenterInstanceArn) {
    throw refusal.kind === 'conflict' ? refusal.failure : createAssociationFailure(context, desired, refusal);
  }
  return shown.identityCenterInstanceArn === desired
    ? waitForAssociation(context, desired)
    : keepAssociationOfOthers(context, goal, shown);
}

function createAssociationFailure({ name }: InstanceContext, desired: string, { failure: cause }: Refusal): Failure {
  return createFailure('IDENTITY_CENTER_NOT_ASSOCIATED', { instance: name, desired, cause: cause.text }, { cause });
}

/**
 * Confirms an association that is as desired. If this Update rolls back another one, that one may have ended it, and it
 * still appears: then it is created again.
 *
 * The wait for its end is not longer than half of the `timeout`. AWS may have refused to end it.
 */
async function confirmAssociation(
  context: InstanceContext,
  goal: AssociationGoal,
  current: string,
): Promise<Instance | undefined> {
  const { accessGrants, deadline, name } = context;
  const waitingFor = `${name} to remain associated with ${current}`;
  const after = await poll<Instance | undefined>({ deadline, waitingFor }, async () => {
    const shown = await accessGrants.findInstance();
    if (!shown || shown.identityCenterInstanceArn !== current) {
      return { done: shown };
    }
    if (!shown.applicationArn) {
      return { seen: 'its application does not appear yet' };
    }
    return isEnded(context, shown) && !deadline.isMoreThanHalfOver
      ? { seen: 'the association is being ended' }
      : { done: shown };
  });
  if (after && after.identityCenterInstanceArn !== current) {
    return ensureAssociation(context, goal, after);
  }
  if (after && isEnded(context, after)) {
    await takeBackEnd(context, after);
  }
  return after && recordIfOurs(context, goal, after);
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
  return isRecorded(context, instance) || !isAssociationOurs(context, instance)
    ? instance
    : recordApplication(context, goal, instance, instance.identityCenterInstanceArn!);
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
  return tagClaim(context, instance, desired, instance.applicationArn!);
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

/**
 * Waits until a concurrent run has recorded the application of its association, or a conflicting one appears.
 *
 * @param mayAppear whether there may be an association that does not appear yet
 */
async function waitForConcurrentRun(context: InstanceContext, mayAppear: boolean): Promise<Instance | undefined> {
  const { accessGrants, deadline, name } = context;
  const start = deadline.now();
  return poll<Instance | undefined>({ deadline, waitingFor: `what prevents the association of ${name}` }, async () => {
    const instance = await accessGrants.findInstance();
    const isHidden = mayAppear && !instance?.identityCenterInstanceArn;
    const isClaimed = instance && isAssociationOurs(context, instance) && !hasApplication(instance);
    const waitMs = isHidden ? HIDDEN_MS : isClaimed ? CONCURRENT_RUN_MS : 0;
    return !instance || deadline.now() >= start + waitMs ? { done: instance } : { seen: 'nothing appears yet' };
  });
}
