import { Aws, Lazy, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { findOutermostStack } from './stacks';

/** Stacks about which the function of a construct asks CloudFormation, beside its own. */
interface DescribedStacks {
  readonly arns: Set<string>;
  /** Called when there is another one. */
  readonly onAdd: () => void;
}

const DESCRIBED = new WeakMap<IConstruct, DescribedStacks>();

/** Renders the ARNs of the stacks with custom resources that the function of this construct answers. */
export function renderDescribedStacks(owner: IConstruct): string[] {
  // It is also resolved before the integrations are defined.
  return Lazy.uncachedList({ produce: () => [Aws.STACK_ID, ...DESCRIBED.get(owner)?.arns ?? []] });
}

/** @param onAdd called when another stack defines such a custom resource */
export function addToDescribedStack(owner: IConstruct, onAdd: () => void): void {
  DESCRIBED.set(owner, { arns: new Set(), onAdd });
}

/**
 * Lets the function of a tenant ask about the stack of an integration. The function of an imported tenant is not ours.
 */
export function allowDescribeStack(integration: IConstruct, tenant: IConstruct): void {
  const described = DESCRIBED.get(tenant);
  const stack = Stack.of(integration);
  if (described && stack !== Stack.of(tenant)) {
    described.arns.add(formatStackArn(stack));
    described.onAdd();
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
