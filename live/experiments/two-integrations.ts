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
    if (status < 300) {
      const second = { id: String(body.id), config };
      const record = await waitForRecord(context, second.id);
      await deleteIntegration(context, second);
      await deleteIntegration(context, first);
      return { 'immuta.switches.needsEmptyInstance': record?.status !== 'enabled' };
    }
    await deleteIntegration(context, first);
    return { 'immuta.switches.needsEmptyInstance': true };
  },
};
