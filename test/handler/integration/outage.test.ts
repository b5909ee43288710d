import { HttpFault } from '../../sandbox/immuta';
import { HandlerSandbox, ID } from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

/** Answers 503 to all of these requests, for so many seconds after the first of them. */
function outage(method: string, seconds: number, path = /./, fault: Partial<HttpFault> = {}): void {
  const { clock, immuta } = sandbox;
  let hasBegun = false;
  const run = () => {
    if (!hasBegun) clock.at(clock.now() + seconds * 1000, () => immuta.faults.clear());
    hasBegun = true;
  };
  sandbox.refuse(method, 503, 'Down for maintenance.', { path, times: Infinity, run, ...fault });
}

describe('an outage of four minutes', () => {
  test('waits with a Create for its integration through an outage of four minutes', async () => {
    outage('GET', 240, /\/101$/);

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
  });

  test('searches with a Create for what it may have created through an outage of four minutes', async () => {
    sandbox.immuta.faults.http({ method: 'POST', behaviour: 'lose', run: () => outage('GET', 240) });

    expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(sandbox.countImmutaCalls('POST')).toBe(1);
  });

  test.each(['GET', 'PUT'])('succeeds with an Update when a long outage begins at a %s', async (method) => {
    await sandbox.addIntegration();
    outage(method, 240);

    expect(await sandbox.update({ properties: { Revision: '2' } })).toMatchObject({ Status: 'SUCCESS' });
  });

  test.each(['GET', 'DELETE'])('succeeds with a Delete when a long outage begins at a %s', async (method) => {
    await sandbox.addIntegration();
    outage(method, 240);

    expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.integrations).toEqual([]);
  });

  test('succeeds with the Delete of an unknown Create when an outage takes four minutes', async () => {
    outage('GET', 240);

    expect(await sandbox.delete('immuta-s3-integration/unknown')).toMatchObject({ Status: 'SUCCESS' });
  });
});

test('fails a Delete after five minutes, with few requests, when the outage remains', async () => {
  await sandbox.addIntegration();
  outage('DELETE', Infinity);
  const begin = sandbox.clock.now();
  const { Status, Reason } = await sandbox.delete(ID);

  expect(Status).toBe('FAILED');
  expect(Reason).toBe(
    'Immuta answered 503 to DELETE /integrations/101: Down for maintenance; retried for 5 minutes. ' +
      'Try again when Immuta is available. [IMMUTA_UNAVAILABLE]',
  );
  expect(sandbox.clock.now() - begin).toBeLessThan(310_000);
  expect(sandbox.countImmutaCalls('DELETE')).toBeLessThan(100);
  expect(Math.max(...sandbox.clock.sleeps)).toBeLessThanOrEqual(20_000);
});

test('fails a Create that has sent nothing when the outage takes more than a minute', async () => {
  outage('GET', 240);
  const begin = sandbox.clock.now();
  const { Reason, PhysicalResourceId } = await sandbox.create();

  expect(PhysicalResourceId).toBe('immuta-s3-integration/none');
  expect(Reason).toBe(
    'Immuta answered 503 to GET /integrations: Down for maintenance; retried for 60 seconds. ' +
      'Try again when Immuta is available. [IMMUTA_UNAVAILABLE]',
  );
  expect(sandbox.clock.now() - begin).toBeLessThan(70_000);
});

test('recreates the integration with an Update when an outage of 90 seconds begins before the POST', async () => {
  outage('GET', 90, /integrations$/, { after: 3 }); // three lists confirm that the integration is gone

  expect(await sandbox.update()).toMatchObject({ Status: 'SUCCESS', Data: { IntegrationId: '101' } });
  expect(sandbox.countImmutaCalls('POST')).toBe(1);
});

test('waits longer when a Create that has sent nothing gets 429', async () => {
  sandbox.immuta.faults.http({
    method: 'GET',
    behaviour: 'answer',
    answer: { status: 429, headers: { 'retry-after': '40' }, body: {} },
    times: 3,
  });

  expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
});

test('does not fail a Create that has sent nothing when the outage takes half a minute', async () => {
  outage('GET', 30);

  expect(await sandbox.create()).toMatchObject({ Status: 'SUCCESS' });
});

test('continues in the next invocation when an outage starts near the end of one', async () => {
  await sandbox.addIntegration();
  outage('DELETE', 200);
  sandbox.functionTimeoutMs = 180_000;

  expect(await sandbox.delete(ID)).toMatchObject({ Status: 'SUCCESS' });
  // pauses are random, so that a second hand-over is possible
  expect(sandbox.countAwsCalls('Invoke')).toBeGreaterThan(0);
});

test('reports the outage as the last status when time runs out', async () => {
  await sandbox.addIntegration();
  outage('DELETE', Infinity);
  const { Reason } = await sandbox.delete(ID, {
    properties: { TimeoutSeconds: '120', IamPropagationTimeoutSeconds: '60' },
  });

  expect(Reason).toBe(
    'timed out after 3 minutes waiting for Immuta to accept the deletion of integration 101 ' +
      '(last status: Immuta answered 503 to DELETE /integrations/101: Down for maintenance). ' +
      "Look at the resource in Immuta or AWS, and increase 'timeout' if it only needs more time. [TIMEOUT]",
  );
});
