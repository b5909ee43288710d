import { carryOut, changes, GOOD, inOrder, leftovers, NOTHING, onEveryMethod, Operation, Outcome, prepare, useSandbox } from './fixture';
import { DEFAULT_API_KEY, VALIDATION_TESTS } from '../../sandbox/immuta';

// 401, 403 and each failing test on create: ../errors.test.ts, ../validation.test.ts
const sandbox = useSandbox();

/** What a refusal for ever comes to, if everything is refused. */
const UNTOUCHED: Record<'Update' | 'Delete', Outcome> = {
  Update: { immuta: inOrder(101, 'sales'), answers: ['FAILED 101', 'FAILED 101'], stack: 'UPDATE_ROLLBACK_FAILED' },
  Delete: { immuta: inOrder(101, 'sales'), answers: ['FAILED 101'], stack: 'DELETE_FAILED' },
};

/** What it comes to if only the change is. */
const ROLLED_BACK: Record<Operation, Outcome> = {
  Create: { immuta: [], answers: ['FAILED none', 'SUCCESS none'], stack: 'ROLLBACK_COMPLETE' },
  Update: { immuta: inOrder(101, 'sales'), answers: ['FAILED 101', 'SUCCESS 101'], stack: 'UPDATE_ROLLBACK_COMPLETE' },
  Delete: UNTOUCHED.Delete,
};

const METHODS = { Create: 'POST', Update: 'PUT', Delete: 'DELETE' };

const because = (outcome: Outcome, reason: RegExp): Outcome => ({ ...outcome, reason: expect.stringMatching(reason) });

describe.each([
  ['is revoked', undefined, /Immuta answered 401 .*the API key in the secret '\S+' was rejected: store a key there that is valid for this tenant/],
  ["'s user loses APPLICATION_ADMIN", [], /Immuta answered 403 .*the user that the API key belongs to needs APPLICATION_ADMIN/],
])('where the API key %s', (_what, permissions, reason) => {
  test.each(['Update', 'Delete'] as const)('%s fails and changes nothing, and the stack goes when it is in order again', async (operation) => {
    const { apiKeys } = sandbox.current.immuta;
    await prepare(sandbox.current, operation);
    if (permissions) apiKeys.set(DEFAULT_API_KEY, permissions);
    else apiKeys.delete(DEFAULT_API_KEY);

    expect(await carryOut(sandbox.current, operation)).toEqual(because(UNTOUCHED[operation], reason));

    apiKeys.set(DEFAULT_API_KEY, ['APPLICATION_ADMIN']);
    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

describe('409', () => {
  const conflict = (message: string) => ({ behaviour: 'answer', answer: { status: 409, body: { statusCode: 409, error: 'Conflict', message } } } as const);

  test.each([
    ['Create', 'Access Grants location already exists on provided path.'],
    ['Update', 'Unable to edit integration with ID 101 in current state enabled.'],
    ['Delete', 'Unable to delete integration with ID 101 in current state enabled.'],
  ] as const)('for ever ends a %s', async (operation, message) => {
    await prepare(sandbox.current, operation);
    sandbox.current.immuta.faults.http({ ...conflict(message), method: METHODS[operation], times: Infinity });

    expect(await carryOut(sandbox.current, operation)).toEqual(because(ROLLED_BACK[operation], new RegExp(`Immuta answered 409 to .*: ${message}`)));
  });

  test.each(['Update', 'Delete'] as const)('in a state that passes is waited for by a %s', async (operation) => {
    const { immuta, clock } = sandbox.current;
    await prepare(sandbox.current, operation);
    const record = immuta.integrations.get('101')!;
    // between the look and the change, Immuta begins to migrate
    immuta.faults.http({
      method: METHODS[operation],
      run: () => {
        record.status = 'migrating';
        clock.at(clock.now() + 240_000, () => { record.status = 'enabled'; });
      },
    });

    expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);

    expect(changes(sandbox.current).filter((call) => call.startsWith(METHODS[operation])).length).toBeGreaterThan(1);
  });
});

describe('422', () => {
  test.each(['Create', 'Update', 'Delete'] as const)('without results, for a while, is taken for IAM by a %s', async (operation) => {
    await prepare(sandbox.current, operation);
    sandbox.current.immuta.switches.validationFailure = 'unprocessable-bare';
    sandbox.current.immuta.faults.validation({ test: 6, times: 3 });

    expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);
  });

  test.each(['Create', 'Update', 'Delete'] as const)('without results, for ever, ends a %s', async (operation) => {
    await prepare(sandbox.current, operation);
    sandbox.current.immuta.switches.validationFailure = 'unprocessable-bare';
    sandbox.current.immuta.faults.validation({ test: 6, times: Infinity });

    const reason = /Immuta answered 422 to .*: Validation of prerequisite setup failed\. Unable to (create|edit|delete) integration/;
    expect(await carryOut(sandbox.current, operation)).toEqual(because(ROLLED_BACK[operation], reason));
  });
});

/** Those that fail before new roles and policies have effect. */
const IAM_TESTS = [3, 4, 5, 6];
const tests = VALIDATION_TESTS.map((name, index) => ({ name, test: index + 1, isIam: IAM_TESTS.includes(index + 1) }));

describe.each(tests)('where $name fails', ({ name, test: number, isIam }) => {
  const failed = new RegExp(`'${name}' failed: Scripted failure of test ${number} \\(`);

  test('an update fails, and what was stays', async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.immuta.faults.validation({ test: number, on: 'edit', times: Infinity });

    expect(await carryOut(sandbox.current, 'Update')).toEqual(because(ROLLED_BACK.Update, failed));
  });

  test(`an update ${isIam ? 'waits for' : 'does not wait for'} what may pass, as an editError`, async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.immuta.faults.validation({ test: number, on: 'edit', asynchronously: true, times: 2 });

    expect(await carryOut(sandbox.current, 'Update')).toEqual(isIam ? GOOD.Update : {
      ...because(ROLLED_BACK.Update, failed),
      immuta: [expect.stringMatching('101 sales editError'), 's3://sales-lake/'],
    });
  });
});

// on delete Immuta runs these alone
describe.each(tests.filter(({ isIam }) => isIam))('where $name fails', ({ name, test: number }) => {
  test('a deletion fails, and succeeds when it passes', async () => {
    await prepare(sandbox.current, 'Delete');
    sandbox.current.immuta.faults.validation({ test: number, on: 'delete', times: Infinity });

    expect(await carryOut(sandbox.current, 'Delete')).toEqual(because(ROLLED_BACK.Delete, new RegExp(`'${name}' failed`)));

    sandbox.current.immuta.faults.clear();
    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
  });

  test('for a while, as a createError, a creation waits', async () => {
    sandbox.current.immuta.faults.validation({ test: number, on: 'create', asynchronously: true });

    expect(await carryOut(sandbox.current, 'Create')).toEqual({ ...GOOD.Create, immuta: inOrder(102, 'sales'), answers: ['SUCCESS 102'] });
  });
});

test.each([400, 418])('a refusal that nobody knows (%p) ends a deployment, in the words of Immuta', async (status) => {
  onEveryMethod(sandbox.current, { behaviour: 'answer', answer: { status, body: { message: 'The type is not available to this tenant.' } }, times: Infinity });

  const reason = new RegExp(`Immuta answered ${status} to GET /integrations: The type is not available to this tenant`);
  expect(await carryOut(sandbox.current, 'Create')).toEqual(because(ROLLED_BACK.Create, reason));
});
