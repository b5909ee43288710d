import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AdoptingAccessGrantsInstance, AdoptingAccessGrantsInstanceProps } from '../../../src';
import { StackResult } from '../../sandbox/cloudformation';
import { Sandbox, SANDBOX_ENV } from '../../sandbox/sandbox';

export * from '../../support/access-grants-instance';
export { leftovers, NOTHING, useSandbox } from '../fixture';

export const STACK_NAME = 'AccessGrants';
export const INSTANCE_TYPE = 'Custom::S3AccessGrantsInstance';

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

/**
 * The answers as `SUCCESS s3-access-grants-instance/<lifetime>`, with the lifetime as a letter, and without those for
 * which CloudFormation no longer waits.
 */
export function instanceAnswers(sandbox: Sandbox): string[] {
  const lifetimes: string[] = [];
  const awaited = sandbox.responses.answers
    .map(({ body }) => JSON.parse(body))
    .filter(({ Reason }) => !/\[OPERATION_NOT_CURRENT\]$/.test(Reason ?? ''));
  return awaited.map(({ Status, PhysicalResourceId }) => {
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
