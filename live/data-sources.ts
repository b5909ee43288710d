import type { Context } from './context';
import type { Reply } from './immuta';
import type { Integration } from './integrations';
import { READ_LAG_MS } from './times';

/** The form of a prefix that Immuta takes. */
export type PrefixForm = 'relative' | 'absolute';

/** What Immuta answered to a POST, and the form of the prefixes. */
export interface Registration {
  readonly form: PrefixForm;
  readonly reply: Reply;
}

export function formatPrefix(form: PrefixForm, { config }: Integration, prefix: string): string {
  return form === 'relative' ? `/${prefix}` : config.awsLocationPath + prefix;
}

/** Sends a POST, after noting the names. @param prefixOf Prefix below the location. @default - the name */
export function postDataSources(
  context: Context,
  integration: Integration,
  form: PrefixForm,
  names: readonly string[],
  prefixOf = (name: string) => `${name}/`,
): Promise<Reply> {
  names.forEach((name) => context.state.add('dataSources', name));
  const dataSources = names.map((name) => ({
    dataSourceName: name,
    prefix: formatPrefix(form, integration, prefixOf(name)),
  }));
  return context.immuta('POST', '/native-s3/handler', {
    type: 'Native S3', integrationId: Number(integration.id), dataSources,
  });
}

/** Whether Immuta says that it did not register a data source. */
export function isRefused({ status, body }: Reply): boolean {
  return status >= 300 || [body].flat().some((each: any) => each?.error !== undefined);
}

/** Registers a data source with the form of prefix that Immuta takes. @throws Error if it takes none */
export async function registerDataSource(
  context: Context,
  integration: Integration,
  name: string,
): Promise<Registration> {
  const refusals: string[] = [];
  for (const form of ['relative', 'absolute'] as const) {
    const reply = await postDataSources(context, integration, form, [name]);
    if (!isRefused(reply)) return { form, reply };
    refusals.push(`${form}: ${reply.body?.message ?? reply.status}`);
  }
  throw new Error(`Immuta registered no data source: ${refusals.join('; ')}`);
}

/** Finds a data source that Immuta accepted by its name. @throws Error if Immuta does not show it */
export async function findDataSource(context: Context, name: string): Promise<any> {
  const record = await context.poll(async () => {
    const { status, body } = await context.immuta('GET', `/dataSource/name/${encodeURIComponent(name)}`);
    return status === 200 ? body : undefined;
  }, { timeoutMs: 2 * READ_LAG_MS });
  if (!record) throw new Error('Immuta accepted a data source and does not show it');
  return record;
}
