import { Token } from 'aws-cdk-lib';

/** The part of S3 that a location governs, as policies name it. */
export interface GovernedData {
  /** Whether the location is `s3://`. */
  readonly allBuckets: boolean;
  /** The buckets that the roles may reach; none with `allBuckets` means every bucket. */
  readonly bucketArns: string[];
  /** What object keys begin with. */
  readonly prefix?: string;
}

/** The buckets' ARNs. */
export function bucketResources(data: GovernedData, partition: string): string[] {
  if (data.allBuckets && data.bucketArns.length === 0) {
    // the location `s3://` covers buckets that do not exist yet: only aws:ResourceAccount bounds them
    return [`arn:${partition}:s3:::*`];
  }
  return data.bucketArns;
}

/** The objects' ARNs: actions on objects never match the ARN of a bucket. */
export function objectResources(data: GovernedData, partition: string): string[] {
  // the keys are not known beforehand
  return bucketResources(data, partition).map((arn) => `${arn}/${literal(data.prefix ?? '')}*`);
}

/** Conditions that keep `s3:ListBucket` within the prefix; none without one. */
export function listConditions(data: GovernedData): Record<string, Record<string, string>> {
  return data.prefix === undefined ? {} : { StringLike: { 's3:prefix': `${literal(data.prefix)}*` } };
}

/** Object keys may hold what IAM takes for wildcards and variables. */
function literal(key: string): string {
  return Token.isUnresolved(key) ? key : key.replace(/[*?$]/g, '${$&}');
}
