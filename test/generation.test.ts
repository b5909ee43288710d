import { App, Aspects, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { ENV, getOnly, INTEGRATION, listResources, newIntegration, newStack } from './fixture';
import {
  AccessGrantsInstance, AdoptingAccessGrantsInstance, ImmutaAuthentication, ImmutaS3IntegrationProps,
} from '../src';

const ADOPTING = 'Custom::S3AccessGrantsInstance';
const PARAMETER = 'AWS::SSM::Parameter';

/** An integration with roles of the user. */
function withRoles(options: iam.FromRoleArnOptions, props: Partial<ImmutaS3IntegrationProps> = {}, app?: App) {
  const stack = newStack({ env: ENV }, app);
  const role = (name: string) => iam.Role.fromRoleArn(stack, name, `arn:aws:iam::${ENV.account}:role/${name}`, options);
  newIntegration(stack, 'Sales', {
    locationRole: role('location'),
    authentication: ImmutaAuthentication.existingRole(role('immuta')),
    accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
    ...props,
  });
  return stack;
}

/** What gives a custom resource its `Generation`. */
function describeGeneration(stack: Stack, type = INTEGRATION): string {
  const { Generation } = getOnly(stack, type).Properties;
  const [logicalId, attribute] = Generation['Fn::GetAtt'] ?? [Generation.Ref, 'Ref'];
  return `${attribute} of ${listResources(stack)[logicalId].Type}`;
}

const assumeRole = ImmutaAuthentication.assumeRole({
  principal: new iam.ArnPrincipal('arn:aws:iam::444455556666:role/immuta'),
});

test.each<[string, iam.FromRoleArnOptions, Partial<ImmutaS3IntegrationProps>, string]>([
  ['the location role', {}, { locationRole: undefined }, 'RoleId of AWS::IAM::Role'],
  ["Immuta's role", { mutable: false }, { authentication: assumeRole }, 'RoleId of AWS::IAM::Role'],
  ['a policy of a role', {}, {}, 'Ref of AWS::IAM::ManagedPolicy'],
  ['a parameter when all roles are imported as immutable', { mutable: false }, {}, `Ref of ${PARAMETER}`],
])('uses %s as the generation', (_, options, props, expected) => {
  const stack = withRoles(options, props);
  expect(describeGeneration(stack)).toBe(expected);
  expect(Object.values(listResources(stack)).filter(({ Type }) => Type === PARAMETER)).toHaveLength(
    expected.endsWith(PARAMETER) ? 1 : 0,
  );
});

test.each<[string, Partial<ImmutaS3IntegrationProps>]>([
  ['a role', {}],
  ['a managed access key', { authentication: ImmutaAuthentication.managedAccessKey({}) }],
])('uses a parameter as the generation when Role.customizeRoles leaves out roles and policies of %s', (_, props) => {
  const app = new App();
  iam.Role.customizeRoles(app);
  expect(describeGeneration(withRoles({}, props, app))).toBe(`Ref of ${PARAMETER}`);
});

test.each<[string, (stack: Stack) => iam.IRole | undefined, string]>([
  ["the role of the instance's function", () => undefined, 'RoleId of AWS::IAM::Role'],
  [
    'a parameter when the function has a role of the user',
    (stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }),
    `Ref of ${PARAMETER}`,
  ],
])('uses %s as the generation of an instance', (_, createRole, expected) => {
  const stack = newStack();
  new AdoptingAccessGrantsInstance(stack, 'Instance', { role: createRole(stack) });
  expect(describeGeneration(stack, ADOPTING)).toBe(expected);
});

test('lets CloudFormation generate a name of the parameter, new each time, even if an Aspect names resources', () => {
  const stack = withRoles({ mutable: false });
  Aspects.of(stack).add({
    visit: (node) => {
      if (node instanceof ssm.CfnParameter) {
        node.name = 'the-same-each-time';
      }
    },
  });
  expect(getOnly(stack, PARAMETER).Properties).toEqual({
    Type: 'String',
    Value: 'unused',
    Description: 'The generated name tells what a stack has created for Immuta from what it retained before',
  });
});

test('deletes the parameter when the integration is retained', () => {
  const stack = withRoles({ mutable: false }, { removalPolicy: RemovalPolicy.RETAIN });
  expect(getOnly(stack, INTEGRATION).DeletionPolicy).toBe('RetainExceptOnCreate');
  expect(getOnly(stack, PARAMETER).DeletionPolicy).toBe('Delete');
});
