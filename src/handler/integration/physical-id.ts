import { PHYSICAL_ID_ADOPTED_SUFFIX, PHYSICAL_ID_NONE, PHYSICAL_ID_PREFIX, PHYSICAL_ID_UNKNOWN } from '../contract';
import { markOf } from './ownership';
import { ResourceEvent } from '../protocol/event';
import { Progress } from '../protocol/progress';

/** What a physical id says. An id that CloudFormation invented, for a Create that was cancelled, counts as `unknown`. */
export type PhysicalId =
  | { readonly kind: 'integration'; readonly integrationId: string }
  | { readonly kind: 'adopted'; readonly integrationId: string }
  | { readonly kind: 'none' }
  /** `request`: the second half of the mark of what the Create may have made, if it could say so. */
  | { readonly kind: 'unknown'; readonly request?: string };

const INTEGRATION = new RegExp(`^${PHYSICAL_ID_PREFIX}([\\w-]+)(${PHYSICAL_ID_ADOPTED_SUFFIX})?$`);
const UNKNOWN = new RegExp(`^${PHYSICAL_ID_UNKNOWN}(?:/([0-9a-f]{12}))?$`);

export function parsePhysicalId(physicalId: string): PhysicalId {
  if (physicalId === PHYSICAL_ID_NONE) {
    return { kind: 'none' };
  }
  const unknown = UNKNOWN.exec(physicalId);
  const found = INTEGRATION.exec(physicalId);
  if (unknown || !found) {
    return { kind: 'unknown', request: unknown?.[1] };
  }
  return { kind: found[2] ? 'adopted' : 'integration', integrationId: found[1] };
}

/** The physical id of an event that fails: it never changes after Create, and a Create says what its Delete has to look for. */
export function failedPhysicalId(event: ResourceEvent, progress: Progress): string {
  if (event.requestType !== 'Create') {
    return event.physicalId || PHYSICAL_ID_UNKNOWN;
  }
  if (progress.integrationId !== undefined) {
    return PHYSICAL_ID_PREFIX + progress.integrationId;
  }
  return progress.mayHaveMade ? `${PHYSICAL_ID_UNKNOWN}/${markOf(event).request}` : PHYSICAL_ID_NONE;
}
