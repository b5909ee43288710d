import * as iam from 'aws-cdk-lib/aws-iam';
import { GovernedData, buildListConditions, formatObjectArns } from './governed-data';
import { listKeyActions, buildServiceConditions } from './kms';
import { buildInstanceConditions, listObjectActions } from './location-role';

/** Options for the statements of a bucket policy. */
export interface BucketOwnerOptions {
  readonly partition: string;
  readonly accessGrantsInstanceArn: string;
  readonly locationRoleArn: string;
  /** Role or user that Immuta uses. */
  readonly immutaPrincipalArn: string;
  readonly data: GovernedData;
  readonly write: boolean;
}

/** Returns the statements that the owners in other accounts add to the policies of the location's buckets. */
export function buildBucketOwnerStatements(options: BucketOwnerOptions): iam.PolicyStatement[] {
  // S3 refuses a bucket policy that names another bucket, so each bucket has statements of its own.
  const { data } = options;
  return data.bucketArns.flatMap((arn) => buildStatementsForBucket({ ...data, bucketArns: [arn] }, options));
}

function buildStatementsForBucket(data: GovernedData, options: BucketOwnerOptions): iam.PolicyStatement[] {
  const locationRole = [new iam.ArnPrincipal(options.locationRoleArn)];
  const conditions = buildInstanceConditions(options.accessGrantsInstanceArn);
  return [
    new iam.PolicyStatement({
      principals: locationRole,
      actions: listObjectActions(options.write),
      resources: formatObjectArns(data, options.partition),
      conditions,
    }),
    new iam.PolicyStatement({
      principals: locationRole,
      actions: ['s3:ListBucket'],
      resources: data.bucketArns,
      conditions: { ...conditions, ...buildListConditions(data) },
    }),
    new iam.PolicyStatement({
      principals: [new iam.ArnPrincipal(options.immutaPrincipalArn)],
      actions: ['s3:ListBucket'],
      resources: data.bucketArns,
    }),
  ];
}

/** Options for the statement of a key policy. */
export interface KeyOwnerOptions {
  readonly region: string;
  readonly locationRoleArn: string;
  readonly write: boolean;
}

/** Returns the statement that the owner of a KMS key in another account adds to the key's policy. */
export function buildKeyOwnerStatements(options: KeyOwnerOptions): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({
    principals: [new iam.ArnPrincipal(options.locationRoleArn)],
    actions: listKeyActions(options.write),
    // In a key policy `*` means the key itself.
    resources: ['*'],
    conditions: buildServiceConditions('s3', options.region),
  })];
}
