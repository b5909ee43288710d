import { findDataSource, registerDataSource } from '../data-sources';
import { Experiment } from '../experiment';
import { createIntegration, waitForDeletion } from '../integrations';
import { READ_LAG_MS } from '../times';

export const dataSourceDeletion: Experiment = {
  id: 'data-source-deletion',
  question: 'Which data sources keep their integration from being deleted: none, enabled ones or all?',
  expected: { 'immuta.switches.dataSources.blocksIntegration': 'enabled' },
  async run(context) {
    const integration = await createIntegration(context, 'data-source-deletion');
    const name = context.name('data-source-deletion');
    await registerDataSource(context, integration, name);
    const { id } = await findDataSource(context, name);
    const isDeleted = async () => {
      const { status } = await context.immuta('DELETE', `/integrations/${integration.id}`);
      if (status >= 300) return status === 404;
      // Immuta may refuse it later, too.
      return ['missing', 'deleted'].includes(await waitForDeletion(context, integration.id) ?? '');
    };
    const see = (blocksIntegration: string) => ({ 'immuta.switches.dataSources.blocksIntegration': blocksIntegration });
    if (await isDeleted() || await isDeleted()) return see('none');
    await context.immuta('DELETE', `/dataSource/${id}`);
    const isDisabled = await context.poll(
      async () => (await context.immuta('GET', `/dataSource/${id}`)).body?.deleted === true || undefined,
      { timeoutMs: READ_LAG_MS },
    );
    if (!isDisabled) throw new Error('a deleted data source is not shown so');
    if (await isDeleted()) return see('enabled');
    await context.immuta('DELETE', `/dataSource/${id}`); // For good.
    await context.sleep(READ_LAG_MS);
    if (!await isDeleted()) throw new Error('the integration cannot be deleted without data sources, either');
    return see('all');
  },
};
