import { VALIDATION_TESTS } from '../../sandbox/immuta';
import {
  ACCESS_KEY_ARN, API_KEY, API_KEY_ARN, CONFIG, CREATE, HandlerSandbox, ID, IMMUTA_ROLE, MADE_BY_CREATE, MADE_BY_UPDATE, OTHER_ROLE, OWNER,
} from '../support/handler-sandbox';

const [EXISTING, NAME, , STS, , , NO_LOCATION] = VALIDATION_TESTS;
/** By its number: as a fault of Immuta's is given. */
const STS_TEST = 4;
const NO_LOCATION_TEST = 7;

let sandbox: HandlerSandbox;
beforeEach(async () => { sandbox = await HandlerSandbox.start(); });
afterEach(() => sandbox.close());

const posts = () => sandbox.countImmutaCalls('POST');

/** A POST is accepted, and a validation test fails later. */
const failLater = (number: number, times = Infinity) =>
  sandbox.immuta.faults.validation({ test: number, on: 'create', asynchronously: true, message: 'denied', times });

describe('the integration', () => {
  test('is made, and answered for when it is enabled', async () => {
    const answer = await sandbox.create();

    expect(answer).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
      StackId: expect.stringContaining('stack/Lake/'),
      RequestId: CREATE,
      LogicalResourceId: 'SalesLake',
      Data: { IntegrationId: '101', IntegrationName: CONFIG.name },
    });
    expect(sandbox.integrations).toMatchObject([{ id: '101', status: 'enabled', config: CONFIG }]);
    expect(JSON.parse(sandbox.immuta.requests.find(({ method }) => method === 'POST')!.body)).toEqual({
      type: 'Native S3',
      autoBootstrap: false,
      config: CONFIG,
    });
  });

  test('has a name that tells where it is if none was chosen', async () => {
    const answer = await sandbox.create({ properties: { IntegrationName: undefined, LocationPath: 's3://sales/curated data/' } });

    expect(answer.Data!.IntegrationName).toMatch(/^111122223333-us-east-1-sales-curated-data-[0-9a-f]{12}-[0-9a-f]{12}$/);
  });

  test('gets no role to assume if none is given', async () => {
    sandbox.immuta.identity.principal = IMMUTA_ROLE;
    await sandbox.create({ properties: { RoleToAssumeArn: undefined } });

    expect(sandbox.integrations[0].config).not.toHaveProperty('awsRoleToAssume');
  });

  test('gets the access key that the secret holds at that moment', async () => {
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

    expect(sandbox.integrations).toMatchObject([{ status: 'enabled', config: { authenticationType: 'accessKey', ...key } }]);
  });

  test('is waited for through a status that nobody knows', async () => {
    sandbox.immuta.faults.http({ method: 'GET', path: /101$/, behaviour: 'rewrite', set: { status: 'provisioning' }, times: 2 });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('a repeated Create', () => {
  test('answers the same and makes nothing more', async () => {
    const event = sandbox.event('Create', CREATE);
    const first = await sandbox.deliver(event);
    const second = await sandbox.deliver(event, 120_000);

    expect(second).toEqual(first);
    expect(posts()).toBe(1);
  });

  test('at the same time takes up what the other one makes', async () => {
    const event = sandbox.event('Create', CREATE);
    await Promise.all([sandbox.invoke(event), sandbox.invoke(event)]);

    expect(sandbox.integrations).toHaveLength(1);
    expect(sandbox.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(Array(2).fill(ID));
  });
});

describe('a POST', () => {
  test('whose answer is lost is found, not repeated', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'lose' });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('whose answer is not JSON is found, not repeated', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'replace', answer: { status: 200, body: '<html>gateway</html>' } });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('that was lost and shows in no list yet is not doubled', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'lose' });
    sandbox.refuse('GET', 200, [], { path: /\/integrations$/, after: 1 });
    sandbox.refuse('POST', 409, 'Native S3 integration already exists.');

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.integrations).toHaveLength(1);
    expect(posts()).toBe(2);
  });

  test('that failed at a server error is sent again after a list', async () => {
    sandbox.refuse('POST', 503, 'Down for maintenance.');

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.immutaCalls.filter((call) => call.endsWith(' /integrations'))).toEqual([
      'GET /integrations', 'POST /integrations', 'GET /integrations', 'POST /integrations',
    ]);
  });

  test('waits as long as Immuta asks for', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'answer', answer: { status: 429, headers: { 'retry-after': '37' }, body: { message: 'Too many.' } } });
    await sandbox.create();

    expect(sandbox.clock.sleeps[0]).toBe(37_000);
  });

  test('whose answers are all lost leaves it open whether there is an integration', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'reset', times: Infinity });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` });
    expect(answer.Reason).toMatch(/^no answer from Immuta at http:\/\/127\.0\.0\.1:\d+ to POST \/integrations: /);
  });

  test('is never sent later than the IAM propagation time-out', async () => {
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

  test('is not sent for an event that comes too late', async () => {
    const answer = await sandbox.create({ ageMs: 200_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe("it is too late to create the integration: the event is older than 'iamPropagationTimeout'. "
      + "Deploy again, or increase 'iamPropagationTimeout'. [CREATE_TOO_LATE]");
    expect(posts()).toBe(0);
  });
});

describe('while IAM propagates', () => {
  test.each([
    ['existing', EXISTING, /Remove the integration that has this configuration/],
    ['name', NAME, /Set another 'integrationName'/],
    ['location', NO_LOCATION, /Remove the location that is registered/],
  ])('a failing %s test is not', async (_, name, hint) => {
    const validationTests = [{ name, status: 'failed', message: 'Immuta says why.' }, { name: STS, status: 'failed' }];
    sandbox.refuse('POST', 422, { message: 'Validation failed.', validationResults: { status: 'failed', validationTests } });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`'${name}' failed: Immuta says why; '${STS}' failed`);
    expect(answer.Reason).toMatch(hint);
    expect(answer.Reason).toMatch(/Check that the trust policy of Immuta's role .* Then try again\. \[VALIDATION_TEST_FAILED\]$/);
    expect(posts()).toBe(1);
  });

  test('a createError that stays is answered with its id, and explained', async () => {
    failLater(STS_TEST);
    const answer = await sandbox.create();

    expect(answer.Status).toBe('FAILED');
    expect(sandbox.integrations).toMatchObject([{ status: 'createError' }]);
    expect(answer.PhysicalResourceId).toBe(`immuta-s3-integration/${sandbox.integrations[0].id}`);
    expect(answer.Reason).toMatch(/' failed: denied; .* Check that the trust policy of Immuta's role .* \[CREATE_FAILED\]$/);
  });

  test('a createError whose deletion takes too long is what the failure tells about', async () => {
    failLater(STS_TEST);
    sandbox.immuta.switches.durations.deleting = 200_000;
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`'${STS}' failed: denied`);
    expect(sandbox.integrations).toEqual([]);
    expect(posts()).toBe(1);
  });

  test('a createError that cannot be deleted is explained with both reasons', async () => {
    failLater(STS_TEST);
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message: 'Not now.' });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(/'createError'; .* failed: denied; it could not be deleted either: .*'deleteError'; Not now; .*\[CREATE_FAILED\]$/);
  });

  test('a createError whose deletion takes for ever is told about when time is over', async () => {
    failLater(STS_TEST);
    sandbox.immuta.switches.durations.deleting = Infinity;
    const { Reason } = await sandbox.create({ properties: { TimeoutSeconds: '600' } });

    expect(Reason).toMatch(/^timed out after 10 minutes .*\(last status: .* 'createError'; .* failed: denied\. Check .*; then integration 101 is 'deleting'\)/);
  });

  test('a createError for which there is no more time is told about', async () => {
    sandbox.immuta.switches.durations.creating = 50_000;
    failLater(STS_TEST);
    const { Reason } = await sandbox.create({ properties: { TimeoutSeconds: '60' } });

    expect(Reason).toMatch(/^timed out after 1 minute .*\(last status: .* 'createError'; .* failed: denied\. Check /);
  });

  test('of no time at all, the first failure is the last', async () => {
    sandbox.deny('s3-control', 1);
    const { Reason } = await sandbox.create({ properties: { IamPropagationTimeoutSeconds: '0' } });

    expect(Reason).toMatch(/not authorized to perform ListAccessGrantsLocations/);
    expect(sandbox.countAwsCalls('ListAccessGrantsLocations')).toBe(1);
  });

  test('of no time at all, an integration is made all the same', async () => {
    expect(await sandbox.create({ properties: { IamPropagationTimeoutSeconds: '0' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('another createError is answered at once', async () => {
    failLater(NO_LOCATION_TEST);

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(posts()).toBe(1);
  });

  test('our own refused calls are tried again', async () => {
    sandbox.deny('secretsmanager', 2);
    sandbox.deny('s3-control', 2);

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
    expect([sandbox.countAwsCalls('GetSecretValue'), sandbox.countAwsCalls('ListAccessGrantsLocations')]).toEqual([3, 3]);
  });

  test('our own refused calls fail when it should be over, saying what is missing', async () => {
    sandbox.deny('s3-control', 1000);
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(/not authorized to perform ListAccessGrantsLocations\. Check that the role of the handler function allows this, .*\[AWS_ACCESS_DENIED\]$/);
    expect(posts()).toBe(0);
  });
});

describe('a location that is taken', () => {
  test('by an integration of somebody else is left alone, and described without its credentials', async () => {
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
    expect(answer.Reason).toBe("'s3://sales/' in account 111122223333, us-east-1 already has Immuta's integration 77 ('finance', enabled), "
      + 'which was not created by this resource: location role arn:aws:iam::111122223333:role/finance, authentication accessKey. Delete it in Immuta '
      + "and deploy again, or keep it and set 'adopt' to '77', or refer to it with ImmutaS3Integration.fromIntegrationId(…, '77'). "
      + '[LOCATION_HAS_OTHER_INTEGRATION]');
    expect(sandbox.immutaCalls).toEqual(['GET /integrations']);
  });

  test('in S3 Access Grants fails before anything is sent', async () => {
    sandbox.aws.s3Control.pageSize = 1;
    await sandbox.addLocation('s3://');
    const { id } = await sandbox.addLocation('s3://sales', OTHER_ROLE);
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`location ${id} with the role ${OTHER_ROLE}`);
    expect(answer.Reason).toMatch(/, and deploy again\. \[LOCATION_ALREADY_REGISTERED\]$/);
    expect(answer.Reason).toContain('aws s3control delete-access-grants-location --account-id 111122223333 --region us-east-1 '
      + `--access-grants-location-id ${id}`);
    expect(posts()).toBe(0);
  });

  test('is not taken by what only looks the same', async () => {
    sandbox.addRecord({ id: '77', config: { ...CONFIG, name: 'theirs', awsLocationPath: 's3://sales/x/' } });
    await sandbox.addLocation('s3://sales/x/*');

    expect(await sandbox.create({ properties: { LocationPath: 's3://sales/x' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('by a createError of an earlier Create of this resource is cleared', async () => {
    sandbox.addRecord({ id: '8', status: 'createError', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.immuta.integrations.get('8')).toBeUndefined();
  });

  test('by a working integration of an earlier Create of this resource is left alone', async () => {
    sandbox.addRecord({ id: '8', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(/which an earlier deployment of this resource created and did not remove\. .*fromIntegrationId\(…, '8'\)\. \[LOCATION_HAS_RETAINED_INTEGRATION\]$/);
    expect(sandbox.countImmutaCalls('DELETE')).toBe(0);
  });

  test('as only Immuta can see is said in Immuta\'s words', async () => {
    sandbox.refuse('POST', 409, 'Access Grants location already exists on provided path.');
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe('Immuta answered 409 to POST /integrations: Access Grants location already exists on provided path. '
      + 'Look at the integrations of this path in Immuta: wait for a running change, or remove what conflicts, then try again. [IMMUTA_CONFLICT]');
    expect(posts()).toBe(1);
  });

  test('in another account is named when Immuta minds', async () => {
    sandbox.addRecord({ id: '9', config: { ...CONFIG, name: 'theirs', awsAccountId: '444455556666' } });
    sandbox.refuse('POST', 409, 'Native S3 integration already exists.');

    expect((await sandbox.create()).Reason).toBe('Immuta answered 409 to POST /integrations: Native S3 integration already exists; '
      + "integration 9 ('theirs', enabled) is on 's3://sales/' in account 444455556666, us-east-1. "
      + 'Look at the integrations of this path in Immuta: wait for a running change, or remove what conflicts, then try again. [IMMUTA_CONFLICT]');
  });

  test('is free where there is no instance: that is for Immuta to say', async () => {
    sandbox.aws.accessGrants.deleteInstance('111122223333', 'us-east-1');
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain('Check that the account has an S3 Access Grants instance in this Region');
    expect(posts()).toBe(1);
  });
});

describe('a Create that cannot go on', () => {
  test('stops when its record vanishes', async () => {
    sandbox.clock.at(sandbox.clock.now() + 15_000, () => sandbox.immuta.integrations.clear());
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe('integration 101 was deleted while it was being created. Deploy again to create it. [INTEGRATION_DELETED_DURING_CREATE]');
    expect(posts()).toBe(1);
  });

  test('with a wrong API key made nothing, says which secret it is, and does not quote it', async () => {
    sandbox.refuse('GET', 401, `Bad token ${API_KEY}`, { times: Infinity });
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe('Immuta answered 401 to GET /integrations: Bad token [redacted]; '
      + `it rejects the API key in secret '${API_KEY_ARN}'. Store an API key of this tenant in the secret, then try again. [API_KEY_REJECTED]`);
    expect(sandbox.countAwsCalls('GetSecretValue')).toBe(2);
  });

  test('with a wrong API key cannot know what an earlier attempt made', async () => {
    sandbox.immuta.apiKeys.clear();

    expect(await sandbox.create({ ageMs: 70_000 })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` });
  });

  test('after an attempt that made nothing knows it from the list', async () => {
    sandbox.refuse('POST', 400, '"config.awsRoleToAssume" is not allowed');
    const answer = await sandbox.create({ ageMs: 70_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe('Immuta answered 400 to POST /integrations: "config.awsRoleToAssume" is not allowed. Correct what Immuta names, '
      + 'or ask its support if S3 integrations are enabled for this tenant, then try again. [IMMUTA_REQUEST_REFUSED]');
  });

  test('after a refusal that made something all the same answers with its id', async () => {
    failLater(NO_LOCATION_TEST);
    const message = 'Validation of prerequisite setup failed. Unable to create integration.';
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'replace', answer: { status: 422, body: { message } } });

    expect(await sandbox.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
  });

  test('for want of permission says which', async () => {
    sandbox.refuse('GET', 403, 'Insufficient scope');
    const answer = await sandbox.create();

    expect(answer.Reason).toBe('Immuta answered 403 to GET /integrations: Insufficient scope. '
      + 'Give the permission APPLICATION_ADMIN in Immuta to the user of the API key, then try again. [API_KEY_NOT_PERMITTED]');
  });

  test('without its properties is answered all the same', async () => {
    const answer = await sandbox.create({ event: { ResourceProperties: undefined } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe("the custom resource lacks its property 'AccountId'. Deploy the stack with the CDK again. [PROPERTY_MISSING]");
  });

  test('whose time is over says what it last saw', async () => {
    sandbox.immuta.switches.durations.creating = Infinity;
    const answer = await sandbox.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe("timed out after 30 minutes waiting for the integration of 's3://sales/' in account 111122223333, us-east-1 to be enabled "
      + "(last status: integration 101 is 'creating'). Look at the resource in Immuta or AWS, and increase 'timeout' if it only needs more time. [TIMEOUT]");
    expect(posts()).toBe(1);
  });
});
