import {
  deployInstance,
  IDENTITY_CENTER,
  INSTANCE_ARN,
  instanceAnswers,
  instanceState,
  leftovers,
  NOTHING,
  onCall,
  OTHER_IDENTITY_CENTER,
  anotherOwner,
  STACK_NAME,
  useSandbox,
} from './fixture';
import { Sandbox } from '../../sandbox/sandbox';
import { afterStep, atCallOf, both, Kill, never } from '../kill';

const MINUTE = 60_000;

/** Creates an instance with Identity Center, changes it to another Identity Center instance or to none, and deletes. */
export type Operation = 'Create' | 'Update' | 'Delete';

export interface Crash {
  /** A line of the log, or an operation of AWS that is called. */
  readonly step: string;
  readonly when: string;
  readonly kill: Kill;
  /** Whether the update removes Identity Center. */
  readonly toNone?: boolean;
  /** Whether a location of another owner keeps the instance. */
  readonly inUse?: boolean;
}

interface CrashOptions extends Pick<Crash, 'toNone' | 'inUse'> {
  /** What happens before. */
  readonly given?: Kill;
  /** Whether AWS carries out the call. @default true */
  readonly done?: boolean;
  /** How many calls succeed before. @default 0 */
  readonly after?: number;
}

export const slowly =
  (minutes: number): Kill =>
    ({ aws }) =>
      void (aws.accessGrants.associationMs = minutes * MINUTE);
export const withAnother: Kill = (current) => void anotherOwner(current).registers('s3://theirs/');
const vanished: Kill = (current) => anotherOwner(current).deletesInstance();
const nothing: Kill = () => undefined;

function atStep(step: string, when: string, { given = nothing, ...more }: CrashOptions = {}): Crash {
  return { step, when, kill: both(given, afterStep(step)), ...more };
}

function atCall(step: string, when: string, options: CrashOptions = {}): Crash {
  const { given = nothing, done = true, after = 0, ...more } = options;
  const kill: Kill = (current) => void onCall(current, step, { done, after, run: () => current.lambda.kill() });
  return { step, when, kill: both(given, kill), ...more };
}

function atQuestion(): Crash {
  return { step: 'DescribeStackResource', when: 'it asks CloudFormation', kill: atCallOf('cloudformation') };
}

function atInvoke(when: string, { given = nothing, ...more }: CrashOptions = {}): Crash {
  return { step: 'Invoke', when, kill: both(given, atCallOf('lambda')), ...more };
}

/** A crash at every step, as the test of every step proves. */
export const CRASHES: Record<Operation, Crash[]> = {
  Create: [
    atStep('received', 'it has received the event'),
    atQuestion(),
    atCall('GetAccessGrantsInstance', 'it looks for the instance'),
    atStep('create-instance', 'it is about to create the instance'),
    atCall('CreateAccessGrantsInstance', 'its request to create is lost', { done: false }),
    atCall('CreateAccessGrantsInstance', 'it has created the instance'),
    atCall('TagResource', 'its claim is lost', { done: false }),
    atCall('TagResource', 'it has claimed the association'),
    atStep('associate', 'it is about to associate'),
    atCall('AssociateAccessGrantsIdentityCenter', 'its request to associate is lost', { done: false }),
    atCall('AssociateAccessGrantsIdentityCenter', 'it has associated'),
    atCall('ListTagsForResource', 'it looks at the association'),
    atCall('TagResource', 'its note of the application is lost', { done: false, after: 1 }),
    atCall('TagResource', 'it has noted the application', { after: 1 }),
    atInvoke('it has invoked itself', { given: slowly(20) }),
    atStep('handed-over', 'it has handed over', { given: slowly(20) }),
    atStep('adopt-instance', 'it is the next one, and has found the instance', { given: both(slowly(20), never) }),
    atStep('succeeded', 'it has succeeded'),
    atStep('responded', 'it has answered'),
  ],
  Update: [
    atStep('received', 'it has received the event'),
    atQuestion(),
    atCall('GetAccessGrantsInstance', 'it looks for the instance'),
    atCall('ListTagsForResource', 'it reads the tags'),
    atStep('adopt-instance', 'it has found the instance'),
    atCall('CreateAccessGrantsInstance', 'the instance has vanished and it has created another', { given: vanished }),
    atCall('TagResource', 'its note of the end is lost', { done: false }),
    atCall('TagResource', 'it has noted the end'),
    atStep('dissociate', 'it is about to dissociate'),
    atCall('DissociateAccessGrantsIdentityCenter', 'its request to dissociate is lost', { done: false }),
    atCall('DissociateAccessGrantsIdentityCenter', 'it has dissociated'),
    atCall('UntagResource', 'it has not given up its claim', { done: false, toNone: true }),
    atCall('UntagResource', 'it has given up its claim', { toNone: true }),
    atCall('TagResource', 'it has claimed the association', { after: 1 }),
    atStep('associate', 'it is about to associate'),
    atCall('AssociateAccessGrantsIdentityCenter', 'it has associated'),
    atCall('GetAccessGrantsInstance', 'it looks at the association', { after: 2 }),
    atCall('TagResource', 'it has noted the application', { after: 2 }),
    atInvoke('it has invoked itself', { given: slowly(10) }),
    atStep('handed-over', 'it has handed over', { given: slowly(10) }),
    atStep('succeeded', 'it has succeeded'),
    atStep('responded', 'it has answered'),
  ],
  Delete: [
    atStep('received', 'it has received the event'),
    atCall('GetAccessGrantsInstance', 'it looks for the instance'),
    atCall('ListTagsForResource', 'it reads the tags'),
    atCall('TagResource', 'it has noted the end'),
    atStep('dissociate', 'it is about to dissociate'),
    atCall('DissociateAccessGrantsIdentityCenter', 'its request to dissociate is lost', { done: false }),
    atCall('DissociateAccessGrantsIdentityCenter', 'it has dissociated'),
    atCall('UntagResource', 'it has given up its claim'),
    atInvoke('it has invoked itself', { given: slowly(15) }),
    atStep('handed-over', 'it has handed over', { given: slowly(15) }),
    atStep('delete-instance', 'it is about to delete'),
    atCall('DeleteAccessGrantsInstance', 'its request to delete is lost', { done: false }),
    atCall('DeleteAccessGrantsInstance', 'it has deleted'),
    atCall('ListAccessGrantsLocations', 'it counts the locations', { given: withAnother, inUse: true }),
    atCall('ListAccessGrants', 'it counts the grants', { given: withAnother, inUse: true }),
    atCall('UntagResource', 'its request to take its tags off is lost', {
      done: false,
      after: 1,
      given: withAnother,
      inUse: true,
    }),
    atCall('UntagResource', 'it has taken its tags off', { after: 1, given: withAnother, inUse: true }),
    atStep('keep-instance', 'it has left the instance to others', { given: withAnother, inUse: true }),
    atStep('succeeded', 'it has succeeded'),
    atStep('responded', 'it has answered'),
  ],
};

const WANTED = { Create: IDENTITY_CENTER, Update: OTHER_IDENTITY_CENTER };

export async function carryOut(sandbox: Sandbox, operation: Operation, toNone = false): Promise<string> {
  const { status } =
    operation === 'Delete'
      ? await sandbox.destroy(STACK_NAME)
      : await deployInstance(sandbox, { identityCenterInstanceArn: toNone ? undefined : WANTED[operation] });
  return status;
}

export const EVERY_CRASH = Object.entries(CRASHES).flatMap(([operation, crashes]) =>
  crashes.map((crash) => ({ operation: operation as Operation, ...crash })),
);

/** Tests that each crash changes nothing in the outcome. */
export function testRecovery(crashes: ReadonlyArray<Crash & { readonly operation: Operation }>): void {
  const sandbox = useSandbox();

  test.each(crashes)('recovers when a $operation crashes at $step: $when', async (crash) => {
    const { operation, kill, toNone, inUse } = crash;
    if (operation !== 'Create') expect(await carryOut(sandbox.current, 'Create')).toBe('CREATE_COMPLETE');
    const { lambda } = sandbox.current;
    const before = lambda.invocations.length;
    kill(sandbox.current);

    expect(await carryOut(sandbox.current, operation, toNone)).toBe(`${operation.toUpperCase()}_COMPLETE`);

    expect(new Set(instanceAnswers(sandbox.current))).toEqual(new Set(['SUCCESS A']));
    expect(
      lambda.invocations
        .slice(before)
        .map(({ error }) => error)
        .filter((error) => error !== undefined),
    ).toHaveLength(1);
    if (operation !== 'Delete') {
      expect(instanceState(sandbox.current)).toEqual({
        identityCenter: toNone ? undefined : WANTED[operation],
        instanceIsOurs: true,
        associationIsOurs: !toNone,
      });
      sandbox.current.aws.accessGrants.associationMs = 0;
      expect(await carryOut(sandbox.current, 'Delete')).toBe('DELETE_COMPLETE');
    }
    if (inUse) {
      expect(instanceState(sandbox.current)).toEqual({
        identityCenter: undefined,
        instanceIsOurs: false,
        associationIsOurs: false,
      });
    }
    expect(leftovers(sandbox.current)).toEqual(
      inUse
        ? { ...NOTHING, instance: INSTANCE_ARN, locations: ['s3://theirs/'], roles: [expect.stringMatching(/theirs$/)] }
        : NOTHING,
    );
  });
}
