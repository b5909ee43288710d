import { ListAccessGrantsLocationsCommand } from '@aws-sdk/client-s3-control';
import { Context } from '../context';
import { Experiment } from '../experiment';
import { createIntegration, deleteIntegration, putIntegration, waitUntilSettled } from '../integrations';

/** A read may show the state before a write for this long. */
const READ_LAG_MS = 60_000;

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
    const change = async (field: string, value: string) => {
      const { status, body } = await putIntegration(context, integration.id, { ...config, [field]: value });
      if (status === 400 && /non-editable/.test(body?.message)) return void refused.push(field);
      if (status >= 300) return; // Refused for another reason: the value was considered.
      const isShown = async () => (await waitUntilSettled(context, integration.id))[field] === value || undefined;
      if (!await context.poll(isShown, { timeoutMs: READ_LAG_MS })) return void ignored.push(field);
      config = { ...config, [field]: value };
    };
    await change('awsAccountId', '000000000000');
    await change('awsRegion', config.awsRegion === 'eu-west-1' ? 'us-east-1' : 'eu-west-1');
    await change('awsLocationPath', context.path('put-fields-moved'));
    await change('name', context.name('put-fields-renamed'));
    await change('awsRoleToAssume', otherImmutaRole);
    await change('awsLocationRole', otherLocationRole);
    const canEditRole = config.awsLocationRole === otherLocationRole;
    const role = canEditRole ? await findLocationRole(context, config.awsLocationPath) : undefined;
    await deleteIntegration(context, integration.id);
    return {
      'immuta.switches.nonEditable': refused,
      'immuta.switches.ignoredByEdit': ignored,
      ...role ? { 'immuta.switches.locationRoleEdit': role === otherLocationRole ? 'update' : 'record-only' } : {},
    };
  },
};

async function findLocationRole({ aws }: Context, scope: string): Promise<string | undefined> {
  const { AccessGrantsLocationsList: [location] = [] } = await aws.s3Control.send(
    new ListAccessGrantsLocationsCommand({ AccountId: aws.accountId, LocationScope: scope }),
  );
  return location?.IAMRoleArn;
}
