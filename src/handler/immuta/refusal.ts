import { Failure, createFailure, Refusal } from '../failure';
import { describeNetworkPath } from '../network-path';
import { isCertificateError, isProxyError } from '../runtime/network';
import { removeFullStop } from '../runtime/text';

/** A request to Immuta, as failures name it: never with a header, a query or a body. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
}

/** A request that Immuta did not accept, or did not answer. */
export interface ImmutaRefusal extends Refusal {
  /** HTTP status. @default - no response, or one that is not Immuta's */
  readonly status?: number;
  /** What Immuta answered, parsed. Never printed. */
  readonly body?: unknown;
  readonly retryAfter?: string;
}

/** What a failure of a response needs. */
export interface RefusedResponse {
  readonly request: RequestLine;
  readonly status: number;
  /** Immuta's own text, without secrets. */
  readonly message: string;
  /** ARN of the secret with the API key. */
  readonly secret: string;
  readonly body?: unknown;
  readonly retryAfter?: string;
}

/** Explains a response that is not a success. */
export function createRefusal({ request, status, message, secret, body, retryAfter }: RefusedResponse): ImmutaRefusal {
  const values = { request: describeRequest(request), status, message: message ? `: ${message}` : '' };
  const refuse = (kind: Refusal['kind'], why: Failure) => ({
    failure: why,
    kind,
    isAnswerLost: kind === 'lost',
    status,
    body,
    retryAfter,
  });
  if (status >= 500 || status === 408) {
    return refuse('lost', createFailure('IMMUTA_UNAVAILABLE', values));
  }
  switch (status) {
    case 401:
      return refuse('final', createFailure('API_KEY_REJECTED', { ...values, secret }));
    case 403:
      return refuse('final', createFailure('API_KEY_NOT_PERMITTED', values));
    case 409:
      return refuse('conflict', createFailure('IMMUTA_CONFLICT', values));
    case 422:
      return refuse('final', createFailure('VALIDATION_NOT_EXPLAINED', values));
    case 429:
      return refuse('busy', createFailure('IMMUTA_RATE_LIMITED', values));
    default:
      return refuse('final', createFailure('IMMUTA_REQUEST_REFUSED', values));
  }
}

/** Explains a redirect. */
export function createRedirectRefusal(request: RequestLine, status: number, target: string): ImmutaRefusal {
  return {
    failure: createFailure('IMMUTA_REDIRECTS', { request: describeRequest(request), status, target }),
    kind: 'final',
    isAnswerLost: false,
    status,
  };
}

/** Explains a response that did not arrive, or not completely: the request may have been carried out. */
export function createMissingResponse(request: RequestLine, origin: string, cause: unknown): ImmutaRefusal {
  return { failure: explainMissingResponse(request, origin, cause), kind: 'lost', isAnswerLost: true };
}

function explainMissingResponse(request: RequestLine, origin: string, cause: unknown): Failure {
  const description = describeNetworkError(cause);
  const peer = { peer: `Immuta at ${origin}`, cause: description };
  if (isCertificateError(cause)) {
    return createFailure('CERTIFICATE_NOT_TRUSTED', peer, { cause });
  }
  if (isProxyError(cause)) {
    return createFailure('PROXY_REFUSED', peer, { cause });
  }
  return createFailure(
    'IMMUTA_NOT_REACHABLE',
    { origin, request: describeRequest(request), cause: description, path: describeNetworkPath() },
    { cause },
  );
}

/** Explains a response that is not what the API gives: something else than Immuta may have answered. */
export function createInvalidRefusal(request: RequestLine, problem: string): ImmutaRefusal {
  return {
    failure: createFailure('IMMUTA_RESPONSE_INVALID', { request: describeRequest(request), problem }),
    kind: 'lost',
    isAnswerLost: true,
  };
}

export function describeRequest({ method, path }: RequestLine): string {
  return `${method} ${path}`;
}

function describeNetworkError(error: unknown): string {
  const thrown = error as NetworkError & { cause?: NetworkError };
  if (['AbortError', 'TimeoutError'].includes(thrown.name)) {
    return 'it took too long';
  }
  // fetch says 'fetch failed', and why only in the cause
  const { code, message } = thrown.cause ?? thrown;
  return removeFullStop([code, message].filter(Boolean).join(': '));
}

type NetworkError = Error & { readonly code?: string };
