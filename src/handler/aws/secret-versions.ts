import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { callAws, Send } from './call';
import { hasErrorCode } from './error';
import { clientConfig, secretsManagerSdk } from './sdk';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';
import { poll } from '../runtime/poll';

/**
 * Secrets Manager is eventually consistent: for so long, a description that does not show our last write is a stale
 * one.
 */
const SECRETS_MANAGER_LAG_MS = 60_000;
const STALE_PAUSE_MS = 2_000;

/** Which versions of a secret have a staging label, and the secret's tags. */
export interface SecretDescription {
  /** Staging labels by version ID. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly tags: ReadonlyMap<string, string>;
}

/** A secret, its versions and their staging labels. */
export class SecretVersions {
  private described = '';
  private writtenAt = Number.NEGATIVE_INFINITY;

  constructor(
    public readonly arn: string,
    private readonly tools: { readonly deadline: Deadline; readonly log: Log },
  ) {}

  /** Describes the secret as it is after all writes of this object. */
  public async describe(): Promise<SecretDescription> {
    const { DescribeSecretCommand } = secretsManagerSdk();
    const { deadline } = this.tools;
    return poll<SecretDescription>(
      { deadline, waitingFor: `secret '${this.arn}' to show what was written` },
      async () => {
        const { Tags = [], VersionIdsToStages = {} } = await this.call('DescribeSecret', (client, options) =>
          client.send(new DescribeSecretCommand({ SecretId: this.arn }), options),
        );
        const labels = Object.entries(VersionIdsToStages)
          .map(([id, stages]) => [id, [...stages].sort()] as const)
          .sort();
        const tags = Tags.map(({ Key = '', Value = '' }) => [Key, Value] as const).sort();
        const described = JSON.stringify([labels, tags]);
        if (described === this.described && deadline.now() - this.writtenAt <= SECRETS_MANAGER_LAG_MS) {
          return { seen: 'the state before that', pauseMs: STALE_PAUSE_MS };
        }
        this.described = described;
        this.writtenAt = Number.NEGATIVE_INFINITY;
        return { done: { labels: new Map(labels), tags: new Map(tags) } };
      },
    );
  }

  /** The text of a version. Nothing if the version has none, as a rotation that has just started creates it. */
  public async getValue(versionId: string): Promise<string | undefined> {
    const { GetSecretValueCommand } = secretsManagerSdk();
    try {
      const { SecretString } = await this.call('GetSecretValue', (client, options) =>
        client.send(new GetSecretValueCommand({ SecretId: this.arn, VersionId: versionId }), options),
      );
      return SecretString;
    } catch (error) {
      if (hasErrorCode(error, /^ResourceNotFoundException$/)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Stores a version with these labels. False if the token is that of a version with another text. */
  public async putValue(token: string, text: string, labels: readonly string[]): Promise<boolean> {
    const { PutSecretValueCommand } = secretsManagerSdk();
    const input = { SecretId: this.arn, ClientRequestToken: token, SecretString: text, VersionStages: [...labels] };
    return this.write('PutSecretValue', /^ResourceExistsException$/, (client, options) =>
      client.send(new PutSecretValueCommand(input), options),
    );
  }

  /**
   * Moves a label from one version to another, attaches or removes it. False if `from` is not the version that has it.
   */
  public async moveLabel(
    label: string,
    { from, to }: { readonly from?: string; readonly to?: string },
  ): Promise<boolean> {
    const { UpdateSecretVersionStageCommand } = secretsManagerSdk();
    const input = { SecretId: this.arn, VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to };
    return this.write('UpdateSecretVersionStage', /^InvalidParameterException$/, (client, options) =>
      client.send(new UpdateSecretVersionStageCommand(input), options),
    );
  }

  public async tag(tags: Readonly<Record<string, string>>): Promise<void> {
    const { TagResourceCommand } = secretsManagerSdk();
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.write('TagResource', undefined, (client, options) =>
      client.send(new TagResourceCommand({ SecretId: this.arn, Tags }), options),
    );
  }

  public async untag(...keys: string[]): Promise<void> {
    const { UntagResourceCommand } = secretsManagerSdk();
    await this.write('UntagResource', undefined, (client, options) =>
      client.send(new UntagResourceCommand({ SecretId: this.arn, TagKeys: keys }), options),
    );
  }

  /** Returns false if AWS refuses with this error: the secret is not as expected. */
  private async write(
    operation: string,
    refusal: RegExp | undefined,
    send: Send<SecretsManagerClient, unknown>,
  ): Promise<boolean> {
    try {
      await this.call(operation, send);
      this.writtenAt = this.tools.deadline.now();
      return true;
    } catch (error) {
      if (refusal && hasErrorCode(error, refusal)) {
        return false;
      }
      throw error;
    }
  }

  private call<T>(operation: string, send: Send<SecretsManagerClient, T>): Promise<T> {
    const { SecretsManagerClient: Client } = secretsManagerSdk();
    const createClient = () => new Client({ ...clientConfig(), maxAttempts: 1 });
    const service = { name: 'AWS Secrets Manager', createClient };
    return callAws(service, { ...this.tools, operation: `${operation} of '${this.arn}'` }, send);
  }
}
