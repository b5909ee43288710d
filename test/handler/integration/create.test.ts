import { sendJson } from '../../support/http-server';
import { ACCESS_KEY_ARN, API_KEY_ARN, CONFIG, MADE_BY_CREATE, MADE_BY_UPDATE, OWNER, ROLE, World } from '../support/world';

const STS = "The provided AWS credentials allow fetching the caller's identity via the AWS STS API";
const NO_LOCATION = 'An AWS Access Grants location does not yet exist for the provided path';

let world: World;
beforeEach(async () => { world = await World.start(); });
afterEach(() => world.close());

const posts = () => world.immuta.count('POST');

describe('the integration', () => {
  test('is made, and answered for when it is enabled', async () => {
    const answer = await world.create();

    expect(answer).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'immuta-s3-integration/1001',
      StackId: expect.stringContaining('stack/Lake/'),
      RequestId: 'c1b2c3d4-0000-4000-8000-000000000001',
      LogicalResourceId: 'SalesLake',
      Data: { IntegrationId: '1001', IntegrationName: CONFIG.name },
    });
    expect(world.immuta.integrations).toMatchObject([{ id: '1001', status: 'enabled', config: CONFIG }]);
    expect(JSON.parse(world.immuta.http.requests.find(({ method }) => method === 'POST')!.body)).toEqual({
      type: 'Native S3',
      autoBootstrap: false,
      config: CONFIG,
    });
  });

  test('has a name that tells where it is if none was chosen', async () => {
    const answer = await world.create({ properties: { IntegrationName: undefined, LocationPath: 's3://sales/curated data/' } });

    expect(answer.Data!.IntegrationName).toMatch(/^111122223333-us-east-1-sales-curated-data-[0-9a-f]{12}-[0-9a-f]{12}$/);
  });

  test('gets no role to assume if none is given', async () => {
    await world.create({ properties: { RoleToAssumeArn: undefined } });

    expect(world.immuta.integrations[0].config).not.toHaveProperty('awsRoleToAssume');
  });

  test('gets the access key that the secret holds at that moment', async () => {
    world.aws.secrets.set(ACCESS_KEY_ARN, JSON.stringify({ id: 'AKIAPLANTEDKEYID', key: 'planted/secret+access/key' }));
    await world.create({
      properties: {
        AuthenticationType: 'accessKey',
        RoleToAssumeArn: undefined,
        AccessKeySecretArn: ACCESS_KEY_ARN,
        AccessKeyIdField: 'id',
        SecretAccessKeyField: 'key',
      },
    });

    expect(world.immuta.integrations[0].config).toMatchObject({
      authenticationType: 'accessKey',
      awsAccessKeyId: 'AKIAPLANTEDKEYID',
      awsSecretAccessKey: 'planted/secret+access/key',
    });
  });

  test('is waited for through a status that nobody knows', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'provisioning', 'enabled'] }];

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('a repeated Create', () => {
  test('answers the same and makes nothing more', async () => {
    const event = world.event('Create', 'c1b2c3d4-0000-4000-8000-000000000001');
    const first = await world.deliver(event);
    const second = await world.deliver(event, 120_000);

    expect(second).toEqual(first);
    expect(posts()).toBe(1);
  });

  test('at the same time takes up what the other one makes', async () => {
    const event = world.event('Create', 'c1b2c3d4-0000-4000-8000-000000000001');
    await Promise.all([world.invoke(event), world.invoke(event)]);

    expect(world.immuta.integrations).toHaveLength(1);
    expect(world.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(Array(2).fill('immuta-s3-integration/1001'));
  });
});

describe('a POST', () => {
  test('whose answer is lost is found, not repeated', async () => {
    world.immuta.once('POST', /./, (request, response) => {
      world.immuta.create(request.body);
      response.destroy();
    });

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(posts()).toBe(1);
  });

  test('whose answer is not JSON is found, not repeated', async () => {
    world.immuta.once('POST', /./, (request, response) => {
      world.immuta.create(request.body);
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>gateway</html>');
    });

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(posts()).toBe(1);
  });

  test('that was lost and shows in no list yet is not doubled', async () => {
    let body = '';
    world.immuta.once('POST', /./, (request, response) => {
      body = request.body;
      response.destroy();
    });
    world.immuta.once('POST', /./, (_, response) => {
      world.immuta.create(body);
      sendJson(response, 409, { message: 'Native S3 integration already exists.' });
    });

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(world.immuta.integrations).toHaveLength(1);
  });

  test('that failed at a server error is sent again after a list', async () => {
    world.immuta.refuseOnce('POST', /./, 503, 'Down for maintenance.');

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.http.lines.filter((line) => line.endsWith(' /integrations'))).toEqual([
      'GET /integrations', 'POST /integrations', 'GET /integrations', 'POST /integrations',
    ]);
  });

  test('waits as long as Immuta asks for', async () => {
    world.immuta.once('POST', /./, (_, response) => sendJson(response, 429, { message: 'Too many.' }, { 'retry-after': '37' }));
    await world.create();

    expect(world.clock.sleeps[0]).toBe(37_000);
  });

  test('whose answers are all lost leaves it open whether there is an integration', async () => {
    for (let i = 0; i < 100; i++) {
      world.immuta.once('POST', /./, (_, response) => { response.destroy(); });
    }
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` });
    expect(answer.Reason).toMatch(/^no answer from Immuta at http:\/\/127\.0\.0\.1:\d+ to POST \/integrations: /);
  });

  test('is never sent later than the IAM propagation time-out', async () => {
    const sentAt: number[] = [];
    const begin = world.clock.now();
    for (let i = 0; i < 100; i++) {
      world.immuta.once('POST', /./, (_, response) => {
        sentAt.push(world.clock.now() - begin);
        sendJson(response, 422, { message: 'Validation of prerequisite setup failed. Unable to create integration.' });
      });
    }
    const answer = await world.create({ properties: { IamPropagationTimeoutSeconds: '120' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain('Validation of prerequisite setup failed. Unable to create integration');
    expect(sentAt.length).toBeGreaterThan(5);
    expect(sentAt[sentAt.length - 1]).toBeGreaterThan(110_000);
    expect(sentAt[sentAt.length - 1]).toBeLessThanOrEqual(120_000);
  });

  test('is not sent for an event that comes too late', async () => {
    const answer = await world.create({ ageMs: 200_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain("'iamPropagationTimeout'");
    expect(posts()).toBe(0);
  });
});

describe('while IAM propagates', () => {
  test.each([
    ['STS', STS],
    ['instance', 'An AWS Access Grants instance is configured in the provided AWS account and region'],
    ['prefixes', 'The provided S3 path exists and Immuta can list prefixes'],
    ['role', 'The provided access grants location role is a valid ARN format'],
  ])('a failing %s test is tried again', async (_, name) => {
    const validationResults = { status: 'failed', validationTests: [{ name, status: 'failed', message: 'not yet' }, { name: NO_LOCATION, status: 'passed' }] };
    world.immuta.refuseOnce('POST', /./, 422, 'Validation failed.', { validationResults });
    world.immuta.refuseOnce('POST', /./, 422, 'Validation failed.', { validationResults });

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
    expect(posts()).toBe(3);
  });

  test.each([
    ['existing', 'There is no existing integration matching this configuration', /remove that one/],
    ['name', 'The provided integration name is unique across Immuta S3 integrations', /give another 'integrationName'/],
    ['location', NO_LOCATION, /remove the one that is registered/],
  ])('a failing %s test is not', async (_, name, hint) => {
    const validationTests = [{ name, status: 'failed', message: 'Immuta says why.' }, { name: STS, status: 'failed' }];
    world.immuta.refuseOnce('POST', /./, 422, 'Validation failed.', { validationResults: { status: 'failed', validationTests } });
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`'${name}' failed: Immuta says why (`);
    expect(answer.Reason).toMatch(hint);
    expect(answer.Reason).toContain(`'${STS}' failed (`);
    expect(posts()).toBe(1);
  });

  test('a createError of that kind is deleted before the next POST', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'createError'], failing: [{ name: STS, message: 'denied' }] }, { next: ['creating', 'enabled'] }];

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'immuta-s3-integration/1002' });
    expect(world.immuta.integrations).toMatchObject([{ id: '1002', status: 'enabled' }]);
  });

  test('a createError that stays is answered with its id, and explained', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'createError'], failing: [{ name: STS, message: 'denied' }] }];
    const answer = await world.create();

    expect(answer.Status).toBe('FAILED');
    expect(world.immuta.integrations).toMatchObject([{ status: 'createError' }]);
    expect(answer.PhysicalResourceId).toBe(`immuta-s3-integration/${world.immuta.integrations[0].id}`);
    expect(answer.Reason).toContain(`'${STS}' failed: denied (Immuta cannot act in AWS`);
  });

  test('a createError whose deletion takes too long is what the failure tells about', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'createError'], failing: [{ name: STS, message: 'denied' }] }];
    world.immuta.afterDelete = [{ next: [...Array(30).fill('deleting'), 'gone'] }];
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain(`'${STS}' failed: denied`);
    expect(world.immuta.integrations).toEqual([]);
    expect(posts()).toBe(1);
  });

  test('a createError that cannot be deleted is explained with both reasons', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'createError'], failing: [{ name: STS, message: 'denied' }] }];
    world.immuta.afterDelete = [{ next: ['deleting', 'deleteError'], message: 'Not now.' }];
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(answer.Reason).toMatch(/'createError'; .* failed: denied .*; nor could it be deleted: .*'deleteError'; Not now; /);
  });

  test('a createError whose deletion takes for ever is told about when time is over', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'createError'], failing: [{ name: STS, message: 'denied' }] }];
    world.immuta.afterDelete = [{ next: Array(1000).fill('deleting') }];
    const { Reason } = await world.create({ properties: { TimeoutSeconds: '600' } });

    expect(Reason).toMatch(/^not done after 10 minutes; last seen: .* 'createError'; .* failed: denied \(Immuta cannot act.* integration 1001 is 'deleting'/);
  });

  test('a createError for which there is no more time is told about', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'createError'], failing: [{ name: STS, message: 'denied' }] }];
    const { Reason } = await world.create({ properties: { TimeoutSeconds: '60' } });

    expect(Reason).toMatch(/^not done after 1 minute; last seen: .* 'createError'; .* failed: denied \(Immuta cannot act/);
  });

  test('of no time at all, the first failure is the last', async () => {
    world.aws.denials.ListAccessGrantsLocations = 1;
    const { Reason } = await world.create({ properties: { IamPropagationTimeoutSeconds: '0' } });

    expect(Reason).toMatch(/not authorized to perform ListAccessGrantsLocations/);
    expect(world.aws.count('ListAccessGrantsLocations')).toBe(1);
  });

  test('of no time at all, an integration is made all the same', async () => {
    expect(await world.create({ properties: { IamPropagationTimeoutSeconds: '0' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('another createError is answered at once', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'createError'], failing: [{ name: NO_LOCATION }] }];

    expect(await world.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(posts()).toBe(1);
  });

  test('our own refused calls are tried again', async () => {
    world.aws.denials.GetSecretValue = 2;
    world.aws.denials.ListAccessGrantsLocations = 2;

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
    expect([world.aws.count('GetSecretValue'), world.aws.count('ListAccessGrantsLocations')]).toEqual([3, 3]);
  });

  test('our own refused calls fail when it should be over, saying what is missing', async () => {
    world.aws.denials.ListAccessGrantsLocations = 1000;
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(/not authorized to perform ListAccessGrantsLocations; allow the role of the handler function/);
    expect(posts()).toBe(0);
  });
});

describe('a location that is taken', () => {
  test('by an integration of somebody else is left alone, and described without its credentials', async () => {
    world.immuta.add({
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
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe("'s3://sales/' in account 111122223333, us-east-1 already has Immuta's integration 77 ('finance', enabled): "
      + 'location role arn:aws:iam::111122223333:role/finance, authentication accessKey; it was not created by this resource, so it is left alone: '
      + "delete it in Immuta and deploy again, or keep it and set 'adopt' to '77', or refer to it with ImmutaS3Integration.fromIntegrationId(…, '77')");
    expect(world.immuta.http.lines).toEqual(['GET /integrations']);
  });

  test('in S3 Access Grants fails before anything is sent', async () => {
    world.aws.pageSize = 1;
    world.aws.locations = [
      { id: 'default', scope: 's3://', roleArn: ROLE },
      { id: 'loc-5', scope: 's3://sales', roleArn: 'arn:aws:iam::111122223333:role/other' },
    ];
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain('location loc-5 with the role arn:aws:iam::111122223333:role/other');
    expect(answer.Reason).toContain('aws s3control delete-access-grants-location --account-id 111122223333 --region us-east-1 '
      + '--access-grants-location-id loc-5');
    expect(posts()).toBe(0);
  });

  test('is not taken by what only looks the same', async () => {
    world.immuta.add({ id: '77', config: { ...CONFIG, name: 'theirs', awsLocationPath: 's3://sales/x/' } });
    world.aws.locations = [{ id: 'loc-77', scope: 's3://sales/x/*', roleArn: ROLE }];

    expect(await world.create({ properties: { LocationPath: 's3://sales/x' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('by a createError of an earlier Create of this resource is cleared', async () => {
    world.immuta.add({ id: '8', status: 'createError', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(world.immuta.get('8')).toBeUndefined();
  });

  test('by a working integration of an earlier Create of this resource is left alone', async () => {
    world.immuta.add({ id: '8', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(/which an earlier deployment of this resource created and did not remove: .*fromIntegrationId\(…, '8'\)/);
    expect(world.immuta.count('DELETE')).toBe(0);
  });

  test('as only Immuta can see is said in Immuta\'s words', async () => {
    world.immuta.refuseOnce('POST', /./, 409, 'Access Grants location already exists on provided path.');
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe('Immuta answered 409 to POST /integrations: Access Grants location already exists on provided path');
    expect(posts()).toBe(1);
  });

  test('in another account is named when Immuta minds', async () => {
    world.immuta.add({ id: '9', config: { ...CONFIG, name: 'theirs', awsAccountId: '444455556666' } });

    expect((await world.create()).Reason).toBe('Immuta answered 409 to POST /integrations: Native S3 integration already exists; '
      + "integration 9 ('theirs', enabled) is on 's3://sales/' in account 444455556666, us-east-1");
  });

  test('is free where there is no instance yet: that is for Immuta to say', async () => {
    world.aws.hasInstance = false;

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('a Create that cannot go on', () => {
  test('stops when its record vanishes', async () => {
    world.immuta.afterPost = [{ next: ['creating', 'deleting', 'gone'] }];
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(answer.Reason).toContain('integration 1001 was deleted while it was being created');
    expect(posts()).toBe(1);
  });

  test('with a wrong API key made nothing, says which secret it is, and does not quote it', async () => {
    world.immuta.apiKey = 'another';
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe('Immuta answered 401 to GET /integrations: Bad token [redacted]; '
      + `the API key in the secret '${API_KEY_ARN}' was rejected: store a key there that is valid for this tenant`);
    expect(world.aws.count('GetSecretValue')).toBe(2);
  });

  test('with a wrong API key cannot know what an earlier attempt made', async () => {
    world.immuta.apiKey = 'another';

    expect(await world.create({ ageMs: 70_000 })).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` });
  });

  test('after an attempt that made nothing knows it from the list', async () => {
    world.immuta.refuseOnce('POST', /./, 400, '"config.awsRoleToAssume" is not allowed');
    const answer = await world.create({ ageMs: 70_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe('Immuta answered 400 to POST /integrations: "config.awsRoleToAssume" is not allowed');
  });

  test('after a refusal that made something all the same answers with its id', async () => {
    world.immuta.afterPost = [{ next: ['createError'], failing: [{ name: NO_LOCATION }] }];
    world.immuta.once('POST', /./, (request, response) => {
      world.immuta.create(request.body);
      sendJson(response, 422, { message: 'Validation of prerequisite setup failed. Unable to create integration.' });
    });

    expect(await world.create()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
  });

  test('for want of permission says which', async () => {
    world.immuta.refuseOnce('GET', /./, 403, 'Insufficient scope');
    const answer = await world.create();

    expect(answer.Reason).toBe('Immuta answered 403 to GET /integrations: Insufficient scope; '
      + 'the user that the API key belongs to needs APPLICATION_ADMIN');
  });

  test('without its properties is answered all the same', async () => {
    const answer = await world.create({ event: { ResourceProperties: undefined } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe("the property 'AccountId' of the custom resource is missing");
  });

  test('whose time is over says what it last saw', async () => {
    world.immuta.afterPost = [{ next: Array(1000).fill('creating') }];
    const answer = await world.create();

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/1001' });
    expect(answer.Reason).toBe("not done after 30 minutes; last seen: integration 1001 is 'creating'; if it only needs longer, raise 'timeout'");
    expect(posts()).toBe(1);
  });
});
