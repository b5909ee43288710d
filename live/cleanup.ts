import { tryToDissociate } from './association';
import { BASE } from './base-stack';
import type { Context } from './context';
import { isAssociated } from './instance';
import { deleteIntegration, listIntegrations, requireSuccess, waitForRecord } from './integrations';
import { deleteGrants, deleteLocation, findLocations } from './locations';
import { describeStack } from './stacks';
import type { Created } from './state';
import { LONGEST_PROPAGATION_MS, READ_LAG_MS } from './times';

/** What each name of the kit looks like. Nothing else is deleted, whatever the state file says. */
const OWN_NAME = /^(live|ImmutaLive)-[0-9a-z]+-/;

/**
 * Deletes everything that the state file lists, in the order of dependencies. Returns what could not be deleted, which
 * remains in the state file.
 *
 * @param keptStack Name of a stack that is still needed
 */
export async function cleanUp(context: Context, keptStack?: string): Promise<string[]> {
  const failures: string[] = [];
  const removeAll = async (kind: keyof Created, remove: (name: string) => Promise<void>) => {
    for (const name of [...context.state.current[kind]].reverse().filter((each) => each !== keptStack)) {
      try {
        if (!OWN_NAME.test(name.replace(/^s3:\/\/[^/]+\//, ''))) throw new Error('it is not a name of the kit');
        await remove(name);
        context.state.remove(kind, name);
      } catch (error) {
        failures.push(`${kind} ${name}: ${(error as Error).message}`);
      }
    }
  };
  const { stacks: _, ...others } = context.state.current;
  // What does not show yet would be taken for deleted.
  if (Object.values(others).some((names) => names.length > 0)) await context.sleep(READ_LAG_MS);
  await removeAll('grants', (scope) => deleteGrantsBelow(context, scope));
  await removeAll('associations', (name) => endAssociation(context, name));
  await removeAll('dataSources', (name) => deleteDataSource(context, name));
  await removeAll('integrations', (name) => deleteIntegrations(context, name));
  if (failures.length > 0) return [...failures, ...describeKept(context, ['locations', 'stacks'])];
  // Those of integrations, too: Immuta may have left them.
  await removeAll('locations', (scope) => deleteLocationOf(context, scope));
  if (failures.length > 0) return [...failures, ...describeKept(context, ['stacks'])];
  await removeAll('stacks', (name) => destroyStack(context, name));
  return failures;
}

/** Immuta needs the locations and the roles to delete what remains. */
function describeKept({ state }: Context, kinds: readonly (keyof Created)[]): string[] {
  return kinds.flatMap((kind) => state.current[kind].map((name) => `${kind} ${name}: kept for what remains`));
}

/** Immuta disables a data source first, and deletes it when it is asked again. */
async function deleteDataSource(context: Context, name: string): Promise<void> {
  const isGone = await context.poll(async () => {
    const reply = await context.immuta('GET', `/dataSource/name/${encodeURIComponent(name)}`);
    if (reply.status === 404) return true;
    requireSuccess(reply);
    await context.immuta('DELETE', `/dataSource/${reply.body.id}`);
    return undefined;
  }, { everyMs: 5_000, timeoutMs: 2 * READ_LAG_MS });
  if (!isGone) throw new Error('Immuta still shows it');
}

async function deleteIntegrations(context: Context, name: string): Promise<void> {
  const isOwn = (record: any) => record.config?.name === name && record.status !== 'deleted';
  for (const { id } of (await listIntegrations(context)).filter(isOwn)) {
    await waitForRecord(context, String(id));
    await deleteIntegration(context, String(id));
  }
}

async function deleteGrantsBelow(context: Context, scope: string): Promise<void> {
  const [location] = await findLocations(context, scope);
  if (location) await deleteGrants(context, location.AccessGrantsLocationId!);
}

async function deleteLocationOf(context: Context, scope: string): Promise<void> {
  const [location] = await findLocations(context, scope);
  if (location) await deleteLocation(context, location.AccessGrantsLocationId!);
}

/** Ends the association of the instance in the base stack. Without that stack, an instance belongs to another owner. */
async function endAssociation(context: Context, name: string): Promise<void> {
  const { aws } = context;
  const baseStack = name.replace(/^live-(\w+)-.*$/, `ImmutaLive-$1-${BASE}`);
  if ((await describeStack(aws.cloudFormation, baseStack)).status === 'DELETE_COMPLETE') return;
  const isGone = await context.poll(async () => {
    await tryToDissociate(context, 0); // S3 refuses it if the association has ended before, or never began.
    return !(await isAssociated(aws)) || undefined;
  }, { everyMs: 10_000, timeoutMs: LONGEST_PROPAGATION_MS });
  if (!isGone) throw new Error('S3 still shows it');
}

async function destroyStack(context: Context, stackName: string): Promise<void> {
  const { status } = await context.destroyStack(stackName);
  if (status !== 'DELETE_COMPLETE') throw new Error(`its status is ${status}`);
}
