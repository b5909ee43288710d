import { HandlerSandbox, ID } from '../support/handler-sandbox';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
  register('a', 'b', 'c', 'd', 'e');
  sandbox.immuta.dataSources.add({ name: 'disabled', prefix: '/disabled/', deleted: true });
  sandbox.immuta.dataSources.add({ name: 'of another integration', prefix: '/a/', integrationId: 102 });
});
afterEach(() => sandbox.close());

function register(...names: string[]): void {
  names.forEach((name) => sandbox.immuta.dataSources.add({ name, prefix: `/${name}/` }));
}

describe('Delete of an integration with data sources that were registered by hand', () => {
  test('names five of seven data sources and the remedy when Immuta refuses to delete their integration', async () => {
    register('f', 'g');
    const answer = await sandbox.delete(ID);

    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toBe(
      'Immuta answered 422 to DELETE /integrations/101: Unable to delete integration with ID 101: it has data ' +
        "sources; integration 101 still has 7 data sources: 'a', 'b', 'c', 'd', 'e', …. Delete them in Immuta, or " +
        'remove the stack that registers them first, then delete again. [INTEGRATION_HAS_DATA_SOURCES]',
    );
  });

  test('names the data sources of an integration when its deletion ends in deleteError', async () => {
    sandbox.immuta.switches.dataSources.blocksIntegration = 'none';
    sandbox.immuta.faults.transition({ from: 'deleting', to: 'deleteError', message: 'It has data sources.' });

    expect((await sandbox.delete(ID)).Reason).toMatch(
      /^Immuta did not delete the integration: .*; It has data sources; integration 101 still has 5 data sources: 'a'/,
    );
  });

  test('names all data sources of an integration when it has five', async () => {
    expect((await sandbox.delete(ID)).Reason).toContain(
      "integration 101 still has 5 data sources: 'a', 'b', 'c', 'd', 'e'. Delete them in Immuta",
    );
  });

  test('names the test that failed, and no data sources, when Immuta refuses a deletion because of it', async () => {
    sandbox.immuta.switches.dataSources.blocksIntegration = 'none';
    sandbox.immuta.faults.validation({ test: 4, on: 'delete', times: Infinity });

    const { Reason } = await sandbox.delete(ID);
    expect(Reason).toMatch(/\[VALIDATION_TEST_FAILED\]$/);
    expect(Reason).not.toContain('data sources');
  });

  test('quotes only Immuta when the data sources of an integration cannot be listed', async () => {
    sandbox.immuta.switches.dataSources.handlerType = 'Amazon S3';

    expect((await sandbox.delete(ID)).Reason).toMatch(/it has data sources\. .*\[VALIDATION_NOT_EXPLAINED\]$/);
  });

  test('quotes only Immuta when the key may not list the data sources of an integration', async () => {
    sandbox.refuse('GET', 403, 'Forbidden', { path: /dataSource/, times: Infinity });

    expect((await sandbox.delete(ID)).Reason).toMatch(/it has data sources\. .*\[VALIDATION_NOT_EXPLAINED\]$/);
  });

  test('deletes an integration with data sources when Immuta allows it', async () => {
    sandbox.immuta.switches.dataSources.blocksIntegration = 'none';

    expect((await sandbox.delete(ID)).Status).toBe('SUCCESS');
    expect(sandbox.immuta.dataSources.records.size).toBe(7);
  });
});
