import * as cdk from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { listResources, newIntegration, newStack } from './fixture';

/** The lowest supported aws-cdk-lib has no such Aspect. */
const { MissingRemovalPolicies } = cdk as any;

test.each([
  [cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.DESTROY, 'RetainExceptOnCreate'],
  [cdk.RemovalPolicy.DESTROY, cdk.RemovalPolicy.RETAIN, 'Delete'],
])('with %s, keeps its own policy for later grants when an Aspect sets %s where it is missing', (
  removalPolicy, missing, expected,
) => {
  const stack = newStack();
  MissingRemovalPolicies.of(stack.node.root).apply(missing);
  const { locationRole } = newIntegration(stack, 'Sales', { removalPolicy });
  locationRole.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }));

  const policies = Object.entries(listResources(stack)).filter(([id]) => /LocationRole.*DefaultPolicy/.test(id));
  expect(policies.map(([, { DeletionPolicy }]) => DeletionPolicy)).toEqual([expected]);
});
