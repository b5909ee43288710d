import { createHash } from 'node:crypto';
import {
  formatIntent,
  Intent,
  INTENT_PAUSE_MS,
  isCreatedUnder,
  isCurrent,
  isExpired,
  createIntent,
  parseIntents,
} from './access-key-intent';
import { hasErrorCode, isAccessDenied, isTransient } from '../aws/error';
import { AccessKey, AccessKeyMetadata, IamUser } from '../aws/iam';
import { SecretVersions } from '../aws/secret-versions';
import { ACCESS_KEY_LABEL_PREFIX, SECRET_TAG_PREFIX } from '../contract';
import { createFailure } from '../failure';
import { REQUEST_TIMEOUT_MS } from '../immuta/transport';
import { Deadline } from '../runtime/deadline';
import { parseObject } from '../runtime/json';
import { Log, bestEffort } from '../runtime/log';
import { poll } from '../runtime/poll';
import { Redaction } from '../runtime/redaction';

const CURRENT = 'AWSCURRENT';
const PENDING = 'AWSPENDING';
const INTEGRATION_TAG = `${SECRET_TAG_PREFIX}integration-id`;

/** The value of a version while Immuta works with no key of ours. */
const NO_KEY = '{}';

/** IAM is eventually consistent: a surprising list counts if a second one agrees. */
const SECOND_LIST_MS = 30_000;
const RETRY_PAUSE_MS = 10_000;
const MAX_ATTEMPTS = 10;
/** A new key may take so long to be accepted everywhere. */
const KEY_PROPAGATION_MS = 90_000;

/** A whole ID: what Immuta shows may also be a mask. */
const ACCESS_KEY_ID = /^AKIA[A-Z0-9]{12,}$/;

/** The state decides whether another step is needed. */
const STEP_TAKEN = { seen: 'a step towards it', pauseMs: 0 };

/** What Immuta shows of an integration that works with an access key. */
export interface KeyHolder {
  readonly id: string;
  readonly status: string;
  readonly accessKeyId?: string;
}

export interface ManagedAccessKeyTools {
  readonly secretArn: string;
  /** All runs of one request store the same key. */
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
  /** Called before each attempt to create or delete a key: what it throws ends it. */
  readonly beforeWrite: () => Promise<void>;
}

/** A version of the secret whose key exists and is ours. */
interface StoredKey extends AccessKey {
  readonly versionId: string;
  readonly userName: string;
}

interface RotatedKey extends StoredKey {
  readonly integrationId: string;
}

interface State {
  /** The version with AWSCURRENT: what Immuta is enabled with. */
  readonly current?: string;
  /** The version with AWSPENDING, unless it has no value: what Immuta is being given. */
  readonly giving?: string;
  readonly pending?: string;
  readonly keys: readonly StoredKey[];
  readonly intents: readonly Intent[];
  /** The integration that was enabled with AWSCURRENT. */
  readonly integrationId?: string;
}

/**
 * The access keys of an integration, and the secret that is their only state.
 *
 * A label of a version names its key until that key is deleted, so every key of ours is known. While AWSPENDING is
 * on a version with a value, Immuta may hold any of them. Recovery only rolls forward: each run that
 * finds a pending key sends it.
 */
export class ManagedAccessKey {
  private readonly secret: SecretVersions;
  private readonly values = new Map<string, string>();
  private readonly existing = new Set<string>();
  private sent?: Readonly<StoredKey>;
  private hasWaited = false;
  private attempts = 0;
  private unexplained = '';

  constructor(private readonly options: ManagedAccessKeyTools) {
    this.secret = new SecretVersions(options.secretArn, options);
  }

  /**
   * The key for a request that is sent right now. Creates one if the user has no key of this integration.
   *
   * @param rotation Version of the only key that may be sent
   */
  public async provide(userName: string, rotation?: string): Promise<AccessKey> {
    const { deadline } = this.options;
    return poll<AccessKey>({ deadline, waitingFor: `an access key of user '${userName}'` }, async () => {
      const state = await this.read();
      const usable = state.keys.filter((key) => key.userName === userName);
      const given = usable.find(isVersion(state.giving ?? state.current));
      const key = given ?? usable.find(isVersion(state.current)) ?? usable[0];
      if (rotation !== undefined && given?.versionId !== rotation) {
        throw createFailure('ROTATION_ABANDONED', { token: rotation });
      } else if (this.sent && !given) {
        throw createFailure('ACCESS_KEY_SUPERSEDED', {});
      } else if (!key) {
        await this.create(state, userName, this.deriveToken('key'));
      } else if (!this.existing.has(key.accessKeyId)) {
        await this.confirm(key, rotation !== undefined); // takes time: the secret is read again
      } else if (!given) {
        await this.storePending(key, userName, this.deriveToken('again'));
      } else if (state.giving && state.keys.length > 1 && !this.hasWaited) {
        this.hasWaited = true;
        await deadline.sleep(REQUEST_TIMEOUT_MS); // until then a request with another key may be under way
      } else {
        if (state.giving && this.sent?.versionId !== given.versionId) {
          deadline.allowIamPropagation(KEY_PROPAGATION_MS);
        }
        return { done: (this.sent = given) };
      }
      return STEP_TAKEN;
    });
  }

  /** Whether Immuta may hold the key that was sent last, as far as it shows the ID. */
  public isShownBy(record: Pick<KeyHolder, 'accessKeyId'>): boolean {
    return canHold(record, this.sent);
  }

  /**
   * Records that Immuta is enabled with the key that was sent last, and deletes the others.
   *
   * @param read Reads the integration again, when its status is steady
   */
  public async settle(record: KeyHolder, read: () => Promise<KeyHolder | undefined>): Promise<void> {
    const { sent } = this;
    const { current, giving, integrationId } = await this.read();
    if (!sent || (giving ?? current) !== sent.versionId) {
      return; // another run is giving Immuta something else
    }
    if (!this.isShownBy(record)) {
      throw createFailure('ACCESS_KEY_IGNORED', { id: record.id });
    }
    if (current !== sent.versionId) {
      await this.secret.moveLabel(CURRENT, { from: current, to: sent.versionId });
      if ((await this.read()).current !== sent.versionId) {
        return; // so is this one: a move that was repeated because its answer was lost is refused, too
      }
    }
    if (giving) {
      await this.secret.moveLabel(PENDING, { from: sent.versionId });
    }
    if (integrationId !== record.id) {
      await this.secret.tag(INTEGRATION_TAG, record.id);
    }
    await this.deleteOthers(sent, read);
  }

  /** Keeps other runs from giving Immuta a key of ours: it is about to get other credentials. */
  public async withhold(): Promise<void> {
    const { keys, intents, giving = '' } = await this.read();
    if (keys.length + intents.length > 0 && this.values.get(giving) !== NO_KEY) {
      await this.secret.putValue(this.deriveToken('withheld'), NO_KEY, [PENDING]);
      await this.options.deadline.sleep(REQUEST_TIMEOUT_MS);
    }
  }

  /**
   * Deletes every key that is ours: Immuta works with none of them.
   *
   * @param isHeld called when no request with one of them can be under way any more. If it returns true, all are kept
   */
  public async release(isHeld?: () => Promise<boolean>): Promise<void> {
    const { current = '', pending, keys, intents, integrationId } = await this.read();
    if (keys.length + intents.length === 0 && integrationId === undefined) {
      return;
    }
    if (keys.length > 0 && this.values.get(current) !== NO_KEY) {
      await this.secret.putValue(this.deriveToken('released'), NO_KEY, [CURRENT]);
    }
    if (pending) {
      await this.secret.moveLabel(PENDING, { from: pending });
    }
    if (pending || intents.length > 0) {
      await this.options.deadline.sleep(REQUEST_TIMEOUT_MS); // until then another run may be creating a key
    }
    if (await isHeld?.()) {
      return;
    }
    await this.delete((await this.read()).keys);
    await this.deleteLost();
    await this.secret.untag(INTEGRATION_TAG);
  }

  /** Creates the key of a rotation, unless it exists. */
  public async createPending(versionId: string): Promise<void> {
    const { deadline } = this.options;
    await poll<void>({ deadline, waitingFor: 'the access key of the rotation' }, async () => {
      const state = await this.read();
      if ([state.current, state.giving].includes(versionId)) {
        return { done: undefined };
      }
      const current = state.keys.find(isVersion(state.current));
      if (state.pending !== versionId) {
        throw createFailure('ROTATION_ABANDONED', { token: versionId });
      }
      if (!current || state.integrationId === undefined) {
        throw createFailure('ROTATION_NOT_POSSIBLE', {});
      }
      if (state.keys.length > 1) {
        await this.deleteOthers(current);
      } else {
        await this.create(state, current.userName, versionId);
      }
      return STEP_TAKEN;
    });
  }

  /** The key of a rotation, and the integration that is given it. Nothing while the version has no value. */
  public async findPending(versionId: string): Promise<RotatedKey | undefined> {
    const { pending, giving, current, keys, integrationId } = await this.read();
    const key = keys.find(isVersion(versionId));
    if (![pending, current].includes(versionId)) {
      throw createFailure('ROTATION_ABANDONED', { token: versionId });
    }
    if (![giving, current].includes(versionId)) {
      return undefined;
    }
    if (!key || integrationId === undefined) {
      throw createFailure('ROTATION_NOT_POSSIBLE', {});
    }
    return { ...key, integrationId };
  }

  /** The same, for what comes after Immuta was given the key. */
  public async findSent(versionId: string): Promise<RotatedKey | undefined> {
    return (this.sent = await this.findPending(versionId));
  }

  /** Whether Immuta may hold a key of ours, as far as it shows the ID. */
  public isHeldBy({ accessKeyId = '' }: Pick<KeyHolder, 'accessKeyId'>): boolean {
    return !ACCESS_KEY_ID.test(accessKeyId) || [...this.values.values()].some((value) => value.includes(accessKeyId));
  }

  /** Whether the secret names a key, or one may be about to be stored. */
  public async hasKeys(): Promise<boolean> {
    const { keys, intents } = await this.read();
    return keys.length + intents.length > 0;
  }

  /** Whether an integration was enabled with a key of the secret. Also remembers every secret that Immuta may quote. */
  public async isSettled(): Promise<boolean> {
    return (await this.read()).integrationId !== undefined;
  }

  private async read(): Promise<State> {
    const { labels, tags } = await this.secret.describe();
    const find = (label: string) => [...labels].find(([, all]) => all.includes(label))?.[0];
    const keys: StoredKey[] = [];
    for (const [versionId, all] of labels) {
      const value = this.values.get(versionId) ?? (await this.secret.getValue(versionId));
      if (value === undefined) {
        continue;
      }
      this.values.set(versionId, value); // it never changes
      const key = { ...parseObject(value), versionId } as StoredKey;
      this.options.redaction.remember(key.secretAccessKey ?? '');
      if (all.includes(formatKeyLabel(key))) {
        keys.push(key);
      }
    }
    const pending = find(PENDING);
    return {
      current: find(CURRENT),
      giving: pending !== undefined && this.values.has(pending) ? pending : undefined,
      pending,
      keys,
      intents: parseIntents(tags),
      integrationId: tags.get(INTEGRATION_TAG),
    };
  }

  /**
   * The same in all runs of the request, until a key turns out to be useless. A version ID has 64 characters at most.
   */
  private deriveToken(purpose: string): string {
    return createHash('sha256').update(`${this.options.requestId} ${purpose} ${this.attempts}`).digest('hex');
  }

  /** False if another run has stored another key under the version ID. */
  private storePending(
    { accessKeyId, secretAccessKey }: AccessKey,
    userName: string,
    versionId: string,
  ): Promise<boolean> {
    const value = JSON.stringify({ accessKeyId, secretAccessKey, userName });
    const label = formatKeyLabel({ accessKeyId });
    // the version of a rotation is pending already, unless another run has given Immuta something else since
    return this.secret.putValue(versionId, value, versionId === this.options.requestId ? [label] : [PENDING, label]);
  }

  /** Takes one step towards a new key. The state decides whether another one is needed. */
  private async create({ keys, intents, pending }: State, userName: string, versionId: string): Promise<void> {
    const { deadline } = this.options;
    const unnamed = (await this.list(userName)).filter((key) => !keys.some(hasId(key.accessKeyId)));
    const others = unnamed
      .filter((key) => !intents.some((intent) => intent.userName === userName && isCreatedUnder(intent, key)))
      .map(({ accessKeyId }) => accessKeyId)
      .join(', ');
    if (others !== '' && others !== this.unexplained) {
      this.unexplained = others;
      return deadline.sleep(SECOND_LIST_MS);
    }
    if (others !== '') {
      throw createFailure('ACCESS_KEYS_OF_OTHERS', { user: userName, keys: others });
    }
    if (unnamed.length > 0) {
      return this.deleteLost();
    }
    const intent = createIntent(userName, keys.map(({ accessKeyId }) => accessKeyId), deadline.now());
    await this.secret.tag(intent.tag, formatIntent(intent));
    await deadline.sleep(INTENT_PAUSE_MS);
    if ((await this.read()).pending !== pending || !isCurrent(intent, deadline.now())) {
      return this.secret.untag(intent.tag);
    }
    const { key, refusal } = await this.requestKey(userName);
    const isKnown = key ? await this.storeOrDelete(key, userName, versionId) : refusal !== undefined;
    if (isKnown) {
      await this.secret.untag(intent.tag);
    }
    if (!key) {
      await this.retryLater(userName, refusal);
    }
  }

  private requestKey(userName: string): ReturnType<IamUser['createAccessKey']> {
    const deadline = this.options.deadline.withoutRetries(); // each request has an intent of its own
    return new IamUser(userName, { ...this.options, deadline }).createAccessKey();
  }

  /** @param refusal why IAM created no key. Undefined if it may have created one */
  private async retryLater(userName: string, refusal: unknown): Promise<void> {
    const { deadline } = this.options;
    const isRetried = isAccessDenied(refusal)
      ? deadline.now() < deadline.iamPropagationEndsAt
      : !refusal || isTransient(refusal) || hasErrorCode(refusal, /^LimitExceeded/);
    if (!isRetried) {
      throw refusal;
    }
    if (++this.attempts >= MAX_ATTEMPTS) {
      throw createFailure('ACCESS_KEY_NOT_CREATED', { user: userName });
    }
    await deadline.sleep(RETRY_PAUSE_MS);
  }

  /** Stores a key as pending. If that is not possible, deletes it: nobody else knows it. False if it may be left. */
  private async storeOrDelete(key: AccessKey, userName: string, versionId: string): Promise<boolean> {
    const { deadline, log, redaction } = this.options;
    const { accessKeyId } = key;
    redaction.remember(key.secretAccessKey);
    redaction.disclose(accessKeyId);
    log.info('access-key-created', { accessKeyId });
    let isKnown: boolean | undefined = false;
    try {
      isKnown = await this.storePending(key, userName, versionId);
    } finally {
      if (!isKnown) {
        this.attempts++;
        const user = new IamUser(userName, { deadline: deadline.withoutLimits(), log, beforeWrite: async () => {} });
        isKnown = await bestEffort(log, 'access-key-not-deleted', async () => {
          await user.deleteAccessKey(accessKeyId);
          return true;
        });
      }
    }
    return isKnown ?? false;
  }

  /**
   * Deletes every key but one, if that is still what Immuta works with when no request with another one can be under
   * way.
   */
  private async deleteOthers({ versionId }: StoredKey, read?: () => Promise<KeyHolder | undefined>): Promise<void> {
    if ((await this.read()).keys.length > 1) {
      await this.options.deadline.sleep(REQUEST_TIMEOUT_MS);
      const record = await read?.();
      const state = await this.read();
      const isSteady = !read || (record?.status === 'enabled' && this.isShownBy(record));
      if (state.current !== versionId || state.giving || !isSteady) {
        return;
      }
      await this.delete(state.keys.filter((key) => key.versionId !== versionId));
    }
    await this.deleteLost();
  }

  private async delete(keys: readonly StoredKey[]): Promise<void> {
    for (const key of keys) {
      await this.createUser(key.userName).deleteAccessKey(key.accessKeyId);
      this.options.log.info('access-key-deleted', { accessKeyId: key.accessKeyId });
      await this.secret.moveLabel(formatKeyLabel(key), { from: key.versionId });
    }
  }

  /** Deletes the keys that intents prove to be ours and no version names, when no run can be about to store them. */
  private async deleteLost(): Promise<void> {
    const { deadline, log } = this.options;
    await poll<void>({ deadline, waitingFor: 'the deletion of access keys' }, async () => {
      const { intents, keys } = await this.read();
      const expired = intents.filter((intent) => isExpired(intent, deadline.now()));
      for (const intent of expired) {
        for (const key of await this.list(intent.userName)) {
          if (isCreatedUnder(intent, key) && !keys.some(hasId(key.accessKeyId))) {
            await this.createUser(intent.userName).deleteAccessKey(key.accessKeyId);
            log.info('access-key-deleted', { accessKeyId: key.accessKeyId });
          }
        }
        await this.secret.untag(intent.tag);
      }
      return expired.length === intents.length
        ? { done: undefined }
        : { seen: 'a key that another run may be about to store', pauseMs: RETRY_PAUSE_MS };
    });
  }

  /** Whether a key exists. Two lists that omit it prove that it does not. A failed list proves nothing. */
  private async exists({ userName, accessKeyId }: StoredKey): Promise<boolean> {
    for (const pause of [SECOND_LIST_MS, 0]) {
      const keys = await bestEffort(this.options.log, 'access-keys-not-listed', () => this.list(userName));
      if (!keys || keys.some(hasId(accessKeyId))) {
        return true;
      }
      await this.options.deadline.sleep(pause);
    }
    return false;
  }

  /** Makes sure that a key exists, once in a run. One that someone deleted is forgotten. */
  private async confirm(key: StoredKey, isRotation: boolean): Promise<void> {
    const { accessKeyId } = key;
    if (this.sent || (await this.exists(key))) {
      this.existing.add(accessKeyId);
      return;
    }
    this.options.log.warn('access-key-gone', { accessKeyId });
    this.attempts++;
    await this.secret.moveLabel(PENDING, { from: key.versionId });
    await this.secret.moveLabel(formatKeyLabel(key), { from: key.versionId });
    if (isRotation) {
      throw createFailure('ROTATION_KEY_DELETED', { accessKeyId });
    }
  }

  private async list(userName: string): Promise<AccessKeyMetadata[]> {
    const keys = await this.createUser(userName).listAccessKeys();
    keys.forEach(({ accessKeyId }) => this.options.redaction.disclose(accessKeyId));
    return keys;
  }

  private createUser(userName: string): IamUser {
    return new IamUser(userName, this.options);
  }
}

/** Whether Immuta may hold a key, as far as it shows the ID. */
export function canHold(
  { accessKeyId = '' }: Pick<KeyHolder, 'accessKeyId'>,
  key: Pick<AccessKey, 'accessKeyId'> | undefined,
): boolean {
  return !key || !ACCESS_KEY_ID.test(accessKeyId) || accessKeyId === key.accessKeyId;
}

function isVersion(versionId: string | undefined): (key: StoredKey) => boolean {
  return (key) => key.versionId === versionId;
}

function hasId(accessKeyId: string): (key: { readonly accessKeyId: string }) => boolean {
  return (key) => key.accessKeyId === accessKeyId;
}

function formatKeyLabel({ accessKeyId }: Pick<AccessKey, 'accessKeyId'>): string {
  return ACCESS_KEY_LABEL_PREFIX + accessKeyId;
}
