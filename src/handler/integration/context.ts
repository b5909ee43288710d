import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { Credentials } from './credentials';
import { isOfResource } from './ownership';
import { IntegrationRequest } from './request';
import { findRegisteredLocation, RegisteredLocation } from '../aws/access-grants-locations';
import { readField, readSecret } from '../aws/secrets-manager';
import { ENV_API_KEY_FIELD, ENV_API_KEY_SECRET_ARN, ENV_IMMUTA_URL } from '../contract';
import { createFailure } from '../failure';
import { ApiKey } from '../immuta/api-key';
import { IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { Transport } from '../immuta/transport';
import { CurrentOperation } from '../protocol/current-operation';
import { EventTools } from '../protocol/run';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

/** The function's environment variables. They alone say which tenant is called, and with which key. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What an event for an integration works with. */
export interface Context {
  /** URL of the tenant that the function calls. */
  readonly calledUrl: string;
  readonly immuta: IntegrationsClient;
  /** The same tenant, for deleting what this event created although CloudFormation no longer waits for it. */
  readonly immutaForCleanup: IntegrationsClient;
  /** Finds what is registered on the path in S3 Access Grants, preferably with the role of the integration. */
  readonly findRegisteredLocation: () => Promise<RegisteredLocation | undefined>;
  readonly credentials: Credentials;
  /** The operation of CloudFormation to which the event belongs. */
  readonly operation: CurrentOperation;
  readonly deadline: Deadline;
  readonly log: Log;
}

export interface ContextOptions {
  readonly environment: Environment;
  /** @default - that of the Lambda runtime */
  readonly s3Control?: S3ControlClientConfig;
}

/** Creates the context of an event. Immuta may quote credentials, so they are read first, to be redacted. */
export async function createContext(
  request: IntegrationRequest,
  credentials: Credentials,
  tools: EventTools,
  { environment, s3Control }: ContextOptions,
): Promise<Context> {
  const { location, locationRoleArn } = request;
  const { deadline, log, operation } = tools;
  const isOwn = (name: string) => isOfResource(name, request);
  const immuta = createClient(environment, { ...tools, isOwn });
  const immutaForCleanup = createClient(environment, { ...tools, isOwn, beforeWrite: async () => deadline.check() });
  await credentials.remember();
  return {
    calledUrl: requireVariable(environment, ENV_IMMUTA_URL),
    immuta,
    immutaForCleanup,
    findRegisteredLocation: () => findRegisteredLocation(location, locationRoleArn, { deadline, log, s3Control }),
    credentials,
    operation,
    deadline,
    log,
  };
}

export interface ClientTools {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
  readonly beforeWrite: () => Promise<void>;
  /** Whether the record with this name in a list is ours. */
  readonly isOwn: (name: string) => boolean;
}

/** @throws Failure if the environment is incomplete or its URL is not that of a tenant */
export function createClient(environment: Environment, tools: ClientTools): IntegrationsClient {
  const secretArn = requireVariable(environment, ENV_API_KEY_SECRET_ARN);
  const field = environment[ENV_API_KEY_FIELD];
  const read = async () => {
    const text = await readSecret(secretArn, tools);
    return field ? readField(secretArn, text, field) : text;
  };
  const apiKey = new ApiKey({ secretArn, read, isInField: Boolean(field), redaction: tools.redaction });
  return new IntegrationsClient(
    new Transport({ ...tools, baseUrl: requireVariable(environment, ENV_IMMUTA_URL), apiKey }),
    tools.redaction,
    tools.isOwn,
  );
}

/** Describes a record as failures name it. */
export function describeRecord({ id, name, status }: IntegrationRecord): string {
  return `integration ${id} ('${name}', ${status})`;
}

function requireVariable(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) {
    throw createFailure('ENVIRONMENT_INCOMPLETE', { name });
  }
  return value;
}
