import { createHash } from 'node:crypto';

/** Eight hex digits for a construct id: another identity has other resources. */
export function digest(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 8);
}
