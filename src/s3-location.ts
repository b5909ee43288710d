import { Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { GovernedData } from './private/policies/governed-data';
import { compareTokens, identifyResource } from './private/tokens';
import { addWarning, createProblem, Problem } from './private/validation/problems';

/** Options for a location that covers the whole account. */
export interface AllBucketsOptions {
  /**
   * The buckets that the roles can reach. They must belong to one account.
   *
   * Immuta registers `s3://` all the same, but its grants give access to these buckets only.
   *
   * @default - every bucket of the account, including buckets that are created later
   */
  readonly buckets?: s3.IBucket[];
}

/** The most that users can do with governed data. Immuta's policies narrow it. */
export enum LocationAccess {
  /** Read objects. */
  READ_ONLY = 'read-only',

  /** Read, write and delete objects. */
  READ_WRITE = 'read-write',
}

/**
 * The part of S3 that an integration governs. Immuta registers it as a location in S3 Access Grants.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location.html
 */
export class S3Location {
  /**
   * Covers every bucket of the account in this Region: `s3://`, which S3 Access Grants calls the default location.
   *
   * An instance has one such location. Without `buckets`, Immuta can grant access to every bucket, including future
   * ones and those that other tools govern. With `buckets`, it can manage only grants to these buckets. Immuta owns the
   * location, so other tools cannot register `s3://` in this account and Region.
   *
   * @param options the buckets that the roles can reach
   */
  public static allBuckets(options: AllBucketsOptions = {}): S3Location {
    return new S3Location('s3://', options.buckets, true);
  }

  /**
   * Covers one bucket.
   *
   * @param bucket a bucket in the Region of the integration
   */
  public static bucket(bucket: s3.IBucket): S3Location {
    return new S3Location(`s3://${bucket.bucketName}/`, [bucket], false);
  }

  /**
   * Covers the objects of one bucket whose keys begin with a prefix.
   *
   * @param bucket a bucket in the Region of the integration
   * @param prefix the prefix of the keys, such as `curated/`. Without a trailing slash, `data` also covers `database/…`
   */
  public static prefix(bucket: s3.IBucket, prefix: string): S3Location {
    return new S3Location(`s3://${bucket.bucketName}/${prefix}`, [bucket], false, prefix);
  }

  /** Scope of the location in S3 Access Grants: `s3://`, `s3://bucket/` or `s3://bucket/prefix`. */
  public readonly locationScope: string;

  /** @internal */
  public readonly _buckets: s3.IBucket[];

  /** @internal */
  public readonly _allBuckets: boolean;

  private readonly prefix?: string;

  private constructor(
    locationScope: string, private readonly buckets: s3.IBucket[] | undefined, allBuckets: boolean, prefix?: string,
  ) {
    this.locationScope = locationScope;
    this._buckets = buckets ?? [];
    this._allBuckets = allBuckets;
    this.prefix = prefix;
  }

  /**
   * The location for policies.
   *
   * @internal
   */
  public get _governedData(): GovernedData {
    return {
      allBuckets: this._allBuckets,
      bucketArns: this._buckets.map((bucket) => bucket.bucketArn),
      bucketNames: this._buckets.map((bucket) => bucket.bucketName),
      prefix: this.prefix,
    };
  }

  /**
   * The KMS keys that the buckets have in the CDK. Imported buckets have none.
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
    return identifyResource(bucket, bucket.bucketName, this.prefix ?? '');
  }

  /**
   * Keys of the location's bucket. Locations in the same bucket have one in common.
   *
   * @internal
   */
  public get _keys(): string[] {
    const [bucket] = this._buckets;
    return this._allBuckets ? [] : [findName(bucket), identifyResource(bucket, bucket.bucketName)];
  }

  /**
   * Whether the other location is known to be the same part of S3.
   *
   * @internal
   */
  public _isSame(other: S3Location): boolean {
    return this._identity === other._identity || (this.isInSameBucket(other) && this.prefix === other.prefix);
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
    const [a, b] = [this.prefix ?? '', other.prefix ?? ''];
    return this.isInSameBucket(other) && (a.startsWith(b) || b.startsWith(a));
  }

  /**
   * Checks that S3 Access Grants reaches the buckets from the Region.
   *
   * @internal
   */
  public _validateRegion(region: string): Problem[] {
    return this._buckets.filter(({ env }) => compareTokens(env.region, region) === 'different')
      .map(({ env, node }) => createProblem('BUCKET_IN_OTHER_REGION', { bucket: node.path, region, got: env.region }));
  }

  /**
   * Checks the buckets and the form of the prefix.
   *
   * @param bucketAccount account of the buckets, whatever they claim. @default - the one that all of them claim
   * @internal
   */
  public _validate(bucketAccount?: string): Problem[] {
    const accounts = new Set(this._buckets.map(({ env }) => bucketAccount ?? env.account));
    return [
      ...this.buckets?.length === 0 ? [createProblem('BUCKETS_EMPTY')] : [],
      ...accounts.size > 1 ? [createProblem('BUCKETS_IN_SEVERAL_ACCOUNTS', { got: [...accounts].join(', ') })] : [],
      ...this.prefix === undefined || Token.isUnresolved(this.prefix) ? [] : validatePrefix(this.prefix),
    ];
  }

  /**
   * Warns of what the location may cover by mistake.
   *
   * @internal
   */
  public _addWarnings(integration: IConstruct): void {
    const { prefix = '' } = this;
    if (prefix !== '' && !Token.isUnresolved(prefix) && !prefix.endsWith('/')) {
      const [quoted, example] = [prefix, `${prefix}-other/key`].map((key) => JSON.stringify(key));
      addWarning(integration, 'PREFIX_WITHOUT_SLASH', { prefix: quoted, example });
    }
  }

  private isInSameBucket(other: S3Location): boolean {
    return !this._allBuckets && !other._allBuckets && findName(this._buckets[0]) === findName(other._buckets[0]);
  }
}

function validatePrefix(prefix: string): Problem[] {
  const got = JSON.stringify(prefix);
  if (prefix === '') {
    return [createProblem('PREFIX_EMPTY')];
  }
  if (prefix.startsWith('/')) {
    return [createProblem('PREFIX_LEADING_SLASH', { got, proposal: JSON.stringify(prefix.replace(/^\/+/, '')) })];
  }
  if (prefix.startsWith('s3://')) {
    return [createProblem('PREFIX_WITH_BUCKET', { got })];
  }
  return prefix.includes('*') ? [createProblem('PREFIX_WILDCARD', { got })] : [];
}

/** Returns the name that the user gave the bucket, under which another stack can import it, or else a reference. */
function findName(bucket: s3.IBucket): string {
  const name = (bucket.node.defaultChild as s3.CfnBucket | undefined)?.bucketName;
  return name === undefined || Token.isUnresolved(name) ? bucket.bucketName : name;
}
