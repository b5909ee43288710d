import { findDataSource, registerDataSource } from '../data-sources';
import { Experiment } from '../experiment';
import { createIntegration } from '../integrations';

export const dataSourcePrefix: Experiment = {
  id: 'data-source-prefix',
  question: 'Is the prefix of a data source relative to the location or the whole path, and what does a POST answer?',
  expected: {
    'immuta.switches.dataSources.takes': 'relative',
    'immuta.switches.dataSources.shows': null,
    'immuta.switches.dataSources.answers': 'list',
    'immuta.switches.dataSources.handlerType': 'Native S3',
    'immuta.switches.dataSources.showsCreation': true,
  },
  async run(context) {
    const integration = await createIntegration(context, 'data-source-prefix');
    const name = context.name('data-source-prefix');
    const { form, reply } = await registerDataSource(context, integration, name);
    const record = await findDataSource(context, name);
    const [, handler] = record.blobHandler?.url?.match(/(\/[\w-]+\/handler\/\d+)$/) ?? [];
    const prefix: string | undefined = handler && (await context.immuta('GET', handler)).body?.metadata?.prefix;
    const shows = prefix?.startsWith('s3://') ? 'absolute' : 'relative';
    const { body } = reply;
    return {
      'immuta.switches.dataSources.takes': form,
      ...prefix === undefined ? {} : { 'immuta.switches.dataSources.shows': shows === form ? null : shows },
      'immuta.switches.dataSources.answers':
        Array.isArray(body) ? 'list' : body?.dataSourceId === undefined ? 'job' : 'object',
      // The report contains it as it is.
      'immuta.switches.dataSources.handlerType':
        /^[\w -]{1,30}$/.test(record.blobHandlerType) ? record.blobHandlerType : undefined,
      'immuta.switches.dataSources.showsCreation': record.createdAt !== undefined,
    };
  },
};
