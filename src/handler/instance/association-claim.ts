import { InstanceContext } from './context';
import { filterTagKeys, formatTagKey, isOfThisLifetime, isOurs, renderTags } from './ownership';
import { Instance } from '../aws/access-grants';
import { InstanceTagPart } from '../contract';

/*
 * The tags by which we recognize our association with Identity Center. The claim is older than the association, which
 * another owner may create at the same time. The application is recorded once it is known.
 */

const PART: InstanceTagPart = 'identity-center';
/** The Identity Center instance that we associate with. */
const INSTANCE_TAG = formatTagKey(PART, 'instance');
/** The application of our association, empty until it is known. Another association gets another application. */
const APPLICATION_TAG = formatTagKey(PART, 'application');
/** The application of the association that we ended last. It stays: no later association has this application. */
const ENDED_TAG = formatTagKey(PART, 'ended');

/** Whether this resource has a claim to any association. */
export function hasClaim({ ownership }: InstanceContext, { tags }: Instance): boolean {
  return isOurs(PART, tags, ownership);
}

/** Whether this resource has a claim to the association with this Identity Center instance. */
export function hasClaimTo(context: InstanceContext, instance: Instance, desired: string | undefined): boolean {
  return hasClaim(context, instance) && instance.tags[INSTANCE_TAG] === desired;
}

/** Whether the application of the claimed association is known. */
export function hasApplication({ tags }: Instance): boolean {
  return Boolean(tags[APPLICATION_TAG]);
}

/** Whether this run, or another one of this lifetime, has recorded the application that the association has. */
export function isRecorded({ ownership }: InstanceContext, { tags, applicationArn }: Instance): boolean {
  return tags[APPLICATION_TAG] === applicationArn && isOfThisLifetime(PART, tags, ownership);
}

/** Whether there is an association of ours, or may be: one that we requested may not appear yet. */
export function canDissociate(context: InstanceContext, instance: Instance): boolean {
  return instance.identityCenterInstanceArn
    ? isAssociationOurs(context, instance)
    : hasClaim(context, instance) && instance.tags[APPLICATION_TAG] === '';
}

/** Whether the claim names the instance and, once it is known, the application of the association. */
export function isAssociationOurs(context: InstanceContext, instance: Instance): boolean {
  const { identityCenterInstanceArn = '', applicationArn } = instance;
  return (
    hasClaimTo(context, instance, identityCenterInstanceArn) &&
    (!hasApplication(instance) || instance.tags[APPLICATION_TAG] === applicationArn)
  );
}

/** Whether we requested the end of the association, or were about to. It may appear for some time after that. */
export function isEnded(context: InstanceContext, instance: Instance): boolean {
  const { tags, applicationArn } = instance;
  return hasClaim(context, instance) && applicationArn !== undefined && tags[ENDED_TAG] === applicationArn;
}

/** Records that the association is about to be ended. False if the instance is gone. */
export async function tagEnd({ accessGrants }: InstanceContext, instance: Instance): Promise<boolean> {
  const { applicationArn } = instance;
  return !applicationArn || accessGrants.tagInstance(instance, { [ENDED_TAG]: applicationArn });
}

/** Records that the association was not ended. */
export async function takeBackEnd({ accessGrants }: InstanceContext, instance: Instance): Promise<void> {
  await accessGrants.untagInstance(instance, [ENDED_TAG]);
}

/**
 * Sets the tags of a claim.
 *
 * @param applicationArn empty until it is known
 * @returns the instance with its tags, undefined if it is gone
 */
export async function tagClaim(
  { accessGrants, ownership }: InstanceContext,
  instance: Instance,
  desired: string,
  applicationArn: string,
): Promise<Instance | undefined> {
  const tags = { ...renderTags(PART, ownership), [INSTANCE_TAG]: desired, [APPLICATION_TAG]: applicationArn };
  return (await accessGrants.tagInstance(instance, tags))
    ? { ...instance, tags: { ...instance.tags, ...tags } }
    : undefined;
}

/**
 * Removes the claim of this run, unless a later one, such as the rollback of a cancelled Update, has claimed another
 * association.
 */
export async function takeBackClaim(context: InstanceContext, instance: Instance, desired: string): Promise<Instance> {
  return instance.tags[INSTANCE_TAG] === desired ? removeClaim(context, instance) : instance;
}

/** Removes our claim. That of another stack may have come after it, and stays. */
export async function removeClaim(context: InstanceContext, instance: Instance): Promise<Instance> {
  if (!hasClaim(context, instance)) {
    return instance;
  }
  const keys = [...new Set([...filterTagKeys(PART, instance.tags), ENDED_TAG])]; // reads may not show it yet
  await context.accessGrants.untagInstance(instance, keys);
  return {
    ...instance,
    tags: Object.fromEntries(Object.entries(instance.tags).filter(([key]) => !keys.includes(key))),
  };
}
