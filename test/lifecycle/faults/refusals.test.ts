import { carryOut, GOOD, inOrder, leftovers, NOTHING, prepare, useSandbox } from './fixture';
import { DEFAULT_API_KEY } from '../../sandbox/immuta';

// what is refused, and what is tried again: test/handler/integration/refusals.test.ts and validation.test.ts
const sandbox = useSandbox();

test('where the API key is revoked, an update and a deletion fail and change nothing, and the stack goes when it is in order again', async () => {
  const { apiKeys } = sandbox.current.immuta;
  await prepare(sandbox.current, 'Update');
  apiKeys.delete(DEFAULT_API_KEY);
  const reason = expect.stringMatching(/Immuta answered 401 .*the API key in the secret '\S+' was rejected: store a key there that is valid for this tenant/);

  expect(await carryOut(sandbox.current, 'Update'))
    .toEqual({ immuta: inOrder(101, 'sales'), answers: ['FAILED 101', 'FAILED 101'], stack: 'UPDATE_ROLLBACK_FAILED', reason });
  expect(await carryOut(sandbox.current, 'Delete'))
    .toEqual({ immuta: inOrder(101, 'sales'), answers: ['FAILED 101'], stack: 'DELETE_FAILED', reason });

  apiKeys.set(DEFAULT_API_KEY, ['APPLICATION_ADMIN']);
  expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
