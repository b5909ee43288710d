import { Experiment } from '../experiment';
import { buildConfig, createIntegration, deleteIntegration, postIntegration, waitForRecord } from '../integrations';

/** A second integration, which must work without the first one if it twice does not work beside it. */
export const twoIntegrations: Experiment = {
  id: 'two-integrations',
  question: 'Can two integrations with different paths use one Access Grants instance?',
  expected: { 'immuta.switches.needsEmptyInstance': false },
  async run(context) {
    const first = await createIntegration(context, 'two-integrations-first');
    const config = await buildConfig(context, 'two-integrations-second');
    const canCreate = async () => {
      const { status, body } = await postIntegration(context, config);
      if (status >= 300) return false;
      const record = await waitForRecord(context, String(body.id));
      await deleteIntegration(context, String(body.id));
      return record?.status === 'enabled';
    };
    const isBeside = await canCreate() || await canCreate();
    await deleteIntegration(context, first.id);
    if (!isBeside && !await canCreate()) throw new Error('the second integration fails without the first one, too');
    return { 'immuta.switches.needsEmptyInstance': !isBeside };
  },
};
