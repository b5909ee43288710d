import {
  ACCESS_KEY_ARN, API_KEY, API_KEY_ARN, CONFIG, HandlerSandbox, MADE_BEFORE, OWNER,
} from '../support/handler-sandbox';
import { carryOut, GOOD, inOrder, Operation, prepare } from '../support/operations';

// what a secret may hold: ../protocol/run.test.ts
let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

test.each<[Operation, string, RegExp]>([
  ['Create', 'GET', /integrations$/],
  ['Create', 'POST', /integrations$/],
  ['Create', 'GET', /integrations\/101$/],
  ['Update', 'PUT', /integrations\/101$/],
  ['Update', 'GET', /integrations\/101$/],
  ['Delete', 'DELETE', /integrations\/101$/],
  ['Delete', 'GET', /integrations$/],
])('reads the API key again when it is rotated during a %s, before a %s of %p', async (operation, method, path) => {
  const { immuta, aws } = sandbox;
  await prepare(sandbox, operation);
  const rotate = () => {
    immuta.apiKeys.delete(API_KEY);
    immuta.apiKeys.set('rotated-in-mid-flight', ['APPLICATION_ADMIN']);
    aws.secrets.putSecretValue(API_KEY_ARN, 'rotated-in-mid-flight');
  };
  immuta.faults.http({ method, path, run: rotate });

  expect(await carryOut(sandbox, operation)).toEqual(GOOD[operation]);
  expect(sandbox.countAwsCalls('GetSecretValue')).toBe(2);
});

test.each<[string, () => void, RegExp]>([
  [
    'is missing',
    () => sandbox.aws.secrets.deleteSecret(API_KEY_ARN),
    new RegExp(
      String.raw`cannot read secret '\S+immuta/api-key': ResourceNotFoundException: Secrets Manager can't find ` +
        String.raw`the specified secret`,
    ),
  ],
  [
    'is empty',
    () => sandbox.aws.secrets.putSecretValue(API_KEY_ARN, ' '),
    /secret '\S+immuta\/api-key' is empty\. Store the API key in it/,
  ],
])('fails a Delete while the secret of the API key %s', async (what, spoil, reason) => {
  await prepare(sandbox, 'Delete');
  spoil();

  expect(await carryOut(sandbox, 'Delete')).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: ['FAILED 101'],
    reason: expect.stringMatching(reason),
  });

  if (what === 'is missing') sandbox.aws.secrets.createSecret('immuta/api-key', API_KEY);
  else sandbox.aws.secrets.putSecretValue(API_KEY_ARN, API_KEY);
  expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
});

test('fails a Create and says what to check when the function may not read the secret of the API key', async () => {
  sandbox.deny('secretsmanager', 1000);

  expect(await carryOut(sandbox, 'Create')).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    reason: expect.stringMatching(
      /cannot read secret '\S+': .* Check that it exists, and that the role of the handler function may read it/,
    ),
  });
});

test.each([
  ['is missing', undefined, /cannot read secret '\S+immuta\/access-key\S*': /],
  [
    'is not JSON',
    'AKIA-and-more',
    /secret '\S+immuta\/access-key\S*' is not a JSON object, so field 'accessKeyId' cannot be read/,
  ],
  [
    'lacks a field',
    '{"accessKeyId":"AKIA-and-more"}',
    /secret '\S+immuta\/access-key\S*' has no text in field 'secretAccessKey'/,
  ],
  [
    'has half a character',
    '{"accessKeyId":"AKIA-and-more","secretAccessKey":"half \\ud83d"}',
    /secret '\S+immuta\/access-key\S*' has characters in field 'secretAccessKey' that cannot be sent/,
  ],
  [
    'has a line break',
    '{"accessKeyId":"AKIA-and\\nmore","secretAccessKey":"wJalr-and-more"}',
    /secret '\S+immuta\/access-key\S*' has characters in field 'accessKeyId' that cannot be sent/,
  ],
])('fails a Create before it sends anything when the secret with the access key %s', async (_what, text, reason) => {
  if (text) sandbox.aws.secrets.createSecret('immuta/access-key', text);

  expect(
    await carryOut(sandbox, 'Create', {
      properties: { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: ACCESS_KEY_ARN },
    }),
  ).toEqual({ immuta: [], answers: ['FAILED none', 'SUCCESS none'], reason: expect.stringMatching(reason) });
  expect(sandbox.countImmutaCalls('POST')).toBe(0);
});

test.each<[string, 'partial' | 'complete', 'partial' | 'complete']>([
  ['is', 'partial', 'partial'],
  ['is, without its suffix,', 'partial', 'complete'],
  ['is, with its suffix,', 'complete', 'partial'],
])('fails a Create before it sends anything when the secret with the access key %s that of the API key', async (
  _how, accessKey, apiKey,
) => {
  const { arn } = sandbox.aws.secrets.createSecret('immuta/other-api-key', API_KEY);
  const arns = { partial: arn.slice(0, -'-a1b2c3'.length), complete: arn };
  sandbox.environment.API_KEY_SECRET_ARN = arns[apiKey];
  const properties = {
    AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: arns[accessKey],
  };

  expect(await carryOut(sandbox, 'Create', { properties })).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    reason:
      `'secret' of 'accessKeySecret' must not be the secret of the API key, got ${arns[accessKey]}. Store the access ` +
      'key in a secret of its own, then try again. [ACCESS_KEY_SECRET_IS_API_KEY]',
  });
  expect(sandbox.countImmutaCalls('POST')).toBe(0);
});

test.each([
  '-of-sales-lake',
  '-of',
  '_of_abc',
])('takes an access key from a secret whose name goes on with %s, and reports no rotation', async (end) => {
  const key = sandbox.createAccessKey();
  const arn = `${API_KEY_ARN}${end}`;
  sandbox.aws.secrets.createSecret(`immuta/api-key${end}`, JSON.stringify({
    accessKeyId: key.awsAccessKeyId, secretAccessKey: key.awsSecretAccessKey,
  }));
  const properties = { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: arn };

  expect(await sandbox.create({ properties })).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.integrations[0].config).toMatchObject(key);
  expect(sandbox.log.filter((line) => line.includes('KeyRotationFailed'))).toEqual([]);
});

test('redacts the credentials of its own integration that a list shows after many others', async () => {
  const keys = {
    awsAccessKeyId: 'AKIAIOSFODNN7EXAMPLE', awsSecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  for (let number = 0; number < 10; number++) {
    sandbox.addRecord({ config: { ...CONFIG, name: `others-${number}`, awsLocationPath: `s3://others/${number}/` } });
  }
  const name = `sales-${OWNER}-${MADE_BEFORE}`;
  sandbox.addRecord({ config: { ...CONFIG, ...keys, name, awsLocationPath: 's3://before/' } });
  sandbox.refuse('POST', 400, `${keys.awsAccessKeyId} with ${keys.awsSecretAccessKey} is in use`);

  expect((await sandbox.create()).Reason).toContain(': [redacted] with [redacted] is in use. ');
});
