/** The location of an integration. Together with the type, it says whether a record is the one of an event. */
export interface Location {
  readonly accountId: string;
  readonly region: string;
  readonly path: string;
}

/**
 * Whether two paths are the same. A scope may end with a star, and a whole bucket with a slash. Prefixes are compared
 * as they are: 's3://bucket/x' includes 's3://bucket/xy', but 's3://bucket/x/' does not.
 */
export function isSamePath(a: string, b: string): boolean {
  return normalizePath(a) === normalizePath(b);
}

/** Whether two paths differ by a slash at their ends at most, which S3 Access Grants may add to a prefix or remove. */
export function isSamePathExceptSlash(a: string, b: string): boolean {
  return removeSlash(normalizePath(a)) === removeSlash(normalizePath(b));
}

export function isSameLocation(a: Location, b: Location): boolean {
  return isSameInstance(a, b) && isSamePath(a.path, b.path);
}

/** The same, if a slash at the end of a prefix says nothing. */
export function isSameLocationExceptSlash(a: Location, b: Location): boolean {
  return isSameInstance(a, b) && isSamePathExceptSlash(a.path, b.path);
}

export function describeLocation({ path, accountId, region }: Location): string {
  return `'${path}' in account ${accountId}, ${region}`;
}

/** An account has one S3 Access Grants instance in a Region. */
function isSameInstance(a: Location, b: Location): boolean {
  return a.accountId === b.accountId && a.region === b.region;
}

function normalizePath(path: string): string {
  const scope = path.replace(/\*$/, '');
  return /^s3:\/\/[^/]+$/.test(scope) ? `${scope}/` : scope;
}

function removeSlash(path: string): string {
  return path.replace(/\/$/, '');
}
