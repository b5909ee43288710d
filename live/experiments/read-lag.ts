import { Context } from '../context';
import { Experiment } from '../experiment';
import {
  getIntegration, listIntegrations, putIntegration, requireSuccess, startIntegration, waitUntilSettled,
} from '../integrations';
import { findLocations } from '../locations';
import { measure } from '../measure';

type Write = 'create' | 'edit' | 'delete';

/**
 * Asks each second after each write until the record and the list show it. The location counts from the moment at which
 * the record is enabled.
 */
export const readLag: Experiment = {
  id: 'read-lag',
  question: 'How long do the record, the list and the locations of S3 Access Grants show the state before a write?',
  expected: {
    'immuta.switches.readLag.get.create': 0,
    'immuta.switches.readLag.get.edit': 0,
    'immuta.switches.readLag.get.delete': 0,
    'immuta.switches.readLag.list.create': 0,
    'immuta.switches.readLag.list.edit': 0,
    'immuta.switches.readLag.list.delete': 0,
    'aws.accessGrants.listLagMs': 0,
  },
  async run(context) {
    const { id, config } = await startIntegration(context, 'read-lag');
    const created = await measureReads(context, id, 'create', (record) => record !== undefined);
    await waitUntilSettled(context, id);
    const isRegistered = async () => (await findLocations(context, config.awsLocationPath)).length > 0;
    const [location] = await measure(context, [isRegistered]);

    const name = context.name('read-lag-renamed');
    requireSuccess(await putIntegration(context, id, { ...config, name }));
    const edited = await measureReads(context, id, 'edit', (record) =>
      record?.status === 'editing' || record?.config.name === name);
    await waitUntilSettled(context, id);

    requireSuccess(await context.immuta('DELETE', `/integrations/${id}`));
    const deleted = await measureReads(context, id, 'delete', (record) =>
      record === undefined || /^delet/.test(record.status));
    return { ...created, ...edited, ...deleted, 'aws.accessGrants.listLagMs': location };
  },
};

/** Measures until a GET and the list show a record as it is. */
async function measureReads(context: Context, id: string, write: Write, isCurrent: (record: any) => boolean) {
  const get = async () => {
    const { status, body } = await getIntegration(context, id);
    return isCurrent(status === 200 ? body : undefined);
  };
  const list = async () => isCurrent((await listIntegrations(context)).find((record) => String(record.id) === id));
  const [getLag, listLag] = await measure(context, [get, list]);
  return {
    [`immuta.switches.readLag.get.${write}`]: getLag,
    [`immuta.switches.readLag.list.${write}`]: listLag,
  };
}
