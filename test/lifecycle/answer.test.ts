import { failure, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';

const sandbox = useSandbox();

test('an answer that does not get through is sent again', async () => {
  sandbox.current.responses.refuse = 2;

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(shortAnswers(sandbox.current)).toEqual(['SUCCESS immuta-s3-integration/101']);
});

test('what Immuta says at length, in letters of many bytes, is cut so that CloudFormation takes the answer', async () => {
  sandbox.current.immuta.faults.http({ method: 'POST', behaviour: 'answer', answer: { status: 400, body: { statusCode: 400, message: '漢字 \u0001'.repeat(10_000) } } });
  const tests = Array.from({ length: 7 }, (_, n) => ({ name: `Test ${n}`, status: 'failed', message: '測試\t'.repeat(5_000) }));
  sandbox.current.immuta.faults.http({
    method: 'POST', behaviour: 'answer', answer: { status: 422, body: { statusCode: 422, message: 'Validation failed', validationResults: { status: 'failed', validationTests: tests } } },
  });

  for (const reason of [/Immuta answered 400 to POST \/integrations: 漢字/, /'Test 0' failed: 測試/]) {
    const result = await sandbox.current.deploy(lake(sandbox.current));
    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(reason);
    expect(Buffer.byteLength(sandbox.current.responses.answers.at(-2)!.body)).toBeLessThanOrEqual(4096);
    await sandbox.current.destroy(STACK_NAME);
  }
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
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
