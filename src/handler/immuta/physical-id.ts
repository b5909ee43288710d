import { PHYSICAL_ID_ADOPTED_SUFFIX, PHYSICAL_ID_NONE, PHYSICAL_ID_PREFIX } from '../contract';

/** What a physical id says. An id that CloudFormation invented, for a Create that was cancelled, counts as `unknown`. */
export type PhysicalId =
  | { readonly kind: 'integration'; readonly integrationId: string }
  | { readonly kind: 'adopted'; readonly integrationId: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/** Ids are opaque; but they become a part of a path. */
export const INTEGRATION_ID = /^[\w-]+$/;

export function parsePhysicalId(physicalId: string): PhysicalId {
  if (physicalId === PHYSICAL_ID_NONE) {
    return { kind: 'none' };
  }
  const found = new RegExp(`^${PHYSICAL_ID_PREFIX}([\\w-]+)(${PHYSICAL_ID_ADOPTED_SUFFIX})?$`).exec(physicalId);
  if (!found || found[1] === 'unknown') {
    return { kind: 'unknown' };
  }
  return { kind: found[2] ? 'adopted' : 'integration', integrationId: found[1] };
}
