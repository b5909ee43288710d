import { changes, failure, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';
import { VALIDATION_TESTS } from '../sandbox/immuta';

// each of the seven tests, for each operation: test/handler/integration/validation.test.ts
const sandbox = useSandbox();

const NUMBER = 6;
const FAILED = `'${VALIDATION_TESTS[NUMBER - 1]}' failed: Immuta says so (`;

test('a test that fails with the request fails the deployment, which leaves nothing', async () => {
  sandbox.current.immuta.faults.validation({ test: NUMBER, times: Infinity, message: 'Immuta says so.' });

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain(FAILED);
  expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
  expect(changes(sandbox.current).every((call) => call === 'POST /integrations')).toBe(true);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('a test that fails later, as createError, fails the deployment, whose rollback deletes the record', async () => {
  sandbox.current.immuta.faults.validation({ test: NUMBER, times: Infinity, on: 'create', asynchronously: true, message: 'Immuta says so.' });

  const result = await sandbox.current.deploy(lake(sandbox.current));

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain("'createError'");
  expect(failure(result)).toContain(FAILED);
  const lastId = 100 + changes(sandbox.current).filter((call) => call.startsWith('POST')).length;
  expect(shortAnswers(sandbox.current)).toEqual([`FAILED immuta-s3-integration/${lastId}`, `SUCCESS immuta-s3-integration/${lastId}`]);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('a test that fails later, as deleteError, fails the deletion, which succeeds when it is tried again', async () => {
  await sandbox.current.deploy(lake(sandbox.current));
  sandbox.current.immuta.faults.validation({ test: NUMBER, on: 'delete', asynchronously: true, message: 'Immuta says so.' });

  const result = await sandbox.current.destroy(STACK_NAME);
  expect(result.status).toBe('DELETE_FAILED');
  expect(failure(result)).toContain(`Immuta did not delete the integration: integration 101 is 'deleteError'; ${FAILED}`);

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
  expect(shortAnswers(sandbox.current).slice(1)).toEqual(['FAILED immuta-s3-integration/101', 'SUCCESS immuta-s3-integration/101']);
});
