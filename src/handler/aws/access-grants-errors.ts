import { isAwsError, isTransient } from './error';

/*
 * What S3 Access Grants says. Its codes have an `Error` at their end or not, in its documentation and in its answers; the HTTP status
 * tells the same where a code is new.
 *
 * See https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#S3AccessGrantsErrorCodeList
 */

/** There is no instance. */
export function isWithoutInstance(error: unknown): boolean {
  return says(error, /^AccessGrantsInstanceNotExists(Error)?$/, 404);
}

/** The same by its code alone, where an Identity Center instance, or its application, may be what is not found. */
export function isNamedWithoutInstance(error: unknown): boolean {
  return says(error, /^AccessGrantsInstanceNotExists(Error)?$/);
}

/** To a request to create one: there is an instance. */
export function hasInstance(error: unknown): boolean {
  return says(error, /^AccessGrantsInstanceAlreadyExists(Error)?$/, 409);
}

/** To a request to delete it: something is left in the instance, or associated with it. */
export function isInstanceInUse(error: unknown): boolean {
  return says(error, /^AccessGrantsInstanceNotEmpty(Error)?$/, 400, 409);
}

/** It was understood, and will not be done as things are. */
export function isRefusal(error: unknown): boolean {
  return says(error, /^InvalidIdentityCenterInstance(Error)?$/, 400, 404, 409);
}

/** It was understood, and something that is there already is in its way. */
export function isConflict(error: unknown): boolean {
  return says(error, /AlreadyAssociated|Conflict/, 409);
}

function says(error: unknown, code: RegExp, ...statuses: number[]): boolean {
  return isAwsError(error) && (code.test(error.name) || (statuses.includes(error.$metadata.httpStatusCode ?? 0) && !isTransient(error)));
}
