import { Tags } from '../aws/access-grants';
import { INSTANCE_PHYSICAL_ID_PREFIX, INSTANCE_TAG_PREFIX, InstanceTagPart } from '../contract';
import { ResourceEvent } from '../protocol/event';
import { computeDigest } from '../runtime/digest';

/**
 * Who created the instance, or its association with Identity Center. Each has tags of its own that say so. Nothing else
 * is proof: what has no tags of ours is never deleted.
 */
export interface Ownership {
  /** The resource of a stack. */
  readonly owner: { readonly stack: string; /** Its logical ID. */ readonly resource: string };
  /** The Create of that resource. */
  readonly createdBy: {
    /** From a Create to its Delete: part of the physical ID. */
    readonly lifetime: string;
    /**
     * What a Create and its Delete agree on even if the Create was cancelled before it responded: an ID of the
     * function's role.
     */
    readonly generation: string;
  };
  /**
   * Whether the generation alone proves `createdBy`. The Delete of a cancelled Create does not know the lifetime, and a
   * Create may follow one that failed.
   */
  readonly isGenerationProof: boolean;
}

const PHYSICAL_ID = new RegExp(`^${INSTANCE_PHYSICAL_ID_PREFIX}([0-9a-f]{12})$`);

/** Returns the owner of what an event creates. */
export function deriveOwnership({
  requestType,
  stackId,
  logicalId,
  requestId,
  physicalId,
  properties,
}: ResourceEvent): Ownership {
  return {
    owner: { stack: stackId, resource: logicalId },
    createdBy: {
      lifetime:
        requestType === 'Create'
          ? computeDigest(requestId)
          : (PHYSICAL_ID.exec(physicalId)?.[1] ?? computeDigest(physicalId)),
      generation: properties.Generation ?? '',
    },
    isGenerationProof: !isOurPhysicalId(physicalId),
  };
}

/** Returns the physical ID of every response of a lifetime. CloudFormation invents one if it cancels a Create. */
export function choosePhysicalId(event: ResourceEvent): string {
  return event.physicalId || INSTANCE_PHYSICAL_ID_PREFIX + deriveOwnership(event).createdBy.lifetime;
}

/** Whether a response of ours has the physical ID. */
export function isOurPhysicalId(physicalId: string): boolean {
  return PHYSICAL_ID.test(physicalId);
}

export function formatTagKey(part: InstanceTagPart, field: string): string {
  return `${INSTANCE_TAG_PREFIX}:${part}:${field}`;
}

export function renderTags(part: InstanceTagPart, { owner, createdBy }: Ownership): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...owner, ...createdBy }).map(([field, value]) => [formatTagKey(part, field), value]),
  );
}

/** Whether the tags prove that this resource created the part. */
export function isOurs(part: InstanceTagPart, tags: Tags, { owner, createdBy, isGenerationProof }: Ownership): boolean {
  const has = (field: string, value: string) => tags[formatTagKey(part, field)] === value;
  return (
    has('stack', owner.stack) &&
    has('resource', owner.resource) &&
    (has('lifetime', createdBy.lifetime) ||
      (isGenerationProof && createdBy.generation !== '' && has('generation', createdBy.generation)))
  );
}

/** Whether the tags name this lifetime, not only this generation. */
export function isOfThisLifetime(part: InstanceTagPart, tags: Tags, ownership: Ownership): boolean {
  return isOurs(part, tags, { ...ownership, isGenerationProof: false });
}

/** Returns the keys of the part's tags, of any version of this library. */
export function filterTagKeys(part: InstanceTagPart, tags: Tags): string[] {
  return Object.keys(tags).filter((key) => key.startsWith(formatTagKey(part, '')));
}
