import { User } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { failure, lake, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { ImmutaAuthentication } from '../../src';

// each test ends with the sandbox's own search; what a secret may hold, and what may quote it: test/handler/
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

test('a failed test whose message quotes the access key is not passed on', async () => {
  const stack = lakeWithAccessKey();
  const message = `InvalidClientTokenId: ${Object.values(accessKey()).join(' with ')}`;
  sandbox.current.immuta.faults.validation({ test: 4, times: Infinity, message });

  const result = await sandbox.current.deploy(stack);

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/failed: InvalidClientTokenId/);
});

test('an API-key secret that is empty ends the deployment, and the reason names the secret', async () => {
  sandbox.current.aws.secrets.putSecretValue('immuta/api-key', '');

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain('arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key');
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
