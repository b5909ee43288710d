import { postDataSources, registerDataSource } from '../data-sources';
import { Experiment } from '../experiment';
import { createIntegration } from '../integrations';

/** The name of one of two data sources is taken. */
export const dataSourceFailure: Experiment = {
  id: 'data-source-failure',
  question: 'What does a POST of several data sources answer if it cannot register one of them?',
  expected: { 'immuta.switches.dataSources.partialFailure': 'listed' },
  async run(context) {
    const integration = await createIntegration(context, 'data-source-failure');
    const [taken, free] = ['taken', 'free'].map((name) => context.name(`data-source-failure-${name}`));
    const { form } = await registerDataSource(context, integration, taken);
    const { status, body } = await postDataSources(context, integration, form, [free, taken]);
    if (status >= 300) return { 'immuta.switches.dataSources.partialFailure': 'refused' };
    const shown: any[] = [body].flat();
    if (!shown.every((each) => each?.dataSourceName)) return {}; // The ID of a job tells nothing.
    const isListed = shown.some((each) => each.dataSourceName === taken);
    return { 'immuta.switches.dataSources.partialFailure': isListed ? 'listed' : 'silent' };
  },
};
