import { AccessKey } from '../aws/iam';
import { AuthenticationType } from '../contract';
import { IntegrationConfig, IntegrationRecord } from '../immuta/client';
import { Location, sameLocation } from '../location';
import { Properties } from '../protocol/event';

/** What the properties ask for, without credentials: what can be compared with a record. */
export interface WantedIntegration {
  readonly location: Location;
  readonly locationRoleArn: string;
  readonly authenticationType: AuthenticationType;
  readonly roleToAssumeArn?: string;
}

/** Properties that carry credentials or where they come from: a record cannot show whether Immuta has them as they are now. */
const CREDENTIAL_PROPERTIES = [
  'AuthenticationType', 'RoleToAssumeArn', 'AccessKeySecretArn', 'AccessKeyIdField', 'SecretAccessKeyField', 'AccessKeyUserName',
];

/** Properties by which the user asks for another request. */
const REQUESTING_PROPERTIES = ['Revision'];

/** Properties that say nothing about the integration itself. */
const NEUTRAL_PROPERTIES = [
  'RemovalPolicy', 'TimeoutSeconds', 'IamPropagationTimeoutSeconds', 'ServiceToken', 'ServiceTimeout', 'Adopt', 'Generation',
  'DiagnosedPrincipalArn', 'BucketAccountId',
];

/** All that a Delete reads, beside the role: a record may have been made by an older or a newer version of this library. */
export function locationOf(properties: Properties): Location {
  return { accountId: properties.AccountId ?? '', region: properties.Region ?? '', path: properties.LocationPath ?? '' };
}

/** @throws if a property is missing. */
export function wantedIntegration(properties: Properties): WantedIntegration {
  return {
    location: {
      accountId: required(properties, 'AccountId'),
      region: required(properties, 'Region'),
      path: required(properties, 'LocationPath'),
    },
    locationRoleArn: required(properties, 'LocationRoleArn'),
    authenticationType: required(properties, 'AuthenticationType') as AuthenticationType,
    roleToAssumeArn: properties.RoleToAssumeArn || undefined,
  };
}

/** Adds the name and, for `accessKey`, the key. */
export function integrationConfig(properties: Properties, name: string, key: AccessKey | undefined): IntegrationConfig {
  const wanted = wantedIntegration(properties);
  const config: IntegrationConfig = {
    name,
    awsAccountId: wanted.location.accountId,
    awsRegion: wanted.location.region,
    awsLocationRole: wanted.locationRoleArn,
    awsLocationPath: wanted.location.path,
    authenticationType: wanted.authenticationType,
  };
  if (wanted.authenticationType !== 'accessKey') {
    return wanted.roleToAssumeArn ? { ...config, awsRoleToAssume: wanted.roleToAssumeArn } : config;
  }
  required(properties, 'AccessKeySecretArn');
  return { ...config, awsAccessKeyId: key?.accessKeyId, awsSecretAccessKey: key?.secretAccessKey };
}

/** Whether a record is what is wanted, as far as a record shows it. */
export function isAsWanted(record: IntegrationRecord, wanted: WantedIntegration, name: string): boolean {
  return sameLocation(record.location, wanted.location) && unlikeWanted(record, wanted, name).length === 0;
}

/** What a record shows that is not what is wanted and can be changed, in the words of Immuta's configuration. */
export function unlikeWanted(record: IntegrationRecord, wanted: WantedIntegration, name: string): (keyof IntegrationConfig)[] {
  return [
    ...(record.name === name ? [] : ['name' as const]),
    ...(record.locationRoleArn === wanted.locationRoleArn ? [] : ['awsLocationRole' as const]),
    ...(record.authenticationType === wanted.authenticationType ? [] : ['authenticationType' as const]),
    ...(record.roleToAssumeArn === wanted.roleToAssumeArn || wanted.authenticationType === 'accessKey' ? [] : ['awsRoleToAssume' as const]),
  ];
}

export function credentialsDiffer(before: Properties, after: Properties): boolean {
  return CREDENTIAL_PROPERTIES.some((name) => before[name] !== after[name]);
}

export function requestDiffers(before: Properties, after: Properties): boolean {
  return REQUESTING_PROPERTIES.some((name) => before[name] !== after[name]);
}

export function onlyNeutralDiffers(before: Properties, after: Properties): boolean {
  const differing = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
  return differing.length > 0 && differing.every((name) => NEUTRAL_PROPERTIES.includes(name));
}

function required(properties: Properties, name: string): string {
  const value = properties[name];
  if (!value) {
    throw new Error(`the property '${name}' of the custom resource is missing`);
  }
  return value;
}
