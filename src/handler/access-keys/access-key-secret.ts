import { createHash } from 'node:crypto';
import { formatIntent, Intent, parseIntents } from './access-key-intent';
import { AccessKey } from '../aws/iam';
import { SecretVersions } from '../aws/secret-versions';
import { ACCESS_KEY_LABEL_PREFIX, SECRET_TAG_PREFIX } from '../contract';
import { Deadline } from '../runtime/deadline';
import { parseObject } from '../runtime/json';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

const CURRENT = 'AWSCURRENT';
const PENDING = 'AWSPENDING';
const INTEGRATION_TAG = `${SECRET_TAG_PREFIX}integration-id`;

/** The value of a version while Immuta works with no key of ours. */
const NO_KEY = '{}';

export interface AccessKeySecretOptions {
  readonly secretArn: string;
  /** All runs of one request store the same key. */
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
}

/** A version of the secret whose key exists and is ours. */
export interface StoredKey extends AccessKey {
  readonly versionId: string;
  readonly userName: string;
}

export interface AccessKeyState {
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
 * The secret of the access keys of an integration, their only state.
 *
 * A label of a version names its key until that key is deleted, so every key of ours is known. While AWSPENDING is
 * on a version with a value, Immuta may hold any of them.
 */
export class AccessKeySecret {
  private readonly versions: SecretVersions;
  private readonly values = new Map<string, string>();
  private attempts = 0;

  constructor(private readonly options: AccessKeySecretOptions) {
    this.versions = new SecretVersions(options.secretArn, options);
  }

  /** Reads the state. Every secret access key that it names is redacted from now on. */
  public async read(): Promise<AccessKeyState> {
    const { labels, tags } = await this.versions.describe();
    const find = (label: string) => [...labels].find(([, all]) => all.includes(label))?.[0];
    const keys: StoredKey[] = [];
    for (const [versionId, all] of labels) {
      const key = await this.readKey(versionId);
      if (key && all.includes(formatKeyLabel(key))) {
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

  /** Whether a version that was read says that Immuta works with no key of ours. */
  public isWithoutKey(versionId: string | undefined): boolean {
    return versionId !== undefined && this.values.get(versionId) === NO_KEY;
  }

  /** Whether a version that was read names this key. */
  public hasNamed(accessKeyId: string): boolean {
    return [...this.values.values()].some((value) => value.includes(accessKeyId));
  }

  /**
   * A version ID for a purpose, of 64 characters. The same in all runs of the request, until a key turns out to be
   * useless.
   */
  public deriveVersionId(purpose: string): string {
    return createHash('sha256').update(`${this.options.requestId} ${purpose} ${this.attempts}`).digest('hex');
  }

  /** Counts a key that turned out to be useless, or was not created. */
  public countAttempt(): number {
    return ++this.attempts;
  }

  /** Stores what Immuta is given next. False if another run has stored another key under the version ID. */
  public storePending({ accessKeyId, secretAccessKey }: AccessKey, userName: string, versionId: string) {
    const value = JSON.stringify({ accessKeyId, secretAccessKey, userName });
    const label = formatKeyLabel({ accessKeyId });
    // the version of a rotation is pending already, unless another run has given Immuta something else since
    const isOfRotation = versionId === this.options.requestId;
    return this.versions.putValue(versionId, value, isOfRotation ? [label] : [PENDING, label]);
  }

  public async storePendingWithoutKey(): Promise<void> {
    await this.versions.putValue(this.deriveVersionId('withheld'), NO_KEY, [PENDING]);
  }

  public async storeCurrentWithoutKey(): Promise<void> {
    await this.versions.putValue(this.deriveVersionId('released'), NO_KEY, [CURRENT]);
  }

  public async makeCurrent(versionId: string, former: string | undefined): Promise<void> {
    await this.versions.moveLabel(CURRENT, { from: former, to: versionId });
  }

  public async endPending(versionId: string): Promise<void> {
    await this.versions.moveLabel(PENDING, { from: versionId });
  }

  /** Removes the label that names a key: it exists no more. */
  public async forget(key: StoredKey): Promise<void> {
    await this.versions.moveLabel(formatKeyLabel(key), { from: key.versionId });
  }

  public async recordIntegration(id: string): Promise<void> {
    await this.versions.tag(INTEGRATION_TAG, id);
  }

  public async forgetIntegration(): Promise<void> {
    await this.versions.untag(INTEGRATION_TAG);
  }

  public async recordIntent(intent: Intent): Promise<void> {
    await this.versions.tag(intent.tag, formatIntent(intent));
  }

  public async forgetIntent({ tag }: Intent): Promise<void> {
    await this.versions.untag(tag);
  }

  /** Nothing for a version without a value, as Secrets Manager creates it when a rotation starts. */
  private async readKey(versionId: string): Promise<StoredKey | undefined> {
    const value = this.values.get(versionId) ?? (await this.versions.getValue(versionId));
    if (value === undefined) {
      return undefined;
    }
    this.values.set(versionId, value); // it never changes
    const key = { ...parseObject(value), versionId } as StoredKey;
    this.options.redaction.remember(key.secretAccessKey ?? '');
    return key;
  }
}

function formatKeyLabel({ accessKeyId }: Pick<AccessKey, 'accessKeyId'>): string {
  return ACCESS_KEY_LABEL_PREFIX + accessKeyId;
}
