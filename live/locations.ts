import {
  CreateAccessGrantCommand, CreateAccessGrantsLocationCommand, DeleteAccessGrantCommand,
  DeleteAccessGrantsLocationCommand, Grantee, ListAccessGrantEntry, ListAccessGrantsLocationsEntry,
  paginateListAccessGrants, paginateListAccessGrantsLocations,
} from '@aws-sdk/client-s3-control';
import type { Context } from './context';
import { PROPAGATION_MS } from './times';
import { isSamePathExceptSlash } from '../src/handler/location';

/**
 * The locations with a scope: one or none. Immuta or S3 Access Grants may have written it with another end, and the
 * filter of the API expects it as it is written.
 */
export async function findLocations({ aws }: Context, scope: string): Promise<ListAccessGrantsLocationsEntry[]> {
  const found: ListAccessGrantsLocationsEntry[] = [];
  const input = { AccountId: aws.accountId };
  for await (const page of paginateListAccessGrantsLocations({ client: aws.s3Control }, input)) {
    found.push(...page.AccessGrantsLocationsList ?? []);
  }
  return found.filter(({ LocationScope = '' }) => isSamePathExceptSlash(LocationScope, scope));
}

/** Registers a location of this run, and returns its ID. Undefined if S3 Access Grants does not take the role. */
export async function registerLocation(
  context: Context,
  LocationScope: string,
  IAMRoleArn: string,
): Promise<string | undefined> {
  const { s3Control, accountId: AccountId } = context.aws;
  context.state.add('locations', LocationScope);
  const location = await context.poll(async () => {
    try {
      return await s3Control.send(new CreateAccessGrantsLocationCommand({ AccountId, LocationScope, IAMRoleArn }));
    } catch (error) {
      if (/InvalidIamRole/.test((error as Error).name)) return undefined;
      throw error;
    }
  }, { everyMs: 10_000, timeoutMs: PROPAGATION_MS });
  return location?.AccessGrantsLocationId;
}

/** Lets a grantee read what is in a location. */
export async function createGrant({ aws }: Context, AccessGrantsLocationId: string, grantee: Grantee): Promise<void> {
  await aws.s3Control.send(new CreateAccessGrantCommand({
    AccountId: aws.accountId,
    AccessGrantsLocationId,
    AccessGrantsLocationConfiguration: { S3SubPrefix: '*' },
    Grantee: grantee,
    Permission: 'READ',
  }));
}

/** Deletes the grants in a location, then the location. */
export async function deleteLocation(context: Context, AccessGrantsLocationId: string): Promise<void> {
  const { s3Control, accountId: AccountId } = context.aws;
  await deleteGrants(context, AccessGrantsLocationId);
  const isDeleted = await context.poll(async () => {
    try {
      await s3Control.send(new DeleteAccessGrantsLocationCommand({ AccountId, AccessGrantsLocationId }));
      return true;
    } catch (error) {
      const { name } = error as Error;
      if (/NoSuchAccessGrantsLocation/.test(name)) return true; // A list may still show it.
      if (/AccessGrantsLocationNotEmpty/.test(name)) return undefined;
      throw error;
    }
  }, { everyMs: 10_000, timeoutMs: PROPAGATION_MS });
  if (!isDeleted) throw new Error('the location has grants');
}

/** Deletes the grants in a location. */
export async function deleteGrants({ aws }: Context, locationId: string): Promise<void> {
  const { s3Control, accountId: AccountId } = aws;
  const grants: ListAccessGrantEntry[] = [];
  for await (const { AccessGrantsList = [] } of paginateListAccessGrants({ client: s3Control }, { AccountId })) {
    grants.push(...AccessGrantsList.filter(({ AccessGrantsLocationId }) => AccessGrantsLocationId === locationId));
  }
  for (const { AccessGrantId } of grants) {
    await s3Control.send(new DeleteAccessGrantCommand({ AccountId, AccessGrantId }));
  }
}
