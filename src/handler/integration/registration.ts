import { Job } from './job';
import { RegisteredLocation } from '../aws/access-grants-locations';
import { describeLocation } from '../location';
import { pollPauses } from '../runtime/poll';

/** How long S3 Access Grants may take to show what Immuta says it has done. */
const SETTLE_MS = 120_000;

/**
 * Waits until our location is gone from S3 Access Grants. One with another role is somebody else's, and no concern of ours.
 *
 * @throws if it stays: the integration is gone, so that nobody else would ever remove it.
 */
export async function untilUnregistered(job: Job): Promise<void> {
  const registered = await lookUntil(job, (found) => !found || found.roleArn !== job.properties.LocationRoleArn);
  if (registered && registered.roleArn === job.properties.LocationRoleArn) {
    throw new Error(`Immuta's integration is gone, but its location ${registered.id} is still registered on ${describeLocation(job.location)}, `
      + `with the role ${registered.roleArn}: remove its grants, if it has any, and then the location, with `
      + `'${deleteCommand(job, registered)}', and delete again`);
  }
  if (registered) {
    job.log.info('location-of-another', { message: `location ${registered.id} has the role ${registered.roleArn}: left alone` });
  }
}

/** @throws if the location does not get the role that an Update gave it: Immuta's own record is no evidence. */
export async function untilRegisteredWithRole(job: Job): Promise<void> {
  const wanted = job.properties.LocationRoleArn;
  const registered = await lookUntil(job, (found) => found?.roleArn === wanted);
  if (registered?.roleArn !== wanted) {
    const state = registered ? `location ${registered.id} on ${describeLocation(job.location)} still has the role ${registered.roleArn}`
      : `no location is registered on ${describeLocation(job.location)}`;
    throw new Error(`Immuta says that the integration has the location role ${wanted}, but in S3 Access Grants ${state}: `
      + 'Immuta may not be able to change the role of a location, so keep the role that it has, or give the integration a new \'locationIdentity\' '
      + 'after it was removed');
  }
}

export function deleteCommand({ location }: Job, registered: RegisteredLocation): string {
  return `aws s3control delete-access-grants-location --account-id ${location.accountId} --region ${location.region} `
    + `--access-grants-location-id ${registered.id}`;
}

async function lookUntil(job: Job, done: (found?: RegisteredLocation) => boolean): Promise<RegisteredLocation | undefined> {
  const end = job.deadline.now() + SETTLE_MS;
  for (const pause of pollPauses()) {
    const found = await job.registeredLocation();
    if (done(found) || job.deadline.now() >= end) {
      return found;
    }
    job.progress.lastSeen = found ? `location ${found.id} in S3 Access Grants has the role ${found.roleArn}` : 'no location in S3 Access Grants';
    await job.deadline.sleep(pause);
  }
  return undefined;
}
