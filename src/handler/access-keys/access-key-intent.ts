import { randomUUID } from 'node:crypto';
import { AccessKey, AccessKeyMetadata } from '../aws/iam';
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
  /** The name of the user and the IDs of its keys. A tag cannot hold a comma, and the name of a user no slash. */
  readonly value: string;
  readonly userName: string;
  readonly recordedAt: number;
}

/** Creates the intent of this run. Each run has another one. */
export function createIntent(userName: string, existing: readonly AccessKey[], now: number): Intent {
  const value = [userName.replaceAll(',', '/'), ...existing.map(({ accessKeyId }) => accessKeyId)].join(' ');
  return { tag: `${TAG_PREFIX}${now}-${randomUUID().slice(0, 8)}`, value, userName, recordedAt: now };
}

export function parseIntents(tags: ReadonlyMap<string, string>): Intent[] {
  return [...tags].filter(([tag]) => tag.startsWith(TAG_PREFIX)).map(([tag, value]) => ({
    tag,
    value,
    userName: value.split(' ')[0].replaceAll('/', ','),
    recordedAt: parseInt(tag.slice(TAG_PREFIX.length), 10),
  }));
}

/** Whether a run may have created the key under this intent. */
export function isCreatedUnder({ recordedAt, value }: Intent, { accessKeyId, createdAt }: AccessKeyMetadata): boolean {
  const age = createdAt - recordedAt;
  return !value.split(' ').includes(accessKeyId) && age > INTENT_PAUSE_MS / 2 && age < WINDOW_MS;
}

/** Whether a key that is created now is one of this intent. */
export function isCurrent({ recordedAt }: Intent, now: number): boolean {
  return now <= recordedAt + LATEST_MS;
}

/** Whether the run that recorded the intent has stored its key or lost it. */
export function isExpired({ recordedAt }: Intent, now: number): boolean {
  return now > recordedAt + EXPIRY_MS;
}
