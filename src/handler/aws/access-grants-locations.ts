import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { isWithoutInstance } from './access-grants-errors';
import { isAccessDenied } from './error';
import { retryAws } from './retry';
import { s3ControlSdk } from './sdk';
import { Location, samePath } from '../location';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { withoutFullStop } from '../runtime/text';

const REQUEST_TIMEOUT_MS = 20_000;

/** A location that is registered in an S3 Access Grants instance. */
export interface RegisteredLocation {
  readonly id: string;
  readonly scope: string;
  readonly roleArn: string;
}

/** What is registered on a path; nothing if there is no instance. */
export type ListRegisteredLocations = (location: Location, deadline: Deadline) => Promise<RegisteredLocation[] | undefined>;

/** Finds what is registered on a path, if anything is: first of all with that role. */
export type FindRegisteredLocation = (location: Location, roleArn: string | undefined, deadline: Deadline) => Promise<RegisteredLocation | undefined>;

export function findRegisteredLocation(list: ListRegisteredLocations): FindRegisteredLocation {
  return async (location, roleArn, deadline) => {
    const found = await list(location, deadline) ?? [];
    return found.find((each) => each.roleArn === roleArn) ?? found[0];
  };
}

/**
 * Asks S3 Access Grants, and waits for a policy of the handler's own role that is not in force yet, and for the end of an outage.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessGrantsLocations.html
 */
export function listRegisteredLocations(config: S3ControlClientConfig = {}): ListRegisteredLocations {
  return async (location, deadline) => {
    const { S3ControlClient, ListAccessGrantsLocationsCommand } = s3ControlSdk();
    const client = new S3ControlClient({ region: location.region, ...config });
    try {
      const found: RegisteredLocation[] = [];
      let nextToken: string | undefined;
      do {
        const page = await retryAws({ deadline }, () => client.send(
          // all of them: the filter of the API wants the scope exactly as it was registered
          new ListAccessGrantsLocationsCommand({ AccountId: location.accountId, NextToken: nextToken }),
          { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) },
        ));
        found.push(...(page.AccessGrantsLocationsList ?? [])
          .map((each) => ({ id: each.AccessGrantsLocationId ?? '', scope: each.LocationScope ?? '', roleArn: each.IAMRoleArn ?? '' }))
          .filter(({ scope }) => samePath(scope, location.path)));
        nextToken = page.NextToken;
      } while (nextToken);
      return found;
    } catch (error) {
      return nothingWithoutInstance(error, location);
    } finally {
      client.destroy();
    }
  };
}

function nothingWithoutInstance(error: unknown, location: Location): undefined {
  if (error instanceof OutOfTime) {
    throw error;
  }
  if (isWithoutInstance(error)) {
    return undefined;
  }
  const remedy = isAccessDenied(error) ? '; allow the role of the handler function s3:ListAccessGrantsLocations on the instance' : '';
  throw new Error(`the locations of S3 Access Grants in account ${location.accountId}, ${location.region} cannot be listed: `
    + `${withoutFullStop((error as Error).message)}${remedy}`, { cause: error });
}
