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
  return isAwsError(error) && /^AccessDenied/.test(error.name);
}
