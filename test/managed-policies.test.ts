import { App, Aspects, Aws, CfnCondition, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag-2';
import { ENV, getOnly, INTEGRATION, listResources, newIntegration, newStack } from './fixture';
import { STACKS } from './governed-stack';
import { ManagedPolicies } from '../src';
import { Annotations } from './support/annotations';
import { findDependencies } from './support/dependencies';

const READ = new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] });
const INLINE = { policyName: 'Inline', policyDocument: { Statement: [READ.toStatementJson()] } };

/** Adds an inline policy as users do who change the resource of a construct. */
function addInline(principal: iam.User | iam.Group | iam.Role): void {
  (principal.node.defaultChild as iam.CfnUser | iam.CfnGroup | iam.CfnRole).policies = [INLINE];
}

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

test('retains the policies of a role that is retained, and no others', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { Inline: new iam.PolicyDocument({ statements: [READ] }) },
  });
  role.applyRemovalPolicy(RemovalPolicy.RETAIN);
  const { locationRole } = newIntegration(stack, 'Sales', { removalPolicy: RemovalPolicy.RETAIN });
  locationRole.addToPrincipalPolicy(READ);
  withManagedPolicies(stack);

  const policies = Object.entries(listResources(stack)).filter(([, { Type }]) => Type === 'AWS::IAM::ManagedPolicy');
  const listIds = (deletion?: string, replacement?: string) => policies
    .filter(([, each]) => each.DeletionPolicy === deletion && each.UpdateReplacePolicy === replacement)
    .map(([id]) => id);
  expect(listIds('Retain', 'Retain')).toEqual([expect.stringMatching(/^RoleInline/)]);
  expect(listIds('RetainExceptOnCreate', 'Retain')).toEqual([
    expect.stringMatching(/^Sales.*LocationRoleGovernedData/),
    expect.stringMatching(/^Sales.*LocationRoleDefaultPolicy/),
    expect.stringMatching(/^Sales.*ImmutaRoleS3AccessGrants/),
  ]);
  expect(listIds().join()).toMatch(/^SalesTenant\w+,SalesTenant\w+$/);
});

test('accepts a policy without statements, which the template omits', () => {
  const stack = newStack();
  new iam.Policy(stack, 'Empty', { users: [new iam.User(stack, 'User')] });

  expect(typesOfIam(withManagedPolicies(stack))).toEqual(['AWS::IAM::User']);
});

test('replaces a policy whose name is known at deployment, as in templates that an app includes', () => {
  const stack = newStack();
  const policyName = `${Aws.STACK_NAME}-inline`;
  new iam.CfnRole(stack, 'Role', { assumeRolePolicyDocument: {}, policies: [{ ...INLINE, policyName }] });

  expect(typesOfIam(withManagedPolicies(stack)).sort()).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::Role']);
});

test('leaves policies alone that depend on a condition', () => {
  const stack = newStack();
  const condition = new CfnCondition(stack, 'Condition', { expression: Fn.conditionEquals(Aws.REGION, 'us-east-1') });
  const policy = Fn.conditionIf(condition.logicalId, { PolicyName: 'Inline', PolicyDocument: {} }, Aws.NO_VALUE);
  new iam.CfnRole(stack, 'Role', { assumeRolePolicyDocument: {}, policies: [policy] });

  expect(typesOfIam(withManagedPolicies(stack))).toEqual(['AWS::IAM::Role']);
});

test('creates the policies of a role under the condition of the role', () => {
  const stack = newStack();
  const condition = new CfnCondition(stack, 'Condition', { expression: Fn.conditionEquals(Aws.REGION, 'us-east-1') });
  const role = new iam.CfnRole(stack, 'Role', { assumeRolePolicyDocument: {}, policies: [INLINE] });
  role.cfnOptions.condition = condition;

  expect(getOnly(withManagedPolicies(stack), 'AWS::IAM::ManagedPolicy')).toMatchObject({ Condition: 'Condition' });
});

test.each([
  ['User', (scope: Stack) => new iam.CfnUser(scope, 'Principal', { policies: [INLINE] })],
  ['User', (scope: Stack) => addInline(new iam.User(scope, 'Principal'))],
  ['Group', (scope: Stack) => new iam.CfnGroup(scope, 'Principal', { policies: [INLINE] })],
  ['Group', (scope: Stack) => addInline(new iam.Group(scope, 'Principal'))],
  ['Role', (scope: Stack) => addInline(new iam.Role(scope, 'Principal', { assumedBy: new iam.AnyPrincipal() }))],
])('replaces the inline policies of a %s', (type, define) => {
  const stack = newStack();
  define(stack);

  expect(typesOfIam(withManagedPolicies(stack)).filter((each) => each !== 'AWS::IAM::ManagedPolicy'))
    .toEqual([`AWS::IAM::${type}`]);
  expect(getOnly(stack, `AWS::IAM::${type}`).Properties).toMatchObject({
    ManagedPolicyArns: [{ Ref: getOnly(stack, 'AWS::IAM::ManagedPolicy').logicalId }],
  });
  expect(JSON.stringify(listResources(stack))).not.toContain('"Policies"');
});

describe('a list of managed policies that is known at deployment, as in templates that an app includes', () => {
  const define: Record<string, (scope: Stack, managedPolicyArns: string[]) => void> = {
    Roles: (scope, managedPolicyArns) => {
      new iam.CfnRole(scope, 'Principal', { assumeRolePolicyDocument: {}, managedPolicyArns, policies: [INLINE] });
    },
    Users: (scope, managedPolicyArns) => {
      new iam.CfnUser(scope, 'Principal', { managedPolicyArns, policies: [INLINE] });
    },
    Groups: (scope, managedPolicyArns) => {
      new iam.CfnGroup(scope, 'Principal', { managedPolicyArns, policies: [INLINE] });
    },
  };
  const SPLIT = { 'Fn::Split': [',', { 'Fn::ImportValue': 'Arns' }] };
  const IF = { 'Fn::If': ['Condition', ['arn:aws:iam::aws:policy/ReadOnlyAccess'], { Ref: 'AWS::NoValue' }] };

  test.each(Object.keys(define).flatMap((prop) => [
    [prop, SPLIT, Fn.split(',', Fn.importValue('Arns'))],
    // CfnInclude passes it like this, in spite of the type
    [prop, IF, Fn.conditionIf('Condition', IF['Fn::If'][1], Aws.NO_VALUE) as unknown as string[]],
  ] as const))('is kept, and the new policy names its %s: %j', (prop, expected, arns) => {
    const stack = newStack();
    new CfnCondition(stack, 'Condition', { expression: Fn.conditionEquals(Aws.REGION, 'us-east-1') });
    define[prop](stack, arns);
    withManagedPolicies(stack);

    expect(listResources(stack).Principal.Properties).toMatchObject({ ManagedPolicyArns: expected });
    expect(getOnly(stack, 'AWS::IAM::ManagedPolicy').Properties).toEqual({
      PolicyDocument: INLINE.policyDocument, [prop]: [{ Ref: 'Principal' }],
    });
  });
});

test.each([
  ['Users', (scope: Stack) => new iam.CfnUserPolicy(scope, 'Policy', { ...INLINE, userName: 'principal' })],
  ['Groups', (scope: Stack) => new iam.CfnGroupPolicy(scope, 'Policy', { ...INLINE, groupName: 'principal' })],
  ['Roles', (scope: Stack) => new iam.CfnRolePolicy(scope, 'Policy', { ...INLINE, roleName: 'principal' })],
])('attaches a policy of the first level to the same %s', (prop, define) => {
  const stack = newStack();
  define(stack);

  expect(getOnly(withManagedPolicies(stack), 'AWS::IAM::ManagedPolicy').Properties).toEqual({
    PolicyDocument: INLINE.policyDocument, [prop]: ['principal'],
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
