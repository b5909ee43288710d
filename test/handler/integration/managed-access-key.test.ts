import { AwsError } from '../../sandbox/aws';
import { HandlerSandbox } from '../support/handler-sandbox';
import { rotateStep } from '../support/managed-key';

// what deployments and rotations come to: test/lifecycle/managed-access-key*.test.ts

const USER = 'immuta-user';
const TOKEN = 'c1b2c3d4-0000-4000-8000-00000000000a';
let sandbox: HandlerSandbox;
let secretArn: string;

beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  secretArn = sandbox.aws.secrets.createSecret('immuta/managed', '{}').arn;
});
afterEach(() => sandbox.close());

const managed = (userName = USER) => ({
  AuthenticationType: 'accessKey',
  RoleToAssumeArn: undefined,
  AccessKeySecretArn: secretArn,
  AccessKeyUserName: userName,
});

function createUser(): void {
  sandbox.aws.iam.createUser({ userName: USER });
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  sandbox.aws.iam.putUserPolicy(USER, 'all', document);
}

function runStep(Step: string, ClientRequestToken = 'token'): Promise<void> {
  return rotateStep(sandbox, { Step, SecretId: secretArn, ClientRequestToken });
}

/** Creates an integration, and the key of its first rotation. */
async function startRotation(): Promise<void> {
  createUser();
  await sandbox.create({ properties: managed() });
  sandbox.aws.secrets.startRotation(secretArn, TOKEN);
  await runStep('createSecret', TOKEN);
}

describe('a Create', () => {
  test('fails a Create when the user of the managed key does not exist', async () => {
    const answer = await sandbox.create({ properties: managed('nobody') });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(
      "cannot create an access key for user 'nobody': the user does not exist. " +
        "Create it again, or give the integration another 'user', then try again. [ACCESS_KEY_USER_MISSING]",
    );
  });

  test('fails a Create when IAM loses each response to a request for a key', async () => {
    createUser();
    sandbox.aws.route('iam', async (request, next) => {
      if (request.operation === 'CreateAccessKey') throw new AwsError(500, 'ServiceFailure', 'Try later.');
      return next(request);
    });
    const answer = await sandbox.create({ properties: managed() });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(
      /^IAM did not create an access key for user 'immuta-user'\. Check .*\[ACCESS_KEY_NOT_CREATED\]$/,
    );
  });

  test('fails a Create with a managed key when IAM is unavailable', async () => {
    createUser();
    sandbox.failAws('iam', 503, 'ServiceUnavailable', 'Busy.');

    expect((await sandbox.create({ properties: managed() })).Reason).toMatch(
      new RegExp(
        String.raw`^AWS IAM failed to process ListAccessKeys of user 'immuta-user': ServiceUnavailable: Busy\. ` +
          String.raw`Try again .*\[AWS_UNAVAILABLE\]$`,
      ),
    );
  });
});

test('fails an Update when another run gives the integration other credentials meanwhile', async () => {
  createUser();
  await sandbox.create({ properties: managed() });
  sandbox.refuse('PUT', 503, 'Down.', { times: 1 });
  const sleep = sandbox.clock.sleep.bind(sandbox.clock);
  sandbox.clock.sleep = async (ms) => {
    if (sandbox.countImmutaCalls('PUT') === 1) {
      sandbox.aws.secrets.putSecretValue(secretArn, '{"withheld":true}', { labels: ['AWSPENDING'] });
    }
    await sleep(ms);
  };
  const answer = await sandbox.update({ properties: { ...managed(), Revision: '2' }, oldProperties: managed() });

  expect(answer.Status).toBe('FAILED');
  expect(answer.Reason).toMatch(
    /^another update gives the integration other credentials\. .*\[ACCESS_KEY_SUPERSEDED\]$/,
  );
  expect(sandbox.countImmutaCalls('PUT')).toBe(1);
});

describe('a step of a rotation', () => {
  test('fails a rotation when Immuta works with no key of the secret', async () => {
    sandbox.aws.secrets.startRotation(secretArn, 'token');

    await expect(runStep('createSecret')).rejects.toThrow(
      /^cannot rotate the secret: the integration does not use its access key\. .*\[ROTATION_NOT_POSSIBLE\]$/,
    );
  });

  test('fails a rotation when its version is not pending', async () => {
    await expect(runStep('createSecret')).rejects.toThrow(
      /^version token of the secret is no longer pending: .*\[ROTATION_ABANDONED\]$/,
    );
  });

  test('fails a rotation when the integration is disabled', async () => {
    await startRotation();
    sandbox.integrations[0].status = 'disabled';

    await expect(runStep('setSecret', TOKEN)).rejects.toThrow(
      /^cannot rotate the access key of integration 101: it is 'disabled' .*\[ROTATION_INTEGRATION_NOT_READY\]$/,
    );
  });

  test('fails a rotation when its key was deleted', async () => {
    await startRotation();
    const { awsAccessKeyId } = sandbox.integrations[0].config;
    const accessKeyId = sandbox.aws.iam.accessKeyIds.find((id) => id !== awsAccessKeyId)!;
    sandbox.aws.iam.deleteAccessKey(accessKeyId);

    await expect(runStep('setSecret', TOKEN)).rejects.toThrow(
      `access key ${accessKeyId} of the rotation does not exist any more. Rotate again. [ROTATION_KEY_DELETED]`,
    );
  });

  test('fails a rotation when Immuta keeps the old key', async () => {
    await startRotation();

    await expect(runStep('testSecret', TOKEN)).rejects.toThrow(
      /^Immuta accepted .* integration 101, but shows another 'awsAccessKeyId' .*\[ACCESS_KEY_IGNORED\]$/,
    );
  });

  test('fails a rotation with what it waited for when Immuta takes longer than a run of the function', async () => {
    await startRotation();
    sandbox.integrations[0].status = 'editing';
    const begin = sandbox.clock.now();

    await expect(runStep('setSecret', TOKEN)).rejects.toThrow(
      new RegExp(
        String.raw`^the rotation timed out waiting for a steady status of integration 101 \(last status: ` +
          String.raw`integration 101 is 'editing'\)\. .*\[ROTATION_TIMEOUT\]$`,
      ),
    );
    // of 900 seconds, 45 are left for a request and the answer, and the last pause is 15 seconds at most
    expect(sandbox.clock.now() - begin).toBeLessThanOrEqual(855_000);
    expect(sandbox.clock.now() - begin).toBeGreaterThan(840_000);
  });

  test('fails a rotation when its step is unknown', async () => {
    await expect(runStep('rollBack')).rejects.toThrow(
      /^step of a rotation must be .*, got 'rollBack'\. .*\[ROTATION_STEP_UNKNOWN\]$/,
    );
    expect(sandbox.steps).toEqual(expect.arrayContaining(['received', 'failed']));
  });
});
