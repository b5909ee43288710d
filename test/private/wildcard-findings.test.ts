import { App, Aws, Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { rules as rules3 } from 'cdk-nag';
import { rules as rules2 } from 'cdk-nag-2';
import { findAcknowledgements } from '../../src/private/cdk-nag/wildcard-findings';
import { buildImmutaStatements } from '../../src/private/policies/immuta-principal';
import { buildLocationRoleStatements } from '../../src/private/policies/location-role';

const IAM5 = { 'cdk-nag 2': rules2.iam.IAMNoWildcardPermissions, 'cdk-nag 3': rules3.iam.IAMNoWildcardPermissions };

/** Returns every statement with a wildcard, and one with a reference to a bucket. */
function statements(stack: Stack): iam.PolicyStatement[] {
  const options = {
    partition: stack.partition,
    region: stack.region,
    accessGrantsInstanceArn: stack.formatArn({ service: 's3', resource: 'access-grants', resourceName: 'default' }),
    bucketAccount: stack.account,
  };
  const bucket = new s3.CfnBucket(stack, 'Sales');
  const identityCenter = {
    instanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef',
    identityStoreId: 'd-1234567890',
    identityStoreAccount: '444455556666',
    applicationArn: `arn:${Aws.PARTITION}:sso::*:application/ssoins-1234567890abcdef/*`,
  };
  const all = { allBuckets: true, bucketArns: [], bucketNames: [] };
  const prefix = { allBuckets: false, bucketArns: [bucket.attrArn], bucketNames: [bucket.ref], prefix: 'curated/' };
  return [
    ...buildLocationRoleStatements({ ...options, data: all, write: true, keyArns: [] }),
    ...buildLocationRoleStatements({ ...options, data: prefix, write: false, keyArns: [] }),
    ...buildImmutaStatements({
      ...options,
      data: all,
      locationRoleArn: 'arn:aws:iam::111122223333:role/l',
      restrictPassRole: false,
      identityCenter,
    }),
    new iam.PolicyStatement({
      actions: ['s3:GetObject'],
      resources: [
        `${Fn.importValue('OtherLakeArn')}/*`,
        Fn.sub('arn:${AWS::Partition}:s3:::third-lake/*'),
        `arn:aws:s3:::${Fn.findInMap('Lakes', 'fourth', 'name')}/*`,
      ],
    }),
  ];
}

test('gives each wildcard a reason under the name of its finding', () => {
  const stack = new Stack(new App(), 'lake');
  const acknowledged = findAcknowledgements(stack, statements(stack));
  expect(Object.fromEntries(acknowledged.map(({ appliesTo, reason }) => [appliesTo, reason]))).toEqual({
    'Resource::arn:<AWS::Partition>:s3:::*/*': expect.stringContaining('object keys of the location are not known'),
    'Resource::arn:<AWS::Partition>:s3:::*': expect.stringContaining('covers every bucket of the account'),
    'Resource::OtherLakeArn/*': expect.stringContaining('object keys of the location are not known'),
    'Resource::arn:<AWS::Partition>:s3:::third-lake/*': expect.stringContaining('object keys of the location'),
    'Resource::arn:aws:s3:::{"Fn::FindInMap":["Lakes","fourth","name"]}/*':
      expect.stringContaining('object keys of the location'),
    'Resource::<Sales.Arn>/curated/*': expect.stringContaining('object keys of the location are not known'),
    'Resource::arn:<AWS::Partition>:s3:<AWS::Region>:<AWS::AccountId>:access-grants/default/*':
      expect.stringContaining('AWS generates the IDs'),
    'Resource::*':
      's3:ListAllMyBuckets has no resource type; Immuta lists the buckets of the location s3://; ' +
      's3:ListAccessGrantsInstances has no resource type; sso-directory:DescribeUsers has no resource type',
    'Resource::arn:<AWS::Partition>:sso::*:application/ssoins-1234567890abcdef/*': expect.stringContaining(
      'the ARN is not known at synth',
    ),
    'Resource::arn:<AWS::Partition>:identitystore:::group/*': expect.stringContaining('not known at synth'),
    'Resource::arn:<AWS::Partition>:identitystore:::user/*': expect.stringContaining('not known at synth'),
  });
  expect(new Set(acknowledged.map(({ id }) => id))).toEqual(new Set(['AwsSolutions-IAM5']));
});

test.each(Object.entries(IAM5))('acknowledges exactly the findings of %s', (_, rule) => {
  const stack = new Stack(new App(), 'lake');
  const all = statements(stack);
  const role = new iam.Role(stack, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { All: new iam.PolicyDocument({ statements: all }) },
  });
  const findings = rule(role.node.defaultChild as iam.CfnRole);
  expect([...(findings as string[])].sort()).toEqual(
    findAcknowledgements(stack, all)
      .map(({ appliesTo }) => appliesTo)
      .sort(),
  );
});
