import { createHash, randomUUID } from 'node:crypto';
import { Intent, parseIntents } from './access-key-intent';
import { AccessKey, IamTools } from '../aws/iam';
import { SecretVersions } from '../aws/secret-versions';
import { ACCESS_KEY_LABEL_PREFIX, SECRET_TAG_PREFIX } from '../contract';
import { parseObject } from '../runtime/json';
import { Redaction } from '../runtime/redaction';

export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
export const INTEGRATION_TAG = `${SECRET_TAG_PREFIX}integration-id`;
export const TENANT_TAG = `${SECRET_TAG_PREFIX}tenant`;

/** The value of a version while Immuta works with no key of ours. */
const NO_KEY = '{}';

/** `beforeWrite` is called before each attempt to create or delete a key: what it throws ends it. */
export interface AccessKeyOptions extends IamTools {
  readonly secretArn: string;
  /** All runs of one request store the same key. */
  readonly requestId: string;
  readonly redaction: Redaction;
  /** URL of the tenant that the function calls. */
  readonly tenantUrl: string;
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
  /** Digest of the URL of the tenant that has that integration. */
  readonly tenant?: string;
}

/**
 * The secret of the access keys of an integration, their only state.
 *
 * A label of a version names its key until that key is deleted, so every key of ours is known. While AWSPENDING is
 * on a version with a value, Immuta may hold any of them.
 */
export class AccessKeySecret extends SecretVersions {
  private readonly values = new Map<string, string>();
  private attempts = 0;

  constructor(private readonly options: AccessKeyOptions) {
    super(options.secretArn, options);
  }

  /** Reads the state. Every secret access key that it names is redacted from now on. */
  public async read(): Promise<AccessKeyState> {
    const { labels, tags } = await this.describe();
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
      tenant: tags.get(TENANT_TAG),
    };
  }

  /** Whether a version that was read names this key. */
  public hasNamed(accessKeyId: string): boolean {
    return [...this.values.values()].some((value) => value.includes(accessKeyId));
  }

  /** The version ID of a new key. The same in all runs of the request, until a key turns out to be useless. */
  public deriveVersionId(): string {
    return createHash('sha256').update(`${this.options.requestId} ${this.attempts}`).digest('hex');
  }

  /** Counts a key that turned out to be useless, or was not created. */
  public countAttempt(): number {
    return ++this.attempts;
  }

  /** Stores what Immuta is given next. False if another run has stored another key under the version ID. */
  public storePending(key: AccessKey, userName: string, versionId: string): Promise<boolean> {
    const label = formatKeyLabel(key);
    // the version of a rotation is pending already, unless another run has given Immuta something else since
    const labels = versionId === this.options.requestId ? [label] : [PENDING, label];
    return this.putValue(versionId, JSON.stringify({ ...key, userName }), labels);
  }

  /** Moves a label to a version that names no key. */
  public async storeWithoutKey(label: typeof CURRENT | typeof PENDING): Promise<void> {
    await this.putValue(randomUUID(), NO_KEY, [label]);
  }

  /** Removes the label that names a key: it exists no more. */
  public async forget(key: StoredKey): Promise<void> {
    await this.moveLabel(formatKeyLabel(key), { from: key.versionId });
  }

  /** Nothing for a version without a value, as Secrets Manager creates it when a rotation starts. */
  private async readKey(versionId: string): Promise<StoredKey | undefined> {
    const value = this.values.get(versionId) ?? (await this.getValue(versionId));
    if (value === undefined) {
      return undefined;
    }
    this.values.set(versionId, value); // it never changes
    const key = { ...parseObject(value), versionId } as StoredKey;
    this.options.redaction.remember(String(key.secretAccessKey ?? ''));
    return key;
  }
}

function formatKeyLabel({ accessKeyId }: AccessKey): string {
  return ACCESS_KEY_LABEL_PREFIX + accessKeyId;
}
