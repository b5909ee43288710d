import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { identityOf } from './private/identity';
import { GovernedData } from './private/policies/governed-data';

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
   * What tells this location from another before anything is deployed.
   *
   * @internal
   */
  public get _identity(): string {
    if (this._allBuckets) {
      return this.locationScope;
    }
    const [bucket] = this._buckets;
    return identityOf(bucket, bucket.bucketName, this._prefix ?? '');
  }
}
