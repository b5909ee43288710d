import { isHealthCheckEvent } from '../../../src/handler/health/check-health';
import { json } from '../../sandbox/aws';
import {
  API_KEY_ARN, CONFIG, HandlerSandbox, IMMUTA_ROLE, OTHER_IMMUTA_ROLE, OTHER_ROLE,
} from '../support/handler-sandbox';
import { Checked, EXPECTED, runCheck, TENANT_URL } from '../support/health';

let sandbox: HandlerSandbox;

beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const names = ({ findings }: Checked) => findings.map(({ finding }) => finding);

/** The value of a metric in the line that has it. */
const valueOf = ({ metrics }: Checked, name: string) =>
  metrics.map((line) => line[name]).filter((value) => value !== undefined);

const CREATED_BY_HAND = { name: 'by hand' };

test('finds nothing wrong when all is as deployed', async () => {
  await sandbox.addIntegration();

  const checked = await runCheck(sandbox);

  expect(checked.findings).toEqual([expect.objectContaining({
    level: 'info', step: 'finding', integrationId: '101', finding: 'Healthy', status: 'enabled',
  })]);
  expect(checked.metrics).toEqual([
    {
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [{
          Namespace: 'ImmutaS3Integration',
          Dimensions: [['Tenant'], ['Tenant', 'IntegrationId']],
          Metrics: [
            { Name: 'Healthy', Unit: 'Count' },
            { Name: 'FailingTests', Unit: 'Count' },
            { Name: 'Drift', Unit: 'Count' },
            { Name: 'LatencyMs', Unit: 'Milliseconds' },
          ],
        }],
      },
      Tenant: TENANT_URL,
      IntegrationId: '101',
      Healthy: 1,
      FailingTests: 0,
      Drift: 0,
      LatencyMs: 0,
      level: 'info',
      message: 'Healthy 1, FailingTests 0, Drift 0, LatencyMs 0',
    },
    {
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [{
          Namespace: 'ImmutaS3Integration',
          Dimensions: [['Tenant', 'Finding'], ['Tenant', 'IntegrationId', 'Finding']],
          Metrics: [{ Name: 'Findings', Unit: 'Count' }],
        }],
      },
      Tenant: TENANT_URL,
      IntegrationId: '101',
      Finding: 'Healthy',
      Findings: 1,
      level: 'info',
      message: 'Findings 1',
    },
  ]);
  expect(sandbox.immutaCalls).toEqual(['GET /integrations/101']);
  expect(sandbox.countAwsCalls('DescribeStacks')).toBe(0);
  expect(sandbox.steps).not.toContain('findings-not-sent');
});

test('reports the failing tests of the periodic validation', async () => {
  await sandbox.addIntegration({
    status: 'recurringValidationError',
    validationResults: {
      status: 'failed',
      validationTests: [
        { name: 'The provided integration name is unique across Immuta S3 integrations', status: 'passed' },
        {
          name: 'The provided S3 path exists and Immuta can list prefixes',
          status: 'failed',
          message: 'User is not authorized to perform: s3:ListBucket.',
        },
      ],
    },
  });

  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['ValidationFailing']);
  const { message } = checked.findings[0];
  expect(message).toContain(
    "integration 101 is 'recurringValidationError': 'The provided S3 path exists and Immuta can list prefixes' failed: "
      + 'User is not authorized to perform: s3:ListBucket. Check that the bucket exists in this Region, and that',
  );
  expect(message).toMatch(/\. Then wait for the next check of Immuta\. \[HEALTH_VALIDATION_FAILING\]$/);
  expect(valueOf(checked, 'Healthy')).toEqual([0]);
  expect(valueOf(checked, 'FailingTests')).toEqual([1]);
  expect(valueOf(checked, 'Finding')).toEqual(['ValidationFailing']);
});

test.each([
  [
    'There is no existing integration matching this configuration',
    'Look for another integration with this configuration in Immuta: the test may also mean this one',
  ],
  [
    'The provided integration name is unique across Immuta S3 integrations',
    "Set another 'integrationName' if another S3 integration has this name",
  ],
  [
    'An AWS Access Grants location does not yet exist for the provided path',
    'Keep the location that is registered on this path, because it may be the one of this integration, and ask '
      + "Immuta's support why the test fails",
  ],
])('does not advise to remove what the integration itself has: %s', async (name, hint) => {
  await sandbox.addIntegration({
    status: 'recurringValidationError',
    validationResults: { status: 'failed', validationTests: [{ name, status: 'failed', message: 'It exists.' }] },
  });

  expect((await runCheck(sandbox)).findings.map(({ message }) => message)).toEqual([
    `integration 101 is 'recurringValidationError': '${name}' failed: It exists. ${hint}. Then wait for the next check `
      + 'of Immuta. [HEALTH_VALIDATION_FAILING]',
  ]);
});

test.each(['createError', 'editError', 'deleteError', 'migrateError'])('reports the status %s', async (status) => {
  await sandbox.addIntegration({ status });

  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['ErrorStatus']);
  expect(checked.findings[0].message).toBe(
    `integration 101 is '${status}'. Correct what Immuta names, then change 'revision' of the ImmutaS3Integration and `
      + 'deploy. [HEALTH_ERROR_STATUS]',
  );
  expect(valueOf(checked, 'Healthy')).toEqual([0]);
});

test('reports a disabled integration', async () => {
  await sandbox.addIntegration({ status: 'disabled' });

  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['Disabled']);
  expect(checked.findings[0].message).toMatch(/^integration 101 is 'disabled'\. Enable it .* \[HEALTH_DISABLED\]$/);
  expect(sandbox.immutaCalls).toEqual(['GET /integrations/101']);
});

test.each([
  ['recurringValidationError', undefined, "is 'recurringValidationError': Immuta names no failed test. "],
  ['recurringValidationError', 'The role is gone.', "is 'recurringValidationError': The role is gone. "],
  ['editError', 'The role is gone.', "is 'editError'; The role is gone. "],
])('quotes the message of an integration that does not work: %s, %s', async (status, message, expected) => {
  await sandbox.addIntegration({ status, message });

  expect((await runCheck(sandbox)).findings[0].message).toContain(expected);
});

test.each(['creating', 'editing', 'deleting', 'migrating', 'somethingNew'])(
  'finds nothing wrong while Immuta has the status %s',
  async (status) => {
    await sandbox.addIntegration({ status, config: { ...CONFIG, name: 'other' } });

    const checked = await runCheck(sandbox);

    expect(names(checked)).toEqual(['Healthy']);
    expect(valueOf(checked, 'Healthy')).toEqual([1]);
  },
);

test('reports a deleted integration', async () => {
  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['RecordMissing']);
  expect(checked.findings[0].message).toMatch(
    /^the tenant has no S3 integration 101\. If 'url' of the ImmutaTenant was changed, .* \[HEALTH_RECORD_MISSING\]$/,
  );
});

test('reports a location that is not registered', async () => {
  sandbox.addRecord();

  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['LocationMismatch']);
  expect(checked.findings[0].message).toMatch(
    /^no location is registered on 's3:.* us-east-1, and integration 101 needs a .* \[HEALTH_LOCATION_MISMATCH\]$/,
  );
});

test('reports a location that is not registered when another one has its role', async () => {
  sandbox.addRecord();
  await sandbox.addLocation('s3://sales/other/*');

  expect(names(await runCheck(sandbox))).toEqual(['LocationMismatch']);
});

test('reports a location with another role', async () => {
  sandbox.addRecord();
  const { id } = await sandbox.addLocation('s3://sales/*', OTHER_ROLE);

  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['LocationMismatch']);
  expect(checked.findings[0].message).toContain(
    `location ${id} on 's3://sales/' in account 111122223333, us-east-1 has`,
  );
});

test('reports that the S3 Access Grants instance is missing', async () => {
  sandbox.addRecord();
  sandbox.aws.accessGrants.deleteInstance('111122223333', 'us-east-1');

  const checked = await runCheck(sandbox);

  expect(checked.findings).toEqual([expect.objectContaining({
    finding: 'LocationMismatch',
    message: expect.stringMatching(/^account 111122223333 has no S3 Access Grants instance in us-east-1, and .*\]$/),
  })]);
});

test.each([
  ['name', CREATED_BY_HAND, `name is 'by hand' instead of '${CONFIG.name}'`],
  ['location role', { awsLocationRole: OTHER_ROLE }, `awsLocationRole is '${OTHER_ROLE}' instead of`],
  ['role to assume', { awsRoleToAssume: OTHER_IMMUTA_ROLE }, `awsRoleToAssume is '${OTHER_IMMUTA_ROLE}' instead of`],
  ['path', { awsLocationPath: 's3://other/' }, "awsLocationPath is 's3://other/' instead of 's3://sales/'"],
  ['account', { awsAccountId: '444455556666' }, "awsAccountId is '444455556666' instead of '111122223333'"],
  ['Region', { awsRegion: 'eu-west-1' }, "awsRegion is 'eu-west-1' instead of 'us-east-1'"],
] as const)('reports another %s as drift', async (_, config, description) => {
  await sandbox.addLocation();
  sandbox.addRecord({ config: { ...CONFIG, ...config } });

  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['Drift']);
  expect(checked.findings[0].message).toContain(`integration 101 differs from what was deployed: ${description}`);
  expect(checked.findings[0].message).toMatch(/ \[HEALTH_DRIFT\]$/);
  expect(valueOf(checked, 'Drift')).toEqual([1]);
  expect(valueOf(checked, 'Healthy')).toEqual([0]);
});

test('takes a role to assume that Immuta does not show for the one that was deployed', async () => {
  await sandbox.addLocation();
  sandbox.addRecord({ config: { ...CONFIG, awsRoleToAssume: undefined } });

  expect(names(await runCheck(sandbox))).toEqual(['Healthy']);
});

test('reports another name also when Immuta does not show the role to assume', async () => {
  await sandbox.addLocation();
  sandbox.addRecord({ config: { ...CONFIG, name: 'by hand', awsRoleToAssume: undefined } });

  expect(names(await runCheck(sandbox))).toEqual(['Drift']);
});

test('reports an access key in place of the role as one difference', async () => {
  const key = sandbox.createAccessKey();
  await sandbox.addIntegration({
    config: { ...CONFIG, authenticationType: 'accessKey', awsRoleToAssume: undefined, ...key },
  });

  const checked = await runCheck(sandbox);

  expect(checked.findings[0].message).toContain(": authenticationType is 'accessKey' instead of 'auto'. ");
  expect(valueOf(checked, 'Drift')).toEqual([1]);
});

test('asks each instance of S3 Access Grants for its own locations', async () => {
  await sandbox.addIntegration();
  const elsewhere = { ...CONFIG, name: 'other', awsRegion: 'eu-west-1' };
  const { id } = sandbox.addRecord({ id: '102', config: elsewhere });

  const other = { ...EXPECTED, IntegrationId: id, IntegrationName: 'other', Region: 'eu-west-1' };
  const checked = await runCheck(sandbox, { integrations: [EXPECTED, other] });

  expect(names(checked)).toEqual(['Healthy', 'LocationMismatch']);
  expect(checked.findings[1].message).toMatch(/^account 111122223333 has no S3 Access Grants instance in eu-west-1/);
});

test('counts each field that differs, and each finding, in the metrics', async () => {
  sandbox.addRecord({ status: 'editError', config: { ...CONFIG, name: 'by hand', awsLocationRole: OTHER_ROLE } });

  const checked = await runCheck(sandbox);

  expect(names(checked)).toEqual(['ErrorStatus', 'Drift', 'LocationMismatch']);
  expect(checked.findings[1].message).toContain(`instead of '${CONFIG.name}', awsLocationRole is `);
  expect(valueOf(checked, 'Drift')).toEqual([2]);
  expect(valueOf(checked, 'Finding')).toEqual(['ErrorStatus', 'Drift', 'LocationMismatch']);
});

describe('with an access key', () => {
  const withKey = { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined } as const;
  const secretArn = (name: string) => `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}`;

  test('finds nothing wrong when Immuta has the key of the secret', async () => {
    const key = sandbox.createAccessKey();
    await sandbox.addIntegration({ config: { ...CONFIG, authenticationType: 'accessKey', ...key } });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: secretArn('immuta/access-key') };
    expect(names(await runCheck(sandbox, { integrations: [expected] }))).toEqual(['Healthy']);
  });

  test('compares the access key of each integration with its own secret', async () => {
    const createKey = (name: string) => {
      const { accessKeyId, secretAccessKey } = sandbox.aws.iam.createAccessKey('immuta');
      sandbox.aws.secrets.createSecret(name, JSON.stringify({ accessKeyId, secretAccessKey }));
      return { awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey };
    };
    sandbox.aws.iam.createUser({ userName: 'immuta' });
    const integrations = [];
    for (const id of ['101', '102']) {
      const config = { ...CONFIG, name: `sales-${id}`, awsLocationPath: `s3://sales/${id}/` };
      await sandbox.addIntegration({ id, config: { ...config, authenticationType: 'accessKey', ...createKey(id) } });
      integrations.push({
        ...EXPECTED,
        ...withKey,
        IntegrationId: id,
        IntegrationName: config.name,
        LocationPath: config.awsLocationPath,
        AccessKeySecretArn: secretArn(id),
      });
    }

    expect(names(await runCheck(sandbox, { scope: 'tenant', integrations }))).toEqual(['Healthy', 'Healthy']);
  });

  test('reports another access key as drift, without printing it', async () => {
    sandbox.createAccessKey();
    const other = sandbox.aws.iam.createAccessKey('immuta');
    await sandbox.addIntegration({
      config: {
        ...CONFIG,
        authenticationType: 'accessKey',
        awsAccessKeyId: other.accessKeyId,
        awsSecretAccessKey: other.secretAccessKey,
      },
    });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: secretArn('immuta/access-key') };
    const checked = await runCheck(sandbox, { integrations: [expected] });

    expect(names(checked)).toEqual(['Drift']);
    expect(checked.findings[0].message).toContain(
      `awsAccessKeyId is not that of secret '${secretArn('immuta/access-key')}'`,
    );
    expect(JSON.stringify(checked)).not.toContain(other.accessKeyId);
  });

  test.each(['AWSCURRENT', 'AWSPENDING'])('accepts the managed access key with the label %s', async (label) => {
    const { awsAccessKeyId, awsSecretAccessKey } = sandbox.createAccessKey();
    const { secrets } = sandbox.aws;
    const value = (accessKeyId: string) => JSON.stringify({ accessKeyId, secretAccessKey: 'secret-0123456789abcdef' });
    const current = label === 'AWSCURRENT' ? awsAccessKeyId! : 'AKIAOTHER0000000';
    const { arn } = secrets.createSecret('immuta/managed', value(current));
    if (label === 'AWSPENDING') {
      secrets.putSecretValue(arn, value(awsAccessKeyId!), { labels: ['AWSPENDING'] });
    }
    await sandbox.addIntegration({
      config: { ...CONFIG, authenticationType: 'accessKey', awsAccessKeyId, awsSecretAccessKey },
    });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: arn, AccessKeyUserName: 'immuta' };
    expect(names(await runCheck(sandbox, { integrations: [expected] }))).toEqual(['Healthy']);
  });

  test('finds nothing wrong when a rotation has not stored its managed access key yet', async () => {
    const key = sandbox.createAccessKey();
    const value = JSON.stringify({ accessKeyId: key.awsAccessKeyId, secretAccessKey: key.awsSecretAccessKey });
    const { arn } = sandbox.aws.secrets.createSecret('immuta/managed', value);
    sandbox.aws.secrets.startRotation(arn, 'token');
    await sandbox.addIntegration({ config: { ...CONFIG, authenticationType: 'accessKey', ...key } });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: arn, AccessKeyUserName: 'immuta' };
    expect(names(await runCheck(sandbox, { integrations: [expected] }))).toEqual(['Healthy']);
  });

  test('finds nothing wrong when an update is about to give Immuta other credentials', async () => {
    const key = sandbox.createAccessKey();
    const value = JSON.stringify({ accessKeyId: key.awsAccessKeyId, secretAccessKey: key.awsSecretAccessKey });
    const { arn } = sandbox.aws.secrets.createSecret('immuta/managed', value);
    sandbox.aws.secrets.putSecretValue(arn, '{}', { labels: ['AWSPENDING'] });
    await sandbox.addIntegration({ config: { ...CONFIG, authenticationType: 'accessKey', ...key } });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: arn, AccessKeyUserName: 'immuta' };
    expect(names(await runCheck(sandbox, { integrations: [expected] }))).toEqual(['Healthy']);
  });

  test('reports an access key as drift when no managed one is left', async () => {
    const key = sandbox.createAccessKey();
    const { arn } = sandbox.aws.secrets.createSecret('immuta/managed', '{}');
    await sandbox.addIntegration({ config: { ...CONFIG, authenticationType: 'accessKey', ...key } });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: arn, AccessKeyUserName: 'immuta' };
    expect(names(await runCheck(sandbox, { integrations: [expected] }))).toEqual(['Drift']);
  });

  test.each([
    ['integration', 'the secret of the user', {}, secretArn('immuta/access-key')],
    ['tenant', 'the secret of the user', {}, secretArn('immuta/access-key')],
    ['tenant', 'a managed secret', { AccessKeyUserName: 'immuta' }, secretArn('immuta/access-key')],
  ] as const)('redacts in a check of one %s what Immuta quotes of %s', async (scope, _, more, AccessKeySecretArn) => {
    const key = sandbox.createAccessKey();
    sandbox.immuta.switches.omitsKeys = true;
    await sandbox.addIntegration({
      status: 'editError',
      config: { ...CONFIG, authenticationType: 'accessKey', ...key },
      message: `InvalidClientTokenId: ${key.awsAccessKeyId} with ${key.awsSecretAccessKey}`,
    });

    const expected = { ...EXPECTED, ...withKey, ...more, AccessKeySecretArn };
    const { findings } = await runCheck(sandbox, { scope, integrations: [expected] });
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringContaining("is 'editError'; InvalidClientTokenId: [redacted] with [redacted]. "),
    ]);
  });

  test('redacts what Immuta quotes of a field with another name and a line break', async () => {
    const key = sandbox.createAccessKey('id', 'key');
    const value = { id: `${key.awsAccessKeyId}\n`, key: `${key.awsSecretAccessKey}\n` };
    sandbox.aws.secrets.putSecretValue(secretArn('immuta/access-key'), JSON.stringify(value));
    sandbox.immuta.switches.omitsKeys = true;
    await sandbox.addIntegration({
      status: 'editError',
      config: { ...CONFIG, authenticationType: 'accessKey', ...key },
      message: `SignatureDoesNotMatch: ${key.awsSecretAccessKey}`,
    });

    const secret = { AccessKeySecretArn: secretArn('immuta/access-key'), AccessKeyIdField: 'id' };
    const expected = { ...EXPECTED, ...withKey, ...secret, SecretAccessKeyField: 'key' };
    const { findings } = await runCheck(sandbox, { integrations: [expected] });
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringContaining("is 'editError'; SignatureDoesNotMatch: [redacted]. "),
    ]);
  });

  test('reports the access key before a rotation as drift', async () => {
    const { awsAccessKeyId, awsSecretAccessKey } = sandbox.createAccessKey();
    const { secrets } = sandbox.aws;
    const value = (accessKeyId: string) => JSON.stringify({ accessKeyId, secretAccessKey: 'secret-0123456789abcdef' });
    const { arn } = secrets.createSecret('immuta/managed', value(awsAccessKeyId!));
    secrets.putSecretValue(arn, value('AKIAOTHER0000000'));
    await sandbox.addIntegration({
      config: { ...CONFIG, authenticationType: 'accessKey', awsAccessKeyId, awsSecretAccessKey },
    });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: arn, AccessKeyUserName: 'immuta' };
    expect(names(await runCheck(sandbox, { integrations: [expected] }))).toEqual(['Drift']);
  });

  test('reports a role in place of the access key as one difference', async () => {
    sandbox.createAccessKey();
    await sandbox.addIntegration();

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: secretArn('immuta/access-key') };
    const checked = await runCheck(sandbox, { integrations: [expected] });
    expect(names(checked)).toEqual(['Drift']);
    expect(valueOf(checked, 'Drift')).toEqual([1]);
  });

  test('reports a secret with an access key that cannot be read', async () => {
    const key = sandbox.createAccessKey();
    await sandbox.addIntegration({ config: { ...CONFIG, authenticationType: 'accessKey', ...key } });

    const expected = { ...EXPECTED, ...withKey, AccessKeySecretArn: secretArn('immuta/deleted') };
    const checked = await runCheck(sandbox, { integrations: [expected] });

    expect(checked.findings).toEqual([
      expect.objectContaining({ finding: 'UnexpectedAnswer', code: 'SECRET_NOT_READABLE' }),
    ]);
    expect(valueOf(checked, 'Drift')).toEqual([0]);
  });
});

describe('with diagnosePermissions', () => {
  const expected = { ...EXPECTED, DiagnosedPrincipalArn: IMMUTA_ROLE, BucketAccountId: '111122223333' };

  test('finds nothing wrong when the policy simulator denies nothing', async () => {
    await sandbox.addIntegration();

    expect(names(await runCheck(sandbox, { integrations: [expected] }))).toEqual(['Healthy']);
  });

  test('reports the actions that are denied', async () => {
    await sandbox.addIntegration();
    sandbox.aws.iam.putRolePolicy(IMMUTA_ROLE, 'all', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', NotAction: ['s3:ListBucket', 's3:DeleteAccessGrant'], Resource: '*' }],
    });

    const checked = await runCheck(sandbox, { integrations: [expected] });

    expect(names(checked)).toEqual(['PermissionMissing']);
    const { message } = checked.findings[0];
    expect(message).toMatch(/^AWS's .* A deployment restores no policy that its .* \[HEALTH_PERMISSION_MISSING\]$/);
    expect(message).toMatch(/ is denied s3:\w+ on \S+ \([^)]+\), s3:\w+ on \S+ \([^)]+\)/);
    expect(message).toContain('s3:ListBucket on ');
    expect(message).toContain('s3:DeleteAccessGrant on ');
  });
});

describe('when the record cannot be read', () => {
  test('finds nothing wrong after a single lost answer', async () => {
    await sandbox.addIntegration();
    sandbox.refuse('GET', 503, 'Try later');

    expect(names(await runCheck(sandbox))).toEqual(['Healthy']);
  });

  test('reports that Immuta does not answer for a minute', async () => {
    await sandbox.addIntegration();
    sandbox.refuse('GET', 503, 'Try later', { times: Infinity });

    const checked = await runCheck(sandbox);

    expect(checked.findings).toEqual([
      expect.objectContaining({ finding: 'NoAnswer', code: 'IMMUTA_UNAVAILABLE' }),
    ]);
    expect(valueOf(checked, 'Healthy')).toEqual([0]);
    expect(Number(valueOf(checked, 'LatencyMs')[0])).toBeGreaterThanOrEqual(60_000);
    expect(Number(valueOf(checked, 'LatencyMs')[0])).toBeLessThan(90_000);
  });

  test('reports that Immuta does not answer before the function ends', async () => {
    await sandbox.addIntegration();
    sandbox.refuse('GET', 503, 'Try later', { times: Infinity });

    const checked = await runCheck(sandbox, { remainingMs: 70_000 });

    expect(checked.findings).toEqual([
      expect.objectContaining({
        finding: 'NoAnswer',
        message: expect.stringMatching(/^the health check timed out waiting for Immuta .* \[HEALTH_CHECK_TIMEOUT\]$/),
      }),
    ]);
  });

  test.each([[401, 'API_KEY_REJECTED'], [403, 'API_KEY_NOT_PERMITTED']])(
    'reports the API key when Immuta answers %d',
    async (status, code) => {
      await sandbox.addIntegration();
      sandbox.refuse('GET', status, 'No', { times: 2 });

      const { findings } = await runCheck(sandbox);
      expect(findings).toEqual([expect.objectContaining({ finding: 'ApiKeyRejected', code })]);
    },
  );

  test.each([
    [200, '<html>Sign in</html>', 'IMMUTA_RESPONSE_INVALID'],
    [400, { message: 'What?' }, 'IMMUTA_REQUEST_REFUSED'],
  ] as const)('reports an unexpected answer of status %d', async (status, body, code) => {
    await sandbox.addIntegration();
    sandbox.refuse('GET', status, body as string, { times: Infinity });

    const { findings } = await runCheck(sandbox);
    expect(findings).toEqual([expect.objectContaining({ finding: 'UnexpectedAnswer', code })]);
  });

  test('reports an environment without a tenant', async () => {
    sandbox.environment = { API_KEY_SECRET_ARN: API_KEY_ARN };

    expect((await runCheck(sandbox)).findings).toEqual([
      expect.objectContaining({ finding: 'UnexpectedAnswer', code: 'ENVIRONMENT_INCOMPLETE' }),
    ]);
  });

  test('reports each integration, and calls no tenant, when the CAs cannot be read', async () => {
    sandbox.aws.buckets.createBucket('certificates');
    Object.assign(sandbox.environment, {
      CA_CERTIFICATES_BUCKET: 'certificates', CA_CERTIFICATES_KEY: 'acme/root.pem',
    });

    const { findings } = await runCheck(sandbox, { integrations: [EXPECTED, { ...EXPECTED, IntegrationId: '102' }] });

    expect(findings).toMatchObject(['101', '102'].map((integrationId) => ({
      integrationId,
      finding: 'UnexpectedAnswer',
      message: expect.stringMatching(
        /^cannot read object 's3:\/\/certificates\/acme\/root\.pem' of 'caCertificates': /,
      ),
      code: 'CA_CERTIFICATES_NOT_READABLE',
    })));
    expect(sandbox.immutaCalls).toEqual([]);
  });
});

test.each([
  [403, 'AccessDenied', 'UnexpectedAnswer', 'AWS_ACCESS_DENIED'],
  [503, 'SlowDown', 'NoAnswer', 'AWS_UNAVAILABLE'],
])('reports that S3 Access Grants answers %d', async (status, error, finding, code) => {
  await sandbox.addIntegration();
  sandbox.failAws('s3-control', status, error, 'No.');
  const start = sandbox.clock.now();

  expect((await runCheck(sandbox)).findings).toEqual([expect.objectContaining({ finding, code })]);
  expect(sandbox.clock.now() - start).toBeLessThan(15_000);
});

test('asks CloudFormation once, and reports the differences when it does not answer', async () => {
  await sandbox.addIntegration({ config: { ...CONFIG, name: 'renamed' } });
  sandbox.failAws('cloudformation', 503, 'SlowDown', 'No.');

  const checked = await runCheck(sandbox, { scope: 'tenant', integrations: [EXPECTED, EXPECTED] });

  expect(names(checked)).toEqual(['Drift', 'Drift']);
  expect(sandbox.countAwsCalls('DescribeStacks')).toBe(1);
});

describe('while CloudFormation changes the stack', () => {
  const answer = (status: string) => {
    process.env.AWS_ENDPOINT_URL_CLOUDFORMATION = sandbox.aws.url;
    sandbox.aws.route('cloudformation', async () => ({
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: '<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Lake</StackName>'
        + `<StackStatus>${status}</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    }));
  };
  afterEach(() => { delete process.env.AWS_ENDPOINT_URL_CLOUDFORMATION; });

  test.each(['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'])(
    'reports no difference while CloudFormation changes the stack (%s)',
    async (status) => {
      answer(status);
      await sandbox.addIntegration({ config: { ...CONFIG, name: 'renamed' } });

      const checked = await runCheck(sandbox);

      expect(names(checked)).toEqual(['Healthy']);
      expect(valueOf(checked, 'Healthy')).toEqual([1]);
      expect(valueOf(checked, 'Drift')).toEqual([0]);
    },
  );

  test.each([[401, 'ApiKeyRejected'], [503, 'NoAnswer'], [400, 'UnexpectedAnswer']])(
    'reports that Immuta answers %d even while CloudFormation changes the stack: %s',
    async (status, finding) => {
      answer('UPDATE_IN_PROGRESS');
      sandbox.refuse('GET', status, 'No', { times: Infinity });

      expect(names(await runCheck(sandbox))).toEqual([finding]);
    },
  );

  test('reports only what the deployment does not explain', async () => {
    answer('UPDATE_IN_PROGRESS');
    await sandbox.addIntegration({ config: { ...CONFIG, name: 'renamed' } });
    sandbox.failAws('s3-control', 403, 'AccessDenied', 'No.');

    expect(names(await runCheck(sandbox))).toEqual(['UnexpectedAnswer']);
  });

  test('asks CloudFormation once for all integrations', async () => {
    answer('UPDATE_IN_PROGRESS');
    const integrations = [EXPECTED, { ...EXPECTED, IntegrationId: '102' }];
    await sandbox.addIntegration({ config: { ...CONFIG, name: 'renamed' } });
    sandbox.addRecord({ config: { ...CONFIG, name: 'renamed, too' } });

    expect(names(await runCheck(sandbox, { integrations }))).toEqual(['Healthy', 'Healthy']);
    expect(sandbox.countAwsCalls('DescribeStacks')).toBe(1);
  });

  test.each(['UPDATE_COMPLETE', 'UPDATE_ROLLBACK_FAILED'])('reports drift in a stack with %s', async (status) => {
    answer(status);
    await sandbox.addIntegration({ config: { ...CONFIG, name: 'renamed' } });

    expect(names(await runCheck(sandbox))).toEqual(['Drift']);
  });
});

describe('with an event bus', () => {
  const eventBusArn = 'arn:aws:events:us-east-1:111122223333:event-bus/data';
  const sent: any[] = [];
  const answer = (entry: object) => {
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = sandbox.aws.url;
    sandbox.aws.route('events', async ({ operation, input }) => {
      expect(operation).toBe('PutEvents');
      sent.push(input.Entries);
      return json({ Entries: input.Entries.map(() => entry) });
    });
  };
  afterEach(() => {
    sent.length = 0;
    delete process.env.AWS_ENDPOINT_URL_EVENTBRIDGE;
  });

  test('sends an event for each finding to the event bus', async () => {
    answer({ EventId: '1' });
    await sandbox.addIntegration({ status: 'disabled' });
    await runCheck(sandbox, { eventBusArn });

    expect(sent).toEqual([[{
      EventBusName: eventBusArn,
      Source: 'cdk-immuta-s3-integration',
      DetailType: 'Immuta Integration Health',
      Detail: expect.anything(),
    }]]);
    expect(JSON.parse(sent[0][0].Detail)).toEqual({
      tenant: TENANT_URL,
      integrationId: '101',
      integrationName: CONFIG.name,
      location: 's3://sales/',
      finding: 'Disabled',
      status: 'disabled',
      code: 'HEALTH_DISABLED',
      message: expect.stringMatching(/^integration 101 is 'disabled'\. /),
    });
  });

  test('sends ten events with a request to the event bus, also of healthy integrations', async () => {
    answer({ EventId: '1' });
    await sandbox.addIntegration();
    await runCheck(sandbox, { scope: 'tenant', integrations: Array(12).fill(EXPECTED), eventBusArn });

    expect(sent.map(({ length }) => length)).toEqual([10, 2]);
    expect(JSON.parse(sent[0][0].Detail)).toMatchObject({ finding: 'Healthy', status: 'enabled' });
  });

  test('sends an event also when the check has no time left', async () => {
    answer({ EventId: '1' });
    await sandbox.addIntegration();
    sandbox.refuse('GET', 503, 'Try later', { run: () => void sandbox.clock.advance(20_000) });
    await runCheck(sandbox, { eventBusArn, remainingMs: 70_000 });

    expect(sent.flat().map(({ Detail }) => JSON.parse(Detail))).toMatchObject([
      { finding: 'NoAnswer', code: 'HEALTH_CHECK_TIMEOUT' },
    ]);
  });

  test('sends the findings again when the event bus is busy', async () => {
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = sandbox.aws.url;
    sandbox.failAws('events', 503, 'ServiceUnavailable');
    sandbox.clock.at(sandbox.clock.now() + 3_000, () => answer({ EventId: '1' }));
    await sandbox.addIntegration();
    await runCheck(sandbox, { eventBusArn });

    expect(sent).toHaveLength(1);
    expect(sandbox.steps).not.toContain('findings-not-sent');
  });

  test('reports the findings in the log when the event bus refuses them', async () => {
    answer({ ErrorCode: 'NotAuthorized', ErrorMessage: 'No.' });
    await sandbox.addIntegration();

    expect(names(await runCheck(sandbox, { eventBusArn }))).toEqual(['Healthy']);
    expect(sandbox.steps).toContain('findings-not-sent');
  });
});

describe('a check of a tenant', () => {
  test('sends one request to Immuta and one to S3 Access Grants for all integrations', async () => {
    const integrations = [];
    for (let number = 0; number < 150; number++) {
      const path = `s3://sales/${number}/`;
      const { id } = await sandbox.addIntegration({ config: { ...CONFIG, name: `n${number}`, awsLocationPath: path } });
      integrations.push({ ...EXPECTED, IntegrationId: id, IntegrationName: `n${number}`, LocationPath: path });
    }

    const checked = await runCheck(sandbox, { scope: 'tenant', integrations });

    expect(names(checked)).toEqual(Array(150).fill('Healthy'));
    expect(sandbox.immutaCalls).toEqual(['GET /integrations']);
    // one list: the sandbox shows two locations on a page
    expect(sandbox.aws.requests.filter(({ service }) => service === 's3-control')).toHaveLength(75);
  });

  test('sends no other request to Immuta for an integration that Immuta is changing', async () => {
    await sandbox.addIntegration({ status: 'editing' });

    expect(names(await runCheck(sandbox, { scope: 'tenant' }))).toEqual(['Healthy']);
    expect(sandbox.immutaCalls).toEqual(['GET /integrations']);
  });

  test('writes metrics of each integration and of the stack when the check is that of a tenant', async () => {
    await sandbox.addIntegration();

    const checked = await runCheck(sandbox, {
      scope: 'tenant',
      integrations: [EXPECTED, { ...EXPECTED, IntegrationId: '404' }],
    });

    expect(checked.findings.map(({ finding, ...line }) => [(line as any).integrationId, finding])).toEqual([
      ['101', 'Healthy'],
      ['404', 'RecordMissing'],
    ]);
    expect(checked.metrics.filter(({ Healthy }) => Healthy !== undefined)).toEqual([
      expect.objectContaining({ IntegrationId: '101', Stack: 'Lake', Healthy: 1 }),
      expect.objectContaining({ IntegrationId: '404', Stack: 'Lake', Healthy: 0 }),
    ]);
    expect((checked.metrics[0] as any)._aws.CloudWatchMetrics[0].Dimensions).toEqual([
      ['Tenant'],
      ['Tenant', 'IntegrationId'],
      ['Tenant', 'Stack'],
    ]);
  });
});

test('redacts the credentials of each integration that does not work when the check is that of a tenant', async () => {
  const message = (secret: string) => `the key ${secret} is not active`;
  const secrets = Array.from({ length: 12 }, (_, number) => `secret-access-key-0123456789abcde${number}`);
  const integrations = [];
  for (const secret of secrets) {
    const config = {
      ...CONFIG, name: secret.slice(-2), awsLocationPath: `s3://sales/${secret.slice(-2)}/`, awsSecretAccessKey: secret,
    };
    const test = { name: 'Some test', status: 'failed' as const, message: message(secret) };
    const { id } = await sandbox.addIntegration({
      status: 'recurringValidationError', config, validationResults: { status: 'failed', validationTests: [test] },
    });
    const { awsLocationPath: LocationPath, name: IntegrationName } = config;
    integrations.push({ ...EXPECTED, IntegrationId: id, IntegrationName, LocationPath });
  }

  const checked = await runCheck(sandbox, { scope: 'tenant', integrations });

  expect(sandbox.immutaCalls).toHaveLength(1 + secrets.length);
  expect(names(checked)).toEqual(secrets.map(() => 'ValidationFailing'));
  checked.findings.forEach(({ message: text }) => expect(text).toContain("'Some test' failed: the key [redacted]"));
  expect(secrets.filter((secret) => JSON.stringify(checked).includes(secret))).toEqual([]);
});

describe('a check of a tenant that lists records with credentials', () => {
  const second = { ...CONFIG, name: 'second', awsLocationPath: 's3://sales/second/' };
  const integrations = [
    EXPECTED, { ...EXPECTED, IntegrationId: '102', IntegrationName: 'second', LocationPath: second.awsLocationPath },
  ];

  test('redacts those of an integration of the stack, also in what Immuta says about another one', async () => {
    const secret = 'secret-access-key-0123456789abcdef';
    await sandbox.addIntegration({ config: { ...CONFIG, awsSecretAccessKey: secret } });
    await sandbox.addIntegration({ status: 'editError', config: second, message: `the key ${secret} is not active` });

    const checked = await runCheck(sandbox, { scope: 'tenant', integrations });
    expect(names(checked)).toEqual(['Healthy', 'ErrorStatus']);
    expect(checked.findings[1].message).toContain("is 'editError'; the key [redacted] is not active");
  });

  test('does not redact what another owner has given Immuta as a secret', async () => {
    await sandbox.addIntegration({ config: { ...CONFIG, name: 'by hand' } });
    await sandbox.addIntegration({ config: second });
    const others = { ...CONFIG, name: 'others', awsLocationPath: 's3://others/', awsSecretAccessKey: CONFIG.name };
    sandbox.immuta.addRecord({ config: others });

    const checked = await runCheck(sandbox, { scope: 'tenant', integrations });
    expect(names(checked)).toEqual(['Drift', 'Healthy']);
    expect(checked.findings[0].message).toContain(`name is 'by hand' instead of '${CONFIG.name}'`);
  });
});

test.each([
  [{ HealthCheck: { Integrations: [] } }, true],
  [{ HealthCheck: {} }, false],
  [{ RequestType: 'Create', HealthCheck: 'integration' }, false],
  [{ Step: 'createSecret' }, false],
  [undefined, false],
])('recognizes the event of a health check: %j', (event, expected) => {
  expect(isHealthCheckEvent(event)).toBe(expected);
});
