import { sendJson } from '../../support/http-server';
import { CONFIG, MADE_BEFORE, MADE_BY_CREATE, MADE_BY_UPDATE, MADE_BY_UPDATE_OF_ADOPTED, OWNER, ROLE, World } from '../support/world';

const ID = 'immuta-s3-integration/1001';
const OTHER_ROLE = 'arn:aws:iam::111122223333:role/other';

let world: World;
beforeEach(async () => { world = await World.start(); });
afterEach(() => world.close());

const deletions = () => world.immuta.count('DELETE');
const withIntegration = (more: object = {}) => {
  world.aws.locations = [{ id: 'loc-1001', scope: 's3://sales/', roleArn: ROLE }];
  return world.immuta.add({ id: '1001', config: { ...CONFIG, ...more } });
};

describe('a Delete of an integration that we made', () => {
  test('ends when the integration and its location are gone', async () => {
    withIntegration();
    world.immuta.afterDelete = [{ next: ['deleting', 'deleting', 'deleting', 'gone'] }];
    const answer = await world.delete(ID);

    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(world.immuta.integrations).toEqual([]);
    expect(world.aws.locations).toEqual([]);
    const request = world.immuta.http.requests.find(({ method }) => method === 'DELETE')!;
    expect([request.body, request.headers['content-type']]).toEqual(['', undefined]);
  });

  test('takes a record with the status deleted for gone', async () => {
    withIntegration();
    world.immuta.afterDelete = [{ next: ['deleting', 'deleted'] }];
    world.immuta.onChange = () => { world.aws.locations = []; };

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(1);
  });

  test('succeeds if it is gone already', async () => {
    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('may come twice', async () => {
    withIntegration();
    const event = world.event('Delete', 'd', { physicalId: ID });
    await world.deliver(event);

    expect(await world.deliver(event)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(1);
  });

  test('reads four properties, so that an older or a newer version can delete', async () => {
    withIntegration();
    const { AccountId, Region, LocationPath, LocationRoleArn } = world.event('Delete', 'd').ResourceProperties as Record<string, string>;
    const answer = await world.delete(ID, { event: { ResourceProperties: { AccountId, Region, LocationPath, LocationRoleArn, New: ['x'] } } });

    expect(answer).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toEqual([]);
  });

  test('waits through a state in which Immuta refuses', async () => {
    withIntegration().next = ['editing', 'editing', 'enabled'];
    world.immuta.get('1001')!.status = 'editing';

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toEqual([]);
  });

  test('does not wait for a refusal that will not pass', async () => {
    withIntegration();
    for (let i = 0; i < 5; i++) {
      world.immuta.refuseOnce('DELETE', /./, 409, 'Integration has data sources.');
    }
    const answer = await world.delete(ID);

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toBe('Immuta answered 409 to DELETE /integrations/1001: Integration has data sources');
    expect(deletions()).toBe(2);
  });

  test('fails with Immuta\'s text if it could not', async () => {
    withIntegration();
    world.immuta.afterDelete = [{ next: ['deleting', 'deleteError'], message: 'Could not remove 3 grants.' }];
    const answer = await world.delete(ID);

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toContain("integration 1001 is 'deleteError'; Could not remove 3 grants; ");
  });

  test('fails if Immuta accepts and then leaves it as it is', async () => {
    withIntegration();
    world.immuta.afterDelete = [{ next: ['enabled'] }];
    const answer = await world.delete(ID);

    expect(answer.Reason).toContain("Immuta did not delete the integration: integration 1001 is 'enabled'");
  });

  test('fails with the command that removes a location which stays', async () => {
    withIntegration();
    world.immuta.onChange = () => undefined;
    const answer = await world.delete(ID);

    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
    expect(answer.Reason).toContain('aws s3control delete-access-grants-location --account-id 111122223333 --region us-east-1 '
      + '--access-grants-location-id loc-1001');
  });

  test('fails with that command too if somebody disabled it', async () => {
    withIntegration();
    world.immuta.afterDelete = [{ next: ['disabled'] }];

    expect((await world.delete(ID)).Reason).toContain('--access-grants-location-id loc-1001');
  });

  test('waits for a location that goes a little later', async () => {
    withIntegration();
    world.immuta.onChange = () => undefined;
    const begin = world.clock.now();
    world.clock.onTick = (now) => {
      if (now - begin > 40_000) {
        world.aws.locations = [];
      }
    };

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
  });

  test('waits for its own location, whatever is on a path that only looks the same', async () => {
    withIntegration({ awsLocationPath: 's3://sales/x' });
    const theirs = [
      { id: 'loc-8', scope: 's3://sales/x/', roleArn: OTHER_ROLE },
      { id: 'loc-9', scope: 's3://sales/x', roleArn: OTHER_ROLE },
    ];
    world.aws.locations = [...theirs, { id: 'loc-1001', scope: 's3://sales/x*', roleArn: ROLE }];
    world.aws.pageSize = 1;
    world.immuta.onChange = () => undefined;
    const answer = await world.delete(ID, { properties: { LocationPath: 's3://sales/x' } });

    expect(answer).toMatchObject({ Status: 'FAILED' });
    expect(answer.Reason).toContain('--access-grants-location-id loc-1001');
  });

  test('does not mind a location that has somebody else\'s role', async () => {
    withIntegration();
    world.immuta.onChange = () => { world.aws.locations = [{ id: 'loc-9', scope: 's3://sales/', roleArn: OTHER_ROLE }]; };

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.aws.locations).toHaveLength(1);
  });

  test('deletes the one that an Update made in its place', async () => {
    world.immuta.add({ id: '2002', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE}` } });

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toEqual([]);
  });

  test('leaves alone what a later Create made, which CloudFormation may send first', async () => {
    world.immuta.add({ id: '2002', config: CONFIG });

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toMatchObject([{ id: '2002', status: 'enabled' }]);
  });

  test('is repeated when its answer is lost', async () => {
    withIntegration();
    world.immuta.once('DELETE', /./, (_, response) => { response.destroy(); });

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(2);
  });
});

describe('a Delete leaves alone', () => {
  test.each([
    ['path', { awsLocationPath: 's3://finance/' }],
    ['prefix', { awsLocationPath: 's3://sales//' }],
    ['account', { awsAccountId: '444455556666' }],
    ['Region', { awsRegion: 'eu-west-1' }],
  ])('a record of that id with another %s', async (_, config) => {
    world.immuta.add({ id: '1001', config: { ...CONFIG, name: 'theirs', ...config } });

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
    expect(world.steps).toContain('left-alone');
  });

  test('a record of that id of another type', async () => {
    world.immuta.add({ id: '1001', type: 'Snowflake', config: CONFIG });

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });

  test('a location that belongs to an integration of somebody else', async () => {
    world.immuta.add({ id: '5', config: { ...CONFIG, name: 'theirs' } });
    world.aws.locations = [{ id: 'loc-5', scope: 's3://sales/', roleArn: ROLE }];

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toHaveLength(1);
  });

  test('an integration that was adopted, even one that an earlier Create of its own has made', async () => {
    withIntegration();

    expect(await world.delete(`${ID}/adopted`)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: `${ID}/adopted` });
    expect(world.immuta.http.lines).toEqual(['GET /integrations']);
  });

  test.each([`${ID}/adopted`, ID, 'immuta-s3-integration/unknown', 'Lake-SalesLake-1F2E3D4C5B6A'])("what 'adopt' names, under the id %s", async (physicalId) => {
    withIntegration();

    expect(await world.delete(physicalId, { properties: { Adopt: '1001' } })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: physicalId });
    expect(world.immuta.http.requests).toEqual([]);
  });
});

test('a Delete of an adopted one that is gone deletes what an Update has made in its place', async () => {
  world.immuta.add({ id: '2002', config: { ...CONFIG, name: `sales-${OWNER}-${MADE_BY_UPDATE_OF_ADOPTED}` } });

  expect(await world.delete(`${ID}/adopted`)).toMatchObject({ Status: 'SUCCESS' });
  expect(world.immuta.integrations).toEqual([]);
});

test.each([
  ['none', 'immuta-s3-integration/none', {}],
  ['what `adopt` names', `${ID}/adopted`, { properties: { Adopt: '1001' } }],
])('a Delete of %s needs neither the secret nor the environment', async (_, physicalId, sent) => {
  world.environment = {};

  expect(await world.delete(physicalId, sent)).toMatchObject({ Status: 'SUCCESS' });
});

test('a Delete of none makes no call, not even for the secret', async () => {
  world.aws.secrets.clear();

  expect(await world.delete('immuta-s3-integration/none')).toMatchObject({ Status: 'SUCCESS' });
  expect(world.immuta.http.requests).toEqual([]);
  expect(world.aws.http.requests).toEqual([]);
});

describe.each([
  ['unknown', 'immuta-s3-integration/unknown'],
  ['unknown, with what it may have made', `immuta-s3-integration/unknown/${MADE_BY_CREATE}`],
  ['an id that CloudFormation invented', 'Lake-SalesLake-1F2E3D4C5B6A'],
  ['an id that leads elsewhere', 'immuta-s3-integration/..'],
])('a Delete of %s', (_, physicalId) => {
  test('watches as long as a Create may post, and a minute more', async () => {
    const begin = world.clock.now();

    expect(await world.delete(physicalId)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: physicalId });
    expect(world.clock.now() - begin).toBeGreaterThanOrEqual(240_000);
    expect(world.clock.now() - begin).toBeLessThan(260_000);
    expect(world.immuta.http.lines.every((line) => line === 'GET /integrations')).toBe(true);
  });

  test('watches for two minutes even if that Create does not wait for IAM', async () => {
    const begin = world.clock.now();

    expect(await world.delete(physicalId, { properties: { IamPropagationTimeoutSeconds: '0' } })).toMatchObject({ Status: 'SUCCESS' });
    expect(world.clock.now() - begin).toBeGreaterThanOrEqual(120_000);
    expect(world.clock.now() - begin).toBeLessThan(140_000);
  });

  test('deletes what that Create made and makes, and watches on', async () => {
    const begin = world.clock.now();
    withIntegration();
    let late = false;
    world.clock.onTick = (now) => {
      if (!late && now - begin > 200_000) {
        late = true;
        world.immuta.add({ id: '3003', config: CONFIG, status: 'creating', next: ['creating', 'enabled'] });
      }
    };

    expect(await world.delete(physicalId)).toMatchObject({ Status: 'SUCCESS' });
    expect(late).toBe(true);
    expect(world.immuta.integrations).toEqual([]);
    expect(world.clock.now() - begin).toBeGreaterThanOrEqual(240_000);
  });

  test.each([
    ['mark', { name: `sales-0123456789ab-${MADE_BY_CREATE}` }],
    ['generation: it was retained', { name: `sales-${OWNER}-${MADE_BEFORE}` }],
    ['path', { awsLocationPath: 's3://finance/' }],
    ['account', { awsAccountId: '444455556666' }],
    ['location role', { awsLocationRole: OTHER_ROLE }],
  ])('leaves alone what has another %s', async (__, config) => {
    world.immuta.add({ id: '1001', config: { ...CONFIG, ...config } });

    expect(await world.delete(physicalId)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });
});

describe('without a generation, a Delete under an id that we did not issue', () => {
  const INVENTED = 'Lake-SalesLake-1F2E3D4C5B6A';
  const name = `sales-${OWNER}-9c09a061596b`;
  const noGeneration = { properties: { Generation: undefined } };

  test.each(['enabled', 'editing', 'recurringValidationError', 'disabled'])('leaves alone what is there and %s: it may have been retained', async (status) => {
    world.immuta.add({ id: '1001', status, config: { ...CONFIG, name } });

    expect(await world.delete(INVENTED, noGeneration)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
    expect(world.steps).toContain('left-alone');
  });

  test.each(['creating', 'createError'])('deletes what is %s: nobody retains that', async (status) => {
    world.immuta.add({ id: '1001', status, next: status === 'creating' ? ['enabled'] : [], config: { ...CONFIG, name } });

    expect(await world.delete(INVENTED, noGeneration)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toEqual([]);
  });

  test('deletes what comes while it watches', async () => {
    const begin = world.clock.now();
    world.clock.onTick = (now) => {
      if (now - begin > 100_000 && world.immuta.count('DELETE') === 0 && world.immuta.integrations.length === 0) {
        world.immuta.add({ id: '1001', config: { ...CONFIG, name } });
      }
    };

    expect(await world.delete(INVENTED, noGeneration)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(1);
    expect(world.immuta.integrations).toEqual([]);
  });
});

describe('a Delete of what a Create may have made and said so', () => {
  test('deletes it without a generation, too, whatever its status', async () => {
    const made = '9c09a061596b';
    world.immuta.add({ id: '1001', status: 'enabled', config: { ...CONFIG, name: `sales-${OWNER}-${made}` } });

    expect(await world.delete(`immuta-s3-integration/unknown/${made}`, { properties: { Generation: undefined } })).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toEqual([]);
  });

  test('leaves alone what another Create of the same generation made: after a failure that was not rolled back, it came first', async () => {
    const successor = `${MADE_BY_CREATE.slice(0, 6)}ffffff`;
    world.immuta.add({ id: '1001', config: { ...CONFIG, name: `sales-${OWNER}-${successor}` } });

    expect(await world.delete(`immuta-s3-integration/unknown/${MADE_BY_CREATE}`)).toMatchObject({ Status: 'SUCCESS' });
    expect(deletions()).toBe(0);
  });
});

test('a Create whose answer came to nothing and the Delete that follows leave nothing', async () => {
  world.immuta.once('POST', /./, (request, response) => {
    world.immuta.create(request.body);
    sendJson(response, 500, { message: 'Internal error' });
    world.immuta.apiKey = 'rotated'; // so that the Create cannot look
  });
  const created = await world.create();
  expect(created).toMatchObject({ Status: 'FAILED', PhysicalResourceId: `immuta-s3-integration/unknown/${MADE_BY_CREATE}` });

  world.immuta.apiKey = 'key-846e9e43c86a4c';
  expect(await world.delete(created.PhysicalResourceId)).toMatchObject({ Status: 'SUCCESS' });
  expect(world.immuta.integrations).toEqual([]);
});
