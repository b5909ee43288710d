import { createIntent, Intent, INTENT_PAUSE_MS, isCreatedUnder, isCurrent, isExpired } from './access-key-intent';
import { AccessKeyOptions, AccessKeySecret, AccessKeyState, StoredKey } from './access-key-secret';
import { hasErrorCode, isAccessDenied, isTransient } from '../aws/error';
import { AccessKey, AccessKeyMetadata, IamUser } from '../aws/iam';
import { createFailure } from '../failure';
import { bestEffort } from '../runtime/log';
import { poll } from '../runtime/poll';

/** IAM is eventually consistent: a surprising list counts if a second one agrees. */
const SECOND_LIST_MS = 30_000;
const RETRY_PAUSE_MS = 10_000;
const MAX_ATTEMPTS = 10;

/**
 * Creates and deletes access keys of IAM users. Each key that exists is named by the secret, or by an intent that
 * proves whose it is.
 */
export class UserAccessKeys {
  private unexplained = '';

  constructor(
    private readonly secret: AccessKeySecret,
    private readonly options: AccessKeyOptions,
  ) {}

  /** Takes one step towards a new key. The state of the secret decides whether another one is needed. */
  public async create(state: AccessKeyState, userName: string, versionId: string): Promise<void> {
    const unnamed = ((await this.list(userName)) ?? []).filter((key) => !isIn(state.keys, key));
    const others = unnamed
      .filter((key) => !state.intents.some((intent) => intent.userName === userName && isCreatedUnder(intent, key)))
      .map(({ accessKeyId }) => accessKeyId)
      .join(', ');
    if (others !== '') {
      return this.readAgain(userName, others);
    }
    return unnamed.length > 0 ? this.deleteLost() : this.createUnderIntent(state, userName, versionId);
  }

  /**
   * Deletes keys that the secret names, and those that nothing names.
   *
   * @param userNames Other names that the user of the keys may have got meanwhile
   */
  public async delete(keys: readonly StoredKey[], userNames: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.deleteSurely([key.userName, ...userNames], key);
      await this.secret.forget(key);
    }
    await this.deleteLost();
  }

  /**
   * Whether a key exists. Two lists that omit it prove that it does not. A failed list proves nothing, nor does a
   * missing user: it may have been renamed, with its keys.
   */
  public async exists(key: StoredKey): Promise<boolean> {
    return !(await this.isAbsentTwice(async () => {
      const keys = await bestEffort(this.options.log, 'access-keys-not-listed', () => this.list(key.userName));
      return !keys || isIn(keys, key);
    }));
  }

  /** Lets the list of keys be read again: keys of others end the creation if a second list shows them, too. */
  private async readAgain(userName: string, others: string): Promise<void> {
    if (others === this.unexplained) {
      throw createFailure('ACCESS_KEYS_OF_OTHERS', { user: userName, keys: others });
    }
    this.unexplained = others;
    await this.options.deadline.sleep(SECOND_LIST_MS);
  }

  private async createUnderIntent(state: AccessKeyState, userName: string, versionId: string): Promise<void> {
    const { deadline } = this.options;
    const intent = createIntent(userName, state.keys, deadline.now());
    await this.secret.tag({ [intent.tag]: intent.value });
    await deadline.sleep(INTENT_PAUSE_MS);
    if ((await this.secret.read()).pending !== state.pending || !isCurrent(intent, deadline.now())) {
      return this.secret.untag(intent.tag);
    }
    // each request needs an intent of its own
    let isOver = false;
    const beforeWrite = async () => {
      await this.options.beforeWrite(); // may take a minute
      isOver = !isCurrent(intent, deadline.now());
      if (isOver) {
        throw createFailure('ACCESS_KEY_NOT_CREATED', { user: userName }); // another intent follows
      }
    };
    const user = new IamUser(userName, { ...this.options, beforeWrite, deadline: deadline.withoutRetries() });
    const { key, refusal } = await user.createAccessKey();
    if (isOver) {
      return this.secret.untag(intent.tag);
    }
    if (key) {
      return this.storeOrDelete(key, intent, versionId);
    }
    if (refusal) {
      await this.secret.untag(intent.tag);
    }
    await this.retryLater(userName, refusal);
  }

  /** @param refusal why IAM created no key. Undefined if it may have created one */
  private async retryLater(userName: string, refusal: unknown): Promise<void> {
    const { deadline } = this.options;
    const isMissing = hasErrorCode(refusal, /^NoSuchEntity/); // or so new that IAM does not show it yet
    const isRetried = isAccessDenied(refusal) || isMissing
      ? deadline.now() < deadline.iamPropagationEndsAt
      : !refusal || isTransient(refusal) || hasErrorCode(refusal, /^LimitExceeded/);
    const isLast = this.secret.countAttempt() >= MAX_ATTEMPTS;
    if (isMissing && (isLast || !isRetried)) {
      throw createFailure('ACCESS_KEY_USER_MISSING', { user: userName }, { cause: refusal });
    }
    if (!isRetried) {
      throw refusal;
    }
    if (isLast) {
      throw createFailure('ACCESS_KEY_NOT_CREATED', { user: userName });
    }
    await deadline.sleep(RETRY_PAUSE_MS);
  }

  /**
   * Stores a key as pending. If that is not possible, deletes it: no other run knows it. The intent ends with either,
   * so that it cannot claim a later key of another owner. It remains if IAM does not know the key yet: `deleteLost`
   * deletes it later.
   */
  private async storeOrDelete(key: AccessKey, intent: Intent, versionId: string): Promise<void> {
    const { log, redaction } = this.options;
    redaction.remember(key.secretAccessKey);
    redaction.disclose(key.accessKeyId);
    log.info('access-key-created', { accessKeyId: key.accessKeyId });
    let isStored = false;
    try {
      isStored = await this.secret.storePending(key, intent.userName, versionId);
    } finally {
      if (!isStored) {
        this.secret.countAttempt();
        await bestEffort(log, 'access-key-not-deleted', () => this.deleteUnstored(key, intent));
      }
    }
    if (isStored) {
      await this.secret.untag(intent.tag);
    }
  }

  private async deleteUnstored({ accessKeyId }: AccessKey, { userName, tag }: Intent): Promise<void> {
    const { deadline, log } = this.options;
    const user = new IamUser(userName, { deadline: deadline.withoutLimits(), log, beforeWrite: async () => {} });
    if (await user.deleteAccessKey(accessKeyId)) {
      await this.secret.untag(tag);
    }
  }

  /** Deletes the keys that intents prove to be ours and no version names, when no run can be about to store them. */
  private async deleteLost(): Promise<void> {
    const { deadline } = this.options;
    await poll<void>({ deadline, waitingFor: 'the deletion of access keys' }, async () => {
      const { intents, keys } = await this.secret.read();
      const expired = intents.filter((intent) => isExpired(intent, deadline.now()));
      for (const intent of expired) {
        await this.deleteLostUnder(intent, keys);
      }
      return expired.length === intents.length
        ? { done: undefined }
        : { seen: 'a key that another run may be about to store', pauseMs: RETRY_PAUSE_MS };
    });
  }

  private async deleteLostUnder(intent: Intent, stored: readonly StoredKey[]): Promise<void> {
    const keys = (await this.list(intent.userName)) ?? [];
    for (const key of keys.filter((each) => isCreatedUnder(intent, each) && !isIn(stored, each))) {
      await this.deleteSurely([intent.userName], key);
    }
    await this.secret.untag(intent.tag);
  }

  /** Deletes a key. That IAM does not know it counts if two lists agree: IAM may not show a new key yet. */
  private async deleteSurely(userNames: readonly string[], key: { readonly accessKeyId: string }): Promise<void> {
    const { deadline, log } = this.options;
    const { accessKeyId } = key;
    const names = [...new Set(userNames)];
    await poll<void>({ deadline, waitingFor: `the deletion of access key ${accessKeyId}` }, async () =>
      (await this.deleteKey(names, accessKeyId)) || (await this.isGone(names, key))
        ? { done: log.info('access-key-deleted', { accessKeyId }) }
        : { seen: 'the key exists', pauseMs: RETRY_PAUSE_MS });
  }

  /** Whether IAM confirms the deletion of a key of one of the users. */
  private async deleteKey(userNames: readonly string[], accessKeyId: string): Promise<boolean> {
    let isDeleted = false;
    for (const userName of userNames) {
      isDeleted = (await new IamUser(userName, this.options).deleteAccessKey(accessKeyId)) || isDeleted;
    }
    return isDeleted;
  }

  private isGone(userNames: readonly string[], key: { readonly accessKeyId: string }): Promise<boolean> {
    return this.isAbsentTwice(async () => {
      for (const userName of userNames) {
        if (isIn((await this.list(userName)) ?? [], key)) {
          return true;
        }
      }
      return false;
    });
  }

  /** Whether two lists do not show something. */
  private async isAbsentTwice(isShown: () => Promise<boolean>): Promise<boolean> {
    for (const pause of [SECOND_LIST_MS, 0]) {
      if (await isShown()) {
        return false;
      }
      await this.options.deadline.sleep(pause);
    }
    return true;
  }

  /** Undefined if the user does not exist. */
  private async list(userName: string): Promise<AccessKeyMetadata[] | undefined> {
    const keys = await new IamUser(userName, this.options).listAccessKeys();
    keys?.forEach(({ accessKeyId }) => this.options.redaction.disclose(accessKeyId));
    return keys;
  }
}

function isIn(keys: readonly { readonly accessKeyId: string }[], key: { readonly accessKeyId: string }): boolean {
  return keys.some(({ accessKeyId }) => accessKeyId === key.accessKeyId);
}
