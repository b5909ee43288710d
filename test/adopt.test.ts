import { Aspects, CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import {
  countTypes,
  ENV,
  INSTANCE,
  INTEGRATION,
  newIntegration,
  newStack,
  newTenant,
  getOnly,
  listResources,
  synthError,
} from './fixture';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaS3IntegrationProps } from '../src';

function adopting(props: Partial<ImmutaS3IntegrationProps> = {}, options: iam.FromRoleArnOptions = {}) {
  const stack = newStack();
  const role = (name: string) => iam.Role.fromRoleArn(stack, name, `arn:aws:iam::${ENV.account}:role/${name}`, options);
  newIntegration(stack, 'Sales', {
    tenant: newTenant(stack),
    adopt: '17',
    locationRole: role('location'),
    authentication: ImmutaAuthentication.existingRole(role('immuta')),
    accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
    ...props,
  });
  return stack;
}

test('retains an adopted integration and the policies on its roles', () => {
  const stack = adopting();
  const kept = Object.values(listResources(stack))
    .filter(({ DeletionPolicy }) => DeletionPolicy === 'RetainExceptOnCreate')
    .map(({ Type }) => Type);
  expect(kept.sort()).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::ManagedPolicy', INTEGRATION]);
  expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({ Adopt: '17', RemovalPolicy: 'retain' });
});

test('retains the instance of the stack when an integration is adopted', () => {
  const stack = newStack();
  newIntegration(stack, 'Sales', { adopt: '17', accessGrantsInstance: new AccessGrantsInstance(stack, 'Instance') });
  expect(getOnly(stack, INSTANCE).DeletionPolicy).toBe('RetainExceptOnCreate');
});

test('fails when the removal policy of an adopted integration is DESTROY', () => {
  expect(synthError(adopting({ removalPolicy: RemovalPolicy.RETAIN }))).toBe('');
  expect(synthError(adopting({ removalPolicy: RemovalPolicy.DESTROY }))).toContain(
    "'removalPolicy' must not be DESTROY with 'adopt', " +
      "because an adopted integration is never deleted. Omit 'removalPolicy'. [ADOPT_WITH_DESTROY]",
  );

  const stack = adopting();
  (stack.node.findChild('Sales') as ImmutaS3Integration).applyRemovalPolicy(RemovalPolicy.DESTROY);
  expect(synthError(stack)).toContain('\'removalPolicy\' must not be DESTROY with \'adopt\'');
});

test('fails when an Aspect lets CloudFormation delete an adopted integration, as RemovalPolicies does', () => {
  const stack = adopting();
  Aspects.of(stack).add({
    visit: (node) => {
      if (CfnResource.isCfnResource(node)) {
        node.applyRemovalPolicy(RemovalPolicy.DESTROY);
      }
    },
  });
  expect(synthError(stack)).toContain('[ADOPT_WITH_DESTROY]');
});

test.each(['', 'a/b', '17 '])('fails when the ID to adopt is %p', (adopt) => {
  expect(synthError(adopting({ adopt }))).toContain(
    `'adopt' must be the ID of an integration in Immuta, such as '17', got ${JSON.stringify(adopt)}. ` +
      'Copy the ID from Immuta. [ADOPT_ID_INVALID]',
  );
});

test('fails when an adopted integration has no instance', () => {
  const stack = adopting({ accessGrantsInstance: undefined });
  expect(synthError(stack)).toContain(
    "'adopt' needs 'accessGrantsInstance', because the instance of an existing integration already exists. " +
      "Pass 'AccessGrantsInstance.fromDefault(this, …)'. [ADOPT_WITHOUT_INSTANCE]",
  );

  const other = adopting({ accessGrantsInstance: undefined });
  newIntegration(other, 'Other');
  expect(synthError(other)).toBe('');
  expect(getOnly(other, INSTANCE).logicalId).toBe('S3AccessGrantsInstance');
});

test('has no generation when the integration is adopted, since its Delete sends no request', () => {
  const stack = adopting({}, { mutable: false });
  expect(getOnly(stack, INTEGRATION).Properties).not.toHaveProperty('Generation');
  expect(countTypes(stack)).not.toHaveProperty('AWS::SSM::Parameter');
});
