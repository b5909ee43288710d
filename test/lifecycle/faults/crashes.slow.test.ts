import { ANOTHER_ROLE, ANOTHER_ROLE_NAME, CRASHES, slowly, testRecovery } from './crashes';
import { carryOut, GOOD, inOrder, leftovers, NOTHING, prepare, useSandbox } from './fixture';
import { createLocationRole } from '../../support/access-grants-instance';

testRecovery(CRASHES);

const sandbox = useSandbox();

test.each(['Create', 'Update', 'Delete'] as const)('tests a crash at every step of a %s', async (operation) => {
  const { aws, immuta, lambda } = sandbox.current;
  createLocationRole(sandbox.current.aws, ANOTHER_ROLE_NAME);
  await prepare(sandbox.current, operation);
  slowly(sandbox.current);
  const done = [lambda.invocations.length, immuta.requests.length, aws.requests.length];

  const { answers } = await carryOut(sandbox.current, operation, operation === 'Update' ? ANOTHER_ROLE : {});

  expect(answers).toEqual(GOOD[operation].answers);
  const lines = lambda.invocations
    .slice(done[0])
    .flatMap(({ output }) => [...output.matchAll(/"step":"([\w-]+)"/g)].map(([, step]) => step));
  const requests = immuta.requests.slice(done[1]).map(({ method, path }) => `${method} ${path}`);
  const services = aws.requests.slice(done[2]).map(({ service }) => service);
  const steps = [...lines.filter((step) => step !== 'request'), ...requests, ...services];
  expect(new Set(CRASHES.filter((crash) => crash.operation === operation).map(({ step }) => step))).toEqual(
    new Set(steps),
  );
});

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
