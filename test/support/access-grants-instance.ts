import { AwsError, AwsResponse, AwsServices, s3ControlOperation } from '../sandbox/aws';
import { Scheduler } from '../sandbox/scheduler';

export const INSTANCE_ARN = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';
export const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';
export const OTHER_IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-5555666677778888';
export const TAG_PREFIX = 'cdk-immuta-s3-integration:';

/** What has the AWS of a test. */
interface HasAws {
  readonly aws: AwsServices;
}

/** Creates a role that S3 Access Grants may assume for a location. */
export function createLocationRole(aws: AwsServices, roleName: string): void {
  aws.iam.createRole({
    roleName,
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'access-grants.s3.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
        },
      ],
    },
  });
}

/** Another owner, who changes the instance, its association and its locations. */
export function anotherOwner({ aws }: HasAws) {
  const at = [aws.accountId, aws.region] as const;
  return {
    createsInstance: (identityCenterArn?: string) =>
      aws.accessGrants.createInstance(...at, { identityCenterArn, tags: { owner: 'sagemaker' } }),
    deletesInstance: () => {
      const { tags, locations, grants } = aws.accessGrants.instance(...at);
      [tags, locations, grants].forEach((each) => each.clear());
      if (aws.accessGrants.instance(...at).association) aws.accessGrants.dissociate(...at);
      aws.accessGrants.deleteInstance(...at);
    },
    associates: (identityCenterArn: string) => aws.accessGrants.associate(...at, identityCenterArn),
    dissociates: () => aws.accessGrants.dissociate(...at),
    async registers(scope: string) {
      if (!aws.iam.roleArns.some((arn) => arn.endsWith('/theirs'))) {
        createLocationRole(aws, 'theirs');
      }
      return aws.accessGrants.createLocation(...at, scope, `arn:aws:iam::${aws.accountId}:role/theirs`);
    },
    unregisters: (id: string) => aws.accessGrants.deleteLocation(...at, id),
    grants: (locationId: string) =>
      aws.accessGrants.createGrant(...at, locationId, `arn:aws:iam::${aws.accountId}:role/reader`),
  };
}

/** Returns whether the instance exists, its association, and which parts have our tags. */
export function instanceState({ aws }: HasAws) {
  const instance = aws.accessGrants.findInstance(aws.accountId, aws.region);
  const has = (part: string) => [...instance!.tags.keys()].some((key) => key.startsWith(`${TAG_PREFIX}${part}:`));
  return (
    instance && {
      identityCenter: instance.association?.identityCenterArn,
      instanceIsOurs: has('instance'),
      associationIsOurs: has('identity-center'),
    }
  );
}

/** Returns the operations of S3 Control that were called to create, update or delete, in their order. */
export function writeCalls({ aws }: HasAws): string[] {
  return aws.requests
    .filter(({ service, method }) => service === 's3-control' && method !== 'GET')
    .map((request) => s3ControlOperation(request)!);
}

/** How often an operation was called that changes something. */
export function countWrites(sandbox: HasAws, operation: string): number {
  return writeCalls(sandbox).filter((call) => call === operation).length;
}

/** Lets reads show what they showed last for some time, from a call of an operation on. */
export function delayReads(
  { aws, clock }: HasAws & { readonly clock: { now(): number } },
  operation: string,
  ms: number,
): void {
  let delayedUntil = 0;
  const shown = new Map<string, Promise<AwsResponse>>();
  aws.route('s3-control', async (request, next) => {
    const name = s3ControlOperation(request)!;
    if (name === operation) delayedUntil = clock.now() + ms;
    if (request.method !== 'GET') return next(request);
    if (clock.now() >= delayedUntil || !shown.has(name)) shown.set(name, next(request));
    return shown.get(name)!;
  });
}

export interface CallFault {
  /** How many calls it happens to, after the first `after`. @default 1 */
  readonly times?: number;
  readonly after?: number;
  /** The error that the call returns. @default - the response of AWS */
  readonly error?: AwsError;
  /** Whether AWS carries out the call all the same. @default - only if there is no `error` */
  readonly done?: boolean;
  /** What else happens at that moment. */
  run?(): unknown;
}

/** Adds a fault to calls of an operation of S3 Control, and returns a function that removes it. */
export function onCall(
  { aws, scheduler }: HasAws & { readonly scheduler?: Scheduler },
  operation: string,
  { times = 1, after = 0, error, done = !error, run }: CallFault,
): () => void {
  let seen = 0;
  let isRemoved = false;
  aws.route('s3-control', async (request, next) => {
    if (isRemoved || s3ControlOperation(request) !== operation || ++seen <= after || seen > after + times) {
      return next(request);
    }
    const end = scheduler?.begin(); // Without it, virtual time could pass meanwhile.
    try {
      run?.();
      const answer = done ? await next(request) : undefined;
      if (error) throw error;
      return answer ?? { status: 500 }; // The caller was killed.
    } finally {
      end?.();
    }
  });
  return () => {
    isRemoved = true;
  };
}
