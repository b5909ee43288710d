import type { S3ControlClient, S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { hasInstance, isConflict, isInstanceInUse, isNamedWithoutInstance, isRefusal, isWithoutInstance } from './access-grants-errors';
import { isAccessDenied, isTransient } from './error';
import { retryAws, RetryTools } from './retry';
import { s3ControlSdk } from './sdk';
import { OutOfTime } from '../runtime/deadline';
import { withoutFullStop } from '../runtime/text';

const REQUEST_TIMEOUT_MS = 20_000;

/** Tags of the instance, by their keys. */
export type Tags = Readonly<Record<string, string | undefined>>;

/** The S3 Access Grants instance of an account and Region. */
export interface Instance {
  readonly arn: string;
  readonly id: string;
  /** The Identity Center instance that it is associated with. */
  readonly identityCenterInstanceArn?: string;
  /** The application that S3 made there; it may show later than the instance. */
  readonly applicationArn?: string;
  readonly tags: Tags;
}

/** Why AWS does not associate: it says that it has not. */
export interface Refusal {
  readonly error: Error;
  /** A request before it had no answer, and may have been carried out: that may be the cause. */
  readonly answerLost: boolean;
  /** There is an association already, which may not show yet. */
  readonly isConflict: boolean;
}

export interface InstanceClientOptions extends RetryTools {
  readonly accountId: string;
  readonly region: string;
  /** Called before each request that makes something. */
  readonly beforeMaking: () => void;
}

type Send<T> = (client: S3ControlClient, options: { abortSignal: AbortSignal }) => Promise<T>;

/**
 * S3 Control, for the one instance of an account and Region. Requests are sent again while AWS is busy, and while our own role is new.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html
 */
export class InstanceClient {
  private readonly client: S3ControlClient;
  private readonly account: { readonly AccountId: string };

  constructor(private readonly options: InstanceClientOptions, config: S3ControlClientConfig = {}) {
    const { S3ControlClient: Client } = s3ControlSdk();
    // `retryAws` repeats, and says so in the log. It needs a new command each time: the SDK cannot send one twice
    this.client = new Client({ region: options.region, maxAttempts: 1, ...config });
    this.account = { AccountId: options.accountId };
  }

  public close(): void {
    this.client.destroy();
  }

  /** Nothing if there is none. */
  public async find(): Promise<Instance | undefined> {
    const { GetAccessGrantsInstanceCommand, ListTagsForResourceCommand } = s3ControlSdk();
    try {
      const found = await this.send('GetAccessGrantsInstance',
        (client, options) => client.send(new GetAccessGrantsInstanceCommand(this.account), options));
      const arn = found.AccessGrantsInstanceArn ?? '';
      const { Tags: tags = [] } = await this.send('ListTagsForResource',
        (client, options) => client.send(new ListTagsForResourceCommand({ ...this.account, ResourceArn: arn }), options));
      return {
        arn,
        id: found.AccessGrantsInstanceId ?? '',
        identityCenterInstanceArn: found.IdentityCenterInstanceArn,
        applicationArn: found.IdentityCenterApplicationArn ?? found.IdentityCenterArn,
        tags: Object.fromEntries(tags.map(({ Key: key, Value: value }) => [key, value])),
      };
    } catch (error) {
      return nothingWithoutInstance(error);
    }
  }

  /** Creates it with its tags, in one. Nothing if there is one already. */
  public async create(tags: Record<string, string>): Promise<Instance | undefined> {
    const { CreateAccessGrantsInstanceCommand } = s3ControlSdk();
    try {
      const made = await this.send('CreateAccessGrantsInstance', (client, options) => {
        this.options.beforeMaking();
        return client.send(new CreateAccessGrantsInstanceCommand({ ...this.account, Tags: asList(tags) }), options);
      });
      return { arn: made.AccessGrantsInstanceArn ?? '', id: made.AccessGrantsInstanceId ?? '', tags };
    } catch (error) {
      if (error instanceof AccessGrantsError && hasInstance(error.cause)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Why AWS refuses as long as something is left in it; nothing if it is gone, or another one by the time that it must be asked again. */
  public async delete(isOurs: IsOurs): Promise<Error | undefined> {
    const { DeleteAccessGrantsInstanceCommand } = s3ControlSdk();
    try {
      await this.send('DeleteAccessGrantsInstance',
        (client, options) => client.send(new DeleteAccessGrantsInstanceCommand(this.account), options), { isStillOurs: isOurs });
      return undefined;
    } catch (error) {
      if (error instanceof AccessGrantsError && isInstanceInUse(error.cause)) {
        return error;
      }
      return nothingWithoutInstance(error);
    }
  }

  /** Why AWS does not; nothing if it is under way. */
  public async associate(identityCenterArn: string): Promise<Refusal | undefined> {
    const { AssociateAccessGrantsIdentityCenterCommand } = s3ControlSdk();
    let answerLost = false;
    try {
      await this.send('AssociateAccessGrantsIdentityCenter', async (client, options) => {
        this.options.beforeMaking();
        try {
          const input = { ...this.account, IdentityCenterArn: identityCenterArn };
          return await client.send(new AssociateAccessGrantsIdentityCenterCommand(input), options);
        } catch (error) {
          answerLost ||= isTransient(error);
          throw error;
        }
      }, { isGone: isNamedWithoutInstance });
      return undefined;
    } catch (error) {
      if (error instanceof AccessGrantsError && (isRefusal(error.cause) || isAccessDenied(error.cause))) {
        return { error, answerLost, isConflict: isConflict(error.cause) };
      }
      throw error;
    }
  }

  /** Why AWS does not; nothing if it is under way, or if there is another association by the time that it must be asked again. */
  public async dissociate(isOurs: IsOurs): Promise<Error | undefined> {
    const { DissociateAccessGrantsIdentityCenterCommand } = s3ControlSdk();
    try {
      await this.send('DissociateAccessGrantsIdentityCenter',
        (client, options) => client.send(new DissociateAccessGrantsIdentityCenterCommand(this.account), options),
        { isGone: isNamedWithoutInstance, isStillOurs: isOurs });
      return undefined;
    } catch (error) {
      if (error instanceof AccessGrantsError && isRefusal(error.cause)) {
        return error;
      }
      return nothingWithoutInstance(error);
    }
  }

  public async tag({ arn }: Instance, tags: Record<string, string>): Promise<void> {
    const { TagResourceCommand } = s3ControlSdk();
    await this.send('TagResource', (client, options) => client.send(new TagResourceCommand({ ...this.account, ResourceArn: arn, Tags: asList(tags) }), options));
  }

  /** It may be gone, and its tags with it. */
  public async untag({ arn }: Instance, tagKeys: string[]): Promise<void> {
    const { UntagResourceCommand } = s3ControlSdk();
    try {
      await this.send('UntagResource', (client, options) => client.send(new UntagResourceCommand({ ...this.account, ResourceArn: arn, TagKeys: tagKeys }), options));
    } catch (error) {
      nothingWithoutInstance(error);
    }
  }

  /** How many locations and grants are in it, whoever made them. */
  public async contents(): Promise<{ readonly locations: number; readonly grants: number }> {
    const { ListAccessGrantsCommand, ListAccessGrantsLocationsCommand } = s3ControlSdk();
    try {
      return {
        locations: await this.count('ListAccessGrantsLocations', async (client, options, page) => {
          const { AccessGrantsLocationsList: items, NextToken: next } = await client.send(new ListAccessGrantsLocationsCommand(page), options);
          return { items, next };
        }),
        grants: await this.count('ListAccessGrants', async (client, options, page) => {
          const { AccessGrantsList: items, NextToken: next } = await client.send(new ListAccessGrantsCommand(page), options);
          return { items, next };
        }),
      };
    } catch (error) {
      nothingWithoutInstance(error);
      return { locations: 0, grants: 0 };
    }
  }

  private async count(operation: string, list: ListPage): Promise<number> {
    let count = 0;
    let nextToken: string | undefined;
    do {
      const page: Page = { ...this.account, NextToken: nextToken };
      const { items = [], next } = await this.send(operation, (client, options) => list(client, options, page));
      count += items.length;
      nextToken = next;
    } while (nextToken);
    return count;
  }

  private async send<T>(operation: string, send: Send<T>, { isGone = isWithoutInstance, isStillOurs }: SendOptions = {}): Promise<T> {
    let isSent = false;
    try {
      return await retryAws(this.options, async () => {
        if (isSent && isStillOurs) {
          await this.lookAgain(isStillOurs);
        }
        isSent = true;
        return send(this.client, { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      });
    } catch (error) {
      if (isGone(error)) {
        throw new InstanceGone();
      }
      throw PASSED_ON.some((type) => error instanceof type) ? error : new AccessGrantsError(operation, this.options, error);
    }
  }

  /** A request without an answer may have been carried out, and what is there now may be what somebody made since. */
  private async lookAgain(isStillOurs: IsOurs): Promise<void> {
    const found = await this.find();
    if (!found || !isStillOurs(found)) {
      throw new InstanceGone();
    }
  }
}

/** Whether what is to be removed is ours, as the instance is now. */
type IsOurs = (instance: Instance) => boolean;

interface SendOptions {
  /** Whether an error says that there is no instance. @default - any 404 does */
  readonly isGone?: (error: unknown) => boolean;
  /** Asked before the request is sent again. @default - it may always be */
  readonly isStillOurs?: IsOurs;
}

interface Page {
  readonly AccountId: string;
  readonly NextToken?: string;
}

type ListPage = (...args: [...Parameters<Send<void>>, Page]) => Promise<{ readonly items?: unknown[]; readonly next?: string }>;

/** There is no instance, or no longer. */
export class InstanceGone extends Error {
  public readonly name = 'InstanceGone';
}

/** The event is older than what its Delete would watch for. */
export class TooLate extends Error {
  public readonly name = 'TooLate';
}

/** What AWS said to an operation, which is the cause, in words. */
class AccessGrantsError extends Error {
  public readonly name = 'AccessGrantsError';

  constructor(operation: string, { accountId, region }: Pick<InstanceClientOptions, 'accountId' | 'region'>, cause: unknown) {
    const { name, message } = cause as Error;
    const remedy = isAccessDenied(cause) ? '; the role of the handler function allows it, so look at permissions boundaries and service control policies' : '';
    super(`S3 Access Grants of account ${accountId}, ${region} answered ${name} to ${operation}: ${withoutFullStop(message)}${remedy}`, { cause });
  }
}

/** They say already what they are about. */
const PASSED_ON = [OutOfTime, TooLate, InstanceGone, AccessGrantsError];

function nothingWithoutInstance(error: unknown): undefined {
  if (error instanceof InstanceGone) {
    return undefined;
  }
  throw error;
}

function asList(tags: Record<string, string>) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
