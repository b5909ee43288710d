import type { IAMClient } from '@aws-sdk/client-iam';
import { isAccessDenied, isAwsError, isTransient } from './error';
import { retryAws } from './retry';
import { iamSdk } from './sdk';
import { Deadline } from '../runtime/deadline';
import { withoutFullStop } from '../runtime/text';

const REQUEST_TIMEOUT_MS = 20_000;

/** The same when there is no time left. */
const SHORT_TIMEOUT_MS = 8_000;

export interface AccessKeyMetadata {
  readonly id: string;
  /** Milliseconds since 1970, of whole seconds. */
  readonly createdAt: number;
}

export interface AccessKeySecret {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

type Send<T> = (client: IAMClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>;

/** One IAM user, as far as its access keys and its tags are concerned. Waits for a policy of the handler's own role that is not in force yet. */
export class IamUser {
  constructor(public readonly name: string, private readonly deadline: Deadline, private readonly isInReserve = false) {}

  /** The same, for what is done when there is no time left: each call once, and waiting for nothing. */
  public inReserve(): IamUser {
    return new IamUser(this.name, this.deadline.inReserve(), true);
  }

  public async accessKeys(): Promise<AccessKeyMetadata[]> {
    const { ListAccessKeysCommand } = iamSdk();
    const pages = await this.pages((Marker) => this.call((client, options) =>
      client.send(new ListAccessKeysCommand({ UserName: this.name, Marker }), options)));
    return pages.flatMap(({ AccessKeyMetadata = [] }) => AccessKeyMetadata)
      .map(({ AccessKeyId = '', CreateDate }) => ({ id: AccessKeyId, createdAt: CreateDate?.getTime() ?? 0 }));
  }

  public async tags(): Promise<Map<string, string>> {
    const { ListUserTagsCommand } = iamSdk();
    const pages = await this.pages((Marker) => this.call((client, options) =>
      client.send(new ListUserTagsCommand({ UserName: this.name, Marker }), options)));
    return new Map(pages.flatMap(({ Tags = [] }) => Tags).map(({ Key = '', Value = '' }) => [Key, Value]));
  }

  /** @param value Asked for at each attempt: what it says of the time must be true when it is written */
  public async tag(key: string, value: () => string): Promise<void> {
    const { TagUserCommand } = iamSdk();
    await this.call((client, options) => client.send(new TagUserCommand({ UserName: this.name, Tags: [{ Key: key, Value: value() }] }), options));
  }

  public async untag(keys: string[]): Promise<void> {
    const { UntagUserCommand } = iamSdk();
    await this.call((client, options) => client.send(new UntagUserCommand({ UserName: this.name, TagKeys: keys }), options));
  }

  /**
   * Makes a key, or tries to once; nothing if it is not known whether it did, and then nobody knows the key's secret.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
   */
  public async createAccessKey(): Promise<AccessKeySecret | undefined> {
    const { CreateAccessKeyCommand } = iamSdk();
    try {
      // the SDK would repeat a request that has made a key whose answer was lost
      const { AccessKey } = await this.once((client, options) => client.send(new CreateAccessKeyCommand({ UserName: this.name }), options), 1);
      return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
    } catch (error) {
      if (isLost(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** One that is gone already counts as deleted. */
  public async deleteAccessKey(id: string): Promise<void> {
    const { DeleteAccessKeyCommand } = iamSdk();
    try {
      await this.call((client, options) => client.send(new DeleteAccessKeyCommand({ UserName: this.name, AccessKeyId: id }), options));
    } catch (error) {
      if (!isNoSuchEntity(error)) {
        throw error;
      }
    }
  }

  /** IAM may answer with less than there is, however little that is. */
  private async pages<T extends { readonly Marker?: string }>(get: (marker: string | undefined) => Promise<T>): Promise<T[]> {
    const pages = [await get(undefined)];
    for (let marker = pages[0].Marker; marker; marker = pages[pages.length - 1].Marker) {
      pages.push(await get(marker));
    }
    return pages;
  }

  private async call<T>(send: Send<T>): Promise<T> {
    return retryAws({ deadline: this.deadline }, () => this.once(send));
  }

  private async once<T>(send: Send<T>, maxAttempts?: number): Promise<T> {
    const { IAMClient } = iamSdk();
    const client = new IAMClient({ maxAttempts });
    try {
      return await send(client, { abortSignal: AbortSignal.timeout(this.isInReserve ? SHORT_TIMEOUT_MS : REQUEST_TIMEOUT_MS) });
    } catch (error) {
      throw new IamError(this.name, error as Error);
    } finally {
      client.destroy();
    }
  }
}

/** What IAM or the network had against a call, with what it was about. */
class IamError extends Error {
  public readonly name: string;

  constructor(userName: string, cause: Error) {
    const remedy = isAccessDenied(cause) ? '; the handler function has a policy that allows this, so look at service control policies and permissions boundaries' : '';
    super(`the access keys of user '${userName}' cannot be managed: ${withoutFullStop(cause.message)}${remedy}`, { cause });
    this.name = cause.name;
    // by which it is told whose error it is: a bug of ours or missing credentials are not AWS's
    Object.assign(this, isAwsError(cause) ? { $metadata: cause.$metadata } : 'code' in cause ? { code: cause.code } : {});
  }
}

/** The user, or one of its keys, does not exist. */
export function isNoSuchEntity(error: unknown): boolean {
  return hasCode(error, /^NoSuchEntity/);
}

/** The user has two keys. */
export function isLimitExceeded(error: unknown): boolean {
  return hasCode(error, /^LimitExceeded/);
}

export function isThrottled(error: unknown): boolean {
  return hasCode(error, /^Throttl|^RequestLimitExceeded|^TooManyRequests/);
}

/** No answer, or one that does not say. */
function isLost(error: unknown): boolean {
  return error instanceof IamError && (isAwsError(error) ? (error.$metadata.httpStatusCode ?? 500) >= 500 : isTransient(error));
}

function hasCode(error: unknown, code: RegExp): boolean {
  return isAwsError(error) && code.test(error.name);
}
