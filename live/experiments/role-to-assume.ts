import { Experiment } from '../experiment';
import { buildConfig, deleteIntegration, postIntegration, waitForRecord } from '../integrations';

export const roleToAssume: Experiment = {
  id: 'role-to-assume',
  question: 'Does this version of Immuta know `awsRoleToAssume`?',
  expected: { 'immuta.switches.knowsRoleToAssume': true },
  async run(context) {
    const config = await buildConfig(context, 'role-to-assume');
    const { status, body } = await postIntegration(context, config);
    if (status === 400 && /awsRoleToAssume/.test(body?.message)) {
      return { 'immuta.switches.knowsRoleToAssume': false };
    }
    if (status < 300) {
      await waitForRecord(context, body.id);
      await deleteIntegration(context, String(body.id));
    }
    return status < 300 || status === 422 ? { 'immuta.switches.knowsRoleToAssume': true } : {};
  },
};
