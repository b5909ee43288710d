import { ApiKey } from './api-key';
import { ApiKeyRejectedError, HttpError, NoAnswerError, PermissionError, RequestLine, UnexpectedAnswerError } from './errors';
import { FailedRequest, isRepeatable, retryDelay } from './retry';
import { Deadline } from '../runtime/deadline';
import { asObject } from '../runtime/json';
import { Log } from '../runtime/log';
import { Redaction } from '../runtime/redaction';
import { oneLine, withoutFullStop } from '../runtime/text';

/** A request that was sent longer ago than this has no effect any more. */
export const REQUEST_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 5_000_000;
const LONGEST_VENDOR_MESSAGE = 500;
const LONGEST_ERROR_PAGE = 5_000;

export interface TransportOptions {
  readonly baseUrl: string;
  readonly apiKey: ApiKey;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly redaction: Redaction;
  /** How long a request that may be sent again is sent again while it fails. Asked at each failure, with its HTTP status if there is one. */
  readonly patienceMs: (status?: number) => number;
  /** Told of each failure after which a request is sent again. */
  readonly onFailure: (message: string, request: FailedRequest) => void;
  /** Called before anything that Immuta says is passed on. */
  readonly learnSecrets: () => Promise<void>;
  /** @default Math.random */
  readonly random?: () => number;
}

/** An answer of any status, read to its end. */
interface Exchange {
  readonly status: number;
  readonly text: string;
  readonly retryAfter?: string;
  readonly location?: string;
}

/**
 * Requests to Immuta: authentication, time-outs, retries, errors. Knows no path and no field of Immuta's.
 */
export class Transport {
  private readonly origin: string;
  private readonly base: string;

  /** @throws if it is not a tenant's URL. */
  constructor(private readonly options: TransportOptions) {
    const { origin, pathname } = tenantUrl(options.baseUrl);
    this.origin = origin;
    this.base = origin + pathname.replace(/\/+$/, '');
  }

  /**
   * Sends a request, again where that is safe, and gives the JSON of a successful answer, or nothing if its body is empty.
   *
   * @param body Called before each attempt
   * @throws HttpError, NoAnswerError, UnexpectedAnswerError, OutOfTime
   */
  public async request(method: string, path: string, body?: () => Promise<unknown>): Promise<unknown> {
    const { deadline, log, patienceMs, onFailure, random = Math.random } = this.options;
    const request = { method, path };
    const begin = deadline.now();
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.authenticated(request, await body?.());
        await this.options.learnSecrets();
        return this.parse(request, answer);
      } catch (error) {
        const failure = error instanceof HttpError ? { status: error.status, retryAfter: error.retryAfter } : {};
        // a proxy's page may say 200, too: nothing that is not Immuta's answer is believed at once
        const isOfImmuta = error instanceof HttpError || error instanceof NoAnswerError || error instanceof UnexpectedAnswerError;
        if (!isOfImmuta || !isRepeatable({ method, ...failure })) {
          throw error;
        }
        const delayMs = retryDelay({ attempt, until: begin + patienceMs(failure.status), ...failure }, deadline.now(), random());
        if (delayMs === undefined) {
          error.message += `; this was tried for ${inWords(deadline.now() - begin)}`;
          throw error;
        }
        onFailure(error.message, { method, status: failure.status });
        log.warn('request-again', { method, path, attempt, httpStatus: failure.status, delayMs, message: error.message });
        await deadline.sleep(delayMs);
      }
    }
  }

  /** Sends it once, and once more with the key as it is now if the key was rejected: nothing was done then. */
  private async authenticated(request: RequestLine, body: unknown): Promise<Exchange> {
    const { apiKey } = this.options;
    const answer = await this.exchange(request, body, await apiKey.current());
    if (answer.status !== 401) {
      return answer;
    }
    apiKey.forget();
    return this.exchange(request, body, await apiKey.current());
  }

  private async exchange(request: RequestLine, body: unknown, key: string): Promise<Exchange> {
    const { deadline, log } = this.options;
    deadline.check();
    try {
      const response = await fetch(this.base + request.path, {
        method: request.method,
        headers: {
          accept: 'application/json',
          authorization: key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: 'manual', // the key must not follow
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const text = await readText(request, response);
      log.info('request', { ...request, httpStatus: response.status });
      return {
        status: response.status,
        text,
        retryAfter: response.headers.get('retry-after') ?? undefined,
        location: response.headers.get('location') ?? undefined,
      };
    } catch (error) {
      throw error instanceof UnexpectedAnswerError ? error : new NoAnswerError(request, this.origin, error);
    }
  }

  private parse(request: RequestLine, { status, text, retryAfter, location }: Exchange): unknown {
    const json = tryJson(text);
    if (status >= 200 && status < 300) {
      if (json === undefined && status !== 204) {
        throw new UnexpectedAnswerError(request, text.trim() === '' ? 'it is empty' : 'it is not JSON');
      }
      return json;
    }
    if (status === 404 && Object.keys(asObject(json)).length === 0) {
      // a proxy that has lost Immuta: what is not found there is not gone
      throw new UnexpectedAnswerError(request, 'it is 404 without a message of Immuta\'s');
    }
    const message = this.vendorMessage(json, text);
    switch (true) {
      case status === 401:
        throw new ApiKeyRejectedError(request, message, this.options.apiKey.secretArn);
      case status === 403:
        throw new PermissionError(request, message);
      case status >= 300 && status < 400:
        throw new HttpError(request, status, `a redirection to '${originOf(location)}'`, undefined, undefined,
          'it is not followed, so that the API key stays with the tenant: give the address that Immuta itself has as \'url\'');
      default:
        throw new HttpError(request, status, message, json, retryAfter);
    }
  }

  /** Redacted before it is cut: half a secret would not be found. */
  private vendorMessage(json: unknown, text: string): string {
    const { message } = asObject(json);
    const said = typeof message === 'string' ? message : json === undefined ? text : '';
    const redacted = this.options.redaction.redact(said);
    return withoutFullStop(oneLine(json === undefined ? withoutTags(redacted) : redacted, LONGEST_VENDOR_MESSAGE));
  }
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}

/** Synth cannot see a URL that is known only at deployment, so that this one is not what it has checked. */
function tenantUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    throw new Error('\'url\' of the ImmutaTenant holds a user name or a password, which has no use here: give the address alone');
  }
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) {
    throw new Error(`'url' of the ImmutaTenant is '${text}': give the address of the tenant, such as https://your-tenant.immutacloud.com`);
  }
  return url;
}

/** What is sent to this machine itself crosses no network on which somebody could read the key: this is for tests. */
function isLoopback(hostname: string): boolean {
  return /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}

/** Reads a body, but no more of it than an answer of Immuta's can be long: the function has little memory. */
async function readText(request: RequestLine, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BODY_BYTES && response.ok) {
      throw new UnexpectedAnswerError(request, `its body is longer than ${MAX_BODY_BYTES} bytes`);
    }
    if (length > MAX_BODY_BYTES) {
      break; // leaving the loop cancels the body, and the beginning of an error is enough
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What a proxy's error page says. */
function withoutTags(page: string): string {
  return page.slice(0, LONGEST_ERROR_PAGE).replace(/<[^>]*>/g, ' ');
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function originOf(location: string | undefined): string {
  return location && URL.canParse(location) ? new URL(location).origin : 'elsewhere';
}
