import { CfnParameter, SecretValue, Stack } from 'aws-cdk-lib';
import { Secret, SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import { validateSecretValue } from '../../src/private/validation/secrets';
import { newStack } from '../fixture';

const text = (value: string): SecretProps => ({ secretStringValue: SecretValue.unsafePlainText(value) });
const generated = (template: object, generateStringKey: string): SecretProps => ({
  generateSecretString: { secretStringTemplate: JSON.stringify(template), generateStringKey },
});
const fromParameter = (stack: Stack): SecretProps => ({
  secretStringValue: SecretValue.cfnParameter(new CfnParameter(stack, 'Value', { noEcho: true })),
});

test.each<[string, (stack: Stack) => SecretProps, string | undefined]>([
  ['a value that Secrets Manager generates', () => ({}), undefined],
  ['a JSON text with a generated field', () => generated({ user: 'lake' }, 'key'), undefined],
  ['a generated field', () => generated({ user: 'lake' }, 'key'), 'key'],
  ['a generated field whose template has it, too', () => generated({ key: 'replaced' }, 'key'), 'key'],
  ['a field that the template does not have', () => generated({ user: 'lake' }, 'other'), 'key'],
  ['an empty value', () => text(''), undefined],
  ['an empty field', () => text('{"key":""}'), 'key'],
  ['a field that is missing', () => text('{"user":"lake"}'), 'key'],
  ['the value of a parameter', fromParameter, undefined],
  ['a dynamic reference', () => ({ secretStringValue: SecretValue.ssmSecure('/key') }), undefined],
])('accepts a secret with %s', (_, define, field) => {
  const stack = newStack();
  expect(validateSecretValue('apiKey', new Secret(stack, 'Key', define(stack)), [field])).toEqual([]);
});

test.each<[string, SecretProps, string | undefined]>([
  ['a value', text('hunter2'), undefined],
  ['a value that is no JSON text', text('hunter2'), 'key'],
  ['a JSON text', text('{"key":"hunter2"}'), undefined],
  ['a field', text('{"key":"hunter2"}'), 'key'],
  ['a field beside a generated one', generated({ key: 'hunter2' }, 'other'), 'key'],
])('finds %s of a secret in the template', (_, props, field) => {
  const problems = validateSecretValue('apiKey', new Secret(newStack(), 'Key', props), [field]);
  expect(problems).toMatchObject([{ code: 'SECRET_IN_PLAIN_TEXT' }]);
  expect(JSON.stringify(problems)).not.toContain('hunter2');
});

test('finds a field of a secret in the template beside one that is hidden', () => {
  const secret = new Secret(newStack(), 'Key', generated({ id: 'AKIA' }, 'key'));
  expect(validateSecretValue('accessKeySecret', secret, ['key', 'id'])).toHaveLength(1);
});
