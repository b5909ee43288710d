import { expectSuccessDespite, FAULTS, OPERATIONS } from './aws-faults';
import { InstanceSandbox } from '../support/instance-sandbox';

let sandbox: InstanceSandbox;
beforeEach(async () => {
  sandbox = await InstanceSandbox.start();
});
afterEach(() => sandbox.close());

describe.each(OPERATIONS)('%s', (operation) => {
  test.each(FAULTS)('ends in the same way when a call of AWS %s', (_, fault) =>
    expectSuccessDespite(sandbox, operation, fault));
});
