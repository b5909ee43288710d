import { DesiredState, parseLocation, parseDesiredState, requireProperty } from './desired-state';
import { Ownership, deriveOwnership } from './ownership';
import { parsePhysicalId, PhysicalId } from './physical-id';
import { Location } from '../location';
import { Properties, ResourceEvent } from '../protocol/event';

/** An event for an integration, parsed once. */
export interface IntegrationRequest {
  readonly location: Location;
  readonly locationRoleArn?: string;
  /** Of what this event creates. */
  readonly ownership: Ownership;
  readonly physicalId: PhysicalId;
  /** Distinguishes the integration from one of the same resource that was retained before. Empty if it is adopted. */
  readonly generation: string;
  /** ID of an integration that was created outside this resource, which manages it. */
  readonly adopt?: string;
  readonly tenantUrl?: string;
  /** Whether the stack keeps the integration when it removes the resource. */
  readonly isRetained: boolean;
  /** What was before, for an Update. */
  readonly previous?: PreviousState;
}

/** What an Update changes. */
export interface PreviousState {
  readonly location: Location;
  readonly locationRoleArn?: string;
  readonly roleToAssumeArn?: string;
  readonly tenantUrl?: string;
  /** Whether nothing changed that is about the integration itself. */
  readonly isOnlyNeutralChanged: boolean;
  /**
   * Whether something changed that a record does not show, so that Immuta must be sent the configuration in any case.
   */
  readonly isInvisibleChanged: boolean;
}

export interface CreateRequest extends IntegrationRequest {
  readonly desired: DesiredState;
}

export interface UpdateRequest extends CreateRequest {
  readonly previous: PreviousState;
}

/** Properties with credentials or their source: a record cannot show whether Immuta has them as they are now. */
const CREDENTIAL_PROPERTIES = [
  'AuthenticationType',
  'RoleToAssumeArn',
  'AccessKeySecretArn',
  'AccessKeyIdField',
  'SecretAccessKeyField',
  'AccessKeyUserName',
];

/** Properties with which the user requests that the configuration is sent again. */
const REVISION_PROPERTIES = ['Revision'];

/** Properties that are not about the integration itself. */
const NEUTRAL_PROPERTIES = [
  'RemovalPolicy',
  'TimeoutSeconds',
  'IamPropagationTimeoutSeconds',
  'ServiceToken',
  'ServiceTimeout',
  'Adopt',
  'Generation',
  'DiagnosedPrincipalArn',
  'BucketAccountId',
  'DiagnosedBucketName',
  'HealthCheck',
];

/** Parses what a Delete needs. */
export function parseIntegrationRequest(event: ResourceEvent): IntegrationRequest {
  const { properties } = event;
  return {
    location: parseLocation(properties),
    locationRoleArn: properties.LocationRoleArn,
    ownership: deriveOwnership(event),
    physicalId: parsePhysicalId(event.physicalId),
    generation: properties.Generation ?? '',
    adopt: properties.Adopt || undefined,
    tenantUrl: properties.TenantUrl || undefined,
    isRetained: properties.RemovalPolicy === 'retain',
  };
}

/** @throws Failure if a property is missing */
export function parseCreateRequest(event: ResourceEvent): CreateRequest {
  const { properties } = event;
  const desired = parseDesiredState(properties);
  const request = parseIntegrationRequest(event);
  if (!request.adopt) {
    requireProperty(properties, 'Generation');
  }
  return { ...request, desired };
}

/** @throws Failure if a property is missing */
export function parseUpdateRequest(event: ResourceEvent): UpdateRequest {
  return { ...parseCreateRequest(event), previous: parsePreviousState(event.oldProperties, event.properties) };
}

function parsePreviousState(old: Properties, properties: Properties): PreviousState {
  const changed = [...new Set([...Object.keys(old), ...Object.keys(properties)])].filter(
    (name) => old[name] !== properties[name],
  );
  return {
    location: parseLocation(old),
    locationRoleArn: old.LocationRoleArn,
    roleToAssumeArn: old.RoleToAssumeArn || undefined,
    tenantUrl: old.TenantUrl,
    isOnlyNeutralChanged: changed.length > 0 && changed.every((name) => NEUTRAL_PROPERTIES.includes(name)),
    isInvisibleChanged:
      changed.some((name) => [...CREDENTIAL_PROPERTIES, ...REVISION_PROPERTIES].includes(name)) ||
      // a rotation needs to know in which tenant Immuta was given the key
      (changed.includes('TenantUrl') && Boolean(properties.AccessKeyUserName)),
  };
}
