import { Experiment } from '../experiment';
import {
  createIntegration, deleteIntegration, putIntegration, requireSuccess, waitForRecord,
} from '../integrations';
import { findLocations } from '../locations';
import { READ_LAG_MS } from '../times';

/** Of nobody: an edit that considers it fails. A key needs no role. */
const WRONG_KEY = {
  awsAccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  awsSecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  awsRoleToAssume: undefined,
};

/** Changes one field after the other, each time from the configuration that Immuta shows. */
export const putFields: Experiment = {
  id: 'put-fields',
  question: 'Which fields may a PUT change, which does it ignore, and does it update the location?',
  expected: {
    'immuta.switches.nonEditable': ['awsAccountId', 'awsRegion', 'awsLocationPath'],
    'immuta.switches.ignoredByEdit': [],
    'immuta.switches.locationRoleEdit': 'update',
  },
  async run(context) {
    const integration = await createIntegration(context, 'put-fields');
    const { otherLocationRole, otherImmutaRole } = await context.base();
    const refused: string[] = [];
    const ignored: string[] = [];
    let config = integration.config;
    const change = async (field: string, value: string, others: object = {}) => {
      const reply = await putIntegration(context, integration.id, { ...config, ...others, [field]: value });
      if (reply.status === 400) {
        // With other fields, Immuta may refuse one of those.
        const isRefused = Object.keys(others).length === 0 || String(reply.body?.message).includes(field);
        return void (isRefused && refused.push(field));
      }
      if (reply.status === 422) return; // The tests failed: they considered the value.
      requireSuccess(reply);
      let status: string | undefined;
      const isShown = await context.poll(async () => {
        const record = await waitForRecord(context, integration.id);
        status = record?.status;
        return (status === 'enabled' && record.config[field] === value) || undefined;
      }, { timeoutMs: READ_LAG_MS });
      if (status === 'editError') return; // Immuta considered the value later, and rolled back.
      if (status !== 'enabled') throw new Error(`an integration was not edited: ${status ?? 'timed out'}`);
      if (!isShown) return void ignored.push(field);
      config = { ...config, [field]: value };
    };
    await change('awsAccountId', '000000000000');
    await change('awsRegion', config.awsRegion === 'eu-west-1' ? 'us-east-1' : 'eu-west-1');
    await change('awsLocationPath', context.path('put-fields-moved'));
    await change('name', context.name('put-fields-renamed'));
    await change('awsRoleToAssume', otherImmutaRole);
    await change('awsLocationRole', otherLocationRole);
    const withRole = config;
    await change('authenticationType', 'accessKey', WRONG_KEY);
    if (config !== withRole) { // Immuta has stored a key with which it can delete nothing.
      config = withRole;
      requireSuccess(await putIntegration(context, integration.id, config));
      await waitForRecord(context, integration.id);
    }
    const canEditRole = config.awsLocationRole === otherLocationRole;
    const findRole = async () => (await findLocations(context, config.awsLocationPath))[0]?.IAMRoleArn;
    const isUpdated = async () => (await findRole()) === otherLocationRole || undefined;
    const hasOtherRole = canEditRole && await context.poll(isUpdated, { timeoutMs: READ_LAG_MS });
    const hasLocation = canEditRole && await findRole() !== undefined;
    await deleteIntegration(context, integration.id);
    return {
      'immuta.switches.nonEditable': refused,
      'immuta.switches.ignoredByEdit': ignored,
      ...hasLocation ? { 'immuta.switches.locationRoleEdit': hasOtherRole ? 'update' : 'record-only' } : {},
    };
  },
};
