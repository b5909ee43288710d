import {
  carryOut,
  changes,
  deployTenant,
  failure,
  firstAnswers,
  GOOD,
  inOrder,
  lake,
  leftovers,
  NOTHING,
  Outcome,
  prepare,
  shortAnswers,
  STACK_NAME,
  useSandbox,
} from './faults/fixture';

const sandbox = useSandbox();

describe('a response', () => {
  test('sends a response again when it does not arrive', async () => {
    sandbox.current.responses.refuse = 2;

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });

    expect(shortAnswers(sandbox.current)).toEqual(['SUCCESS immuta-s3-integration/101']);
  });

  test('truncates the reason when Immuta answers at length and in multibyte characters', async () => {
    sandbox.current.immuta.faults.http({
      method: 'POST',
      behaviour: 'answer',
      answer: { status: 400, body: { statusCode: 400, message: '漢字 \u0001'.repeat(10_000) } },
    });
    const tests = Array.from({ length: 7 }, (_, n) => ({
      name: `Test ${n}`,
      status: 'failed',
      message: '測試\t'.repeat(5_000),
    }));
    sandbox.current.immuta.faults.http({
      method: 'POST',
      behaviour: 'answer',
      answer: {
        status: 422,
        body: {
          statusCode: 422,
          message: 'Validation failed',
          validationResults: { status: 'failed', validationTests: tests },
        },
      },
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

  test('deletes what was created, without a failed invocation, when the response never arrives', async () => {
    const { responses, clock, lambda } = sandbox.current;
    responses.refuse = Infinity;
    clock.at(clock.now() + 30 * 60_000, () => { responses.refuse = 0; });

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(failure(result)).toMatch(/did not receive a response/);
    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(lambda.invocations.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('responds in the same way when a destroyed stack is destroyed again', async () => {
    await sandbox.current.deploy(lake(sandbox.current));
    sandbox.current.responses.refuse = Infinity;
    const { status } = await sandbox.current.destroy(STACK_NAME);
    expect(status).toBe('DELETE_FAILED');
    sandbox.current.responses.refuse = 0;

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(shortAnswers(sandbox.current)).toEqual([
      'SUCCESS immuta-s3-integration/101',
      'SUCCESS immuta-s3-integration/101',
    ]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('a response that never arrives', () => {
  test('restores Immuta when neither the response to an update nor that to its rollback arrives', async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.responses.refuse = Infinity;

    expect(await carryOut(sandbox.current, 'Update')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: [],
      stack: 'UPDATE_ROLLBACK_FAILED',
      reason: expect.stringMatching(/did not receive a response/),
    });

    // An event whose response is lost is not run again: CloudFormation has moved on.
    expect(sandbox.current.lambda.invocations.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    sandbox.current.responses.refuse = 0;
    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('leaves nothing but the stack when the response to a deletion does not arrive', async () => {
    await prepare(sandbox.current, 'Delete');
    sandbox.current.responses.refuse = Infinity;

    expect(await carryOut(sandbox.current, 'Delete')).toEqual({
      immuta: [],
      answers: [],
      stack: 'DELETE_FAILED',
      reason: expect.stringMatching(/did not receive a response/),
    });
  });
});

describe('an event that is delivered again', () => {
  test.each<[string, (number | 'afterwards')[]]>([
    ['at the same time', [0, 0]],
    ['three times at once', [0, 0, 0]],
    ['seconds later', [0, 7_000]],
    ['after the first has answered', [0, 'afterwards']],
    ['minutes later', [0, 240_000]],
  ])('changes nothing when an event is delivered again %s', async (_when, deliveries) => {
    sandbox.current.lambda.deliveries = deliveries;

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
    const [record] = sandbox.current.immuta.integrations.values();
    expect(leftovers(sandbox.current).integrations).toEqual([{ id: record.id, status: 'enabled' }]);
    expect(new Set(shortAnswers(sandbox.current))).toEqual(new Set([`SUCCESS immuta-s3-integration/${record.id}`]));

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    // a Delete that runs again finds no permissions any more
    expect(firstAnswers(sandbox.current)).toEqual(Array(2).fill(`SUCCESS immuta-s3-integration/${record.id}`));
    expect(sandbox.current.lambda.invocations.map(({ error }) => error).filter(Boolean)).toEqual([]);
  });

  test('fails in the same way and leaves nothing when a failing event is delivered twice', async () => {
    sandbox.current.lambda.deliveries = [0, 0];
    sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true, times: Infinity });

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('creates nothing when an event is delivered after the rollback', async () => {
    const tenant = await deployTenant(sandbox.current);
    sandbox.current.lambda.deliveries = [0, 280_000];
    const answer = { status: 400, body: { message: 'S3 integrations are not enabled.' } };
    sandbox.current.immuta.faults.http({ method: 'POST', behaviour: 'answer', answer });

    expect(await sandbox.current.deploy(lake(sandbox.current, { tenant }))).toMatchObject({
      status: 'ROLLBACK_COMPLETE',
    });

    expect(sandbox.current.lambda.invocations.filter(({ event }) => event.RequestType === 'Create')).toHaveLength(2);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
    expect(leftovers(sandbox.current)).toMatchObject({ integrations: [], locations: [] });
  });
});

describe('an event that is delivered twice', () => {
  const TWICE: [string, (number | 'afterwards')[]][] = [
    ['at once', [0, 0]],
    ['in sequence', [0, 7_000]],
    ['after the answer', [0, 'afterwards']],
  ];

  /** The outcome with each distinct response once: repeated responses must be equal. */
  const once = ({ answers, ...outcome }: Outcome): Outcome => ({ ...outcome, answers: [...new Set(answers)] });

  describe.each(TWICE)('an event that is delivered twice, %s', (_when, deliveries) => {
    test('updates an integration once when the event is delivered twice', async () => {
      await prepare(sandbox.current, 'Update');
      sandbox.current.lambda.deliveries = deliveries;

      expect(once(await carryOut(sandbox.current, 'Update'))).toEqual(GOOD.Update);

      expect(sandbox.current.lambda.invocations.map(({ error }) => error).filter(Boolean)).toEqual([]);
    });

    test('fails and keeps the integration when a failing Update is delivered twice', async () => {
      await prepare(sandbox.current, 'Update');
      sandbox.current.lambda.deliveries = deliveries;
      sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: Infinity });

      expect(once(await carryOut(sandbox.current, 'Update'))).toEqual({
        immuta: inOrder(101, 'sales'),
        answers: ['FAILED 101', 'SUCCESS 101'],
        stack: 'UPDATE_ROLLBACK_COMPLETE',
        reason: expect.stringMatching(/is unique across/),
      });
    });

    test('fails and leaves nothing when a failing Create is delivered twice', async () => {
      const tenant = await deployTenant(sandbox.current);
      const before = leftovers(sandbox.current);
      sandbox.current.lambda.deliveries = deliveries;
      sandbox.current.immuta.faults.validation({ test: 1, on: 'create', times: Infinity });

      expect(once(await carryOut(sandbox.current, 'Create', { tenant }))).toMatchObject({
        immuta: [],
        stack: 'ROLLBACK_COMPLETE',
      });

      expect(leftovers(sandbox.current)).toEqual({ ...before, instance: undefined });
    });

    test('deletes an integration when a Delete is delivered twice and the function outlives the first', async () => {
      const tenant = await deployTenant(sandbox.current);
      expect(await carryOut(sandbox.current, 'Create', { tenant })).toEqual(GOOD.Create);
      sandbox.current.lambda.deliveries = deliveries;

      expect(once(await carryOut(sandbox.current, 'Delete'))).toEqual(GOOD.Delete);

      expect(sandbox.current.lambda.invocations.map(({ error }) => error).filter(Boolean)).toEqual([]);
    });
  });
});
