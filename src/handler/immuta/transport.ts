import { ApiKey } from './api-key';
import { createGatewayRefusal, isOfGateway } from './gateway';
import {
  describeRequest,
  ImmutaRefusal,
  createInvalidRefusal,
  createMissingResponse,
  createRedirectRefusal,
  createRefusal,
  RequestLine,
} from './refusal';
import { isRepeatable, LONG_RETRY_MS, computeRetryDelay } from './retry';
import { createFailure } from '../failure';
import { Deadline } from '../runtime/deadline';
import { isTooComplex, parseJson, toObject } from '../runtime/json';
import { Log } from '../runtime/log';
import { sendRequest } from '../runtime/network';
import { poll } from '../runtime/poll';
import { Redaction } from '../runtime/redaction';
import { joinLines, removeFullStop } from '../runtime/text';

/** A request that was sent longer ago than this has no effect any more. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Thousands of integrations, of about 1.5 KB each. */
const MAX_BODY_BYTES = 5_000_000;
/** The beginning of an error is enough. */
const MAX_ERROR_BYTES = 500_000;
const REDIRECTS = [301, 302, 303, 307, 308];
const LONGEST_MESSAGE = 500;
const LONGEST_ERROR_PAGE = 5_000;

export interface TransportOptions {
  readonly baseUrl: string;
  readonly apiKey: ApiKey;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
  /** Called before each attempt of a request that changes something: what it throws ends the request. */
  readonly beforeWrite: () => Promise<void>;
  /** @default Math.random */
  readonly random?: () => number;
}

export interface Request extends RequestLine {
  /** Called before each attempt. @default - no body */
  readonly body?: () => Promise<unknown>;
  /** Milliseconds for which the request is retried if that is safe. @default LONG_RETRY_MS */
  readonly retryMs?: number;
  /** The query with its question mark, which no failure and no log shows. @default - none */
  readonly query?: string;
  /** Whether the request does more if it is carried out twice. Then only a 429 is retried. @default false */
  readonly isCumulative?: boolean;
}

/** How a request ended. */
export type Reply = Accepted | Refused;

interface Accepted {
  /** JSON of the response, undefined if its body is empty. */
  readonly json: unknown;
  /** Whether an attempt before had no answer, and may have been carried out, too. */
  readonly isAnswerLost: boolean;
}

interface Refused {
  readonly refusal: ImmutaRefusal;
}

/** A response of any status, read to its end. */
interface HttpResponse {
  readonly status: number;
  readonly text: string;
  readonly retryAfter?: string;
  readonly location?: string;
}

/** Sends requests to Immuta: authentication, timeouts, retries. Knows no path and no field of Immuta. */
export class Transport {
  private readonly origin: string;
  private readonly base: string;

  /** @throws Failure if it is not the URL of a tenant */
  constructor(private readonly options: TransportOptions) {
    const { origin, pathname } = parseTenantUrl(options.baseUrl);
    this.origin = origin;
    this.base = origin + pathname.replace(/\/+$/, '');
  }

  /** Sends a request, and again if that is safe. */
  public async send({ method, path, body, query, retryMs = LONG_RETRY_MS, isCumulative }: Request): Promise<Reply> {
    const { deadline, log, random = Math.random } = this.options;
    const request = { method, path };
    const startedAt = deadline.now();
    let isAnswerLost = false;
    return poll<Reply>(
      { deadline, waitingFor: `Immuta to answer ${describeRequest(request)}` },
      async ({ number: attempt }) => {
        const reply = await this.authenticate(request, await body?.(), query);
        if ('json' in reply) {
          return { done: { ...reply, isAnswerLost } };
        }
        const { refusal } = reply;
        const { status, retryAfter } = refusal;
        isAnswerLost ||= refusal.isAnswerLost;
        if (!isRepeatable({ method, status }) || (isCumulative && status !== 429)) {
          return { done: { refusal: { ...refusal, isAnswerLost } } };
        }
        // a server that answers 429 is up, and will answer later
        const until = startedAt + (status === 429 ? LONG_RETRY_MS : retryMs);
        const delayMs = computeRetryDelay({ attempt, until, retryAfter }, deadline.now(), random());
        if (delayMs === undefined) {
          const why = refusal.failure.withDetail(`retried for ${describeDuration(deadline.now() - startedAt)}`);
          return { done: { refusal: { ...refusal, isAnswerLost, failure: why } } };
        }
        log.warn('retry-request', {
          method,
          path,
          attempt,
          httpStatus: status,
          delayMs,
          message: refusal.failure.text,
        });
        return { seen: refusal.failure.text, pauseMs: delayMs };
      },
    );
  }

  /** Sends a request once, and once more with the present key if the key was rejected: nothing was done then. */
  private async authenticate(request: RequestLine, body: unknown, query?: string): Promise<Reply> {
    const { apiKey } = this.options;
    const response = await this.exchange(request, body, await apiKey.getValue(), query);
    if (!('status' in response) || response.status !== 401) {
      return this.parse(request, response);
    }
    apiKey.forget();
    return this.parse(request, await this.exchange(request, body, await apiKey.getValue(), query));
  }

  private async exchange(
    request: RequestLine,
    body: unknown,
    key: string,
    query = '',
  ): Promise<HttpResponse | Refused> {
    const { deadline, log, beforeWrite } = this.options;
    deadline.check();
    if (request.method !== 'GET') {
      await beforeWrite();
    }
    try {
      const response = await sendRequest(this.base + request.path + query, {
        method: request.method,
        headers: {
          accept: 'application/json',
          authorization: key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const content = await readBody(response);
      if (response.ok && content.length > MAX_BODY_BYTES) {
        return { refusal: createInvalidRefusal(request, `its body is longer than ${MAX_BODY_BYTES} bytes`) };
      }
      log.info('request', { ...request, httpStatus: response.status });
      return {
        status: response.status,
        text: content.toString('utf8'),
        retryAfter: response.headers.get('retry-after') ?? undefined,
        location: response.headers.get('location') ?? undefined,
      };
    } catch (error) {
      return { refusal: createMissingResponse(request, this.origin, error) };
    }
  }

  private parse(request: RequestLine, response: HttpResponse | Refused): Reply {
    if ('refusal' in response) {
      return response;
    }
    const { status, text, retryAfter, location } = response;
    const json = tryParseJson(text);
    if (status >= 200 && status < 300) {
      return json === undefined && status !== 204
        ? { refusal: createInvalidRefusal(request, describeUnreadable(text)) }
        : { json, isAnswerLost: false };
    }
    if (REDIRECTS.includes(status)) {
      return { refusal: createRedirectRefusal(request, status, findOrigin(location)) };
    }
    if (status < 400 || status > 599) {
      return { refusal: createInvalidRefusal(request, `its status is ${status}`) };
    }
    if (isOfGateway(status, json, text)) {
      const message = this.extractMessage(undefined, text);
      return { refusal: createGatewayRefusal({ request, status, message, retryAfter }) };
    }
    if (status === 404 && json === undefined) {
      // a proxy that has lost Immuta: what is not found there is not gone
      return { refusal: createInvalidRefusal(request, "it is 404 without a message of Immuta's") };
    }
    const { secretArn: secret } = this.options.apiKey;
    return {
      refusal: createRefusal({
        request,
        status,
        message: this.extractMessage(json, text),
        secret,
        body: json,
        retryAfter,
      }),
    };
  }

  /** Returns Immuta's message, or that of a page, redacted before it is cut: half a secret would not be recognized. */
  private extractMessage(json: unknown, text: string): string {
    const { message } = toObject(json);
    const said = typeof message === 'string' ? message : json === undefined ? text : '';
    const redacted = this.options.redaction.redact(said);
    return removeFullStop(joinLines(json === undefined ? removeTags(redacted) : redacted, LONGEST_MESSAGE));
  }
}

function describeDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}

/** Synthesis cannot check a URL that is known only at deployment. */
function parseTenantUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    throw createFailure('TENANT_URL_HAS_CREDENTIALS', {});
  }
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) {
    throw createFailure('TENANT_URL_INVALID', { url: text });
  }
  return url;
}

/** A request to this machine itself crosses no network on which others could read the key: this is for tests. */
function isLoopback(hostname: string): boolean {
  return /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}

/**
 * Reads a body, but hardly more of it than a response of Immuta can have: the function has little memory.
 */
async function readBody(response: Response): Promise<Buffer> {
  const longest = response.ok ? MAX_BODY_BYTES : MAX_ERROR_BYTES;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longest) {
      break; // leaving the loop cancels the body
    }
  }
  return Buffer.concat(chunks);
}

/** Returns the text of a proxy's error page. */
function removeTags(page: string): string {
  return page.slice(0, LONGEST_ERROR_PAGE).replace(/<[^>]*>/g, ' ');
}

function describeUnreadable(text: string): string {
  if (text.trim() === '') {
    return 'it is empty';
  }
  return isTooComplex(text) ? 'it has too many or too deeply nested values' : 'it is not JSON';
}

function tryParseJson(text: string): unknown {
  return isTooComplex(text) ? undefined : parseJson(text);
}

function findOrigin(location: string | undefined): string {
  const origin = location && URL.canParse(location) ? new URL(location).origin : 'null';
  return origin === 'null' ? 'elsewhere' : origin;
}
