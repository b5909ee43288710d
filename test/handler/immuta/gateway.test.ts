import { createGatewayRefusal, isOfGateway } from '../../../src/handler/immuta/gateway';

const REQUEST = { method: 'GET', path: '/integrations' };
const IMMUTA = { statusCode: 403, error: 'Forbidden', message: 'Your IP is blocked.' };
const NOT_FOUND = { statusCode: 404, error: 'Not Found', message: 'No Integration found with ID 5.' };

test.each([
  ['with a message of Immuta', 403, IMMUTA, JSON.stringify(IMMUTA), false],
  ['without a body', 401, undefined, '', false],
  ['with a blank body', 401, undefined, ' \r\n', false],
  ['of another status', 400, undefined, '<h1>Bad</h1>', false],
  ['that is a page', 403, undefined, '<h1>Forbidden</h1>', true],
  ['that is JSON without a message', 403, { Message: 'denied' }, '{"Message":"denied"}', true],
  ['that says that nothing was found', 404, NOT_FOUND, JSON.stringify(NOT_FOUND), false],
  ['with the text of Immuta alone', 404, { message: NOT_FOUND.message }, '{}', false],
  ['of an API gateway without a route', 404, { message: 'Not Found' }, '{"message":"Not Found"}', true],
  ['with another status in its body', 404, { ...NOT_FOUND, statusCode: 502 }, '{}', true],
  ['whose message is no text', 404, { message: {} }, '{"message":{}}', true],
  ['of a proxy without a body', 407, undefined, '', true],
])('distinguishes a gateway from Immuta by an answer %s', (_, status, json, text, expected) => {
  expect(isOfGateway(status, json, text)).toBe(expected);
});

test.each([
  [401, '', 'final', /^Check 'url' of the ImmutaTenant, and the proxies, firewalls and allow lists/],
  [403, 'Your IP 203.0.113.7 is not allowed', 'final', /^Add the address .* to the allow list of the tenant/],
  [403, 'Access denied by network policy', 'final', /^Add the address/],
  [403, 'Request blocked. Attention Required! Cloudflare', 'final', /^Let the web application firewall/],
  [403, 'The request could not be satisfied.', 'final', /^Let the web application firewall/],
  [403, 'The VIP lounge', 'final', /^Check 'url'/],
  [404, 'no such backend', 'lost', /^Check 'url'/],
  [407, 'Proxy Authentication Required', 'final', /^Set 'proxy' of the ImmutaTenant/],
  [502, 'Bad Gateway', 'lost', /^Try again when Immuta is available, and check the load balancers/],
  [503, 'no healthy upstream', 'lost', /^Try again when Immuta is available/],
  [504, '', 'lost', /^Try again when Immuta is available/],
])('explains the answer of a gateway %s with "%s"', (status, message, kind, remedy) => {
  const { failure, ...refusal } = createGatewayRefusal({ request: REQUEST, status, message });

  expect(failure.text).toBe(
    `a gateway between the handler function and Immuta answered ${status} to GET /integrations` +
      (message && `: ${message}`),
  );
  expect(failure.remedy).toMatch(remedy);
  expect(failure.message).toMatch(/\[GATEWAY_ANSWERED\]$/);
  expect(refusal).toMatchObject({ kind, isAnswerLost: kind === 'lost', status: status === 404 ? undefined : status });
});
