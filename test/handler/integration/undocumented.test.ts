import { ImmutaStandIn } from '../../sandbox/immuta';
import { HandlerSandbox } from '../support/handler-sandbox';
import { carryOut, GOOD } from '../support/operations';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

/** Where the documentation says nothing, or two things: the sandbox does the one by default, and the other here. */
const OTHERWISE: Record<string, (immuta: ImmutaStandIn) => void> = {
  'a deleted record stays, with that status': ({ switches }) => {
    switches.keepsDeleted = true;
  },
  'Immuta does not explain what AWS refused': ({ switches }) => {
    switches.explainsErrors = false;
  },
  'Immuta deletes a failed record without its tests': ({ switches }) => {
    switches.testsDeleteOfCreateError = false;
  },
};

describe.each(Object.keys(OTHERWISE))('where %s', (what) => {
  beforeEach(() => OTHERWISE[what](sandbox.immuta));

  test('creates, updates and deletes an integration when the undocumented behaviour varies', async () => {
    expect(await carryOut(sandbox, 'Create')).toEqual(GOOD.Create);
    expect(await carryOut(sandbox, 'Update')).toEqual(GOOD.Update);
    expect(await carryOut(sandbox, 'Delete')).toEqual(GOOD.Delete);
  });

  test('waits for a role that takes effect late when the undocumented behaviour varies', async () => {
    sandbox.aws.iam.propagationMs = 60_000;
    sandbox.immuta.switches.validationFailure = 'createError';

    expect(await carryOut(sandbox, 'Create')).toMatchObject({ answers: [expect.stringMatching(/^SUCCESS 1/)] });
    expect(sandbox.integrations).toMatchObject([{ status: 'enabled' }]);
    expect(sandbox.countImmutaCalls('POST')).toBeGreaterThan(1);
  });

  test('leaves nothing when Immuta refuses a Create and the undocumented behaviour varies', async () => {
    sandbox.immuta.faults.validation({ test: 2, on: 'create', times: Infinity, asynchronously: true });

    expect(await carryOut(sandbox, 'Create')).toMatchObject({ immuta: [], answers: ['FAILED 101', 'SUCCESS 101'] });
  });
});
