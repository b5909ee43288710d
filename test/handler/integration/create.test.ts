import { VALIDATION_TESTS } from '../../sandbox/immuta';
import {
  ACCESS_KEY_ARN,
  API_KEY,
  API_KEY_ARN,
  CONFIG,
  CREATE,
  HandlerSandbox,
  ID,
  IMMUTA_ROLE,
  MADE_BY_CREATE,
  MADE_BY_UPDATE,
  OTHER_ROLE,
  OWNER,
} from '../support/handler-sandbox';

const [EXISTING, NAME, , STS, , , NO_LOCATION] = VALIDATION_TESTS;
/** By its number: as a fault of Immuta's is given. */
const STS_TEST = 4;
const NO_LOCATION_TEST = 7;

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const posts = () => sandbox.countImmutaCalls('POST');

/** A POST is accepted, and a validation test fails later. */
const failLater = (number: number, times = Infinity) =>
  sandbox.immuta.faults.validation({ test: number, on: 'create', asynchronously: true, message: 'denied', times });

describe('Create', () => {
  test('creates an integration and responds when it is enabled', async () => {
    const answer = await sandbox.create();

    expect(answer).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
      StackId: expect.stringContaining('stack/Lake/'),
      RequestId: CREATE,
      LogicalResourceId: 'SalesLake',
      Data: { IntegrationId: '101', IntegrationName: CONFIG.name, IntegrationNameInJson: CONFIG.name },
    });
    expect(sandbox.integrations).toMatchObject([{ id: '101', status: 'enabled', config: CONFIG }]);
    expect(JSON.parse(sandbox.immuta.requests.find(({ method }) => method === 'POST')!.body)).toEqual({
      type: 'Native S3',
      autoBootstrap: false,
      config: CONFIG,
    });
  });

  test('names the integration after its location when no name was chosen', async () => {
    const answer = await sandbox.create({
      properties: { IntegrationName: undefined, LocationPath: 's3://sales/curated data/' },
    });

    expect(answer.Data!.IntegrationName).toMatch(
      /^111122223333-us-east-1-sales-curated-data-[0-9a-f]{12}-[0-9a-f]{12}$/,
    );
  });

  test('sends no role to assume when there is none', async () => {
    sandbox.immuta.identity.principal = IMMUTA_ROLE;
    await sandbox.create({ properties: { RoleToAssumeArn: undefined } });

    expect(sandbox.integrations[0].config).not.toHaveProperty('awsRoleToAssume');
  });

  test('sends the access key that the secret holds at that moment', async () => {
    const key = sandbox.createAccessKey('id', 'key');
    await sandbox.create({
      properties: {
        AuthenticationType: 'accessKey',
        RoleToAssumeArn: undefined,
        AccessKeySecretArn: ACCESS_KEY_ARN,
        AccessKeyIdField: 'id',
        SecretAccessKeyField: 'key',
      },
    });

    expect(sandbox.integrations).toMatchObject([
      { status: 'enabled', config: { authenticationType: 'accessKey', ...key } },
    ]);
  });

  test('waits out a status that is not known', async () => {
    sandbox.immuta.faults.http({
      method: 'GET',
      path: /101$/,
      behaviour: 'rewrite',
      set: { status: 'provisioning' },
      times: 2,
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('a repeated Create', () => {
  test('responds in the same way and creates nothing more when a Create is repeated', async () => {
    const event = sandbox.event('Create', CREATE);
    const first = await sandbox.deliver(event);
    const second = await sandbox.deliver(event, 120_000);

    expect(second).toEqual(first);
    expect(posts()).toBe(1);
  });

  test('resumes the integration of a concurrent run of the same Create', async () => {
    const event = sandbox.event('Create', CREATE);
    await Promise.all([sandbox.invoke(event), sandbox.invoke(event)]);

    expect(sandbox.integrations).toHaveLength(1);
    expect(sandbox.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(Array(2).fill(ID));
  });
});

describe('a POST', () => {
  test('finds the integration when the response to a POST is lost', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'lose' });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('finds the integration when the response to a POST is not JSON', async () => {
    sandbox.immuta.faults.http({
      method: 'POST',
      behaviour: 'replace',
      answer: { status: 200, body: '<html>gateway</html>' },
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('creates one integration when a lost POST does not appear in the list yet', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'lose' });
    sandbox.refuse('GET', 200, [], { path: /\/integrations$/, after: 1 });
    sandbox.refuse('POST', 409, 'Native S3 integration already exists.');

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.integrations).toHaveLength(1);
    expect(posts()).toBe(2);
  });

  test('lists and posts again when a POST fails with a server error', async () => {
    sandbox.refuse('POST', 503, 'Down for maintenance.');

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.immutaCalls.filter((call) => call.endsWith(' /integrations'))).toEqual([
      'GET /integrations',
      'POST /integrations',
      'GET /integrations',
      'POST /integrations',
      'GET /integrations', // after the response: another run may have failed to create it, too
    ]);
  });

  test('waits as long as Retry-After says before it posts again', async () => {
    sandbox.immuta.faults.http({
      method: 'POST',
      behaviour: 'answer',
      answer: { status: 429, headers: { 'retry-after': '37' }, body: { message: 'Too many.' } },
    });
    await sandbox.create();

    expect(sandbox.clock.sleeps[0]).toBe(37_000);
  });

  test('answers `unknown` when the responses to all POSTs are lost', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'reset', times: Infinity });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({
      Status: 'FAILED',
      PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
    });
    expect(answer.Reason).toMatch(/^no answer from Immuta at http:\/\/127\.0\.0\.1:\d+ to POST \/integrations: /);
  });

  test('sends no POST after the IAM propagation timeout', async () => {
    const begin = sandbox.clock.now();
    sandbox.immuta.switches.validationFailure = 'unprocessable-bare';
    sandbox.immuta.faults.validation({ test: STS_TEST, times: Infinity });
    const answer = await sandbox.create({ properties: { IamPropagationTimeoutSeconds: '120' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain('Validation of prerequisite setup failed. Unable to create integration');
    const sentAt = sandbox.immuta.requests.filter(({ method }) => method === 'POST').map(({ time }) => time - begin);
    expect(sentAt.length).toBeGreaterThan(5);
    expect(sentAt[sentAt.length - 1]).toBeGreaterThan(110_000);
    expect(sentAt[sentAt.length - 1]).toBeLessThanOrEqual(120_000);
  });

  test('sends no POST when the event arrives too late', async () => {
    const answer = await sandbox.create({ ageMs: 200_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(
      "cannot create the integration: the event is older than 'iamPropagationTimeout'. " +
        "Deploy again, or increase 'iamPropagationTimeout'. [CREATE_TOO_LATE]",
    );
    expect(posts()).toBe(0);
  });
});

describe('while IAM propagates', () => {
  test.each([
    ['existing', EXISTING, /Remove the integration that has this configuration/],
    ['name', NAME, /Set another 'integrationName'/],
    ['location', NO_LOCATION, /Remove the location that is registered/],
  ])('does not retry a Create when the %s test fails', async (_, name, hint) => {
    const validationTests = [
      { name, status: 'failed', message: 'Immuta says why.' },
      { name: STS, status: 'failed' },
    ];
    sandbox.refuse('POST', 422, {
      message: 'Validation failed.',
      validationResults: { status: 'failed', validationTests },
    });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`'${name}' failed: Immuta says why; '${STS}' failed`);
    expect(answer.Reason).toMatch(hint);
    expect(answer.Reason).toMatch(
      /Check that the trust policy of Immuta's role .* Then try again\. \[VALIDATION_TEST_FAILED\]$/,
    );
    expect(posts()).toBe(1);
  });

  test('responds with the ID and an explanation when a Create still ends in createError', async () => {
    failLater(STS_TEST);
    const answer = await sandbox.create();

    expect(answer.Status).toBe('FAILED');
    expect(sandbox.integrations).toMatchObject([{ status: 'createError' }]);
    expect(answer.PhysicalResourceId).toBe(`immuta-s3-integration/${sandbox.integrations[0].id}`);
    expect(answer.Reason).toMatch(
      /' failed: denied; .* Check that the trust policy of Immuta's role .* \[CREATE_FAILED\]$/,
    );
  });

  test('explains createError when deleting the failed integration takes too long', async () => {
    failLater(STS_TEST);
    sandbox.immuta.switches.durations.deleting = 200_000;
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`'${STS}' failed: denied`);
    expect(sandbox.integrations).toEqual([]);
    expect(posts()).toBe(1);
  });

  test('gives both reasons, and what AWS says, when a Create cannot delete its failed integration', async () => {
    failLater(STS_TEST);
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message: 'Not now.' });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`'createError'; .* failed: denied; it could not be deleted either: .*'deleteError'; Not now; ` +
          String.raw`AWS says that account 111122223333 has .*\[CREATE_FAILED\]$`,
      ),
    );
  });

  test('mentions createError when a Create runs out of time while it deletes its failed integration', async () => {
    failLater(STS_TEST);
    sandbox.immuta.switches.durations.deleting = Infinity;
    const { Reason } = await sandbox.create({ properties: { TimeoutSeconds: '420' } });

    expect(Reason).toMatch(
      new RegExp(
        String.raw`^timed out after 7 minutes .*\(last status: .* 'createError'; .* failed: denied\. Check .*; ` +
          String.raw`then integration 101 is 'deleting'\)`,
      ),
    );
  });

  test('mentions createError when a Create has no time left to replace its failed integration', async () => {
    sandbox.immuta.switches.durations.creating = 50_000;
    failLater(STS_TEST);
    const { Reason } = await sandbox.create({ properties: { TimeoutSeconds: '60' } });

    expect(Reason).toMatch(/^timed out after 1 minute .*\(last status: .* 'createError'; .* failed: denied\. Check /);
  });

  test('does not retry a denied call when the IAM propagation timeout is 0', async () => {
    sandbox.deny('s3-control', 1);
    const { Reason } = await sandbox.create({ properties: { IamPropagationTimeoutSeconds: '0' } });

    expect(Reason).toMatch(/not authorized to perform ListAccessGrantsLocations/);
    expect(sandbox.countAwsCalls('ListAccessGrantsLocations')).toBe(1);
  });

  test('creates an integration when the IAM propagation timeout is 0', async () => {
    expect(await sandbox.create({ properties: { IamPropagationTimeoutSeconds: '0' } })).toMatchObject({
      Status: 'SUCCESS',
    });
  });

  test('fails at once when IAM does not explain createError', async () => {
    failLater(NO_LOCATION_TEST);

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('retries denied calls of the function while IAM propagates', async () => {
    sandbox.deny('secretsmanager', 2);
    sandbox.deny('s3-control', 2);

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
    expect([sandbox.countAwsCalls('GetSecretValue'), sandbox.countAwsCalls('ListAccessGrantsLocations')]).toEqual([
      3, 3,
    ]);
  });

  test('fails and says what to check when calls are still denied after the IAM propagation timeout', async () => {
    sandbox.deny('s3-control', 1000);
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`not authorized to perform ListAccessGrantsLocations\. Check that the role of the handler ` +
          String.raw`function allows this, .*\[AWS_ACCESS_DENIED\]$`,
      ),
    );
    expect(posts()).toBe(0);
  });
});

describe('a location that is taken', () => {
  test('keeps an integration that it did not create, and describes it without credentials', async () => {
    sandbox.addRecord({
      id: '77',
      config: {
        name: 'finance',
        awsAccountId: '111122223333',
        awsRegion: 'us-east-1',
        awsLocationPath: 's3://sales',
        awsLocationRole: 'arn:aws:iam::111122223333:role/finance',
        authenticationType: 'accessKey',
        awsAccessKeyId: 'AKIAPLANTEDKEYID',
        awsSecretAccessKey: 'planted/secret+access/key',
      },
    });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(
      "'s3://sales/' in account 111122223333, us-east-1 already has Immuta's integration 77 ('finance', enabled), " +
        'which was not created by this resource: location role arn:aws:iam::111122223333:role/finance, ' +
          'authentication accessKey. Delete it in Immuta ' +
        "and deploy again, or keep it and set 'adopt' to '77', or refer to it with " +
          "ImmutaS3Integration.fromIntegrationId(…, '77'). " +
        '[LOCATION_HAS_OTHER_INTEGRATION]',
    );
    expect(sandbox.immutaCalls).toEqual(['GET /integrations']);
  });

  test('fails before it sends anything when the location is registered in S3 Access Grants', async () => {
    sandbox.aws.s3Control.pageSize = 1;
    await sandbox.addLocation('s3://');
    const { id } = await sandbox.addLocation('s3://sales', OTHER_ROLE);
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`location ${id} with the role ${OTHER_ROLE}`);
    expect(answer.Reason).toMatch(/, and deploy again\. \[LOCATION_ALREADY_REGISTERED\]$/);
    expect(answer.Reason).toContain(
      'aws s3control delete-access-grants-location --account-id 111122223333 --region us-east-1 ' +
        `--access-grants-location-id ${id}`,
    );
    expect(posts()).toBe(0);
  });

  test('creates an integration when another location only looks the same', async () => {
    sandbox.addRecord({ id: '77', config: { ...CONFIG, name: 'theirs', awsLocationPath: 's3://sales/x/' } });
    await sandbox.addLocation('s3://sales/x/*', OTHER_ROLE);

    expect(await sandbox.create({ properties: { LocationPath: 's3://sales/x' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('deletes a createError of an earlier Create of this resource', async () => {
    sandbox.addRecord({
      id: '8',
      status: 'createError',
      config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` },
    });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.immuta.integrations.get('8')).toBeUndefined();
  });

  test('keeps a working integration of an earlier Create of this resource', async () => {
    sandbox.addRecord({ id: '8', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`which an earlier deployment of this resource created and did not remove\. ` +
          String.raw`.*set 'adopt' to '8', or refer .*fromIntegrationId\(…, '8'\)\. ` +
          String.raw`\[LOCATION_HAS_RETAINED_INTEGRATION\]$`,
      ),
    );
    expect(sandbox.countImmutaCalls('DELETE')).toBe(0);
  });

  test('keeps the integration of another owner on the location', async () => {
    sandbox.addRecord({ id: '8', config: { ...CONFIG, name: 'sales-0123456789ab-0123456789ab' } });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`which another ImmutaS3Integration created: location role \S+, authentication auto, Immuta's role ` +
          String.raw`${IMMUTA_ROLE}\. .*set 'adopt' to '8' and 'integrationName' to its name, or refer to it with .*` +
          String.raw`\[LOCATION_HAS_INTEGRATION_OF_OTHER_OWNER\]$`,
      ),
    );
    expect(sandbox.countImmutaCalls('DELETE')).toBe(0);
  });

  test('quotes Immuta when a Create conflicts with something that only Immuta knows', async () => {
    sandbox.refuse('POST', 409, 'Access Grants location already exists on provided path.', { times: Infinity });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({
      Status: 'FAILED',
      PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
    });
    expect(answer.Reason).toBe(
      'Immuta answered 409 to POST /integrations: Access Grants location already exists on provided path. ' +
        'Look at the integrations of this path in Immuta: wait for a running change, or remove what conflicts, then ' +
          'try again. [IMMUTA_CONFLICT]',
    );
  });

  test('names an integration of another account when Immuta answers with a conflict', async () => {
    sandbox.addRecord({ id: '9', config: { ...CONFIG, name: 'theirs', awsAccountId: '444455556666' } });
    sandbox.refuse('POST', 409, 'Native S3 integration already exists.');

    expect((await sandbox.create()).Reason).toBe(
      'Immuta answered 409 to POST /integrations: Native S3 integration already exists; ' +
        "integration 9 ('theirs', enabled) is on 's3://sales/' in account 444455556666, us-east-1. " +
        'Look at the integrations of this path in Immuta: wait for a running change, or remove what conflicts, then ' +
          'try again. [IMMUTA_CONFLICT]',
    );
  });

  test('leaves it to Immuta to report a missing Access Grants instance', async () => {
    sandbox.aws.accessGrants.deleteInstance('111122223333', 'us-east-1');
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain('Check that the account has an S3 Access Grants instance in this Region');
    expect(posts()).toBe(1);
  });
});

describe('a Create that fails', () => {
  test('fails a Create when its record is deleted meanwhile', async () => {
    sandbox.clock.at(sandbox.clock.now() + 15_000, () => sandbox.immuta.integrations.clear());
    const answer = await sandbox.create();

    expect(answer).toMatchObject({
      Status: 'FAILED',
      PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
    });
    expect(answer.Reason).toBe(
      'integration 101 was deleted while it was being created. Deploy again to create it. ' +
        '[INTEGRATION_DELETED_DURING_CREATE]',
    );
    expect(posts()).toBe(1);
  });

  test('answers `none` and names the secret, but not the key, when the API key is rejected', async () => {
    sandbox.refuse('GET', 401, `Bad token ${API_KEY}`, { times: Infinity });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(
      'Immuta answered 401 to GET /integrations: Bad token [redacted]; ' +
        `it rejects the API key in secret '${API_KEY_ARN}'. Store an API key of this tenant in the secret, then try ` +
          'again. [API_KEY_REJECTED]',
    );
    expect(sandbox.countAwsCalls('GetSecretValue')).toBe(2);
  });

  test('answers `unknown` when the API key is rejected after an earlier attempt', async () => {
    sandbox.immuta.apiKeys.clear();

    expect(await sandbox.create({ ageMs: 70_000 })).toMatchObject({
      Status: 'FAILED',
      PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
    });
  });

  test('answers `none` when the list shows that an earlier attempt created nothing', async () => {
    sandbox.refuse('POST', 400, '"config.awsRoleToAssume" is not allowed');
    const answer = await sandbox.create({ ageMs: 70_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(
      'Immuta answered 400 to POST /integrations: "config.awsRoleToAssume" is not allowed. Correct what Immuta ' +
        'names, ' +
        'or ask its support if S3 integrations are enabled for this tenant, then try again. [IMMUTA_REQUEST_REFUSED]',
    );
  });

  test('responds with the ID when a refused POST created an integration all the same', async () => {
    failLater(NO_LOCATION_TEST);
    const message = 'Validation of prerequisite setup failed. Unable to create integration.';
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'replace', answer: { status: 422, body: { message } } });

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
  });

  test('names the permission that the API key lacks', async () => {
    sandbox.refuse('GET', 403, 'Insufficient scope');
    const answer = await sandbox.create();

    expect(answer.Reason).toBe(
      'Immuta answered 403 to GET /integrations: Insufficient scope. ' +
        'Give the permission APPLICATION_ADMIN in Immuta to the user of the API key, then try again. ' +
          '[API_KEY_NOT_PERMITTED]',
    );
  });

  test('responds to a Create when properties are missing', async () => {
    const answer = await sandbox.create({ event: { ResourceProperties: undefined } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(
      "the custom resource lacks its property 'AccountId'. Deploy the stack with the CDK again. [PROPERTY_MISSING]",
    );
  });

  test.each([
    ['AccountId', {}],
    ['Region', {}],
    ['LocationPath', {}],
    ['LocationRoleArn', {}],
    ['Generation', {}],
    ['AuthenticationType', {}],
    ['AccessKeySecretArn', { AuthenticationType: 'accessKey' }],
  ])('names the missing property %s', async (name, properties) => {
    const { Reason } = await sandbox.create({ properties: { ...properties, [name]: undefined } });

    expect(Reason).toContain(`lacks its property '${name}'`);
    expect(sandbox.immuta.requests).toEqual([]);
  });

  test('reports the last status when a Create runs out of time', async () => {
    sandbox.immuta.switches.durations.creating = Infinity;
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe(
      "timed out after 30 minutes waiting for the integration of 's3://sales/' in account 111122223333, us-east-1 to " +
        'be enabled ' +
        "(last status: integration 101 is 'creating'). Look at the resource in Immuta or AWS, and increase 'timeout' " +
          'if it only needs more time. [TIMEOUT]',
    );
    expect(posts()).toBe(1);
  });
});
