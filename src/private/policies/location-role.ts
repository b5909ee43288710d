import * as iam from 'aws-cdk-lib/aws-iam';
import { formatBucketArns, GovernedData, buildListConditions, formatObjectArns } from './governed-data';
import { listKeyActions, buildServiceConditions } from './kms';

/** The service that assumes location roles. The name is the same in every partition. */
export const ACCESS_GRANTS_SERVICE = 'access-grants.s3.amazonaws.com';

// Readers of buckets with ACLs need the ACL actions. They have no effect in buckets without ACLs, which is the default.
const READ_ACTIONS = [
  's3:GetObject', 's3:GetObjectAcl', 's3:GetObjectVersion', 's3:GetObjectVersionAcl', 's3:ListMultipartUploadParts',
];
const WRITE_ACTIONS = [
  's3:AbortMultipartUpload', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObject', 's3:PutObjectAcl',
  's3:PutObjectVersionAcl',
];

/** Options for the permissions of the location role. Each grant narrows them. */
export interface LocationRoleStatementOptions {
  readonly partition: string;
  readonly region: string;
  readonly accessGrantsInstanceArn: string;
  readonly data: GovernedData;
  readonly write: boolean;
  /** ID of the account that owns the buckets. */
  readonly bucketAccount: string;
  /** ARNs of the keys that encrypt the objects. */
  readonly keyArns: string[];
}

/**
 * Returns the permissions of the location role.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location-register.html
 */
export function buildLocationRoleStatements(options: LocationRoleStatementOptions): iam.PolicyStatement[] {
  const { data, partition } = options;
  const conditions = {
    StringEquals: { 'aws:ResourceAccount': options.bucketAccount },
    ...buildInstanceConditions(options.accessGrantsInstanceArn),
  };
  return [
    new iam.PolicyStatement({
      actions: listObjectActions(options.write), resources: formatObjectArns(data, partition), conditions,
    }),
    new iam.PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: formatBucketArns(data, partition),
      conditions: { ...conditions, ...buildListConditions(data) },
    }),
    ...buildListAllBucketsStatements(data),
    ...buildKeyStatements(options),
  ];
}

/** Returns the read actions on objects, and the write actions. */
export function listObjectActions(write: boolean): string[] {
  return write ? [...READ_ACTIONS, ...WRITE_ACTIONS].sort() : READ_ACTIONS;
}

/** Returns conditions that limit a role to credentials that this instance vends. */
export function buildInstanceConditions(accessGrantsInstanceArn: string): Record<string, Record<string, string>> {
  return { ArnEquals: { 's3:AccessGrantsInstanceArn': accessGrantsInstanceArn } };
}

/** Returns a statement with `s3:ListAllMyBuckets` if the location covers the whole account. */
export function buildListAllBucketsStatements(data: GovernedData): iam.PolicyStatement[] {
  if (!data.allBuckets) {
    return [];
  }
  // The action has no resource type, and does not support the conditions of the other statements.
  return [new iam.PolicyStatement({ actions: ['s3:ListAllMyBuckets'], resources: ['*'] })];
}

function buildKeyStatements(options: LocationRoleStatementOptions): iam.PolicyStatement[] {
  if (options.keyArns.length === 0) {
    return [];
  }
  // The condition key s3:AccessGrantsInstanceArn belongs to S3 requests. KMS would never match it.
  return [new iam.PolicyStatement({
    actions: listKeyActions(options.write),
    resources: options.keyArns,
    conditions: buildServiceConditions('s3', options.region),
  })];
}

/** Options for the trust policy of the location role. */
export interface LocationRoleTrustOptions {
  readonly partition: string;
  /** ID of the account of the S3 Access Grants instance. */
  readonly account: string;
  readonly accessGrantsInstanceArn: string;
  /** Whether grants can name users and groups of IAM Identity Center. */
  readonly identityCenter: boolean;
}

/**
 * Returns the statements that let S3 Access Grants assume the location role for this instance.
 *
 * SetContext has a statement of its own. Requests without a context provider would never match its condition.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location-register.html
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/tip-tutorial-s3.html
 */
export function buildLocationRoleTrust(options: LocationRoleTrustOptions): iam.PolicyStatement[] {
  const { accessGrantsInstanceArn, partition } = options;
  const principals = [new iam.ServicePrincipal(ACCESS_GRANTS_SERVICE)];
  const conditions = {
    StringEquals: { 'aws:SourceAccount': options.account },
    // AWS's documentation names the ARN of the instance on one page and that of the location on another.
    ArnLike: { 'aws:SourceArn': [accessGrantsInstanceArn, `${accessGrantsInstanceArn}/*`] },
  };
  const assume = new iam.PolicyStatement({
    actions: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    principals,
    conditions,
  });
  if (!options.identityCenter) {
    return [assume];
  }
  return [
    assume,
    new iam.PolicyStatement({
      actions: ['sts:SetContext'],
      principals,
      conditions: {
        ...conditions,
        'ForAllValues:ArnEquals': {
          'sts:RequestContextProviders': [`arn:${partition}:iam::aws:contextProvider/IdentityCenter`],
        },
        // ForAllValues is true for a request without the key.
        'Null': { 'sts:RequestContextProviders': 'false' },
      },
    }),
  ];
}

/**
 * S3 Access Grants as the principal of a location role. Its trust covers more than the action of a service principal.
 */
export class LocationRolePrincipal extends iam.ServicePrincipal {
  constructor(public readonly options: LocationRoleTrustOptions) {
    super(ACCESS_GRANTS_SERVICE);
  }

  public addToAssumeRolePolicy(document: iam.PolicyDocument): void {
    document.addStatements(...buildLocationRoleTrust(this.options));
  }
}
