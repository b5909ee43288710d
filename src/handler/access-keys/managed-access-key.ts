import { AccessKeySecret, AccessKeySecretOptions, StoredKey } from './access-key-secret';
import { UserAccessKeys, UserAccessKeysTools } from './user-access-keys';
import { AccessKey } from '../aws/iam';
import { createFailure } from '../failure';
import { REQUEST_TIMEOUT_MS } from '../immuta/transport';
import { poll } from '../runtime/poll';

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

/** `beforeWrite` is called before each attempt to create or delete a key: what it throws ends it. */
export type ManagedAccessKeyOptions = AccessKeySecretOptions & UserAccessKeysTools;

interface RotatedKey extends StoredKey {
  readonly integrationId: string;
}

/**
 * The access keys of an integration: one that Immuta works with, and while it is rotated, the next one.
 *
 * Recovery only rolls forward: each run that finds a pending key sends it.
 */
export class ManagedAccessKey {
  private readonly secret: AccessKeySecret;
  private readonly userKeys: UserAccessKeys;
  private readonly existing = new Set<string>();
  private sent?: Readonly<StoredKey>;
  private hasWaited = false;

  constructor(private readonly options: ManagedAccessKeyOptions) {
    this.secret = new AccessKeySecret(options);
    this.userKeys = new UserAccessKeys(this.secret, options);
  }

  /**
   * The key for a request that is sent right now. Creates one if the user has no key of this integration.
   *
   * @param rotation Version of the only key that may be sent
   */
  public async provide(userName: string, rotation?: string): Promise<AccessKey> {
    const { deadline } = this.options;
    return poll<AccessKey>({ deadline, waitingFor: `an access key of user '${userName}'` }, async () => {
      const state = await this.secret.read();
      const usable = state.keys.filter((key) => key.userName === userName);
      const given = usable.find(isVersion(state.giving ?? state.current));
      const key = given ?? usable.find(isVersion(state.current)) ?? usable[0];
      if (rotation !== undefined && given?.versionId !== rotation) {
        throw createFailure('ROTATION_ABANDONED', { token: rotation });
      } else if (this.sent && !given) {
        throw createFailure('ACCESS_KEY_SUPERSEDED', {});
      } else if (!key) {
        await this.userKeys.create(state, userName, this.secret.deriveVersionId('key'));
      } else if (!this.existing.has(key.accessKeyId)) {
        await this.confirm(key, rotation !== undefined); // takes time: the secret is read again
      } else if (!given) {
        await this.secret.storePending(key, userName, this.secret.deriveVersionId('again'));
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
    const { current, giving, integrationId } = await this.secret.read();
    if (!sent || (giving ?? current) !== sent.versionId) {
      return; // another run is giving Immuta something else
    }
    if (!this.isShownBy(record)) {
      throw createFailure('ACCESS_KEY_IGNORED', { id: record.id });
    }
    if (current !== sent.versionId) {
      await this.secret.makeCurrent(sent.versionId, current);
      if ((await this.secret.read()).current !== sent.versionId) {
        return; // so is this one: a move that was repeated because its answer was lost is refused, too
      }
    }
    if (giving) {
      await this.secret.endPending(sent.versionId);
    }
    if (integrationId !== record.id) {
      await this.secret.recordIntegration(record.id);
    }
    await this.deleteOthers(sent, read);
  }

  /** Keeps other runs from giving Immuta a key of ours: it is about to get other credentials. */
  public async withhold(): Promise<void> {
    const { keys, intents, giving } = await this.secret.read();
    if (keys.length + intents.length > 0 && !this.secret.isWithoutKey(giving)) {
      await this.secret.storePendingWithoutKey();
      await this.options.deadline.sleep(REQUEST_TIMEOUT_MS);
    }
  }

  /**
   * Deletes every key that is ours: Immuta works with none of them.
   *
   * @param isHeld called when no request with one of them can be under way any more. If it returns true, all are kept
   */
  public async release(isHeld?: () => Promise<boolean>): Promise<void> {
    const { current, pending, keys, intents, integrationId } = await this.secret.read();
    if (keys.length + intents.length === 0 && integrationId === undefined) {
      return;
    }
    if (keys.length > 0 && !this.secret.isWithoutKey(current)) {
      await this.secret.storeCurrentWithoutKey();
    }
    if (pending) {
      await this.secret.endPending(pending);
    }
    if (pending || intents.length > 0) {
      await this.options.deadline.sleep(REQUEST_TIMEOUT_MS); // until then another run may be creating a key
    }
    if (await isHeld?.()) {
      return;
    }
    await this.userKeys.delete((await this.secret.read()).keys);
    await this.userKeys.deleteLost();
    await this.secret.forgetIntegration();
  }

  /** Creates the key of a rotation, unless it exists. */
  public async createPending(versionId: string): Promise<void> {
    const { deadline } = this.options;
    await poll<void>({ deadline, waitingFor: 'the access key of the rotation' }, async () => {
      const state = await this.secret.read();
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
        await this.userKeys.create(state, current.userName, versionId);
      }
      return STEP_TAKEN;
    });
  }

  /** The key of a rotation, and the integration that is given it. Nothing while the version has no value. */
  public async findPending(versionId: string): Promise<RotatedKey | undefined> {
    const { pending, giving, current, keys, integrationId } = await this.secret.read();
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
    return !ACCESS_KEY_ID.test(accessKeyId) || this.secret.hasNamed(accessKeyId);
  }

  /** Whether the secret names a key, or one may be about to be stored. */
  public async hasKeys(): Promise<boolean> {
    const { keys, intents } = await this.secret.read();
    return keys.length + intents.length > 0;
  }

  /** Whether an integration was enabled with a key of the secret. Also remembers every secret that Immuta may quote. */
  public async isSettled(): Promise<boolean> {
    return (await this.secret.read()).integrationId !== undefined;
  }

  /**
   * Deletes every key but one, if that is still what Immuta works with when no request with another one can be under
   * way.
   */
  private async deleteOthers({ versionId }: StoredKey, read?: () => Promise<KeyHolder | undefined>): Promise<void> {
    if ((await this.secret.read()).keys.length > 1) {
      await this.options.deadline.sleep(REQUEST_TIMEOUT_MS);
      const record = await read?.();
      const state = await this.secret.read();
      const isSteady = !read || (record?.status === 'enabled' && this.isShownBy(record));
      if (state.current !== versionId || state.giving || !isSteady) {
        return;
      }
      await this.userKeys.delete(state.keys.filter((key) => key.versionId !== versionId));
    }
    await this.userKeys.deleteLost();
  }

  /** Makes sure that a key exists, once in a run. One that someone deleted is forgotten. */
  private async confirm(key: StoredKey, isRotation: boolean): Promise<void> {
    const { accessKeyId } = key;
    if (this.sent || (await this.userKeys.exists(key))) {
      this.existing.add(accessKeyId);
      return;
    }
    this.options.log.warn('access-key-gone', { accessKeyId });
    this.secret.countAttempt();
    await this.secret.endPending(key.versionId);
    await this.secret.forget(key);
    if (isRotation) {
      throw createFailure('ROTATION_KEY_DELETED', { accessKeyId });
    }
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
