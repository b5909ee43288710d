/** The functions that a user would write for the Provider framework: no errors are explained, nothing is repaired. */
import { request } from 'node:https';

/** What the framework passes to the functions. */
export interface ProviderEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly PhysicalResourceId: string;
  readonly ResourceProperties: Readonly<Record<string, string>>;
}

/** What the functions need of their environment. */
export interface UserEnvironment {
  readonly getApiKey: () => Promise<string>;
  /** The certificate of Immuta. */
  readonly ca: string;
}

/** Sends the request, and returns the ID of the integration. */
export async function onEvent(event: ProviderEvent, environment: UserEnvironment): Promise<object> {
  const { RequestType, PhysicalResourceId, ResourceProperties: properties } = event;
  const path = `/integrations/${PhysicalResourceId}`;
  const call = (method: string, target: string, body?: object) =>
    callImmuta(environment, properties.TenantUrl, method, target, body);
  switch (RequestType) {
    case 'Create': return { PhysicalResourceId: (await call('POST', '/integrations', buildBody(properties))).body.id };
    case 'Update': await call('PUT', path, buildBody(properties)); return { PhysicalResourceId };
    case 'Delete': await call('DELETE', path); return { PhysicalResourceId };
  }
}

/** Reads the status of the integration. */
export async function isComplete(event: ProviderEvent, environment: UserEnvironment): Promise<{ IsComplete: boolean }> {
  const { RequestType, PhysicalResourceId, ResourceProperties: { TenantUrl: url } } = event;
  const { status, body } = await callImmuta(environment, url, 'GET', `/integrations/${PhysicalResourceId}`);
  if (/Error$/.test(body.status)) throw new Error(`the integration is in status ${body.status}`);
  return { IsComplete: RequestType === 'Delete' ? status === 404 : body.status === 'enabled' };
}

function buildBody(properties: ProviderEvent['ResourceProperties']): object {
  return {
    type: 'Native S3',
    autoBootstrap: false,
    config: {
      name: properties.IntegrationName,
      awsAccountId: properties.AccountId,
      awsRegion: properties.Region,
      awsLocationRole: properties.LocationRoleArn,
      awsLocationPath: properties.LocationPath,
      authenticationType: properties.AuthenticationType,
      awsRoleToAssume: properties.RoleToAssumeArn,
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: { readonly id: string; readonly status: string };
}

async function callImmuta(
  { getApiKey, ca }: UserEnvironment, url: string, method: string, path: string, body?: object,
): Promise<Answer> {
  const headers = { 'authorization': await getApiKey(), 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { method, headers, ca }, async (response) => {
      const text = (await response.toArray()).join('');
      const status = response.statusCode!;
      if (status >= 400 && status !== 404) reject(new Error(`${method} ${path}: ${status} ${text}`));
      else resolve({ status, body: JSON.parse(text) });
    }).on('error', reject).end(body && JSON.stringify(body));
  });
}
