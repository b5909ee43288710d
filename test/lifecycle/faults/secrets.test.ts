import { User } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { carryOut, GOOD, inOrder, leftovers, NOTHING, Operation, prepare, useSandbox } from './fixture';
import { ImmutaAuthentication, ImmutaTenant } from '../../../src';
import { DEFAULT_API_KEY } from '../../sandbox/immuta';
import { SANDBOX_API_KEY_SECRET, Sandbox } from '../../sandbox/sandbox';

// empty and without a value: ../secrets.test.ts; rotated before a POST: ../errors.test.ts
const sandbox = useSandbox();

const SECRET = "the secret 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key\\S*'";

/** The tenant's key is in a field of its secret. */
const inField = {
  props: (stack: Parameters<typeof Secret.fromSecretNameV2>[0]) => ({
    tenant: new ImmutaTenant(stack, 'Field', {
      url: sandbox.current.immuta.url,
      apiKey: Secret.fromSecretNameV2(stack, 'FieldKey', SANDBOX_API_KEY_SECRET),
      apiKeyField: 'immuta',
    }),
  }),
};

interface BadSecret {
  readonly what: string;
  readonly spoil: (sandbox: Sandbox) => void;
  readonly options?: typeof inField;
  readonly reason: string;
}

const value = (text: string) => ({ aws }: Sandbox) => aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, text);

const BAD_SECRETS: BadSecret[] = [
  {
    what: 'is missing',
    spoil: ({ aws }) => aws.secrets.deleteSecret(SANDBOX_API_KEY_SECRET),
    reason: `${SECRET} cannot be read: .* check that it exists, and that the role of the handler function may read it`,
  },
  { what: 'is empty', spoil: value(' '), reason: `${SECRET} is empty: store the API key there` },
  { what: 'is JSON, and no field was named', spoil: value(`{"immuta":"${DEFAULT_API_KEY}"}`), reason: `${SECRET} is a JSON object: name the field .* with 'apiKeyField'` },
  { what: 'has white space', spoil: value(`${DEFAULT_API_KEY} and more`), reason: `${SECRET} holds characters that an API key cannot have` },
  { what: 'is not JSON, and a field was named', spoil: value(DEFAULT_API_KEY), options: inField, reason: `${SECRET} is not a JSON object, and its field 'immuta' is asked for` },
  { what: 'lacks the field', spoil: value(`{"other":"${DEFAULT_API_KEY}"}`), options: inField, reason: `${SECRET} has no text in the field 'immuta'` },
];

describe.each(BAD_SECRETS)('a secret that $what', ({ spoil, options, reason }) => {
  test('ends a deployment, which leaves nothing', async () => {
    spoil(sandbox.current);

    expect(await carryOut(sandbox.current, 'Create', options)).toEqual({
      immuta: [],
      answers: ['FAILED none', 'SUCCESS none'],
      stack: 'ROLLBACK_COMPLETE',
      reason: expect.stringMatching(reason),
    });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test.each(BAD_SECRETS.filter(({ what }) => /missing|empty/.test(what)))('a secret that $what by now ends a deletion, until it is back', async ({ what, spoil, reason }) => {
  await prepare(sandbox.current, 'Delete');
  spoil(sandbox.current);

  expect(await carryOut(sandbox.current, 'Delete')).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: ['FAILED 101'],
    stack: 'DELETE_FAILED',
    reason: expect.stringMatching(reason),
  });

  if (what === 'is missing') sandbox.current.aws.secrets.createSecret(SANDBOX_API_KEY_SECRET, DEFAULT_API_KEY);
  else value(DEFAULT_API_KEY)(sandbox.current);
  expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
});

test.each<[Operation, string, RegExp]>([
  ['Create', 'GET', /integrations$/],
  ['Create', 'GET', /integrations\/101$/],
  ['Update', 'PUT', /integrations\/101$/],
  ['Update', 'GET', /integrations\/101$/],
  ['Delete', 'DELETE', /integrations\/101$/],
  ['Delete', 'GET', /integrations$/],
])('a key that is rotated in the middle of a %s, before a %s of %p, is read again', async (operation, method, path) => {
  const { immuta, aws } = sandbox.current;
  await prepare(sandbox.current, operation);
  const rotate = () => {
    immuta.apiKeys.delete(DEFAULT_API_KEY);
    immuta.apiKeys.set('rotated-in-mid-flight', ['APPLICATION_ADMIN']);
    aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, 'rotated-in-mid-flight');
  };
  immuta.faults.http({ method, path, run: rotate });

  expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);
});

test.each([
  ['is missing', undefined, /the secret '\S+immuta\/access-key\S*' cannot be read: /],
  ['is not JSON', 'AKIA-and-more', /the secret '\S+immuta\/access-key\S*' is not a JSON object, and its field 'accessKeyId' is asked for/],
  ['lacks a field', '{"accessKeyId":"AKIA-and-more"}', /the secret '\S+immuta\/access-key\S*' has no text in the field 'secretAccessKey'/],
])("a secret with Immuta's access key that %s ends a deployment before anything is sent", async (_what, text, reason) => {
  const { iam, secrets } = sandbox.current.aws;
  iam.createUser({ userName: 'immuta' });
  if (text) secrets.createSecret('immuta/access-key', text);

  const outcome = await carryOut(sandbox.current, 'Create', {
    props: (stack) => ({
      authentication: ImmutaAuthentication.accessKeySecret({
        secret: Secret.fromSecretNameV2(stack, 'AccessKey', 'immuta/access-key'),
        user: User.fromUserName(stack, 'User', 'immuta'),
      }),
    }),
  });

  expect(outcome).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    stack: 'ROLLBACK_COMPLETE',
    reason: expect.stringMatching(reason),
  });
});
