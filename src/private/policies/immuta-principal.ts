import * as iam from 'aws-cdk-lib/aws-iam';
import { bucketResources, GovernedData } from './governed-data';
import { IdentityCenter, identityCenterStatements } from './identity-center';
import { ACCESS_GRANTS_SERVICE, listAllBuckets } from './location-role';

const MANAGEMENT_ACTIONS = [
  's3:CreateAccessGrant', 's3:CreateAccessGrantsLocation', 's3:DeleteAccessGrant', 's3:DeleteAccessGrantsLocation', 's3:GetAccessGrant',
  's3:GetAccessGrantsInstance', 's3:GetAccessGrantsInstanceForPrefix', 's3:GetAccessGrantsInstanceResourcePolicy',
  's3:GetAccessGrantsLocation', 's3:ListAccessGrants', 's3:ListAccessGrantsLocations', 's3:UpdateAccessGrantsLocation',
];

export interface ImmutaPrincipalOptions {
  readonly partition: string;
  readonly accessGrantsInstanceArn: string;
  readonly locationRoleArn: string;
  readonly data: GovernedData;
  /** The account that owns the buckets. */
  readonly bucketAccount: string;
  /** Whether Immuta may pass the location role to S3 Access Grants only. */
  readonly restrictPassRole: boolean;
  readonly identityCenter?: IdentityCenter;
}

/**
 * What Immuta's principal needs: to manage locations and grants, to pass the location role, and to list the governed buckets.
 *
 * @see https://documentation.immuta.com/saas/developer-guides/api-intro/integrations-api/how-to-guides/s3-api
 */
export function immutaPrincipalStatements(options: ImmutaPrincipalOptions): iam.PolicyStatement[] {
  const { accessGrantsInstanceArn, data, partition } = options;
  return [
    new iam.PolicyStatement({
      actions: MANAGEMENT_ACTIONS,
      // locations and grants are below the instance, and AWS makes their ids
      resources: [accessGrantsInstanceArn, `${accessGrantsInstanceArn}/*`],
    }),
    // `*` since the action has no resource type
    new iam.PolicyStatement({ actions: ['s3:ListAccessGrantsInstances'], resources: ['*'] }),
    ...passRoleStatements(options),
    new iam.PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: bucketResources(data, partition),
      // not bound to the prefix: how Immuta asks when it tests 'S3 path exists and Immuta can list prefixes' is not documented
      conditions: { StringEquals: { 'aws:ResourceAccount': options.bucketAccount } },
    }),
    ...listAllBuckets(data),
    ...options.identityCenter ? identityCenterStatements(partition, options.identityCenter) : [],
  ];
}

function passRoleStatements(options: ImmutaPrincipalOptions): iam.PolicyStatement[] {
  const resources = [options.locationRoleArn];
  if (!options.restrictPassRole) {
    return [new iam.PolicyStatement({ actions: ['iam:GetRole', 'iam:PassRole'], resources })];
  }
  return [
    // apart, since a GetRole has no service that the role is passed to
    new iam.PolicyStatement({ actions: ['iam:GetRole'], resources }),
    new iam.PolicyStatement({
      actions: ['iam:PassRole'],
      resources,
      conditions: { StringEquals: { 'iam:PassedToService': ACCESS_GRANTS_SERVICE } },
    }),
  ];
}
