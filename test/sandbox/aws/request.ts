import { AwsError } from './aws-error';

/** A request to an AWS service, after its protocol: who calls which operation, with what. */
export interface AwsRequest {
  /**
   * As in the signature's credential scope: `s3`, `sts`, `ssm`, `secretsmanager`, `cloudformation`, `lambda`, …;
   * `s3-control` apart.
   */
  readonly service: string;
  readonly region: string;
  /** Operation of the query and JSON protocols; empty for REST. */
  readonly operation: string;
  /** ARN of the role or user who calls. */
  readonly principal: string;
  /** Input of the query protocol (names as sent: `Tags.member.1.Key`) or JSON. */
  readonly input: Record<string, any>;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** Virtual time. */
  readonly time: number;
}

export interface AwsResponse {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

export type AwsHandler = (request: AwsRequest) => Promise<AwsResponse>;

/** Answers what the sandbox does not have. */
export async function notImplemented({ service, operation, method, path }: AwsRequest): Promise<AwsResponse> {
  throw new AwsError(501, 'NotImplemented', `the sandbox has no ${service} ${operation || `${method} ${path}`}`);
}

export function json(output: unknown): AwsResponse {
  return { headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(output) };
}

/** An answer in the query protocol: what stands inside `<OperationResult>`. */
export function queryXml(operation: string, result: string): AwsResponse {
  return xml(`<${operation}Response><${operation}Result>${result}</${operation}Result>` +
    `<ResponseMetadata><RequestId>${REQUEST_ID}</RequestId></ResponseMetadata></${operation}Response>`);
}

export function xml(body: string, status = 200): AwsResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body: `<?xml version="1.0" encoding="UTF-8"?>${body}` };
}

/** Elements from an object; arrays repeat their element, `undefined` is left out. */
export function elements(values: Record<string, any>): string {
  return Object.entries(values).map(([name, value]) => element(name, value)).join('');
}

/** The error in the protocol of the request. */
export function errorResponse(request: Pick<AwsRequest, 'service' | 'headers'>, error: AwsError): AwsResponse {
  const { status, code, message } = error;
  if (request.service === 's3') {
    return xml(`<Error>${elements({ Code: code, Message: message, RequestId: REQUEST_ID })}</Error>`, status);
  }
  if (request.headers['x-amz-target'] || request.service === 'lambda') {
    const { headers, body } = json({ __type: code, message, Message: message });
    return { status, headers: { ...headers, 'x-amzn-errortype': code }, body };
  }
  const wrapped = {
    Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
    RequestId: REQUEST_ID,
  };
  return xml(elements({ ErrorResponse: wrapped }), status);
}

const REQUEST_ID = '00000000-0000-4000-8000-000000000000';

function element(name: string, value: any): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('');
  const content = typeof value === 'object' ? elements(value) : escape(String(value));
  return `<${name}>${content}</${name}>`;
}

function escape(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
