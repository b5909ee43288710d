import { createHash } from 'node:crypto';

/** Returns 12 hex digits: short enough for a name, long enough that no two texts have the same by chance. */
export function computeDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
