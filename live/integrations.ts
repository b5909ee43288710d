import type { Context } from './context';
import type { Reply } from './immuta';
import { LONGEST_PROPAGATION_MS, READ_LAG_MS } from './times';

/** `config` of an integration, as Immuta takes it. */
export type Config = Readonly<Record<string, string>>;

/** An integration that exists. */
export interface Integration {
  readonly id: string;
  readonly config: Config;
}

const TYPE = 'Native S3';
const RETRY_MS = 15_000;

export async function buildConfig(context: Context, label: string, fields: Config = {}): Promise<Config> {
  const { locationRole, immutaRole } = await context.base();
  return {
    name: context.name(label),
    awsAccountId: context.aws.accountId,
    awsRegion: await getRegion(context),
    awsLocationPath: context.path(label),
    awsLocationRole: locationRole,
    authenticationType: 'auto',
    awsRoleToAssume: immutaRole,
    ...fields,
  };
}

/** Sends a POST, after noting the name and the location. */
export function postIntegration(context: Context, config: Config): Promise<Reply> {
  note(context, config);
  return context.immuta('POST', '/integrations', { type: TYPE, autoBootstrap: false, config });
}

export function putIntegration(context: Context, id: string, config: Config): Promise<Reply> {
  note(context, config);
  return context.immuta('PUT', `/integrations/${id}`, { type: TYPE, autoBootstrap: false, config });
}

function note({ state }: Context, { name, awsLocationPath }: Config): void {
  state.add('integrations', name);
  state.add('locations', awsLocationPath);
}

export function getIntegration(context: Context, id: string): Promise<Reply> {
  return context.immuta('GET', `/integrations/${id}`);
}

/** @throws Error if the answer is no list: it does not say that there are none */
export async function listIntegrations(context: Context): Promise<any[]> {
  const { status, body } = await context.immuta('GET', '/integrations');
  if (!Array.isArray(body)) throw new Error(`Immuta responds with ${status} and no list to GET /integrations`);
  return body;
}

/** Sends a POST, again while roles may be too new. */
export async function postWithNewRoles(context: Context, config: Config): Promise<Reply> {
  const until = context.now() + LONGEST_PROPAGATION_MS;
  for (;;) {
    const reply = await postIntegration(context, config);
    if (reply.status !== 422 || context.now() >= until) return reply;
    await context.sleep(RETRY_MS);
  }
}

/** @throws Error if Immuta refuses the POST */
export async function startIntegration(context: Context, label: string, fields?: Config): Promise<Integration> {
  const config = await buildConfig(context, label, fields);
  const { status, body } = await postWithNewRoles(context, config);
  if (status >= 300) throw new Error(`Immuta refused an integration: ${describe(body)}`);
  return { id: String(body.id), config };
}

/** Creates an integration and waits until it is enabled. @throws Error if it is not */
export async function createIntegration(context: Context, label: string, fields?: Config): Promise<Integration> {
  const integration = await startIntegration(context, label, fields);
  await waitUntilSettled(context, integration.id);
  return integration;
}

/** Waits for the end of a creation, an edit or a deletion. Returns the record, undefined if it does not end. */
export function waitForRecord(context: Context, id: string): Promise<any> {
  return context.poll(async () => {
    const { status, body } = await getIntegration(context, id);
    return status === 200 && !/ing$/.test(body.status) ? body : undefined;
  });
}

/** Renames an integration, and waits until the record shows it. @throws Error if it does not */
export async function renameIntegration(context: Context, { id, config }: Integration, name: string): Promise<void> {
  requireSuccess(await putIntegration(context, id, { ...config, name }));
  const record = await context.poll(async () => {
    const { status, body } = await getIntegration(context, id);
    if (status !== 200 || /ing$/.test(body.status)) return undefined;
    return body.config.name === name || body.status !== 'enabled' ? body : undefined;
  });
  if (record?.status !== 'enabled') throw new Error(`an integration was not renamed: ${describe(record)}`);
}

/** @throws Error if Immuta refuses the request */
export function requireSuccess({ status, body }: Reply): void {
  if (status >= 300) throw new Error(`Immuta refused a request: ${describe(body)}`);
}

/** Waits for the end of a creation or an edit, and returns the configuration. @throws Error if it failed */
export async function waitUntilSettled(context: Context, id: string): Promise<Config> {
  const record = await waitForRecord(context, id);
  if (record?.status !== 'enabled') throw new Error(`an integration did not become enabled: ${describe(record)}`);
  return record.config;
}

/**
 * Deletes an integration, and returns how Immuta then shows it. Its name stays in the state: another one may have it.
 *
 * @throws Error if it remains
 */
export async function deleteIntegration(context: Context, id: string): Promise<'missing' | 'deleted'> {
  const reply = await context.immuta('DELETE', `/integrations/${id}`);
  if (reply.status >= 300 && reply.status !== 404) {
    throw new Error(`Immuta refused to delete an integration: ${describe(reply.body)}`);
  }
  const end = await waitForDeletion(context, id);
  if (end !== 'missing' && end !== 'deleted') throw new Error(`an integration was not deleted: ${end ?? 'timed out'}`);
  return end;
}

/** Returns the status in which a deletion ends, `missing` if the record is gone, undefined if it does not end. */
export function waitForDeletion(context: Context, id: string): Promise<string | undefined> {
  // Before, a read may show the state before the deletion, which may be the end of another one.
  const failedFrom = context.now() + READ_LAG_MS;
  return context.poll(async () => {
    const { status, body } = await getIntegration(context, id);
    if (status === 404) return 'missing';
    const hasFailed = context.now() >= failedFrom && !/ing$/.test(body?.status);
    return body?.status === 'deleted' || hasFailed ? String(body?.status) : undefined;
  });
}

/** The texts of an error of Immuta. */
export function describe(body: any): string {
  const failed = (body?.validationResults?.validationTests ?? []).filter(({ status }: any) => status === 'failed');
  const texts = failed.map(({ name, message }: any) => `${name}: ${message ?? 'failed'}`);
  return [body?.message ?? body?.status ?? 'no message', ...texts].join('; ');
}

async function getRegion({ aws }: Context): Promise<string> {
  return aws.s3Control.config.region();
}
