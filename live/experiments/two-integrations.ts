import { Experiment } from '../experiment';
import { buildConfig, createIntegration, deleteIntegration, postIntegration, waitForRecord } from '../integrations';

export const twoIntegrations: Experiment = {
  id: 'two-integrations',
  question: 'Can two integrations with different paths use one Access Grants instance?',
  expected: { 'immuta.switches.needsEmptyInstance': false },
  async run(context) {
    const first = await createIntegration(context, 'two-integrations-first');
    const config = await buildConfig(context, 'two-integrations-second');
    const { status, body } = await postIntegration(context, config);
    const isCreated = status < 300;
    const isEnabled = isCreated && (await waitForRecord(context, body.id))?.status === 'enabled';
    if (isCreated) await deleteIntegration(context, body.id);
    await deleteIntegration(context, first.id);
    return { 'immuta.switches.needsEmptyInstance': !isEnabled };
  },
};
