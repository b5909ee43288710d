import { App, Aspects, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag-2';
import { ENV, INTEGRATION, listResources, newIntegration, newStack } from './fixture';
import { STACKS } from './governed-stack';
import { ManagedPolicies } from '../src';
import { Annotations } from './support/annotations';
import { findDependencies } from './support/dependencies';

function withManagedPolicies(stack: Stack): Stack {
  Aspects.of(stack).add(new ManagedPolicies());
  return stack;
}

const typesOfIam = (stack: Stack) => Object.values(listResources(stack)).map(({ Type }) => Type)
  .filter((type) => type.startsWith('AWS::IAM::'));

/** The statements of all policies, without those of trust. */
function statementsOf(stack: Stack): string[] {
  return Object.values(listResources(stack))
    .flatMap(({ Properties }) => [Properties, ...Properties?.Policies ?? []])
    .flatMap((each) => each?.PolicyDocument?.Statement ?? [])
    .map((statement) => JSON.stringify(statement)).sort();
}

describe.each(STACKS)('of %s', (_, define) => {
  test('replaces each inline policy by a managed one with the same statements', () => {
    const stack = withManagedPolicies(define());

    const inline = ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::UserPolicy'];
    expect(typesOfIam(stack).filter((type) => inline.includes(type))).toEqual([]);
    const roles = Object.values(listResources(stack)).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles.filter(({ Properties }) => Properties.Policies !== undefined)).toEqual([]);
    expect(statementsOf(stack)).toEqual(statementsOf(define()));
  });

  test('has no finding of cdk-nag with managed policies', () => {
    const stack = withManagedPolicies(define());
    Aspects.of(stack).add(new AwsSolutionsChecks({ reports: false }));

    Annotations.fromStack(stack).hasNoError('*', Match.stringLikeRegexp('AwsSolutions-'));
  });
});

test('lets each custom resource depend on the policies that its Delete needs', () => {
  const [stack, plain] = [newStack(), newStack()];
  [stack, plain].forEach((each) => newIntegration(each, 'Sales', { diagnosePermissions: true }));
  withManagedPolicies(stack);
  const policiesOf = (scope: Stack) => {
    const resources = listResources(scope);
    const [id] = Object.keys(resources).filter((each) => resources[each].Type === INTEGRATION);
    return findDependencies(resources, id).filter((each) => /Policy$/.test(resources[each].Type));
  };

  // three roles have one inline policy each
  expect(policiesOf(stack)).toHaveLength(policiesOf(plain).length + 3);
});

test('gives each policy another logical ID than the inline one, which changes with its name', () => {
  const define = (policyName?: string) => {
    const stack = newStack();
    const roleName = 'role';
    new iam.CfnRolePolicy(stack, 'Policy', { policyName: policyName ?? 'first', roleName, policyDocument: {} });
    return Object.keys(listResources(withManagedPolicies(stack)))[0];
  };

  expect(define()).toMatch(/^PolicyManaged[0-9a-f]+$/);
  expect(define('second')).not.toBe(define());
  expect(define('first')).toBe(define());
});

test('keeps the managed policies that a role of the first level already has', () => {
  const stack = newStack();
  new iam.CfnRole(stack, 'Role', {
    assumeRolePolicyDocument: {},
    managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    policies: [{ policyName: 'Inline', policyDocument: { Statement: [] } }],
  });

  const { Role } = listResources(withManagedPolicies(stack));
  expect(Role.Properties).toEqual({
    AssumeRolePolicyDocument: {},
    ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', { Ref: expect.stringMatching(/^RoleInline/) }],
  });
});

test('reports a policy that is too long for a managed one', () => {
  const app = new App();
  const stack = newStack({ env: ENV }, app);
  const resources = Array.from({ length: 120 }, (_, i) => `arn:aws:s3:::a-bucket-with-a-name-of-some-length-${i}`);
  new iam.Role(stack, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      Long: new iam.PolicyDocument({
        statements: [new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources })],
      }),
    },
  });
  withManagedPolicies(stack);

  expect(() => app.synth()).toThrow('[MANAGED_POLICY_TOO_LONG]');
});
