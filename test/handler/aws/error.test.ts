import { isTransient } from '../../../src/handler/aws/error';

const answer = (name: string, httpStatusCode?: number) =>
  Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } });

test.each([
  [true, 'of a service that is broken', answer('ServiceFailure', 500)],
  [true, 'that throttles', answer('Throttling', 400)],
  [true, 'that throttles, in the words of IAM', answer('RequestLimitExceeded', 400)],
  [true, 'of IAM, which is changing the same user', answer('ConcurrentModification', 409)],
  [true, 'without an answer', answer('TimeoutError')],
  [true, 'of the network', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
  [true, 'of our own time limit', Object.assign(new Error('aborted'), { name: 'AbortError' })],
  [false, 'that will not change', answer('LimitExceeded', 409)],
  [false, 'that is a bug', new TypeError('undefined is not a function')],
])('decides whether an error is transient (%s): one %s', (expected, _, error) => {
  expect(isTransient(error)).toBe(expected);
});
