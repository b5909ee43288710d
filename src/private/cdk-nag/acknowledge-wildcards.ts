import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { ACKNOWLEDGED_RULES } from './acknowledge-rule';
import { findAcknowledgements } from './wildcard-findings';

/**
 * Acknowledges necessary wildcards for cdk-nag 2 and 3. Neither is a dependency of this package.
 */
export function acknowledgeWildcards(construct: IConstruct, statements: iam.PolicyStatement[]): void {
  const resource = construct.node.defaultChild as CfnResource | undefined;
  // `Role.customizeRoles` creates roles without a resource.
  if (!resource) {
    return;
  }
  const acknowledge = () => findAcknowledgements(Stack.of(resource), statements);
  if (acknowledge().length === 0) {
    return;
  }
  // Both are computed when they are read: cdk-nag 2 reads in an Aspect, and logical IDs can change until then. cdk-nag
  // 3 reads after synthesis, when references to other stacks have become imports.
  resource.addMetadata('cdk_nag', {
    get rules_to_suppress() {
      return acknowledge().map(({ id, reason, appliesTo }) => ({ id, reason, applies_to: [renderPattern(appliesTo)] }));
    },
  });
  resource.node.addMetadata(ACKNOWLEDGED_RULES, createLazyRecord(() => Object.fromEntries(
    acknowledge().map(({ id, reason, appliesTo }) => [`${id}[${appliesTo}]`, reason]),
  )));
}

/**
 * Renders a finding for the template. A logical ID becomes a pattern: `cdk refactor` takes a resource for another one
 * if its metadata changes with the logical ID of a third.
 */
function renderPattern(finding: string): string | { readonly regex: string } {
  const parts = finding.split(/<\w+(?:\.\w+)?>/);
  return parts.length === 1 ? finding : { regex: `/^${parts.map(escapePattern).join('<[^>]+>')}$/` };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** Creates a record whose entries are computed each time that its keys are listed. */
function createLazyRecord(compute: () => Record<string, string>): Record<string, string> {
  let current: Record<string, string> | undefined;
  const read = () => (current ??= compute());
  return new Proxy({}, {
    get: (_, key) => Reflect.get(read(), key),
    has: (_, key) => Reflect.has(read(), key),
    ownKeys: () => Reflect.ownKeys((current = compute())),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(read(), key),
  });
}
