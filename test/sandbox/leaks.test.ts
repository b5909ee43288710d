import { leaksIn, secretTexts } from './leaks';
import { SANDBOX_API_KEY_SECRET, Sandbox } from './sandbox';

const KEY = 'k/e"y+4711';

test.each([
  ['as it is', `a ${KEY} b`],
  ['in JSON', JSON.stringify({ Reason: `a ${KEY} b` })],
  ['in a URL', `a ${encodeURIComponent(KEY)} b`],
])('finds a leak of a secret %s and says where', (_, text) => {
  expect(leaksIn({ processes: 'nothing', answers: text }, secretTexts('immuta/api-key', KEY)))
    .toEqual([expect.stringMatching(/^the secret 'immuta\/api-key' in answers: ….*a \*\*\* b.*…$/)]);
});

test('finds a leak of one field of a secret without quoting it', () => {
  const [leak, ...more] = leaksIn(
    { stacks: `${KEY} ${KEY}` },
    secretTexts('immuta/access-key', JSON.stringify({ accessKeyId: 'AKIA', secretAccessKey: KEY })),
  );

  expect(leak).toBe("the field 'secretAccessKey' of the secret 'immuta/access-key' in stacks: …*** ***…");
  expect(more).toEqual([]);
});

test.each(['', ' \n'])('ignores %p as a secret', (value) => {
  expect(leaksIn({ stacks: 'a b' }, secretTexts('immuta/api-key', value))).toEqual([]);
});

test.each<[string, (sandbox: Sandbox) => string, RegExp]>([
  ['value of a secret that is another by now', ({ aws }) => {
    aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, 'value-of-yesterday');
    aws.secrets.putSecretValue(SANDBOX_API_KEY_SECRET, 'value-of-today');
    return 'value-of-yesterday';
  }, /the secret 'immuta\/api-key' in stacks: …/],
  ['value of a secret that is deleted', ({ aws }) => {
    aws.secrets.createSecret('other', 'value-of-other');
    aws.secrets.deleteSecret('other');
    return 'value-of-other';
  }, /the secret 'other' in stacks: …/],
  ['API key that Immuta does not take any more', ({ immuta }) => {
    immuta.apiKeys.set('key-of-yesterday', []);
    immuta.apiKeys.delete('key-of-yesterday');
    return 'key-of-yesterday';
  }, /an API key of Immuta in stacks: …/],
  ['access key that is deleted', ({ aws }) => {
    aws.iam.createUser({ userName: 'immuta' });
    const { accessKeyId, secretAccessKey } = aws.iam.createAccessKey('immuta');
    aws.iam.deleteAccessKey(accessKeyId);
    return secretAccessKey;
  }, /the secret access key of AKIA\w+ in stacks: …/],
  ['URL where an answer is awaited', ({ responses }) => responses.urlFor(() => {}), /a response URL in stacks: …/],
])('fails to close a sandbox that has written the %s', async (_, prepare, error) => {
  const sandbox = await Sandbox.start();
  const value = prepare(sandbox);
  await sandbox.deployTemplate('Test', {
    Resources: { Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: value } } },
  });

  await expect(sandbox.close()).rejects.toThrow(error);
});
