import { Stack, Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { IUser, User } from 'aws-cdk-lib/aws-iam';
import { lake, LakeOptions, leftovers, NOTHING, STACK_NAME } from './fixture';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, ManagedAccessKeyOptions } from '../../src';
import { Secret } from '../sandbox/aws';
import { DeployOptions, StackResult } from '../sandbox/cloudformation';
import { Sandbox } from '../sandbox/sandbox';

export interface KeyLakeOptions {
  /** A user that exists. @default - the integration's own */
  readonly userName?: string;
  /** A user of the stack. */
  readonly user?: (stack: Stack) => IUser;
  /** @default - every 90 days */
  readonly rotation?: Schedule | 'none';
  readonly props?: Partial<ImmutaS3IntegrationProps> | ((stack: Stack) => Partial<ImmutaS3IntegrationProps>);
  readonly and?: LakeOptions['and'];
  readonly tenant?: LakeOptions['tenant'];
}

/** The stack of an integration with a managed access key. */
export function keyLake(
  sandbox: Sandbox,
  { userName, user, rotation, props = {}, and, tenant }: KeyLakeOptions = {},
): Stack {
  const options = (stack: Stack): ManagedAccessKeyOptions => ({
    user:
      user?.(stack) ?? (userName === undefined ? undefined : User.fromUserName(stack, `User-${userName}`, userName)),
    rotation: rotation === 'none' ? undefined : (rotation ?? Schedule.rate(Duration.days(90))),
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

export function deployKeys(
  sandbox: Sandbox,
  options?: KeyLakeOptions,
  deployOptions?: DeployOptions,
): Promise<StackResult> {
  return sandbox.deploy(keyLake(sandbox, options), deployOptions);
}

/** What Immuta has. */
export const recordOf = ({ immuta }: Sandbox, id = '101') => immuta.integrations.get(id)!;

/** The key that Immuta holds. */
export const heldKey = (sandbox: Sandbox, id?: string) => recordOf(sandbox, id)?.config.awsAccessKeyId;

/** All access keys, the oldest first. */
export const keysIn = ({ aws }: Sandbox): string[] => aws.iam.accessKeyIds;

/** The secret of the managed access key. */
export function secretOf({ aws }: Sandbox): Secret {
  return aws.secrets.all.find(({ name }) => /^Lake-SalesLake.*AccessKe/.test(name))!;
}

/** The secret without what differs from run to run: the key of each labelled version by the labels, and the tags. */
export function secretState(sandbox: Sandbox): Record<string, string> {
  const { versions, tags } = secretOf(sandbox);
  const entries = [...versions.values()].filter(({ labels }) => labels.size > 0).map(({ labels, value }) => {
    const { accessKeyId = 'no key' } = value === undefined ? { accessKeyId: 'no value' } : JSON.parse(String(value));
    return [[...labels].map((label) => label.replace(/AKIA.*/, 'id')).sort().join(' '), accessKeyId] as const;
  });
  return Object.fromEntries([
    ...entries,
    ...[...tags].map(([key, value]) => [key.replace('cdk-immuta-s3-integration:', ''), value] as const),
  ]);
}

/** The secret of an integration that is in order: it names the one key that Immuta holds and IAM has. */
export function expectInOrder(sandbox: Sandbox, id = '101'): void {
  const { iam } = sandbox.aws;
  const held = heldKey(sandbox, id)!;
  expect(recordOf(sandbox, id)).toMatchObject({ status: 'enabled', config: { authenticationType: 'accessKey' } });
  const { AWSPREVIOUS: _, ...state } = secretState(sandbox);
  expect(state).toEqual({ 'AWSCURRENT access-key-id': held, 'integration-id': id, 'tenant': expect.any(String) });
  const value = JSON.parse(String(secretOf(sandbox).value));
  expect(value).toEqual({
    accessKeyId: held,
    secretAccessKey: iam.everySecretKey.get(held),
    userName: expect.any(String),
  });
  expect(iam.accessKeys(value.userName).map(({ accessKeyId }) => accessKeyId)).toEqual([held]);
}

/**
 * Checks after each request to AWS and Immuta that Immuta can work: the key that an integration holds is active, unless
 * the integration is being created or deleted; and no user has more than two keys. What was found is thrown by the
 * function returned.
 */
export function watchKeys({ aws, immuta }: Sandbox): () => void {
  const found: string[] = [];
  const look = (when: string) => {
    for (const { id, status, config } of immuta.integrations.values()) {
      const isThere = !['creating', 'createError', 'deleting', 'deleted', 'deleteError'].includes(status);
      if (
        isThere &&
        config.authenticationType === 'accessKey' &&
        !aws.iam.accessKeyIds.includes(config.awsAccessKeyId!)
      ) {
        found.push(`after ${when}, integration ${id} (${status}) holds ${config.awsAccessKeyId}, which is gone`);
      }
    }
  };
  for (const service of ['iam', 'secretsmanager']) {
    aws.route(service, async (request, next) => {
      try {
        return await next(request);
      } finally {
        look(request.operation);
      }
    });
  }
  return () => {
    look('the end');
    if (found.length > 0) throw new Error(found.join('\n'));
  };
}

/** Deletes the stack, after which nothing is left in AWS or Immuta. */
export async function expectNothingLeft(sandbox: Sandbox, before: object = NOTHING): Promise<void> {
  expect(await sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect({ ...leftovers(sandbox), keys: keysIn(sandbox), secret: secretOf(sandbox) }).toEqual({
    ...before,
    keys: [],
    secret: undefined,
  });
}
