import { ContestedLake } from './cancellation';
import { LOCATION_PATH, useSandbox } from './fixture';

// Lambda delivers a Create twice, and both runs work at the same time

const sandbox = useSandbox();

/** Either the stack has its one integration, or there is none; after the stack's deletion there is none. */
async function expectOneOrNone(
  lake: ContestedLake,
  { status, outputs }: { status: string; outputs: Record<string, string> },
): Promise<void> {
  const left = await lake.left();
  expect([status, left]).toEqual(
    status === 'CREATE_COMPLETE'
      ? ['CREATE_COMPLETE', [`${outputs.IntegrationId} enabled`, LOCATION_PATH]]
      : ['ROLLBACK_COMPLETE', []],
  );
  await lake.destroy();
  expect(await lake.left()).toEqual([]);
}

test.each([15, 25, 40, 60, 90])(
  'replaces a createError once when two runs see it and new roles explain it (%d s of propagation)',
  async (seconds) => {
    const lake = await ContestedLake.start(sandbox.current, 'generated');
    sandbox.current.immuta.switches.validationFailure = 'createError';
    sandbox.current.aws.iam.propagationMs = seconds * 1000;
    sandbox.current.lambda.deliveries = [0, 0];

    const result = await lake.deploy();

    sandbox.current.lambda.deliveries = [0];
    await expectOneOrNone(lake, result);
  },
);

test('deletes the failed one of two Creates again when Immuta does not delete it at once', async () => {
  const lake = await ContestedLake.start(sandbox.current);
  const { immuta, lambda } = sandbox.current;
  immuta.switches.validationFailure = 'createError';
  immuta.switches.readLag.list.create = 10_000;
  immuta.faults.transition({ from: 'deleting', to: 'deleteError' });
  lambda.deliveries = [0, 500];

  const { status } = await lake.deploy();

  lambda.deliveries = [0];
  expect(status).toBe('CREATE_COMPLETE');
  expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
  expect(immuta.requests.filter(({ method }) => method === 'DELETE').length).toBeGreaterThan(1);
});

test.each([
  ['a failed validation', undefined],
  [
    'a conflict',
    {
      status: 409,
      body: { statusCode: 409, error: 'Conflict', message: 'Access Grants location already exists on provided path.' },
    },
  ],
])('creates one integration when one of two runs gets %s and the list lags', async (_what, answer) => {
  const lake = await ContestedLake.start(sandbox.current, 'generated');
  sandbox.current.immuta.switches.readLag.list.create = 10_000;
  sandbox.current.lambda.deliveries = [0, 500];
  if (answer) sandbox.current.immuta.faults.http({ method: 'POST', after: 1, behaviour: 'answer', answer });

  const result = await lake.deploy();

  sandbox.current.lambda.deliveries = [0];
  await expectOneOrNone(lake, result);
});
