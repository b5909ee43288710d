/** Where an integration is: with the type, what says that a record is the one that an event is about. */
export interface Location {
  readonly accountId: string;
  readonly region: string;
  readonly path: string;
}

/** Paths and scopes are written with and without a slash, and scopes with a star, at their end. */
export function samePath(a: string, b: string): boolean {
  return withoutEnd(a) === withoutEnd(b);
}

export function sameLocation(a: Location, b: Location): boolean {
  return a.accountId === b.accountId && a.region === b.region && samePath(a.path, b.path);
}

export function describeLocation({ path, accountId, region }: Location): string {
  return `'${path}' in account ${accountId}, ${region}`;
}

function withoutEnd(path: string): string {
  const end = /^(s3:\/\/)?(.*?)[/*]*$/s.exec(path);
  return `${end?.[1] ?? ''}${end?.[2] ?? ''}`;
}
