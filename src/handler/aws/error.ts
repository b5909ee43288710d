import { Failure, createFailure } from '../failure';
import { describeNetworkPath } from '../network-path';
import { toObject } from '../runtime/json';
import { isCertificateError, isProxyError } from '../runtime/network';
import { removeFullStop } from '../runtime/text';

/** What the AWS SDK throws if a service answers with an error; most codes have no class of their own in the SDK. */
interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly $metadata: { readonly httpStatusCode?: number };
}

/** A call to AWS that failed, with what the SDK threw as its cause. */
export class AwsFailure extends Failure {
  public readonly name = 'AwsFailure';
}

/** A service, as failures name it. */
export interface FailedService {
  readonly name: string;
  /** Whether it has one endpoint for all Regions. @default false */
  readonly isGlobal?: boolean;
}

/** Says which call failed and why. An error that is none of a service or the network is returned as it is. */
export function createAwsFailure({ name, isGlobal }: FailedService, operation: string, error: unknown): unknown {
  const code = chooseFailureCode(error);
  if (!code) {
    return error;
  }
  const cause = describeAwsError(error);
  const region = isGlobal ? '' : ` in ${process.env.AWS_REGION}`;
  const { text, remedy } = createFailure(code, {
    service: name, peer: name, region, operation, cause, path: describeNetworkPath(),
  });
  return new AwsFailure(code, { text, remedy }, { cause: error });
}

function chooseFailureCode(error: unknown) {
  if (isCertificateError(error)) {
    return 'CERTIFICATE_NOT_TRUSTED';
  }
  if (isProxyError(error)) {
    return 'PROXY_REFUSED';
  }
  if (isUnreachable(error)) {
    return 'AWS_NOT_REACHABLE';
  }
  if (!isAwsError(error)) {
    return undefined;
  }
  return isAccessDenied(error) ? 'AWS_ACCESS_DENIED' : isTransient(error) ? 'AWS_UNAVAILABLE' : 'AWS_REQUEST_REFUSED';
}

export function isAwsError(error: unknown): error is AwsError {
  return typeof error === 'object' && error !== null && '$metadata' in error && 'name' in error;
}

/** Whether a service denies an action: a new role or policy has not reached it yet, or is missing. */
export function isAccessDenied(error: unknown): boolean {
  const thrown = unwrapSdkError(error);
  return isAwsError(thrown) && (/^AccessDenied/.test(thrown.name) || thrown.$metadata.httpStatusCode === 403);
}

/**
 * Whether a service is busy, broken or out of reach: a retry may succeed, and the request may have been carried out.
 */
export function isTransient(error: unknown): boolean {
  const thrown = unwrapSdkError(error);
  if (!isAwsError(thrown)) {
    return isNetworkError(thrown);
  }
  const { httpStatusCode: status } = thrown.$metadata;
  return (
    status === undefined ||
    status >= 500 ||
    status === 429 ||
    /Throttl|SlowDown|TooManyRequests|RequestLimitExceeded|RequestTimeout|ConcurrentModification/.test(thrown.name)
  );
}

/** Whether a service refuses a call for good: a retry cannot help. */
export function isRefusedByAws(error: unknown): error is AwsFailure {
  return error instanceof AwsFailure && ['AWS_ACCESS_DENIED', 'AWS_REQUEST_REFUSED'].includes(error.code);
}

/**
 * Whether a service answers with one of these codes, or with one of these HTTP statuses and an error that is not
 * transient.
 */
export function hasErrorCode(error: unknown, code: RegExp, ...statuses: number[]): boolean {
  const thrown = unwrapSdkError(error);
  return (
    isAwsError(thrown) &&
    (code.test(thrown.name) || (statuses.includes(thrown.$metadata.httpStatusCode ?? 0) && !isTransient(thrown)))
  );
}

/** Returns the words of an error that help users: the SDK also has some for developers. */
export function describeAwsError(error: unknown): string {
  const thrown = unwrapSdkError(error);
  const { name, message, code } = toObject(thrown) as {
    readonly name: string;
    readonly message: string;
    readonly code?: string;
  };
  if (isNetworkError(thrown)) {
    return code ? removeFullStop(message) : 'it took too long';
  }
  const status = isAwsError(thrown) ? thrown.$metadata.httpStatusCode : undefined;
  if (isUnreadable(thrown)) {
    return `the response${status === undefined ? '' : ` with HTTP status ${status}`} does not come from AWS`;
  }
  const said = removeFullStop(message).replace(/^AWS SDK error wrapper for (\w+: )?/, '');
  const words = (status === undefined ? [said] : [name, said]).filter(
    (word, i, all) => word && !['Error', 'UnknownError'].includes(word) && all.indexOf(word) === i,
  );
  return words.join(': ') || `HTTP status ${status}`;
}

/** Whether there is no response, or one that does not come from AWS. */
function isUnreachable(error: unknown): boolean {
  return (
    isNetworkError(error) || isUnreadable(error) || (isAwsError(error) && error.$metadata.httpStatusCode === undefined)
  );
}

function isNetworkError(error: unknown): boolean {
  return (
    !(error instanceof Failure) &&
    !isAwsError(error) &&
    (['AbortError', 'TimeoutError'].includes(toObject(error).name as string) ||
      typeof toObject(error).code === 'string')
  );
}

/** A proxy's page, for example. */
function isUnreadable(error: unknown): boolean {
  return isAwsError(error) && (error.name === 'SyntaxError' || /Deserialization error|\$response/.test(error.message));
}

/** Returns what the SDK has thrown. */
export function unwrapSdkError(error: unknown): unknown {
  return error instanceof AwsFailure ? error.cause : error;
}
