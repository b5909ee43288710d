import { deployInstance, instanceFailure, instanceState, leftovers, NOTHING, OTHER_IDENTITY_CENTER, somebodyElse, STACK_NAME, useSandbox } from './fixture';

const sandbox = useSandbox();
const MINUTE = 60_000;

test('locations that are going are waited for', async () => {
  await deployInstance(sandbox.current);
  const others = somebodyElse(sandbox.current);
  const ids = await Promise.all(['s3://a/', 's3://b/', 's3://c/'].map(async (scope) => (await others.registers(scope)).id));
  const { clock } = sandbox.current;
  // one every 90 seconds: longer in all than nothing may happen at all
  ids.forEach((id, index) => clock.at(clock.now() + (index + 1) * 90_000, () => others.unregisters(id)));

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, roles: [expect.stringMatching(/theirs$/)] });
});

test.each([['a location', false], ['a location with a grant', true]])('an instance in which %s of others remains stays, and nobody\'s it is', async (_, granted) => {
  await deployInstance(sandbox.current);
  const { id } = await somebodyElse(sandbox.current).registers('s3://theirs/');
  if (granted) somebodyElse(sandbox.current).grants(id);
  const start = sandbox.current.clock.now();

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(sandbox.current.clock.now() - start).toBeLessThan(4 * MINUTE);
  expect(instanceState(sandbox.current)).toEqual({ identityCenter: undefined, instanceIsOurs: false, associationIsOurs: false });
  expect(sandbox.current.written().processes).toContain(`has 1 locations and ${granted ? 1 : 0} grants of others: it stays`);
});

test('an instance that somebody else associated stays', async () => {
  await deployInstance(sandbox.current);
  somebodyElse(sandbox.current).associates(OTHER_IDENTITY_CENTER);

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(instanceState(sandbox.current)).toEqual({ identityCenter: OTHER_IDENTITY_CENTER, instanceIsOurs: false, associationIsOurs: false });
  expect(sandbox.current.written().processes).toContain(`of others, and is associated with ${OTHER_IDENTITY_CENTER}: it stays`);
});

test('what AWS refuses without a reason that shows is a failure with its words, and can be deleted later', async () => {
  await deployInstance(sandbox.current);
  let refuses = true;
  sandbox.current.aws.route('s3-control', async (request, next) => {
    if (refuses && request.method === 'DELETE' && request.path.endsWith('/accessgrantsinstance')) {
      return { status: 400, body: '<ErrorResponse><Error><Code>AccessGrantsInstanceNotEmpty</Code><Message>Not yet.</Message></Error></ErrorResponse>' };
    }
    return next(request);
  });

  const result = await sandbox.current.destroy(STACK_NAME);
  expect(result.status).toBe('DELETE_FAILED');
  expect(instanceFailure(result)).toMatch(/answered AccessGrantsInstanceNotEmpty to DeleteAccessGrantsInstance: Not yet/);

  refuses = false;
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
