import { InstanceContext } from './context';
import { deleteInstance, READABLE_MS } from './delete';
import { AssociationGoal, ensureAssociation, waitForLateChange } from './identity-center';
import { isOfThisLifetime, isOurs, renderTags } from './ownership';
import { updateTags } from './tags';
import { Instance } from '../aws/access-grants';
import { createFailure } from '../failure';
import { OutOfTime } from '../runtime/deadline';
import { bestEffort } from '../runtime/log';
import { poll } from '../runtime/poll';

/**
 * Adopts an existing instance or creates one, and ensures its association. Does nothing if all is as it should be,
 * which is also how a repeated event and most rollbacks end.
 *
 * @throws Failure if the instance is deleted meanwhile
 */
export async function ensureInstance(context: InstanceContext, goal: AssociationGoal): Promise<Instance> {
  const found = await context.accessGrants.findInstance();
  const instance = found ? await setUp(context, goal, found) : await createInstance(context, goal);
  if (!instance) {
    throw createFailure('INSTANCE_DELETED_DURING_DEPLOYMENT', { instance: context.name });
  }
  return instance;
}

/** Creates the instance. If it exists, another owner was faster, or a response to us was lost. */
async function createInstance(context: InstanceContext, goal: AssociationGoal): Promise<Instance | undefined> {
  const { accessGrants, log, ownership } = context;
  log.info('create-instance');
  const created = await accessGrants.createInstance(renderTags('instance', ownership));
  if (!created) {
    return setUpOnceReadable(context, goal);
  }
  try {
    return (await setUpOnceReadable(context, goal)) ?? (await undoCreation(context));
  } catch (error) {
    if (!(error instanceof OutOfTime)) {
      await undoCreation(context);
    }
    throw error;
  }
}

/**
 * Deletes what this run created: the Delete that follows a failed Create may be over before a concurrent run of the
 * Create, which Lambda started late, fails. What a later Create has taken over stays.
 */
async function undoCreation(context: InstanceContext): Promise<undefined> {
  const ownership = { ...context.ownership, isGenerationProof: false };
  await bestEffort(context.log, 'creation-not-undone', () => deleteInstance({ ...context, ownership }));
}

/**
 * Sets up an instance that AWS says exists although requests may not find it yet. It is not created a second time: if
 * it is gone, its own Delete or another owner deleted it. It is found before the Create succeeds, so that its Delete,
 * which may follow at once, finds it too.
 */
async function setUpOnceReadable(context: InstanceContext, goal: AssociationGoal): Promise<Instance | undefined> {
  const { accessGrants, deadline, name } = context;
  const end = deadline.now() + READABLE_MS;
  return poll<Instance | undefined>({ deadline, waitingFor: `${name} to be readable` }, async () => {
    const found = await accessGrants.findInstance();
    const instance = found && (await setUp(context, goal, found));
    return instance || deadline.now() >= end ? { done: instance } : { seen: 'requests do not find it yet' };
  });
}

/** Returns undefined if the instance is gone. */
async function setUp(context: InstanceContext, goal: AssociationGoal, found: Instance): Promise<Instance | undefined> {
  const adopted = await adopt(context, found);
  const tagged = adopted && (await updateTags(context, adopted));
  const settled = tagged && (await waitForLateChange(context, goal, tagged));
  return settled && ensureAssociation(context, goal, settled);
}

/**
 * Takes over an instance that an earlier Create of this resource created, whose Delete may still come. Changes no
 * other.
 */
async function adopt(
  { accessGrants, log, ownership }: InstanceContext,
  found: Instance,
): Promise<Instance | undefined> {
  const isCreatedByUs = isOurs('instance', found.tags, ownership);
  log.info('adopt-instance', { message: isCreatedByUs ? 'this resource created it' : 'another owner created it' });
  if (!isCreatedByUs || isOfThisLifetime('instance', found.tags, ownership)) {
    return found;
  }
  const tags = renderTags('instance', ownership);
  return (await accessGrants.tagInstance(found, tags)) ? { ...found, tags: { ...found.tags, ...tags } } : undefined;
}
