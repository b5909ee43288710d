import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { INTEGRATION, newIntegration, newStack, getOnly, listResources } from './fixture';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, S3Location } from '../src';

function integrationWith(props: (stack: Stack) => Partial<ImmutaS3IntegrationProps>): Stack {
  const stack = newStack();
  newIntegration(stack, 'Lake', props(stack));
  return stack;
}

function simulatorPolicies(stack: Stack) {
  return Object.entries(listResources(stack)).filter(([, { Properties }]) =>
    JSON.stringify(Properties ?? {}).includes('iam:SimulatePrincipalPolicy'),
  );
}

test('gives the handler no permission to simulate policies when diagnosePermissions is not set', () => {
  const stack = integrationWith(() => ({}));
  expect(simulatorPolicies(stack)).toEqual([]);
  expect(getOnly(stack, INTEGRATION).Properties).not.toHaveProperty('DiagnosedPrincipalArn');
  expect(getOnly(stack, INTEGRATION).Properties).not.toHaveProperty('BucketAccountId');
});

test.each<[string, (stack: Stack) => Partial<ImmutaS3IntegrationProps>, unknown]>([
  ['a new role', () => ({}), { 'Fn::GetAtt': [expect.stringContaining('ImmutaRole'), 'Arn'] }],
  [
    'an existing role',
    (stack) => ({
      authentication: ImmutaAuthentication.existingRole(
        iam.Role.fromRoleArn(stack, 'Immuta', 'arn:aws:iam::111122223333:role/immuta'),
      ),
    }),
    'arn:aws:iam::111122223333:role/immuta',
  ],
  [
    'the user of an access key',
    (stack) => ({
      authentication: ImmutaAuthentication.accessKeySecret({
        user: iam.User.fromUserArn(stack, 'Immuta', 'arn:aws:iam::111122223333:user/immuta'),
        secret: Secret.fromSecretNameV2(stack, 'Key', 'immuta/key'),
      }),
    }),
    'arn:aws:iam::111122223333:user/immuta',
  ],
])('allows the handler to simulate only the policies of %s when diagnosePermissions is set', (_, props, principal) => {
  const stack = integrationWith((scope) => ({ ...props(scope), diagnosePermissions: true }));

  const [[logicalId, policy], ...others] = simulatorPolicies(stack);
  expect(others).toEqual([]);
  expect(policy.Properties.PolicyDocument.Statement).toEqual([
    { Action: 'iam:SimulatePrincipalPolicy', Effect: 'Allow', Resource: principal },
  ]);
  const { Properties, DependsOn } = getOnly(stack, INTEGRATION);
  expect(Properties).toMatchObject({ DiagnosedPrincipalArn: principal, BucketAccountId: '111122223333' });
  expect(DependsOn).toContain(logicalId);
});

test.each<[string, (stack: Stack) => Partial<ImmutaS3IntegrationProps>, (logicalId: string) => unknown]>([
  ['the ID of a new location role', () => ({}), () => ({
    'Fn::Join': ['', ['Diagnosis-', { 'Fn::GetAtt': [expect.stringContaining('LocationRole'), 'RoleId'] }]],
  })],
  ['its logical ID', (stack) => ({
    locationRole: iam.Role.fromRoleArn(stack, 'Location', 'arn:aws:iam::111122223333:role/location'),
  }), (logicalId) => logicalId],
])('names the policy for the simulation after %s', (_, props, nameOf) => {
  const [[logicalId, policy]] = simulatorPolicies(
    integrationWith((scope) => ({ ...props(scope), diagnosePermissions: true })),
  );
  expect(policy.Properties.PolicyName).toEqual(nameOf(logicalId));
});

test.each<[string, (stack: Stack) => S3Location, string | undefined]>([
  ['a bucket', (stack) => S3Location.bucket(Bucket.fromBucketName(stack, 'Sales', 'sales')), undefined],
  ['every bucket', () => S3Location.allBuckets(), undefined],
  ['named buckets', (stack) => S3Location.allBuckets({
    buckets: ['sales', 'ads'].map((name) => Bucket.fromBucketName(stack, name, name)),
  }), 'sales'],
])('names a bucket for the simulation when the location has no other: %s', (_, location, name) => {
  const { Properties } = getOnly(
    integrationWith((stack) => ({ location: location(stack), diagnosePermissions: true })), INTEGRATION,
  );
  expect(Properties.DiagnosedBucketName).toBe(name);
});

test('deletes the simulation policy when the integration is retained', () => {
  const [[, policy]] = simulatorPolicies(
    integrationWith(() => ({ diagnosePermissions: true, removalPolicy: RemovalPolicy.RETAIN })),
  );
  expect(policy.DeletionPolicy).toBe('Delete');
});
