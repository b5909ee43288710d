import { Experiment } from '../experiment';
import { buildConfig, deleteIntegration, postWithNewRoles, waitForRecord } from '../integrations';

export const roleToAssume: Experiment = {
  id: 'role-to-assume',
  question: 'Does this version of Immuta know `awsRoleToAssume`?',
  expected: { 'immuta.switches.knowsRoleToAssume': true },
  async run(context) {
    const config = await buildConfig(context, 'role-to-assume');
    const { status, body } = await postWithNewRoles(context, config);
    if (status === 400 && /awsRoleToAssume/.test(body?.message)) {
      return { 'immuta.switches.knowsRoleToAssume': false };
    }
    if (status >= 300) return {};
    const record = await waitForRecord(context, String(body.id));
    await deleteIntegration(context, String(body.id));
    // A version that does not know the field may ignore it.
    const isShown = record?.config.awsRoleToAssume === config.awsRoleToAssume;
    return isShown ? { 'immuta.switches.knowsRoleToAssume': true } : {};
  },
};
