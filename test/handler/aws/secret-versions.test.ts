import { SecretVersions } from '../../../src/handler/aws/secret-versions';
import { json } from '../../sandbox/aws';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

const ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/managed';

let sandbox: HandlerSandbox;
let versions: SecretVersions;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  const { deadline, log } = createAwsTools(sandbox.clock);
  versions = new SecretVersions(ARN, { deadline: deadline.withoutRetries(), log });
});
afterEach(() => sandbox.close());

/** Secrets Manager answers with these in turn, and with the last one from then on. An empty answer is a success. */
function answer(...answers: object[]): void {
  sandbox.aws.route('secretsmanager', async () => json(answers.length > 1 ? answers.shift() : answers[0]));
}

function refuse(code: string): void {
  sandbox.failAws('secretsmanager', 400, code);
}

const BEFORE = { VersionIdsToStages: { v1: ['AWSCURRENT'] } };
const AFTER = {
  VersionIdsToStages: { v2: ['AWSPENDING', 'AWSCURRENT'], v1: ['AWSPREVIOUS'] },
  Tags: [{ Key: 'team', Value: 'lake' }, { Key: 'a', Value: 'b' }],
};

test('describes labels and tags', async () => {
  answer(AFTER);
  const { labels, tags } = await versions.describe();

  expect([...labels]).toEqual([['v1', ['AWSPREVIOUS']], ['v2', ['AWSCURRENT', 'AWSPENDING']]]);
  expect([...tags]).toEqual([['a', 'b'], ['team', 'lake']]);
});

test('describes a secret without versions and tags', async () => {
  answer({});
  const { labels, tags } = await versions.describe();

  expect([labels.size, tags.size]).toEqual([0, 0]);
});

test.each<[string, () => Promise<unknown>]>([
  ['a version', () => versions.putValue('v2', 'text', ['AWSPENDING'])],
  ['a label', () => versions.moveLabel('AWSCURRENT', { from: 'v1', to: 'v2' })],
  ['a tag', () => versions.tag({ team: 'lake' })],
  ['the removal of a tag', () => versions.untag('team')],
])('waits until the secret shows %s that was written', async (_, write) => {
  answer(BEFORE, {}, BEFORE, BEFORE, AFTER);
  await versions.describe();
  await write();
  const start = sandbox.clock.now();

  expect((await versions.describe()).labels.has('v2')).toBe(true);
  expect(sandbox.clock.now() - start).toBe(4_000);
});

test('takes a state that does not change within a minute for the present one', async () => {
  answer(BEFORE, {}, BEFORE);
  await versions.describe();
  await versions.tag({ team: 'lake' });
  const start = sandbox.clock.now();

  expect((await versions.describe()).labels.has('v1')).toBe(true);
  expect(sandbox.clock.now() - start).toBe(62_000);
});

test('does not wait when nothing was written, or a write was refused', async () => {
  answer(BEFORE);
  await versions.describe();
  await versions.describe();
  refuse('InvalidParameterException');
  await versions.moveLabel('AWSCURRENT', { to: 'v2' });
  answer(BEFORE);
  await versions.describe();

  expect(sandbox.clock.sleeps).toEqual([]);
});

test('reads the text of a version, which may have none', async () => {
  const { deadline, log } = createAwsTools(sandbox.clock);
  sandbox.aws.secrets.createSecret('immuta/managed', 'text-of-v1');
  const [versionId] = (await new SecretVersions(ARN, { deadline, log }).describe()).labels.keys();

  expect(await versions.getValue(versionId)).toBe('text-of-v1');
  expect(await versions.getValue('00000000-0000-4000-8000-000000000000')).toBeUndefined();
});

test.each<[string, string, () => Promise<boolean>]>([
  ['a token with another text', 'ResourceExistsException', () => versions.putValue('v2', 'text', [])],
  ['a version without the label', 'InvalidParameterException', () => versions.moveLabel('AWSCURRENT', { from: 'v1' })],
])('returns that %s is refused', async (_, code, write) => {
  refuse(code);

  expect(await write()).toBe(false);
});

test.each<[string, () => Promise<unknown>, string]>([
  ['DescribeSecret', () => versions.describe(), 'ResourceNotFoundException'],
  ['GetSecretValue', () => versions.getValue('v1'), 'NotResourceNotFoundException'],
  ['GetSecretValue', () => versions.getValue('v1'), 'ResourceNotFoundExceptionToo'],
  ['PutSecretValue', () => versions.putValue('v2', 'text', []), 'InvalidParameterException'],
  ['PutSecretValue', () => versions.putValue('v2', 'text', []), 'NotResourceExistsException'],
  ['PutSecretValue', () => versions.putValue('v2', 'text', []), 'ResourceExistsExceptionToo'],
  ['UpdateSecretVersionStage', () => versions.moveLabel('AWSCURRENT', { to: 'v2' }), 'ResourceExistsException'],
  ['UpdateSecretVersionStage', () => versions.moveLabel('AWSCURRENT', {}), 'NotInvalidParameterException'],
  ['UpdateSecretVersionStage', () => versions.moveLabel('AWSCURRENT', {}), 'InvalidParameterExceptionToo'],
  ['TagResource', () => versions.tag({ team: 'lake' }), 'ResourceNotFoundException'],
  ['UntagResource', () => versions.untag('team'), 'ResourceNotFoundException'],
])('fails %s, with the name of the secret, when it is refused for another reason', async (operation, call, code) => {
  refuse(code);

  await expect(call()).rejects.toThrow(`AWS Secrets Manager refused ${operation} of '${ARN}': ${code}: no. `);
});
