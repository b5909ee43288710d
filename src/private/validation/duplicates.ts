import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { compareEnvironments } from '../stacks';
import { compareTokens } from '../tokens';

/** The part of a location that comparisons use. */
export interface ComparableLocation {
  readonly _allBuckets: boolean;
  _isSame(other: ComparableLocation): boolean;
  _overlaps(other: ComparableLocation): boolean;
}

/** The part of an integration that is compared with the app's other integrations. */
export interface ComparableIntegration {
  readonly construct: IConstruct;
  readonly tenantUrl: string;
  readonly location: ComparableLocation;
  readonly name?: string;
  /** Returns the user whose access keys the handler manages. */
  findManagedUser(): iam.IUser | undefined;
}

/** Checks that the integration shares its name, location and user with no earlier one of the app. */
export function validateUniqueness(integration: ComparableIntegration, earlier: ComparableIntegration[]): string[] {
  return [
    ...validateManagedUser(integration, earlier),
    ...validateUniqueName(integration, earlier),
    ...validateUniqueLocation(integration, earlier),
  ];
}

function validateUniqueName({ name, tenantUrl }: ComparableIntegration, earlier: ComparableIntegration[]): string[] {
  if (name === undefined || Token.isUnresolved(name)) {
    return [];
  }
  const other = earlier.find((each) => each.name === name && each.tenantUrl === tenantUrl);
  return other ? [`'integrationName' ${JSON.stringify(name)} is also the name of '${other.construct.node.path}': names are unique within a tenant, so give another`] : [];
}

function validateUniqueLocation(integration: ComparableIntegration, earlier: ComparableIntegration[]): string[] {
  const other = earlier.find((each) => isNear(each, integration) && each.location._isSame(integration.location));
  return other ? [`'${other.construct.node.path}' governs the same location, and Immuta and S3 Access Grants take a location once: remove one of the two`] : [];
}

/** IAM allows a user two access keys, and a rotation needs both. */
function validateManagedUser(integration: ComparableIntegration, earlier: ComparableIntegration[]): string[] {
  const user = integration.findManagedUser();
  const other = user && earlier.find((each) => isSameUser(user, each.findManagedUser()));
  return other ? [`'user' of 'managedAccessKey' is '${user.node.path}', which '${other.construct.node.path}' has, too, and IAM allows two access keys, which one integration `
    + 'needs when it changes: give each a user of its own'] : [];
}

function isSameUser(one: iam.IUser, other?: iam.IUser): boolean {
  return other !== undefined
    && (one === other || (one.userName === other.userName && compareTokens(one.env.account, other.env.account) !== 'different'));
}

/** Whether both are known to be deployed to one account and Region. */
function isNear(one: ComparableIntegration, other: ComparableIntegration): boolean {
  return compareEnvironments(one.construct, other.construct) === 'same';
}

/** A warning's id and text. */
export type Warning = [id: string, message: string];

/** Finds earlier integrations of the app whose location overlaps, or that Immuta may refuse beside this one. */
export function findOverlaps(integration: ComparableIntegration, earlier: ComparableIntegration[]): Warning[] {
  const { location, tenantUrl } = integration;
  const overlapping = earlier.filter((other) => isNear(other, integration)
    && !other.location._isSame(location) && other.location._overlaps(location));
  const wholeAccount = earlier.find((other) => !isNear(other, integration)
    && location._allBuckets && other.location._allBuckets && other.tenantUrl === tenantUrl);
  return [
    ...wholeAccount ? [[
      'all-buckets-twice',
      `'${wholeAccount.construct.node.path}' also governs s3:// for the same tenant: Immuta says that a path is unique among its integrations, and may refuse a second account or Region; use 'S3Location.bucket'`,
    ] satisfies Warning] : [],
    ...overlapping.map((other): Warning => [
      'overlapping-locations',
      `the location overlaps with that of '${other.construct.node.path}': S3 Access Grants uses the most specific location, so that grants of the wider one do not reach the narrower one's data`,
    ]),
  ];
}
