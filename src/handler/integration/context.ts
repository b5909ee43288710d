import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { Credentials } from './credentials';
import { isOfResource } from './ownership';
import { IntegrationRequest } from './request';
import { findRegisteredLocation, RegisteredLocation } from '../aws/access-grants-locations';
import { IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { DataSourcesClient } from '../immuta/data-sources';
import { isSameLocation, Location } from '../location';
import { CurrentOperation } from '../protocol/current-operation';
import { EventTools } from '../protocol/event-tools';
import { Deadline } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { Log } from '../runtime/log';
import { connectTenant } from '../tenant/connect';

/** What an event for an integration works with. */
export interface IntegrationContext {
  /** URL of the tenant that the function calls. */
  readonly calledUrl: string;
  readonly immuta: IntegrationsClient;
  /** The same tenant, for deleting what this event created although CloudFormation no longer waits for it. */
  readonly immutaForCleanup: IntegrationsClient;
  /** The data sources of the same tenant. */
  readonly dataSources: DataSourcesClient;
  /** Finds what is registered on the path in S3 Access Grants, preferably with the role of the integration. */
  readonly findRegisteredLocation: () => Promise<RegisteredLocation | undefined>;
  readonly credentials: Credentials;
  /** The operation of CloudFormation to which the event belongs. */
  readonly operation: CurrentOperation;
  readonly deadline: Deadline;
  readonly log: Log;
}

export interface IntegrationContextOptions {
  readonly environment: Environment;
  /** @default - that of the Lambda runtime */
  readonly s3Control?: S3ControlClientConfig;
}

/** Creates the context of an event. Immuta may quote credentials, so they must have been read, to be redacted. */
export function createIntegrationContext(
  request: IntegrationRequest,
  credentials: Credentials,
  tools: EventTools,
  { environment, s3Control }: IntegrationContextOptions,
): IntegrationContext {
  const { location, locationRoleArn } = request;
  const { deadline, log, operation } = tools;
  const isOwn = (name: string) => isOfResource(name, request);
  const tenant = connectTenant(environment, { ...tools, isOwn });
  const forCleanup = connectTenant(environment, { ...tools, isOwn, beforeWrite: async () => deadline.check() });
  return {
    calledUrl: tenant.url,
    immuta: tenant.integrations,
    immutaForCleanup: forCleanup.integrations,
    dataSources: tenant.dataSources,
    findRegisteredLocation: () =>
      findRegisteredLocation(location, locationRoleArn, {
        deadline,
        log,
        s3Control,
        isOfOther: (path) => isOnPathOfOther(tenant.integrations, { ...location, path }),
      }),
    credentials,
    operation,
    deadline,
    log,
  };
}

/** Whether an integration is on a location, which differs by a slash from the one of the event. */
async function isOnPathOfOther(immuta: IntegrationsClient, location: Location): Promise<boolean> {
  return (await immuta.list()).some((record) => isSameLocation(record.location, location));
}

/** Describes a record as failures name it. */
export function describeRecord({ id, name, status }: IntegrationRecord): string {
  return `integration ${id} ('${name}', ${status})`;
}
