import { CfnParameter, SecretValue, Stack } from 'aws-cdk-lib';
import { CfnSecret, ISecret, Secret, SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import {
  validateNotApiKey, validateSecretAccess, validateSecretValue,
} from '../../src/private/validation/secrets';
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
  ['a value that contains the value of a parameter', (stack) => (
    text(`key-${new CfnParameter(stack, 'Value', { noEcho: true }).valueAsString}`)
  ), undefined],
  ['a dynamic reference', () => ({ secretStringValue: SecretValue.ssmSecure('/key') }), undefined],
])('accepts a secret with %s', (_, define, field) => {
  const stack = newStack();
  expect(validateSecretValue('apiKey', new Secret(stack, 'Key', define(stack)), [field])).toEqual([]);
});

test('accepts a secret without a value', () => {
  const secret = new Secret(newStack(), 'Key');
  (secret.node.defaultChild as CfnSecret).generateSecretString = undefined;
  expect(validateSecretValue('apiKey', secret, [undefined])).toEqual([]);
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

const arn = (name: string, region = 'us-east-1') => `arn:aws:secretsmanager:${region}:111122223333:secret:${name}`;
const byName = (stack: Stack, id: string, name: string) => Secret.fromSecretNameV2(stack, id, name);
const byArn = (stack: Stack, id: string, value: string) => Secret.fromSecretCompleteArn(stack, id, value);

test.each<[string, (stack: Stack) => [ISecret, ISecret], boolean]>([
  ['one name', (stack) => [byName(stack, 'A', 'key'), byName(stack, 'B', 'key')], true],
  ['a name and its ARN', (stack) => [byName(stack, 'A', 'key'), byArn(stack, 'B', arn('key-AbCdEf'))], true],
  ['two names', (stack) => [byName(stack, 'A', 'key'), byName(stack, 'B', 'other')], false],
  ['two ARNs', (stack) => [byArn(stack, 'A', arn('key-AbCdEf')), byArn(stack, 'B', arn('other-AbCdEf'))], false],
  ['one construct', (stack) => Array(2).fill(new Secret(stack, 'A')) as [ISecret, ISecret], true],
  ['a construct and its ARN', (stack) => {
    const secret = new Secret(stack, 'A');
    return [byArn(stack, 'B', secret.secretArn), secret];
  }, true],
  ['two constructs', (stack) => [new Secret(stack, 'A'), new Secret(stack, 'B')], false],
])('decides whether %s of two secrets means that the API key is the access key', (_, define, isSame) => {
  const [secret, apiKey] = define(newStack());

  expect(validateNotApiKey(secret, apiKey)).toEqual(isSame ? [{
    code: 'ACCESS_KEY_SECRET_SAME_AS_API_KEY', message: expect.stringContaining(`'${secret.node.path}'`),
  }] : []);
});

test.each<[string, Stack, string, string[]]>([
  ['the same', newStack(), 'us-east-1', []],
  ['another', newStack(), 'eu-west-1', ['SECRET_IN_OTHER_REGION']],
  ['not known', newStack({}), 'eu-west-1', []],
])('compares the Region of a secret with that of the handler when it is %s', (_, stack, region, codes) => {
  const secret = byArn(stack, 'Key', arn('key-AbCdEf', region));

  expect(validateSecretAccess(stack, 'apiKey', secret).map(({ code }) => code)).toEqual(codes);
});
