/** Where an integration is: with the type, what says that a record is the one that an event is about. */
export interface Location {
  readonly accountId: string;
  readonly region: string;
  readonly path: string;
}

/**
 * Scopes are written with or without a star at their end, and whole buckets with or without a slash. Prefixes are
 * compared as they are: 's3://bucket/x' holds 's3://bucket/xy', too, which 's3://bucket/x/' does not.
 */
export function samePath(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

export function sameLocation(a: Location, b: Location): boolean {
  return a.accountId === b.accountId && a.region === b.region && samePath(a.path, b.path);
}

export function describeLocation({ path, accountId, region }: Location): string {
  return `'${path}' in account ${accountId}, ${region}`;
}

function canonical(path: string): string {
  const scope = path.replace(/\*$/, '');
  return /^s3:\/\/[^/]+$/.test(scope) ? `${scope}/` : scope;
}
