import { carryOut, GOOD, inOrder, leftovers, NOTHING, prepare, useSandbox } from './fixture';

// of a Create, and of a Delete that is tried again: ../answer.test.ts
const sandbox = useSandbox();

test('no answer gets through: an update and its way back are given up, and Immuta is as it was', async () => {
  await prepare(sandbox.current, 'Update');
  sandbox.current.responses.refuse = Infinity;

  expect(await carryOut(sandbox.current, 'Update')).toEqual({
    immuta: inOrder(101, 'sales'),
    answers: [],
    stack: 'UPDATE_ROLLBACK_FAILED',
    reason: expect.stringMatching(/did not receive a response/),
  });

  // nobody runs an event again whose answer is lost: CloudFormation has moved on
  expect(sandbox.current.lambda.invocations.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  sandbox.current.responses.refuse = 0;
  expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('no answer gets through: a deletion is given up when nothing is left but its stack', async () => {
  await prepare(sandbox.current, 'Delete');
  sandbox.current.responses.refuse = Infinity;

  expect(await carryOut(sandbox.current, 'Delete')).toEqual({
    immuta: [],
    answers: [],
    stack: 'DELETE_FAILED',
    reason: expect.stringMatching(/did not receive a response/),
  });
});
