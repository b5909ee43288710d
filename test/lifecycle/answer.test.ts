import { failure, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';

const sandbox = useSandbox();

test('an answer that does not get through is sent again', async () => {
  sandbox.current.responses.refuse = 2;

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(shortAnswers(sandbox.current)).toEqual(['SUCCESS immuta-s3-integration/101']);
});

test('an answer that never gets through fails no invocation, and what was made is found and deleted', async () => {
  const { responses, clock, lambda } = sandbox.current;
  responses.refuse = Infinity;
  clock.at(clock.now() + 30 * 60_000, () => { responses.refuse = 0; });

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(failure(result)).toMatch(/did not receive a response/);
  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(lambda.invocations.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('a destroyed stack that is destroyed again is answered alike', async () => {
  await sandbox.current.deploy(lake(sandbox.current));
  sandbox.current.responses.refuse = Infinity;
  const { status } = await sandbox.current.destroy(STACK_NAME);
  expect(status).toBe('DELETE_FAILED');
  sandbox.current.responses.refuse = 0;

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(shortAnswers(sandbox.current)).toEqual(['SUCCESS immuta-s3-integration/101', 'SUCCESS immuta-s3-integration/101']);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
