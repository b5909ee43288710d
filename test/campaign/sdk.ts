import { XMLParser } from 'fast-xml-parser';
import { AwsError, AwsServices } from '../sandbox/aws';
import { LambdaStandIn } from '../sandbox/lambda';

/** Services by the name of the SDK's package. */
const SERVICE_OF: Record<string, string> = {
  '@aws-sdk/client-cloudformation': 'cloudformation',
  '@aws-sdk/client-iam': 'iam',
  '@aws-sdk/client-lambda': 'lambda',
  '@aws-sdk/client-s3-control': 's3-control',
  '@aws-sdk/client-secrets-manager': 'secretsmanager',
  '@aws-sdk/client-sts': 'sts',
};

const DEFAULT_ATTEMPTS = 3;

export interface SdkCall {
  readonly service: string;
  readonly operation: string;
  readonly input: Record<string, any>;
  readonly signal?: AbortSignal;
  /** Attempts, including the first. */
  readonly attempts: number;
}

interface Command {
  readonly operation: string;
  readonly input: Record<string, any>;
}

/**
 * Returns a package of the AWS SDK, as far as the handler uses one:
 * `new XClient(config).send(new YCommand(input), { abortSignal })`.
 * The tests over HTTP use the real one, with its protocols.
 */
export function sdkPackage(name: string, send: (call: SdkCall) => Promise<unknown>): object {
  const service = SERVICE_OF[name];
  if (!service) throw new Error(`a history has no ${name}`);
  return new Proxy(
    {},
    {
      get(_, exported: string) {
        if (exported.endsWith('Client')) return createClient(service, send);
        if (exported.endsWith('Command')) return createCommand(exported.replace(/Command$/, ''));
        throw new Error(`a history has no ${exported} of ${name}`);
      },
    },
  );
}

function createClient(service: string, send: (call: SdkCall) => Promise<unknown>) {
  return class {
    constructor(private readonly config: { readonly maxAttempts?: number } = {}) {}

    send({ operation, input }: Command, { abortSignal: signal }: { abortSignal?: AbortSignal } = {}): Promise<unknown> {
      return send({ service, operation, input, signal, attempts: this.config.maxAttempts ?? DEFAULT_ATTEMPTS });
    }

    destroy(): void {}
  };
}

function createCommand(operation: string) {
  return class implements Command {
    readonly operation = operation;

    constructor(readonly input: Record<string, any> = {}) {}
  };
}

export interface CallContext {
  readonly services: AwsServices;
  readonly lambda: LambdaStandIn;
  readonly principal: string;
  readonly accessKeyId: string;
  readonly now: number;
}

/** Calls the sandbox's services. Input and output have the form of the SDK. */
export async function callService({ service, operation, input }: SdkCall, context: CallContext): Promise<unknown> {
  const { services, lambda, principal, accessKeyId, now } = context;
  if (service === 'lambda') {
    if (operation !== 'Invoke') throw new Error(`a history has no lambda ${operation}`);
    lambda.invokeAsync(input.FunctionName, JSON.parse(Buffer.from(input.Payload).toString()), accessKeyId);
    return {};
  }
  if (service === 's3-control') {
    const output = await services.s3Control.execute(principal, operation, {
      ...input,
      Tags: input.Tags && { Tag: input.Tags },
      tagKeys: input.TagKeys,
      nextToken: input.NextToken,
      accountId: input.AccountId,
      region: services.region,
    });
    return unwrapLists(output ?? {});
  }
  const isJson = service === 'secretsmanager';
  const { body } = await services.handle({
    service,
    operation,
    principal,
    region: services.region,
    input: isJson ? input : flatten(input),
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.alloc(0),
    time: now,
  });
  if (isJson) return JSON.parse(String(body));
  const parsed = new XMLParser({ parseTagValue: false }).parse(String(body));
  return typed(parsed[`${operation}Response`][`${operation}Result`] || {});
}

/** Returns the error that the SDK throws for an error of AWS. */
export function sdkError({ status, code, message }: AwsError): Error {
  return Object.assign(new Error(message), {
    name: code,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });
}

/** Flattens input for the query protocol: `Tags.member.1.Key`. */
function flatten(value: unknown, prefix = ''): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) return { [prefix]: String(value) };
  const entries = Array.isArray(value)
    ? value.map((item, index) => [`member.${index + 1}`, item])
    : Object.entries(value);
  return Object.assign({}, ...entries.map(([key, item]) => flatten(item, prefix ? `${prefix}.${key}` : key)));
}

/** Converts XML: `<Tags><member>…` is a list, `…Date`, `…Timestamp` are times, `Is…` a boolean, empty is absent. */
function typed(value: any, name = ''): any {
  if (value === '') return undefined;
  if (typeof value === 'string') {
    if (/(Date|Timestamp|Time)$/.test(name)) return new Date(value);
    return /^(Is|Allowed|Enable)/.test(name) ? value === 'true' : value;
  }
  if ('member' in value) return [value.member].flat().map((item) => typed(item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typed(item, key)]));
}

/** Unwraps the lists of the REST protocol, such as `{ Tags: { Tag: […] } }`. */
function unwrapLists(output: Record<string, any>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(output).map(([key, value]) => {
      const [only, ...others] = typeof value === 'object' && value !== null ? Object.values(value) : [];
      return [key, Array.isArray(only) && others.length === 0 ? only : value];
    }),
  );
}
