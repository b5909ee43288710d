import { AwsError, AwsServices } from '../aws';
import { IntegrationRecord, S3Config, ValidationResults, ValidationTest } from './model';

/** The validation tests, in Immuta's words and order. */
export const VALIDATION_TESTS = [
  'There is no existing integration matching this configuration',
  'The provided integration name is unique across Immuta S3 integrations',
  'The provided access grants location role is a valid ARN format',
  "The provided AWS credentials allow fetching the caller's identity via the AWS STS API",
  'An AWS Access Grants instance is configured in the provided AWS account and region',
  'The provided S3 path exists and Immuta can list prefixes',
  'An AWS Access Grants location does not yet exist for the provided path',
] as const;

/** On delete Immuta runs these alone. */
const DELETE_TESTS = [3, 4, 5, 6];

/** Who Immuta is when it comes to AWS. */
export interface ImmutaIdentity {
  /** ARN that assumes `awsRoleToAssume`; what Immuta runs as where there is none. */
  principal: string;
  /** What Immuta sends as external id. @default - nothing */
  externalId?: string;
}

export interface ValidationSubject {
  readonly config: S3Config;
  /** The record that is edited or deleted. */
  readonly own?: IntegrationRecord;
  readonly others: readonly IntegrationRecord[];
}

/** The principal as which Immuta acts for a configuration, if its credentials are any good. */
export async function readCredentials(
  config: S3Config,
  aws: AwsServices,
  { principal, externalId }: ImmutaIdentity,
): Promise<string | undefined> {
  if (config.authenticationType === 'accessKey') {
    return aws.iam.authenticate(config.awsAccessKeyId!, config.awsSecretAccessKey!);
  }
  if (!config.awsRoleToAssume) return aws.iam.exists(principal) ? principal : undefined;
  const keys = externalId === undefined ? undefined : { 'sts:ExternalId': externalId };
  if (!await aws.iam.assumable(config.awsRoleToAssume, principal, keys)) return undefined;
  aws.cloudTrail.recordAssumeRole(config.awsRoleToAssume, principal, externalId);
  return config.awsRoleToAssume;
}

/**
 * Runs the tests against AWS: all seven, or the four of a delete. `forced` is the number of a test that a fault makes
 * fail.
 */
export async function validate(
  subject: ValidationSubject,
  on: string,
  aws: AwsServices,
  identity: ImmutaIdentity,
  forced?: { test: number; message?: string },
): Promise<ValidationResults> {
  const caller = await readCredentials(subject.config, aws, identity);
  const tests: ValidationTest[] = [];
  for (const [index, name] of VALIDATION_TESTS.entries()) {
    const number = index + 1;
    if (on === 'delete' && !DELETE_TESTS.includes(number)) continue;
    if (forced?.test === number) {
      tests.push({ name, status: 'failed', message: forced.message ?? `Scripted failure of test ${number}.` });
    } else if (!caller && number > 4) {
      tests.push({ name, status: 'skipped' });
    } else {
      const message = await CHECKS[index](subject, aws, caller!);
      tests.push(message ? { name, status: 'failed', message } : { name, status: 'passed' });
    }
  }
  return { status: tests.some(({ status }) => status === 'failed') ? 'failed' : 'passed', validationTests: tests };
}

/** One check for each test: what is wrong, or nothing. */
const CHECKS: ((subject: ValidationSubject, aws: AwsServices, caller: string) => Promise<string | undefined>)[] = [
  async ({ config, others }) => {
    const same = others.find((other) => IDENTITY.every((key) => other.config[key] === config[key]));
    return same && `Integration with ID ${same.id} has this configuration.`;
  },
  async ({ config, others }) => {
    const same = others.find((other) => other.config.name === config.name);
    return same && `Integration with ID ${same.id} has the name ${config.name}.`;
  },
  async ({ config }) =>
    /^arn:aws[\w-]*:iam::\d{12}:role\/.+/.test(config.awsLocationRole)
      ? undefined
      : `${config.awsLocationRole} is not the ARN of a role.`,
  async (_, __, caller) => (caller ? undefined : 'The security token included in the request is invalid.'),
  async ({ config }, aws, caller) =>
    failure(async () => {
      await aws.s3Control.execute(caller, 'ListAccessGrantsInstances', parseInstance(config));
      await aws.s3Control.execute(caller, 'GetAccessGrantsInstance', parseInstance(config));
    }),
  async ({ config }, aws, caller) => failure(() => listPrefixes(config.awsLocationPath, aws, caller)),
  async ({ config, own }, aws, caller) =>
    failure(async () => {
      const input = { ...parseInstance(config), locationscope: config.awsLocationPath };
      const { AccessGrantsLocationsList } = await aws.s3Control.execute(caller, 'ListAccessGrantsLocations', input);
      const [location] = AccessGrantsLocationsList.AccessGrantsLocation;
      if (location && location.AccessGrantsLocationId !== own?.locationId) throw new LocationExists();
    }),
];

const IDENTITY = ['awsAccountId', 'awsRegion', 'awsLocationPath'] as const;

/** The message of test 7, and of the 409 that it becomes on create. */
export class LocationExists extends AwsError {
  static readonly MESSAGE = 'Access Grants location already exists on provided path.';

  constructor() {
    super(409, 'LocationExists', LocationExists.MESSAGE);
  }
}

export function parseInstance(config: S3Config): { accountId: string; region: string } {
  return { accountId: config.awsAccountId, region: config.awsRegion };
}

async function listPrefixes(path: string, aws: AwsServices, caller: string): Promise<void> {
  const [, bucketName, prefix] = path.match(/^s3:\/\/([^/]*)\/?(.*)$/) ?? [];
  if (bucketName === undefined) throw new AwsError(400, 'InvalidPath', `${path} is not an S3 path.`);
  if (bucketName === '') {
    return demand(await aws.iam.authorize(caller, 's3:ListAllMyBuckets', '*'), 's3:ListAllMyBuckets', '*');
  }
  const bucket = aws.buckets.bucket(bucketName);
  const arn = `arn:aws:s3:::${bucketName}`;
  const allowed = await aws.iam.authorize(caller, 's3:ListBucket', arn, {
    keys: { 's3:prefix': prefix, 'aws:ResourceAccount': bucket.accountId },
    resourcePolicy: bucket.policy,
    resourceAccount: bucket.accountId,
  });
  demand(allowed, 's3:ListBucket', arn);
}

function demand(allowed: boolean, action: string, resource: string): void {
  if (!allowed) {
    throw new AwsError(403, 'AccessDenied', `Not authorized to perform: ${action} on resource: ${resource}`);
  }
}

/** What AWS has against it. */
async function failure(check: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return error instanceof LocationExists ? error.message : `${error.code}: ${error.message}`;
  }
}
