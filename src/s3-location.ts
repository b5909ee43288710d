import { Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { GovernedData } from './private/policies/governed-data';
import { compareTokens, identifyResource } from './private/tokens';

/** Options of a location that is the whole account. */
export interface AllBucketsOptions {
  /**
   * The buckets that the roles may reach, of one account.
   *
   * Immuta registers `s3://` all the same: users can be granted what is in these buckets only.
   *
   * @default - every bucket of the account, those made later included
   */
  readonly buckets?: s3.IBucket[];
}

/** What users may do with governed data at most; Immuta's policies narrow it. */
export enum LocationAccess {
  /** Read objects. */
  READ_ONLY = 'read-only',

  /** Read, write and delete objects. */
  READ_WRITE = 'read-write',
}

/**
 * The part of S3 that an integration governs, which Immuta registers as a location in S3 Access Grants.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location.html
 */
export class S3Location {
  /**
   * Every bucket of the account in this Region: `s3://`.
   *
   * @param options which buckets the roles may reach
   */
  public static allBuckets(options: AllBucketsOptions = {}): S3Location {
    return new S3Location('s3://', options.buckets ?? [], true);
  }

  /**
   * One bucket.
   *
   * @param bucket a bucket in the Region of the integration
   */
  public static bucket(bucket: s3.IBucket): S3Location {
    return new S3Location(`s3://${bucket.bucketName}/`, [bucket], false);
  }

  /**
   * The objects of one bucket whose keys begin with a prefix.
   *
   * @param bucket a bucket in the Region of the integration
   * @param prefix the beginning of the keys, such as `curated/`; without a slash at its end, `data` also covers `database/…`
   */
  public static prefix(bucket: s3.IBucket, prefix: string): S3Location {
    return new S3Location(`s3://${bucket.bucketName}/${prefix}`, [bucket], false, prefix);
  }

  /** The location as S3 Access Grants names it: `s3://`, `s3://bucket/` or `s3://bucket/prefix`. */
  public readonly locationScope: string;

  /** @internal */
  public readonly _buckets: s3.IBucket[];

  /** @internal */
  public readonly _allBuckets: boolean;

  /** @internal */
  public readonly _prefix?: string;

  private constructor(locationScope: string, buckets: s3.IBucket[], allBuckets: boolean, prefix?: string) {
    this.locationScope = locationScope;
    this._buckets = buckets;
    this._allBuckets = allBuckets;
    this._prefix = prefix;
  }

  /**
   * The location for policies.
   *
   * @internal
   */
  public get _governedData(): GovernedData {
    return { allBuckets: this._allBuckets, bucketArns: this._buckets.map((bucket) => bucket.bucketArn), prefix: this._prefix };
  }

  /**
   * The KMS keys that the buckets have in CDK; imported buckets have none.
   *
   * @internal
   */
  public get _encryptionKeys(): kms.IKey[] {
    return this._buckets.flatMap(({ encryptionKey }) => encryptionKey ?? []);
  }

  /**
   * Distinguishes this location from others at synth.
   *
   * @internal
   */
  public get _identity(): string {
    if (this._allBuckets) {
      return this.locationScope;
    }
    const [bucket] = this._buckets;
    return identifyResource(bucket, bucket.bucketName, this._prefix ?? '');
  }

  /**
   * Whether the other location is known to be the same part of S3.
   *
   * @internal
   */
  public _isSame(other: S3Location): boolean {
    return this._identity === other._identity
      || (!this._allBuckets && !other._allBuckets && this.hasSameBucket(other) && this._prefix === other._prefix);
  }

  /**
   * Whether one of the locations is known to contain objects of the other.
   *
   * @internal
   */
  public _overlaps(other: S3Location): boolean {
    if (this._allBuckets || other._allBuckets) {
      return true;
    }
    const [a, b] = [this._prefix ?? '', other._prefix ?? ''];
    return this.hasSameBucket(other) && (a.startsWith(b) || b.startsWith(a));
  }

  /**
   * Checks that S3 Access Grants can reach the buckets from the Region.
   *
   * @internal
   */
  public _validateRegion(region: string): string[] {
    return this._buckets.filter(({ env }) => compareTokens(env.region, region) === 'different')
      .map((bucket) => `bucket '${bucket.node.path}' is in Region ${bucket.env.region}, and S3 Access Grants of ${region} reaches buckets of its own Region only: `
        + 'define the integration in a stack of the bucket\'s Region');
  }

  /**
   * Checks the accounts of the buckets and the form of the prefix.
   *
   * @internal
   */
  public _validate(): string[] {
    const accounts = new Set(this._buckets.map(({ env }) => env.account));
    return [
      ...accounts.size > 1
        ? [`'buckets' must be of one account, got buckets of ${[...accounts].join(', ')}: define an integration for each account's buckets`] : [],
      ...this._prefix === undefined || Token.isUnresolved(this._prefix) ? [] : validatePrefix(this._prefix),
    ];
  }

  /**
   * Whether the prefix also covers keys outside the folder of that name.
   *
   * @internal
   */
  public get _exceedsFolder(): boolean {
    const prefix = this._prefix ?? '';
    return prefix !== '' && !Token.isUnresolved(prefix) && !prefix.endsWith('/');
  }

  private hasSameBucket(other: S3Location): boolean {
    return findName(this._buckets[0]) === findName(other._buckets[0]);
  }
}

function validatePrefix(prefix: string): string[] {
  if (prefix === '') {
    return ['the prefix of the location is empty: use \'S3Location.bucket\' for a whole bucket'];
  }
  if (prefix.startsWith('/')) {
    return [`the prefix of the location must not begin with '/', got ${JSON.stringify(prefix)}: object keys do not, so write ${JSON.stringify(prefix.replace(/^\/+/, ''))}`];
  }
  return prefix.includes('*') ? [`the prefix of the location must not contain '*', got ${JSON.stringify(prefix)}: a location covers all keys that begin with it`] : [];
}

/** Returns the name that the bucket was given, under which another stack can import it, or else a reference to the bucket. */
function findName(bucket: s3.IBucket): string {
  const name = (bucket.node.defaultChild as s3.CfnBucket | undefined)?.bucketName;
  return name === undefined || Token.isUnresolved(name) ? bucket.bucketName : name;
}
