import { Duration } from 'aws-cdk-lib';
import { changes, failure, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';

const MINUTE = 60_000;
const sandbox = useSandbox();

test('what takes longer than the timeout fails with what was last seen, and the rollback waits to delete it', async () => {
  sandbox.current.immuta.switches.durations.creating = 40 * MINUTE;
  const start = sandbox.current.clock.now();

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/not done after 30 minutes; last seen: integration 101 is 'creating'; if it only needs longer, raise 'timeout'/);
  const [failedAt] = sandbox.current.responses.answers.map(({ at }) => at - start);
  expect(failedAt).toBeGreaterThan(29 * MINUTE);
  expect(failedAt).toBeLessThan(31 * MINUTE);
  expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/101', 'SUCCESS immuta-s3-integration/101']);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test("the longest timeout ends within Lambda's recursion limit and before CloudFormation gives up", async () => {
  sandbox.current.immuta.switches.durations.creating = 49 * MINUTE;

  const { status } = await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ timeout: Duration.minutes(50) }) }));

  expect(status).toBe('CREATE_COMPLETE');
  expect(sandbox.current.lambda.dropped).toEqual([]);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
});

test('deleting may take longer than one run of the function', async () => {
  sandbox.current.immuta.switches.durations.deleting = 25 * MINUTE;
  await sandbox.current.deploy(lake(sandbox.current));

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(shortAnswers(sandbox.current)).toEqual(Array(2).fill('SUCCESS immuta-s3-integration/101'));
  expect(changes(sandbox.current).filter((change) => change.startsWith('DELETE'))).not.toEqual([]);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('a deletion that outlasts the timeout fails, says so, and succeeds when it is tried again', async () => {
  sandbox.current.immuta.switches.durations.deleting = 45 * MINUTE;
  await sandbox.current.deploy(lake(sandbox.current));

  const result = await sandbox.current.destroy(STACK_NAME);

  expect(result.status).toBe('DELETE_FAILED');
  expect(failure(result)).toMatch(/last seen: integration 101 is 'deleting'/);
  expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'deleting' }]);
  expect(shortAnswers(sandbox.current)).toEqual(['SUCCESS immuta-s3-integration/101', 'FAILED immuta-s3-integration/101']);
  // what Immuta still needs is still there
  expect(leftovers(sandbox.current).roles).toHaveLength(3);
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('a function that cannot start does not hang the stack for an hour', async () => {
  sandbox.current.lambda.throttled = true;
  const start = sandbox.current.clock.now();

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(failure(result)).toMatch(/did not receive a response/);
  const [failed] = result.events.filter(({ status }) => status === 'CREATE_FAILED');
  expect(failed.timestamp - start).toBeLessThan(40 * MINUTE);
  // its event is too old by then, and must not run any more
  expect(sandbox.current.lambda.dropped[0]).toMatchObject({ event: { RequestType: 'Create' }, reason: 'older than the maximum event age' });
  expect(changes(sandbox.current)).toEqual([]);
});
