import { CRASHES, slowly, testRecovery } from './crashes';
import { carryOut, GOOD, leftovers, NOTHING, useSandbox } from './fixture';

// crashes.slow.test.ts has every step, and functions that cannot run
testRecovery(
  CRASHES.filter(({ step, when }) => /and Immuta does it$/.test(when) || ['handed-over', 'responded'].includes(step)),
);

const sandbox = useSandbox();

/** Of CloudFormation's, where no answer has named one. */
const MADE_UP_ID = /^SUCCESS Lake-SalesLake/;

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
