import { explainFailedTests, isExplainedByIamPropagation, VALIDATION_TESTS } from '../../../src/handler/immuta/validation-tests';

// as Immuta's documentation lists them
const NAMES: [string, boolean][] = [
  ['There is no existing integration matching this configuration', false],
  ['The provided integration name is unique across Immuta S3 integrations', false],
  ['The provided access grants location role is a valid ARN format', true],
  ["The provided AWS credentials allow fetching the caller's identity via the AWS STS API", true],
  ['An AWS Access Grants instance is configured in the provided AWS account and region', true],
  ['The provided S3 path exists and Immuta can list prefixes', true],
  ['An AWS Access Grants location does not yet exist for the provided path', false],
];

test('there are seven, and each has a hint of its own', () => {
  expect(VALIDATION_TESTS.map(({ name, failsBeforeIamPropagates }) => [name, failsBeforeIamPropagates])).toEqual(NAMES);
  expect(new Set(VALIDATION_TESTS.map(({ hint }) => hint)).size).toBe(7);
});

test.each(NAMES)('a failing test %p may be IAM: %p', (name, iam) => {
  expect(isExplainedByIamPropagation([{ name }])).toBe(iam);
});

test('a failure without tests may be IAM; one with another test among them is not', () => {
  expect(isExplainedByIamPropagation([])).toBe(true);
  expect(isExplainedByIamPropagation([{ name: NAMES[3][0] }, { name: NAMES[6][0] }])).toBe(false);
  expect(isExplainedByIamPropagation([{ name: 'A test of next year' }])).toBe(false);
});

test.each([
  ['AccessDenied: User: arn:aws:sts::… is not authorized to perform: iam:PassRole on resource: …', true],
  ['InvalidIamRole: The specified IAM role is invalid', true],
  ['The bucket is full.', false],
])('a test that nobody knows and fails with %p may be IAM: %p', (message, iam) => {
  expect(isExplainedByIamPropagation([{ name: 'A test of next year', message }])).toBe(iam);
});

test('a test that nobody knows is reported without a hint', () => {
  expect(explainFailedTests([{ name: 'A test of next year', message: 'No.' }])).toBe("'A test of next year' failed: No.");
});
