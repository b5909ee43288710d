import * as iam from 'aws-cdk-lib/aws-iam';
import { bucketResources, GovernedData, listConditions, objectResources } from './governed-data';
import { objectKeyActions, viaService } from './kms';

/** The service that assumes location roles; the name is the same in every partition. */
export const ACCESS_GRANTS_SERVICE = 'access-grants.s3.amazonaws.com';

// the object ACL actions do nothing in buckets without ACLs (the default), and readers of buckets with ACLs need them
const READ_ACTIONS = ['s3:GetObject', 's3:GetObjectAcl', 's3:GetObjectVersion', 's3:GetObjectVersionAcl', 's3:ListMultipartUploadParts'];
const WRITE_ACTIONS = [
  's3:AbortMultipartUpload', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObject', 's3:PutObjectAcl', 's3:PutObjectVersionAcl',
];

/** What the location role may do at most; each grant narrows it. */
export interface LocationRoleOptions {
  readonly partition: string;
  readonly region: string;
  readonly accessGrantsInstanceArn: string;
  readonly data: GovernedData;
  readonly write: boolean;
  /** The account that owns the buckets. */
  readonly bucketAccount: string;
  /** The keys that encrypt the objects. */
  readonly keyArns: string[];
}

/**
 * Permissions of the location role.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location-register.html
 */
export function locationRoleStatements(options: LocationRoleOptions): iam.PolicyStatement[] {
  const { data, partition } = options;
  const conditions = {
    StringEquals: { 'aws:ResourceAccount': options.bucketAccount },
    ...forInstance(options.accessGrantsInstanceArn),
  };
  return [
    new iam.PolicyStatement({ actions: objectActions(options.write), resources: objectResources(data, partition), conditions }),
    new iam.PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: bucketResources(data, partition),
      conditions: { ...conditions, ...listConditions(data) },
    }),
    ...listAllBuckets(data),
    ...locationKeyStatements(options),
  ];
}

/** Read actions on objects, and the write actions if wanted. */
export function objectActions(write: boolean): string[] {
  return write ? [...READ_ACTIONS, ...WRITE_ACTIONS].sort() : READ_ACTIONS;
}

/** Makes a role useless outside the credentials that this instance vends. */
export function forInstance(accessGrantsInstanceArn: string): Record<string, Record<string, string>> {
  return { ArnEquals: { 's3:AccessGrantsInstanceArn': accessGrantsInstanceArn } };
}

/** `s3:ListAllMyBuckets`, only where the location is the whole account. */
export function listAllBuckets(data: GovernedData): iam.PolicyStatement[] {
  if (!data.allBuckets) {
    return [];
  }
  // `*` since the action has no resource type; nor does it know the conditions of the other statements
  return [new iam.PolicyStatement({ actions: ['s3:ListAllMyBuckets'], resources: ['*'] })];
}

function locationKeyStatements(options: LocationRoleOptions): iam.PolicyStatement[] {
  if (options.keyArns.length === 0) {
    return [];
  }
  // no s3:AccessGrantsInstanceArn here: it is a key of S3 requests, and KMS would never match it
  return [new iam.PolicyStatement({
    actions: objectKeyActions(options.write),
    resources: options.keyArns,
    conditions: viaService('s3', options.region),
  })];
}

export interface LocationRoleTrustOptions {
  readonly partition: string;
  /** The account of the Access Grants instance. */
  readonly account: string;
  readonly accessGrantsInstanceArn: string;
  /** Whether grants may name users and groups of IAM Identity Center. */
  readonly identityCenter: boolean;
}

/**
 * Who may assume the location role: S3 Access Grants, for this one instance.
 *
 * AssumeRole and SetSourceIdentity share a statement as in AWS's own policy; each is authorized by itself, so that two statements
 * would do as well. SetContext needs one of its own: its condition on the context provider would refuse the other two without one.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location-register.html
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/tip-tutorial-s3.html
 */
export function locationRoleTrust(options: LocationRoleTrustOptions): iam.PolicyStatement[] {
  const { accessGrantsInstanceArn, partition } = options;
  const principals = [new iam.ServicePrincipal(ACCESS_GRANTS_SERVICE)];
  const conditions = {
    StringEquals: { 'aws:SourceAccount': options.account },
    // AWS's pages disagree whether it is the instance's ARN or the location's
    ArnLike: { 'aws:SourceArn': [accessGrantsInstanceArn, `${accessGrantsInstanceArn}/*`] },
  };
  const assume = new iam.PolicyStatement({ actions: ['sts:AssumeRole', 'sts:SetSourceIdentity'], principals, conditions });
  if (!options.identityCenter) {
    return [assume];
  }
  return [assume, new iam.PolicyStatement({
    actions: ['sts:SetContext'],
    principals,
    conditions: {
      ...conditions,
      'ForAllValues:ArnEquals': { 'sts:RequestContextProviders': [`arn:${partition}:iam::aws:contextProvider/IdentityCenter`] },
      // ForAllValues is true without a value
      'Null': { 'sts:RequestContextProviders': 'false' },
    },
  })];
}

/** S3 Access Grants as the `assumedBy` of a location role: its trust is more than the one action that a service principal gets. */
export class LocationRolePrincipal extends iam.ServicePrincipal {
  constructor(public readonly options: LocationRoleTrustOptions) {
    super(ACCESS_GRANTS_SERVICE);
  }

  public addToAssumeRolePolicy(document: iam.PolicyDocument): void {
    document.addStatements(...locationRoleTrust(this.options));
  }
}
