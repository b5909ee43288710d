import { API_KEY, HandlerSandbox } from '../support/handler-sandbox';
import { carryOut, GOOD, inOrder, onEveryMethod, Outcome, prepare } from '../support/operations';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const METHODS = { Update: 'PUT', Delete: 'DELETE' };

describe.each([
  [
    'is revoked',
    undefined,
    new RegExp(
      String.raw`Immuta answered 401 .*it rejects the API key in secret '\S+'\. Store an API key of this tenant ` +
        String.raw`in the secret, .*\[API_KEY_REJECTED\]$`,
    ),
  ],
  [
    "'s user loses APPLICATION_ADMIN",
    [],
    new RegExp(
      String.raw`Immuta answered 403 .*Give the permission APPLICATION_ADMIN in Immuta to the user of the API ` +
        String.raw`key, .*\[API_KEY_NOT_PERMITTED\]$`,
    ),
  ],
])('where the API key %s', (_what, permissions, reason) => {
  const untouched: Record<'Update' | 'Delete', Outcome> = {
    Update: {
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101', 'FAILED 101'],
      reason: expect.stringMatching(reason),
    },
    Delete: { immuta: inOrder(101, 'sales'), answers: ['FAILED 101'], reason: expect.stringMatching(reason) },
  };

  test.each(['Update', 'Delete'] as const)(
    'fails %s without a change when the API key is refused, and deletes with a working key',
    async (operation) => {
      const { apiKeys } = sandbox.immuta;
      await prepare(sandbox, operation);
      if (permissions) apiKeys.set(API_KEY, permissions);
      else apiKeys.delete(API_KEY);

      expect(await carryOut(sandbox, operation)).toEqual(untouched[operation]);

      apiKeys.set(API_KEY, ['APPLICATION_ADMIN']);
      expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
    },
  );
});

test.each([
  ['Update', 'edit', ['FAILED 101', 'SUCCESS 101']],
  ['Delete', 'delete', ['FAILED 101']],
] as const)('ends a %s when Immuta answers 409 in a state that does not pass', async (operation, verb, answers) => {
  await prepare(sandbox, operation);
  const message = `Unable to ${verb} integration with ID 101 in current state enabled.`;
  sandbox.refuse(METHODS[operation], 409, message, { times: Infinity });

  expect(await carryOut(sandbox, operation)).toEqual({
    immuta: inOrder(101, 'sales'),
    answers,
    reason: expect.stringMatching(`^Immuta answered 409 to ${METHODS[operation]} .*: ${message.slice(0, -1)}`),
  });
});

test.each(['Update', 'Delete'] as const)(
  'waits with a %s when Immuta answers 409 in a status that passes',
  async (operation) => {
    const { immuta, clock } = sandbox;
    await prepare(sandbox, operation);
    const record = immuta.integrations.get('101')!;
    // between the look and the change, Immuta begins to migrate
    immuta.faults.http({
      method: METHODS[operation],
      run: () => {
        record.status = 'migrating';
        clock.at(clock.now() + 240_000, () => {
          record.status = 'enabled';
        });
      },
    });

    expect(await carryOut(sandbox, operation)).toEqual(GOOD[operation]);
    expect(sandbox.countImmutaCalls(METHODS[operation])).toBeGreaterThan(1);
  },
);

test('says what to do when Immuta ends a creation in another error', async () => {
  sandbox.immuta.faults.transition({ from: 'creating', to: 'migrateError', message: 'The role is gone.' });

  expect((await carryOut(sandbox, 'Create')).reason).toBe(
    "Immuta did not create the integration: integration 101 is 'migrateError'; The role is gone. " +
      'Remove the cause. Then try again. [CREATE_FAILED]',
  );
});

test.each([400, 418])('quotes Immuta when it refuses a Create with an unknown status (%p)', async (status) => {
  onEveryMethod(sandbox, {
    behaviour: 'answer',
    answer: { status, body: { message: 'The type is not available to this tenant.' } },
    times: Infinity,
  });

  expect(await carryOut(sandbox, 'Create')).toEqual({
    immuta: [],
    answers: ['FAILED none', 'SUCCESS none'],
    reason: expect.stringMatching(
      `^Immuta answered ${status} to GET /integrations: The type is not available to this tenant\\. [A-Z].* \\[IMMUTA_`,
    ),
  });
});
