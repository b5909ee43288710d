import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { newIntegration, newStack, newTenant, synthError } from './fixture';
import { AccessGrantsInstance, AdoptingAccessGrantsInstance } from '../src';

const PARAMETER = '/a/parameter/of/the/platform/team/whose/name/is/longer/than/74/characters';

/** Until the CLI has looked up the parameter, this is a dummy. The CLI looks it up after the first synthesis. */
const lookUp = (stack: Stack) => StringParameter.valueFromLookup(stack, PARAMETER);

test.each<[string, (stack: Stack) => void]>([
  ['url', (stack) => { newTenant(stack, 'Immuta', lookUp(stack)); }],
  ['proxy.url', (stack) => { new AdoptingAccessGrantsInstance(stack, 'Instance', { proxy: { url: lookUp(stack) } }); }],
  ['identityCenterInstanceArn', (stack) => {
    new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: lookUp(stack) });
  }],
  ['identityCenter', (stack) => {
    newIntegration(stack, 'Sales', {
      accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
      identityCenter: { instanceArn: lookUp(stack), identityStoreId: lookUp(stack) },
    });
  }],
  ['accessGrantsInstanceArn', (stack) => {
    const accessGrantsInstance = AccessGrantsInstance.fromAccessGrantsInstanceArn(stack, 'Instance', lookUp(stack));
    newIntegration(stack, 'Sales', { accessGrantsInstance });
  }],
  ['integrationName', (stack) => { newIntegration(stack, 'Sales', { integrationName: lookUp(stack) }); }],
  ['adopt', (stack) => {
    const accessGrantsInstance = AccessGrantsInstance.fromDefault(stack, 'Instance');
    newIntegration(stack, 'Sales', { accessGrantsInstance, adopt: lookUp(stack) });
  }],
])('accepts a parameter that is not looked up yet as %s', (_, define) => {
  const stack = newStack();
  define(stack);

  expect(synthError(stack)).toBe('');
});
