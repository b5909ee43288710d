import { Aws, Lazy, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { findOutermostStack } from './stacks';

/** Stacks that the function of a construct describes, beside its own. */
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

/**
 * Registers the construct of a function.
 *
 * @param onAdd called when another stack defines a custom resource that the function answers
 */
export function registerDescriber(owner: IConstruct, onAdd: () => void): void {
  DESCRIBED.set(owner, { arns: new Set(), onAdd });
}

/**
 * Allows the function of a tenant to describe the stack of an integration, unless the tenant is imported.
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
