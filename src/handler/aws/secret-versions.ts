import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isAccessDenied, isAwsError } from './error';
import { retryAws } from './retry';
import { secretsManagerSdk } from './sdk';
import { CodedMessage, renderMessage } from '../coded-message';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { withoutFullStop } from '../runtime/text';

const REQUEST_TIMEOUT_MS = 20_000;

/** Secrets Manager is eventually consistent: for so long, a description that does not show our last write is a stale one. */
const CONSISTENT_MS = 60_000;
const STALE_PAUSE_MS = 2_000;

export const SECRET_VERSIONS_MESSAGES = {
  /** The secret, its KMS key, a service control policy or a permissions boundary denies what the function needs. */
  MANAGED_SECRET_DENIED: {
    text: "cannot use the secret '{secret}' of the managed access key: {cause}",
    remedy: 'Check that the secret exists and that no service control policy, permissions boundary or key policy denies '
      + 'the role of the handler function, then deploy again',
  },
  /** Secrets Manager refused a request, or did not answer. */
  MANAGED_SECRET_UNAVAILABLE: {
    text: "cannot use the secret '{secret}' of the managed access key: {cause}",
    remedy: 'Remove the cause and deploy again',
  },
} satisfies Record<string, CodedMessage>;

/** Which versions of a secret have a staging label, and the secret's tags. */
export interface SecretDescription {
  /** Staging labels by version ID. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly tags: ReadonlyMap<string, string>;
}

type Send<T> = (client: SecretsManagerClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>;

/** A secret, its versions and their staging labels. */
export class SecretVersions {
  private described = '';
  private writtenAt = Number.NEGATIVE_INFINITY;

  constructor(public readonly arn: string, private readonly deadline: Deadline) {}

  /** Describes the secret as it is after all writes of this object. */
  public async describe(): Promise<SecretDescription> {
    const { DescribeSecretCommand } = secretsManagerSdk();
    for (;;) {
      const { Tags = [], VersionIdsToStages = {} } = await this.call((client, options) =>
        client.send(new DescribeSecretCommand({ SecretId: this.arn }), options));
      const labels = Object.entries(VersionIdsToStages).map(([id, stages]) => [id, [...stages].sort()] as const).sort();
      const tags = Tags.map(({ Key = '', Value = '' }) => [Key, Value] as const).sort();
      const described = JSON.stringify([labels, tags]);
      if (described !== this.described || this.deadline.now() - this.writtenAt > CONSISTENT_MS) {
        this.described = described;
        this.writtenAt = Number.NEGATIVE_INFINITY;
        return { labels: new Map(labels), tags: new Map(tags) };
      }
      await this.deadline.sleep(STALE_PAUSE_MS);
    }
  }

  /** The text of a version. Nothing if the version has none, as a rotation that has just started creates it. */
  public async getValue(versionId: string): Promise<string | undefined> {
    const { GetSecretValueCommand } = secretsManagerSdk();
    try {
      const { SecretString } = await this.call((client, options) =>
        client.send(new GetSecretValueCommand({ SecretId: this.arn, VersionId: versionId }), options));
      return SecretString;
    } catch (error) {
      if (isAwsError(error) && error.name === 'ResourceNotFoundException') {
        return undefined;
      }
      throw error;
    }
  }

  /** Stores a version with these labels. False if the token is that of a version with another text. */
  public async putValue(token: string, text: string, labels: readonly string[]): Promise<boolean> {
    const { PutSecretValueCommand } = secretsManagerSdk();
    const input = { SecretId: this.arn, ClientRequestToken: token, SecretString: text, VersionStages: [...labels] };
    return this.write('ResourceExistsException', (client, options) => client.send(new PutSecretValueCommand(input), options));
  }

  /** Moves a label from one version to another, attaches or removes it. False if `from` is not the version that has it. */
  public async moveLabel(label: string, { from, to }: { readonly from?: string; readonly to?: string }): Promise<boolean> {
    const { UpdateSecretVersionStageCommand } = secretsManagerSdk();
    const input = { SecretId: this.arn, VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to };
    return this.write('InvalidParameterException', (client, options) =>
      client.send(new UpdateSecretVersionStageCommand(input), options));
  }

  public async tag(key: string, value: string): Promise<void> {
    const { TagResourceCommand } = secretsManagerSdk();
    await this.write('', (client, options) =>
      client.send(new TagResourceCommand({ SecretId: this.arn, Tags: [{ Key: key, Value: value }] }), options));
  }

  public async untag(key: string): Promise<void> {
    const { UntagResourceCommand } = secretsManagerSdk();
    await this.write('', (client, options) =>
      client.send(new UntagResourceCommand({ SecretId: this.arn, TagKeys: [key] }), options));
  }

  /** @param refusal name of the error that says that the secret is not as expected */
  private async write(refusal: string, send: Send<unknown>): Promise<boolean> {
    try {
      await this.call(send);
      this.writtenAt = this.deadline.now();
      return true;
    } catch (error) {
      if (isAwsError(error) && error.name === refusal) {
        return false;
      }
      throw error;
    }
  }

  private async call<T>(send: Send<T>): Promise<T> {
    const { SecretsManagerClient } = secretsManagerSdk();
    return retryAws({ deadline: this.deadline }, async () => {
      const client = new SecretsManagerClient({});
      try {
        return await send(client, { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      } catch (error) {
        throw error instanceof OutOfTime ? error : new SecretVersionsError(this.arn, error as Error);
      } finally {
        client.destroy();
      }
    });
  }
}

/** Why Secrets Manager or the network failed a call, and what it was about. */
class SecretVersionsError extends Error {
  public readonly name: string;

  constructor(secret: string, cause: Error) {
    const code = isAccessDenied(cause) ? 'MANAGED_SECRET_DENIED' : 'MANAGED_SECRET_UNAVAILABLE';
    super(renderMessage(code, SECRET_VERSIONS_MESSAGES[code], { secret, cause: withoutFullStop(cause.message) }), { cause });
    this.name = cause.name;
    // `isTransient` decides by these
    Object.assign(this, isAwsError(cause) ? { $metadata: cause.$metadata } : 'code' in cause ? { code: cause.code } : {});
  }
}
