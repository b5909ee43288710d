import { INTENT_TAG, intentTagValue, KeyState, keyTagValue, Ledger, ManagedKey, readLedger, tagOf } from './ledger';
import { ACCESS_KEY_ID, Holder, Standing, standingOf } from './standing';
import { isAccessDenied } from '../../aws/error';
import { AccessKeySecret, IamUser, isLimitExceeded, isNoSuchEntity, isThrottled } from '../../aws/iam-user';
import { isSteady } from '../../immuta/status';
import { Deadline } from '../../runtime/deadline';
import { digest } from '../../runtime/digest';
import { iamPauses, pauseWithinWindow } from '../../runtime/iam-propagation';
import { Log, orWarn } from '../../runtime/log';
import { Redaction } from '../../runtime/redaction';

/** How long a key may be on its way from IAM to the request that carries it. */
const MINTED_BUSY_MS = 60_000;

/** How long an invocation may wait for the end of what Immuta has accepted, and begin again if that fails. */
const ACCEPTED_BUSY_MS = 900_000;

/** What a new key takes to work everywhere, and more. */
const KEY_PROPAGATION_MS = 90_000;

/** After a request that may have made a key: until it can be listed. */
const LISTED_MS = 10_000;

/** Another invocation is working with a key of ours: whoever finds that looks at everything again a little later. */
export class KeyInUse extends Error {
  public readonly name = 'KeyInUse';
}

/**
 * Looks at the integration that may hold a key: nothing if there is none.
 *
 * It is asked after the keys are, and only what is steady by then counts: of an integration that was looked at before, another invocation
 * may have changed the key in between.
 */
export type LookAtHolder = () => Promise<Holder | undefined>;

/** A request that is to carry a key. */
export interface KeyRequest {
  readonly look: LookAtHolder;
  /** How long it may be under way. */
  readonly busyMs: number;
}

export interface ManagedAccessKeysOptions {
  /** Who minted what is ours, by a digest: the resource, in one of its lifetimes. */
  readonly owner: string;
  /** Who else did: the same resource, before its policy was made anew. */
  readonly formerOwner?: string;
  readonly requestId: string;
  /** What the user may change to have the configuration written again. */
  readonly version: string;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
}

/** The key that this invocation minted. */
interface OwnKey {
  readonly id: string;
  /** Gone as soon as nobody needs it any more. */
  secret?: AccessKeySecret;
  /** `refused`: Immuta has never had it, or has undone the change that gave it. `sending`: it may have it. */
  outcome: 'refused' | 'sending' | 'accepted';
  /** A request that carried it got no answer: from then on what becomes of another one says nothing about that one. */
  answerLost: boolean;
  /** Other invocations take it for one that nobody needs later, unless they know better. */
  leftAloneUntil: number;
}

/**
 * The access keys of an IAM user that Immuta works with: minted when a request needs one, deleted when Immuta has another one.
 *
 * The secret half is in this object only, from the answer of IAM until the outcome of the request that carries it.
 */
export class ManagedAccessKeys {
  private readonly request: string;
  private version: string;
  /** Ids of what this invocation has deleted, which IAM may list for a moment. */
  private readonly deleted = new Set<string>();
  private own?: OwnKey;
  /** Whether an intent to mint was written, and whether it may have made a key that is not listed yet. */
  private intent?: 'clear' | 'lost';

  constructor(private user: IamUser, private readonly options: ManagedAccessKeysOptions) {
    this.request = digest(options.requestId);
    this.version = digest(options.version);
  }

  /**
   * The key for a request that is about to be sent; the same one for those that repeat it, since a new key takes seconds to work.
   *
   * @throws KeyInUse
   */
  public async forRequest({ look, busyMs }: KeyRequest): Promise<AccessKeySecret> {
    for (;;) {
      const own = this.own ??= await this.mint(look);
      const { leftAloneUntil } = own;
      await this.write(own, 'sent', busyMs);
      if (stateOf(own) !== 'minted' || this.options.deadline.now() < leftAloneUntil) {
        own.outcome = 'sending';
        return own.secret!;
      }
      // IAM took so long that another invocation may have deleted it
      this.options.log.warn('key-too-old', { accessKeyId: own.id });
      await this.delete(own.id);
      this.own = undefined;
    }
  }

  /** Immuta has taken the request. What is written about it is a help for others only. */
  public async accepted(): Promise<void> {
    const { own } = this;
    if (!own) {
      return;
    }
    own.outcome = 'accepted';
    if (!own.answerLost) {
      await orWarn(this.options.log, 'key-not-recorded', () => this.write(own, 'accepted', ACCEPTED_BUSY_MS));
    }
  }

  /** Immuta has refused the request, or undone what it changed. */
  public refused(): void {
    if (this.own) {
      this.own.outcome = 'refused';
    }
  }

  /** Immuta is in order with the key, whichever request carried it. */
  public inOrder(): void {
    if (this.own) {
      Object.assign(this.own, { outcome: 'accepted', answerLost: false });
    }
  }

  /** A request got no answer: it may have been carried out. */
  public answerLost(): void {
    if (this.own) {
      this.own.answerLost = true;
    }
  }

  /** What the integration works with. */
  public async standing(look: LookAtHolder): Promise<Standing> {
    const ledger = await this.ledger();
    return this.judge(ledger, await look());
  }

  /** Whether Immuta works with what this event, or an earlier run of it, has given it: what it has undone is given again. */
  public isOfThisEvent({ inForce, shown, certain }: Standing): boolean {
    return inForce !== undefined && inForce.owner === this.options.owner && inForce.request === this.request && (shown || certain);
  }

  /** Whether Immuta works with a key of this resource, or, for the strict, also shows that it does. */
  public isInForce({ inForce, shown, certain }: Standing, { strict }: { readonly strict: boolean }): boolean {
    return inForce?.owner === this.options.owner && (strict ? shown : certain);
  }

  /** Whether what the user may change to have the configuration written again is as it was when that key was. */
  public isOfThisVersion({ inForce }: Standing): boolean {
    return inForce?.version === this.version;
  }

  /** Whether what Immuta shows, which may be a mask, can be the key that this invocation gave it. */
  public canBeShownAs(accessKeyId = ''): boolean {
    return !this.own || this.own.id === accessKeyId || !ACCESS_KEY_ID.test(accessKeyId);
  }

  /** The next key is for the same version as that one, whatever the properties say. */
  public keepVersion({ inForce }: Standing): void {
    this.version = inForce?.version ?? this.version;
  }

  /** Deletes what Immuta does not need, now that it is in order, and notes what it works with. */
  public async settle(look: LookAtHolder): Promise<Standing> {
    const ledger = await this.ledger();
    const holder = await look();
    const standing = this.judge(ledger, holder);
    this.forgetSecret();
    if (!holder) {
      return standing; // it was there a moment ago: whoever says that it is gone may be wrong
    }
    const { inForce, certain, spare, undecided } = standing;
    if (inForce && certain && inForce.state !== 'held' && holder.status !== 'editError') {
      await this.user.tag(tagOf(inForce.id), () => keyTagValue({ ...inForce, state: 'held', busyUntil: 0 }));
    }
    if (undecided.length > 1) {
      this.options.log.warn('keys-undecided', { message: `Immuta may hold ${undecided.map(({ id }) => id).join(' or ')}` });
    }
    for (const key of spare.filter((each) => !this.isBusy(each, holder))) {
      await this.delete(key.id);
    }
    await this.untag(ledger.strayTags);
    return standing;
  }

  /** The end of work that failed: deletes the key of this invocation if Immuta cannot have it, and else leaves it to the next event. */
  public async abandon(): Promise<void> {
    const { own } = this;
    this.user = this.user.inReserve();
    this.forgetSecret();
    if (own?.outcome === 'refused' && !own.answerLost) {
      await orWarn(this.options.log, 'key-left', () => this.delete(own.id));
    } else if (own) {
      await orWarn(this.options.log, 'key-left', () => this.write(own, stateOf(own)));
    }
  }

  /**
   * Deletes every key that is ours. Immuta must not need any.
   *
   * @throws KeyInUse if another invocation is making one, which would stay
   */
  public async clear(): Promise<void> {
    try {
      const { ours, tags, mintingUntil } = await this.ledger();
      if (this.isAnotherMinting(mintingUntil)) {
        throw this.inUse();
      }
      for (const { id } of ours) {
        await this.delete(id);
      }
      await this.untag(tags);
    } catch (error) {
      if (!isNoSuchEntity(error)) {
        throw error;
      }
      this.options.log.info('user-gone', { message: error instanceof Error ? error.message : undefined });
    }
  }

  private async mint(look: LookAtHolder): Promise<OwnKey> {
    const { deadline, log, redaction, owner } = this.options;
    const pauses = iamPauses();
    for (;;) {
      const ledger = await this.ledger();
      await this.makeRoom(ledger, look);
      this.intent ??= 'clear';
      await this.user.tag(INTENT_TAG, () => intentTagValue(owner, deadline.now(), ledger.mintingSince));
      const secret = await this.tryToCreate(pauses);
      if (secret) {
        redaction.remember(secret.secretAccessKey);
        redaction.disclose(secret.accessKeyId);
        log.info('key-minted', { accessKeyId: secret.accessKeyId });
        const own: OwnKey = { id: secret.accessKeyId, secret, outcome: 'refused', answerLost: false, leftAloneUntil: 0 };
        await this.record(own);
        deadline.allowIamPropagation(KEY_PROPAGATION_MS);
        return own;
      }
    }
  }

  /** The user has this key alone then, or it and one other that Immuta may need. */
  private async makeRoom(ledger: Ledger, look: LookAtHolder): Promise<void> {
    const { user } = this;
    const holder = await look();
    if (this.isAnotherMinting(ledger.mintingUntil) || ledger.ours.some((key) => this.isBusy(key, holder)) || (holder && !isSteady(holder.status))) {
      throw this.inUse();
    }
    if (ledger.foreign.length > 0) {
      throw new Error(`user '${user.name}' has access keys that this integration did not make (${ledger.foreign.join(', ')}), and it needs both of the two `
        + `that IAM allows: delete them when nobody uses them any more ('aws iam delete-access-key --user-name ${user.name} --access-key-id …'), `
        + 'or give the integration a \'user\' that has none');
    }
    const { spare, undecided } = this.judge(ledger, holder);
    if (undecided.length > 1) {
      throw new Error(`Immuta may hold either of the access keys ${undecided.map(({ id }) => id).join(' and ')} of user '${user.name}', since an earlier `
        + 'change did not end and Immuta does not show which it has: '
        + 'find out which one it uses (\'aws iam get-access-key-last-used --access-key-id …\', or CloudTrail), '
        + `delete the other ('aws iam delete-access-key --user-name ${user.name} --access-key-id …'), and deploy again`);
    }
    for (const { id } of spare) {
      await this.delete(id);
    }
  }

  /** A key; nothing if it is to be tried again, after a look at what there is. */
  private async tryToCreate(pauses: Generator<number, never>): Promise<AccessKeySecret | undefined> {
    const { deadline } = this.options;
    try {
      const secret = await this.user.createAccessKey();
      if (!secret) {
        this.intent = 'lost';
        await deadline.sleep(LISTED_MS);
      }
      return secret;
    } catch (error) {
      const mayPass = isAccessDenied(error) || isThrottled(error) || isLimitExceeded(error);
      const pause = mayPass ? pauseWithinWindow(deadline, pauses.next().value) : undefined;
      if (pause === undefined) {
        throw error;
      }
      await deadline.sleep(pause);
      return undefined;
    }
  }

  /** Notes whose the new key is; without that it must not stay. */
  private async record(own: OwnKey): Promise<void> {
    try {
      await this.write(own, 'minted', MINTED_BUSY_MS);
      if (this.intent !== 'lost') {
        await this.user.untag([INTENT_TAG]);
      }
    } catch (error) {
      this.user = this.user.inReserve();
      await orWarn(this.options.log, 'key-left', () => this.delete(own.id));
      throw error;
    }
  }

  private async ledger(): Promise<Ledger> {
    const { deadline, redaction, owner, formerOwner } = this.options;
    const keys = (await this.user.accessKeys()).filter(({ id }) => !this.deleted.has(id));
    keys.forEach(({ id }) => redaction.disclose(id));
    return readLedger(keys, await this.user.tags(), formerOwner === undefined ? [owner] : [owner, formerOwner], deadline.now());
  }

  /** With what only this invocation knows. */
  private judge({ ours }: Ledger, holder: Holder | undefined): Standing {
    const { own, request, version, options: { owner, deadline } } = this;
    if (!own) {
      return standingOf(ours, holder);
    }
    const state = stateOf(own);
    if (ours.some(({ id }) => id === own.id)) {
      return standingOf(ours.map((key) => key.id === own.id ? { ...key, state } : key), holder);
    }
    // not listed yet: then it is the newest
    return standingOf([{ id: own.id, createdAt: deadline.now(), owner, request, version, state, busyUntil: 0 }, ...ours], holder);
  }

  private isAnotherMinting(mintingUntil: number): boolean {
    return mintingUntil > this.options.deadline.now() && !this.intent;
  }

  private inUse(): KeyInUse {
    return new KeyInUse(`another run of this function is working with the access keys of user '${this.user.name}'`);
  }

  /** Another invocation may be about to send it, for the first time or, if what it accepted has failed, again. */
  private isBusy({ id, state, request, busyUntil }: ManagedKey, holder: Holder | undefined): boolean {
    const isOwn = id === this.own?.id || (request === '' && this.intent !== undefined);
    const isToBeSent = state === 'minted' || state === 'sent' || holder?.status === 'editError';
    return !isOwn && isToBeSent && busyUntil > this.options.deadline.now();
  }

  private async write(own: OwnKey, state: KeyState, busyMs = 0): Promise<void> {
    const { request, version, options: { owner, deadline } } = this;
    await this.user.tag(tagOf(own.id), () => {
      own.leftAloneUntil = busyMs > 0 ? deadline.now() + busyMs : 0;
      return keyTagValue({ owner, state, request, version, busyUntil: own.leftAloneUntil });
    });
  }

  private async delete(id: string): Promise<void> {
    await this.user.deleteAccessKey(id);
    this.deleted.add(id);
    await this.untag([tagOf(id)]);
    this.options.log.info('key-deleted', { accessKeyId: id });
  }

  private async untag(tags: readonly string[]): Promise<void> {
    if (tags.length > 0) {
      await this.user.untag([...tags]);
    }
  }

  private forgetSecret(): void {
    if (this.own) {
      this.own.secret = undefined;
    }
  }
}

function stateOf({ outcome, answerLost }: OwnKey): KeyState {
  return answerLost || outcome === 'sending' ? 'sent' : outcome === 'accepted' ? 'accepted' : 'minted';
}
