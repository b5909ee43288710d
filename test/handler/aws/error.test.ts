import { createAwsFailure, describeAwsError, isAccessDenied, isTransient } from '../../../src/handler/aws/error';

const answer = (name: string, httpStatusCode?: number, message = 'no') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });

test.each([
  [true, 'of a service that is broken', answer('ServiceFailure', 500)],
  [true, 'that throttles', answer('Throttling', 400)],
  [true, 'that throttles, in new words', answer('Busy', 429)],
  [true, 'that throttles, in the words of IAM', answer('RequestLimitExceeded', 400)],
  [true, 'of IAM, which is changing the same user', answer('ConcurrentModification', 409)],
  [true, 'without an answer', answer('TimeoutError')],
  [true, 'of the network', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
  [true, 'of our own time limit', Object.assign(new Error('aborted'), { name: 'AbortError' })],
  [true, 'of the time limit of a signal', Object.assign(new Error('timed out'), { name: 'TimeoutError' })],
  [false, 'that will not change', answer('LimitExceeded', 409)],
  [false, 'that is nothing', null],
  [false, 'that is a bug', new TypeError('undefined is not a function')],
])('decides whether an error is transient (%s): one %s', (expected, _, error) => {
  expect(isTransient(error)).toBe(expected);
});

test.each([
  ['AccessDenied', 400, true],
  ['AccessDeniedException', 400, true],
  ['NotAccessDenied', 400, false],
  ['UnauthorizedOperation', 403, true],
  ['UnauthorizedOperation', 400, false],
])('decides whether %s with the status %i is a denial: %s', (name, status, expected) => {
  expect(isAccessDenied(answer(name, status))).toBe(expected);
});

test.each([
  ['AWS SDK error wrapper for NoSuchEntity: It is gone.', 'NoSuchEntity: It is gone'],
  ['AWS SDK error wrapper for It is gone.', 'NoSuchEntity: It is gone'],
  ['It has an AWS SDK error wrapper for it.', 'NoSuchEntity: It has an AWS SDK error wrapper for it'],
  ['NoSuchEntity', 'NoSuchEntity'],
  ['UnknownError', 'NoSuchEntity'],
])('describes an error with the message %p', (message, expected) => {
  expect(describeAwsError(answer('NoSuchEntity', 404, message))).toBe(expected);
});

test('describes an error without words by its status', () => {
  expect(describeAwsError(answer('Error', 404, 'UnknownError'))).toBe('HTTP status 404');
});

test('describes an error of the SDK itself without its name', () => {
  const error = answer('CredentialsProviderError', undefined, 'No credentials.');

  expect(describeAwsError(error)).toBe('No credentials');
});

test('describes a response that does not come from AWS and has no status', () => {
  const error = answer('SyntaxError', undefined, 'Unexpected token');

  expect(describeAwsError(error)).toBe('the response does not come from AWS');
});

test('says which certificate is not trusted', () => {
  const error = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });

  expect(createAwsFailure({ name: 'AWS IAM', isGlobal: true }, 'ListAccessKeys', error)).toMatchObject({
    name: 'AwsFailure',
    code: 'CERTIFICATE_NOT_TRUSTED',
    text: expect.stringContaining('the certificate of AWS IAM is not trusted: self-signed certificate'),
  });
});

test.each([
  [false, 'no answer from AWS IAM in eu-west-1 to ListAccessKeys: '],
  [true, 'no answer from AWS IAM to ListAccessKeys: '],
])('names the Region of a service unless it is global (%s)', (isGlobal, expected) => {
  process.env.AWS_REGION = 'eu-west-1';
  const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

  expect(createAwsFailure({ name: 'AWS IAM', isGlobal }, 'ListAccessKeys', error)).toMatchObject({
    text: expect.stringContaining(expected),
  });
});
