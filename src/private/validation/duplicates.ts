import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { addWarning, createProblem, Problem } from './problems';
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
export function validateUniqueness(integration: ComparableIntegration, earlier: ComparableIntegration[]): Problem[] {
  return [
    ...validateManagedUser(integration, earlier),
    ...validateUniqueName(integration, earlier),
    ...validateUniqueLocation(integration, earlier),
  ];
}

function validateUniqueName({ name, tenantUrl }: ComparableIntegration, earlier: ComparableIntegration[]): Problem[] {
  if (name === undefined || Token.isUnresolved(name)) {
    return [];
  }
  const other = earlier.find((each) => each.name === name && each.tenantUrl === tenantUrl);
  return other
    ? [createProblem('INTEGRATION_NAME_DUPLICATE', { name: JSON.stringify(name), other: getPath(other) })]
    : [];
}

function validateUniqueLocation(integration: ComparableIntegration, earlier: ComparableIntegration[]): Problem[] {
  const other = earlier.find((each) => isNear(each, integration) && each.location._isSame(integration.location));
  return other ? [createProblem('LOCATION_DUPLICATE', { other: getPath(other) })] : [];
}

function validateManagedUser(integration: ComparableIntegration, earlier: ComparableIntegration[]): Problem[] {
  const user = integration.findManagedUser();
  const other = user && earlier.find((each) => isSameUser(user, each.findManagedUser()));
  return other ? [createProblem('MANAGED_USER_SHARED', { user: user.node.path, other: getPath(other) })] : [];
}

function isSameUser(one: iam.IUser, other?: iam.IUser): boolean {
  return (
    other !== undefined &&
    (one === other ||
      (one.userName === other.userName && compareTokens(one.env.account, other.env.account) !== 'different'))
  );
}

/** Whether both are known to be deployed to one account and Region. */
function isNear(one: ComparableIntegration, other: ComparableIntegration): boolean {
  return compareEnvironments(one.construct, other.construct) === 'same';
}

function getPath({ construct }: ComparableIntegration): string {
  return construct.node.path;
}

/** Warns of earlier integrations whose location overlaps, or beside which Immuta may refuse this one. */
export function warnOfOverlaps(integration: ComparableIntegration, earlier: ComparableIntegration[]): void {
  const { construct, location, tenantUrl } = integration;
  const wholeAccount = earlier.find((other) => !isNear(other, integration)
    && location._allBuckets && other.location._allBuckets && other.tenantUrl === tenantUrl);
  if (wholeAccount) {
    addWarning(construct, 'ALL_BUCKETS_TWICE', { other: getPath(wholeAccount) });
  }
  for (const other of earlier.filter((each) => isNear(each, integration))) {
    if (!other.location._isSame(location) && other.location._overlaps(location)) {
      addWarning(construct, 'OVERLAPPING_LOCATIONS', { other: getPath(other) });
    }
  }
}
