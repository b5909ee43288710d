import { App } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ENV, newIntegration, newStack, synthError } from './fixture';
import { AdoptingAccessGrantsInstance, ImmutaAuthentication } from '../src';

/** The lowest supported aws-cdk-lib has no such method. */
const lookUp = (iam.Role as any).fromLookup as (...args: unknown[]) => iam.IRole;

test('accepts roles that are not looked up yet', () => {
  const stack = newStack();
  const [location, immuta, handler] = ['location', 'immuta', 'handler']
    .map((roleName) => lookUp.call(iam.Role, stack, roleName, { roleName }));
  newIntegration(stack, 'Sales', {
    locationRole: location,
    authentication: ImmutaAuthentication.existingRole(immuta),
    accessGrantsInstance: new AdoptingAccessGrantsInstance(stack, 'Instance', { role: handler }),
  });

  expect(synthError(stack)).toBe('');
});

test('fails when a role that was looked up belongs to another account', () => {
  const arn = 'arn:aws:iam::444455556666:role/location';
  const key = 'cc-api-provider:account=111122223333:exactIdentifier=location:propertiesToReturn.0=Arn'
    + ':region=us-east-1:typeName=AWS$:$:IAM$:$:Role';
  const stack = newStack({ env: ENV }, new App({ context: { [key]: [{ Arn: arn }] } }));
  const locationRole = lookUp.call(iam.Role, stack, 'location', { roleName: 'location' });
  newIntegration(stack, 'Sales', { locationRole });

  expect(locationRole.roleArn).toBe(arn);
  expect(synthError(stack)).toContain('[PRINCIPAL_IN_OTHER_ACCOUNT]');
});
