import { describeRequest, ImmutaRefusal, RequestLine } from './refusal';
import { createFailure } from '../failure';
import { toObject } from '../runtime/json';

/** Statuses with which load balancers, firewalls and proxies answer instead of Immuta. */
const STATUSES = [401, 403, 404, 407, 502, 503, 504];

/** What to do, by what such an answer says. */
const HINTS: readonly { readonly says: RegExp; readonly hint: string }[] = [
  {
    says: /\bIPs?\b|\bIPv[46]\b|allow[- ]?list|white[- ]?list|source address|network policy/i,
    hint: "Add the address that the handler function's requests come from (of the NAT gateway, or the private "
      + 'endpoint) to the allow list of the tenant, then try again',
  },
  {
    says: /\bWAF\b|web application firewall|\bblocked\b|cloudflare|akamai|imperva|incapsula|could not be satisfied/i,
    hint: 'Let the web application firewall in front of Immuta allow the requests of the handler function, then try '
      + 'again',
  },
];

const HINTS_BY_STATUS: Readonly<Record<number, string>> = {
  407: "Set 'proxy' of the ImmutaTenant, with the credentials that the proxy demands, then try again",
  502: 'Try again when Immuta is available, and check the load balancers and proxies in front of it if this lasts',
  503: 'Try again when Immuta is available, and check the load balancers and proxies in front of it if this lasts',
  504: 'Try again when Immuta is available, and check the load balancers and proxies in front of it if this lasts',
};

const OTHER_HINT = "Check 'url' of the ImmutaTenant, and the proxies, firewalls and allow lists of the network between "
  + 'the handler function and Immuta, then try again';

/** Whether something between the function and Immuta has answered. */
export function isOfGateway(status: number, json: unknown, text: string): boolean {
  return STATUSES.includes(status) && !isOfImmuta(status, json) && (status === 407 || text.trim() !== '');
}

/** Immuta's documented text of a 404. */
const NOT_FOUND = /^No .+ found with ID/i;

/**
 * Immuta's own refusals are JSON with a `message`. A 404 means that a record is gone, so it must also have the
 * `statusCode` of Immuta's errors, or their text: API gateways answer `{"message":"Not Found"}` for a route that they
 * do not know.
 */
function isOfImmuta(status: number, json: unknown): boolean {
  const { message, statusCode } = toObject(json);
  const isNotFound = (text: string) => (statusCode === undefined ? NOT_FOUND.test(text) : statusCode === 404);
  return typeof message === 'string' && (status !== 404 || isNotFound(message));
}

/** A refusal of a gateway. */
export interface GatewayResponse {
  readonly request: RequestLine;
  readonly status: number;
  /** The text of its page, without secrets. */
  readonly message: string;
  readonly retryAfter?: string;
}

/** Explains a refusal of a gateway. What it does not find is not gone: Immuta was not asked. */
export function createGatewayRefusal({ request, status, message, retryAfter }: GatewayResponse): ImmutaRefusal {
  const kind = [401, 403, 407].includes(status) ? 'final' : 'lost';
  return {
    failure: createFailure('GATEWAY_ANSWERED', {
      request: describeRequest(request),
      status,
      message: message ? `: ${message}` : '',
      hint: HINTS_BY_STATUS[status] ?? HINTS.find(({ says }) => says.test(message))?.hint ?? OTHER_HINT,
    }),
    kind,
    isAnswerLost: kind === 'lost',
    status: status === 404 ? undefined : status,
    retryAfter,
  };
}
