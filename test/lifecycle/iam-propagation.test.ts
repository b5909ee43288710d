import { changes, failure, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';

const sandbox = useSandbox();

test.each([
  ['at once', 'unprocessable'],
  ['later, as createError', 'createError'],
] as const)('a deployment waits until new roles and policies have effect; Immuta notices %s', async (_when, validationFailure) => {
  sandbox.current.aws.iam.propagationMs = 60_000;
  sandbox.current.immuta.switches.validationFailure = validationFailure;

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });

  expect(leftovers(sandbox.current).integrations).toEqual([{ id: expect.any(String), status: 'enabled' }]);
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('a role that never has effect ends the deployment, not in an hour but after iamPropagationTimeout', async () => {
  sandbox.current.aws.iam.propagationMs = Infinity;
  const start = sandbox.current.clock.now();

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/secretsmanager:GetSecretValue/);
  expect(sandbox.current.clock.now() - start).toBeLessThan(5 * 60_000);
  expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
  expect(changes(sandbox.current)).toEqual([]);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
