import { Instance, InstanceGone, Refusal } from '../aws/access-grants';
import { InstanceTagPart } from '../contract';
import { describeInstance, InstanceJob } from './job';
import { isOfLifetime, ownerTags, tagKey, tagKeysOf } from './ownership';
import { pollPauses } from '../runtime/poll';

const PART: InstanceTagPart = 'identity-center';
/** What we associate with; beside the owner. */
const INSTANCE_TAG = tagKey(PART, 'instance');
/** The application that this made; empty until that is known. Whoever associates anew gets another one. */
const APPLICATION_TAG = tagKey(PART, 'application');

/** An association that we have ended already, before this run, still shows for a while, and cannot be ended again. */
const ENDING_MS = 120_000;

/** How long something that stands in the way may not show. */
const HIDDEN_MS = 120_000;

/** Lambda may run an event twice at once. What the one has done the other sees in seconds. */
const TWIN_MS = 30_000;

/** Associates the instance with the Identity Center instance that is asked for, or with none. Changes nothing that is not ours. */
export async function withIdentityCenter(job: InstanceJob, instance: Instance): Promise<Instance> {
  const wanted = job.properties.IdentityCenterInstanceArn || undefined;
  const { identityCenterInstanceArn: has } = instance;
  if (has && has !== wanted) {
    if (!isAssociationOurs(job, instance)) {
      return leaveOther(job, instance, wanted);
    }
    const after = await dissociate(job, instance);
    // it may be a twin of this run that has gone on from there
    return after ? withIdentityCenter(job, after) : Promise.reject(new InstanceGone());
  }
  if (has) {
    return confirm(job, await untilShown(job, has));
  }
  return associateIfWanted(job, instance, wanted);
}

/** Ends the association if it is ours, and takes away our claim to it. Gives the instance as it is then; nothing if it is gone. */
export async function removeAssociation(job: InstanceJob, instance: Instance): Promise<Instance | undefined> {
  if (!job.isOurs(PART, instance)) {
    return instance;
  }
  const { identityCenterInstanceArn: has } = instance;
  if (mayDissociate(job, instance)) {
    const after = await dissociate(job, instance);
    return after && forget(job, after);
  }
  if (has) {
    job.log.warn('left-alone', { message: `somebody else associated ${describeInstance(job)} with ${has}` });
  }
  return forget(job, instance);
}

/** Whether there is an association of ours, or may be: one that we asked for may not show yet. */
function mayDissociate(job: InstanceJob, instance: Instance): boolean {
  return instance.identityCenterInstanceArn ? isAssociationOurs(job, instance) : job.isOurs(PART, instance) && instance.tags[APPLICATION_TAG] === '';
}

/** Our claim is older than the association, so that it must be to the same instance; and to the same application, once we know that. */
function isAssociationOurs(job: InstanceJob, instance: Instance): boolean {
  const { identityCenterInstanceArn, applicationArn, tags } = instance;
  return job.isOurs(PART, instance)
    && tags[INSTANCE_TAG] === identityCenterInstanceArn
    && (!tags[APPLICATION_TAG] || tags[APPLICATION_TAG] === applicationArn);
}

/** @throws if it stands in the way of what is asked for now. Where nothing new is asked for, a rollback must not fail for it. */
function leaveOther(job: InstanceJob, instance: Instance, wanted: string | undefined): Instance {
  const isNew = job.requestType !== 'Update' || job.oldProperties.IdentityCenterInstanceArn !== job.properties.IdentityCenterInstanceArn;
  if (wanted && isNew) {
    throw new Error(`${describeInstance(job)} is associated with Identity Center instance ${instance.identityCenterInstanceArn}, and not by this resource, so it cannot `
      + `be associated with ${wanted}: give 'identityCenterInstanceArn' the first one, or end that association once nobody needs it, with `
      + `'aws s3control dissociate-access-grants-identity-center --account-id ${job.properties.AccountId} --region ${job.properties.Region}', and deploy again`);
  }
  job.log.warn('left-alone', { message: `${describeInstance(job)} is associated with ${instance.identityCenterInstanceArn}, and not by this resource` });
  return instance;
}

async function associateIfWanted(job: InstanceJob, instance: Instance, wanted: string | undefined): Promise<Instance> {
  if (wanted) {
    return associate(job, instance, wanted);
  }
  return forget(job, instance);
}

/**
 * Claims the association that is seen to be absent, and then makes it: the run after one that died in between knows it by the claim.
 */
async function associate(job: InstanceJob, instance: Instance, wanted: string): Promise<Instance> {
  const claimed = job.isOurs(PART, instance) && instance.tags[INSTANCE_TAG] === wanted;
  const claim = { ...ownerTags(PART, job.owner), [INSTANCE_TAG]: wanted, [APPLICATION_TAG]: '' };
  await job.client.tag(instance, claim);

  if (claimed && job.requestType === 'Create' && job.deadline.now() > job.deadline.postingEndsAt) {
    return note(job, await untilShown(job, wanted), wanted); // too late to ask for it; an earlier run may have
  }
  job.log.info('associate');
  const refusal = await job.client.associate(wanted);
  if (!refusal) {
    return note(job, await untilShown(job, wanted), wanted);
  }
  const hasAsked = refusal.answerLost || claimed;
  if (hasAsked && refusal.isConflict) {
    return note(job, await untilShown(job, wanted), wanted); // our own earlier request is what is in the way
  }
  const shown = await untilNoted(job, refusal);
  if (isAssociationOurs(job, shown)) {
    if (shown.tags[APPLICATION_TAG]) {
      return shown; // a twin of this run was faster
    }
    if (hasAsked) {
      return note(job, await untilShown(job, wanted), wanted); // AWS may call its refusal anything
    }
  }
  await forgetClaim(job, shown, wanted);
  if (!shown.identityCenterInstanceArn) {
    throw refusal.isConflict ? refusal.error : new Error(`${refusal.error.message}; check 'identityCenterInstanceArn', ${wanted}: the instance must exist, in this Region`, { cause: refusal.error });
  }
  // somebody else was
  return shown.identityCenterInstanceArn === wanted ? untilShown(job, wanted) : leaveOther(job, shown, wanted);
}

/** Ends the association and waits until that shows. Gives the instance as it is then; nothing if it is gone. */
async function dissociate(job: InstanceJob, instance: Instance): Promise<Instance | undefined> {
  job.log.info('dissociate');
  const refusal = await job.client.dissociate((current) => mayDissociate(job, current));
  const refusedUntil = job.deadline.now() + ENDING_MS;
  const pauses = pollPauses();
  for (;;) {
    const after = await job.client.find();
    if (!after || !isSameAssociation(after, instance)) {
      return after;
    }
    if (refusal && job.deadline.now() >= refusedUntil) {
      throw refusal;
    }
    job.progress.lastSeen = `${describeInstance(job)} is still associated with ${after.identityCenterInstanceArn}`;
    await job.deadline.sleep(pauses.next().value);
  }
}

/** One that shows without its application is on its way, or going. */
function isSameAssociation(one: Instance, other: Instance): boolean {
  return one.identityCenterInstanceArn !== undefined && one.identityCenterInstanceArn === other.identityCenterInstanceArn
    && (one.applicationArn === other.applicationArn || !one.applicationArn || !other.applicationArn);
}

/** Notes the application of our association, if that is what it is and it is not noted. */
async function confirm(job: InstanceJob, instance: Instance): Promise<Instance> {
  const isNoted = instance.tags[APPLICATION_TAG] === instance.applicationArn && isOfLifetime(PART, instance.tags, job.owner);
  return isNoted || !isAssociationOurs(job, instance) ? instance : note(job, instance, instance.identityCenterInstanceArn!);
}

/** Remembers the application, which tells our association from one that somebody makes after it. */
async function note(job: InstanceJob, instance: Instance, wanted: string): Promise<Instance> {
  if (instance.identityCenterInstanceArn !== wanted) {
    return leaveOther(job, await forgetClaim(job, instance, wanted), wanted);
  }
  const tags = { ...ownerTags(PART, job.owner), [INSTANCE_TAG]: wanted, [APPLICATION_TAG]: instance.applicationArn! };
  await job.client.tag(instance, tags);
  return { ...instance, tags: { ...instance.tags, ...tags } };
}

/** Forgets what this run claimed, if nobody has claimed another one since, such as the rollback of an Update that was cancelled. */
async function forgetClaim(job: InstanceJob, instance: Instance, wanted: string): Promise<Instance> {
  return instance.tags[INSTANCE_TAG] === wanted ? forget(job, instance) : instance;
}

/** Takes away our claim, and leaves that of another stack, which may have come after it. */
async function forget(job: InstanceJob, instance: Instance): Promise<Instance> {
  if (!job.isOurs(PART, instance)) {
    return instance;
  }
  const keys = tagKeysOf(PART, instance.tags);
  if (keys.length > 0) {
    await job.client.untag(instance, keys);
  }
  return { ...instance, tags: Object.fromEntries(Object.entries(instance.tags).filter(([key]) => !keys.includes(key))) };
}

/** Waits until an association shows with its application, as long as there is time. It may be another one than what is wanted. */
async function untilShown(job: InstanceJob, wanted: string): Promise<Instance> {
  const pauses = pollPauses();
  for (;;) {
    const instance = await existing(job);
    if (instance.identityCenterInstanceArn && instance.applicationArn) {
      return instance;
    }
    job.progress.lastSeen = `${describeInstance(job)} does not show yet that it is associated with ${wanted}`;
    await job.deadline.sleep(pauses.next().value);
  }
}

/** Gives a twin of this run, if there is one, the time to note the application of what it has associated, and what is in the way the time to show. */
async function untilNoted(job: InstanceJob, { isConflict }: Refusal): Promise<Instance> {
  const start = job.deadline.now();
  const pauses = pollPauses();
  for (;;) {
    const instance = await existing(job);
    const isClaimed = isAssociationOurs(job, instance) && !instance.tags[APPLICATION_TAG];
    const isHidden = isConflict && !instance.identityCenterInstanceArn;
    const patienceMs = isHidden ? HIDDEN_MS : isClaimed ? TWIN_MS : 0;
    if (job.deadline.now() >= start + patienceMs) {
      return instance;
    }
    await job.deadline.sleep(pauses.next().value);
  }
}

async function existing(job: InstanceJob): Promise<Instance> {
  const instance = await job.client.find();
  if (!instance) {
    throw new InstanceGone();
  }
  return instance;
}
