import { randomUUID } from 'node:crypto';
import { AccessKeyMetadata } from '../aws/iam';
import { SECRET_TAG_PREFIX } from '../contract';

const TAG_PREFIX = `${SECRET_TAG_PREFIX}creating-`;

/** Delay between the recorded intent and the creation of the key. */
export const INTENT_PAUSE_MS = 10_000;
/** Maximum delay after that until the request is sent. */
const LATEST_MS = 30_000;
/** A request takes 20 seconds at most. Includes what the clocks of Lambda and IAM may differ by. */
const WINDOW_MS = 55_000;
/** Time after which the key is stored, or lost, and all lists show it. */
const EXPIRY_MS = 90_000;

/**
 * A tag of the secret, recorded before a run creates an access key and removed when the key is stored. It proves
 * whose a key is that the run could not store: it did not exist when the intent was recorded, and was created
 * in the seconds in which this run could create one.
 *
 * A list of keys lags. The pause lets the dates of IAM tell a key of another owner that it did not show yet.
 */
export interface Intent {
  readonly tag: string;
  readonly userName: string;
  readonly existing: readonly string[];
  readonly recordedAt: number;
}

/** Creates the intent of this run. Each run has another one. */
export function createIntent(userName: string, existing: readonly string[], now: number): Intent {
  return { tag: `${TAG_PREFIX}${now}-${randomUUID().slice(0, 8)}`, userName, existing, recordedAt: now };
}

/** A tag cannot hold a comma, and the name of a user no slash. */
export function formatIntent({ userName, existing }: Intent): string {
  return [userName.replaceAll(',', '/'), ...existing].join(' ');
}

export function parseIntents(tags: ReadonlyMap<string, string>): Intent[] {
  return [...tags].filter(([tag]) => tag.startsWith(TAG_PREFIX)).map(([tag, value]) => {
    const [userName, ...existing] = value.split(' ');
    const recordedAt = parseInt(tag.slice(TAG_PREFIX.length), 10);
    return { tag, userName: userName.replaceAll('/', ','), existing, recordedAt };
  });
}

/** Whether a run may have created the key under this intent. */
export function isCreatedUnder(
  { recordedAt, existing }: Intent,
  { accessKeyId, createdAt }: AccessKeyMetadata,
): boolean {
  const age = createdAt - recordedAt;
  return !existing.includes(accessKeyId) && age > INTENT_PAUSE_MS / 2 && age < WINDOW_MS;
}

/** Whether a key that is created now is one of this intent. */
export function isCurrent({ recordedAt }: Intent, now: number): boolean {
  return now <= recordedAt + LATEST_MS;
}

/** Whether the run that recorded the intent has stored its key or lost it. */
export function isExpired({ recordedAt }: Intent, now: number): boolean {
  return now > recordedAt + EXPIRY_MS;
}
