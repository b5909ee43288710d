import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { addWarning, createProblem, Problem } from './problems';
import { Registry } from '../registry';
import { compareEnvironments } from '../stacks';
import { compareTokens } from '../tokens';

/** The part of a location that comparisons use. */
export interface ComparableLocation {
  readonly _allBuckets: boolean;
  /** Of two locations that are the same or overlap, unless one covers all buckets, one key is equal. */
  readonly _keys: string[];
  _isSame(other: ComparableLocation): boolean;
  _overlaps(other: ComparableLocation): boolean;
}

/** The part of an integration that is compared with the app's other integrations. */
export interface ComparableIntegration {
  readonly construct: IConstruct;
  readonly tenantUrl: string;
  readonly location: ComparableLocation;
  readonly name?: string;
}

/** An integration that manages the access keys of a user. */
interface ManagedUser {
  readonly construct: IConstruct;
  readonly user: iam.IUser;
}

const INTEGRATIONS = new Registry<ComparableIntegration>();
const MANAGED_USERS = new Registry<ManagedUser>();

/** Key of the locations that cover every bucket of an account. */
const ALL_BUCKETS_KEY = 'all-buckets';

/** Notes an integration, and warns of earlier ones whose location overlaps. */
export function registerIntegration(integration: ComparableIntegration): void {
  const { construct, location, tenantUrl, name } = integration;
  warnOfOverlaps(integration);
  INTEGRATIONS.add(construct, integration, [
    ...getLocationKeys(location),
    ...name === undefined ? [] : [getNameKey(tenantUrl, name)],
  ]);
}

/** Notes that an integration manages the access keys of a user. */
export function registerManagedUser(construct: IConstruct, user: iam.IUser): void {
  MANAGED_USERS.add(construct, { construct, user }, [user.userName]);
}

/** Checks that the integration shares its name, location and user with no earlier one of the app. */
export function validateUniqueness(integration: ComparableIntegration, user?: iam.IUser): Problem[] {
  return [
    ...user ? validateManagedUser(integration, user) : [],
    ...validateUniqueName(integration),
    ...validateUniqueLocation(integration),
  ];
}

function getLocationKeys(location: ComparableLocation): string[] {
  return location._allBuckets ? [ALL_BUCKETS_KEY] : location._keys;
}

function getNameKey(tenantUrl: string, name: string): string {
  return JSON.stringify([tenantUrl, name]);
}

function validateUniqueName({ construct, name, tenantUrl }: ComparableIntegration): Problem[] {
  if (name === undefined || Token.isUnresolved(name)) {
    return [];
  }
  const [other] = INTEGRATIONS.findEarlier(construct, [getNameKey(tenantUrl, name)]);
  return other
    ? [createProblem('INTEGRATION_NAME_DUPLICATE', { name: JSON.stringify(name), other: getPath(other) })]
    : [];
}

function validateUniqueLocation(integration: ComparableIntegration): Problem[] {
  const { construct, location } = integration;
  const other = INTEGRATIONS.findEarlier(construct, getLocationKeys(location))
    .find((each) => each.location._isSame(location) && isNear(each, integration));
  return other ? [createProblem('LOCATION_DUPLICATE', { other: getPath(other) })] : [];
}

function validateManagedUser({ construct }: ComparableIntegration, user: iam.IUser): Problem[] {
  const other = MANAGED_USERS.findEarlier(construct, [user.userName])
    .find((each) => compareTokens(user.env.account, each.user.env.account) !== 'different');
  return other ? [createProblem('MANAGED_USER_SHARED', { user: user.node.path, other: getPath(other) })] : [];
}

/** Whether both are known to be deployed to one account and Region. */
function isNear(one: ComparableIntegration, other: ComparableIntegration): boolean {
  return compareEnvironments(one.construct, other.construct) === 'same';
}

function getPath({ construct }: { readonly construct: IConstruct }): string {
  return construct.node.path;
}

/** Warns of earlier integrations whose location overlaps, or beside which Immuta may refuse this one. */
function warnOfOverlaps(integration: ComparableIntegration): void {
  const { construct, location, tenantUrl } = integration;
  const keys = location._allBuckets ? undefined : [...location._keys, ALL_BUCKETS_KEY];
  const earlier = INTEGRATIONS.findEarlier(construct, keys);
  const wholeAccount = earlier.find((other) => location._allBuckets && other.location._allBuckets
    && other.tenantUrl === tenantUrl && !isNear(other, integration));
  if (wholeAccount) {
    addWarning(construct, 'ALL_BUCKETS_TWICE', { other: getPath(wholeAccount) });
  }
  for (const other of earlier) {
    const isOverlapping = !other.location._isSame(location) && other.location._overlaps(location);
    if (isOverlapping && isNear(other, integration)) {
      addWarning(construct, 'OVERLAPPING_LOCATIONS', { other: getPath(other) });
    }
  }
}
