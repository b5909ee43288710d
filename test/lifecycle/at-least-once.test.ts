import { changes, deployTenant, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';

const sandbox = useSandbox();

test.each<[string, (number | 'afterwards')[]]>([
  ['at the same time', [0, 0]],
  ['three times at once', [0, 0, 0]],
  ['seconds later', [0, 7_000]],
  ['after the first has answered', [0, 'afterwards']],
  ['minutes later', [0, 240_000]],
])('an event that comes again %s changes nothing', async (_when, deliveries) => {
  sandbox.current.lambda.deliveries = deliveries;

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
  const [record] = sandbox.current.immuta.integrations.values();
  expect(leftovers(sandbox.current).integrations).toEqual([{ id: record.id, status: 'enabled' }]);
  expect(new Set(shortAnswers(sandbox.current))).toEqual(new Set([`SUCCESS immuta-s3-integration/${record.id}`]));

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
  expect(new Set(shortAnswers(sandbox.current))).toEqual(new Set([`SUCCESS immuta-s3-integration/${record.id}`]));
  expect(sandbox.current.lambda.invocations.map(({ error }) => error).filter(Boolean)).toEqual([]);
});

test('an event that fails twice fails alike, and its rollback leaves nothing', async () => {
  sandbox.current.lambda.deliveries = [0, 0];
  sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true, times: Infinity });

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('an event that comes after the rollback makes nothing', async () => {
  const tenant = await deployTenant(sandbox.current);
  sandbox.current.lambda.deliveries = [0, 280_000];
  sandbox.current.immuta.faults.validation({ test: 2, on: 'create' });

  expect(await sandbox.current.deploy(lake(sandbox.current, { tenant }))).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

  expect(sandbox.current.lambda.invocations.filter(({ event }) => event.RequestType === 'Create')).toHaveLength(2);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  expect(leftovers(sandbox.current)).toMatchObject({ integrations: [], locations: [] });
});
