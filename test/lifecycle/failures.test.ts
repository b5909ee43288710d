import { User } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  carryOut, changes, failure, GOOD, inOrder, lake, leftovers, NOTHING, prepare, shortAnswers, STACK_NAME, useSandbox,
} from './faults/fixture';
import { ImmutaAuthentication } from '../../src';
import { AwsError } from '../sandbox/aws';
import { DEFAULT_API_KEY, VALIDATION_TESTS } from '../sandbox/immuta';
import { SANDBOX_ENV } from '../sandbox/sandbox';

// One failure of each class. What a handler decides in all cases: test/handler/.
// Each test ends with the sandbox's own search for secrets.
const sandbox = useSandbox();

describe("an error of Immuta's API", () => {
  test('fails the deployment at once, names the secret and leaves nothing when Immuta answers 401', async () => {
    sandbox.current.immuta.apiKeys.clear();

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(
      /401 .*it rejects the API key in secret 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta\/api-key'/,
    );
    expect(changes(sandbox.current)).toEqual([]);
    expect(shortAnswers(sandbox.current)).toEqual([
      'FAILED immuta-s3-integration/none',
      'SUCCESS immuta-s3-integration/none',
    ]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  const DOWN = { status: 503, body: '<html>Service Unavailable</html>' };

  test('answers `unknown` when a Create cannot know whether it created, and its Delete searches', async () => {
    const { immuta, responses } = sandbox.current;
    immuta.faults.http({ method: 'POST', behaviour: 'lose' });
    const untilAnswered = () => {
      if (responses.answers.length > 0) immuta.faults.clear();
    };
    immuta.faults.http({
      path: /integrations/,
      after: 1,
      times: Infinity,
      behaviour: 'answer',
      answer: DOWN,
      run: untilAnswered,
    });

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    const unknown = /^(FAILED|SUCCESS) (immuta-s3-integration\/unknown\/[0-9a-f]{12})$/;
    const [created, deleted] = shortAnswers(sandbox.current).map((answer) => unknown.exec(answer)!.slice(1));
    expect([created, deleted]).toEqual([
      ['FAILED', created[1]],
      ['SUCCESS', created[1]],
    ]);
    expect(changes(sandbox.current).pop()).toBe('DELETE /integrations/101');
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('a rejected API key', () => {
  test('fails an update and a deletion without changes when the API key is revoked, then deletes', async () => {
    const { apiKeys } = sandbox.current.immuta;
    await prepare(sandbox.current, 'Update');
    apiKeys.delete(DEFAULT_API_KEY);
    const reason = expect.stringMatching(
      /Immuta answered 401 .*it rejects the API key in secret '\S+'\. Store an API key of this tenant in the secret/,
    );

    expect(await carryOut(sandbox.current, 'Update')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101', 'FAILED 101'],
      stack: 'UPDATE_ROLLBACK_FAILED',
      reason,
    });
    expect(await carryOut(sandbox.current, 'Delete')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101'],
      stack: 'DELETE_FAILED',
      reason,
    });

    apiKeys.set(DEFAULT_API_KEY, ['APPLICATION_ADMIN']);
    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('a failed validation test', () => {
  const NUMBER = 6;
  const FAILED = `'${VALIDATION_TESTS[NUMBER - 1]}' failed: Immuta says so`;

  test('fails the deployment and leaves nothing when a test fails with the request', async () => {
    sandbox.current.immuta.faults.validation({ test: NUMBER, times: Infinity, message: 'Immuta says so.' });

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toContain(FAILED);
    expect(shortAnswers(sandbox.current)).toEqual([
      'FAILED immuta-s3-integration/none',
      'SUCCESS immuta-s3-integration/none',
    ]);
    expect(changes(sandbox.current).every((call) => call === 'POST /integrations')).toBe(true);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('fails the deployment and deletes the record when a test fails later, as createError', async () => {
    sandbox.current.immuta.faults.validation({
      test: NUMBER,
      times: Infinity,
      on: 'create',
      asynchronously: true,
      message: 'Immuta says so.',
    });

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toContain("'createError'");
    expect(failure(result)).toContain(FAILED);
    const lastId = 100 + changes(sandbox.current).filter((call) => call.startsWith('POST')).length;
    expect(shortAnswers(sandbox.current)).toEqual([
      `FAILED immuta-s3-integration/${lastId}`,
      `SUCCESS immuta-s3-integration/${lastId}`,
    ]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('fails the deletion when a test fails later, as deleteError, and succeeds at the next try', async () => {
    await sandbox.current.deploy(lake(sandbox.current));
    sandbox.current.immuta.faults.validation({
      test: NUMBER,
      on: 'delete',
      asynchronously: true,
      message: 'Immuta says so.',
    });

    const result = await sandbox.current.destroy(STACK_NAME);
    expect(result.status).toBe('DELETE_FAILED');
    expect(failure(result)).toContain(
      `Immuta did not delete the integration: integration 101 is 'deleteError'; ${FAILED}`,
    );

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(shortAnswers(sandbox.current).slice(1)).toEqual([
      'FAILED immuta-s3-integration/101',
      'SUCCESS immuta-s3-integration/101',
    ]);
  });
});

describe('a secret', () => {
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

  test('sends the access key of a user to Immuta and nowhere else', async () => {
    expect(await sandbox.current.deploy(lakeWithAccessKey())).toMatchObject({ status: 'CREATE_COMPLETE' });

    const [record] = sandbox.current.immuta.integrations.values();
    expect(record).toMatchObject({ status: 'enabled', config: { awsSecretAccessKey: accessKey().secretAccessKey } });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('redacts the access key when the message of a failed test quotes it', async () => {
    const stack = lakeWithAccessKey();
    const message = `InvalidClientTokenId: ${Object.values(accessKey()).join(' with ')}`;
    sandbox.current.immuta.faults.validation({ test: 4, times: Infinity, message });

    const result = await sandbox.current.deploy(stack);

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(/failed: InvalidClientTokenId/);
  });

  test('fails the deployment and names the secret when the API-key secret is empty', async () => {
    sandbox.current.aws.secrets.putSecretValue('immuta/api-key', '');

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toContain('arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta/api-key');
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('an outage of AWS', () => {
  /** Fails every request for some virtual seconds from the handler's next request on. Calling the result repeats it. */
  function breakDown(service: string, error: AwsError, seconds: number): () => void {
    const { aws, clock } = sandbox.current;
    let endsAt: number | undefined;
    aws.route(service, async (request, next) => {
      endsAt ??= clock.now() + seconds * 1000;
      if (clock.now() < endsAt) throw error;
      return next(request);
    });
    return () => { endsAt = undefined; };
  }

  test('succeeds when S3 Access Grants is unavailable for a minute', async () => {
    const again = breakDown('s3-control', new AwsError(503, 'SlowDown', 'Reduce your request rate.'), 60);
    for (const operation of ['Create', 'Update', 'Delete'] as const) {
      again();

      expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);
    }
  });

  test('fails in minutes with the cause and leaves nothing when Secrets Manager stays unavailable', async () => {
    const start = sandbox.current.clock.now();
    breakDown('secretsmanager', new AwsError(500, 'InternalServiceError', 'Try later.'), Infinity);

    expect(await carryOut(sandbox.current, 'Create')).toEqual({
      immuta: [],
      answers: ['FAILED none', 'SUCCESS none'],
      stack: 'ROLLBACK_COMPLETE',
      reason: expect.stringMatching(
        new RegExp(
          String.raw`AWS Secrets Manager failed to process GetSecretValue of '.*': InternalServiceError: Try ` +
            String.raw`later\. .*\[AWS_UNAVAILABLE\]`,
        ),
      ),
    });

    expect(sandbox.current.responses.answers[0].at - start).toBeLessThan(4 * 60_000);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('IAM that is eventually consistent', () => {
  test.each([
    ['at once', 'unprocessable'],
    ['later, as createError', 'createError'],
  ] as const)(
    'waits until new roles and policies take effect when Immuta notices %s',
    async (_when, validationFailure) => {
      sandbox.current.aws.iam.propagationMs = 60_000;
      sandbox.current.immuta.switches.validationFailure = validationFailure;

      expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });

      expect(leftovers(sandbox.current).integrations).toEqual([{ id: expect.any(String), status: 'enabled' }]);
      expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
      expect(leftovers(sandbox.current)).toEqual(NOTHING);
    },
  );

  test('fails after iamPropagationTimeout when a role never takes effect', async () => {
    sandbox.current.aws.iam.propagationMs = Infinity;
    const start = sandbox.current.clock.now();

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(/secretsmanager:GetSecretValue/);
    expect(sandbox.current.clock.now() - start).toBeLessThan(5 * 60_000);
    expect(shortAnswers(sandbox.current)).toEqual([
      'FAILED immuta-s3-integration/none',
      'SUCCESS immuta-s3-integration/none',
    ]);
    expect(changes(sandbox.current)).toEqual([]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('what is not documented', () => {
  test('creates, updates and deletes when S3 names the location to assume the location role', async () => {
    sandbox.current.aws.accessGrants.sourceArn = 'location';

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(
      await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ integrationName: 'sales' }) })),
    ).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(shortAnswers(sandbox.current)).toEqual(Array(3).fill('SUCCESS immuta-s3-integration/101'));
  });

  test('deletes an integration to which Immuta has added grants', async () => {
    await sandbox.current.deploy(lake(sandbox.current));
    const { accessGrants } = sandbox.current.aws;
    const [{ id }] = accessGrants.locations(SANDBOX_ENV.account, SANDBOX_ENV.region);
    accessGrants.createGrant(SANDBOX_ENV.account, SANDBOX_ENV.region, id, 'arn:aws:iam::111122223333:role/analyst');

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});
