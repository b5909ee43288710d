import { User } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { failure, lake, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { ImmutaAuthentication } from '../../src';
import { DEFAULT_API_KEY, S3Config } from '../sandbox/immuta';

// each test ends with the sandbox's own search
const sandbox = useSandbox();

const accessKey = () => JSON.parse(sandbox.current.aws.secrets.secret('immuta/access-key').value as string);

/** An integration with a user's access key, which lies in a secret. */
function lakeWithAccessKey() {
  const { iam, secrets } = sandbox.current.aws;
  iam.createUser({ userName: 'immuta' });
  const { accessKeyId, secretAccessKey } = iam.createAccessKey('immuta');
  secrets.createSecret('immuta/access-key', JSON.stringify({ accessKeyId, secretAccessKey }));
  return lake(sandbox.current, {
    props: (stack) => ({
      authentication: ImmutaAuthentication.accessKeySecret({
        secret: Secret.fromSecretNameV2(stack, 'AccessKey', 'immuta/access-key'),
        user: User.fromUserName(stack, 'User', 'immuta'),
      }),
    }),
  });
}

test("a user's access key reaches Immuta, and nobody else", async () => {
  expect(await sandbox.current.deploy(lakeWithAccessKey())).toMatchObject({ status: 'CREATE_COMPLETE' });

  const [record] = sandbox.current.immuta.integrations.values();
  expect(record).toMatchObject({ status: 'enabled', config: { awsSecretAccessKey: accessKey().secretAccessKey } });
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('what Immuta echoes of its request is not passed on', async () => {
  sandbox.current.immuta.faults.http({
    method: 'POST',
    times: Infinity,
    behaviour: 'answer',
    answer: { status: 400, body: { message: `cannot use ${DEFAULT_API_KEY}` } },
  });

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/Immuta answered 400 to POST \/integrations: cannot use/);
});

test('a failed test whose message quotes the access key is not passed on', async () => {
  const stack = lakeWithAccessKey();
  const message = `InvalidClientTokenId: ${Object.values(accessKey()).join(' with ')}`;
  sandbox.current.immuta.faults.validation({ test: 4, times: Infinity, message });

  const result = await sandbox.current.deploy(stack);

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/failed: InvalidClientTokenId/);
});

test.each([
  ['is empty', ''],
  ['has no value', undefined],
])('an API-key secret that %s ends the deployment, and the reason names the secret', async (_what, value) => {
  sandbox.current.aws.secrets.putSecretValue('immuta/api-key', value);

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key');
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test.each([
  ['shows it', (config: S3Config) => config],
  ['hides it', ({ awsAccessKeyId: _, awsSecretAccessKey: __, ...config }: S3Config) => config],
])('a deletion that fails with the access key in its message does not pass it on, where Immuta %s', async (_what, shown) => {
  const { immuta } = sandbox.current;
  await sandbox.current.deploy(lakeWithAccessKey());
  const [{ id, config }] = immuta.integrations.values();
  const refusal = { status: 400, body: { message: `cannot delete ${JSON.stringify(config)}` } };
  immuta.faults.http({ method: 'GET', times: Infinity, behaviour: 'answer', answer: { status: 200, body: { id, type: 'Native S3', status: 'enabled', config: shown(config) } } });
  immuta.faults.http({ method: 'DELETE', times: Infinity, behaviour: 'answer', answer: refusal });

  const result = await sandbox.current.destroy(STACK_NAME);

  expect(result.status).toBe('DELETE_FAILED');
  expect(failure(result)).toMatch(/Immuta answered 400 to DELETE \/integrations\/101: cannot delete .*\[redacted\]/);
});
