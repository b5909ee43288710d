import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge';
import { findAcknowledgements } from './wildcard-findings';

/** Acknowledges necessary wildcards in the policies of a construct. */
export function acknowledgeWildcards(construct: IConstruct, statements: iam.PolicyStatement[]): void {
  const resource = construct.node.defaultChild as CfnResource | undefined;
  // `Role.customizeRoles` creates roles without a resource.
  if (resource) {
    acknowledge(resource, () => findAcknowledgements(Stack.of(resource), statements));
  }
}
