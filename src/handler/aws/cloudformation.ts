import { AwsCall, callAws } from './call';
import { isAwsError, unwrapSdkError } from './error';
import { clientConfig, cloudFormationSdk } from './sdk';

/** A slow response is of little value: the handler continues without it. */
const TIMEOUT_MS = 5_000;

const CLOUDFORMATION = {
  name: 'CloudFormation',
  createClient: () => new (cloudFormationSdk().CloudFormationClient)({ ...clientConfig(), maxAttempts: 1 }),
};

/** A resource of a stack. */
export interface StackResource {
  readonly resourceStatus: string;
  readonly physicalId: string;
  /** Milliseconds since 1970. It moves with every change of the resource's status. */
  readonly lastUpdatedAt: number;
}

type Tools = Pick<AwsCall, 'deadline' | 'log'>;

/**
 * Describes a resource of a stack. Undefined if the stack has none.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html
 */
export async function describeStackResource(
  stackId: string,
  logicalId: string,
  tools: Tools,
): Promise<StackResource | undefined> {
  const { DescribeStackResourceCommand } = cloudFormationSdk();
  const call = { ...tools, operation: 'DescribeStackResource', timeoutMs: TIMEOUT_MS };
  try {
    const { StackResourceDetail: resource } = await callAws(CLOUDFORMATION, call, (client, options) =>
      client.send(new DescribeStackResourceCommand({ StackName: stackId, LogicalResourceId: logicalId }), options),
    );
    return {
      resourceStatus: resource?.ResourceStatus ?? '',
      physicalId: resource?.PhysicalResourceId ?? '',
      lastUpdatedAt: resource?.LastUpdatedTimestamp?.getTime() ?? 0,
    };
  } catch (error) {
    if (isDoesNotExist(error)) {
      return undefined;
    }
    throw error;
  }
}

/** What CloudFormation is doing with a stack. */
export interface StackOperation {
  /** Such as `UPDATE_IN_PROGRESS`. */
  readonly status: string;
  /** When the present operation, or the one that is being rolled back, began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** ID of the outermost stack. @default - the stack is not nested */
  readonly rootId?: string;
}

/**
 * Describes what CloudFormation is doing with a stack.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
export async function describeStackOperation(stackId: string, tools: Tools): Promise<StackOperation> {
  const { DescribeStacksCommand } = cloudFormationSdk();
  const call = { ...tools, operation: 'DescribeStacks', timeoutMs: TIMEOUT_MS };
  const { Stacks: [stack] = [] } = await callAws(CLOUDFORMATION, call, (client, options) =>
    client.send(new DescribeStacksCommand({ StackName: stackId }), options),
  );
  return {
    status: stack?.StackStatus ?? '',
    startedAt: (stack?.LastUpdatedTime ?? stack?.CreationTime)?.getTime() ?? 0,
    rootId: stack?.RootId,
  };
}

/** CloudFormation rejects a stack or a resource that does not exist with a validation error. */
function isDoesNotExist(error: unknown): boolean {
  const thrown = unwrapSdkError(error);
  return isAwsError(thrown) && thrown.name === 'ValidationError' && /does not exist/.test(thrown.message);
}
