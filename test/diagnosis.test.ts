import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { INTEGRATION, newIntegration, newStack, onlyOf, resourcesOf } from './fixture';
import { ImmutaAuthentication, ImmutaS3IntegrationProps } from '../src';

function integrationWith(props: (stack: Stack) => Partial<ImmutaS3IntegrationProps>): Stack {
  const stack = newStack();
  newIntegration(stack, 'Lake', props(stack));
  return stack;
}

function simulatorPolicies(stack: Stack) {
  return Object.entries(resourcesOf(stack)).filter(([, { Properties }]) => JSON.stringify(Properties ?? {}).includes('iam:SimulatePrincipalPolicy'));
}

test('without diagnosePermissions the handler may not ask, and has nothing to ask about', () => {
  const stack = integrationWith(() => ({}));
  expect(simulatorPolicies(stack)).toEqual([]);
  expect(Object.keys(onlyOf(stack, INTEGRATION).Properties)).not.toEqual(expect.arrayContaining(['DiagnosedPrincipalArn']));
});

test.each<[string, (stack: Stack) => Partial<ImmutaS3IntegrationProps>, unknown]>([
  ['the role that is made', () => ({}), { 'Fn::GetAtt': [expect.stringContaining('ImmutaRole'), 'Arn'] }],
  ['a role that is brought', (stack) => ({
    authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(stack, 'Immuta', 'arn:aws:iam::111122223333:role/immuta')),
  }), 'arn:aws:iam::111122223333:role/immuta'],
  ['the user of an access key', (stack) => ({
    authentication: ImmutaAuthentication.accessKeySecret({
      user: iam.User.fromUserArn(stack, 'Immuta', 'arn:aws:iam::111122223333:user/immuta'), secret: Secret.fromSecretNameV2(stack, 'Key', 'immuta/key'),
    }),
  }), 'arn:aws:iam::111122223333:user/immuta'],
])('with it, it may ask about %s alone', (_, props, principal) => {
  const stack = integrationWith((scope) => ({ ...props(scope), diagnosePermissions: true }));

  const [[logicalId, policy], ...others] = simulatorPolicies(stack);
  expect(others).toEqual([]);
  expect(policy.Properties.PolicyDocument.Statement).toEqual([{ Action: 'iam:SimulatePrincipalPolicy', Effect: 'Allow', Resource: principal }]);
  const { Properties, DependsOn } = onlyOf(stack, INTEGRATION);
  expect(Properties).toMatchObject({ DiagnosedPrincipalArn: principal, BucketAccountId: '111122223333' });
  expect(DependsOn).toContain(logicalId);
});

test('of a retained integration its policy goes all the same, or the handler\'s role could not', () => {
  const [[, policy]] = simulatorPolicies(integrationWith(() => ({ diagnosePermissions: true, removalPolicy: RemovalPolicy.RETAIN })));
  expect(policy.DeletionPolicy).toBe('Delete');
});
