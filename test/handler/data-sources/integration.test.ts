import { HandlerSandbox, ID } from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
  ['a', 'b', 'c', 'd', 'e', 'f'].forEach((name) => sandbox.immuta.dataSources.add({ name, prefix: `/${name}/` }));
  sandbox.immuta.dataSources.add({ name: 'disabled', prefix: '/disabled/', deleted: true });
  sandbox.immuta.dataSources.add({ name: 'of another integration', prefix: '/a/', integrationId: 102 });
});
afterEach(() => sandbox.close());

describe('Delete of an integration with data sources that were registered by hand', () => {
  test('names the first five and what to do when Immuta refuses it', async () => {
    const answer = await sandbox.delete(ID);

    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toBe(
      'Immuta answered 422 to DELETE /integrations/101: Unable to delete integration with ID 101: it has data ' +
        "sources; integration 101 still has 6 data sources: 'a', 'b', 'c', 'd', 'e', …. Delete them in Immuta, or " +
        'remove the stack that registers them first, then delete again. [INTEGRATION_HAS_DATA_SOURCES]',
    );
  });

  test('names them when Immuta ends in deleteError', async () => {
    sandbox.immuta.switches.dataSources.blocksIntegration = 'none';
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message: 'It has data sources.' });

    expect((await sandbox.delete(ID)).Reason).toMatch(
      /^Immuta did not delete the integration: .*; It has data sources; integration 101 still has 6 data sources: 'a'/,
    );
  });

  test('says only what Immuta says when the data sources cannot be listed', async () => {
    sandbox.immuta.switches.dataSources.handlerType = 'Amazon S3';

    expect((await sandbox.delete(ID)).Reason).toMatch(/it has data sources\. .*\[VALIDATION_NOT_EXPLAINED\]$/);
  });

  test('deletes the integration when Immuta does not mind', async () => {
    sandbox.immuta.switches.dataSources.blocksIntegration = 'none';

    expect((await sandbox.delete(ID)).Status).toBe('SUCCESS');
    expect(sandbox.immuta.dataSources.records.size).toBe(8);
  });
});
