import { IntegrationRecord, S3Config } from '../../sandbox/immuta';
import {
  ACCESS_KEY_ARN,
  CONFIG,
  CREATE,
  HandlerSandbox,
  ID,
  MADE_BEFORE,
  OTHER_IMMUTA_ROLE,
  OWNER,
} from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

const ADOPTED = `${ID}/adopted`;
const THEIRS = { ...CONFIG, name: 'by hand' };
const adopting = (more: Record<string, string | undefined> = {}) => ({
  properties: { Adopt: '101', IntegrationName: undefined, ...more },
});

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const add = (config: Partial<S3Config> = {}, more: Partial<IntegrationRecord> = {}) =>
  sandbox.addRecord({ config: { ...THEIRS, ...config }, ...more });
const expectOnlyReads = () => expect(sandbox.immutaCalls.filter((call) => !call.startsWith('GET'))).toEqual([]);

describe("Create with 'adopt'", () => {
  test('returns as much of a long name as a response can hold', async () => {
    add({ name: `${'x'.repeat(256)}yz` });

    expect(await sandbox.create(adopting())).toMatchObject({
      Status: 'SUCCESS',
      Data: { IntegrationId: '101', IntegrationName: 'x'.repeat(256) },
    });
  });

  test('returns a name with quotes also as a part of a JSON text', async () => {
    add({ name: 'Sales "EU" \\ Lake' });

    expect((await sandbox.create(adopting())).Data).toEqual({
      IntegrationId: '101', IntegrationName: 'Sales "EU" \\ Lake', IntegrationNameInJson: 'Sales \\"EU\\" \\\\ Lake',
    });
  });

  test.each<[string, Partial<S3Config>, Record<string, string | undefined>]>([
    ['without a name', {}, {}],
    ['with its name', {}, { IntegrationName: 'by hand' }],
    [
      'with the name that one of ours, which was retained, had',
      { name: `sales-${OWNER}-${MADE_BEFORE}` },
      { IntegrationName: 'sales' },
    ],
    [
      'with the whole name of one of ours, which was retained',
      { name: `sales-${OWNER}-${MADE_BEFORE}` },
      { IntegrationName: `sales-${OWNER}-${MADE_BEFORE}` },
    ],
    [
      'with the name of one that another resource retained',
      { name: 'sales-0123456789ab-0123456789ab' },
      { IntegrationName: 'sales-0123456789ab-0123456789ab' },
    ],
    ['written with another end', { awsLocationPath: 's3://sales' }, {}],
    [
      'with keys',
      { authenticationType: 'accessKey', awsRoleToAssume: undefined, awsAccessKeyId: 'AKIAPLANTEDKEYID' },
      { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: ACCESS_KEY_ARN },
    ],
    [
      'with keys, and a role that Immuta still shows',
      { authenticationType: 'accessKey', awsAccessKeyId: 'AKIAPLANTEDKEYID' },
      { AuthenticationType: 'accessKey', RoleToAssumeArn: undefined, AccessKeySecretArn: ACCESS_KEY_ARN },
    ],
  ])('adopts an integration that is as desired, %s', async (_, config, properties) => {
    add(config);
    const event = sandbox.event('Create', CREATE, adopting(properties));
    const answer = await sandbox.deliver(event);

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ADOPTED });
    const { name } = { ...THEIRS, ...config };
    expect(answer.Data).toEqual({ IntegrationId: '101', IntegrationName: name, IntegrationNameInJson: name });
    expect(await sandbox.deliver(event)).toEqual(answer);
    expect(sandbox.immutaCalls).toEqual(['GET /integrations/101', 'GET /integrations/101']);
  });

  test('adopts nothing when CloudFormation has cancelled the Create', async () => {
    add();
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', 'Lake-SalesLake-1F2E3D4C5B6A');

    expect((await sandbox.create(adopting())).Reason).toMatch(/\[OPERATION_NOT_CURRENT\]$/);
    expect(sandbox.immutaCalls).toEqual([]);
  });

  test.each<[string, Partial<S3Config>, Record<string, string>, string]>([
    [
      'location role',
      { awsLocationRole: 'arn:aws:iam::111122223333:role/hers' },
      {},
      "it differs in 'locationRole'. Give the ImmutaS3Integration the properties that it has, and deploy again: { " +
        "adopt: '101', " +
        "location: S3Location.bucket(s3.Bucket.fromBucketName(this, 'Bucket', 'sales')), " +
        "locationRole: iam.Role.fromRoleArn(this, 'LocationRole', 'arn:aws:iam::111122223333:role/hers'), " +
        "authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(this, 'ImmutaRole', " +
          "'arn:aws:iam::111122223333:role/immuta')) }",
    ],
    [
      "role of Immuta's",
      { awsRoleToAssume: 'arn:aws:iam::111122223333:role/hers' },
      {},
      "'authentication'. Give the ImmutaS3Integration the properties that it has, and deploy again: { adopt: '101', " +
        "location: S3Location.bucket(s3.Bucket.fromBucketName(this, 'Bucket', 'sales')), " +
        "locationRole: iam.Role.fromRoleArn(this, 'LocationRole', 'arn:aws:iam::111122223333:role/sales-location'), " +
        "authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(this, 'ImmutaRole', " +
          "'arn:aws:iam::111122223333:role/hers')) }",
    ],
    [
      'way to authenticate',
      {
        authenticationType: 'accessKey',
        awsAccessKeyId: 'AKIAPLANTEDKEYID',
        awsSecretAccessKey: 'planted/secret+access/key',
      },
      {},
      'authentication: ImmutaAuthentication.accessKeySecret({ user, secret }) with the user and the secret of its ' +
        'access key }',
    ],
    [
      'way to authenticate, without a role',
      { awsRoleToAssume: undefined },
      {},
      'ImmutaAuthentication.ambient(role) with the role that Immuta runs as }',
    ],
    [
      'name',
      {},
      { IntegrationName: 'chosen' },
      "it differs in 'integrationName'. Give the ImmutaS3Integration the properties that it has, and deploy again: " +
        "{ adopt: '101', integrationName: 'by hand', location:",
    ],
    [
      'prefix',
      { awsLocationPath: "s3://sales/o'hara/*" },
      {},
      "it differs in account, Region or 'location'; it is on 's3://sales/o'hara/*' in account 111122223333, " +
        'us-east-1. Give',
    ],
    [
      'prefix, to be pasted',
      { awsLocationPath: "s3://sales/o'hara/*" },
      {},
      "location: S3Location.prefix(s3.Bucket.fromBucketName(this, 'Bucket', 'sales'), 'o\\'hara/')",
    ],
    [
      'location role, but the chosen name',
      { awsLocationRole: 'arn:aws:iam::111122223333:role/hers' },
      { IntegrationName: 'by hand' },
      "it differs in 'locationRole'. Give the",
    ],
    ['path', { awsLocationPath: 's3://' }, {}, 'location: S3Location.allBuckets(), '],
    [
      'path, without a slash',
      { awsLocationPath: 's3://finance' },
      {},
      "location: S3Location.bucket(s3.Bucket.fromBucketName(this, 'Bucket', 'finance')), ",
    ],
    [
      'location and role',
      { awsLocationPath: 's3://finance/', awsLocationRole: 'arn:aws:iam::111122223333:role/hers' },
      {},
      "it differs in account, Region or 'location', 'locationRole'; it is on 's3://finance/' in account ",
    ],
    ['account', { awsAccountId: '444455556666' }, {}, "it is on 's3://sales/' in account 444455556666, us-east-1"],
    ['Region', { awsRegion: 'eu-west-1' }, {}, "it is on 's3://sales/' in account 111122223333, eu-west-1"],
  ])('prints the props when the integration to adopt has another %s', async (_, config, properties, reason) => {
    add(config);
    const answer = await sandbox.create(adopting(properties));

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toContain("cannot adopt integration 101 ('by hand', enabled): it differs in ");
    expect(answer.Reason).toMatch(/ \}\. \[ADOPTED_INTEGRATION_DIFFERS\]$/);
    expect(answer.Reason).toContain(reason);
    expectOnlyReads();
  });

  test.each([
    ['is not there', () => {}],
    ['is of another type', () => add({}, { type: 'Snowflake' })],
    ['is deleted', () => add({}, { status: 'deleted' })],
  ])('fails when the integration to adopt %s', async (_, arrange) => {
    arrange();
    const answer = await sandbox.create(adopting());

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toBe(
      "'adopt' must be the ID of an S3 integration of the tenant, got '101'. " +
        "Set 'adopt' to an ID that GET /integrations lists, or remove it to create a new integration. " +
          '[ADOPTED_INTEGRATION_MISSING]',
    );
    expectOnlyReads();
  });

  test('fails when another resource of this library created the integration to adopt', async () => {
    add({ name: 'sales-0123456789ab-0123456789ab' });
    const answer = await sandbox.create(adopting());

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`^cannot adopt integration 101 \('sales-0123456789ab-0123456789ab', enabled\): another ` +
          String.raw`ImmutaS3Integration created it.*'sales-0123456789ab-0123456789ab'.* ` +
          String.raw`\[ADOPTED_INTEGRATION_OF_OTHER_OWNER\]$`,
      ),
    );
    expectOnlyReads();
  });

  test('sends no request for an ID that would change the path', async () => {
    const answer = await sandbox.create(adopting({ Adopt: '../apikey' }));

    expect(answer.Reason).toContain("'adopt' must be the ID of an S3 integration of the tenant, got '../apikey'. ");
    expect(sandbox.immuta.requests).toEqual([]);
  });

  test.each(['creating', 'createError', 'editing', 'deleteError', 'disabled', 'recurringValidationError', 'new'])(
    'fails at once when the integration to adopt is %s',
    async (status) => {
      add({}, { status });
      const answer = await sandbox.create(adopting());

      expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
      expect(answer.Reason).toBe(
        `cannot adopt integration 101 ('by hand', ${status}): it must be 'enabled'. ` +
          'Look at it in Immuta, and deploy again when it is enabled. [ADOPTED_INTEGRATION_NOT_ENABLED]',
      );
      expectOnlyReads();
    },
  );

  test('answers `none` when an adoption fails, also when it runs again', async () => {
    const answer = await sandbox.create({ ...adopting(), ageMs: 130_000 });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'immuta-s3-integration/none' });
  });
});

describe('Update of an adopted integration', () => {
  const update = (properties: Record<string, string | undefined>, oldProperties = {}) =>
    sandbox.update({
      physicalId: ADOPTED,
      properties: { IntegrationName: undefined, ...properties },
      oldProperties: { IntegrationName: undefined, Adopt: '101', ...oldProperties },
    });
  beforeEach(async () => void (await sandbox.addIntegration({ config: THEIRS })));

  test.each([
    ['stays', { Adopt: '101', TimeoutSeconds: '600' }],
    ['goes', {}],
  ])("only reads the integration when 'adopt' %s", async (_, properties) => {
    expect(await update(properties)).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ADOPTED,
      Data: { IntegrationId: '101', IntegrationName: 'by hand' },
    });
    expect(sandbox.immutaCalls).toEqual(['GET /integrations/101']);
  });

  test('updates an adopted integration under its own name', async () => {
    expect(await update({ RoleToAssumeArn: OTHER_IMMUTA_ROLE })).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ADOPTED,
    });
    expect(sandbox.immuta.integrations.get('101')).toMatchObject({
      config: { ...THEIRS, awsRoleToAssume: OTHER_IMMUTA_ROLE },
    });
  });

  test('gives an adopted integration the chosen name without an ownership suffix', async () => {
    await update({ Adopt: '101', IntegrationName: 'chosen' });

    expect(sandbox.immuta.integrations.get('101')).toMatchObject({ config: { name: 'chosen' } });
  });

  test('keeps the ownership suffix of an adopted integration that this stack retained', async () => {
    sandbox.immuta.integrations.get('101')!.config = { ...CONFIG, name: `sales-${OWNER}-${MADE_BEFORE}` };
    await update({ Adopt: '101', IntegrationName: 'renamed' });

    expect(sandbox.immuta.integrations.get('101')).toMatchObject({
      config: { name: `renamed-${OWNER}-${MADE_BEFORE}` },
    });
  });

  test('finds an adopted integration when the tenant has another address', async () => {
    const answer = await update({ TenantUrl: 'https://new.immutacloud.com', Revision: '2' });

    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationId: '101' } });
  });

  test("fails before any call when 'adopt' names another integration, and its rollback succeeds", async () => {
    const answer = await update({ Adopt: '102' });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ADOPTED });
    expect(answer.Reason).toContain(
      "cannot change 'adopt' to '102': this resource adopted integration 101. Set 'adopt' to '102' on a new " +
        'ImmutaS3Integration',
    );
    expect(sandbox.immuta.requests).toEqual([]);
    expect(await update({ Adopt: '101' }, { Adopt: '102' })).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ADOPTED,
    });
  });
});

describe("Update that adds 'adopt' to an integration of ours", () => {
  beforeEach(() => void sandbox.addRecord());

  test("changes nothing when an update adds 'adopt' with the integration of the stack", async () => {
    expect(await sandbox.update({ physicalId: ID, properties: { Adopt: '101' } })).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
    });
    expect(sandbox.immutaCalls).toEqual(['GET /integrations/101']);
  });

  test("fails before any call when an update adds 'adopt' with another integration", async () => {
    const answer = await sandbox.update({ physicalId: ID, properties: { Adopt: '5' } });

    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`^cannot change 'adopt' to '5': this resource created integration 101\. Set 'adopt' to '5' on ` +
          String.raw`.*\[ADOPT_CHANGED\]$`,
      ),
    );
    expect(sandbox.immuta.requests).toEqual([]);
  });

  test("fails before any call when an update adds 'adopt' and nothing was created", async () => {
    const answer = await sandbox.update({ physicalId: 'immuta-s3-integration/none', properties: { Adopt: '101' } });

    expect(answer.Reason).toContain(
      "cannot change 'adopt' to '101': this resource is not known to have an integration. ",
    );
    expect(sandbox.immuta.requests).toEqual([]);
  });
});
