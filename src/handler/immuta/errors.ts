/** A request to Immuta, as errors name it: never with a header, a query or a body. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
}

const line = ({ method, path }: RequestLine) => `${method} ${path}`;

/** Immuta answered, and refused. */
export class HttpError extends Error {
  public readonly name: string = 'HttpError';

  /**
   * @param vendorMessage Immuta's own text, without secrets
   * @param body What Immuta answered, for the client to look into. Never printed.
   */
  constructor(
    request: RequestLine,
    public readonly status: number,
    public readonly vendorMessage: string,
    public readonly body?: unknown,
    public readonly retryAfter?: string,
    remedy = '',
  ) {
    super(`Immuta answered ${status} to ${line(request)}${vendorMessage ? `: ${vendorMessage}` : ''}${remedy ? `; ${remedy}` : ''}`);
  }
}

/** 401, again after the secret was read once more. */
export class ApiKeyRejectedError extends HttpError {
  public readonly name = 'ApiKeyRejectedError';

  constructor(request: RequestLine, vendorMessage: string, secretArn: string) {
    super(request, 401, vendorMessage, undefined, undefined, `the API key in the secret '${secretArn}' was rejected: `
      + 'store a key there that is valid for this tenant');
  }
}

/** 403. */
export class PermissionError extends HttpError {
  public readonly name = 'PermissionError';

  constructor(request: RequestLine, vendorMessage: string) {
    super(request, 403, vendorMessage, undefined, undefined, 'the user that the API key belongs to needs APPLICATION_ADMIN');
  }
}

/** No answer came, or not all of it: what was asked for may have been done or not. */
export class NoAnswerError extends Error {
  public readonly name = 'NoAnswerError';

  constructor(request: RequestLine, origin: string, cause: unknown) {
    super(`no answer from Immuta at ${origin} to ${line(request)}: ${reasonOf(cause)}; check that Immuta is up, and that the tenant's 'url' is its address`, { cause });
  }
}

/** An answer that says success and is not what the API gives. */
export class UnexpectedAnswerError extends Error {
  public readonly name = 'UnexpectedAnswerError';

  constructor(request: RequestLine, what: string) {
    super(`unexpected answer from Immuta to ${line(request)}: ${what}; check that the tenant's 'url' is that of Immuta's API`);
  }
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
  if (name === 'TimeoutError') {
    return 'it took too long';
  }
  // fetch says 'fetch failed', and why only in the cause
  return cause ? [cause.code, cause.message].filter(Boolean).join(': ') : message;
}
