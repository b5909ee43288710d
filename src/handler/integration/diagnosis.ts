import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { parseLocation } from './desired-state';
import { listRegisteredLocations, RegisteredLocation } from '../aws/access-grants-locations';
import { Denial, NeededActions, simulatePolicies, Simulation } from '../aws/policy-simulator';
import { FailedTest, isAboutAws, ValidationFailure } from '../immuta/validation-tests';
import { describeLocation, Location } from '../location';
import { Properties } from '../protocol/event';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

export interface DiagnosisTools {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly s3Control?: S3ControlClientConfig;
}

/**
 * Returns what AWS says about a failed validation of Immuta: about its tests of credentials, instance, path or
 * location. Best effort: what AWS does not answer is left out.
 */
export async function diagnoseFailure(
  error: unknown,
  properties: Properties,
  tools: DiagnosisTools,
): Promise<string[]> {
  if (!isAboutAws(findFailedTests(error))) {
    return [];
  }
  const once = { ...tools, deadline: tools.deadline.withoutRetries() };
  const location = parseLocation(properties);
  const findings = await Promise.all([
    tryAnswer(once, async () =>
      describeInstance(location, await listRegisteredLocations(location, properties.LocationRoleArn, once)),
    ),
    properties.DiagnosedPrincipalArn ? tryAnswer(once, () => diagnosePermissions(properties, once)) : undefined,
  ]);
  return findings.filter((finding) => finding !== undefined);
}

/** Returns the tests that an error, or its cause, is about. */
function findFailedTests(error: unknown): readonly FailedTest[] {
  if (error instanceof ValidationFailure) {
    return error.failedTests;
  }
  return error instanceof Error && error.cause ? findFailedTests(error.cause) : [];
}

/** Undefined if AWS does not answer, or if there is no time to ask. */
async function tryAnswer(
  { deadline }: DiagnosisTools,
  ask: () => Promise<string | undefined>,
): Promise<string | undefined> {
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
  return (
    `AWS says that account ${accountId} has an S3 Access Grants instance in ${region}, and that ` +
    `${locations.length > 0 ? locations.join(' and ') : 'no location'} is registered on ${describeLocation(location)}`
  );
}

/** Simulates what Immuta needs to do with the policies of its role or user. */
export async function simulateNeededActions(
  properties: Properties,
  tools: Pick<DiagnosisTools, 'deadline' | 'log'>,
): Promise<Simulation> {
  const simulations = await Promise.all(
    listNeededActions(properties).map((needed) =>
      simulatePolicies(properties.DiagnosedPrincipalArn!, needed, tools),
    ),
  );
  return {
    denials: simulations.flatMap(({ denials }) => denials),
    isComplete: simulations.every(({ isComplete }) => isComplete),
  };
}

/** Undefined if the simulator knows of no denial but could not decide each action. */
async function diagnosePermissions(properties: Properties, tools: DiagnosisTools): Promise<string | undefined> {
  const principalArn = properties.DiagnosedPrincipalArn!;
  const { denials, isComplete } = await simulateNeededActions(properties, tools);
  if (denials.length > 0) {
    return `AWS's policy simulator says that ${principalArn} is denied ${denials.map(describeDenial).join(', ')}`;
  }
  return isComplete
    ? `AWS's policy simulator finds nothing that ${principalArn} is denied; `
      + 'it knows neither its trust policy nor those of buckets and endpoints'
    : undefined;
}

/** Describes an action, its resource and what denies it. */
export function describeDenial({ action, resource, by }: Denial): string {
  const cause = {
    'policies': 'no policy of its own allows it',
    'explicit deny': 'a policy denies it',
    'permissions boundary': 'its permissions boundary',
    'organization': 'a policy of the organization',
  }[by];
  return `${action} on ${resource} (${cause})`;
}

/** IAM has one endpoint in a partition. */
const IAM_REGIONS: Record<string, string> = {
  'aws': 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

/** Returns what Immuta needs at least: one action for each statement of its policy. */
function listNeededActions(properties: Properties): NeededActions[] {
  const {
    AccountId: account,
    Region: region = '',
    LocationPath: path = '',
    LocationRoleArn: role = '',
    BucketAccountId: owner,
    DiagnosedBucketName: exampleBucket = '',
  } = properties;
  const [, partition = 'aws'] = role.split(':');
  const instance = `arn:${partition}:s3:${region}:${account}:access-grants/default`;
  const iam = { resource: role, region: IAM_REGIONS[partition] ?? region };
  const [, ownBucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const bucket = ownBucket || exampleBucket;
  return [
    { actions: ['s3:GetAccessGrantsInstance', 's3:ListAccessGrantsLocations'], resource: instance, region },
    { actions: ['s3:ListAccessGrantsInstances', ...(ownBucket ? [] : ['s3:ListAllMyBuckets'])], resource: '*', region },
    {
      actions: ['s3:CreateAccessGrantsLocation', 's3:DeleteAccessGrantsLocation'],
      resource: `${instance}/location/default`,
      region,
      context: { 's3:AccessGrantsLocationScope': path },
    },
    {
      actions: ['s3:CreateAccessGrant', 's3:DeleteAccessGrant'],
      resource: `${instance}/grant/default`,
      region,
      // In `s3://`, a grant names a bucket.
      context: { 's3:AccessGrantScope': ownBucket || !bucket ? `${path}*` : `${path}${bucket}/*` },
    },
    { actions: ['iam:GetRole'], ...iam },
    { actions: ['iam:PassRole'], ...iam, context: { 'iam:PassedToService': 'access-grants.s3.amazonaws.com' } },
    ...(bucket
      ? [
        {
          actions: ['s3:ListBucket'],
          resource: `arn:${partition}:s3:::${bucket}`,
          region,
          context: { 's3:prefix': prefix, ...(owner ? { 'aws:ResourceAccount': owner } : {}) },
        },
      ]
      : []),
  ];
}
