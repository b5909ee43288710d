import { InstanceContext, UserTags } from './context';
import { isOurs } from './ownership';
import { Instance } from '../aws/access-grants';
import { INSTANCE_TAG_PREFIX } from '../contract';
import { parseObject } from '../runtime/json';

/** Returns the tags of a property. Ownership is never a tag of the user. */
export function parseTags(property: string | undefined): UserTags {
  const tags = Object.entries(parseObject(property ?? ''));
  return Object.fromEntries(
    tags
      .filter(([key]) => !key.startsWith(`${INSTANCE_TAG_PREFIX}:`))
      .map(([key, value]): [string, string] => [key, String(value)]),
  );
}

/**
 * Changes the user's tags on an instance that this resource created. Keeps every tag of another owner: a tag is removed
 * only if it has the value that this resource set.
 *
 * What the event changes is also sent if it seems to be done: if this Update rolls back another one, reads may not show
 * yet what that one has changed.
 *
 * @returns the instance with its tags, undefined if it is gone
 */
export async function updateTags(context: InstanceContext, instance: Instance): Promise<Instance | undefined> {
  const { accessGrants, log, ownership, tags } = context;
  if (!isOurs('instance', instance.tags, ownership)) {
    return instance;
  }
  const { desired, previous } = tags;
  const changed = Object.entries(desired).filter(
    ([key, value]) => instance.tags[key] !== value || previous[key] !== value,
  );
  const removed = Object.keys(previous).filter(
    (key) => !(key in desired) && [undefined, previous[key]].includes(instance.tags[key]),
  );
  if (changed.length > 0) {
    log.info('tag-instance', { message: changed.map(([key]) => key).join(', ') });
    if (!(await accessGrants.tagInstance(instance, Object.fromEntries(changed)))) {
      return undefined;
    }
  }
  if (removed.length > 0) {
    log.info('untag-instance', { message: removed.join(', ') });
    await accessGrants.untagInstance(instance, removed);
  }
  const kept = Object.entries(instance.tags).filter(([key]) => !removed.includes(key));
  return { ...instance, tags: { ...Object.fromEntries(kept), ...Object.fromEntries(changed) } };
}
