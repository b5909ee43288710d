import * as iam from 'aws-cdk-lib/aws-iam';
import { GovernedData, listConditions, objectResources } from './governed-data';
import { objectKeyActions, viaService } from './kms';
import { forInstance, objectActions } from './location-role';

export interface BucketOwnerOptions {
  readonly partition: string;
  readonly accessGrantsInstanceArn: string;
  readonly locationRoleArn: string;
  /** The role or user that Immuta is; without it the owner has to add it. */
  readonly immutaPrincipalArn?: string;
  /** One bucket: S3 refuses a bucket policy that names another bucket. */
  readonly bucketArn: string;
  readonly prefix?: string;
  readonly write: boolean;
}

/** What the owner of a bucket in another account adds to the bucket's policy. */
export function bucketOwnerStatements(options: BucketOwnerOptions): iam.PolicyStatement[] {
  const { bucketArn, immutaPrincipalArn, partition, prefix } = options;
  const data: GovernedData = { allBuckets: false, bucketArns: [bucketArn], prefix };
  const locationRole = [new iam.ArnPrincipal(options.locationRoleArn)];
  const conditions = forInstance(options.accessGrantsInstanceArn);
  const statements = [
    new iam.PolicyStatement({
      principals: locationRole,
      actions: objectActions(options.write),
      resources: objectResources(data, partition),
      conditions,
    }),
    new iam.PolicyStatement({
      principals: locationRole,
      actions: ['s3:ListBucket'],
      resources: [bucketArn],
      conditions: { ...conditions, ...listConditions(data) },
    }),
  ];
  if (immutaPrincipalArn === undefined) {
    return statements;
  }
  return [...statements, new iam.PolicyStatement({
    principals: [new iam.ArnPrincipal(immutaPrincipalArn)],
    actions: ['s3:ListBucket'],
    resources: [bucketArn],
  })];
}

export interface KeyOwnerOptions {
  readonly region: string;
  readonly locationRoleArn: string;
  readonly write: boolean;
}

/** What the owner of a KMS key in another account adds to the key's policy. */
export function keyOwnerStatements(options: KeyOwnerOptions): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({
    principals: [new iam.ArnPrincipal(options.locationRoleArn)],
    actions: objectKeyActions(options.write),
    // in a key's policy `*` is the key itself
    resources: ['*'],
    conditions: viaService('s3', options.region),
  })];
}
