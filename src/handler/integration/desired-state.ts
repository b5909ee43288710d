import { AccessKey } from '../aws/iam';
import { AuthenticationType } from '../contract';
import { createFailure } from '../failure';
import { IntegrationConfig, IntegrationRecord } from '../immuta/client';
import { Location, isSameLocation } from '../location';
import { Properties } from '../protocol/event';

/** What the properties request, without credentials: what can be compared with a record. */
export interface DesiredState {
  /** The name that the user chose. @default - a name that starts with the location */
  readonly integrationName?: string;
  readonly location: Location;
  readonly locationRoleArn: string;
  readonly authenticationType: AuthenticationType;
  readonly roleToAssumeArn?: string;
}

/**
 * Returns the location of an integration. With the role, it is all that a Delete reads: an older or a newer version of
 * this library may have created the record.
 */
export function parseLocation(properties: Properties): Location {
  return {
    accountId: properties.AccountId ?? '',
    region: properties.Region ?? '',
    path: properties.LocationPath ?? '',
  };
}

/** @throws Failure if the property is missing */
export function requireProperty(properties: Properties, name: string): string {
  const value = properties[name];
  if (!value) {
    throw createFailure('PROPERTY_MISSING', { name });
  }
  return value;
}

/** @throws Failure if a property is missing */
export function parseDesiredState(properties: Properties): DesiredState {
  const required = (name: string) => requireProperty(properties, name);
  const desired = {
    integrationName: properties.IntegrationName || undefined,
    location: { accountId: required('AccountId'), region: required('Region'), path: required('LocationPath') },
    locationRoleArn: required('LocationRoleArn'),
    authenticationType: required('AuthenticationType') as AuthenticationType,
    roleToAssumeArn: properties.RoleToAssumeArn || undefined,
  };
  if (desired.authenticationType === 'accessKey') {
    required('AccessKeySecretArn');
  }
  return desired;
}

/** Returns the configuration for Immuta. @param key for `accessKey` */
export function buildConfig(desired: DesiredState, name: string, key: AccessKey | undefined): IntegrationConfig {
  const { location, locationRoleArn, authenticationType, roleToAssumeArn } = desired;
  return {
    name,
    awsAccountId: location.accountId,
    awsRegion: location.region,
    awsLocationRole: locationRoleArn,
    awsLocationPath: location.path,
    authenticationType,
    ...(authenticationType === 'accessKey'
      ? { awsAccessKeyId: key?.accessKeyId, awsSecretAccessKey: key?.secretAccessKey }
      : roleToAssumeArn
        ? { awsRoleToAssume: roleToAssumeArn }
        : {}),
  };
}

/** Whether a record is as desired, as far as a record shows it. */
export function isAsDesired(record: IntegrationRecord, desired: DesiredState, name: string): boolean {
  return isSameLocation(record.location, desired.location) && diff(record, desired, name).length === 0;
}

/** Returns the fields of Immuta's configuration that differ and can be changed. */
export function diff(record: IntegrationRecord, desired: DesiredState, name: string): (keyof IntegrationConfig)[] {
  return [
    ...(record.name === name ? [] : ['name' as const]),
    ...(record.locationRoleArn === desired.locationRoleArn ? [] : ['awsLocationRole' as const]),
    ...(record.authenticationType === desired.authenticationType ? [] : ['authenticationType' as const]),
    ...(record.roleToAssumeArn === desired.roleToAssumeArn || desired.authenticationType === 'accessKey'
      ? []
      : ['awsRoleToAssume' as const]),
  ];
}
