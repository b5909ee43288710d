/**
 * The tests that Immuta runs before it creates or changes an S3 integration, by the names that its answers have.
 *
 * @see https://documentation.immuta.com/SaaS/developer-guides/api-intro/integrations-api/reference-guides/response-schema
 */
export interface ValidationTest {
  readonly name: string;
  /** What to do when it fails. */
  readonly hint: string;
  /** It also fails while a new role or policy is not in force yet, and then passes by itself. */
  readonly failsBeforeIamPropagates: boolean;
  /** AWS can be asked about the same thing. */
  readonly isAboutAws?: boolean;
}

/** A test that failed, as Immuta reports it. */
export interface FailedTest {
  readonly name: string;
  readonly message?: string;
}

export const VALIDATION_TESTS: readonly ValidationTest[] = [
  {
    name: 'There is no existing integration matching this configuration',
    hint: 'Immuta has an integration with this configuration: remove that one, or give this one another location',
    failsBeforeIamPropagates: false,
  },
  {
    name: 'The provided integration name is unique across Immuta S3 integrations',
    hint: 'another S3 integration has this name: give another \'integrationName\', or remove the other integration',
    failsBeforeIamPropagates: false,
  },
  {
    name: 'The provided access grants location role is a valid ARN format',
    hint: 'check that \'locationRole\' exists in the account of the integration',
    failsBeforeIamPropagates: true,
  },
  {
    name: "The provided AWS credentials allow fetching the caller's identity via the AWS STS API",
    hint: 'Immuta cannot act in AWS: check that the role\'s trust policy names the principal that Immuta runs as, and the external id that '
      + 'Immuta sends, or that its access key is active',
    failsBeforeIamPropagates: true,
    isAboutAws: true,
  },
  {
    name: 'An AWS Access Grants instance is configured in the provided AWS account and region',
    hint: 'check that the account has an S3 Access Grants instance in this Region, and that Immuta\'s role may read it '
      + '(s3:GetAccessGrantsInstance, and s3:ListAccessGrantsInstances on all resources)',
    failsBeforeIamPropagates: true,
    isAboutAws: true,
  },
  {
    name: 'The provided S3 path exists and Immuta can list prefixes',
    hint: 'check that the bucket exists in this Region, and that Immuta\'s role may list it (s3:ListBucket), '
      + 'in the bucket\'s own policy too if it belongs to another account',
    failsBeforeIamPropagates: true,
    isAboutAws: true,
  },
  {
    name: 'An AWS Access Grants location does not yet exist for the provided path',
    hint: 'Immuta registers the location itself: remove the one that is registered on this path in S3 Access Grants, '
      + 'with its grants, once nobody needs it',
    failsBeforeIamPropagates: false,
    isAboutAws: true,
  },
];

const BY_NAME = new Map(VALIDATION_TESTS.map((test) => [test.name, test]));

/** What AWS says of a role or policy that is not in force yet, where Immuta quotes it outside the tests that we know. */
const REFUSED_BY_IAM = /AccessDenied|not authorized to perform|InvalidIamRole/;

/** One unknown or unrelated failure is enough for another try to be of no use; none at all may well be IAM. */
export function isExplainedByIamPropagation(failed: readonly FailedTest[]): boolean {
  return failed.every(({ name, message = '' }) => BY_NAME.get(name)?.failsBeforeIamPropagates ?? REFUSED_BY_IAM.test(message));
}

/** Each failing test, Immuta's message and our hint; empty if none failed. */
export function explainFailedTests(failed: readonly FailedTest[]): string {
  return failed.map(({ name, message }) => {
    const hint = BY_NAME.get(name)?.hint;
    return `'${name}' failed${message ? `: ${message}` : ''}${hint ? ` (${hint})` : ''}`;
  }).join('; ');
}

/** Whether one of them is about something that AWS can be asked about as well. */
export function isAboutAws(failed: readonly FailedTest[]): boolean {
  return failed.some(({ name }) => BY_NAME.get(name)?.isAboutAws);
}
