import { CRASHES, slowly, testRecovery } from './crashes';
import { carryOut, GOOD, inOrder, leftovers, NOTHING, prepare, useSandbox } from './fixture';

// crashes.slow.test.ts has every step
testRecovery(
  CRASHES.filter(({ step, when }) => /and Immuta does it$/.test(when) || ['handed-over', 'responded'].includes(step)),
);

const sandbox = useSandbox();

/** Of CloudFormation's, where no answer has named one. */
const MADE_UP_ID = /^SUCCESS Lake-SalesLake/;

describe.each(['out of memory', 'unable to load'] as const)('a function that is %s', (crash) => {
  test('ends in the same way when the function is interrupted once', async () => {
    for (const operation of ['Create', 'Update', 'Delete'] as const) {
      sandbox.current.lambda.crashes.push(crash);
      expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);
    }
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('fails each operation at the service timeout when the function is always interrupted', async () => {
    const { lambda, clock } = sandbox.current;
    const start = clock.now();
    lambda.crashes.push(...Array<typeof crash>(6).fill(crash));

    expect(await carryOut(sandbox.current, 'Create')).toEqual({
      immuta: [],
      answers: [],
      stack: 'ROLLBACK_FAILED',
      reason: expect.stringMatching(/did not receive a response from your Custom Resource/),
    });

    expect(clock.now() - start).toBeLessThan(2 * 40 * 60_000);
    expect(await carryOut(sandbox.current, 'Delete')).toMatchObject({ immuta: [], stack: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('keeps an integration when the function is always interrupted, and deletes it after a repair', async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.lambda.crashes.push(...Array<typeof crash>(9).fill(crash));
    const unanswered = {
      immuta: inOrder(101, 'sales'),
      answers: [],
      reason: expect.stringMatching(/did not receive a response/),
    };

    expect(await carryOut(sandbox.current, 'Update')).toEqual({ ...unanswered, stack: 'UPDATE_ROLLBACK_FAILED' });
    expect(await carryOut(sandbox.current, 'Delete')).toEqual({ ...unanswered, stack: 'DELETE_FAILED' });

    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test('finds a created integration when the function crashes minutes later', async () => {
  const { immuta, clock, lambda } = sandbox.current;
  slowly(sandbox.current);
  immuta.faults.http({ method: 'POST', run: () => clock.at(clock.now() + 360_000, () => lambda.kill()) });

  expect(await carryOut(sandbox.current, 'Create')).toEqual(GOOD.Create);

  expect(immuta.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('leaves a created integration to the rollback when the function crashes after each POST', async () => {
  sandbox.current.lambda.crashes.push(/"step":"get"/, /"step":"get"/, /"step":"get"/);

  expect(await carryOut(sandbox.current, 'Create')).toEqual({
    immuta: [],
    answers: [expect.stringMatching(MADE_UP_ID)],
    stack: 'ROLLBACK_COMPLETE',
    reason: expect.stringMatching(/did not receive a response/),
  });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
