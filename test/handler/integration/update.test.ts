import { S3Config } from '../../sandbox/immuta';
import {
  ACCESS_KEY_ARN,
  CONFIG,
  HandlerSandbox,
  ID,
  IMMUTA_ROLE,
  MADE_BY_UPDATE,
  OTHER_IMMUTA_ROLE,
  OTHER_ROLE,
  OWNER,
  ROLE,
  UPDATE,
} from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

const puts = () => sandbox.countImmutaCalls('PUT');

describe('Update', () => {
  test('sends the whole configuration with an Update and keeps the ownership suffix of the name', async () => {
    const answer = await sandbox.update({ properties: { IntegrationName: 'renamed' } });

    const name = CONFIG.name.replace('sales', 'renamed');
    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
      Data: { IntegrationId: '101', IntegrationName: name },
    });
    expect(sandbox.immuta.integrations.get('101')).toMatchObject({ status: 'enabled', config: { ...CONFIG, name } });
  });

  test('sends nothing when nothing changes that a record shows', async () => {
    const answer = await sandbox.update({ properties: { TenantUrl: 'https://acme.immutacloud.com:443' } });

    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
      Data: { IntegrationId: '101', IntegrationName: CONFIG.name },
    });
    expect(puts()).toBe(0);
  });

  test('does not call Immuta when CloudFormation has cancelled the Update', async () => {
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', ID, { resourceStatus: 'UPDATE_COMPLETE' });

    expect((await sandbox.update()).Reason).toMatch(/\[OPERATION_NOT_CURRENT\]/);
    expect(sandbox.immutaCalls).toEqual([]);
  });

  test('only reads the integration in any status when just the removal policy changes', async () => {
    sandbox.immuta.integrations.get('101')!.status = 'disabled';
    const answer = await sandbox.update({ properties: { RemovalPolicy: 'retain', TimeoutSeconds: '600' } });

    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
      Data: { IntegrationId: '101', IntegrationName: CONFIG.name },
    });
    expect(sandbox.immutaCalls).toEqual(['GET /integrations/101']);
  });

  test('recreates the integration and keeps the physical ID when it is gone', async () => {
    sandbox.removeIntegration('101');
    const event = sandbox.event('Update', UPDATE, { physicalId: ID, properties: { Revision: '2' } });
    const answer = await sandbox.deliver(event);

    const name = `sales-${OWNER}-${MADE_BY_UPDATE}`;
    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
      Data: { IntegrationId: '102', IntegrationName: name },
    });
    expect(await sandbox.deliver(event)).toEqual(answer);
    expect(sandbox.countImmutaCalls('POST')).toBe(1);
    expect(puts()).toBe(0);
  });

  test('updates a renamed integration whose name an earlier run of this event has restored', async () => {
    const name = `sales-${OWNER}-${MADE_BY_UPDATE}`;
    sandbox.immuta.integrations.get('101')!.config = { ...CONFIG, name, awsLocationRole: OTHER_ROLE };

    expect(await sandbox.update()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.immuta.integrations.get('101')!.config.awsLocationRole).toBe(ROLE);
    expect(puts()).toBe(1);
  });

  test('recreates the integration when an earlier Update failed to do it', async () => {
    sandbox.removeIntegration('101');
    sandbox.addRecord({
      id: '2002',
      status: 'createError',
      config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` },
    });

    expect(await sandbox.update({ event: { RequestId: 'rollback' } })).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: ID,
    });
    expect(sandbox.integrations).toMatchObject([{ status: 'enabled' }]);
    expect(sandbox.immuta.integrations.get('2002')).toBeUndefined();
  });

  test.each([
    ['createError', 0],
    ['creating', 30_000],
  ])('recreates what an Update left as %s when only the removal policy changes', async (status, ms) => {
    sandbox.removeIntegration('101');
    const record = sandbox.addRecord({
      id: '2002',
      status,
      config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` },
    });
    sandbox.clock.at(sandbox.clock.now() + ms, () => {
      record.status = 'createError';
    });

    const answer = await sandbox.update({ properties: { RemovalPolicy: 'retain' }, event: { RequestId: 'rollback' } });

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.integrations).toMatchObject([{ status: 'enabled' }]);
    expect(sandbox.immuta.integrations.get('2002')).toBeUndefined();
  });

  test('recreates the integration across two invocations when only the removal policy changes', async () => {
    sandbox.removeIntegration('101');
    sandbox.immuta.switches.durations.creating = 14 * 60_000;
    const answer = await sandbox.update({ properties: { RemovalPolicy: 'retain' } });

    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationId: '102' } });
    expect(sandbox.countAwsCalls('Invoke')).toBe(1);
    expect(sandbox.integrations).toMatchObject([{ status: 'enabled' }]);
  });

  test('responds with an ID that its Delete can use when nothing was created before', async () => {
    sandbox.removeIntegration('101');

    expect(await sandbox.update({ physicalId: 'immuta-s3-integration/none' })).toMatchObject({
      PhysicalResourceId: 'immuta-s3-integration/102',
    });
    expect(sandbox.immutaCalls[0]).toBe('GET /integrations');
  });

  test('keeps what another resource recreated when neither had created anything before', async () => {
    // six of `immuta-s3-integration/none`, written by hand with sha256sum
    sandbox.immuta.integrations.get('101')!.config = { ...CONFIG, name: 'sales-0123456789ab-5169cdffffff' };
    const { Status, Reason } = await sandbox.update({ physicalId: 'immuta-s3-integration/none' });

    expect(Status).toBe('FAILED');
    expect(Reason).toContain('[LOCATION_HAS_INTEGRATION_OF_OTHER_OWNER]');
    expect(puts()).toBe(0);
  });

  test('sends no update when another change took more time than is left', async () => {
    const record = sandbox.immuta.integrations.get('101')!;
    record.status = 'editing';
    sandbox.clock.at(sandbox.clock.now() + 20 * 60_000, () => {
      record.status = 'enabled';
    });

    const answer = await sandbox.update({ properties: { Revision: '2' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(
      'Immuta was changing integration 101 for so long that too little time is left for the update. ' +
        "Deploy again. If Immuta always needs that long for a change, increase 'timeout'.",
    );
    expect(answer.Reason).toMatch(/\[UPDATE_TOO_LATE\]$/);
    expect(puts()).toBe(0);
  });

  test('sends no update again when the first edit took more time than is left', async () => {
    sandbox.immuta.switches.durations.editing = 20 * 60_000;
    sandbox.immuta.switches.ignoredByEdit = ['name'];

    const answer = await sandbox.update({ properties: { IntegrationName: 'renamed' } });

    expect(answer.Reason).toMatch(/does not show what was sent as 'name'.*\[UPDATE_IGNORED\]$/);
    expect(puts()).toBe(1);
  });

  test('sends a late update when no other change was in progress', async () => {
    const properties = { Revision: '2', TimeoutSeconds: '360' };

    expect(await sandbox.update({ properties, ageMs: 4 * 60_000 })).toMatchObject({ Status: 'SUCCESS' });
  });

  test.each(['editing', 'migrating'])('waits with an Update when the integration is %s', async (status) => {
    const record = sandbox.immuta.integrations.get('101')!;
    record.status = status;
    sandbox.clock.at(sandbox.clock.now() + 300_000, () => {
      record.status = 'enabled';
    });

    expect(await sandbox.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
    expect(record.status).toBe('enabled');
    expect(puts()).toBe(1);
  });

  test.each(['editError', 'deleteError', 'migrateError', 'recurringValidationError'])(
    'updates an integration in %s',
    async (status) => {
      sandbox.immuta.integrations.get('101')!.status = status;

      expect(await sandbox.update({ properties: { IntegrationName: 'renamed' } })).toMatchObject({ Status: 'SUCCESS' });
      expect(sandbox.integrations).toMatchObject([
        { status: 'enabled', config: { name: expect.stringMatching(/^renamed-/) } },
      ]);
    },
  );

  test('restores the name of a record that was renamed in Immuta', async () => {
    const record = sandbox.immuta.integrations.get('101')!;
    record.config = { ...CONFIG, name: 'renamed by hand' };

    expect(await sandbox.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
    expect(record.config.name).toMatch(new RegExp(`^sales-${OWNER}-`));
  });

  test('does not recreate the integration on a location that was left behind, and says how to remove it', async () => {
    sandbox.immuta.integrations.clear();
    const answer = await sandbox.update({ properties: { Revision: '2' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toContain(`--access-grants-location-id ${sandbox.locations[0].id}`);
    expect(sandbox.countImmutaCalls('POST')).toBe(0);
  });

  test.each(['createError', 'disabled'])(
    'fails with the remedy when the integration is %s, and Immuta does not edit it',
    async (status) => {
      sandbox.immuta.integrations.get('101')!.status = status;
      const answer = await sandbox.update({ properties: { Revision: '2' } });

      expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
      expect(answer.Reason).toMatch(
        new RegExp(`integration 101 is '${status}'\\. Delete it in Immuta, .* \\[UPDATE_NOT_POSSIBLE\\]$`),
      );
      expect(sandbox.integrations).toMatchObject([{ status }]);
    },
  );

  test.each(['editError', 'deleteError', 'migrateError', 'recurringValidationError'])(
    'accepts %s when a rollback ends',
    async (status) => {
      sandbox.immuta.integrations.get('101')!.status = status;

      expect(await sandbox.update({ oldProperties: { IntegrationName: 'renamed' } })).toMatchObject({
        Status: 'SUCCESS',
      });
      expect(puts()).toBe(0);
    },
  );

  test('says how to continue the rollback when an Update fails', async () => {
    sandbox.refuse('PUT', 400, 'Bad request.');
    const answer = await sandbox.update({ properties: { Revision: '2' } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe(
      'Immuta answered 400 to PUT /integrations/101: Bad request. Correct what Immuta names, or ask its support if ' +
        'S3 integrations ' +
        'are enabled for this tenant, then try again. If the stack is left in UPDATE_ROLLBACK_FAILED, remove the ' +
          'cause and run: ' +
        'aws cloudformation continue-update-rollback --stack-name Lake. [IMMUTA_REQUEST_REFUSED]',
    );
  });

  test('names the attribute that Immuta does not edit, and both ways out', async () => {
    sandbox.immuta.switches.nonEditable = ['awsLocationRole'];
    const answer = await sandbox.update({ properties: { LocationRoleArn: OTHER_ROLE } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe(
      'cannot change an attribute of the integration in place: Immuta answered 400 to PUT /integrations/101: ' +
        'Unable to edit integration due to changes of non-editable attribute(s): awsLocationRole. Restore the ' +
        'previous value and deploy again. To change it, remove the ' +
        'ImmutaS3Integration in one deployment and add it in the next one, or create it with another construct ID on ' +
        'another location. If the stack is left in UPDATE_ROLLBACK_FAILED, remove the cause and run: ' +
        'aws cloudformation continue-update-rollback --stack-name Lake. [ATTRIBUTE_NOT_EDITABLE]',
    );
  });

  test.each<[string, string, string, keyof S3Config]>([
    ['IntegrationName', 'sales', 'renamed', 'name'],
    ['LocationRoleArn', ROLE, OTHER_ROLE, 'awsLocationRole'],
    ['AuthenticationType', 'auto', 'accessKey', 'authenticationType'],
    ['RoleToAssumeArn', IMMUTA_ROLE, OTHER_IMMUTA_ROLE, 'awsRoleToAssume'],
  ])('fails when Immuta accepts another %s twice and ignores it', async (property, old, wanted, field) => {
    sandbox.immuta.switches.ignoredByEdit = [field];
    sandbox.createAccessKey();
    const properties = { AccessKeySecretArn: ACCESS_KEY_ARN, [property]: wanted };
    const answer = await sandbox.update({ properties, oldProperties: { [property]: old } });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(
      new RegExp(`the integration does not show what was sent as '${field}'\\. .* \\[UPDATE_IGNORED\\]$`),
    );
    expect(puts()).toBe(2);
  });

  test('succeeds when Immuta never shows the role to assume', async () => {
    const { awsRoleToAssume: _, ...shown } = CONFIG;
    sandbox.immuta.faults.http({ method: 'GET', behaviour: 'rewrite', set: { config: shown }, times: Infinity });

    expect(await sandbox.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('Update of the location', () => {
  test.each([
    ['path', { LocationPath: 's3://finance/' }],
    ['account', { AccountId: '444455556666' }],
    ['Region', { Region: 'eu-west-1' }],
  ])('fails before it changes anything when the location has another %s', async (_, properties) => {
    const answer = await sandbox.update({ properties });

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toMatch(
      new RegExp(
        String.raw`^cannot change the location of an integration to .*: integration 101 .* Create a new ` +
          String.raw`ImmutaS3Integration .* \[LOCATION_CHANGED\]$`,
      ),
    );
    expect([puts(), sandbox.countImmutaCalls('POST'), sandbox.countImmutaCalls('DELETE')]).toEqual([0, 0, 0]);
  });

  test('fails an Update of the location when the integration is gone', async () => {
    sandbox.removeIntegration('101');

    expect((await sandbox.update({ properties: { LocationPath: 's3://finance/' } })).Reason).toMatch(
      /^cannot change the location of an integration to .*: the integration was on /,
    );
    expect(sandbox.countImmutaCalls('POST')).toBe(0);
  });

  test('rolls back an Update of the location without an error when the integration is unchanged', async () => {
    expect(await sandbox.update({ oldProperties: { LocationPath: 's3://finance/' } })).toMatchObject({
      Status: 'SUCCESS',
    });
  });

  test('never changes a record with the same ID in another tenant', async () => {
    sandbox.immuta.integrations.get('101')!.config = { ...CONFIG, name: 'theirs' };
    const answer = await sandbox.update({ oldProperties: { TenantUrl: 'https://other.immutacloud.com' } });

    expect(answer.Status).toBe('FAILED');
    expect([puts(), sandbox.countImmutaCalls('POST'), sandbox.countImmutaCalls('DELETE')]).toEqual([0, 0, 0]);
  });
});

describe('Update of the location role', () => {
  test('ends an Update when S3 Access Grants shows the new location role', async () => {
    expect(await sandbox.update({ properties: { LocationRoleArn: OTHER_ROLE } })).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.locations).toMatchObject([{ scope: 's3://sales/', roleArn: OTHER_ROLE }]);
  });

  test("fails an Update when only Immuta's record shows the new location role", async () => {
    sandbox.immuta.switches.locationRoleEdit = 'record-only';
    const answer = await sandbox.update({ properties: { LocationRoleArn: OTHER_ROLE } });

    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(
      `location ${sandbox.locations[0].id} on 's3://sales/' in account 111122223333, us-east-1 still has the role ` +
        `${ROLE}. Keep the previous role`,
    );
    expect(answer.Reason).toMatch(/\[LOCATION_ROLE_NOT_UPDATED\]$/);
  });

  test("fails an Update when Immuta's record showed the new location role before", async () => {
    sandbox.immuta.integrations.get('101')!.config = { ...CONFIG, awsLocationRole: OTHER_ROLE };

    expect(await sandbox.update({ properties: { LocationRoleArn: OTHER_ROLE } })).toMatchObject({ Status: 'FAILED' });
    expect(puts()).toBe(0);
  });
});
