import { ManagedKey } from './ledger';
import { isInPlace } from '../../immuta/status';

/** What Immuta says of the integration that may hold a key. */
export interface Holder {
  readonly status: string;
  readonly authenticationType: string;
  /** As Immuta shows it: perhaps a mask. */
  readonly accessKeyId?: string;
}

/** Which keys of ours Immuta needs. */
export interface Standing {
  /** The one with which Immuta works, as far as can be known. */
  readonly inForce?: ManagedKey;
  /** Whether Immuta shows the id of that one. */
  readonly shown: boolean;
  /** Whether Immuta works with that one for certain: else it is kept, for want of another one. */
  readonly certain: boolean;
  /** Immuta works with one of these, and it cannot be known with which. */
  readonly undecided: readonly ManagedKey[];
  /** Immuta works with none of these. */
  readonly spare: readonly ManagedKey[];
}

/** An id in full: what Immuta has is not ours, then, if it is none of ours. */
export const ACCESS_KEY_ID = /^AKIA[A-Z0-9]{12,}$/;

/**
 * Judges keys by what is known of each and by what Immuta shows. Whatever leaves a doubt is kept.
 *
 * @param keys Of ours, the newest first
 * @param holder The integration in a steady status; none if there is none
 */
export function standingOf(keys: readonly ManagedKey[], holder: Holder | undefined): Standing {
  const [newest, older] = keys.filter(({ state }) => state !== 'minted');
  if (!holder || !newest || holdsAnother(keys, holder)) {
    return { spare: keys, undecided: [], shown: false, certain: false };
  }
  const decided = (inForce: ManagedKey, { shown = false, certain = true } = {}): Standing =>
    ({ inForce, shown, certain, undecided: [], spare: keys.filter((key) => key !== inForce) });
  const undecided: Standing = { undecided: keys.filter(({ state }) => state !== 'minted'), spare: keys.filter(({ state }) => state === 'minted'), shown: false, certain: false };

  if (!isInPlace(holder.status)) {
    return undecided;
  }
  const rolledBack = holder.status === 'editError' && newest.state !== 'held';
  const shown = keys.find(({ id }) => id === holder.accessKeyId);
  if (shown) {
    if (rolledBack && shown === newest) {
      // a rolled-back edit whose key is shown all the same: the edit may be a later one, or what is shown what was tried
      return older ? undecided : decided(newest, { certain: false });
    }
    return decided(shown, { shown: true });
  }
  if (newest.state === 'sent') {
    // even when an edit was undone: the key may have been sent twice, and what Immuta went back to may be the first time
    return older ? undecided : decided(newest, { certain: false });
  }
  if (rolledBack) {
    return older ? decided(older) : decided(newest, { certain: false });
  }
  return decided(newest);
}

function holdsAnother(keys: readonly ManagedKey[], { authenticationType, accessKeyId = '' }: Holder): boolean {
  return authenticationType === 'auto' || (ACCESS_KEY_ID.test(accessKeyId) && !keys.some(({ id }) => id === accessKeyId));
}
