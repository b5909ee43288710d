import { Aws, Lazy, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { findOutermostStack } from './stacks';

/** ARNs of the stacks that the function of a construct describes, besides its own. */
const DESCRIBED = new WeakMap<IConstruct, Set<string>>();

/**
 * Renders the ARNs of the stacks with custom resources that the function of this construct answers. Other stacks are
 * added later.
 */
export function renderDescribedStacks(owner: IConstruct): string[] {
  const arns = new Set(listRootArns(owner));
  DESCRIBED.set(owner, arns);
  return Lazy.uncachedList({ produce: () => [Aws.STACK_ID, ...[...arns].sort()] });
}

/**
 * Allows the function of a tenant to describe the stack of an integration, unless the tenant is imported.
 */
export function allowDescribeStack(integration: IConstruct, tenant: IConstruct): void {
  const stack = Stack.of(integration);
  const own = Stack.of(tenant);
  if (stack !== own) {
    const arns = [formatStackArn(stack), ...(findOutermostStack(stack) === own ? [] : listRootArns(integration))];
    arns.forEach((arn) => DESCRIBED.get(tenant)?.add(arn));
  }
}

/** Only the root of a nested stack shows whether CloudFormation rolls it back or deletes it. */
function listRootArns(construct: IConstruct): string[] {
  const stack = Stack.of(construct);
  return stack.nestedStackParent ? [formatArn(stack, `${findOutermostStack(stack).stackName}/*`)] : [];
}

/** The name of a nested stack begins with that of its parent. */
function formatStackArn(stack: Stack): string {
  const { stackName } = findOutermostStack(stack);
  return formatArn(stack, stack.nestedStackParent ? `${stackName}-*/*` : `${stackName}/*`);
}

/** The GUID at the end is unknown before a stack exists. */
function formatArn(stack: Stack, resourceName: string): string {
  return stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName });
}
