import { ACCESS_KEY_ARN, CONFIG, MADE_BEFORE, OWNER, ROLE, World } from '../support/world';

const ADOPTED = 'immuta-s3-integration/1001/adopted';
const THEIRS = { ...CONFIG, name: 'by hand' };
const adopting = (more: Record<string, string | undefined> = {}) => ({ properties: { Adopt: '1001', IntegrationName: undefined, ...more } });

let world: World;
beforeEach(async () => {
  world = await World.start();
  world.aws.locations = [{ id: 'loc-1001', scope: 's3://sales/', roleArn: ROLE }];
});
afterEach(() => world.close());

const add = (config: object = {}, more: object = {}) => void world.immuta.add({ id: '1001', config: { ...THEIRS, ...config }, ...more });
const expectOnlyReads = () => expect(world.immuta.http.lines.filter((line) => !line.startsWith('GET'))).toEqual([]);

describe('a Create that adopts', () => {
  test.each([
    ['without a name', {}, {}],
    ['with its name', {}, { IntegrationName: 'by hand' }],
    ['with the name that one of ours, which was retained, had', { name: `sales-${OWNER}-${MADE_BEFORE}` }, { IntegrationName: 'sales' }],
    ['written with another end', { awsLocationPath: 's3://sales' }, {}],
    ['with keys', { authenticationType: 'accessKey', awsRoleToAssume: undefined, awsAccessKeyId: 'AKIAPLANTEDKEYID' },
      { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: ACCESS_KEY_ARN }],
  ])('takes over what is as it should be, %s', async (_, config, properties) => {
    add(config);
    const event = world.event('Create', 'c1b2c3d4-0000-4000-8000-000000000001', adopting(properties));
    const answer = await world.deliver(event);

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ADOPTED });
    expect(answer.Data).toEqual({ IntegrationId: '1001', IntegrationName: { ...THEIRS, ...config }.name });
    expect(await world.deliver(event)).toEqual(answer);
    expect(world.immuta.http.lines).toEqual(['GET /integrations/1001', 'GET /integrations/1001']);
  });

  test.each([
    ['location role', { awsLocationRole: 'arn:aws:iam::111122223333:role/hers' }, {},
      "it differs in 'locationRole': give the ImmutaS3Integration the properties that it has, and deploy again: { adopt: '1001', "
      + "location: S3Location.bucket(s3.Bucket.fromBucketName(this, 'Bucket', 'sales')), "
      + "locationRole: iam.Role.fromRoleArn(this, 'LocationRole', 'arn:aws:iam::111122223333:role/hers'), "
      + "authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(this, 'ImmutaRole', 'arn:aws:iam::111122223333:role/immuta')) }"],
    ["role of Immuta's", { awsRoleToAssume: 'arn:aws:iam::111122223333:role/hers' }, {},
      "'authentication': give the ImmutaS3Integration the properties that it has, and deploy again: { adopt: '1001', "
      + "location: S3Location.bucket(s3.Bucket.fromBucketName(this, 'Bucket', 'sales')), "
      + "locationRole: iam.Role.fromRoleArn(this, 'LocationRole', 'arn:aws:iam::111122223333:role/sales-location'), "
      + "authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(this, 'ImmutaRole', 'arn:aws:iam::111122223333:role/hers')) }"],
    ['way to authenticate', { authenticationType: 'accessKey', awsAccessKeyId: 'AKIAPLANTEDKEYID', awsSecretAccessKey: 'planted/secret+access/key' }, {},
      'authentication: ImmutaAuthentication.accessKeySecret({ user, secret }) with the user and the secret of its access key }'],
    ['way to authenticate, without a role', { awsRoleToAssume: undefined }, {}, 'ImmutaAuthentication.ambient(role) with the role that Immuta runs as }'],
    ['name', {}, { IntegrationName: 'chosen' }, "it differs in 'integrationName': give the ImmutaS3Integration the properties that it has, and deploy again: "
      + "{ adopt: '1001', integrationName: 'by hand', location:"],
    ['prefix', { awsLocationPath: "s3://sales/o'hara/*" }, {},
      "it differs in account, Region or 'location': it is on 's3://sales/o'hara/*' in account 111122223333, us-east-1; give"],
    ['prefix, to be pasted', { awsLocationPath: "s3://sales/o'hara/*" }, {},
      "location: S3Location.prefix(s3.Bucket.fromBucketName(this, 'Bucket', 'sales'), 'o\\'hara/')"],
    ['path', { awsLocationPath: 's3://' }, {}, 'location: S3Location.allBuckets(), '],
    ['account', { awsAccountId: '444455556666' }, {}, "it is on 's3://sales/' in account 444455556666, us-east-1"],
    ['Region', { awsRegion: 'eu-west-1' }, {}, "it is on 's3://sales/' in account 111122223333, eu-west-1"],
  ])('fails if it has another %s, and says what to write', async (_, config, properties, reason) => {
    add(config);
    const answer = await world.create(adopting(properties));

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain("integration 1001 ('by hand', enabled) cannot be adopted, because adopting changes nothing");
    expect(answer.Reason).toContain(reason);
    expectOnlyReads();
  });

  test.each([
    ['is not there', () => undefined],
    ['is of another type', () => add({}, { type: 'Snowflake' })],
    ['is deleted', () => add({}, { status: 'deleted' })],
  ])('fails if the integration %s', async (_, arrange) => {
    arrange();
    const answer = await world.create(adopting());

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain("'adopt' is '1001', and the tenant has no S3 integration with this id");
    expectOnlyReads();
  });

  test('does not ask for an id that leads elsewhere', async () => {
    const answer = await world.create(adopting({ Adopt: '../apikey' }));

    expect(answer.Reason).toContain("'adopt' is '../apikey', and the tenant has no S3 integration with this id");
    expect(world.immuta.http.requests).toEqual([]);
  });

  test.each(['creating', 'createError', 'editing', 'deleteError', 'disabled', 'recurringValidationError', 'new'])('fails at once if it is %s', async (status) => {
    add({}, { status });
    const answer = await world.create(adopting());

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(`integration 1001 ('by hand', ${status}) cannot be adopted, only one that is 'enabled' can: `
      + 'look at it in Immuta, and deploy again when it is');
    expectOnlyReads();
  });

  test('has made nothing for certain, even when it is run again', async () => {
    const answer = await world.create({ ...adopting(), ageMs: 130_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
  });
});

describe('an Update of an adopted one', () => {
  const update = (properties: Record<string, string | undefined>, oldProperties = {}) => world.update({
    physicalId: ADOPTED, properties: { IntegrationName: undefined, ...properties }, oldProperties: { IntegrationName: undefined, Adopt: '1001', ...oldProperties },
  });
  beforeEach(() => add());

  test.each([
    ['stays', { Adopt: '1001', TimeoutSeconds: '600' }],
    ['goes', {}],
  ])("when 'adopt' %s only looks", async (_, properties) => {
    expect(await update(properties)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ADOPTED, Data: { IntegrationId: '1001', IntegrationName: 'by hand' } });
    expect(world.immuta.http.lines).toEqual(['GET /integrations/1001']);
  });

  test('manages it under its own name', async () => {
    expect(await update({ RoleToAssumeArn: 'arn:aws:iam::111122223333:role/other' })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ADOPTED });
    expect(world.immuta.get('1001')).toMatchObject({ config: { ...THEIRS, awsRoleToAssume: 'arn:aws:iam::111122223333:role/other' } });
  });

  test('gives it the name that the user chooses, without a mark', async () => {
    await update({ Adopt: '1001', IntegrationName: 'chosen' });

    expect(world.immuta.get('1001')).toMatchObject({ config: { name: 'chosen' } });
  });

  test('lets one of ours, which was retained, keep its mark', async () => {
    world.immuta.get('1001')!.config = { ...CONFIG, name: `sales-${OWNER}-${MADE_BEFORE}` };
    await update({ Adopt: '1001', IntegrationName: 'renamed' });

    expect(world.immuta.get('1001')).toMatchObject({ config: { name: `renamed-${OWNER}-${MADE_BEFORE}` } });
  });

  test('finds it when the tenant has another address', async () => {
    const answer = await update({ TenantUrl: 'https://new.immutacloud.com', Revision: '2' });

    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationId: '1001' } });
  });

  test('fails before any call when another is named, and its rollback succeeds', async () => {
    const answer = await update({ Adopt: '1002' });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ADOPTED });
    expect(answer.Reason).toContain("'adopt' cannot become '1002', since this resource adopted integration 1001: give '1002' to a new ImmutaS3Integration");
    expect(world.immuta.http.requests).toEqual([]);
    expect(await update({ Adopt: '1001' }, { Adopt: '1002' })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ADOPTED });
  });
});

describe("an Update that adds 'adopt' to what we made", () => {
  const ID = 'immuta-s3-integration/1001';
  beforeEach(() => void world.immuta.add({ id: '1001', config: CONFIG }));

  test('changes nothing if it names that one', async () => {
    expect(await world.update({ physicalId: ID, properties: { Adopt: '1001' } })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(world.immuta.http.lines).toEqual(['GET /integrations/1001']);
  });

  test('fails before any call if it names another', async () => {
    const answer = await world.update({ physicalId: ID, properties: { Adopt: '5' } });

    expect(answer.Reason).toContain("'adopt' cannot become '5', since this resource created integration 1001");
    expect(world.immuta.http.requests).toEqual([]);
  });

  test('fails before any call if nothing was made', async () => {
    const answer = await world.update({ physicalId: 'immuta-s3-integration/none', properties: { Adopt: '1001' } });

    expect(answer.Reason).toContain("'adopt' cannot become '1001', since this resource is not known to have an integration");
    expect(world.immuta.http.requests).toEqual([]);
  });
});
