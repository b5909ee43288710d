import * as iam from 'aws-cdk-lib/aws-iam';
import { formatBucketArns, GovernedData } from './governed-data';
import { IdentityCenter, buildIdentityCenterStatements } from './identity-center';
import { ACCESS_GRANTS_SERVICE, buildListAllBucketsStatements } from './location-role';

const MANAGEMENT_ACTIONS = [
  's3:CreateAccessGrant',
  's3:CreateAccessGrantsLocation',
  's3:DeleteAccessGrant',
  's3:DeleteAccessGrantsLocation',
  's3:GetAccessGrant',
  's3:GetAccessGrantsInstance',
  's3:GetAccessGrantsInstanceForPrefix',
  's3:GetAccessGrantsInstanceResourcePolicy',
  's3:GetAccessGrantsLocation',
  's3:ListAccessGrants',
  's3:ListAccessGrantsLocations',
  's3:UpdateAccessGrantsLocation',
];

/** Options for the permissions of Immuta's role or user. */
export interface ImmutaPrincipalOptions {
  readonly partition: string;
  readonly accessGrantsInstanceArn: string;
  readonly locationRoleArn: string;
  readonly data: GovernedData;
  /** ID of the account that owns the buckets. */
  readonly bucketAccount: string;
  /** Whether Immuta can pass the location role only to S3 Access Grants. */
  readonly restrictPassRole?: boolean;
  readonly identityCenter?: IdentityCenter;
}

/**
 * Returns the permissions of Immuta's principal: to manage locations and grants, to pass the location role and to list
 * the governed buckets.
 *
 * @see https://documentation.immuta.com/saas/developer-guides/api-intro/integrations-api/how-to-guides/s3-api
 */
export function buildImmutaStatements(options: ImmutaPrincipalOptions): iam.PolicyStatement[] {
  const { accessGrantsInstanceArn, data, partition } = options;
  return [
    new iam.PolicyStatement({
      actions: MANAGEMENT_ACTIONS,
      // Locations and grants are below the instance, and AWS generates their IDs.
      resources: [accessGrantsInstanceArn, `${accessGrantsInstanceArn}/*`],
    }),
    // The action has no resource type.
    new iam.PolicyStatement({ actions: ['s3:ListAccessGrantsInstances'], resources: ['*'] }),
    ...buildPassRoleStatements(options),
    new iam.PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: formatBucketArns(data, partition),
      // Not limited to the prefix: the request of Immuta's test 'S3 path exists and Immuta can list prefixes' is not
      // documented.
      conditions: { StringEquals: { 'aws:ResourceAccount': options.bucketAccount } },
    }),
    ...buildListAllBucketsStatements(data),
    ...options.identityCenter ? buildIdentityCenterStatements(partition, options.identityCenter) : [],
  ];
}

function buildPassRoleStatements(options: ImmutaPrincipalOptions): iam.PolicyStatement[] {
  const resources = [options.locationRoleArn];
  if (!options.restrictPassRole) {
    return [new iam.PolicyStatement({ actions: ['iam:GetRole', 'iam:PassRole'], resources })];
  }
  return [
    // A GetRole request has no service to which the role is passed, so it would never match the condition.
    new iam.PolicyStatement({ actions: ['iam:GetRole'], resources }),
    new iam.PolicyStatement({
      actions: ['iam:PassRole'],
      resources,
      conditions: { StringEquals: { 'iam:PassedToService': ACCESS_GRANTS_SERVICE } },
    }),
  ];
}
