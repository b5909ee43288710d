import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Whether two values are known to be equal, known to differ, or known to neither before the deployment. */
export type Comparison = 'same' | 'different' | 'unknown';

export function compare(left: string, right: string): Comparison {
  switch (Token.compareStrings(left, right)) {
    case TokenComparison.SAME: return 'same';
    case TokenComparison.DIFFERENT: return 'different';
    default: return 'unknown';
  }
}

/** Compares the account and Region of two constructs. */
export function compareEnvironments(left: IConstruct, right: IConstruct): Comparison {
  const [a, b] = [outermostStack(left), outermostStack(right)];
  if (a === b) {
    return 'same';
  }
  const comparisons = [compare(a.account, b.account), compare(a.region, b.region)];
  if (comparisons.includes('different')) {
    return 'different';
  }
  return comparisons.includes('unknown') ? 'unknown' : 'same';
}

/** The stack that is deployed with the construct: nested stacks share their root's resources. */
export function outermostStack(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) {
    stack = stack.nestedStackParent;
  }
  return stack;
}
