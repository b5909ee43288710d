import { createMissingResponse } from '../../../src/handler/immuta/refusal';

const REQUEST = { method: 'POST', path: '/integrations' };
const ORIGIN = 'https://acme.immutacloud.com';

/** What fetch throws, which says why only in its cause. */
const failedFetch = (code: string, message: string) =>
  Object.assign(new TypeError('fetch failed'), { cause: { code, message } });

test.each<[string, unknown, string, RegExp]>([
  [
    'a certificate',
    failedFetch('CERT_HAS_EXPIRED', 'certificate has expired'),
    'CERTIFICATE_NOT_TRUSTED',
    /Immuta at https:\/\/acme\.immutacloud\.com is not trusted: CERT_HAS_EXPIRED: certificate has expired$/,
  ],
  [
    'a proxy',
    Object.assign(new Error('tunnel refused with 407.'), { code: 'ERR_PROXY_TUNNEL' }),
    'PROXY_REFUSED',
    /Immuta at https:\/\/acme\.immutacloud\.com.*: ERR_PROXY_TUNNEL: tunnel refused with 407$/,
  ],
  [
    'the network',
    failedFetch('ECONNREFUSED', 'connect ECONNREFUSED.'),
    'IMMUTA_NOT_REACHABLE',
    /^no answer from Immuta at \S+ to POST \/integrations: ECONNREFUSED: connect ECONNREFUSED$/,
  ],
  ['an error without a code', failedFetch('', 'other side closed'), 'IMMUTA_NOT_REACHABLE', /: other side closed$/],
  ['a time-out', new DOMException('aborted', 'TimeoutError'), 'IMMUTA_NOT_REACHABLE', /: it took too long$/],
  ['an abort', new DOMException('aborted', 'AbortError'), 'IMMUTA_NOT_REACHABLE', /: it took too long$/],
])('reports that a request may have been carried out when %s prevents the response', (_, cause, code, text) => {
  const refusal = createMissingResponse(REQUEST, ORIGIN, cause);

  expect(refusal).toMatchObject({ kind: 'lost', isAnswerLost: true, failure: { code } });
  expect(refusal.failure.text).toMatch(text);
  expect(refusal.failure.cause).toBe(cause);
  expect(refusal.status).toBeUndefined();
});
