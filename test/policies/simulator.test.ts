import { resolveTemplate, TARGETS } from './resolve-template';
import { evaluate, Principal, TemplatePolicies } from './simulator';

const [AWS] = TARGETS;
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const nothing = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] };
const principal: Principal = {
  arn: 'arn:aws:sts::111122223333:assumed-role/role/session',
  identityPolicies: [everything],
};

describe('evaluate', () => {
  test('fails to evaluate a policy when the action does not have the context key', async () => {
    await expect(
      evaluate({
        principal,
        action: 's3:GetObject',
        resource: 'arn:aws:s3:::sales/q1.csv',
        context: { 's3:AccessGrantInstanceArn': 'x' },
      }),
    ).rejects.toThrow('s3:GetObject has no context s3:AccessGrantInstanceArn');
  });

  test('fails to evaluate a policy when the action does not exist', async () => {
    await expect(
      evaluate({ principal, action: 's3:GetObjects', resource: 'arn:aws:s3:::sales/q1.csv' }),
    ).rejects.toThrow('cannot evaluate s3:GetObjects');
  });

  test('fails to evaluate a policy when the action does not apply to the resource', async () => {
    await expect(evaluate({ principal, action: 's3:GetObject', resource: 'arn:aws:s3:::sales' })).rejects.toThrow(
      'cannot evaluate s3:GetObject',
    );
  });
});

describe('policies of a principal', () => {
  const role = (properties: object) => ({
    Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: everything, ...properties } },
  });
  const policiesOf = (resources: object) =>
    new TemplatePolicies({ Resources: resources }, AWS).role('Role').identityPolicies;

  test('finds the inline policies of a role', () => {
    expect(policiesOf(role({ Policies: [{ PolicyName: 'Inline', PolicyDocument: everything }] }))).toEqual([
      everything,
    ]);
  });

  test('finds the policies that are attached to a principal and to no other', () => {
    const policy = (document: object, ...roles: string[]) => ({
      Type: 'AWS::IAM::Policy',
      Properties: { Roles: roles.map((Ref) => ({ Ref })), PolicyDocument: document },
    });
    const others = {
      Other: { Type: 'AWS::IAM::Role', Properties: {} },
      Theirs: policy(nothing, 'Other'),
      Ours: policy(everything, 'Other', 'Role'),
    };
    expect(policiesOf({ ...role({}), ...others })).toEqual([everything]);
  });

  test('finds the managed policies that a principal names', () => {
    const managed = { Managed: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: everything } } };
    expect(policiesOf({ ...role({ ManagedPolicyArns: [{ Ref: 'Managed' }] }), ...managed })).toEqual([everything]);
  });

  test('fails when a policy of a principal is not in the template', () => {
    expect(() => policiesOf(role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }))).toThrow(
      'does not define the managed policy',
    );
  });

  test('fails when the permissions boundary of a principal is not known', () => {
    expect(() => policiesOf(role({ PermissionsBoundary: 'arn:aws:iam::111122223333:policy/boundary' }))).toThrow(
      'no document is known',
    );
  });
});

test('resolves intrinsic functions as CloudFormation does', () => {
  const { resolve } = resolveTemplate({ Resources: { Sales: { Type: 'AWS::S3::Bucket' } } }, TARGETS[1], {
    Sales: 'acme-sales',
  });
  expect(resolve([
    { Ref: 'Sales' },
    { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Sales', 'Arn'] }, '/*']] },
    { 'Fn::Sub': 'arn:${AWS::Partition}:s3:${AWS::Region}:${AWS::AccountId}:access-grants/default' },
    { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] },
  ])).toEqual([
    'acme-sales',
    'arn:aws-us-gov:s3:::acme-sales/*',
    'arn:aws-us-gov:s3:us-gov-west-1:111122223333:access-grants/default',
    '5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f',
  ]);
  expect(() => resolve({ 'Fn::Base64': 'x' })).toThrow('Fn::Base64 is not known');
  expect(() => resolve({ Ref: 'Missing' })).toThrow("the template has no resource 'Missing'");
});
