import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { Comparison, compareTokens } from './tokens';

/**
 * Returns the stack that is deployed with the construct. Nested stacks share the account-wide resources of their
 * outermost parent.
 */
export function findOutermostStack(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) {
    stack = stack.nestedStackParent;
  }
  return stack;
}

/** Returns the path of a construct below its stage, which is the same in each stage of the same kind. */
export function getPathInStage(construct: IConstruct): string {
  const { scopes } = construct.node;
  const stage = Stage.of(construct);
  return scopes.slice(scopes.findIndex((scope) => scope === stage) + 1).map(({ node }) => node.id).join('/');
}

/** Returns the account of a role or user. */
export function getAccount(principal: iam.IRole | iam.IUser): string {
  return principal.principalAccount ?? principal.env.account;
}

/** Compares the account and Region of two constructs. */
export function compareEnvironments(left: IConstruct, right: IConstruct): Comparison {
  const [a, b] = [findOutermostStack(left), findOutermostStack(right)];
  if (a === b) {
    return 'same';
  }
  const comparisons = [compareTokens(a.account, b.account), compareTokens(a.region, b.region)];
  if (comparisons.includes('different')) {
    return 'different';
  }
  return comparisons.includes('unknown') ? 'unknown' : 'same';
}

/**
 * Returns the ARN of the S3 Access Grants instance in the stack's account and Region, whether or not the instance
 * exists.
 */
export function formatInstanceArn(stack: Stack): string {
  return stack.formatArn({ service: 's3', resource: 'access-grants', resourceName: 'default' });
}

/** A resource in newer versions of the CDK. */
interface ReferableResource {
  applyCrossStackReferenceStrength?(strength: 'strong'): void;
}

/**
 * Lets CloudFormation keep the resource as long as another stack refers to it, as all references of older versions of
 * the CDK do. With weak references, it would delete what the custom resources of the other stack need.
 */
export function keepWhileReferenced(resource: CfnResource): void {
  (resource as ReferableResource).applyCrossStackReferenceStrength?.('strong');
}
