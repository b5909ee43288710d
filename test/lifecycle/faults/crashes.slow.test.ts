import { ANOTHER_ROLE, ANOTHER_ROLE_NAME, CRASHES, slowly, testRecovery } from './crashes';
import { carryOut, GOOD, prepare, useSandbox } from './fixture';
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
