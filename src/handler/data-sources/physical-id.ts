import { DATA_SOURCES_PHYSICAL_ID_PREFIX } from '../contract';

/** What a physical ID says. CloudFormation invents one for a cancelled Create. */
export type PhysicalId =
  | { readonly kind: 'none' | 'unknown' }
  /** `sentAt`: when the Create was sent, in milliseconds since 1970. */
  | { readonly kind: 'created' | 'failed'; readonly sentAt: number };

const NONE = `${DATA_SOURCES_PHYSICAL_ID_PREFIX}none`;
const PATTERN = new RegExp(`^${DATA_SOURCES_PHYSICAL_ID_PREFIX}(created|failed)/(\\d+)$`);

export function parsePhysicalId(text: string): PhysicalId {
  const [, kind, seconds] = PATTERN.exec(text) ?? [];
  if (kind) {
    return { kind: kind as 'created' | 'failed', sentAt: Number(seconds) * 1000 };
  }
  return { kind: text === NONE ? 'none' : 'unknown' };
}

/** @param sentAt when the Create was sent, in milliseconds since 1970 */
export function formatPhysicalId(kind: 'created' | 'failed' | 'none', sentAt: number): string {
  return kind === 'none' ? NONE : `${DATA_SOURCES_PHYSICAL_ID_PREFIX}${kind}/${Math.floor(sentAt / 1000)}`;
}
