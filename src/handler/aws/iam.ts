import type { IAMClient } from '@aws-sdk/client-iam';
import { isAccessDenied, isAwsError, isTransient } from './error';
import { retryAws } from './retry';
import { iamSdk } from './sdk';
import { CodedMessage, renderMessage } from '../coded-message';
import { Deadline } from '../runtime/deadline';
import { withoutFullStop } from '../runtime/text';

const REQUEST_TIMEOUT_MS = 20_000;

export const IAM_MESSAGES = {
  /** A policy of the organization, or a permissions boundary, denies what the policy of the function's role allows. */
  ACCESS_KEYS_DENIED: {
    text: "cannot manage the access keys of user '{user}': {cause}",
    remedy: 'The role of the handler function allows this: check service control policies and permissions boundaries, then deploy again',
  },
  /** IAM refused a request, or did not answer. */
  ACCESS_KEYS_UNAVAILABLE: {
    text: "cannot manage the access keys of user '{user}': {cause}",
    remedy: 'Remove the cause and deploy again',
  },
} satisfies Record<string, CodedMessage>;

export interface AccessKeyMetadata {
  readonly accessKeyId: string;
  /** Milliseconds since 1970, of whole seconds. */
  readonly createdAt: number;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

type Send<T> = (client: IAMClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>;

/** The access keys of one IAM user. Waits for a policy of the handler's own role that is not in effect yet. */
export class IamUser {
  constructor(public readonly name: string, private readonly deadline: Deadline) {}

  /** A user that does not exist has none. */
  public async listAccessKeys(): Promise<AccessKeyMetadata[]> {
    const { ListAccessKeysCommand } = iamSdk();
    const keys: AccessKeyMetadata[] = [];
    let Marker: string | undefined;
    do {
      const input = { UserName: this.name, Marker };
      const page = await this.unlessMissing((client, options) => client.send(new ListAccessKeysCommand(input), options));
      keys.push(...(page?.AccessKeyMetadata ?? []).map(({ AccessKeyId = '', CreateDate }) =>
        ({ accessKeyId: AccessKeyId, createdAt: CreateDate?.getTime() ?? 0 })));
      Marker = page?.Marker;
    } while (Marker);
    return keys;
  }

  /**
   * Creates a key with one request. Returns nothing if the user has two keys, or if it is not known whether a key was created:
   * nobody knows the secret of that one.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
   */
  public async createAccessKey(): Promise<AccessKey | undefined> {
    const { CreateAccessKeyCommand } = iamSdk();
    const answer = await this.call(async (client, options) => {
      try {
        return await client.send(new CreateAccessKeyCommand({ UserName: this.name }), options);
      } catch (error) {
        if (isLost(error) || hasCode(error, /^LimitExceeded/)) {
          return undefined;
        }
        throw error;
      }
    }, 1); // the SDK would repeat a request that has created a key whose answer was lost
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = answer?.AccessKey ?? {};
    return answer && { accessKeyId, secretAccessKey };
  }

  /** Deletes a key. One that does not exist counts as deleted. */
  public async deleteAccessKey(accessKeyId: string): Promise<void> {
    const { DeleteAccessKeyCommand } = iamSdk();
    const input = { UserName: this.name, AccessKeyId: accessKeyId };
    await this.unlessMissing((client, options) => client.send(new DeleteAccessKeyCommand(input), options));
  }

  private async unlessMissing<T>(send: Send<T>): Promise<T | undefined> {
    try {
      return await this.call(send);
    } catch (error) {
      if (hasCode(error, /^NoSuchEntity/)) {
        return undefined;
      }
      throw error;
    }
  }

  private async call<T>(send: Send<T>, maxAttempts?: number): Promise<T> {
    const { IAMClient } = iamSdk();
    return retryAws({ deadline: this.deadline }, async () => {
      const client = new IAMClient({ maxAttempts });
      try {
        return await send(client, { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      } catch (error) {
        throw new IamError(this.name, error as Error);
      } finally {
        client.destroy();
      }
    });
  }
}

/** Why IAM or the network failed a call, and what it was about. */
class IamError extends Error {
  public readonly name: string;

  constructor(user: string, cause: Error) {
    const code = isAccessDenied(cause) ? 'ACCESS_KEYS_DENIED' : 'ACCESS_KEYS_UNAVAILABLE';
    super(renderMessage(code, IAM_MESSAGES[code], { user, cause: withoutFullStop(cause.message) }), { cause });
    this.name = cause.name;
    // `isTransient` decides by these
    Object.assign(this, isAwsError(cause) ? { $metadata: cause.$metadata } : 'code' in cause ? { code: cause.code } : {});
  }
}

/** Whether no answer came, or one that does not say what was done. */
function isLost(error: unknown): boolean {
  return isAwsError(error) ? (error.$metadata.httpStatusCode ?? 500) >= 500 : isTransient(error);
}

function hasCode(error: unknown, code: RegExp): boolean {
  return isAwsError(error) && code.test(error.name);
}
