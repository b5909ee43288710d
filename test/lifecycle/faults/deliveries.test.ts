import { carryOut, deployTenant, GOOD, inOrder, leftovers, Outcome, prepare, useSandbox } from './fixture';

// of a Create and a Delete that succeed: ../at-least-once.test.ts
const sandbox = useSandbox();

const TWICE: [string, (number | 'afterwards')[]][] = [
  ['at once', [0, 0]],
  ['in sequence', [0, 7_000]],
  ['after the answer', [0, 'afterwards']],
];

/** However often it is answered, it is answered alike. */
const once = ({ answers, ...outcome }: Outcome): Outcome => ({ ...outcome, answers: [...new Set(answers)] });

describe.each(TWICE)('an event that comes twice, %s', (_when, deliveries) => {
  test('changes an integration once', async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.lambda.deliveries = deliveries;

    expect(once(await carryOut(sandbox.current, 'Update'))).toEqual(GOOD.Update);

    expect(sandbox.current.lambda.invocations.map(({ error }) => error).filter(Boolean)).toEqual([]);
  });

  test('fails to change an integration and leaves it as it was', async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.lambda.deliveries = deliveries;
    sandbox.current.immuta.faults.validation({ test: 2, on: 'edit', times: Infinity });

    expect(once(await carryOut(sandbox.current, 'Update'))).toEqual({
      immuta: inOrder(101, 'sales'), answers: ['FAILED 101', 'SUCCESS 101'], stack: 'UPDATE_ROLLBACK_COMPLETE', reason: expect.stringMatching(/is unique across/),
    });
  });

  test('fails to create an integration and leaves nothing', async () => {
    const tenant = await deployTenant(sandbox.current);
    const before = leftovers(sandbox.current);
    sandbox.current.lambda.deliveries = deliveries;
    sandbox.current.immuta.faults.validation({ test: 1, on: 'create', times: Infinity });

    expect(once(await carryOut(sandbox.current, 'Create', { tenant }))).toMatchObject({ immuta: [], stack: 'ROLLBACK_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual({ ...before, instance: undefined });
  });

  test('deletes an integration, and its function may still be there to see the second', async () => {
    const tenant = await deployTenant(sandbox.current);
    expect(await carryOut(sandbox.current, 'Create', { tenant })).toEqual(GOOD.Create);
    sandbox.current.lambda.deliveries = deliveries;

    expect(once(await carryOut(sandbox.current, 'Delete'))).toEqual(GOOD.Delete);

    expect(sandbox.current.lambda.invocations.map(({ error }) => error).filter(Boolean)).toEqual([]);
  });
});
