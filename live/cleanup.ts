import {
  DeleteAccessGrantCommand,
  DeleteAccessGrantsLocationCommand,
  DissociateAccessGrantsIdentityCenterCommand,
  ListAccessGrantsCommand,
  ListAccessGrantsLocationsCommand,
} from '@aws-sdk/client-s3-control';
import { BASE } from './base-stack';
import type { Context } from './context';
import { deleteIntegration, listIntegrations, waitForRecord } from './integrations';
import { describeStack } from './stacks';
import type { Created } from './state';

/** What each name of the kit looks like. Nothing else is deleted, whatever the state file says. */
const OWN_NAME = /^(live|ImmutaLive)-[0-9a-z]+-/;

/**
 * Deletes everything that the state file lists, in the order of dependencies. Returns what could not be deleted, which
 * remains in the state file.
 */
export async function cleanUp(context: Context): Promise<string[]> {
  const failures: string[] = [];
  const removeAll = async (kind: keyof Created, remove: (name: string) => Promise<void>) => {
    for (const name of [...context.state.current[kind]].reverse()) {
      try {
        if (!OWN_NAME.test(name.replace(/^s3:\/\/[^/]+\//, ''))) throw new Error('it is not a name of the kit');
        await remove(name);
        context.state.remove(kind, name);
      } catch (error) {
        failures.push(`${kind} ${name}: ${(error as Error).message}`);
      }
    }
  };
  await removeAll('dataSources', (name) => deleteDataSource(context, name));
  await removeAll('integrations', (name) => deleteIntegrations(context, name));
  await removeAll('locations', (scope) => deleteLocation(context, scope));
  await removeAll('associations', (name) => dissociate(context, name));
  if (failures.length > 0) {
    // Immuta needs the roles to delete what remains.
    return [...failures, ...context.state.current.stacks.map((name) => `stacks ${name}: kept for what remains`)];
  }
  await removeAll('stacks', (name) => destroyStack(context, name));
  return failures;
}

/** Immuta disables a data source first, and deletes it when it is asked again. */
export async function deleteDataSource(context: Context, name: string): Promise<void> {
  const find = () => context.immuta('GET', `/dataSource/name/${encodeURIComponent(name)}`);
  for (let reply = await find(), attempt = 0; reply.status !== 404; reply = await find(), attempt += 1) {
    if (reply.status >= 300 || attempt === 3) throw new Error(`Immuta answers ${reply.status}`);
    await context.immuta('DELETE', `/dataSource/${reply.body.id}`);
    await context.sleep(1_000);
  }
}

async function deleteIntegrations(context: Context, name: string): Promise<void> {
  const isOwn = (record: any) => record.config?.name === name && record.status !== 'deleted';
  for (const { id } of (await listIntegrations(context)).filter(isOwn)) {
    await waitForRecord(context, String(id));
    await deleteIntegration(context, String(id));
  }
}

export async function deleteLocation({ aws }: Context, scope: string): Promise<void> {
  const AccountId = aws.accountId;
  const { AccessGrantsLocationsList = [] } = await aws.s3Control.send(
    new ListAccessGrantsLocationsCommand({ AccountId, LocationScope: scope }),
  );
  for (const { AccessGrantsLocationId } of AccessGrantsLocationsList) {
    const grants = await aws.s3Control.send(new ListAccessGrantsCommand({ AccountId }));
    for (const grant of grants.AccessGrantsList ?? []) {
      if (grant.AccessGrantsLocationId !== AccessGrantsLocationId) continue;
      await aws.s3Control.send(new DeleteAccessGrantCommand({ AccountId, AccessGrantId: grant.AccessGrantId }));
    }
    await aws.s3Control.send(new DeleteAccessGrantsLocationCommand({ AccountId, AccessGrantsLocationId }));
  }
}

/** Ends the association of the instance in the base stack. Without that stack, an instance belongs to another owner. */
async function dissociate({ aws }: Context, name: string): Promise<void> {
  const baseStack = name.replace(/^live-(\w+)-.*$/, `ImmutaLive-$1-${BASE}`);
  if ((await describeStack(aws.cloudFormation, baseStack)).status === 'DELETE_COMPLETE') return;
  await aws.s3Control.send(new DissociateAccessGrantsIdentityCenterCommand({ AccountId: aws.accountId }));
}

async function destroyStack(context: Context, stackName: string): Promise<void> {
  const { status } = await context.destroyStack(stackName);
  if (status !== 'DELETE_COMPLETE') throw new Error(`its status is ${status}`);
}
