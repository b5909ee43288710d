import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { describeService } from './access-grants';
import { isInstanceMissing } from './access-grants-errors';
import { callAws } from './call';
import { s3ControlSdk } from './sdk';
import { Location, isSamePath, isSamePathExceptSlash } from '../location';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

/** A location that is registered in an S3 Access Grants instance. */
export interface RegisteredLocation {
  readonly id: string;
  readonly scope: string;
  readonly roleArn: string;
}

export interface ListLocationsTools {
  readonly deadline: Deadline;
  readonly log: Log;
  /** @default - that of the Lambda runtime */
  readonly s3Control?: S3ControlClientConfig;
}

/**
 * Lists the locations of an instance. Undefined if there is no instance.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessGrantsLocations.html
 */
export async function listLocations(
  instance: Omit<Location, 'path'>,
  tools: ListLocationsTools,
): Promise<RegisteredLocation[] | undefined> {
  const { ListAccessGrantsLocationsCommand } = s3ControlSdk();
  const service = describeService(instance, tools.s3Control);
  const found: RegisteredLocation[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const page = await callAws(service, { ...tools, operation: 'ListAccessGrantsLocations' }, (client, options) =>
        client.send(
          new ListAccessGrantsLocationsCommand({ AccountId: instance.accountId, NextToken: nextToken }),
          options,
        ),
      );
      found.push(
        ...(page.AccessGrantsLocationsList ?? []).map((each) => ({
          id: each.AccessGrantsLocationId ?? '',
          scope: each.LocationScope ?? '',
          roleArn: each.IAMRoleArn ?? '',
        })),
      );
      nextToken = page.NextToken;
    } while (nextToken);
    return found;
  } catch (error) {
    if (isInstanceMissing(error)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Lists the locations that are registered on the path of a location. Undefined if there is no instance.
 *
 * @param roleArn the role of the location that is sought: one with this role may be written with another slash
 */
export async function listRegisteredLocations(
  location: Location,
  roleArn: string | undefined,
  tools: ListLocationsTools,
): Promise<RegisteredLocation[] | undefined> {
  // the filter of the API expects the scope exactly as it was registered
  return (await listLocations(location, tools))?.filter((each) => isOnPath(each, location.path, roleArn));
}

/**
 * Finds the location that is registered on the path of a location, preferably the one with the role.
 *
 * @param isOfOther whether another integration has a path. Only asked about a path that differs by a slash
 */
export async function findRegisteredLocation(
  location: Location,
  roleArn: string | undefined,
  { isOfOther, ...tools }: ListLocationsTools & { readonly isOfOther: (path: string) => Promise<boolean> },
): Promise<RegisteredLocation | undefined> {
  const found = (await listRegisteredLocations(location, roleArn, tools)) ?? [];
  const onPath = found.filter(({ scope }) => isSamePath(scope, location.path));
  const own = onPath.find((each) => each.roleArn === roleArn);
  const alike = found.find((each) => !onPath.includes(each));
  if (own || !alike || (await isOfOther(alike.scope))) {
    return own ?? onPath[0];
  }
  return alike;
}

/**
 * Whether a location is registered on a path. `s3://bucket/x` and `s3://bucket/x/` may be two locations, or one that
 * AWS writes differently: they are only taken for one if the role is the same.
 */
export function isOnPath(registered: RegisteredLocation, path: string, roleArn?: string): boolean {
  return isSamePath(registered.scope, path)
    || (registered.roleArn === roleArn && isSamePathExceptSlash(registered.scope, path));
}
