import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AdoptingAccessGrantsInstance, AdoptingAccessGrantsInstanceProps } from '../../../src';
import { AwsError, s3ControlOperation } from '../../sandbox/aws';
import { StackResult } from '../../sandbox/cloudformation';
import { Sandbox, SANDBOX_ENV } from '../../sandbox/sandbox';

export { leftovers, NOTHING, useSandbox } from '../fixture';

export const STACK_NAME = 'AccessGrants';
export const INSTANCE_TYPE = 'Custom::S3AccessGrantsInstance';
export const INSTANCE_ARN = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';
export const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';
export const OTHER_IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-5555666677778888';
export const TAG_PREFIX = 'cdk-immuta-s3-integration:';

export interface InstanceStackOptions {
  readonly app?: App;
  readonly stackName?: string;
  readonly props?: AdoptingAccessGrantsInstanceProps;
  readonly and?: (stack: Stack, instance: AdoptingAccessGrantsInstance) => void;
}

/** A stack with an instance that adopts, and what it says of it. */
export function instanceStack({
  app = new App(),
  stackName = STACK_NAME,
  props,
  and,
}: InstanceStackOptions = {}): Stack {
  const stack = new Stack(app, stackName, { env: SANDBOX_ENV });
  const instance = new AdoptingAccessGrantsInstance(stack, 'Instance', props);
  new CfnOutput(stack, 'Application', { value: instance.identityCenterApplicationArn });
  new CfnOutput(stack, 'IdentityCenter', { value: instance.identityCenterInstanceArn });
  new CfnOutput(stack, 'Adopted', { value: instance.accessGrantsInstanceAdopted });
  and?.(stack, instance);
  return stack;
}

export function deployInstance(
  sandbox: Sandbox,
  props?: AdoptingAccessGrantsInstanceProps,
  and?: InstanceStackOptions['and'],
): Promise<StackResult> {
  return sandbox.deploy(instanceStack({ props, and }));
}

/** Somebody else's instance, association, location. */
export function somebodyElse({ aws }: Sandbox) {
  const at = [SANDBOX_ENV.account, SANDBOX_ENV.region] as const;
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
        aws.iam.createRole({
          roleName: 'theirs',
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
      return aws.accessGrants.createLocation(...at, scope, `arn:aws:iam::${SANDBOX_ENV.account}:role/theirs`);
    },
    unregisters: (id: string) => aws.accessGrants.deleteLocation(...at, id),
    grants: (locationId: string) =>
      aws.accessGrants.createGrant(...at, locationId, 'arn:aws:iam::111122223333:role/reader'),
  };
}

/** The instance as it is: whether it is there, its association, and whose tags it has. */
export function instanceState({ aws }: Sandbox) {
  const instance = aws.accessGrants.findInstance(SANDBOX_ENV.account, SANDBOX_ENV.region);
  const has = (part: string) => [...instance!.tags.keys()].some((key) => key.startsWith(`${TAG_PREFIX}${part}:`));
  return instance && {
    identityCenter: instance.association?.identityCenterArn,
    instanceIsOurs: has('instance'),
    associationIsOurs: has('identity-center'),
  };
}

/** What the handler asked of S3 Control that makes, changes or removes something, in its order. */
export function calls({ aws }: Sandbox): string[] {
  return aws.requests
    .filter(({ service, method }) => service === 's3-control' && method !== 'GET')
    .map((request) => s3ControlOperation(request)!);
}

/** The answers as `SUCCESS s3-access-grants-instance/<lifetime>`, with the lifetime as a letter. */
export function instanceAnswers(sandbox: Sandbox): string[] {
  const lifetimes: string[] = [];
  return sandbox.responses.answers.map(({ body }) => JSON.parse(body)).map(({ Status, PhysicalResourceId }) => {
    const [, lifetime] = /^s3-access-grants-instance\/([0-9a-f]{12})$/.exec(PhysicalResourceId) ?? [];
    if (lifetime === undefined) return `${Status} ${PhysicalResourceId}`;
    if (!lifetimes.includes(lifetime)) lifetimes.push(lifetime);
    return `${Status} ${'ABCDEFGH'[lifetimes.indexOf(lifetime)]}`;
  });
}

/** Why the instance failed, as the user reads it in the stack's events. */
export function instanceFailure({ events }: StackResult): string | undefined {
  return events.find(({ type, status }) => type === INSTANCE_TYPE && status.endsWith('_FAILED'))?.reason;
}

export interface CallFault {
  /** How many calls it happens to, after the first `after`. @default 1 */
  readonly times?: number;
  readonly after?: number;
  /** What is answered. @default - what AWS answers */
  readonly error?: AwsError;
  /** Whether AWS does what is asked for, all the same. @default - only if there is no `error` */
  readonly done?: boolean;
  /** What else happens at that moment. */
  run?(): unknown;
}

/** Lets something happen to calls of an operation of S3 Control, until the function returned is called. */
export function onCall(
  { aws, scheduler }: Sandbox,
  operation: string,
  { times = 1, after = 0, error, done = !error, run }: CallFault,
): () => void {
  let seen = 0;
  let mended = false;
  aws.route('s3-control', async (request, next) => {
    if (mended || s3ControlOperation(request) !== operation || ++seen <= after || seen > after + times) {
      return next(request);
    }
    const end = scheduler.begin(); // or time would go on meanwhile
    try {
      run?.();
      const answer = done ? await next(request) : undefined;
      if (error) throw error;
      return answer ?? { status: 500 }; // nobody is there for it
    } finally {
      end();
    }
  });
  return () => {
    mended = true;
  };
}
