import { createHash } from 'node:crypto';
import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';

/** Whether two values are known to be equal, known to differ, or known to neither before the deployment. */
export type Comparison = 'same' | 'different' | 'unknown';

/**
 * What `StringParameter.valueFromLookup` and `Role.fromLookup` return until the CLI has looked up the value. The CLI
 * needs the result of this synthesis for that, and repeats the synthesis with the value.
 */
const DUMMIES = ['dummy-value-for-', ':123456789012:role/DUMMY_ARN'];

/** Whether the text contains a value that the CLI has still to look up. */
export function containsDummy(text: string): boolean {
  return DUMMIES.some((dummy) => text.includes(dummy));
}

/** Compares two values, either of which may be a token. */
export function compareTokens(left: string, right: string): Comparison {
  switch (Token.compareStrings(left, right)) {
    case TokenComparison.SAME: return 'same';
    case TokenComparison.DIFFERENT: return 'different';
    default: return 'unknown';
  }
}

/**
 * Returns a text that distinguishes a resource from others at synth.
 *
 * @param name name or ARN of the resource, which may be a reference to it
 * @param details further values that distinguish it
 */
export function identifyResource(resource: IConstruct, name: string, ...details: string[]): string {
  const owner = Stack.of(resource);
  // A reference has a meaning in its own stack only.
  const path = Token.isUnresolved(name) ? owner.node.path : '';
  const values = [name, path, ...details];
  const identity = JSON.stringify(values);
  return Token.isUnresolved(identity) ? JSON.stringify(owner.resolve(values)) : identity;
}

/** Returns eight hex digits for a construct id, so that another identity gives other logical ids. */
export function digestIdentity(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 8);
}

/**
 * Replaces the intrinsic functions in a resolved value by text, such as `${AWS::Region}` or `${Bucket.Arn}`.
 *
 * @param describeReference returns the text for a reference
 */
export function renderIntrinsics(
  node: unknown,
  describeReference: (name: string) => string = (name) => `\${${name}}`,
): unknown {
  if (Array.isArray(node)) {
    return node.map((element) => renderIntrinsics(element, describeReference));
  }
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  const entries = Object.entries(node);
  const [name, value] = entries[0] ?? [];
  if (name === undefined || !(name === 'Ref' || name.startsWith('Fn::'))) {
    return Object.fromEntries(entries.map(([key, child]) => [key, renderIntrinsics(child, describeReference)]));
  }
  switch (name) {
    case 'Fn::Join':
      if (!Array.isArray(value[1])) {
        return describeReference(name); // the parts are known only after deployment
      }
      return value[1].map((part: unknown) => renderIntrinsics(part, describeReference)).join(value[0]);
    case 'Ref':
      return describeReference(value);
    case 'Fn::GetAtt':
      return describeReference(value.join('.'));
    default:
      return describeReference(name);
  }
}

/** Renders a statement as JSON for users, with readable references. */
export function renderStatement(scope: IConstruct, statement: iam.PolicyStatement): string {
  return JSON.stringify(renderIntrinsics(Stack.of(scope).resolve(statement.toStatementJson())));
}
