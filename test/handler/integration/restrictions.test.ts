import { createFailure } from '../../../src/handler/failure';
import { adviseOnRestrictions } from '../../../src/handler/integration/restrictions';

const SCOPE = "set 'restrictScope' of the integration to false";
const PASS_ROLE = "set 'restrictPassRole' of the integration to false";
const DENIED = (action: string) =>
  `AccessDenied: User: arn:aws:sts::1:assumed-role/i/s is not authorized to perform: ${action}`;

const refusal = (message: string) =>
  createFailure('IMMUTA_REQUEST_REFUSED', { request: 'POST /integrations', status: 400, message: `: ${message}` });

test.each([
  [DENIED('s3:CreateAccessGrantsLocation'), [SCOPE]],
  [DENIED('s3:DeleteAccessGrantsLocation'), [SCOPE]],
  [DENIED('s3:CreateAccessGrant'), [SCOPE]],
  [DENIED('iam:PassRole'), [PASS_ROLE]],
  ['An error occurred (AccessDenied) when calling the UpdateAccessGrantsLocation operation: Access Denied', [SCOPE]],
  ['Access Denied', [SCOPE, PASS_ROLE]],
  [DENIED('s3:ListBucket'), []],
  [DENIED('s3:ListAccessGrantsLocations'), []],
  [DENIED('s3:CreateAccessGrantsInstance'), []],
  ['An error occurred (AccessDenied) when calling the AssumeRole operation: Access Denied', []],
  ['The bucket does not exist', []],
])('names the options that explain a refusal of Immuta with %p: %p', (message, advice) => {
  const { remedy, text, code } = adviseOnRestrictions(refusal(message));
  expect([SCOPE, PASS_ROLE].filter((each) => remedy.includes(each))).toEqual(advice);
  expect({ text, code }).toEqual({ text: refusal(message).text, code: 'IMMUTA_REQUEST_REFUSED' });
});

test('names no option of the integration when the function itself is denied', () => {
  const why = createFailure('AWS_ACCESS_DENIED', { service: 'S3', operation: 'GetObject', cause: 'Access Denied' });
  expect(adviseOnRestrictions(why)).toBe(why);
});
