import { ValidationFault, VALIDATION_TESTS } from '../../sandbox/immuta';
import { HandlerSandbox } from '../support/handler-sandbox';
import { carryOut, GOOD, inOrder, Operation, Outcome, prepare } from '../support/operations';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

/** What the reason tells a user to do, by the number of the test. */
const HINTS: Record<number, RegExp> = {
  1: /Remove the integration that has this configuration in Immuta, or give this one another location/,
  2: /Set another 'integrationName'/,
  3: /Check that 'locationRole' exists/,
  4: /Check that the trust policy of Immuta's role names the principal that Immuta runs as/,
  5: /Check that the account has an S3 Access Grants instance in this Region/,
  6: /Check that the bucket exists in this Region, and that Immuta's role may list it \(s3:ListBucket\)/,
  7: /Remove the location that is registered on this path in S3 Access Grants/,
};

/** The same for an Update: what is in its way may be its own. */
const HINTS_OF_UPDATE: Record<number, RegExp> = {
  ...HINTS,
  1: /Look for another integration with this configuration in Immuta: the test may also mean this one/,
  2: /Set another 'integrationName' if another S3 integration has this name/,
  7: /Keep the location that is registered on this path, because it may be the one of this integration/,
};

/** Those that fail before new roles and policies have effect. On delete Immuta runs these alone. */
const IAM_TESTS = [3, 4, 5, 6];
/** Milliseconds for which a failure that a new role explains is tried again. */
const IAM_PROPAGATION_TIMEOUT = 180_000;

const TESTS = VALIDATION_TESTS.map((name, index) => ({ name, test: index + 1, isIam: IAM_TESTS.includes(index + 1) }));
const METHODS: Record<Operation, string> = { Create: 'POST', Update: 'PUT', Delete: 'DELETE' };

/** What a refusal comes to. */
const REFUSED: Record<Operation, Outcome> = {
  Create: { immuta: [], answers: ['FAILED none', 'SUCCESS none'] },
  Update: { immuta: inOrder(101, 'sales'), answers: ['FAILED 101', 'SUCCESS 101'] },
  Delete: { immuta: inOrder(101, 'sales'), answers: ['FAILED 101'] },
};

/** What is in the way may be a record of a concurrent run of the same event, which no list shows yet. */
const REFUSED_BY_CONFLICT: Outcome = {
  immuta: [],
  answers: ['FAILED unknown/3098ca9c09a0', 'SUCCESS unknown/3098ca9c09a0'],
};
const CONFLICT_TESTS = [1, 2, 7];

const timesOf = (method: string) =>
  sandbox.immuta.requests.filter((request) => request.method === method).map(({ time }) => time);

/** Carries an operation out on what is in order, while a test fails. */
async function failing(operation: Operation, fault: Omit<ValidationFault, 'on'>): Promise<Outcome> {
  await prepare(sandbox, operation);
  sandbox.immuta.faults.validation({
    on: ({ Create: 'create', Update: 'edit', Delete: 'delete' } as const)[operation],
    message: 'Immuta says so.',
    ...fault,
  });
  return carryOut(sandbox, operation);
}

describe.each(TESTS)("when '$name' fails", ({ name, test: number, isIam }) => {
  const isConflict = CONFLICT_TESTS.includes(number);
  const operations: Operation[] = isIam ? ['Create', 'Update', 'Delete'] : ['Create', 'Update'];

  test.each(operations)(
    'fails a %s with the test, its message and a hint when the request is refused',
    async (operation) => {
      const outcome = await failing(operation, { test: number, times: Infinity });

      expect(outcome).toEqual({
        ...(operation === 'Create' && isConflict ? REFUSED_BY_CONFLICT : REFUSED[operation]),
        reason: expect.stringContaining(`'${name}' failed: Immuta says so`),
      });
      expect(outcome.reason).toMatch((operation === 'Update' ? HINTS_OF_UPDATE : HINTS)[number]);

      sandbox.immuta.faults.clear();
      if (operation === 'Delete') expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
    },
  );

  test('fails a Create with its ID when it ends in createError, and the rollback deletes the record', async () => {
    const { answers, immuta, reason } = await failing('Create', {
      test: number,
      times: Infinity,
      asynchronously: true,
    });

    const lastId = 100 + timesOf('POST').length;
    expect({ answers, immuta }).toEqual({ answers: [`FAILED ${lastId}`, `SUCCESS ${lastId}`], immuta: [] });
    expect(reason).toContain("'createError'");
    expect(reason).toContain(`'${name}' failed: Immuta says so`);
    expect(reason).toMatch(HINTS[number]);
  });

  if (isIam) {
    test.each(operations)('waits with a %s when the request is refused for a while', async (operation) => {
      expect(await failing(operation, { test: number, times: 3 })).toEqual(GOOD[operation]);

      const times = timesOf(METHODS[operation]);
      expect(times).toHaveLength(4);
      expect(times[3] - times[0]).toBeLessThan(IAM_PROPAGATION_TIMEOUT);
    });

    test('deletes and recreates the record of a Create when it ends in createError for a while', async () => {
      expect(await failing('Create', { test: number, times: 2, asynchronously: true })).toEqual({
        ...GOOD.Create,
        immuta: inOrder(103, 'sales'),
        answers: ['SUCCESS 103'],
      });

      expect(sandbox.immutaCalls.filter((call) => !call.startsWith('GET'))).toEqual([
        'POST /integrations',
        'DELETE /integrations/101',
        'POST /integrations',
        'DELETE /integrations/102',
        'POST /integrations',
      ]);
    });

    test('waits with an Update when it ends in editError for a while', async () => {
      expect(await failing('Update', { test: number, times: 3, asynchronously: true })).toEqual(GOOD.Update);

      const times = timesOf('PUT');
      expect(times).toHaveLength(4);
      expect(times[3] - times[0]).toBeLessThan(IAM_PROPAGATION_TIMEOUT);
    });

    test('fails a Delete when it ends in deleteError, and succeeds with the next', async () => {
      expect(await failing('Delete', { test: number, asynchronously: true })).toEqual({
        immuta: ['101 sales deleteError', 's3://sales/'],
        answers: ['FAILED 101'],
        reason: expect.stringContaining(
          `Immuta did not delete the integration: integration 101 is 'deleteError'; '${name}' failed: Immuta says so`,
        ),
      });

      expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
    });
  } else {
    test('waits with a Create when the request is refused for a while, and for a minute at most', async () => {
      expect(await failing('Create', { test: number, times: 3 })).toEqual(GOOD.Create);

      expect(timesOf('POST')).toHaveLength(4);
    });

    test('fails an Update at once when it ends in editError', async () => {
      const outcome = await failing('Update', { test: number, times: 2, asynchronously: true });

      expect(outcome).toEqual({
        immuta: ['101 sales editError', 's3://sales/'],
        answers: ['FAILED 101', 'SUCCESS 101'],
        reason: expect.stringContaining(`'${name}' failed: Immuta says so`),
      });
      expect(outcome.reason).toMatch(HINTS_OF_UPDATE[number]);
    });
  }
});

describe.each(['Create', 'Update', 'Delete'] as const)(
  'when Immuta answers 422 without results to a %s',
  (operation) => {
    beforeEach(() => {
      sandbox.immuta.switches.validationFailure = 'unprocessable-bare';
    });

    test('retries for a while when Immuta answers 422 without results', async () => {
      expect(await failing(operation, { test: 6, times: 3 })).toEqual(GOOD[operation]);
    });

    test('fails when Immuta keeps answering 422 without results', async () => {
      const reason =
        new RegExp(
          String.raw`Immuta answered 422 to .*: Validation of prerequisite setup failed\. Unable to ` +
            String.raw`(create|edit|delete) integration\. Check .*\[VALIDATION_NOT_EXPLAINED\]$`,
        );
      expect(await failing(operation, { test: 6, times: Infinity })).toEqual({
        ...REFUSED[operation],
        reason: expect.stringMatching(reason),
      });
    });
  },
);

test.each(['unprocessable-bare', 'ok', 'createError'] as const)(
  'leaves nothing when a refusal shows as %s',
  async (validationFailure) => {
    sandbox.immuta.switches.validationFailure = validationFailure;

    expect(await failing('Create', { test: 2, times: Infinity })).toMatchObject({
      immuta: [],
      answers: [expect.stringMatching(/^FAILED/), expect.stringMatching(/^SUCCESS/)],
    });
  },
);
