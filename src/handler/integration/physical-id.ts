import { PHYSICAL_ID_ADOPTED_SUFFIX, PHYSICAL_ID_NONE, PHYSICAL_ID_PREFIX, PHYSICAL_ID_UNKNOWN } from '../contract';

/** What a physical ID says. One that CloudFormation invented for a cancelled Create counts as `unknown`. */
export type PhysicalId = { readonly text: string } & (
  | { readonly kind: 'integration'; readonly integrationId: string }
  | { readonly kind: 'adopted'; readonly integrationId: string }
  | { readonly kind: 'none' }
  /** `createdBy`: the ownership of what the Create may have created, if it could say so. */
  | { readonly kind: 'unknown'; readonly createdBy?: string }
);

const INTEGRATION = new RegExp(`^${PHYSICAL_ID_PREFIX}([\\w-]{1,64})(${PHYSICAL_ID_ADOPTED_SUFFIX})?$`);
const UNKNOWN = new RegExp(`^${PHYSICAL_ID_UNKNOWN}(?:/([0-9a-f]{12}))?$`);

export function parsePhysicalId(text: string): PhysicalId {
  if (text === PHYSICAL_ID_NONE) {
    return { text, kind: 'none' };
  }
  const unknown = UNKNOWN.exec(text);
  const found = INTEGRATION.exec(text);
  if (unknown || !found) {
    return { text, kind: 'unknown', createdBy: unknown?.[1] };
  }
  return { text, kind: found[2] ? 'adopted' : 'integration', integrationId: found[1] };
}

/** Whether CloudFormation chose the physical ID, because it cancelled the Create before it had a response. */
export function isChosenByCloudFormation(text: string): boolean {
  return text !== '' && !text.startsWith(PHYSICAL_ID_PREFIX);
}

/** Returns the ID of the integration that a physical ID names. */
export function findIntegrationId(physicalId: PhysicalId): string | undefined {
  return 'integrationId' in physicalId ? physicalId.integrationId : undefined;
}
