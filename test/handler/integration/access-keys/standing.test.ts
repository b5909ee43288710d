import { KeyState, ManagedKey } from '../../../../src/handler/integration/access-keys/ledger';
import { Holder, standingOf } from '../../../../src/handler/integration/access-keys/standing';

const OLDER = 'AKIAOLDEROLDEROLDER1';
const NEWER = 'AKIANEWERNEWERNEWER1';
const FOREIGN = 'AKIAFOREIGNFOREIGN12';
const MASK = '********';

function key(id: string, state: KeyState): ManagedKey {
  return { id, createdAt: id === NEWER ? 2 : 1, owner: 'o', state, request: 'r', version: 'v', busyUntil: 0 };
}

/** As `NEWER certain`, `?`, and what is spare. */
function judge(states: Partial<Record<'newer' | 'older', KeyState>>, holder: Partial<Holder> | undefined): string {
  const keys = [...states.newer ? [key(NEWER, states.newer)] : [], ...states.older ? [key(OLDER, states.older)] : []];
  const standing = standingOf(keys, holder && { status: 'enabled', authenticationType: 'accessKey', ...holder });
  const name = ({ id }: ManagedKey) => (id === NEWER ? 'newer' : 'older');
  const inForce = standing.inForce ? `${name(standing.inForce)}${standing.certain ? '' : ' perhaps'}` : standing.undecided.length > 0 ? `${standing.undecided.map(name).join(' or ')}` : 'none';
  // every key is judged, and once
  expect([...standing.inForce ? [standing.inForce] : [], ...standing.undecided, ...standing.spare]).toHaveLength(keys.length);
  return `${inForce}; spare: ${standing.spare.map(name).join(', ')}`;
}

const both = (newer: KeyState) => ({ newer, older: 'held' as const });

test.each<[string, Partial<Record<'newer' | 'older', KeyState>>, Partial<Holder> | undefined, string]>([
  ['no integration', both('held'), undefined, 'none; spare: newer, older'],
  ['one with a role', both('accepted'), { authenticationType: 'auto' }, 'none; spare: newer, older'],
  ['one with a key of somebody else', both('sent'), { accessKeyId: FOREIGN }, 'none; spare: newer, older'],
  ['one that is being created, or failed', { newer: 'accepted' }, { status: 'createError' }, 'newer; spare: '],
  ['one in transition', both('accepted'), { status: 'editing', accessKeyId: NEWER }, 'newer or older; spare: '],
  ['one in a status that is not known', both('minted'), { status: 'pondering' }, 'older; spare: newer'],

  ['the newer shown', both('sent'), { accessKeyId: NEWER }, 'newer; spare: older'],
  ['the older shown', both('sent'), { accessKeyId: OLDER }, 'older; spare: newer'],
  ['the older shown although the newer was accepted', both('accepted'), { accessKeyId: OLDER }, 'older; spare: newer'],
  ['the older shown after a change was undone', both('accepted'), { accessKeyId: OLDER, status: 'editError' }, 'older; spare: newer'],
  ['the newer shown although a change was undone', both('accepted'), { accessKeyId: NEWER, status: 'editError' }, 'newer or older; spare: '],
  ['the newer shown, which was held before a later change was undone', both('held'), { accessKeyId: NEWER, status: 'editError' }, 'newer; spare: older'],

  ['masked, minted', both('minted'), { accessKeyId: MASK }, 'older; spare: newer'],
  ['masked, sent', both('sent'), { accessKeyId: MASK }, 'newer or older; spare: '],
  ['masked, accepted', both('accepted'), { accessKeyId: MASK }, 'newer; spare: older'],
  ['masked, held', both('held'), { accessKeyId: MASK }, 'newer; spare: older'],
  ['masked, sent, and a change of it, perhaps the second one, undone', both('sent'), { accessKeyId: MASK, status: 'editError' }, 'newer or older; spare: '],
  ['masked, accepted, undone', both('accepted'), { accessKeyId: MASK, status: 'editError' }, 'older; spare: newer'],
  ['masked, held, a later change undone', both('held'), { accessKeyId: MASK, status: 'editError' }, 'newer; spare: older'],
  ['masked, in another place', both('accepted'), { accessKeyId: MASK, status: 'recurringValidationError' }, 'newer; spare: older'],
  ['not shown at all', both('sent'), {}, 'newer or older; spare: '],

  ['masked, one key that was minted', { newer: 'minted' }, { accessKeyId: MASK }, 'none; spare: newer'],
  ['masked, one key that was sent', { newer: 'sent' }, { accessKeyId: MASK }, 'newer perhaps; spare: '],
  ['masked, one key that was accepted', { newer: 'accepted' }, { accessKeyId: MASK }, 'newer; spare: '],
  ['shown, one key that was accepted, undone: it may be what was tried', { newer: 'accepted' }, { accessKeyId: NEWER, status: 'editError' }, 'newer perhaps; spare: '],
  ['masked, one key that was accepted, undone', { newer: 'accepted' }, { accessKeyId: MASK, status: 'editError' }, 'newer perhaps; spare: '],
  ['masked, two that were sent', { newer: 'sent', older: 'sent' }, { accessKeyId: MASK }, 'newer or older; spare: '],
])('%s', (_, states, holder, expected) => {
  expect(judge(states, holder)).toBe(expected);
});
