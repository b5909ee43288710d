import { Experiment } from '../experiment';
import { buildConfig, createIntegration, deleteIntegration, postIntegration, waitForRecord } from '../integrations';

/** Two integrations have one name, so that test 2 fails. A deletion does not run that test. */
export const validationFailure: Experiment = {
  id: 'validation-failure',
  question: 'How does Immuta report a failed validation, and what repairs a record in `createError`?',
  expected: {
    'immuta.switches.validationFailure': 'unprocessable',
    'immuta.switches.createErrorRepair': 'delete',
  },
  async run(context) {
    const first = await createIntegration(context, 'validation-failure');
    const path = context.path('validation-failure-second');
    const config = await buildConfig(context, 'validation-failure', { awsLocationPath: path });
    const { status, body } = await postIntegration(context, config);
    if (status >= 300) {
      await deleteIntegration(context, first.id);
      const hasTests = (body?.validationResults?.validationTests ?? []).length > 0;
      return status === 422
        ? { 'immuta.switches.validationFailure': hasTests ? 'unprocessable' : 'unprocessable-bare' }
        : {};
    }
    const id = String(body.id);
    const record = await waitForRecord(context, id);
    const again = await postIntegration(context, config);
    if (again.status < 300) {
      await waitForRecord(context, String(again.body.id));
      await deleteIntegration(context, String(again.body.id));
    }
    await deleteIntegration(context, id);
    await deleteIntegration(context, first.id);
    if (record?.status !== 'createError') return {};
    // The tests of the second POST may fail for another reason.
    const isUnclear = again.status === 400 || again.status === 422;
    const isForPut = isUnclear ? /PUT/.test(again.body?.message) || undefined : false;
    return {
      'immuta.switches.validationFailure': body.status === 'createError' ? 'ok' : 'createError',
      'immuta.switches.createErrorRepair': isForPut === undefined ? undefined : isForPut ? 'put' : 'delete',
    };
  },
};
