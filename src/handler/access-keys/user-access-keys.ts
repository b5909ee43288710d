import { createIntent, Intent, INTENT_PAUSE_MS, isCreatedUnder, isCurrent, isExpired } from './access-key-intent';
import { AccessKeySecret, AccessKeyState, StoredKey } from './access-key-secret';
import { hasErrorCode, isAccessDenied, isTransient } from '../aws/error';
import { AccessKey, AccessKeyMetadata, IamTools, IamUser } from '../aws/iam';
import { createFailure } from '../failure';
import { bestEffort } from '../runtime/log';
import { poll } from '../runtime/poll';
import { Redaction } from '../runtime/redaction';

/** IAM is eventually consistent: a surprising list counts if a second one agrees. */
const SECOND_LIST_MS = 30_000;
const RETRY_PAUSE_MS = 10_000;
const MAX_ATTEMPTS = 10;

export interface UserAccessKeysTools extends IamTools {
  readonly redaction: Redaction;
}

/**
 * Creates and deletes access keys of IAM users. Each key that exists is named by the secret, or by an intent that
 * proves whose it is.
 */
export class UserAccessKeys {
  private unexplained = '';

  constructor(
    private readonly secret: AccessKeySecret,
    private readonly tools: UserAccessKeysTools,
  ) {}

  /** Takes one step towards a new key. The state of the secret decides whether another one is needed. */
  public async create(state: AccessKeyState, userName: string, versionId: string): Promise<void> {
    const unnamed = (await this.list(userName)).filter((key) => !state.keys.some(hasId(key.accessKeyId)));
    const others = unnamed
      .filter((key) => !state.intents.some((intent) => intent.userName === userName && isCreatedUnder(intent, key)))
      .map(({ accessKeyId }) => accessKeyId)
      .join(', ');
    if (others !== '') {
      return this.readAgain(userName, others);
    }
    return unnamed.length > 0 ? this.deleteLost() : this.createUnderIntent(state, userName, versionId);
  }

  public async delete(keys: readonly StoredKey[]): Promise<void> {
    for (const key of keys) {
      await this.deleteKey(key.userName, key.accessKeyId);
      await this.secret.forget(key);
    }
  }

  /** Deletes the keys that intents prove to be ours and no version names, when no run can be about to store them. */
  public async deleteLost(): Promise<void> {
    const { deadline } = this.tools;
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

  /** Whether a key exists. Two lists that omit it prove that it does not. A failed list proves nothing. */
  public async exists({ userName, accessKeyId }: StoredKey): Promise<boolean> {
    for (const pause of [SECOND_LIST_MS, 0]) {
      const keys = await bestEffort(this.tools.log, 'access-keys-not-listed', () => this.list(userName));
      if (!keys || keys.some(hasId(accessKeyId))) {
        return true;
      }
      await this.tools.deadline.sleep(pause);
    }
    return false;
  }

  /** Lets the list of keys be read again: keys of others end the creation if a second list shows them, too. */
  private async readAgain(userName: string, others: string): Promise<void> {
    if (others === this.unexplained) {
      throw createFailure('ACCESS_KEYS_OF_OTHERS', { user: userName, keys: others });
    }
    this.unexplained = others;
    await this.tools.deadline.sleep(SECOND_LIST_MS);
  }

  private async createUnderIntent(state: AccessKeyState, userName: string, versionId: string): Promise<void> {
    const { deadline } = this.tools;
    const intent = createIntent(userName, state.keys.map(({ accessKeyId }) => accessKeyId), deadline.now());
    await this.secret.recordIntent(intent);
    await deadline.sleep(INTENT_PAUSE_MS);
    if ((await this.secret.read()).pending !== state.pending || !isCurrent(intent, deadline.now())) {
      return this.secret.forgetIntent(intent);
    }
    const { key, refusal } = await this.requestKey(userName);
    const isKnown = key ? await this.storeOrDelete(key, userName, versionId) : refusal !== undefined;
    if (isKnown) {
      await this.secret.forgetIntent(intent);
    }
    if (!key) {
      await this.retryLater(userName, refusal);
    }
  }

  private requestKey(userName: string): ReturnType<IamUser['createAccessKey']> {
    const deadline = this.tools.deadline.withoutRetries(); // each request has an intent of its own
    return new IamUser(userName, { ...this.tools, deadline }).createAccessKey();
  }

  /** @param refusal why IAM created no key. Undefined if it may have created one */
  private async retryLater(userName: string, refusal: unknown): Promise<void> {
    const { deadline } = this.tools;
    const isRetried = isAccessDenied(refusal)
      ? deadline.now() < deadline.iamPropagationEndsAt
      : !refusal || isTransient(refusal) || hasErrorCode(refusal, /^LimitExceeded/);
    if (!isRetried) {
      throw refusal;
    }
    if (this.secret.countAttempt() >= MAX_ATTEMPTS) {
      throw createFailure('ACCESS_KEY_NOT_CREATED', { user: userName });
    }
    await deadline.sleep(RETRY_PAUSE_MS);
  }

  /** Stores a key as pending. If that is not possible, deletes it: no other run knows it. False if it may be left. */
  private async storeOrDelete(key: AccessKey, userName: string, versionId: string): Promise<boolean> {
    const { log, redaction } = this.tools;
    redaction.remember(key.secretAccessKey);
    redaction.disclose(key.accessKeyId);
    log.info('access-key-created', { accessKeyId: key.accessKeyId });
    let isKnown = false;
    try {
      isKnown = await this.secret.storePending(key, userName, versionId);
    } finally {
      if (!isKnown) {
        this.secret.countAttempt();
        isKnown = await this.deleteUnstored(key, userName);
      }
    }
    return isKnown;
  }

  private async deleteUnstored({ accessKeyId }: AccessKey, userName: string): Promise<boolean> {
    const { deadline, log } = this.tools;
    const user = new IamUser(userName, { deadline: deadline.withoutLimits(), log, beforeWrite: async () => {} });
    const isDeleted = await bestEffort(log, 'access-key-not-deleted', async () => {
      await user.deleteAccessKey(accessKeyId);
      return true;
    });
    return isDeleted ?? false;
  }

  private async deleteLostUnder(intent: Intent, stored: readonly StoredKey[]): Promise<void> {
    for (const key of await this.list(intent.userName)) {
      if (isCreatedUnder(intent, key) && !stored.some(hasId(key.accessKeyId))) {
        await this.deleteKey(intent.userName, key.accessKeyId);
      }
    }
    await this.secret.forgetIntent(intent);
  }

  private async deleteKey(userName: string, accessKeyId: string): Promise<void> {
    await new IamUser(userName, this.tools).deleteAccessKey(accessKeyId);
    this.tools.log.info('access-key-deleted', { accessKeyId });
  }

  private async list(userName: string): Promise<AccessKeyMetadata[]> {
    const keys = await new IamUser(userName, this.tools).listAccessKeys();
    keys.forEach(({ accessKeyId }) => this.tools.redaction.disclose(accessKeyId));
    return keys;
  }
}

function hasId(accessKeyId: string): (key: { readonly accessKeyId: string }) => boolean {
  return (key) => key.accessKeyId === accessKeyId;
}
