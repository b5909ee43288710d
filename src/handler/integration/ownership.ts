import { NAME_MAX_LENGTH, NAME_SUFFIX_LENGTH, PHYSICAL_ID_NONE } from '../contract';
import { IntegrationRecord } from '../immuta/client';
import { isSameLocation, Location } from '../location';
import { ResourceEvent } from '../protocol/event';
import { computeDigest } from '../runtime/digest';

/**
 * The end of an integration's name, `-<owner>-<createdBy>`, by which we recognize our own. Nothing else says that a
 * record is ours.
 */
export interface Ownership {
  /** Digest of the stack and the logical ID: which resource it belongs to. */
  readonly owner: string;
  /**
   * Which event created it. The first half is a digest of what its Delete can know too, which does not know the
   * request: the `Generation` of a Create, and the physical ID of an Update that recreated the record. The second half
   * is a digest of the request.
   */
  readonly createdBy: string;
}

const SUFFIX = /-([0-9a-f]{12})-([0-9a-f]{12})$/;

/** Returns the ownership of what an event creates. */
export function deriveOwnership(
  event: Pick<ResourceEvent, 'requestType' | 'stackId' | 'logicalId' | 'requestId' | 'physicalId' | 'properties'>,
): Ownership {
  const generation = event.requestType === 'Update' ? event.physicalId : (event.properties.Generation ?? '');
  return {
    // the two parts cannot run into each other: a logical ID has letters and digits only
    owner: computeDigest(`${event.stackId} ${event.logicalId}`),
    createdBy: computeHalfDigest(generation) + computeHalfDigest(event.requestId),
  };
}

/** Parses the ownership in a name. Undefined if this library did not create the record, or if it was renamed. */
export function parseOwnership(name: string): Ownership | undefined {
  const found = SUFFIX.exec(name);
  return found ? { owner: found[1], createdBy: found[2] } : undefined;
}

/** Whether a resource created the record with this name. */
export function isOwnedBy(name: string, owner: string): boolean {
  return parseOwnership(name)?.owner === owner;
}

/** Whether an event created the record with this name. */
export function isCreatedBy(name: string, { owner, createdBy }: Ownership): boolean {
  return isOwnedBy(name, owner) && parseOwnership(name)?.createdBy === createdBy;
}

/**
 * Whether an event with this `Generation` or physical ID created the record: a resource that was retained before had
 * another generation, and one that takes the place of a failed one has another physical ID.
 */
export function isOfGeneration({ createdBy }: Ownership, generation: string): boolean {
  return createdBy.startsWith(computeHalfDigest(generation));
}

/**
 * Whether the record with this name belongs to a resource: it has its owner, or an Update of the resource with this
 * physical ID recreated it. Stack refactoring changes the logical ID, and with it the owner, but not the physical ID.
 * Resources that created nothing share their physical ID, which says nothing then.
 */
export function isOfResource(
  name: string,
  {
    ownership: { owner },
    physicalId,
  }: { readonly ownership: Ownership; readonly physicalId: { readonly text: string } },
): boolean {
  const found = parseOwnership(name);
  const isUnique = physicalId.text !== PHYSICAL_ID_NONE;
  return found !== undefined && (found.owner === owner || (isUnique && isOfGeneration(found, physicalId.text)));
}

/** Whether a record is ours, without its ID: by its name, and only on the path and with the role of this resource. */
export function isOurs(
  record: IntegrationRecord,
  request: Parameters<typeof isOfResource>[1] & { readonly location: Location; readonly locationRoleArn?: string },
): boolean {
  return (
    isOfResource(record.name, request) &&
    isSameLocation(record.location, request.location) &&
    record.locationRoleArn === request.locationRoleArn
  );
}

/** Builds a name. @param base what the user chose. @default - the location */
export function buildName(base: string | undefined, location: Location, { owner, createdBy }: Ownership): string {
  const path = location.path.replace(/^s3:\/\//, '').replace(/[^A-Za-z0-9.]+/g, '-');
  const beginning = base || `${location.accountId}-${location.region}-${path}`;
  return `${beginning.slice(0, NAME_MAX_LENGTH - NAME_SUFFIX_LENGTH).replace(/-+$/, '')}-${owner}-${createdBy}`;
}

function computeHalfDigest(text: string): string {
  return computeDigest(text).slice(0, 6);
}
