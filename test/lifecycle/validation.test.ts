import { changes, failure, lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';
import { VALIDATION_TESTS } from '../sandbox/immuta';

const sandbox = useSandbox();

/** What the reason tells a user to do, by the number of the test. */
const HINTS: Record<number, RegExp> = {
  1: /remove that one, or give this one another location/,
  2: /give another 'integrationName'/,
  3: /check that 'locationRole' exists/,
  4: /check that the role's trust policy names the principal that Immuta runs as/,
  5: /check that the account has an S3 Access Grants instance in this Region/,
  6: /check that the bucket exists in this Region, and that Immuta's role may list it \(s3:ListBucket\)/,
  7: /remove the one that is registered on this path in S3 Access Grants/,
};

/** Seconds for which a failure that a new role explains is tried again. */
const IAM_PROPAGATION_TIMEOUT = 180;

describe.each(VALIDATION_TESTS.map((name, index) => ({ name, number: index + 1 })))("when '$name' fails", ({ name, number }) => {
  test('with the request, the deployment fails with the test, its message and a hint', async () => {
    sandbox.current.immuta.faults.validation({ test: number, times: Infinity, message: 'Immuta says so.' });

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toContain(`'${name}' failed: Immuta says so (`);
    expect(failure(result)).toMatch(HINTS[number]);
    expect(shortAnswers(sandbox.current)).toEqual(['FAILED immuta-s3-integration/none', 'SUCCESS immuta-s3-integration/none']);
    expect(changes(sandbox.current).every((call) => call === 'POST /integrations')).toBe(true);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('later, as createError, the rollback deletes the record', async () => {
    sandbox.current.immuta.faults.validation({ test: number, times: Infinity, on: 'create', asynchronously: true, message: 'Immuta says so.' });

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toContain("'createError'");
    expect(failure(result)).toContain(`'${name}' failed: Immuta says so (`);
    expect(failure(result)).toMatch(HINTS[number]);
    const lastId = 100 + changes(sandbox.current).filter((call) => call.startsWith('POST')).length;
    expect(shortAnswers(sandbox.current)).toEqual([`FAILED immuta-s3-integration/${lastId}`, `SUCCESS immuta-s3-integration/${lastId}`]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test(`for a while, the deployment ${[3, 4, 5, 6].includes(number) ? 'waits' : 'does not wait'}`, async () => {
    sandbox.current.immuta.faults.validation({ test: number, times: 3, on: 'create' });

    const { status } = await sandbox.current.deploy(lake(sandbox.current));

    const [first, ...others] = sandbox.current.immuta.requests.filter(({ method }) => method === 'POST');
    if ([3, 4, 5, 6].includes(number)) {
      expect(status).toBe('CREATE_COMPLETE');
      expect(others).toHaveLength(3);
      expect(others[2].time - first.time).toBeLessThan(IAM_PROPAGATION_TIMEOUT * 1000);
      expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'enabled' }]);
      expect(shortAnswers(sandbox.current)).toEqual(['SUCCESS immuta-s3-integration/101']);
    } else {
      expect(status).toBe('ROLLBACK_COMPLETE');
      expect(others).toHaveLength(0);
    }
  });
});

describe.each([3, 4, 5, 6])('when test %p fails for a while, as after a change of roles', (number) => {
  const NAME = VALIDATION_TESTS[number - 1];
  const times = (method: string) => sandbox.current.immuta.requests.filter((request) => request.method === method).map(({ time }) => time);

  test.each([
    ['with the request', false, 4],
    ['later, as editError', true, 4],
  ])('%s, an update waits', async (_, asynchronously, puts) => {
    await sandbox.current.deploy(lake(sandbox.current));
    sandbox.current.immuta.faults.validation({ test: number, times: 3, on: 'edit', asynchronously });

    expect(await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ integrationName: 'sales' }) }))).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(times('PUT')).toHaveLength(puts);
    expect(times('PUT')[3] - times('PUT')[0]).toBeLessThan(IAM_PROPAGATION_TIMEOUT * 1000);
    expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'enabled' }]);
    expect(shortAnswers(sandbox.current)).toEqual(Array(2).fill('SUCCESS immuta-s3-integration/101'));
  });

  test('a deletion waits', async () => {
    await sandbox.current.deploy(lake(sandbox.current));
    sandbox.current.immuta.faults.validation({ test: number, times: 3, on: 'delete' });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(times('DELETE')).toHaveLength(4);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(shortAnswers(sandbox.current)).toEqual(Array(2).fill('SUCCESS immuta-s3-integration/101'));
  });

  test('a deletion that fails later, as deleteError, says so, and succeeds when it is tried again', async () => {
    await sandbox.current.deploy(lake(sandbox.current));
    sandbox.current.immuta.faults.validation({ test: number, on: 'delete', asynchronously: true, message: 'Immuta says so.' });

    const result = await sandbox.current.destroy(STACK_NAME);
    expect(result.status).toBe('DELETE_FAILED');
    expect(failure(result)).toContain(`Immuta did not delete the integration: integration 101 is 'deleteError'; '${NAME}' failed: Immuta says so (`);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(shortAnswers(sandbox.current).slice(1)).toEqual(['FAILED immuta-s3-integration/101', 'SUCCESS immuta-s3-integration/101']);
  });
});

test.each(['unprocessable-bare', 'ok', 'createError'] as const)('a refusal that shows as %s leaves nothing', async (validationFailure) => {
  sandbox.current.immuta.switches.validationFailure = validationFailure;
  sandbox.current.immuta.faults.validation({ test: 2, on: 'create', times: Infinity });

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
