import {
  AccessKeyOptions,
  AccessKeySecret,
  AccessKeyState,
  CURRENT,
  INTEGRATION_TAG,
  PENDING,
  StoredKey,
  TENANT_TAG,
} from './access-key-secret';
import { UserAccessKeys } from './user-access-keys';
import { AccessKey } from '../aws/iam';
import { createFailure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { REQUEST_TIMEOUT_MS } from '../immuta/transport';
import { computeDigest } from '../runtime/digest';
import { poll } from '../runtime/poll';
import { normalizeUrl } from '../runtime/tenant-url';

/** A new key may take so long to be accepted everywhere. */
const KEY_PROPAGATION_MS = 90_000;

/** A whole ID: what Immuta shows may also be a mask. */
const ACCESS_KEY_ID = /^AKIA[A-Z0-9]{12,}$/;

/** The state decides whether another step is needed. */
const STEP_TAKEN = { seen: 'a step towards it', pauseMs: 0 };

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
  /** ID of the key that was found to exist. */
  private existing?: string;
  /** What Immuta was given last. A rotation gives nothing else. */
  private sent?: StoredKey;
  private hasWaited = false;
  private readonly tenant: string;

  constructor(private readonly options: AccessKeyOptions) {
    this.secret = new AccessKeySecret(options);
    this.userKeys = new UserAccessKeys(this.secret, options);
    this.tenant = computeDigest(normalizeUrl(options.tenantUrl));
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
      if (rotation !== undefined && given?.versionId !== rotation) {
        throw createFailure('ROTATION_ABANDONED', { token: rotation });
      }
      if (this.sent && !given) {
        throw createFailure('ACCESS_KEY_SUPERSEDED', {});
      }
      const key = given ?? usable.find(isVersion(state.current)) ?? usable[0];
      if (!key) {
        await this.userKeys.create(state, userName, this.secret.deriveVersionId());
      } else if (this.existing !== key.accessKeyId) {
        await this.confirm(key, rotation !== undefined); // takes time: the secret is read again
      } else if (!given) {
        await this.secret.moveLabel(PENDING, { from: state.pending, to: key.versionId });
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

  /** @throws Failure if Immuta shows another key than was sent last */
  public assertShownBy(record: IntegrationRecord): void {
    if (!canHold(record, this.sent)) {
      throw createFailure('ACCESS_KEY_IGNORED', { id: record.id });
    }
  }

  /**
   * Records that Immuta is enabled with the key that was sent last, and deletes the others.
   *
   * @param read Reads the integration again, when its status is steady
   */
  public async settle(record: IntegrationRecord, read: () => Promise<IntegrationRecord | undefined>): Promise<void> {
    const { sent } = this;
    const { current, giving, integrationId, tenant } = await this.secret.read();
    if (!sent || (giving ?? current) !== sent.versionId) {
      return; // another run is giving Immuta something else
    }
    this.assertShownBy(record);
    if (current !== sent.versionId) {
      await this.secret.moveLabel(CURRENT, { from: current, to: sent.versionId });
      if ((await this.secret.read()).current !== sent.versionId) {
        return; // so is this one: a move that was repeated because its answer was lost is refused, too
      }
    }
    if (giving) {
      await this.secret.moveLabel(PENDING, { from: giving });
    }
    if (integrationId !== record.id || tenant !== this.tenant) {
      await this.secret.tag({ [INTEGRATION_TAG]: record.id, [TENANT_TAG]: this.tenant });
    }
    await this.deleteOthers(sent, async () => {
      const steady = await read();
      return steady?.status === 'enabled' && canHold(steady, sent);
    });
  }

  /** Keeps other runs from giving Immuta a key of ours: it is about to get other credentials. */
  public async withhold(): Promise<void> {
    const { keys, intents, giving } = await this.secret.read();
    const isWithheld = giving !== undefined && !keys.some(isVersion(giving));
    if (keys.length + intents.length > 0 && !isWithheld) {
      await this.secret.storeWithoutKey(PENDING);
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
    if (keys.some(isVersion(current))) {
      await this.secret.storeWithoutKey(CURRENT);
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
    const all = (await this.secret.read()).keys;
    await this.userKeys.delete(all, all.map(({ userName }) => userName));
    await this.secret.untag(INTEGRATION_TAG, TENANT_TAG);
  }

  /**
   * Creates the key of a rotation, unless it exists.
   *
   * @param assertHeld throws unless Immuta shows that it works with the current key. Called before others are deleted:
   * a rotation that did not end may have given Immuta one of them
   */
  public async createPending(
    versionId: string,
    assertHeld: (current: RotatedKey) => Promise<void>,
  ): Promise<void> {
    const { deadline } = this.options;
    await poll<void>({ deadline, waitingFor: 'the access key of the rotation' }, async () => {
      const state = await this.secret.read();
      if ([state.current, state.giving].includes(versionId)) {
        return { done: undefined };
      }
      const current = this.findKeyToRotate(state, versionId, state.current);
      if (state.keys.length > 1) {
        await this.deleteOthers(current, async () => {
          await assertHeld(current);
          return true;
        });
      } else {
        await this.userKeys.create(state, current.userName, versionId);
      }
      return STEP_TAKEN;
    });
  }

  /** The key of a rotation, which Immuta is given. Nothing while the version has no value. */
  public async findRotated(versionId: string): Promise<RotatedKey | undefined> {
    const state = await this.secret.read();
    const isEmpty = state.pending === versionId && !state.giving;
    return (this.sent = isEmpty ? undefined : this.findKeyToRotate(state, versionId, versionId));
  }

  /** Whether Immuta may hold a key of ours, as far as it shows the ID. */
  public isHeldBy({ accessKeyId = '' }: IntegrationRecord): boolean {
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

  /** Deletes every key but one, if that is still what Immuta works with when no request with another is under way. */
  private async deleteOthers({ versionId, userName }: StoredKey, isHeld: () => Promise<boolean>): Promise<void> {
    let others: StoredKey[] = [];
    if ((await this.secret.read()).keys.length > 1) {
      await this.options.deadline.sleep(REQUEST_TIMEOUT_MS);
      const isStillHeld = await isHeld();
      const { current, giving, keys } = await this.secret.read();
      if (current !== versionId || giving || !isStillHeld) {
        return;
      }
      others = keys.filter((key) => key.versionId !== versionId);
    }
    await this.userKeys.delete(others, [userName]);
  }

  /**
   * The key that a rotation replaces or sends.
   *
   * @throws Failure if the integration is not in the tenant that the function calls: the ID says nothing there
   */
  private findKeyToRotate(
    { keys, pending, current, integrationId, tenant }: AccessKeyState,
    rotation: string,
    versionId: string | undefined,
  ): RotatedKey {
    const key = keys.find(isVersion(versionId));
    if (![pending, current].includes(rotation)) {
      throw createFailure('ROTATION_ABANDONED', { token: rotation });
    }
    if (!key || integrationId === undefined) {
      throw createFailure('ROTATION_NOT_POSSIBLE', {});
    }
    if (tenant !== this.tenant) {
      throw createFailure('ROTATION_IN_OTHER_TENANT', { id: integrationId, called: this.options.tenantUrl });
    }
    return { ...key, integrationId };
  }

  /** Makes sure that a key exists, once in a run. One that someone deleted is forgotten. */
  private async confirm(key: StoredKey, isRotation: boolean): Promise<void> {
    const { accessKeyId, versionId } = key;
    if (await this.userKeys.exists(key)) {
      this.existing = accessKeyId;
      return;
    }
    this.options.log.warn('access-key-gone', { accessKeyId });
    this.secret.countAttempt();
    await this.secret.moveLabel(PENDING, { from: versionId });
    await this.secret.forget(key);
    if (isRotation) {
      throw createFailure('ROTATION_KEY_DELETED', { accessKeyId });
    }
  }
}

/** Whether Immuta may hold a key, as far as it shows the ID. */
export function canHold(
  { accessKeyId = '' }: Pick<IntegrationRecord, 'accessKeyId'>,
  key: Pick<AccessKey, 'accessKeyId'> | undefined,
): boolean {
  return !key || !ACCESS_KEY_ID.test(accessKeyId) || accessKeyId === key.accessKeyId;
}

function isVersion(versionId: string | undefined): (key: StoredKey) => boolean {
  return (key) => key.versionId === versionId;
}
