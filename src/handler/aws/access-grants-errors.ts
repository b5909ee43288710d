import { hasErrorCode } from './error';

/*
 * Errors of S3 Access Grants. Its codes end with `Error` or not, in its documentation and in its responses. The HTTP
 * status says the same where a code is new.
 *
 * See https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#S3AccessGrantsErrorCodeList
 */

/** Whether there is no instance. */
export function isInstanceMissing(error: unknown): boolean {
  return hasErrorCode(error, /^AccessGrantsInstanceNotExists(Error)?$/, 404);
}

/**
 * The same by the code alone, for calls in which a 404 may be about the Identity Center instance or its application.
 */
export function isInstanceMissingByCode(error: unknown): boolean {
  return hasErrorCode(error, /^AccessGrantsInstanceNotExists(Error)?$/);
}

/** Whether an instance cannot be created because there is one. */
export function isInstanceExisting(error: unknown): boolean {
  return hasErrorCode(error, /^AccessGrantsInstanceAlreadyExists(Error)?$/, 409);
}

/** Whether an instance cannot be deleted because it has locations, grants or an association. */
export function isInstanceInUse(error: unknown): boolean {
  return hasErrorCode(error, /^AccessGrantsInstanceNotEmpty(Error)?$/, 400, 409);
}

/** Whether a request was understood and refused as things are. */
export function isRequestRefused(error: unknown): boolean {
  return hasErrorCode(error, /^InvalidIdentityCenterInstance(Error)?$/, 400, 404, 409);
}

/** Whether a request was refused because of something that exists. */
export function isAssociationConflict(error: unknown): boolean {
  return hasErrorCode(error, /AlreadyAssociated|Conflict/, 409);
}
