import { AccessKeyMetadata } from '../../aws/iam-user';
import { KEY_TAG_PREFIX } from '../../contract';

/**
 * What is known of a key of ours:
 *
 * - `minted`: nobody but its invocation has ever seen the secret
 * - `sent`: a request that carries it was about to be sent
 * - `accepted`: Immuta took that request
 * - `held`: Immuta had finished with it
 */
export type KeyState = 'minted' | 'sent' | 'accepted' | 'held';

/** An access key that is ours. */
export interface ManagedKey {
  readonly id: string;
  readonly createdAt: number;
  readonly owner: string;
  readonly state: KeyState;
  /** Digest of the request id of the event that minted it. */
  readonly request: string;
  /** Digest of what the user may change to have the configuration written again, as it was for that event. */
  readonly version: string;
  /** Until when the invocation that minted it may be working with it. */
  readonly busyUntil: number;
}

/** Whose access keys a user has, by the tags of the user. Nothing else says that a key is ours. */
export interface Ledger {
  /** The newest first. */
  readonly ours: readonly ManagedKey[];
  /** Ids of all others. */
  readonly foreign: readonly string[];
  /** Since when a key of ours may have been made whose id was lost, and which may not be listed yet. */
  readonly mintingSince?: number;
  /** Until when an invocation may be minting. */
  readonly mintingUntil: number;
  /** Our tags of keys that are no more. */
  readonly strayTags: readonly string[];
  /** All our tags. */
  readonly tags: readonly string[];
}

/** Written before a key is minted, so that one whose id nobody has learnt is known as ours. */
export const INTENT_TAG = `${KEY_TAG_PREFIX}minting`;

/** How long after an intent its key may be made: the request takes no longer. */
export const INTENT_MS = 60_000;

/** A key is listed by then. */
const SURELY_LISTED_MS = 600_000;

/** What the clocks of Lambda and IAM may differ by. */
const CLOCK_MS = 10_000;

export function tagOf(keyId: string): string {
  return KEY_TAG_PREFIX + keyId;
}

export function keyTagValue({ owner, state, request, version, busyUntil }: Omit<ManagedKey, 'id' | 'createdAt'>): string {
  return [owner, state, request, version, ...busyUntil > 0 ? [new Date(busyUntil).toISOString()] : []].join(' ');
}

/** @param since What an intent that is still open says: the keys of both may have been made, or only be listed later */
export function intentTagValue(owner: string, now: number, since = now): string {
  return [owner, Math.max(since, now - SURELY_LISTED_MS), now].map((part) => typeof part === 'number' ? new Date(part).toISOString() : part).join(' ');
}

/** @param owners Who "we" are */
export function readLedger(keys: readonly AccessKeyMetadata[], tags: ReadonlyMap<string, string>, owners: readonly string[], now: number): Ledger {
  const intent = readIntent(tags);
  const isOurIntent = intent !== undefined && owners.includes(intent.owner);
  const read = (key: AccessKeyMetadata): ManagedKey | undefined => {
    const value = tags.get(tagOf(key.id));
    if (value !== undefined) {
      const tag = readKeyTag(value);
      return tag && owners.includes(tag.owner) ? { ...key, ...tag } : undefined;
    }
    const isIntended = isOurIntent && key.createdAt > intent.since - CLOCK_MS && key.createdAt < intent.last + INTENT_MS;
    return isIntended ? { ...key, owner: intent.owner, state: 'minted', request: '', version: '', busyUntil: intent.last + INTENT_MS } : undefined;
  };
  const ours = keys.map(read).filter((key) => key !== undefined).sort((a, b) => b.createdAt - a.createdAt);
  const ourTags = [...tags].filter(([name, value]) => name.startsWith(KEY_TAG_PREFIX) && owners.includes(value.split(' ')[0])).map(([name]) => name);
  return {
    ours,
    foreign: keys.map(({ id }) => id).filter((id) => !ours.some((key) => key.id === id)),
    mintingSince: isOurIntent ? intent.since : undefined,
    mintingUntil: intent ? intent.last + INTENT_MS : 0,
    // a key that was made just now is not always listed at once
    strayTags: ourTags.filter((name) => name === INTENT_TAG ? intent!.last + SURELY_LISTED_MS < now : !keys.some(({ id }) => tagOf(id) === name)
      && (readKeyTag(tags.get(name)!)?.busyUntil ?? 0) < now),
    tags: ourTags,
  };
}

function readKeyTag(value: string): Omit<ManagedKey, 'id' | 'createdAt'> | undefined {
  const [owner, state, request = '', version = '', busyUntil = ''] = value.split(' ');
  if (!['minted', 'sent', 'accepted', 'held'].includes(state)) {
    return undefined;
  }
  return { owner, state: state as KeyState, request, version, busyUntil: Date.parse(busyUntil) || 0 };
}

function readIntent(tags: ReadonlyMap<string, string>): { readonly owner: string; readonly since: number; readonly last: number } | undefined {
  const [owner, since = '', last = since] = tags.get(INTENT_TAG)?.split(' ') ?? [];
  return owner === undefined ? undefined : { owner, since: Date.parse(since) || 0, last: Date.parse(last) || 0 };
}
