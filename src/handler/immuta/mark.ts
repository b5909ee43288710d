import { createHash } from 'node:crypto';
import { NAME_MARK_LENGTH, NAME_MAX_LENGTH } from '../contract';
import { Location } from './location';

/**
 * The end of an integration's name, by which we know our own: `-<owner>-<request>`. Nothing else says that a record is ours.
 */
export interface Mark {
  /** Digest of the stack and the logical id: which resource it belongs to. */
  readonly owner: string;
  /** Digest of the request that created it: which event it belongs to. */
  readonly request: string;
}

const MARK = /-([0-9a-f]{12})-([0-9a-f]{12})$/;

export function markOf(event: { readonly stackId: string; readonly logicalId: string; readonly requestId: string }): Mark {
  // the two parts cannot run into each other: a logical id has letters and digits only
  return { owner: digest(`${event.stackId} ${event.logicalId}`), request: digest(event.requestId) };
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

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
