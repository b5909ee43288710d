import {
  describeDetails,
  describeFailedTests,
  isAboutAws,
  isExplainedByConflict,
  renderHints,
  isExplainedByIamPropagation,
  VALIDATION_TESTS,
} from '../../../src/handler/immuta/validation-tests';

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

test('knows seven validation tests, each with its own hint', () => {
  expect(VALIDATION_TESTS.map(({ name, failsBeforeIamPropagates }) => [name, failsBeforeIamPropagates])).toEqual(NAMES);
  expect(new Set(VALIDATION_TESTS.map(({ hint }) => hint)).size).toBe(7);
});

test.each(NAMES)('decides whether IAM propagation may explain that the test %p fails: %p', (name, iam) => {
  expect(isExplainedByIamPropagation([{ name }])).toBe(iam);
});

test('accepts IAM propagation as the cause of a failure without tests, but not with other tests', () => {
  expect(isExplainedByIamPropagation([])).toBe(true);
  expect(isExplainedByIamPropagation([{ name: NAMES[3][0] }, { name: NAMES[6][0] }])).toBe(false);
  expect(isExplainedByIamPropagation([{ name: 'A test of next year' }])).toBe(false);
});

test.each([
  ['AccessDenied: User: arn:aws:sts::… is not authorized to perform: iam:PassRole on resource: …', true],
  ['InvalidIamRole: The specified IAM role is invalid', true],
  ['The bucket is full.', false],
])('decides whether IAM propagation may explain that an unknown test fails with %p: %p', (message, iam) => {
  expect(isExplainedByIamPropagation([{ name: 'A test of next year', message }])).toBe(iam);
});

test('describes an unknown validation test with a general hint', () => {
  const failed = [{ name: 'A test of next year', message: 'No.' }];
  expect(describeFailedTests(failed)).toBe("'A test of next year' failed: No.");
  expect(renderHints(failed, 'Then try again', false)).toBe('Remove the cause. Then try again');
});

test('gives one hint for each known validation test that fails', () => {
  const hints = renderHints(
    [{ name: NAMES[1][0] }, { name: 'A test of next year' }, { name: NAMES[2][0] }],
    'Then try again',
    false,
  );
  expect(hints).toBe(
    "Set another 'integrationName', or remove the S3 integration that has this name. " +
      "Check that 'locationRole' exists in the account of the integration. Then try again",
  );
});

test.each(NAMES)('does not advise to remove what an integration that exists has itself: %p', (name) => {
  expect(renderHints([{ name }], 'Then try again', true)).not.toMatch(/remove/i);
});

const failed = (...numbers: number[]) => numbers.map((number) => ({ name: NAMES[number - 1][0] }));
const UNKNOWN = { name: 'A test of next year' };

test.each([
  ['no test', [], false],
  ['the test of the configuration', failed(1), true],
  ['the tests of configuration, name and location', failed(1, 2, 7), true],
  ['the test of the credentials', failed(4), false],
  ['tests of both kinds', failed(1, 4), false],
  ['an unknown test', [UNKNOWN], false],
  ['an unknown test beside that of the name', [...failed(2), UNKNOWN], false],
])('decides whether what exists explains that %s fails: %p', (_, tests, expected) => {
  expect(isExplainedByConflict(tests)).toBe(expected);
});

test.each([
  ['no test', [], false],
  ['the test of the name', failed(2), false],
  ['the test of the role', failed(3), false],
  ['the test of the credentials', failed(4), true],
  ['the test of the path, beside an unknown one', [UNKNOWN, ...failed(6)], true],
  ['an unknown test', [UNKNOWN], false],
])('decides whether AWS can be asked why %s fails: %p', (_, tests, expected) => {
  expect(isAboutAws(tests)).toBe(expected);
});

test.each([
  [undefined, [], ''],
  ['No', [], 'No'],
  ['No', [{ name: 'A', message: 'x' }, { name: 'B' }], "No; 'A' failed: x; 'B' failed"],
])('describes the status of a record with the message %p', (message, failedTests, expected) => {
  expect(describeDetails({ message, failedTests })).toBe(expected);
});
