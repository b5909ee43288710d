import { asObject } from '../runtime/json';

/** What the AWS SDK throws; none of the codes that we look for has a class of its own in the SDK. */
interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly $metadata: { readonly httpStatusCode?: number };
}

export function isAwsError(error: unknown): error is AwsError {
  return typeof error === 'object' && error !== null && '$metadata' in error && 'name' in error;
}

/** A new role or policy has not reached the service yet, or is missing: AWS gives the same answer to both. */
export function isAccessDenied(error: unknown): boolean {
  return isAwsError(error) && (/^AccessDenied/.test(error.name) || error.$metadata.httpStatusCode === 403);
}

/** AWS is busy or broken, or did not answer: the same request may succeed in a moment. It may also have been carried out. */
export function isTransient(error: unknown): boolean {
  if (!isAwsError(error)) {
    return ['AbortError', 'TimeoutError'].includes(asObject(error).name as string) || typeof asObject(error).code === 'string';
  }
  const { httpStatusCode: status } = error.$metadata;
  return status === undefined || status >= 500 || status === 429 || /Throttl|SlowDown|TooManyRequests|RequestLimitExceeded|RequestTimeout|ConcurrentModification/.test(error.name);
}
