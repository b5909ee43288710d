import { findDataSource, registerDataSource } from '../data-sources';
import { Experiment } from '../experiment';
import { createIntegration, waitForRecord } from '../integrations';

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
      if (status >= 300) return false;
      // Immuta may refuse it later, too.
      const end = await context.poll(async () => {
        const reply = await context.immuta('GET', `/integrations/${integration.id}`);
        return reply.status === 404 ? 'deleted' : /ing$/.test(reply.body.status) ? undefined : reply.body.status;
      });
      return end === 'deleted';
    };
    const see = (blocksIntegration: string) => ({ 'immuta.switches.dataSources.blocksIntegration': blocksIntegration });
    if (await isDeleted()) return see('none');
    await waitForRecord(context, integration.id);
    await context.immuta('DELETE', `/dataSource/${id}`);
    return see(await isDeleted() ? 'enabled' : 'all');
  },
};
