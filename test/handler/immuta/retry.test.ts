import { isRepeatable, computeRetryDelay } from '../../../src/handler/immuta/retry';

const NOW = Date.parse('2026-11-23T04:26:00Z');

test.each([
  ['GET', undefined, true],
  ['PUT', undefined, true],
  ['DELETE', undefined, true],
  ['POST', undefined, false],
  ['POST', 429, false],
  ['POST', 503, false],
  ['POST', 408, false],
  ['GET', 429, true],
  ['GET', 500, true],
  ['PUT', 502, true],
  ['DELETE', 503, true],
  ['GET', 504, true],
  ['GET', 408, true],
  ['PUT', 408, true],
  ['DELETE', 522, true],
  ['GET', 599, true],
  ['GET', 501, false],
  ['GET', 400, false],
  ['GET', 401, false],
  ['GET', 404, false],
  ['DELETE', 409, false],
  ['PUT', 422, false],
])('decides whether a %s is retried after %p: %p', (method, status, again) => {
  expect(isRepeatable({ method, status })).toBe(again);
});

test.each([
  [1, 500],
  [2, 1_000],
  [3, 2_000],
  [4, 4_000],
  [5, 8_000],
  [6, 10_000],
  [2_000, 10_000],
])('waits after attempt %p for %p ms, in the middle of the jitter', (attempt, delay) => {
  expect(computeRetryDelay({ attempt, until: NOW + 60_000 }, NOW, 0.5)).toBe(delay);
});

test.each([
  ['seconds', '7', 7_000],
  ['more seconds than are left', '90', 90_000],
  ['zero', '0', 1_000],
  ['a date', 'Mon, 23 Nov 2026 04:26:30 GMT', 30_000],
  ['a date in another form', '23 Nov 2026 04:26:30 +0000', 30_000],
  ['a date in the past', 'Mon, 23 Nov 2026 04:00:00 GMT', 1_000],
  ['more than the longest wait', '86400', 120_000],
  ['nonsense', 'soon', 500],
  ['nothing', '', 500],
])('waits as Retry-After says with %s', (_, retryAfter, delay) => {
  expect(computeRetryDelay({ retryAfter, attempt: 1, until: NOW + 60_000 }, NOW, 0.5)).toBe(delay);
});

test.each([
  [1, 1],
  [0, undefined],
  [-1, undefined],
])('sends the last attempt of %p ms that are left after %p', (left, delay) => {
  expect(computeRetryDelay({ attempt: 6, until: NOW + left }, NOW, 0.5)).toBe(delay);
  expect(computeRetryDelay({ attempt: 6, until: NOW + left, retryAfter: '7' }, NOW, 0.5)).toBe(delay && 7_000);
});
