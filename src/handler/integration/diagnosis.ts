import { locationOf } from './desired-state';
import { ValidationError } from './failure';
import { ListRegisteredLocations, RegisteredLocation } from '../aws/access-grants-locations';
import { Denial, Needed, Simulate } from '../aws/policy-simulator';
import { isAboutAws } from '../immuta/validation-tests';
import { describeLocation, Location } from '../location';
import { Properties } from '../protocol/event';
import { Work } from '../protocol/run';
import { Deadline } from '../runtime/deadline';

/** Whom to ask when Immuta's validation has failed. */
export interface DiagnosisTools {
  readonly listLocations: ListRegisteredLocations;
  readonly simulate: Simulate;
}

/**
 * The same work, whose failures say what AWS says where Immuta's tests of credentials, instance, path or location have failed. Whom AWS tells
 * nothing adds nothing.
 */
export function diagnosed(work: Work, tools: DiagnosisTools): Work {
  return {
    ...work,
    perform: async (event, workTools) => {
      try {
        return await work.perform(event, workTools);
      } catch (error) {
        if (!isAboutAws(failedTestsOf(error))) {
          throw error;
        }
        const findings = await diagnose(event.properties, workTools.deadline.withoutPatience(), tools);
        throw findings.length > 0 ? new Error(`${(error as Error).message}; ${findings.join('; ')}`, { cause: error }) : error;
      }
    },
  };
}

/** The tests that an error is about, or what it was caused by. */
function failedTestsOf(error: unknown): ValidationError['failedTests'] {
  if (error instanceof ValidationError) {
    return error.failedTests;
  }
  return error instanceof Error && error.cause ? failedTestsOf(error.cause) : [];
}

async function diagnose(properties: Properties, deadline: Deadline, { listLocations, simulate }: DiagnosisTools): Promise<string[]> {
  const location = locationOf(properties);
  const findings = await Promise.all([
    answerOf(deadline, async () => describeInstance(location, await listLocations(location, deadline))),
    properties.DiagnosedPrincipalArn ? answerOf(deadline, () => diagnosePermissions(properties, simulate)) : undefined,
  ]);
  return findings.filter((finding) => finding !== undefined);
}

/** Nothing if AWS does not tell, or if there is no time to ask. */
async function answerOf(deadline: Deadline, ask: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    deadline.check();
    return await ask();
  } catch {
    return undefined;
  }
}

function describeInstance(location: Location, registered: RegisteredLocation[] | undefined): string {
  const { accountId, region } = location;
  if (!registered) {
    return `AWS says that account ${accountId} has no S3 Access Grants instance in ${region}`;
  }
  const locations = registered.map(({ id, roleArn }) => `location ${id} with the role ${roleArn}`);
  return `AWS says that account ${accountId} has an S3 Access Grants instance in ${region}, and that `
    + `${locations.length > 0 ? locations.join(' and ') : 'no location'} is registered on ${describeLocation(location)}`;
}

/** Nothing if the simulator knows of no denial, and could not decide each. */
async function diagnosePermissions(properties: Properties, simulate: Simulate): Promise<string | undefined> {
  const principalArn = properties.DiagnosedPrincipalArn!;
  const simulations = await Promise.all(neededBy(properties).map((needed) => simulate(principalArn, needed)));
  const denials = simulations.flatMap((simulation) => simulation.denials);
  if (denials.length === 0) {
    return simulations.some(({ isComplete }) => !isComplete) ? undefined : `AWS's policy simulator finds nothing that ${principalArn} is denied; it knows neither its trust policy nor those of buckets and endpoints`;
  }
  return `AWS's policy simulator says that ${principalArn} is denied ${denials.map(describeDenial).join(', ')}`;
}

function describeDenial({ action, resource, by }: Denial): string {
  const who = {
    'policies': 'no policy of its own allows it',
    'explicit deny': 'a policy denies it',
    'permissions boundary': 'its permissions boundary',
    'organization': 'a policy of the organization',
  }[by];
  return `${action} on ${resource} (${who})`;
}

/** IAM has one endpoint in a partition. */
const IAM_REGIONS: Record<string, string> = { 'aws': 'us-east-1', 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' };

/** What Immuta cannot do without, one action for each thing that its policy names. */
function neededBy(properties: Properties): Needed[] {
  const { AccountId: account, Region: region = '', LocationPath: path = '', LocationRoleArn: role = '', BucketAccountId: owner } = properties;
  const [, partition = 'aws'] = role.split(':');
  const instance = `arn:${partition}:s3:${region}:${account}:access-grants/default`;
  const iam = { resource: role, region: IAM_REGIONS[partition] ?? region };
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return [
    { actions: ['s3:GetAccessGrantsInstance', 's3:ListAccessGrantsLocations'], resource: instance, region },
    { actions: ['s3:ListAccessGrantsInstances', ...bucket ? [] : ['s3:ListAllMyBuckets']], resource: '*', region },
    { actions: ['s3:CreateAccessGrantsLocation', 's3:DeleteAccessGrantsLocation'], resource: `${instance}/location/default`, region },
    { actions: ['s3:CreateAccessGrant', 's3:DeleteAccessGrant'], resource: `${instance}/grant/default`, region },
    { actions: ['iam:GetRole'], ...iam },
    { actions: ['iam:PassRole'], ...iam, context: { 'iam:PassedToService': 'access-grants.s3.amazonaws.com' } },
    ...bucket ? [{
      actions: ['s3:ListBucket'],
      resource: `arn:${partition}:s3:::${bucket}`,
      region,
      context: { 's3:prefix': prefix, ...owner ? { 'aws:ResourceAccount': owner } : {} },
    }] : [],
  ];
}
