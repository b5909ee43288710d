import { readField, readSecret } from '../aws/secrets-manager';
import { ENV_API_KEY_FIELD, ENV_API_KEY_SECRET_ARN, ENV_IMMUTA_URL } from '../contract';
import { createFailure } from '../failure';
import { ApiKey } from '../immuta/api-key';
import { IntegrationsClient } from '../immuta/client';
import { DataSourcesClient } from '../immuta/data-sources';
import { Transport } from '../immuta/transport';
import { Deadline } from '../runtime/deadline';
import { Environment } from '../runtime/environment';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';

export interface ClientTools {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
  readonly beforeWrite: () => Promise<void>;
  /** Whether the integration with this name in a list is ours. @default - no list is read */
  readonly isOwn?: (name: string) => boolean;
}

/** The tenant that the function calls. */
export interface Tenant {
  readonly url: string;
  readonly integrations: IntegrationsClient;
  readonly dataSources: DataSourcesClient;
}

/**
 * Connects to the tenant that the environment names. Nothing else says which tenant is called, and with which key.
 *
 * @throws Failure if the environment is incomplete or its URL is not that of a tenant
 */
export function connectTenant(environment: Environment, tools: ClientTools): Tenant {
  const secretArn = requireVariable(environment, ENV_API_KEY_SECRET_ARN);
  const url = requireVariable(environment, ENV_IMMUTA_URL);
  const field = environment[ENV_API_KEY_FIELD];
  const read = async () => {
    const text = await readSecret(secretArn, tools);
    return field ? readField(secretArn, text, field) : text;
  };
  const apiKey = new ApiKey({ secretArn, read, isInField: Boolean(field), redaction: tools.redaction });
  const transport = new Transport({ ...tools, baseUrl: url, apiKey });
  return {
    url,
    integrations: new IntegrationsClient(transport, tools.redaction, tools.isOwn ?? (() => false)),
    dataSources: new DataSourcesClient(transport, tools.redaction),
  };
}

function requireVariable(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) {
    throw createFailure('ENVIRONMENT_INCOMPLETE', { name });
  }
  return value;
}
