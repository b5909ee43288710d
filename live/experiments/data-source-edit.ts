import { findDataSource, isRefused, postDataSources, registerDataSource } from '../data-sources';
import { Experiment } from '../experiment';
import { createIntegration } from '../integrations';
import { READ_LAG_MS } from '../times';

export const dataSourceEdit: Experiment = {
  id: 'data-source-edit',
  question: 'Does a PUT rename and restore a data source, and does a disabled one keep its name?',
  expected: {
    'immuta.switches.dataSources.renames': true,
    'immuta.switches.dataSources.restores': true,
    'immuta.switches.dataSources.keepsNames': true,
  },
  async run(context) {
    const integration = await createIntegration(context, 'data-source-edit');
    const [name, renamed] = ['data-source-edit', 'data-source-edit-renamed'].map((label) => context.name(label));
    const { form } = await registerDataSource(context, integration, name);
    const { id } = await findDataSource(context, name);
    const get = async () => (await context.immuta('GET', `/dataSource/${id}`)).body;
    const wait = (isSo: (record: any) => boolean) =>
      context.poll(async () => isSo(await get()) || undefined, { timeoutMs: READ_LAG_MS });

    context.state.add('dataSources', renamed);
    await context.immuta('PUT', `/dataSource/${id}`, { name: renamed });
    const current = await wait((record) => record?.name === renamed);

    await context.immuta('DELETE', `/dataSource/${id}`);
    // A read before that shows nothing of a restoration.
    if (!await wait((record) => record?.deleted === true)) throw new Error('a deleted data source is not shown so');
    await context.immuta('PUT', `/dataSource/${id}`, { deleted: false });
    const restored = await wait((record) => record?.deleted === false);

    if (restored) await context.immuta('DELETE', `/dataSource/${id}`);
    // With another prefix, only the name can be in the way.
    const post = (dataSourceName: string) =>
      postDataSources(context, integration, form, [dataSourceName], () => 'another/');
    const again = await post(current ? renamed : name);
    const keepsNames = isRefused(again);
    if (keepsNames && isRefused(await post(context.name('data-source-edit-new')))) {
      throw new Error('Immuta refuses a data source with a new name, too');
    }
    // The ID of a job tells nothing.
    const isKnown = keepsNames || [again.body].flat().every((each: any) => each?.dataSourceName);
    return {
      'immuta.switches.dataSources.renames': current ?? false,
      'immuta.switches.dataSources.restores': restored ?? false,
      ...isKnown ? { 'immuta.switches.dataSources.keepsNames': keepsNames } : {},
    };
  },
};
