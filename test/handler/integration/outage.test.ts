import { sendJson } from '../../support/http-server';
import { CONFIG, ROLE, World } from '../support/world';

const ID = 'immuta-s3-integration/1001';

let world: World;
beforeEach(async () => { world = await World.start(); });
afterEach(() => world.close());

/** Answers 503 to all of these requests, for so many seconds after the first of them. */
function outage(method: string, seconds: number, path = /./): void {
  let end: number | undefined;
  const fail = () => world.immuta.once(method, path, (request, response) => {
    end ??= world.clock.now() + seconds * 1000;
    if (world.clock.now() < end) {
      fail();
      return sendJson(response, 503, { message: 'Down for maintenance.' });
    }
    world.immuta.answer(request, response);
  });
  fail();
}

const withIntegration = () => {
  world.aws.locations = [{ id: 'loc-1001', scope: 's3://sales/', roleArn: ROLE }];
  world.immuta.add({ id: '1001', config: CONFIG });
};

describe('an outage of four minutes', () => {
  test('does not end a Create that waits for what it has made', async () => {
    outage('GET', 240, /\/1001$/);

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
  });

  test('does not end a Create that looks for what it may have made', async () => {
    world.immuta.once('POST', /./, (request, response) => {
      outage('GET', 240);
      world.immuta.create(request.body);
      response.destroy();
    });

    expect(await world.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(world.immuta.count('POST')).toBe(1);
  });

  test.each(['GET', 'PUT'])('does not end an Update at a %s', async (method) => {
    withIntegration();
    outage(method, 240);

    expect(await world.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test.each(['GET', 'DELETE'])('does not end a Delete at a %s', async (method) => {
    withIntegration();
    outage(method, 240);

    expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.immuta.integrations).toEqual([]);
  });

  test('does not end the Delete of a Create of which nothing is known', async () => {
    outage('GET', 240);

    expect(await world.delete('immuta-s3-integration/unknown')).toMatchObject({ Status: 'SUCCESS' });
  });
});

test('an outage for ever ends a Delete after five minutes, without hammering', async () => {
  withIntegration();
  outage('DELETE', Infinity);
  const begin = world.clock.now();
  const { Status, Reason } = await world.delete(ID);

  expect(Status).toBe('FAILED');
  expect(Reason).toBe('Immuta answered 503 to DELETE /integrations/1001: Down for maintenance; this was tried for 5 minutes');
  expect(world.clock.now() - begin).toBeLessThan(310_000);
  expect(world.immuta.count('DELETE')).toBeLessThan(100);
  expect(Math.max(...world.clock.sleeps)).toBeLessThanOrEqual(20_000);
});

test('a Create that has sent nothing is ended by an outage of more than a minute', async () => {
  outage('GET', 240);
  const begin = world.clock.now();
  const { Reason, PhysicalResourceId } = await world.create();

  expect(PhysicalResourceId).toBe('immuta-s3-integration/none');
  expect(Reason).toBe('Immuta answered 503 to GET /integrations: Down for maintenance; this was tried for 60 seconds');
  expect(world.clock.now() - begin).toBeLessThan(70_000);
});

test('a Create that has sent nothing is more patient with who asks for it', async () => {
  for (let i = 0; i < 3; i++) {
    world.immuta.once('GET', /./, (_, response) => sendJson(response, 429, {}, { 'retry-after': '40' }));
  }

  expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
});

test('a Create that has sent nothing outlasts half a minute', async () => {
  outage('GET', 30);

  expect(await world.create()).toMatchObject({ Status: 'SUCCESS' });
});

test('an outage near the end of an invocation is left to the next', async () => {
  withIntegration();
  outage('DELETE', 200);
  world.functionTimeoutMs = 180_000;

  expect(await world.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
  expect(world.aws.count('Invoke')).toBe(1);
});

test('an outage that outlasts the timeout is what was last seen', async () => {
  withIntegration();
  outage('DELETE', Infinity);
  const { Reason } = await world.delete(ID, { properties: { TimeoutSeconds: '120', IamPropagationTimeoutSeconds: '60' } });

  expect(Reason).toBe('not done after 3 minutes; last seen: Immuta answered 503 to DELETE /integrations/1001: Down for maintenance; '
    + "if it only needs longer, raise 'timeout'");
});
