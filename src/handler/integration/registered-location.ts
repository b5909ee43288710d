import { IntegrationContext } from './context';
import { IntegrationRequest } from './request';
import { RegisteredLocation } from '../aws/access-grants-locations';
import { createFailure } from '../failure';
import { describeLocation, Location } from '../location';
import { poll } from '../runtime/poll';

type Tools = Pick<IntegrationContext, 'findRegisteredLocation' | 'deadline' | 'log'>;
/** The location of an integration and its role. */
type Target = Pick<IntegrationRequest, 'location' | 'locationRoleArn'>;

/** S3 Access Grants takes so long at most to show what Immuta reports as done. */
const ACCESS_GRANTS_LAG_MS = 120_000;

/**
 * Waits until our location is removed from S3 Access Grants. One with another role belongs to another owner, and stays.
 *
 * @throws Failure if it is not removed: the integration is gone, so nothing else would ever remove it
 */
export async function waitForLocationRemoval(tools: Tools, { location, locationRoleArn }: Target): Promise<void> {
  const isOurs = (found?: RegisteredLocation) => found !== undefined && found.roleArn === locationRoleArn;
  const registered = await waitForLocation(
    tools,
    `${describeLocation(location)} to be removed`,
    (found) => !isOurs(found),
  );
  if (registered && isOurs(registered)) {
    throw createFailure('LOCATION_NOT_REMOVED', {
      id: registered.id,
      location: describeLocation(location),
      role: registered.roleArn,
      command: deleteLocationCommand(location, registered),
    });
  }
  if (registered) {
    tools.log.info('keep-location', { message: `location ${registered.id} has the role ${registered.roleArn}` });
  }
}

/** @throws Failure if the location does not get the role of an Update: Immuta's own record is no evidence */
export async function waitForLocationRole(tools: Tools, location: Location, role: string): Promise<void> {
  const registered = await waitForLocation(
    tools,
    `the role of ${describeLocation(location)}`,
    (found) => found?.roleArn === role,
  );
  if (registered?.roleArn !== role) {
    const state = registered
      ? `location ${registered.id} on ${describeLocation(location)} still has the role ${registered.roleArn}`
      : `no location is registered on ${describeLocation(location)}`;
    throw createFailure('LOCATION_ROLE_NOT_UPDATED', { role, state });
  }
}

export function deleteLocationCommand({ accountId, region }: Location, { id }: RegisteredLocation): string {
  return (
    `aws s3control delete-access-grants-location --account-id ${accountId} --region ${region} `
    + `--access-grants-location-id ${id}`
  );
}

async function waitForLocation(
  { deadline, findRegisteredLocation }: Tools,
  waitingFor: string,
  isDone: (found?: RegisteredLocation) => boolean,
): Promise<RegisteredLocation | undefined> {
  const end = deadline.now() + ACCESS_GRANTS_LAG_MS;
  return poll<RegisteredLocation | undefined>({ deadline, waitingFor }, async () => {
    const found = await findRegisteredLocation();
    if (isDone(found) || deadline.now() >= end) {
      return { done: found };
    }
    return {
      seen: found
        ? `location ${found.id} in S3 Access Grants has the role ${found.roleArn}`
        : 'no location in S3 Access Grants',
    };
  });
}
