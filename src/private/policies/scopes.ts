import { escapePattern, escapeVariables, GovernedData } from './governed-data';

/**
 * Returns the ways in which AWS may write the scope of the location: as it is registered, or with a star. A bucket may
 * also lose its slash.
 */
export function listLocationScopes({ allBuckets, bucketNames: [bucket], prefix }: GovernedData): string[] {
  if (allBuckets) {
    return ['s3://'];
  }
  if (prefix === undefined) {
    return [`s3://${bucket}`, `s3://${bucket}/`, `s3://${bucket}/*`];
  }
  const scope = `s3://${bucket}/${escapeVariables(prefix)}`;
  return [scope, `${scope}*`];
}

/** Returns patterns of the scopes of the location's grants. Undefined if they can have any scope. */
export function listGrantScopes({ allBuckets, bucketNames, prefix }: GovernedData): string[] | undefined {
  if (allBuckets) {
    // A grant in the location s3:// always names a bucket and a prefix.
    return bucketNames.length > 0 ? bucketNames.map((bucket) => `s3://${bucket}/*`) : undefined;
  }
  const [bucket] = bucketNames;
  return prefix === undefined
    ? [`s3://${bucket}`, `s3://${bucket}/*`]
    : [`s3://${bucket}/${escapePattern(prefix)}*`];
}
