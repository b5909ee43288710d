import {
  canDissociate, hasClaim, removeClaim, tagEnd, takeBackEnd,
} from './association-claim';
import { InstanceContext } from './context';
import { Instance } from '../aws/access-grants';
import { poll } from '../runtime/poll';

/** Maximum time for which an association that was ended may still appear. It cannot be ended again. */
const DISSOCIATION_MS = 120_000;

/** Maximum time until an association appears that conflicts, or that we may have requested. */
export const HIDDEN_MS = 120_000;

/**
 * Ends the association if it is ours, and removes our claim to it.
 *
 * @returns the instance as it is then, undefined if it is gone
 */
export async function removeAssociation(context: InstanceContext, instance: Instance): Promise<Instance | undefined> {
  if (!hasClaim(context, instance)) {
    return instance;
  }
  if (canDissociate(context, instance)) {
    if (!instance.identityCenterInstanceArn) {
      return removeHiddenAssociation(context);
    }
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

/**
 * Removes an association that we may have requested, and that does not appear. Waits, because reads may still show the
 * state before the request. If AWS refuses to end it and it appears then, it is ended once more.
 */
async function removeHiddenAssociation(context: InstanceContext): Promise<Instance | undefined> {
  const { accessGrants, deadline, log, name } = context;
  log.info('dissociate');
  const refusal = await accessGrants.dissociate((current) => canDissociate(context, current));
  const end = deadline.now() + HIDDEN_MS;
  const waitingFor = `reads of ${name} to show whether it is associated`;
  const after = await poll<Instance | undefined>({ deadline, waitingFor }, async () => {
    const shown = await accessGrants.findInstance();
    const hasAppeared = refusal && shown?.identityCenterInstanceArn;
    return !shown || hasAppeared || deadline.now() >= end || deadline.isMoreThanHalfOver
      ? { done: shown }
      : { seen: 'nothing appears' };
  });
  return after && (refusal && after.identityCenterInstanceArn
    ? removeAssociation(context, after)
    : removeClaim(context, after));
}

/** Ends the association and waits for that. Returns the instance as it is then, undefined if it is gone. */
export async function dissociate(context: InstanceContext, instance: Instance): Promise<Instance | undefined> {
  const { accessGrants, deadline, log, name } = context;
  if (!(await tagEnd(context, instance))) {
    return undefined;
  }
  log.info('dissociate');
  const refusal = await accessGrants.dissociate((current) => canDissociate(context, current));
  // what AWS refuses to a run that repeats another may be under way
  const refusedUntil = context.mayBeRepeated ? Infinity : deadline.now() + DISSOCIATION_MS;
  return poll<Instance | undefined>({ deadline, waitingFor: `the end of the association of ${name}` }, async () => {
    const after = await accessGrants.findInstance();
    if (!after || !isSameAssociation(after, instance)) {
      return { done: after };
    }
    if (refusal && (deadline.now() >= refusedUntil || deadline.isMoreThanHalfOver)) {
      await takeBackEnd(context, after);
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
