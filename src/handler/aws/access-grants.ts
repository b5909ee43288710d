import type { S3ControlClient, S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import {
  isAssociationConflict,
  isInstanceExisting,
  isInstanceInUse,
  isInstanceMissing,
  isInstanceMissingByCode,
  isRequestRefused,
} from './access-grants-errors';
import { AwsService, callAws, Send } from './call';
import { AwsFailure, isAccessDenied, isTransient } from './error';
import { clientConfig, s3ControlSdk } from './sdk';
import { Failure, Refusal } from '../failure';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

/** Tags of the instance, by their keys. */
export type Tags = Readonly<Record<string, string | undefined>>;

/** The S3 Access Grants instance of an account and Region. */
export interface Instance {
  readonly arn: string;
  readonly id: string;
  /** The Identity Center instance that it is associated with. */
  readonly identityCenterInstanceArn?: string;
  /** The application that S3 created in Identity Center. It may appear later than the instance. */
  readonly applicationArn?: string;
  readonly tags: Tags;
}

/** Where the instance is. */
export interface InstanceLocation {
  readonly accountId: string;
  readonly region: string;
}

export interface AccessGrantsOptions extends InstanceLocation {
  readonly deadline: Deadline;
  readonly log: Log;
  /** Called before each attempt of a request that changes something: what it throws ends the request. */
  readonly beforeWrite: () => Promise<void>;
  /**
   * Called in the same way before each attempt of a request that creates something, with why the attempt before failed.
   */
  readonly beforeCreate: (seen?: string) => Promise<void>;
}

type SendS3Control<T> = Send<S3ControlClient, T>;

/** Returns S3 Access Grants of an account and Region as a service. */
export function describeService(
  { accountId, region }: InstanceLocation,
  config: S3ControlClientConfig = {},
): AwsService<S3ControlClient> {
  return {
    name: `S3 Access Grants of account ${accountId}, ${region}`,
    createClient: () => {
      const { S3ControlClient: Client } = s3ControlSdk();
      return new Client({ ...clientConfig(), region, maxAttempts: 1, ...config }); // `callAws` retries
    },
  };
}

/**
 * The one instance of an account and Region.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html
 */
export class AccessGrants {
  private readonly service: AwsService<S3ControlClient>;
  private readonly account: { readonly AccountId: string };

  constructor(
    private readonly options: AccessGrantsOptions,
    config?: S3ControlClientConfig,
  ) {
    this.service = describeService(options, config);
    this.account = { AccountId: options.accountId };
  }

  /** Undefined if there is none. */
  public async findInstance(): Promise<Instance | undefined> {
    const { GetAccessGrantsInstanceCommand, ListTagsForResourceCommand } = s3ControlSdk();
    return this.unlessMissing(async () => {
      const found = await this.read('GetAccessGrantsInstance', (client, options) =>
        client.send(new GetAccessGrantsInstanceCommand(this.account), options),
      );
      const arn = found.AccessGrantsInstanceArn ?? '';
      const { Tags: tags = [] } = await this.read('ListTagsForResource', (client, options) =>
        client.send(new ListTagsForResourceCommand({ ...this.account, ResourceArn: arn }), options),
      );
      return {
        arn,
        id: found.AccessGrantsInstanceId ?? '',
        identityCenterInstanceArn: found.IdentityCenterInstanceArn,
        applicationArn: found.IdentityCenterApplicationArn ?? found.IdentityCenterArn,
        tags: Object.fromEntries(tags.map(({ Key: key, Value: value }) => [key, value])),
      };
    });
  }

  /** Creates the instance with its tags, in one request. Undefined if there is one. */
  public async createInstance(tags: Record<string, string>): Promise<Instance | undefined> {
    const { CreateAccessGrantsInstanceCommand } = s3ControlSdk();
    try {
      const created = await this.create('CreateAccessGrantsInstance', (client, options) =>
        client.send(new CreateAccessGrantsInstanceCommand({ ...this.account, Tags: renderTags(tags) }), options),
      );
      return { arn: created.AccessGrantsInstanceArn ?? '', id: created.AccessGrantsInstanceId ?? '', tags };
    } catch (error) {
      if (isInstanceExisting(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * Deletes the instance. Returns why AWS refuses to as long as something is left in it.
   *
   * @param isOurs whether the instance may be deleted as it is before another attempt: the one before may have been
   * carried out
   */
  public async deleteInstance(isOurs: (instance: Instance) => boolean): Promise<Failure | undefined> {
    const { DeleteAccessGrantsInstanceCommand } = s3ControlSdk();
    try {
      await this.unlessMissing(() =>
        this.change(
          'DeleteAccessGrantsInstance',
          (client, options) => client.send(new DeleteAccessGrantsInstanceCommand(this.account), options),
          isOurs,
        ),
      );
      return undefined;
    } catch (error) {
      if (error instanceof AwsFailure && isInstanceInUse(error)) {
        return error;
      }
      throw error;
    }
  }

  /** Requests the association. Returns why AWS refuses it, or `missing` if there is no instance. */
  public async associate(identityCenterArn: string): Promise<Refusal | 'missing' | undefined> {
    const { AssociateAccessGrantsIdentityCenterCommand } = s3ControlSdk();
    let isAnswerLost = false;
    try {
      await this.create('AssociateAccessGrantsIdentityCenter', async (client, options) => {
        try {
          const input = { ...this.account, IdentityCenterArn: identityCenterArn };
          return await client.send(new AssociateAccessGrantsIdentityCenterCommand(input), options);
        } catch (error) {
          isAnswerLost ||= isTransient(error);
          throw error;
        }
      });
      return undefined;
    } catch (error) {
      if (isInstanceMissingByCode(error)) {
        return 'missing';
      }
      if (error instanceof AwsFailure && (isRequestRefused(error) || isAccessDenied(error))) {
        return { failure: error, kind: isAssociationConflict(error) ? 'conflict' : 'final', isAnswerLost };
      }
      throw error;
    }
  }

  /**
   * Requests the end of the association. Returns why AWS refuses it.
   *
   * @param isOurs whether the association may be ended as the instance is before another attempt
   */
  public async dissociate(isOurs: (instance: Instance) => boolean): Promise<Failure | undefined> {
    const { DissociateAccessGrantsIdentityCenterCommand } = s3ControlSdk();
    try {
      await this.unlessMissing(
        () =>
          this.change(
            'DissociateAccessGrantsIdentityCenter',
            (client, options) => client.send(new DissociateAccessGrantsIdentityCenterCommand(this.account), options),
            isOurs,
          ),
        isInstanceMissingByCode,
      );
      return undefined;
    } catch (error) {
      if (error instanceof AwsFailure && isRequestRefused(error)) {
        return error;
      }
      throw error;
    }
  }

  /** Adds tags. False if there is no instance. */
  public async tagInstance({ arn }: Instance, tags: Record<string, string>): Promise<boolean> {
    const { TagResourceCommand } = s3ControlSdk();
    return (
      (await this.unlessMissing(async () => {
        await this.change('TagResource', (client, options) =>
          client.send(new TagResourceCommand({ ...this.account, ResourceArn: arn, Tags: renderTags(tags) }), options),
        );
        return true;
      })) ?? false
    );
  }

  /** Removes tags, if there is an instance. */
  public async untagInstance({ arn }: Instance, tagKeys: string[]): Promise<void> {
    const { UntagResourceCommand } = s3ControlSdk();
    await this.unlessMissing(() =>
      this.change('UntagResource', (client, options) =>
        client.send(new UntagResourceCommand({ ...this.account, ResourceArn: arn, TagKeys: tagKeys }), options),
      ),
    );
  }

  /** Counts the locations and grants in the instance, of any owner. */
  public async countContents(): Promise<{ readonly locations: number; readonly grants: number }> {
    const { ListAccessGrantsCommand, ListAccessGrantsLocationsCommand } = s3ControlSdk();
    return (
      (await this.unlessMissing(async () => ({
        locations: await this.count('ListAccessGrantsLocations', async (client, options, page) => {
          const { AccessGrantsLocationsList: items, NextToken: next } = await client.send(
            new ListAccessGrantsLocationsCommand(page),
            options,
          );
          return { items, next };
        }),
        grants: await this.count('ListAccessGrants', async (client, options, page) => {
          const { AccessGrantsList: items, NextToken: next } = await client.send(
            new ListAccessGrantsCommand(page),
            options,
          );
          return { items, next };
        }),
      }))) ?? { locations: 0, grants: 0 }
    );
  }

  private async count(operation: string, list: ListPage): Promise<number> {
    let count = 0;
    let nextToken: string | undefined;
    do {
      const page: Page = { ...this.account, NextToken: nextToken };
      const { items = [], next } = await this.read(operation, (client, options) => list(client, options, page));
      count += items.length;
      nextToken = next;
    } while (nextToken);
    return count;
  }

  private read<T>(operation: string, send: SendS3Control<T>): Promise<T> {
    return callAws(this.service, { ...this.options, operation }, send);
  }

  private create<T>(operation: string, send: SendS3Control<T>): Promise<T> {
    return callAws(
      this.service,
      { ...this.options, operation, beforeAttempt: (_, seen) => this.options.beforeCreate(seen) },
      send,
    );
  }

  /** @param isOurs asked before each attempt after the first; if not, there is nothing left to do */
  private change<T>(operation: string, send: SendS3Control<T>, isOurs?: (instance: Instance) => boolean): Promise<T> {
    const beforeAttempt = async (attempt: number) => {
      if (attempt > 1 && isOurs) {
        const found = await this.findInstance();
        if (!found || !isOurs(found)) {
          throw new NothingToChange();
        }
      }
      await this.options.beforeWrite();
    };
    return callAws(this.service, { ...this.options, operation, beforeAttempt }, send);
  }

  private async unlessMissing<T>(send: () => Promise<T>, isMissing = isInstanceMissing): Promise<T | undefined> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof NothingToChange || isMissing(error)) {
        return undefined;
      }
      throw error;
    }
  }
}

/** Ends the attempts of a change when what it is about is gone. Does not leave this file. */
class NothingToChange extends Error {}

interface Page {
  readonly AccountId: string;
  readonly NextToken?: string;
}

type ListPage = (
  ...args: [...Parameters<SendS3Control<void>>, Page]
) => Promise<{ readonly items?: unknown[]; readonly next?: string }>;

function renderTags(tags: Record<string, string>) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
