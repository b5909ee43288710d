import * as iam from 'aws-cdk-lib/aws-iam';
import { formatBucketArns, GovernedData } from './governed-data';
import { IdentityCenter, buildIdentityCenterStatements } from './identity-center';
import { ACCESS_GRANTS_SERVICE, buildListAllBucketsStatements } from './location-role';
import { listGrantScopes, listLocationScopes } from './scopes';

const INSTANCE_ACTIONS = [
  's3:GetAccessGrantsInstance',
  's3:GetAccessGrantsInstanceForPrefix',
  's3:GetAccessGrantsInstanceResourcePolicy',
  's3:ListAccessGrants',
  's3:ListAccessGrantsLocations',
];
/** Actions on one kind of resource, and the condition key that says which of them a request is about. */
interface ScopedActions {
  readonly create: string;
  readonly manage: string[];
  readonly key: string;
}
const LOCATIONS: ScopedActions = {
  create: 's3:CreateAccessGrantsLocation',
  manage: ['s3:DeleteAccessGrantsLocation', 's3:GetAccessGrantsLocation', 's3:UpdateAccessGrantsLocation'],
  key: 's3:AccessGrantsLocationScope',
};
const GRANTS: ScopedActions = {
  create: 's3:CreateAccessGrant',
  manage: ['s3:DeleteAccessGrant', 's3:GetAccessGrant'],
  key: 's3:AccessGrantScope',
};

/** Options for the permissions of Immuta's role or user. */
export interface ImmutaPrincipalOptions {
  readonly partition: string;
  readonly region: string;
  readonly accessGrantsInstanceArn: string;
  readonly locationRoleArn: string;
  readonly data: GovernedData;
  /** ID of the account that owns the buckets. */
  readonly bucketAccount: string;
  /** Whether Immuta can pass the location role only to S3 Access Grants. @default true */
  readonly restrictPassRole?: boolean;
  /** Whether Immuta can manage only its own location and the grants in it. @default true */
  readonly restrictScope?: boolean;
  readonly identityCenter?: IdentityCenter;
}

/**
 * Returns the permissions of Immuta's principal: to manage locations and grants, to pass the location role and to list
 * the governed buckets.
 *
 * @see https://documentation.immuta.com/saas/developer-guides/api-intro/integrations-api/how-to-guides/s3-api
 */
export function buildImmutaStatements(options: ImmutaPrincipalOptions): iam.PolicyStatement[] {
  const { data, partition } = options;
  return [
    ...buildManagementStatements(options),
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
    ...options.identityCenter ? buildIdentityCenterStatements(partition, options.region, options.identityCenter) : [],
  ];
}

/** Returns the statements about the instance, its locations and their grants. */
function buildManagementStatements(options: ImmutaPrincipalOptions): iam.PolicyStatement[] {
  const { accessGrantsInstanceArn, data, restrictScope = true } = options;
  const locationScopes = restrictScope ? listLocationScopes(data) : undefined;
  const grantScopes = restrictScope ? listGrantScopes(data) : undefined;
  const unrestricted = [...locationScopes ? [] : [LOCATIONS], ...grantScopes ? [] : [GRANTS]];
  const statements = [new iam.PolicyStatement({ actions: INSTANCE_ACTIONS, resources: [accessGrantsInstanceArn] })];
  if (unrestricted.length > 0) {
    statements.push(new iam.PolicyStatement({
      actions: unrestricted.flatMap(({ create, manage }) => [create, ...manage]),
      resources: listManagedArns(accessGrantsInstanceArn),
    }));
  }
  return [
    ...statements,
    ...locationScopes ? buildScopedStatements(LOCATIONS, accessGrantsInstanceArn, 'StringEquals', locationScopes) : [],
    ...grantScopes ? buildScopedStatements(GRANTS, accessGrantsInstanceArn, 'StringLike', grantScopes) : [],
  ];
}

/**
 * Returns the statements that allow the actions on the scopes only.
 *
 * A request that creates something always has a scope. One about something that does not exist has none, and must get
 * its 404.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location.html
 */
function buildScopedStatements(
  { create, manage, key }: ScopedActions,
  accessGrantsInstanceArn: string,
  operator: 'StringEquals' | 'StringLike',
  scopes: string[],
): iam.PolicyStatement[] {
  const resources = listManagedArns(accessGrantsInstanceArn);
  return [
    new iam.PolicyStatement({ actions: [create], resources, conditions: { [operator]: { [key]: scopes } } }),
    new iam.PolicyStatement({
      actions: manage, resources, conditions: { [`${operator}IfExists`]: { [key]: scopes } },
    }),
  ];
}

/**
 * Locations and grants are below the instance, and AWS generates their IDs. Its reference has moved the actions that
 * create them from one resource type to another.
 */
function listManagedArns(accessGrantsInstanceArn: string): string[] {
  return [accessGrantsInstanceArn, `${accessGrantsInstanceArn}/*`];
}

function buildPassRoleStatements(options: ImmutaPrincipalOptions): iam.PolicyStatement[] {
  const resources = [options.locationRoleArn];
  if (options.restrictPassRole === false) {
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
