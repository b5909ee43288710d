import { ACCESS_KEY_ARN, CONFIG, MADE_BY_UPDATE, OWNER, ROLE, World } from '../support/world';

const ID = 'immuta-s3-integration/1001';
const NEW_ROLE = 'arn:aws:iam::111122223333:role/new-location';

let world: World;
beforeEach(async () => {
  world = await World.start();
  world.immuta.add({ config: CONFIG });
  world.aws.locations = [{ id: 'loc-1001', scope: 's3://sales/', roleArn: ROLE }];
});
afterEach(() => world.close());

const puts = () => world.immuta.count('PUT');

describe('an Update', () => {
  test('sends the whole configuration, under the mark that the record has', async () => {
    const answer = await world.update({ properties: { IntegrationName: 'renamed' } });

    const name = CONFIG.name.replace('sales', 'renamed');
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID, Data: { IntegrationId: '1001', IntegrationName: name } });
    expect(world.immuta.get('1001')).toMatchObject({ status: 'enabled', config: { ...CONFIG, name } });
  });

  test('of nothing that a record shows sends nothing', async () => {
    const answer = await world.update({ properties: { TenantUrl: 'https://acme.immutacloud.com:443' } });

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID, Data: { IntegrationId: '1001', IntegrationName: CONFIG.name } });
    expect(puts()).toBe(0);
  });

  test.each([
    ['the revision', { Revision: '2' }],
    ['the secret with the access key', { AccessKeySecretArn: ACCESS_KEY_ARN }],
  ])('of %s sends everything again', async (_, properties) => {
    await world.update({ properties });

    expect(puts()).toBe(1);
  });

  test('of the removal policy alone only looks, whatever state the integration is in', async () => {
    world.immuta.get('1001')!.status = 'disabled';
    const answer = await world.update({ properties: { RemovalPolicy: 'retain', TimeoutSeconds: '600' } });

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID, Data: { IntegrationId: '1001', IntegrationName: CONFIG.name } });
    expect(world.immuta.http.lines).toEqual(['GET /integrations/1001']);
  });

  test('waits through a state in which Immuta refuses', async () => {
    world.immuta.refuseOnce('PUT', /./, 409, 'Unable to edit integration with ID 1001 in current state editing.');

    expect(await world.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(2);
  });

  test('makes the integration anew if it is gone, and keeps the physical id', async () => {
    world.immuta.integrations = [];
    world.aws.locations = [];
    const event = world.event('Update', 'c1b2c3d4-0000-4000-8000-000000000002', { physicalId: ID, properties: { Revision: '2' } });
    const answer = await world.deliver(event);

    const name = `sales-${OWNER}-${MADE_BY_UPDATE}`;
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID, Data: { IntegrationId: '1002', IntegrationName: name } });
    expect(await world.deliver(event)).toEqual(answer);
    expect(world.immuta.count('POST')).toBe(1);
  });

  test('makes it anew if an Update before could not', async () => {
    world.immuta.integrations = [];
    world.aws.locations = [];
    world.immuta.add({ id: '2002', status: 'createError', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });

    expect(await world.update({ event: { RequestId: 'rollback' } })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(world.immuta.integrations).toMatchObject([{ status: 'enabled' }]);
    expect(world.immuta.get('2002')).toBeUndefined();
  });

  test('makes it anew across two invocations too, even if only the removal policy differs', async () => {
    world.immuta.integrations = [];
    world.aws.locations = [];
    world.immuta.afterPost = [{ next: [...Array(70).fill('creating'), 'enabled'] }];
    const answer = await world.update({ properties: { RemovalPolicy: 'retain' } });

    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationId: '1002' } });
    expect(world.aws.count('Invoke')).toBe(1);
    expect(world.immuta.integrations).toMatchObject([{ status: 'enabled' }]);
  });

  test('of what was never made gets an id that its Delete can use', async () => {
    world.immuta.integrations = [];
    world.aws.locations = [];

    expect(await world.update({ physicalId: 'immuta-s3-integration/none' })).toMatchObject({ PhysicalResourceId: 'immuta-s3-integration/1002' });
  });

  test.each(['createError', 'disabled'])('of an integration in %s fails with the remedy', async (status) => {
    world.immuta.get('1001')!.status = status;
    const answer = await world.update({ properties: { Revision: '2' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toContain(`integration 1001 is '${status}'; delete it in Immuta`);
    expect(puts()).toBe(0);
  });

  test.each(['editError', 'deleteError', 'migrateError', 'recurringValidationError'])('that ends a rollback accepts %s', async (status) => {
    world.immuta.get('1001')!.status = status;

    expect(await world.update({ oldProperties: { IntegrationName: 'renamed' } })).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(0);
  });

  test('that fails says how to go on', async () => {
    world.immuta.refuseOnce('PUT', /./, 400, 'Bad request.');
    const answer = await world.update({ properties: { Revision: '2' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe('Immuta answered 400 to PUT /integrations/1001: Bad request; if the stack is left in UPDATE_ROLLBACK_FAILED, '
      + 'remove the cause and run: aws cloudformation continue-update-rollback --stack-name Lake');
  });

  test('is tried again while IAM propagates', async () => {
    const failing = [{ name: 'The provided S3 path exists and Immuta can list prefixes' }];
    world.immuta.afterPut = [{ next: ['editing', 'editError'], failing }, { next: ['editing', 'enabled'] }];

    expect(await world.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
    expect(puts()).toBe(2);
  });

  test.each([
    ['IntegrationName', 'sales', 'renamed', 'name'],
    ['LocationRoleArn', ROLE, NEW_ROLE, 'awsLocationRole'],
    ['AuthenticationType', 'auto', 'accessKey', 'authenticationType'],
    ['RoleToAssumeArn', 'arn:aws:iam::111122223333:role/immuta', 'arn:aws:iam::111122223333:role/other', 'awsRoleToAssume'],
  ])('of %s that Immuta takes and does not make fails, and is not sent again', async (property, old, wanted, field) => {
    world.immuta.ignores = [field];
    world.aws.secrets.set(ACCESS_KEY_ARN, JSON.stringify({ accessKeyId: 'AKIAPLANTEDKEYID', secretAccessKey: 'planted/secret+access/key' }));
    const properties = { AccessKeySecretArn: ACCESS_KEY_ARN, [property]: wanted };
    const answer = await world.update({ properties, oldProperties: { [property]: old } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toContain(`the integration does not show what was sent as '${field}'`);
    expect(puts()).toBe(1);
  });

  test('that an Immuta carries out which shows no role to assume is taken for done', async () => {
    const { awsRoleToAssume: _, ...shown } = CONFIG;
    world.immuta.get('1001')!.config = shown;
    world.immuta.ignores = ['awsRoleToAssume'];

    expect(await world.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('an Update of the location', () => {
  test.each([
    ['path', { LocationPath: 's3://finance/' }],
    ['account', { AccountId: '444455556666' }],
    ['Region', { Region: 'eu-west-1' }],
  ])('fails before it changes anything: %s', async (_, properties) => {
    const answer = await world.update({ properties });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(/^an integration cannot move: integration 1001 .* give the new location to a new ImmutaS3Integration/);
    expect([puts(), world.immuta.count('POST'), world.immuta.count('DELETE')]).toEqual([0, 0, 0]);
  });

  test('fails too if the integration is gone', async () => {
    world.immuta.integrations = [];

    expect((await world.update({ properties: { LocationPath: 's3://finance/' } })).Reason).toMatch(/^an integration cannot move/);
    expect(world.immuta.count('POST')).toBe(0);
  });

  test('is rolled back without an error: the integration is where it was', async () => {
    expect(await world.update({ oldProperties: { LocationPath: 's3://finance/' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('never changes what has the same id in another tenant', async () => {
    world.immuta.get('1001')!.config = { ...CONFIG, name: 'theirs' };
    const answer = await world.update({ oldProperties: { TenantUrl: 'https://other.immutacloud.com' } });

    expect(answer.Status).toBe('FAILED');
    expect([puts(), world.immuta.count('POST'), world.immuta.count('DELETE')]).toEqual([0, 0, 0]);
  });
});

describe('an Update of the location role', () => {
  test('ends when S3 Access Grants shows the new role', async () => {
    expect(await world.update({ properties: { LocationRoleArn: NEW_ROLE } })).toMatchObject({ Status: 'SUCCESS' });
    expect(world.aws.locations).toEqual([{ id: 'loc-1001', scope: 's3://sales/', roleArn: NEW_ROLE }]);
  });

  test('does not believe Immuta\'s record', async () => {
    world.immuta.onChange = () => undefined;
    const answer = await world.update({ properties: { LocationRoleArn: NEW_ROLE } });

    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(`location loc-1001 on 's3://sales/' in account 111122223333, us-east-1 still has the role ${ROLE}`);
  });

  test('does not believe a record that is as wanted already', async () => {
    world.immuta.get('1001')!.config = { ...CONFIG, awsLocationRole: NEW_ROLE };

    expect(await world.update({ properties: { LocationRoleArn: NEW_ROLE } })).toMatchObject({ Status: 'FAILED' });
    expect(puts()).toBe(0);
  });
});
