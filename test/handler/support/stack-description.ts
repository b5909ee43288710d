import { FunctionSandbox } from './function-sandbox';
import { AwsError, elements, queryXml } from '../../sandbox/aws';

const ROOT = 'arn:aws:cloudformation:us-east-1:111122223333:stack/Root/5f2d9a10-0000-4000-8000-000000000001';

export interface ShownState {
  /** Of the resource. @default DELETE_IN_PROGRESS */
  readonly resourceStatus?: string;
  /** When the resource changed, since now. @default 0 */
  readonly changedAfterMs?: number;
  /** When the operation of the stack began, since now. @default - when the resource changed */
  readonly startedAfterMs?: number;
  /** Status of the root, if the stack is nested. CloudFormation denies questions about it if it is empty. */
  readonly rootStatus?: string;
  /** How many questions are answered before some are denied. @default 0 */
  readonly answers?: number;
  /** How many questions are denied. @default 0 */
  readonly denials?: number;
}

/**
 * Lets CloudFormation show a stack in this status, and its resource with this physical ID. Without it, CloudFormation
 * denies every question.
 */
export function describeStack(
  { aws, clock }: FunctionSandbox,
  status: string,
  physicalId: string,
  options: ShownState = {},
): void {
  const {
    resourceStatus = 'DELETE_IN_PROGRESS', changedAfterMs = 0, startedAfterMs = changedAfterMs, rootStatus,
  } = options;
  const now = clock.now();
  const at = (afterMs: number) => new Date(now + afterMs).toISOString();
  let { answers: answered = 0, denials = 0 } = options;
  aws.route('cloudformation', async ({ operation, input }) => {
    const isOfRoot = JSON.stringify(input).includes(ROOT);
    if ((answered-- <= 0 && denials-- > 0) || (isOfRoot && !rootStatus)) throw new AwsError(403, 'AccessDenied', 'no');
    const detail = {
      LogicalResourceId: 'SalesLake',
      PhysicalResourceId: physicalId,
      ResourceStatus: resourceStatus,
      LastUpdatedTimestamp: at(changedAfterMs),
    };
    const stack = {
      StackName: 'Lake',
      StackStatus: isOfRoot ? rootStatus : status,
      CreationTime: at(startedAfterMs),
      ...(rootStatus !== undefined && !isOfRoot ? { RootId: ROOT } : {}),
    };
    const answers: Record<string, object> = {
      DescribeStackResource: { StackResourceDetail: detail },
      DescribeStacks: { Stacks: { member: [stack] } },
    };
    return queryXml(operation, elements(answers[operation]));
  });
}
