import { Context } from '../context';
import { Experiment } from '../experiment';
import { deleteIntegration, renameIntegration, startIntegration, waitUntilSettled } from '../integrations';

export const durations: Experiment = {
  id: 'durations',
  question: 'How long do creation, edit and deletion of an integration take?',
  expected: {
    'immuta.switches.durations.creating': 20_000,
    'immuta.switches.durations.editing': 10_000,
    'immuta.switches.durations.deleting': 15_000,
  },
  async run(context) {
    const integration = await startIntegration(context, 'durations');
    const creating = await measure(context, () => waitUntilSettled(context, integration.id));
    const name = context.name('durations-renamed');
    const editing = await measure(context, () => renameIntegration(context, integration, name));
    const deleting = await measure(context, () => deleteIntegration(context, integration.id));
    return {
      'immuta.switches.durations.creating': creating,
      'immuta.switches.durations.editing': editing,
      'immuta.switches.durations.deleting': deleting,
    };
  },
};

async function measure(context: Context, act: () => Promise<unknown>): Promise<number> {
  const startedAt = context.now();
  await act();
  return context.now() - startedAt;
}
