import type { CreateAccessKeyCommandOutput, IAMClient } from '@aws-sdk/client-iam';
import { callAws, Send } from './call';
import { hasErrorCode, isAwsError, isTransient, unwrapSdkError } from './error';
import { clientConfig, iamSdk } from './sdk';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

export interface AccessKeyMetadata {
  readonly accessKeyId: string;
  /** Milliseconds since 1970, of whole seconds. */
  readonly createdAt: number;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface IamTools {
  readonly deadline: Deadline;
  readonly log: Log;
  /** Called before each attempt of a request that changes something: what it throws ends the request. */
  readonly beforeWrite: () => Promise<void>;
}

/** The access keys of one IAM user. */
export class IamUser {
  constructor(
    public readonly name: string,
    private readonly tools: IamTools,
  ) {}

  /** Undefined if the user does not exist. */
  public async listAccessKeys(): Promise<AccessKeyMetadata[] | undefined> {
    const { ListAccessKeysCommand } = iamSdk();
    const keys: AccessKeyMetadata[] = [];
    let Marker: string | undefined;
    do {
      const input = { UserName: this.name, Marker };
      const page = await this.unlessMissing('ListAccessKeys', (client, options) =>
        client.send(new ListAccessKeysCommand(input), options),
      );
      if (!page) {
        return undefined;
      }
      keys.push(
        ...(page.AccessKeyMetadata ?? []).map(({ AccessKeyId = '', CreateDate }) => ({
          accessKeyId: AccessKeyId,
          createdAt: CreateDate?.getTime() ?? 0,
        })),
      );
      Marker = page.Marker;
    } while (Marker);
    return keys;
  }

  /**
   * Creates a key with one request. Returns neither a key nor a refusal if it is not known whether a key was created:
   * the secret of that key is lost.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
   */
  public async createAccessKey(): Promise<{ readonly key?: AccessKey; readonly refusal?: unknown }> {
    const { CreateAccessKeyCommand } = iamSdk();
    const send: Send<IAMClient, CreateAccessKeyCommandOutput> = (client, options) =>
      client.send(new CreateAccessKeyCommand({ UserName: this.name }), options);
    try {
      const { AccessKey: key } = await this.call('CreateAccessKey', send, this.tools.beforeWrite);
      return { key: { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' } };
    } catch (error) {
      return isResponseLost(error) ? {} : { refusal: error };
    }
  }

  /** Deletes a key. False if it does not exist, or if IAM does not show yet that it was created. */
  public async deleteAccessKey(accessKeyId: string): Promise<boolean> {
    const { DeleteAccessKeyCommand } = iamSdk();
    const input = { UserName: this.name, AccessKeyId: accessKeyId };
    const send: Send<IAMClient, unknown> = (client, options) =>
      client.send(new DeleteAccessKeyCommand(input), options);
    return (await this.unlessMissing('DeleteAccessKey', send, this.tools.beforeWrite)) !== undefined;
  }

  private async unlessMissing<T>(
    operation: string,
    send: Send<IAMClient, T>,
    beforeAttempt?: () => Promise<void>,
  ): Promise<T | undefined> {
    try {
      return await this.call(operation, send, beforeAttempt);
    } catch (error) {
      if (hasErrorCode(error, /^NoSuchEntity/)) {
        return undefined;
      }
      throw error;
    }
  }

  private call<T>(operation: string, send: Send<IAMClient, T>, beforeAttempt?: () => Promise<void>): Promise<T> {
    const { IAMClient: Client } = iamSdk();
    // `callAws` retries: the SDK would repeat a request that has created a key whose response was lost
    const service = {
      name: 'AWS IAM',
      isGlobal: true,
      createClient: () => new Client({ ...clientConfig(), maxAttempts: 1 }),
    };
    const call = { ...this.tools, operation: `${operation} of user '${this.name}'`, beforeAttempt };
    return callAws(service, call, send);
  }
}

/** Whether no response arrived, or one that does not say what was done. */
function isResponseLost(error: unknown): boolean {
  const thrown = unwrapSdkError(error);
  return isAwsError(thrown) ? (thrown.$metadata.httpStatusCode ?? 500) >= 500 : isTransient(thrown);
}
