import { HandlerSandbox } from '../support/handler-sandbox';
import { FAULTS } from '../support/network-faults';
import { carryOut, GOOD, inOrder, prepare } from '../support/operations';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

describe.each(FAULTS)('where $name', ({ strike, reason }) => {
  test('fails an Update and keeps the configuration when a fault of the network remains', async () => {
    await prepare(sandbox, 'Update');
    strike(sandbox, Infinity);

    expect(await carryOut(sandbox, 'Update')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101', 'FAILED 101'],
      reason: expect.stringMatching(
        `${reason.source.replace(/(.*\\\[\w+\\\])?\$$/, '')}.*continue-update-rollback --stack-name Lake`,
      ),
    });
  });

  test('fails a Delete when a fault of the network remains, and succeeds afterwards', async () => {
    await prepare(sandbox, 'Delete');
    strike(sandbox, Infinity);

    expect(await carryOut(sandbox, 'Delete')).toEqual({
      immuta: inOrder(101, 'sales'),
      answers: ['FAILED 101'],
      reason: expect.stringMatching(reason),
    });

    sandbox.immuta.faults.clear();
    await sandbox.immuta.listen().catch(() => {}); // it may not have been refused
    expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
  });
});
