import {
  CloudFormationClient, DescribeStackEventsCommand, DescribeStacksCommand, StackEvent,
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
  /** The oldest first. */
  readonly events: readonly StackEvent[];
}

export async function describeStack(client: CloudFormationClient, stackName: string): Promise<StackState> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    return {
      status: stack.StackStatus!,
      outputs: Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
      events: await listEvents(client, stackName),
    };
  } catch (error) {
    if (/does not exist/.test((error as Error).message)) return { status: 'DELETE_COMPLETE', outputs: {}, events: [] };
    throw error;
  }
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
