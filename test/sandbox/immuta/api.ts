import { ApiKeys } from './api-keys';
import { DataSources } from './data-sources';
import { Integrations, Switches } from './integrations';
import { Answer, ImmutaError, IntegrationRecord, S3Config } from './model';
import { dropLastSlash } from '../last-slash';

/**
 * A request as it came; nothing is taken out, so that a test can assert what was sent and look for what must not be.
 */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** Virtual time. */
  readonly time: number;
}

/** Another platform's integration, which every list has. */
const SNOWFLAKE = {
  id: '1',
  status: 'enabled',
  validationResults: {
    status: 'passed',
    validationTests: [{ name: 'Initial Validation: Basic Connection Test', status: 'passed' }],
  },
  type: 'Snowflake',
  autoBootstrap: true,
  config: {
    host: 'organization.us-east-1.snowflakecomputing.com',
    port: 443,
    username: '<REDACTED>',
    password: '<REDACTED>',
  },
};

/** What the API is about. */
export interface Models {
  readonly integrations: Integrations;
  readonly dataSources: DataSources;
}

/** Immuta's API: who may call, paths, and the forms of requests and answers. */
export async function callApi(models: Models, apiKeys: ApiKeys, request: RecordedRequest): Promise<Answer> {
  try {
    const caller = authorize(apiKeys, request);
    const isAboutIntegrations = request.path.startsWith('/integrations');
    return { status: 200, body: await (isAboutIntegrations ? route : routeDataSources)(models, request, caller) };
  } catch (error) {
    if (error instanceof ImmutaError) return error.answer;
    // A defect of the sandbox, which the retries of a client would hide.
    console.error(`sandbox: ${request.method} ${request.path}:`, error);
    return { status: 500, body: { statusCode: 500, error: 'Internal Server Error', message: String(error) } };
  }
}

/** The key stands in the header as it is, without `Bearer`. */
function authorize(apiKeys: ApiKeys, { headers }: RecordedRequest): Caller {
  const key = headers.authorization ?? '';
  const permissions = apiKeys.get(key);
  if (!permissions) throw new ImmutaError(401, 'Invalid API key.');
  const has = (permission: string) => permissions.includes(permission);
  const require = (permission: string) => {
    if (!has(permission)) throw new ImmutaError(403, 'Insufficient permissions.');
  };
  return { key, has, require };
}

/** The user of an API key. */
interface Caller {
  readonly key: string;
  has(permission: string): boolean;
  require(permission: string): void;
}

/** Everybody sees data sources here. Only who registered one, or governs, changes it. */
async function routeDataSources(
  { dataSources }: Models,
  { method, path, body }: RecordedRequest,
  { key, has, require }: Caller,
): Promise<unknown> {
  const { pathname, searchParams } = new URL(path, 'https://immuta.example.com');
  const mayGovern = (owner: string) => owner === key || has('GOVERNANCE');
  const [, folder, last = ''] = pathname.match(/^(.*?)(?:\/([^/]+))?$/) ?? [];
  switch (`${method} ${/^\d+$/.test(last) || folder === '/dataSource/name' ? `${folder}/…` : pathname}`) {
    case 'GET /dataSource': return dataSources.list(searchParams);
    case 'GET /dataSource/…': return dataSources.get(last);
    case 'GET /dataSource/name/…': return dataSources.getByName(decodeURIComponent(last));
    case 'PUT /dataSource/…': return dataSources.edit(last, parseJson(body), mayGovern);
    case 'DELETE /dataSource/…': return dataSources.delete(last, mayGovern);
    case 'GET /native-s3/handler/…': return dataSources.getHandler(last);
    case 'POST /native-s3/handler':
      require('CREATE_S3_DATASOURCE');
      return dataSources.create(parseJson(body), key);
    default: throw new ImmutaError(404, 'Not Found');
  }
}

async function route(
  { integrations, dataSources }: Models,
  { method, path, body }: RecordedRequest,
  { require }: Caller,
): Promise<unknown> {
  require('APPLICATION_ADMIN');
  const [, id] = path.match(/^\/integrations(?:\/([^/]+))?$/) ?? [];
  const full = (record: IntegrationRecord) => whole(record, integrations.switches);
  switch (path.startsWith('/integrations') && `${method} ${id ? 'one' : path}`) {
    case 'GET /integrations': return [SNOWFLAKE, ...integrations.list().map(full)];
    case 'POST /integrations': return short(await integrations.create(parse(body, integrations.switches)));
    case 'GET one': return full(integrations.get(id));
    case 'PUT one': return short(await integrations.edit(id, parse(body, integrations.switches)));
    case 'DELETE one':
      if (body) {
        throw new ImmutaError(
          400,
          'Credentials are not required for disable unless the integration was configured automatically. If you ' +
            'need to update your integration credentials, use PUT to update the integration before disabling.',
        );
      }
      dataSources.assertDeletable(id);
      return short(await integrations.delete(id));
    default: throw new ImmutaError(404, 'Not Found');
  }
}

const REQUIRED = ['name', 'awsAccountId', 'awsRegion', 'awsLocationRole', 'awsLocationPath', 'authenticationType'];
const FIELDS_OF: Record<string, { required: string[]; optional: string[] }> = {
  auto: { required: REQUIRED, optional: ['awsRoleToAssume'] },
  accessKey: { required: [...REQUIRED, 'awsAccessKeyId', 'awsSecretAccessKey'], optional: [] },
};

/** Stricter than the documentation: what it does not name is refused, as an older Immuta may do. */
function parse(body: string, { knowsRoleToAssume }: Switches): S3Config {
  const { type, autoBootstrap, config, ...rest } = parseJson(body);
  if (type !== 'Native S3' || autoBootstrap !== false) {
    throw new ImmutaError(400, '"type" must be "Native S3" and "autoBootstrap" false');
  }
  const fields = FIELDS_OF[config?.authenticationType];
  if (!fields) throw new ImmutaError(400, '"authenticationType" must be one of [auto, accessKey]');
  const missing = fields.required.find((field) => typeof config[field] !== 'string' || config[field] === '');
  if (missing) throw new ImmutaError(400, `"${missing}" is required`);
  const unknown = Object.keys({ ...rest, ...config }).find(
    (field) => ![...fields.required, ...knowsRoleToAssume ? fields.optional : []].includes(field),
  );
  if (unknown) throw new ImmutaError(400, `"${unknown}" is not allowed`);
  return config;
}

function parseJson(body: string): any {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    throw new ImmutaError(400, 'Invalid request payload JSON format');
  }
}

function short({ id, status, validationResults }: IntegrationRecord): object {
  return { id, status, validationResults };
}

/** With the credentials in clear, as the documentation's sample shows them, unless they are masked or left out. */
function whole(record: IntegrationRecord, { masksKeys, omitsKeys, keepsLastSlash }: Switches): object {
  const { awsAccessKeyId, awsLocationPath } = record.config;
  const shown = omitsKeys ? undefined : '********';
  const mask = (masksKeys || omitsKeys) && awsAccessKeyId ? { awsAccessKeyId: shown, awsSecretAccessKey: shown } : {};
  const path = keepsLastSlash ? {} : { awsLocationPath: dropLastSlash(awsLocationPath) };
  const { type = 'Native S3', message } = record;
  const config = { port: 443, ...record.config, ...mask, ...path };
  return { ...short(record), message, type, autoBootstrap: false, config };
}
