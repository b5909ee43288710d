import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  deployInstance, IDENTITY_CENTER, INSTANCE_ARN, instanceAnswers, instanceState, leftovers, NOTHING, onCall, OTHER_IDENTITY_CENTER, somebodyElse,
  STACK_NAME, useSandbox,
} from './fixture';
import { afterStep, atCallOf, both, Kill } from '../kill';

const sandbox = useSandbox();
const MINUTE = 60_000;

/** An account without an instance gets one with Identity Center, which becomes another one, and all goes. */
type Operation = 'Create' | 'Update' | 'Delete';

/** When a call of its has come to AWS, which does it or has lost it. */
const atCall = (operation: string, { done = true, after = 0 } = {}): Kill => (current) =>
  void onCall(current, operation, { done, after, run: () => current.lambda.kill() });
const slowly = (minutes: number): Kill => ({ aws }) => void (aws.accessGrants.associationMs = minutes * MINUTE);
const withAnother: Kill = (current) => void somebodyElse(current).registers('s3://theirs/');
const vanished: Kill = (current) => somebodyElse(current).deletesInstance();

interface Death {
  readonly operation: Operation;
  /** Number in docs/internals/instance-lifecycle.md. */
  readonly step: number;
  readonly when: string;
  readonly kill: Kill;
  /** Whether the update is to no Identity Center at all. */
  readonly toNone?: boolean;
  /** Whether somebody else's location keeps the instance. */
  readonly inUse?: boolean;
}

const DEATHS: Death[] = [
  { operation: 'Create', step: 1, when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Create', step: 2, when: 'it looks for the instance', kill: atCall('GetAccessGrantsInstance') },
  { operation: 'Create', step: 3, when: 'it is about to create the instance', kill: afterStep('create-instance') },
  { operation: 'Create', step: 3, when: 'its request to create is lost', kill: atCall('CreateAccessGrantsInstance', { done: false }) },
  { operation: 'Create', step: 3, when: 'it has created the instance', kill: atCall('CreateAccessGrantsInstance') },
  { operation: 'Create', step: 6, when: 'its claim is lost', kill: atCall('TagResource', { done: false }) },
  { operation: 'Create', step: 6, when: 'it has claimed the association', kill: atCall('TagResource') },
  { operation: 'Create', step: 7, when: 'it is about to associate', kill: afterStep('associate') },
  { operation: 'Create', step: 7, when: 'its request to associate is lost', kill: atCall('AssociateAccessGrantsIdentityCenter', { done: false }) },
  { operation: 'Create', step: 7, when: 'it has associated', kill: atCall('AssociateAccessGrantsIdentityCenter') },
  { operation: 'Create', step: 8, when: 'it looks at the association', kill: atCall('ListTagsForResource') },
  { operation: 'Create', step: 9, when: 'its note of the application is lost', kill: atCall('TagResource', { done: false, after: 1 }) },
  { operation: 'Create', step: 9, when: 'it has noted the application', kill: atCall('TagResource', { after: 1 }) },
  { operation: 'Create', step: 10, when: 'it has invoked itself', kill: both(slowly(20), atCallOf('lambda')) },
  { operation: 'Create', step: 10, when: 'it has handed over', kill: both(slowly(20), afterStep('handed-over')) },
  { operation: 'Create', step: 14, when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Create', step: 15, when: 'it has answered', kill: afterStep('answered') },

  { operation: 'Update', step: 1, when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Update', step: 2, when: 'it looks for the instance', kill: atCall('GetAccessGrantsInstance') },
  { operation: 'Update', step: 2, when: 'it reads the tags', kill: atCall('ListTagsForResource') },
  { operation: 'Update', step: 3, when: 'the instance has vanished and it has created another', kill: both(vanished, atCall('CreateAccessGrantsInstance')) },
  { operation: 'Update', step: 4, when: 'its request to dissociate is lost', kill: atCall('DissociateAccessGrantsIdentityCenter', { done: false }) },
  { operation: 'Update', step: 4, when: 'it has dissociated', kill: atCall('DissociateAccessGrantsIdentityCenter') },
  { operation: 'Update', step: 5, when: 'it has not given up its claim', kill: atCall('UntagResource', { done: false }), toNone: true },
  { operation: 'Update', step: 5, when: 'it has given up its claim', kill: atCall('UntagResource'), toNone: true },
  { operation: 'Update', step: 6, when: 'it has claimed the association', kill: atCall('TagResource') },
  { operation: 'Update', step: 7, when: 'it has associated', kill: atCall('AssociateAccessGrantsIdentityCenter') },
  { operation: 'Update', step: 8, when: 'it looks at the association', kill: atCall('GetAccessGrantsInstance', { after: 2 }) },
  { operation: 'Update', step: 9, when: 'it has noted the application', kill: atCall('TagResource', { after: 1 }) },
  { operation: 'Update', step: 10, when: 'it has invoked itself', kill: both(slowly(10), atCallOf('lambda')) },
  { operation: 'Update', step: 14, when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Update', step: 15, when: 'it has answered', kill: afterStep('answered') },

  { operation: 'Delete', step: 1, when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Delete', step: 2, when: 'it looks for the instance', kill: atCall('GetAccessGrantsInstance') },
  { operation: 'Delete', step: 4, when: 'its request to dissociate is lost', kill: atCall('DissociateAccessGrantsIdentityCenter', { done: false }) },
  { operation: 'Delete', step: 4, when: 'it has dissociated', kill: atCall('DissociateAccessGrantsIdentityCenter') },
  { operation: 'Delete', step: 5, when: 'it has given up its claim', kill: atCall('UntagResource') },
  { operation: 'Delete', step: 10, when: 'it has invoked itself', kill: both(slowly(15), atCallOf('lambda')) },
  { operation: 'Delete', step: 11, when: 'its request to delete is lost', kill: atCall('DeleteAccessGrantsInstance', { done: false }) },
  { operation: 'Delete', step: 11, when: 'it has deleted', kill: atCall('DeleteAccessGrantsInstance') },
  { operation: 'Delete', step: 12, when: 'it counts the locations', kill: both(withAnother, atCall('ListAccessGrantsLocations')), inUse: true },
  { operation: 'Delete', step: 12, when: 'it counts the grants', kill: both(withAnother, atCall('ListAccessGrants')), inUse: true },
  { operation: 'Delete', step: 13, when: 'its request to take its tags off is lost', kill: both(withAnother, atCall('UntagResource', { done: false, after: 1 })), inUse: true },
  { operation: 'Delete', step: 13, when: 'it has taken its tags off', kill: both(withAnother, atCall('UntagResource', { after: 1 })), inUse: true },
  { operation: 'Delete', step: 14, when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Delete', step: 15, when: 'it has answered', kill: afterStep('answered') },
];

const WANTED = { Create: IDENTITY_CENTER, Update: OTHER_IDENTITY_CENTER };

async function carryOut(operation: Operation, toNone = false): Promise<string> {
  const { status } = operation === 'Delete' ? await sandbox.current.destroy(STACK_NAME)
    : await deployInstance(sandbox.current, { identityCenterInstanceArn: toNone ? undefined : WANTED[operation] });
  return status;
}

test('the handler is killed at every step that docs/internals/instance-lifecycle.md has', () => {
  const page = readFileSync(path.join(__dirname, '../../../docs/internals/instance-lifecycle.md'), 'utf8');
  const [, section] = page.split('## Steps');
  const steps = [...section.matchAll(/^\| (\d+) \|(.*)\|(.*)\|$/gm)].flatMap(([, number, make, remove]) => [
    ...make.trim() ? [`make ${number}`] : [], ...remove.trim() ? [`remove ${number}`] : [],
  ]);

  expect(steps.length).toBeGreaterThan(20);
  expect(new Set(DEATHS.map(({ operation, step }) => `${operation === 'Delete' ? 'remove' : 'make'} ${step}`))).toEqual(new Set(steps));
});

test.each(DEATHS)('$operation, step $step: a handler that dies when $when is as good as one that does not', async ({ operation, kill, toNone, inUse }) => {
  if (operation !== 'Create') expect(await carryOut('Create')).toBe('CREATE_COMPLETE');
  const { lambda } = sandbox.current;
  const before = lambda.invocations.length;
  kill(sandbox.current);

  expect(await carryOut(operation, toNone)).toBe(`${operation.toUpperCase()}_COMPLETE`);

  expect(new Set(instanceAnswers(sandbox.current))).toEqual(new Set(['SUCCESS A']));
  expect(lambda.invocations.slice(before).map(({ error }) => error).filter((error) => error !== undefined)).toHaveLength(1);
  if (operation !== 'Delete') {
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: toNone ? undefined : WANTED[operation], instanceIsOurs: true, associationIsOurs: !toNone,
    });
    sandbox.current.aws.accessGrants.associationMs = 0;
    expect(await carryOut('Delete')).toBe('DELETE_COMPLETE');
  }
  if (inUse) expect(instanceState(sandbox.current)).toEqual({ identityCenter: undefined, instanceIsOurs: false, associationIsOurs: false });
  expect(leftovers(sandbox.current)).toEqual(inUse ? { ...NOTHING, instance: INSTANCE_ARN, locations: ['s3://theirs/'], roles: [expect.stringMatching(/theirs$/)] } : NOTHING);
});
