import {
  CloudFormationClient, DescribeStackEventsCommand, DescribeStackResourceCommand, DescribeStacksCommand, StackEvent,
  StackResourceDetail,
} from '@aws-sdk/client-cloudformation';
import type { Stack } from 'aws-cdk-lib';

export interface DeployOptions {
  /** Leaves what failed as it is. @default true */
  readonly rollback?: boolean;
  /** Does not wait until resources are stable. @default false */
  readonly express?: boolean;
}

/** Deploys and destroys stacks. Resolves when CloudFormation has finished, whether or not it succeeded. */
export interface Deployer {
  deploy(stack: Stack, options: DeployOptions): Promise<void>;
  destroy(stackName: string): Promise<void>;
}

/** What CloudFormation shows of a stack. */
export interface StackState {
  /** `DELETE_COMPLETE` if there is no such stack. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Why the first resource failed in the last operation. */
  readonly reason?: string;
  /** The oldest first. */
  readonly events: readonly StackEvent[];
}

export async function describeStack(client: CloudFormationClient, stackName: string): Promise<StackState> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const events = await listEvents(client, stackName);
    return {
      status: stack.StackStatus!,
      reason: findReason(events),
      outputs: Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
      events,
    };
  } catch (error) {
    if (/does not exist/.test((error as Error).message)) return { status: 'DELETE_COMPLETE', outputs: {}, events: [] };
    throw error;
  }
}

export async function describeStackResource(
  client: CloudFormationClient,
  StackName: string,
  LogicalResourceId: string,
): Promise<StackResourceDetail> {
  const { StackResourceDetail: detail } = await client.send(
    new DescribeStackResourceCommand({ StackName, LogicalResourceId }),
  );
  return detail!;
}

/** A resource that was cancelled is not the cause. */
function findReason(events: readonly StackEvent[]): string | undefined {
  const start = events.map(({ ResourceStatusReason }) => ResourceStatusReason).lastIndexOf('User Initiated');
  return events.slice(Math.max(start, 0)).find(({ ResourceStatus, ResourceStatusReason = '' }) =>
    /_FAILED$/.test(ResourceStatus ?? '') && !/cancelled/i.test(ResourceStatusReason))?.ResourceStatusReason;
}

async function listEvents(client: CloudFormationClient, StackName: string): Promise<StackEvent[]> {
  const events: StackEvent[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeStackEventsCommand({ StackName, NextToken }));
    events.push(...page.StackEvents ?? []);
    NextToken = page.NextToken;
  } while (NextToken);
  return events.reverse();
}
