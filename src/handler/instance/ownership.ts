import { Tags } from '../aws/access-grants';
import { INSTANCE_PHYSICAL_ID_PREFIX, INSTANCE_TAG_PREFIX, InstanceTagPart } from '../contract';
import { ResourceEvent } from '../protocol/event';
import { digest } from '../runtime/digest';

/**
 * Who made the instance, or its association with Identity Center. Each has tags of its own that say so, and nothing else is proof of it:
 * what has none of ours is never deleted.
 */
export interface Owner {
  readonly stack: string;
  /** Its logical id. */
  readonly resource: string;
  /** From a Create to its Delete: in the physical id. */
  readonly lifetime: string;
  /** What a Create and its Delete agree on even if the Create was cancelled before it could answer: an id of the function's role. */
  readonly generation: string;
}

const FIELDS = ['stack', 'resource', 'lifetime', 'generation'] as const;

const PHYSICAL_ID = new RegExp(`^${INSTANCE_PHYSICAL_ID_PREFIX}([0-9a-f]{12})$`);

/** Whom an event makes things for. */
export function ownerFor(event: ResourceEvent): Owner {
  return {
    stack: event.stackId,
    resource: event.logicalId,
    lifetime: event.requestType === 'Create' ? digest(event.requestId) : PHYSICAL_ID.exec(event.physicalId)?.[1] ?? digest(event.physicalId),
    generation: event.properties.Generation ?? '',
  };
}

/** Every answer of a lifetime has it. CloudFormation invents one for a Create that was cancelled, which comes with the Delete. */
export function physicalIdFor(event: ResourceEvent): string {
  return event.requestType === 'Create' || !event.physicalId ? INSTANCE_PHYSICAL_ID_PREFIX + ownerFor(event).lifetime : event.physicalId;
}

/** Whether the physical id names a lifetime. */
export function isOurPhysicalId(physicalId: string): boolean {
  return PHYSICAL_ID.test(physicalId);
}

export function tagKey(part: InstanceTagPart, field: string): string {
  return `${INSTANCE_TAG_PREFIX}:${part}:${field}`;
}

export function ownerTags(part: InstanceTagPart, owner: Owner): Record<string, string> {
  return Object.fromEntries(FIELDS.map((field) => [tagKey(part, field), owner[field]]));
}

/** Whether the part has the tags of the same resource and lifetime. */
export function isOfLifetime(part: InstanceTagPart, tags: Tags, owner: Owner): boolean {
  return isOfResource(part, tags, owner) && tags[tagKey(part, 'lifetime')] === owner.lifetime;
}

/** Whether the part has the tags of the same resource and generation, of whatever lifetime. */
export function isOfGeneration(part: InstanceTagPart, tags: Tags, owner: Owner): boolean {
  return isOfResource(part, tags, owner) && owner.generation !== '' && tags[tagKey(part, 'generation')] === owner.generation;
}

/** The keys of the part's tags, those of any version of this library. */
export function tagKeysOf(part: InstanceTagPart, tags: Tags): string[] {
  return Object.keys(tags).filter((key) => key.startsWith(tagKey(part, '')));
}

function isOfResource(part: InstanceTagPart, tags: Tags, owner: Owner): boolean {
  return tags[tagKey(part, 'stack')] === owner.stack && tags[tagKey(part, 'resource')] === owner.resource;
}
