import { IntegrationRecord, S3Config } from '../../sandbox/immuta';
import {
  API_KEY,
  API_KEY_ARN,
  CONFIG,
  HandlerSandbox,
  ID,
  MADE_BEFORE,
  MADE_BY_CREATE,
  MADE_BY_UPDATE,
  MADE_BY_UPDATE_OF_ADOPTED,
  OTHER_ROLE,
  OWNER,
} from '../support/handler-sandbox';
import { describeStack as showStack, ShownState } from '../support/stack-description';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const deletions = () => sandbox.countImmutaCalls('DELETE');
/** With a location that Immuta does not delete. */
const addWithLocation = async () => {
  sandbox.addRecord();
  return sandbox.addLocation();
};
const removal = (locationId: string) =>
  'aws s3control delete-access-grants-location --account-id 111122223333 --region us-east-1 ' +
    `--access-grants-location-id ${locationId}`;

const describeStack = (status: string, physicalId: string, state?: ShownState) =>
  showStack(sandbox, status, physicalId, state);

describe('Delete of an integration of ours', () => {
  test('ends a Delete when the integration and its location are gone', async () => {
    await sandbox.addIntegration();
    const answer = await sandbox.delete(ID);

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.integrations).toEqual([]);
    expect(sandbox.locations).toEqual([]);
    const request = sandbox.immuta.requests.find(({ method }) => method === 'DELETE')!;
    expect([request.body, request.headers['content-type']]).toEqual(['', undefined]);
  });

  test('ends a Delete when the record has the status `deleted`', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.switches.keepsDeleted = true;

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(1);
  });

  test('succeeds with a Delete when the integration is gone already', async () => {
    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('succeeds with a Delete that is sent twice', async () => {
    await sandbox.addIntegration();
    const event = sandbox.event('Delete', 'd', { physicalId: ID });
    await sandbox.deliver(event);

    expect(await sandbox.deliver(event)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(1);
  });

  test('deletes with four properties, which older and newer versions have', async () => {
    await sandbox.addIntegration();
    const { AccountId, Region, LocationPath, LocationRoleArn } = sandbox.event('Delete', 'd')
      .ResourceProperties as Record<string, string>;
    const answer = await sandbox.delete(ID, {
      event: { ResourceProperties: { AccountId, Region, LocationPath, LocationRoleArn, New: ['x'] } },
    });

    expect(answer).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('waits out a status in which Immuta refuses a deletion', async () => {
    const record = await sandbox.addIntegration({ status: 'editing' });
    sandbox.clock.at(sandbox.clock.now() + 30_000, () => {
      record.status = 'enabled';
    });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('fails a Delete when Immuta keeps refusing in a steady status', async () => {
    await sandbox.addIntegration();
    sandbox.refuse('DELETE', 409, 'Integration has data sources.', { times: Infinity });
    const answer = await sandbox.delete(ID);

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe(
      'Immuta answered 409 to DELETE /integrations/101: Integration has data sources. ' +
        'Look at the integrations of this path in Immuta: wait for a running change, or remove what conflicts, then ' +
          'try again. [IMMUTA_CONFLICT]',
    );
    expect(sandbox.integrations).toMatchObject([{ status: 'enabled' }]);
  });

  test('does not retry a deletion when Immuta refuses it for a reason that does not pass', async () => {
    await sandbox.addIntegration();
    sandbox.refuse('DELETE', 400, 'No.', { times: Infinity });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'FAILED' });
    expect(deletions()).toBe(1);
  });

  test('quotes Immuta when a deletion fails', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message: 'Could not remove 3 grants.' });
    const begin = sandbox.clock.now();
    const answer = await sandbox.delete(ID);

    expect(sandbox.clock.now() - begin).toBeLessThan(90_000); // a minute until reads show the deletion
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toContain(
      "integration 101 is 'deleteError'; Could not remove 3 grants. Remove the cause. " +
        'Then delete again, or delete the integration in Immuta first. [DELETE_FAILED]',
    );
  });

  test('fails a Delete when Immuta accepts the deletion and does not carry it out', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'enabled' });
    const answer = await sandbox.delete(ID);

    expect(answer.Reason).toContain("Immuta did not delete the integration: integration 101 is 'enabled'");
  });

  test('fails a Delete and prints the command that removes a remaining location', async () => {
    const { id } = await addWithLocation();
    const answer = await sandbox.delete(ID);

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toContain(removal(id));
    expect(answer.Reason).toMatch(/\[LOCATION_NOT_REMOVED\]$/);
  });

  test('fails a Delete and prints the command when the integration was disabled and its location remains', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'disabled' });

    expect((await sandbox.delete(ID)).Reason).toContain(removal(sandbox.locations[0].id));
  });

  test('waits with a Delete for a location that is removed a little later', async () => {
    const { id } = await addWithLocation();
    sandbox.clock.at(sandbox.clock.now() + 40_000, () =>
      sandbox.aws.accessGrants.deleteLocation('111122223333', 'us-east-1', id),
    );

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.locations).toEqual([]);
  });

  test('waits with a Delete for its own location when another path only looks the same', async () => {
    sandbox.addRecord({ config: { ...CONFIG, awsLocationPath: 's3://sales/x' } });
    await sandbox.addLocation('s3://sales/x/', OTHER_ROLE);
    await sandbox.addLocation('s3://sales/x', OTHER_ROLE);
    const { id } = await sandbox.addLocation('s3://sales/x*');
    sandbox.aws.s3Control.pageSize = 1;
    const answer = await sandbox.delete(ID, { properties: { LocationPath: 's3://sales/x' } });

    expect(answer).toMatchObject({ Status: 'FAILED' });
    expect(answer.Reason).toContain(removal(id));
  });

  test.each([['s3://sales/x/', 's3://sales/x'], ['s3://sales/x', 's3://sales/x/']])(
    'fails a Delete and prints the command when the location on %s remains as %s',
    async (path, scope) => {
      sandbox.addRecord({ config: { ...CONFIG, awsLocationPath: path } });
      const { id } = await sandbox.addLocation(scope);
      const answer = await sandbox.delete(ID, { properties: { LocationPath: path } });

      expect(answer).toMatchObject({ Status: 'FAILED' });
      expect(answer.Reason).toContain(removal(id));
    },
  );

  test.each([['s3://sales/x/', 's3://sales/x'], ['s3://sales/x', 's3://sales/x/']])(
    'deletes its integration on %s when Immuta shows it on %s',
    async (LocationPath, awsLocationPath) => {
      await sandbox.addIntegration({ config: { ...CONFIG, awsLocationPath } });

      expect(await sandbox.delete(ID, { properties: { LocationPath } })).toMatchObject({ Status: 'SUCCESS' });
      expect([sandbox.integrations, sandbox.locations]).toEqual([[], []]);
    },
  );

  test('succeeds with a Delete when the remaining location has the role of another owner', async () => {
    sandbox.addRecord();
    await sandbox.addLocation('s3://sales/', OTHER_ROLE);

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
    expect(sandbox.locations).toHaveLength(1);
  });

  test('deletes the integration that an Update recreated', async () => {
    await sandbox.addIntegration({ id: '2002', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('deletes the integration that an Update recreated when its location role was changed in Immuta', async () => {
    await sandbox.addIntegration({
      id: '2002',
      config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}`, awsLocationRole: OTHER_ROLE },
    });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test.each([CONFIG.name, `sales-${OWNER.replace('1', '2')}-${MADE_BY_CREATE}`])(
    'deletes what another run of the same Create left when it is called %s', // stack refactoring changes the owner
    async (name) => {
      await sandbox.addIntegration({ config: { ...CONFIG, name } });
      sandbox.addRecord({ id: '2002', status: 'deleteError', config: { ...CONFIG, name } });

      expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
      expect(sandbox.integrations).toEqual([]);
    },
  );

  test('keeps the integration of a later Create when CloudFormation sends that before the Delete', async () => {
    sandbox.addRecord({ id: '2002' });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toMatchObject([{ id: '2002', status: 'enabled' }]);
  });

  test('deletes what another run of the Create left when the stack has no later integration', async () => {
    await sandbox.addIntegration({ id: '2002' });
    describeStack('DELETE_IN_PROGRESS', ID);

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('keeps what others have on the location when it deletes what another run of the Create left', async () => {
    await sandbox.addIntegration({ id: '2002' });
    sandbox.addRecord({ id: '2003', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BEFORE}` } });
    sandbox.addRecord({ id: '2004', config: { ...CONFIG, name: 'by hand' } });
    describeStack('DELETE_IN_PROGRESS', ID);

    await sandbox.delete(ID);
    expect(sandbox.integrations.map(({ id }) => id)).toEqual(['2003', '2004']);
  });

  test.each([
    ['the resource', 0],
    ['the stack', 1],
  ])('asks about %s again before it deletes what another run of the Create left', async (_, answers) => {
    await sandbox.addIntegration({ id: '2002' });
    describeStack('DELETE_IN_PROGRESS', ID, { answers, denials: 1 });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('keeps the integration that the stack has under another ID', async () => {
    sandbox.addRecord({ id: '2002' });
    describeStack('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'immuta-s3-integration/2002');

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('keeps the integration of a later Create when the cleanup shows the ID that is deleted', async () => {
    sandbox.addRecord({ id: '2002' });
    describeStack('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', ID);

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
    expect(sandbox.steps).toContain('keep-integration');
  });

  test('keeps the integration of a later Create when CloudFormation shows the state before it', async () => {
    sandbox.addRecord({ id: '2002' });
    describeStack('UPDATE_IN_PROGRESS', ID);
    sandbox.clock.at(sandbox.clock.now() + 30_000, () => describeStack('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', ID));

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('waits for a deletion that was requested before', async () => {
    await sandbox.addIntegration({ status: 'deleting' });
    sandbox.clock.at(sandbox.clock.now() + 20_000, () => sandbox.removeIntegration('101'));

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(1);
  });

  test('retries a deletion when a new role is not in force yet', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.faults.validation({ test: 4, on: 'delete', times: 3 });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(4);
    expect(sandbox.clock.sleeps.slice(0, 3)).toEqual([3_000, 4_500, 6_750]);
  });

  test('fails a Delete when a role is not in force until IAM has propagated it', async () => {
    const begin = sandbox.clock.now();
    await sandbox.addIntegration();
    sandbox.immuta.faults.validation({ test: 4, on: 'delete', times: Infinity });

    expect((await sandbox.delete(ID)).Reason).toMatch(/\[VALIDATION_TEST_FAILED\]$/);
    const lastAttempt = sandbox.immuta.requests.filter(({ method }) => method === 'DELETE').at(-1)!;
    expect(lastAttempt.time - begin).toBeGreaterThan(178_000);
    expect(lastAttempt.time - begin).toBeLessThan(180_000);
  });

  test('waits with a Delete when reads show the end of an earlier one that failed', async () => {
    sandbox.immuta.switches.readLag.get.delete = 20_000;
    await sandbox.addIntegration({ status: 'deleteError' });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(1);
  });

  test.each([20_000, 50_000])('waits with a Delete when reads show the status before it for %d ms', async (lag) => {
    sandbox.immuta.switches.readLag.get.delete = lag;
    await sandbox.addIntegration();

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
    expect(deletions()).toBe(1);
  });

  test('retries a deletion when its response is lost', async () => {
    await sandbox.addIntegration();
    sandbox.immuta.faults.http({ method: 'DELETE', behaviour: 'reset' });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(2);
  });
});

describe('Delete keeps', () => {
  test.each<[string, Partial<S3Config>]>([
    ['path', { awsLocationPath: 's3://finance/' }],
    ['prefix', { awsLocationPath: 's3://sales//' }],
    ['account', { awsAccountId: '444455556666' }],
    ['Region', { awsRegion: 'eu-west-1' }],
  ])('keeps a record with the ID of the deleted integration and another %s', async (_, config) => {
    for (const name of ['theirs', CONFIG.name]) {
      sandbox.addRecord({ config: { ...CONFIG, name, ...config } });

      expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
      expect(deletions()).toBe(0);
      expect(sandbox.steps.filter((step) => step === 'keep-integration')).toHaveLength(1);
      sandbox.log.length = 0;
    }
  });

  test('keeps a record with the ID of the deleted integration and another type', async () => {
    sandbox.addRecord({ type: 'Snowflake' });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test("keeps a location of another owner's integration", async () => {
    await sandbox.addIntegration({ id: '5', config: { ...CONFIG, name: 'theirs' } });

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toHaveLength(1);
  });

  test('keeps an adopted integration, even one that an earlier Create of this resource created', async () => {
    await sandbox.addIntegration();

    expect(await sandbox.delete(`${ID}/adopted`)).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: `${ID}/adopted`,
    });
    expect(sandbox.immutaCalls).toEqual(['GET /integrations/101', 'GET /integrations']);
  });

  test.each([`${ID}/adopted`, ID, 'immuta-s3-integration/unknown', 'Lake-SalesLake-1F2E3D4C5B6A'])(
    "keeps what 'adopt' names under the physical ID %s",
    async (physicalId) => {
      await sandbox.addIntegration();

      expect(await sandbox.delete(physicalId, { properties: { Adopt: '101' } })).toMatchObject({
        Status: 'SUCCESS',
        PhysicalResourceId: physicalId,
      });
      expect(sandbox.immuta.requests).toEqual([]);
    },
  );
});

test('deletes what an Update recreated when the adopted integration is gone', async () => {
  await sandbox.addIntegration({
    id: '2002',
    config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE_OF_ADOPTED}` },
  });

  expect(await sandbox.delete(`${ID}/adopted`)).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.integrations).toEqual([]);
});

test('deletes what an Update has just recreated in place of an adopted integration', async () => {
  await sandbox.addIntegration({
    id: '2002',
    config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE_OF_ADOPTED}` },
  });
  sandbox.refuse('GET', 200, [], { path: /integrations$/, times: Infinity });
  sandbox.clock.at(sandbox.clock.now() + 50_000, () => sandbox.immuta.faults.clear());

  expect(await sandbox.delete(`${ID}/adopted`)).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.integrations).toEqual([]);
});

test.each([
  ['none', 'immuta-s3-integration/none', {}],
  ['what `adopt` names', `${ID}/adopted`, { properties: { Adopt: '101' } }],
])('needs neither the secret nor the environment for a Delete of %s', async (_, physicalId, sent) => {
  sandbox.environment = {};

  expect(await sandbox.delete(physicalId, sent)).toMatchObject({ Status: 'SUCCESS' });
});

test('makes no call for a Delete of `none`', async () => {
  sandbox.aws.secrets.deleteSecret(API_KEY_ARN);

  expect(await sandbox.delete('immuta-s3-integration/none')).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.immuta.requests).toEqual([]);
  expect(sandbox.aws.requests).toEqual([]);
});

describe.each([
  ['unknown', 'immuta-s3-integration/unknown'],
  ['unknown, with what it may have made', `immuta-s3-integration/unknown/${MADE_BY_CREATE}`],
  ['an id that CloudFormation invented', 'Lake-SalesLake-1F2E3D4C5B6A'],
  ['an id that leads elsewhere', 'immuta-s3-integration/..'],
])('Delete of %s', (_, physicalId) => {
  test('watches a minute longer for the record of a Create than that may post', async () => {
    const begin = sandbox.clock.now();

    expect(await sandbox.delete(physicalId)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: physicalId });
    expect(sandbox.clock.now() - begin).toBeGreaterThanOrEqual(240_000);
    expect(sandbox.clock.now() - begin).toBeLessThan(260_000);
    expect(sandbox.immutaCalls.every((line) => line === 'GET /integrations')).toBe(true);
    expect(sandbox.immutaCalls.length).toBeLessThan(30);
  });

  test('watches for the record of a Create for two minutes when that does not wait for IAM', async () => {
    const begin = sandbox.clock.now();

    expect(await sandbox.delete(physicalId, { properties: { IamPropagationTimeoutSeconds: '0' } })).toMatchObject({
      Status: 'SUCCESS',
    });
    expect(sandbox.clock.now() - begin).toBeGreaterThanOrEqual(120_000);
    expect(sandbox.clock.now() - begin).toBeLessThan(140_000);
  });

  test('deletes what a failed Create created and still creates', async () => {
    describeStack('DELETE_IN_PROGRESS', physicalId);
    const begin = sandbox.clock.now();
    await sandbox.addIntegration();
    let late: IntegrationRecord | undefined;
    sandbox.clock.at(begin + 200_000, () => {
      late = sandbox.addRecord({ status: 'creating' });
    });
    sandbox.clock.at(begin + 215_000, () => {
      late!.status = 'enabled';
    });

    expect(await sandbox.delete(physicalId)).toMatchObject({ Status: 'SUCCESS' });
    expect(late).toBeDefined();
    expect(sandbox.integrations).toEqual([]);
    expect(sandbox.clock.now() - begin).toBeGreaterThanOrEqual(240_000);
  });

  test.each<[string, Partial<S3Config>]>([
    ['mark', { name: `sales-0123456789ab-${MADE_BY_CREATE}` }],
    ['generation: it was retained', { name: `sales-${OWNER}-${MADE_BEFORE}` }],
    ['path', { awsLocationPath: 's3://finance/' }],
    ['account', { awsAccountId: '444455556666' }],
    ['location role', { awsLocationRole: OTHER_ROLE }],
  ])('keeps a record with another %s when a failed Create is deleted', async (__, config) => {
    sandbox.addRecord({ config: { ...CONFIG, ...config } });

    expect(await sandbox.delete(physicalId)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });
});

describe('Delete of a failed Create, which a later one may have replaced', () => {
  const INVENTED = 'Lake-SalesLake-1F2E3D4C5B6A';

  test.each([
    ['deletes', 'DELETE_IN_PROGRESS', INVENTED, 'to delete'],
    ['deletes', 'ROLLBACK_IN_PROGRESS', INVENTED, 'to delete'],
    ['deletes', 'UPDATE_IN_PROGRESS', INVENTED, 'to delete before it creates the next one'],
    ['deletes', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', INVENTED, 'to delete'],
    ['deletes', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'immuta-s3-integration/202', 'another integration'],
    ['keeps', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', ID, 'this integration'],
    ['keeps', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', INVENTED, 'the resource that is deleted'],
  ])('%s the integration of a failed Create when the stack is %s and shows %s: %s', async (verb, status, shown) => {
    await sandbox.addIntegration();
    describeStack(status, shown);

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toHaveLength(verb === 'keeps' ? 1 : 0);
    expect(sandbox.steps.includes('keep-integration')).toBe(verb === 'keeps');
  });

  test('keeps an enabled integration when the answer is old for some seconds', async () => {
    await sandbox.addIntegration();
    describeStack('UPDATE_IN_PROGRESS', INVENTED);
    sandbox.clock.at(sandbox.clock.now() + 50_000, () => describeStack('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', ID));

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('keeps an integration that the stack had during the Delete, when it has another one later', async () => {
    await sandbox.addIntegration();
    describeStack('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', ID);
    sandbox.clock.at(sandbox.clock.now() + 120_000, () =>
      describeStack('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'immuta-s3-integration/202'));

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('asks CloudFormation again about a failed Create when an answer is lost', async () => {
    await sandbox.addIntegration();
    describeStack('DELETE_IN_PROGRESS', INVENTED, { denials: 2 });

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('keeps the integration of the next Create when CloudFormation answers about the stack only', async () => {
    await sandbox.addIntegration();
    describeStack('UPDATE_COMPLETE', ID, { resourceStatus: 'CREATE_COMPLETE', denials: 2 });

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('decides by the name of the integration when CloudFormation cannot be asked about a failed Create', async () => {
    await sandbox.addIntegration();

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('keeps an enabled integration when CloudFormation no longer answers', async () => {
    await sandbox.addIntegration();
    describeStack('DELETE_IN_PROGRESS', INVENTED, { denials: Infinity, answers: 1 });

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
    expect(sandbox.steps).toContain('keep-integration');
  });

  test('asks CloudFormation again when it does not say whether the next Create has begun', async () => {
    sandbox.addRecord({ status: 'creating' });
    describeStack('UPDATE_IN_PROGRESS', '', {
      resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 30_000, denials: 1,
    });

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('keeps the integration of the next Create when Lambda delivers the Delete again', async () => {
    sandbox.addRecord({ status: 'creating' });
    describeStack('UPDATE_IN_PROGRESS', '', { resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 30_000 });

    expect(await sandbox.delete(INVENTED)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });
});

test('deletes what an Update of the resource with that ID recreated, even in the cleanup of an update', async () => {
  const invented = 'Lake-SalesLake-1F2E3D4C5B6A';
  // six of the physical ID, six of UPDATE: written by hand with sha256sum
  await sandbox.addIntegration({ config: { ...CONFIG, name: `sales-${OWNER}-ca88bad7f1b1` } });
  describeStack('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', invented);

  expect(await sandbox.delete(invented)).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.integrations).toEqual([]);
});

describe('Delete of `unknown/<createdBy>`', () => {
  test('deletes what the Create of `unknown/<createdBy>` created in any status', async () => {
    await sandbox.addIntegration();

    expect(await sandbox.delete(`immuta-s3-integration/unknown/${MADE_BY_CREATE}`)).toMatchObject({
      Status: 'SUCCESS',
    });
    expect(sandbox.integrations).toEqual([]);
  });

  test('fails and prints the command when the location of what the Create created remains', async () => {
    const { id } = await addWithLocation();
    sandbox.addRecord({ id: '7', config: { ...CONFIG, name: 'theirs', awsLocationPath: 's3://finance/' } });
    sandbox.immuta.switches.readLag.list.delete = 30_000; // the list still shows what was deleted
    const { Status, Reason } = await sandbox.delete(`immuta-s3-integration/unknown/${MADE_BY_CREATE}`);

    expect(Status).toBe('FAILED');
    expect(Reason).toContain(removal(id));
    expect(deletions()).toBe(1);
  });

  test('does not wait for the location when that belongs to an integration that stays', async () => {
    await addWithLocation();
    sandbox.addRecord({ id: '5', config: { ...CONFIG, name: 'theirs' } });
    sandbox.addRecord({ id: '7', config: { ...CONFIG, name: 'theirs', awsLocationPath: 's3://finance/' } });

    expect(await sandbox.delete(`immuta-s3-integration/unknown/${MADE_BY_CREATE}`)).toMatchObject({
      Status: 'SUCCESS',
    });
    expect(sandbox.integrations.map(({ id }) => id)).toEqual(['5', '7']);
    expect(sandbox.locations).toHaveLength(1);
  });

  test('keeps what an earlier Create of the same generation created without a rollback', async () => {
    const successor = `${MADE_BY_CREATE.slice(0, 6)}ffffff`;
    sandbox.addRecord({ config: { ...CONFIG, name: `sales-${OWNER}-${successor}` } });

    expect(await sandbox.delete(`immuta-s3-integration/unknown/${MADE_BY_CREATE}`)).toMatchObject({
      Status: 'SUCCESS',
    });
    expect(deletions()).toBe(0);
  });
});

test('leaves nothing when a Create cannot read its integration and its Delete follows', async () => {
  // the key is rotated, so that the Create cannot look
  const rotateKey = () => {
    sandbox.immuta.apiKeys.clear();
  };
  sandbox.immuta.faults.http({
    method: 'POST',
    behaviour: 'replace',
    answer: { status: 500, body: { message: 'Internal error' } },
  });
  sandbox.immuta.faults.http({ method: 'GET', after: 1, run: rotateKey });
  const created = await sandbox.create();
  expect(created).toMatchObject({
    Status: 'FAILED',
    PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}`,
  });

  sandbox.immuta.apiKeys.set(API_KEY, ['APPLICATION_ADMIN']);
  expect(await sandbox.delete(created.PhysicalResourceId)).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.integrations).toEqual([]);
});
