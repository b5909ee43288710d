import { Stack, Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { User } from 'aws-cdk-lib/aws-iam';
import { lake, LakeOptions, leftovers, NOTHING, STACK_NAME } from './fixture';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, ManagedAccessKeyOptions } from '../../src';
import { StackResult } from '../sandbox/cloudformation';
import { Sandbox } from '../sandbox/sandbox';

export interface KeyLakeOptions {
  /** A user that exists. @default - the integration's own */
  readonly userName?: string;
  /** @default - every 90 days */
  readonly rotation?: Schedule | 'none';
  readonly props?: Partial<ImmutaS3IntegrationProps> | ((stack: Stack) => Partial<ImmutaS3IntegrationProps>);
  readonly and?: LakeOptions['and'];
  readonly tenant?: LakeOptions['tenant'];
}

/** The stack of an integration with a managed access key. */
export function keyLake(sandbox: Sandbox, { userName, rotation, props = {}, and, tenant }: KeyLakeOptions = {}): Stack {
  const options = (stack: Stack): ManagedAccessKeyOptions => ({
    user: userName === undefined ? undefined : User.fromUserName(stack, `User-${userName}`, userName),
    rotation: rotation === 'none' ? undefined : rotation ?? Schedule.rate(Duration.days(90)),
  });
  return lake(sandbox, {
    props: (stack) => ({
      authentication: ImmutaAuthentication.managedAccessKey(options(stack)),
      ...(typeof props === 'function' ? props(stack) : props),
    }),
    and,
    tenant,
  });
}

export const deployKeys = (sandbox: Sandbox, options?: KeyLakeOptions): Promise<StackResult> => sandbox.deploy(keyLake(sandbox, options));

/** What Immuta has. */
export const recordOf = ({ immuta }: Sandbox, id = '101') => immuta.integrations.get(id)!;

/** The key that Immuta holds. */
export const heldKey = (sandbox: Sandbox, id?: string) => recordOf(sandbox, id)?.config.awsAccessKeyId;

/** Our tags of a user, without what differs from run to run: `held` for each key, and `minting`. */
export function keyStates({ aws }: Sandbox, userName: string): string[] {
  return [...aws.iam.userTags(userName)].map(([name, value]) => name.endsWith(':minting') ? 'minting' : value.split(' ')[1]);
}

/** All access keys, the oldest first. */
export const keysIn = ({ aws }: Sandbox): string[] => aws.iam.accessKeyIds;

/**
 * Looks after each change of a key whether Immuta can still work: the key that an integration holds is active, unless the integration is being
 * created or deleted; and no user has more than two. What was found is thrown by the function returned.
 */
export function watchKeys({ aws, immuta }: Sandbox): () => void {
  const found: string[] = [];
  const look = (when: string) => {
    for (const { id, status, config } of immuta.integrations.values()) {
      const isThere = !['creating', 'createError', 'deleting', 'deleted', 'deleteError'].includes(status);
      if (isThere && config.authenticationType === 'accessKey' && !aws.iam.accessKeyIds.includes(config.awsAccessKeyId!)) {
        found.push(`after ${when}, integration ${id} (${status}) holds ${config.awsAccessKeyId}, which is gone`);
      }
    }
  };
  aws.route('iam', async (request, next) => {
    try {
      return await next(request);
    } finally {
      look(request.operation);
    }
  });
  return () => {
    look('the end');
    if (found.length > 0) throw new Error(found.join('\n'));
  };
}

/** Deletes the stack, after which nothing is left in AWS or Immuta. */
export async function expectNothingLeft(sandbox: Sandbox, before: object = NOTHING): Promise<void> {
  expect(await sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect({ ...leftovers(sandbox), keys: keysIn(sandbox) }).toEqual({ ...before, keys: [] });
}

