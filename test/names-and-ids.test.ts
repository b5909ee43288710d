import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { ENV, newIntegration, newStack, newTenant, synthError } from './fixture';
import { AccessGrantsInstance, ImmutaS3IntegrationProps } from '../src';

/** Returns why an integration with these properties cannot be synthesized, or an empty text. */
function findProblem(props: (stack: Stack) => Partial<ImmutaS3IntegrationProps>): string {
  const stack = newStack();
  newIntegration(stack, 'Lake', props(stack));
  return synthError(stack);
}

const newParameter = (stack: Stack, id = 'Parameter') => new CfnParameter(stack, id).valueAsString;

describe('integrationName', () => {
  test('fails when the name consists of spaces', () => {
    expect(findProblem(() => ({ integrationName: '  ' }))).toContain('got "  " (2 characters)');
  });

  test.each([[100, ''], [101, "'integrationName' must have 1 to 100 characters"]])(
    'checks the whole name of an adopted integration with %i characters',
    (length, message) => {
      const problem = findProblem((stack) => ({
        adopt: '17',
        integrationName: 'x'.repeat(length),
        accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
      }));
      expect(problem).toEqual(message === '' ? '' : expect.stringContaining(message));
    },
  );

  test('accepts names that are known at deployment, however long their texts are at synth', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const integrationName = `${newParameter(stack)}${'x'.repeat(70)}`;
    newIntegration(stack, 'Lake', { tenant, integrationName });
    newIntegration(stack, 'Ads', { tenant, integrationName });
    expect(synthError(stack)).toBe('');
  });
});

test('accepts an ID to adopt that is known at deployment', () => {
  expect(findProblem((stack) => ({
    adopt: newParameter(stack), accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
  }))).toBe('');
});

describe('identityCenter', () => {
  const ARN = 'arn:aws:sso:::instance/ssoins-1111222233334444';
  const withIds = (ids: (stack: Stack) => { instanceArn?: string; identityStoreId?: string }) =>
    findProblem((stack) => ({
      accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
      identityCenter: { instanceArn: ARN, identityStoreId: 'd-1234567890', ...ids(stack) },
    }));

  test.each([
    'd-1234567890', 'd-12345abcde', '12345678-90ab-cdef-1234-567890abcdef',
  ])('accepts the identity store %s', (identityStoreId) => {
    expect(withIds(() => ({ identityStoreId }))).toBe('');
  });

  test.each([
    'd-123456789', 'd-12345678901', 'xd-1234567890', 'd-1234567890 ', 'd-123456789g',
    '12345678-90ab-cdef-1234-567890abcdef0',
  ])('fails when the identity store is %j', (identityStoreId) => {
    expect(withIds(() => ({ identityStoreId }))).toContain('[IDENTITY_STORE_ID_INVALID]');
  });

  test.each([
    ARN, 'arn:aws-us-gov:sso:::instance/ssoins-1111222233334444', 'arn:aws:sso:::instance/ins-11.22_33-44',
  ])('accepts the instance %s', (instanceArn) => {
    expect(withIds(() => ({ instanceArn }))).toBe('');
  });

  test.each([
    ` ${ARN}`, `${ARN} `, 'arn:aws:sso:::instance/', 'arn:aws:sso:::instance/ssoins-', 'arn::sso:::instance/ssoins-1',
    'arn:aws:sso:::permissionSet/ssoins-1/ps-1',
  ])('fails when the instance is %j', (instanceArn) => {
    expect(withIds(() => ({ instanceArn }))).toContain('[IDENTITY_CENTER_ARN_INVALID]');
  });

  test('accepts IDs that are known at deployment', () => {
    expect(withIds((stack) => ({
      instanceArn: newParameter(stack, 'Arn'), identityStoreId: newParameter(stack, 'Store'),
    }))).toBe('');
  });
});

test.each([
  ['account', { region: ENV.region }, 'account not known, Region us-east-1'],
  ['Region', { account: ENV.account }, 'account 111122223333, Region not known'],
])("fails when only the integration's %s is not known", (_, env, here) => {
  const app = new App();
  const tenant = newTenant(newStack({ env: ENV }, app, 'Home'));
  expect(() => newIntegration(newStack({ env }, app, 'Other'), 'Sales', { tenant })).toThrow(
    `is in account 111122223333, Region us-east-1, and the integration is in ${here}.`,
  );
});
