import { readField, readSecret } from '../../../src/handler/aws/secrets-manager';
import { json } from '../../sandbox/aws';
import { createAwsTools } from '../support/aws-tools';
import { API_KEY, API_KEY_ARN, HandlerSandbox } from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

test('reads the text of a secret', async () => {
  expect(await readSecret(API_KEY_ARN, createAwsTools(sandbox.clock))).toBe(API_KEY);
});

test('fails for a secret without text', async () => {
  sandbox.aws.route('secretsmanager', async () => json({ ARN: API_KEY_ARN, SecretBinary: 'AAECAw==' }));

  await expect(readSecret(API_KEY_ARN, createAwsTools(sandbox.clock))).rejects.toThrow(
    `cannot read secret '${API_KEY_ARN}': it is binary. Store it as text, then try again. [SECRET_IS_BINARY]`,
  );
});

test('names the secret when Secrets Manager stays out of order', async () => {
  sandbox.failAws('secretsmanager', 500, 'InternalServiceError', 'Try later.');

  await expect(readSecret(API_KEY_ARN, createAwsTools(sandbox.clock))).rejects.toThrow(
    `AWS Secrets Manager failed to process GetSecretValue of '${API_KEY_ARN}': InternalServiceError: Try later. `,
  );
});

test.each(['[]', '{}', '{"field":""}', '{"field":" "}', '{"field":1}', '{"field":null}', '{"other":"value"}'])(
  'finds no text of the field in %s',
  (text) => {
    expect(() => readField('arn', text, 'field')).toThrow(/^secret 'arn' .* field 'field'.*\[SECRET_FIELD_MISSING\]$/);
  },
);

test.each(['', 'text', '"text"', '1', 'null'])('takes %p for no JSON object', (text) => {
  expect(() => readField('arn', text, 'field')).toThrow(/^secret 'arn' .* field 'field'.*\[SECRET_IS_NOT_JSON\]$/);
});

test('fails for a field with half a character', () => {
  expect(() => readField('arn', '{"field":"a \\ud83d"}', 'field')).toThrow(
    /^secret 'arn' has characters in field 'field' that cannot be sent.*\[SECRET_FIELD_MALFORMED\]$/,
  );
});

test('removes white space around the text of a field', () => {
  expect(readField('arn', '{"field":" va lue\\n"}', 'field')).toBe('va lue');
});
