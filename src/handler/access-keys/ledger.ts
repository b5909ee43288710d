import { KEY_TAG_PREFIX } from '../contract';
import { AccessKeyMetadata } from './iam-user';

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

/** What the clocks of Lambda and IAM may differ by. */
const CLOCK_MS = 10_000;

export function tagOf(keyId: string): string {
  return KEY_TAG_PREFIX + keyId;
}

export function keyTagValue({ owner, state, request, version, busyUntil }: Omit<ManagedKey, 'id' | 'createdAt'>): string {
  return [owner, state, request, version, ...busyUntil > 0 ? [new Date(busyUntil).toISOString()] : []].join(' ');
}

export function intentTagValue(owner: string, now: number): string {
  return `${owner} ${new Date(now).toISOString()}`;
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
    const isIntended = isOurIntent && key.createdAt > intent.at - CLOCK_MS && key.createdAt < intent.at + INTENT_MS;
    return isIntended ? { ...key, owner: intent.owner, state: 'minted', request: '', version: '', busyUntil: intent.at + INTENT_MS } : undefined;
  };
  const ours = keys.map(read).filter((key) => key !== undefined).sort((a, b) => b.createdAt - a.createdAt);
  const ourTags = [...tags].filter(([name, value]) => name.startsWith(KEY_TAG_PREFIX) && owners.includes(value.split(' ')[0])).map(([name]) => name);
  return {
    ours,
    foreign: keys.map(({ id }) => id).filter((id) => !ours.some((key) => key.id === id)),
    mintingUntil: intent ? intent.at + INTENT_MS : 0,
    // a key that was made just now is not always listed at once
    strayTags: ourTags.filter((name) => name !== INTENT_TAG && !keys.some(({ id }) => tagOf(id) === name)
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

function readIntent(tags: ReadonlyMap<string, string>): { readonly owner: string; readonly at: number } | undefined {
  const [owner, at = ''] = tags.get(INTENT_TAG)?.split(' ') ?? [];
  return owner === undefined ? undefined : { owner, at: Date.parse(at) || 0 };
}
