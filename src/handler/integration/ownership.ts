import { NAME_MARK_LENGTH, NAME_MAX_LENGTH } from '../contract';
import { Location } from '../location';
import { ResourceEvent } from '../protocol/event';
import { digest } from '../runtime/digest';

/**
 * The end of an integration's name, by which we know our own: `-<owner>-<request>`. Nothing else says that a record is ours.
 */
export interface Mark {
  /** Digest of the stack and the logical id: which resource it belongs to. */
  readonly owner: string;
  /**
   * Digest of the request that created it: which event it belongs to. Its first half is one of what else a Delete can know, which does
   * not know the request: the `Generation` of a Create, if it has one, and the physical id of an Update, which made the record anew.
   */
  readonly request: string;
}

const MARK = /-([0-9a-f]{12})-([0-9a-f]{12})$/;

export function markOf(event: Pick<ResourceEvent, 'requestType' | 'stackId' | 'logicalId' | 'requestId' | 'physicalId' | 'properties'>): Mark {
  const generation = event.requestType === 'Update' ? event.physicalId : event.properties.Generation;
  return {
    // the two parts cannot run into each other: a logical id has letters and digits only
    owner: digest(`${event.stackId} ${event.logicalId}`),
    request: generation ? half(generation) + half(event.requestId) : digest(event.requestId),
  };
}

/**
 * Whether an event with this `Generation` or physical id made the record: a resource that was retained before had another generation,
 * and one that takes the place of a failed one has another physical id.
 */
export function isOfGeneration({ request }: Mark, generation: string): boolean {
  return request.startsWith(half(generation));
}

export function readMark(name: string): Mark | undefined {
  const found = MARK.exec(name);
  return found ? { owner: found[1], request: found[2] } : undefined;
}

/** @param base The name that the user chose; without one, the name tells where the integration is. */
export function markedName(base: string | undefined, location: Location, mark: Mark): string {
  const beginning = base || `${location.accountId}-${location.region}-${location.path.replace(/^s3:\/\//, '').replace(/[^A-Za-z0-9.]+/g, '-')}`;
  return `${beginning.slice(0, NAME_MAX_LENGTH - NAME_MARK_LENGTH).replace(/-+$/, '')}-${mark.owner}-${mark.request}`;
}

function half(text: string): string {
  return digest(text).slice(0, 6);
}
