import { Aws, Lazy, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { findOutermostStack } from './stacks';

/** ARNs of the stacks that the function of a construct describes, beside its own. */
const DESCRIBED = new WeakMap<IConstruct, Set<string>>();

/**
 * Renders the ARNs of the stacks with custom resources that the function of this construct answers. Other stacks are
 * added later.
 */
export function renderDescribedStacks(owner: IConstruct): string[] {
  const arns = new Set<string>();
  DESCRIBED.set(owner, arns);
  return Lazy.uncachedList({ produce: () => [Aws.STACK_ID, ...arns] });
}

/**
 * Allows the function of a tenant to describe the stack of an integration, unless the tenant is imported.
 */
export function allowDescribeStack(integration: IConstruct, tenant: IConstruct): void {
  const stack = Stack.of(integration);
  if (stack !== Stack.of(tenant)) {
    DESCRIBED.get(tenant)?.add(formatStackArn(stack));
  }
}

/** Its GUID is unknown before it exists, and the name of a nested stack begins with that of its parent. */
function formatStackArn(stack: Stack): string {
  const { stackName } = findOutermostStack(stack);
  return stack.formatArn({
    service: 'cloudformation',
    resource: 'stack',
    resourceName: stack.nestedStackParent ? `${stackName}-*/*` : `${stackName}/*`,
  });
}
