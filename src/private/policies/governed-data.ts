import { Token } from 'aws-cdk-lib';

/** The part of S3 that a location governs, for policies. */
export interface GovernedData {
  /** Whether the location is `s3://`. */
  readonly allBuckets: boolean;
  /** The buckets that the roles can reach. With `allBuckets`, an empty list means every bucket. */
  readonly bucketArns: string[];
  /** The names of these buckets. */
  readonly bucketNames: string[];
  /** Prefix of the object keys. */
  readonly prefix?: string;
}

/** Returns the ARNs of the buckets. */
export function formatBucketArns(data: GovernedData, partition: string): string[] {
  if (data.allBuckets && data.bucketArns.length === 0) {
    // The location `s3://` covers buckets that do not exist yet. Only aws:ResourceAccount limits them.
    return [`arn:${partition}:s3:::*`];
  }
  return data.bucketArns;
}

/** Returns the ARNs of the objects. Actions on objects never match the ARN of a bucket. */
export function formatObjectArns(data: GovernedData, partition: string): string[] {
  // The keys are not known at synth.
  return formatBucketArns(data, partition).map((arn) => `${arn}/${escapePattern(data.prefix ?? '')}*`);
}

/** Returns conditions that limit `s3:ListBucket` to the prefix. */
export function buildListConditions(data: GovernedData): Record<string, Record<string, string>> {
  return data.prefix === undefined ? {} : { StringLike: { 's3:prefix': `${escapePattern(data.prefix)}*` } };
}

/** Object keys can contain characters that IAM reads as wildcards and variables. */
export function escapePattern(key: string): string {
  return Token.isUnresolved(key) ? key : key.replace(/[*?$]/g, '${$&}');
}

/** Conditions that compare whole texts know variables, but no wildcards. */
export function escapeVariables(key: string): string {
  return Token.isUnresolved(key) ? key : key.replace(/\$(?={)/g, '${$&}');
}
