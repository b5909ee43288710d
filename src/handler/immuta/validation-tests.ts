import { Failure } from '../failure';

/**
 * The tests that Immuta runs before it creates or changes an S3 integration, by the names in its responses.
 *
 * @see https://documentation.immuta.com/SaaS/developer-guides/api-intro/integrations-api/reference-guides/response-schema
 */
export interface ValidationTest {
  readonly name: string;
  /** What to do if it fails: a sentence without its full stop. */
  readonly hint: string;
  /** The same for an integration that exists: what is in its way may be its own. @default - `hint` */
  readonly hintIfItExists?: string;
  /** Whether it also fails while a new role or policy is not in force yet, and then passes by itself. */
  readonly failsBeforeIamPropagates: boolean;
  /** Whether it fails because of another integration or location. */
  readonly failsOnConflict?: boolean;
  /** Whether AWS can be asked about the same thing. */
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
    hint: 'Remove the integration that has this configuration in Immuta, or give this one another location',
    hintIfItExists: 'Look for another integration with this configuration in Immuta: the test may also mean this one',
    failsBeforeIamPropagates: false,
    failsOnConflict: true,
  },
  {
    name: 'The provided integration name is unique across Immuta S3 integrations',
    hint: "Set another 'integrationName', or remove the S3 integration that has this name",
    hintIfItExists: "Set another 'integrationName' if another S3 integration has this name",
    failsBeforeIamPropagates: false,
    failsOnConflict: true,
  },
  {
    name: 'The provided access grants location role is a valid ARN format',
    hint: "Check that 'locationRole' exists in the account of the integration",
    failsBeforeIamPropagates: true,
  },
  {
    name: "The provided AWS credentials allow fetching the caller's identity via the AWS STS API",
    hint: "Check that the trust policy of Immuta's role names the principal that Immuta runs as and the external ID "
      + 'that Immuta sends, or that its access key is active',
    failsBeforeIamPropagates: true,
    isAboutAws: true,
  },
  {
    name: 'An AWS Access Grants instance is configured in the provided AWS account and region',
    hint: "Check that the account has an S3 Access Grants instance in this Region, and that Immuta's role may read it "
      + '(s3:GetAccessGrantsInstance, and s3:ListAccessGrantsInstances on all resources)',
    failsBeforeIamPropagates: true,
    isAboutAws: true,
  },
  {
    name: 'The provided S3 path exists and Immuta can list prefixes',
    hint: "Check that the bucket exists in this Region, and that Immuta's role may list it (s3:ListBucket), also in "
      + "the bucket's own policy if it belongs to another account, or admits certain networks only (aws:SourceVpce, "
      + 'aws:SourceVpc, aws:SourceIp), which must include those of Immuta',
    failsBeforeIamPropagates: true,
    isAboutAws: true,
  },
  {
    name: 'An AWS Access Grants location does not yet exist for the provided path',
    hint: 'Remove the location that is registered on this path in S3 Access Grants, with its grants, if it is not in '
      + 'use: Immuta registers the location itself',
    hintIfItExists: 'Keep the location that is registered on this path, because it may be the one of this integration, '
      + "and ask Immuta's support why the test fails",
    failsBeforeIamPropagates: false,
    failsOnConflict: true,
    isAboutAws: true,
  },
];

const BY_NAME = new Map(VALIDATION_TESTS.map((test) => [test.name, test]));

/** What AWS says of a role or policy that is not in force yet, if Immuta quotes it outside the tests that we know. */
const REFUSED_BY_IAM = /AccessDenied|not authorized to perform|InvalidIamRole/;

/** A failure that Immuta's tests explain. */
export class ValidationFailure extends Failure {
  public readonly name = 'ValidationFailure';

  constructor(
    why: Failure,
    public readonly failedTests: readonly FailedTest[],
  ) {
    super(why.code, why, { cause: why });
  }
}

/** Whether a retry may help: not if one failure is unknown or unrelated. No failure at all may well be IAM. */
export function isExplainedByIamPropagation(failed: readonly FailedTest[]): boolean {
  return failed.every(
    ({ name, message = '' }) => BY_NAME.get(name)?.failsBeforeIamPropagates ?? REFUSED_BY_IAM.test(message),
  );
}

/** Whether something that exists explains the failure: perhaps what the same request created before. */
export function isExplainedByConflict(failed: readonly FailedTest[]): boolean {
  return failed.length > 0 && failed.every(({ name }) => BY_NAME.get(name)?.failsOnConflict);
}

/** Describes each failed test with Immuta's message. Empty if none failed. */
export function describeFailedTests(failed: readonly FailedTest[]): string {
  return failed.map(({ name, message }) => `'${name}' failed${message ? `: ${message}` : ''}`).join('; ');
}

/** Describes a record's status with Immuta's message and the failed tests. Empty if there are none. */
export function describeDetails({ message, failedTests }: {
  readonly message?: string;
  readonly failedTests: readonly FailedTest[];
}): string {
  return [message, describeFailedTests(failedTests)].filter(Boolean).join('; ');
}

/**
 * Returns what to do about each failed test, and then.
 *
 * @param exists whether the integration exists, so that it must not be removed, nor its location
 */
export function renderHints(failed: readonly FailedTest[], then: string, exists: boolean): string {
  const hints = failed
    .map(({ name }) => BY_NAME.get(name))
    .filter((test) => test !== undefined)
    .map(({ hint, hintIfItExists }) => (exists ? (hintIfItExists ?? hint) : hint));
  return [...new Set(hints.length > 0 ? hints : ['Remove the cause']), then].join('. ');
}

/** Whether AWS can be asked about one of the tests. */
export function isAboutAws(failed: readonly FailedTest[]): boolean {
  return failed.some(({ name }) => BY_NAME.get(name)?.isAboutAws);
}
