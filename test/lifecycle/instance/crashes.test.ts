import {
  deployInstance, IDENTITY_CENTER, INSTANCE_ARN, instanceAnswers, instanceState, leftovers, NOTHING, onCall, OTHER_IDENTITY_CENTER, somebodyElse,
  STACK_NAME, useSandbox,
} from './fixture';
import { s3ControlOperation } from '../../sandbox/aws';
import { afterStep, atCallOf, both, Kill, never } from '../kill';

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
  /** A line of the log, or an operation of AWS that is called. */
  readonly step: string;
  readonly when: string;
  readonly kill: Kill;
  /** Whether the update is to no Identity Center at all. */
  readonly toNone?: boolean;
  /** Whether somebody else's location keeps the instance. */
  readonly inUse?: boolean;
}

const DEATHS: Death[] = [
  { operation: 'Create', step: 'received', when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Create', step: 'GetAccessGrantsInstance', when: 'it looks for the instance', kill: atCall('GetAccessGrantsInstance') },
  { operation: 'Create', step: 'create-instance', when: 'it is about to create the instance', kill: afterStep('create-instance') },
  { operation: 'Create', step: 'CreateAccessGrantsInstance', when: 'its request to create is lost', kill: atCall('CreateAccessGrantsInstance', { done: false }) },
  { operation: 'Create', step: 'CreateAccessGrantsInstance', when: 'it has created the instance', kill: atCall('CreateAccessGrantsInstance') },
  { operation: 'Create', step: 'TagResource', when: 'its claim is lost', kill: atCall('TagResource', { done: false }) },
  { operation: 'Create', step: 'TagResource', when: 'it has claimed the association', kill: atCall('TagResource') },
  { operation: 'Create', step: 'associate', when: 'it is about to associate', kill: afterStep('associate') },
  { operation: 'Create', step: 'AssociateAccessGrantsIdentityCenter', when: 'its request to associate is lost', kill: atCall('AssociateAccessGrantsIdentityCenter', { done: false }) },
  { operation: 'Create', step: 'AssociateAccessGrantsIdentityCenter', when: 'it has associated', kill: atCall('AssociateAccessGrantsIdentityCenter') },
  { operation: 'Create', step: 'ListTagsForResource', when: 'it looks at the association', kill: atCall('ListTagsForResource') },
  { operation: 'Create', step: 'TagResource', when: 'its note of the application is lost', kill: atCall('TagResource', { done: false, after: 1 }) },
  { operation: 'Create', step: 'TagResource', when: 'it has noted the application', kill: atCall('TagResource', { after: 1 }) },
  { operation: 'Create', step: 'Invoke', when: 'it has invoked itself', kill: both(slowly(20), atCallOf('lambda')) },
  { operation: 'Create', step: 'handed-over', when: 'it has handed over', kill: both(slowly(20), afterStep('handed-over')) },
  { operation: 'Create', step: 'adopt-instance', when: 'it is the next one, and has found the instance', kill: both(slowly(20), both(never, afterStep('adopt-instance'))) },
  { operation: 'Create', step: 'succeeded', when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Create', step: 'responded', when: 'it has answered', kill: afterStep('responded') },

  { operation: 'Update', step: 'received', when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Update', step: 'GetAccessGrantsInstance', when: 'it looks for the instance', kill: atCall('GetAccessGrantsInstance') },
  { operation: 'Update', step: 'ListTagsForResource', when: 'it reads the tags', kill: atCall('ListTagsForResource') },
  { operation: 'Update', step: 'adopt-instance', when: 'it has found the instance', kill: afterStep('adopt-instance') },
  { operation: 'Update', step: 'CreateAccessGrantsInstance', when: 'the instance has vanished and it has created another', kill: both(vanished, atCall('CreateAccessGrantsInstance')) },
  { operation: 'Update', step: 'dissociate', when: 'it is about to dissociate', kill: afterStep('dissociate') },
  { operation: 'Update', step: 'DissociateAccessGrantsIdentityCenter', when: 'its request to dissociate is lost', kill: atCall('DissociateAccessGrantsIdentityCenter', { done: false }) },
  { operation: 'Update', step: 'DissociateAccessGrantsIdentityCenter', when: 'it has dissociated', kill: atCall('DissociateAccessGrantsIdentityCenter') },
  { operation: 'Update', step: 'UntagResource', when: 'it has not given up its claim', kill: atCall('UntagResource', { done: false }), toNone: true },
  { operation: 'Update', step: 'UntagResource', when: 'it has given up its claim', kill: atCall('UntagResource'), toNone: true },
  { operation: 'Update', step: 'TagResource', when: 'it has claimed the association', kill: atCall('TagResource') },
  { operation: 'Update', step: 'associate', when: 'it is about to associate', kill: afterStep('associate') },
  { operation: 'Update', step: 'AssociateAccessGrantsIdentityCenter', when: 'it has associated', kill: atCall('AssociateAccessGrantsIdentityCenter') },
  { operation: 'Update', step: 'GetAccessGrantsInstance', when: 'it looks at the association', kill: atCall('GetAccessGrantsInstance', { after: 2 }) },
  { operation: 'Update', step: 'TagResource', when: 'it has noted the application', kill: atCall('TagResource', { after: 1 }) },
  { operation: 'Update', step: 'Invoke', when: 'it has invoked itself', kill: both(slowly(10), atCallOf('lambda')) },
  { operation: 'Update', step: 'handed-over', when: 'it has handed over', kill: both(slowly(10), afterStep('handed-over')) },
  { operation: 'Update', step: 'succeeded', when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Update', step: 'responded', when: 'it has answered', kill: afterStep('responded') },

  { operation: 'Delete', step: 'received', when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Delete', step: 'GetAccessGrantsInstance', when: 'it looks for the instance', kill: atCall('GetAccessGrantsInstance') },
  { operation: 'Delete', step: 'ListTagsForResource', when: 'it reads the tags', kill: atCall('ListTagsForResource') },
  { operation: 'Delete', step: 'dissociate', when: 'it is about to dissociate', kill: afterStep('dissociate') },
  { operation: 'Delete', step: 'DissociateAccessGrantsIdentityCenter', when: 'its request to dissociate is lost', kill: atCall('DissociateAccessGrantsIdentityCenter', { done: false }) },
  { operation: 'Delete', step: 'DissociateAccessGrantsIdentityCenter', when: 'it has dissociated', kill: atCall('DissociateAccessGrantsIdentityCenter') },
  { operation: 'Delete', step: 'UntagResource', when: 'it has given up its claim', kill: atCall('UntagResource') },
  { operation: 'Delete', step: 'Invoke', when: 'it has invoked itself', kill: both(slowly(15), atCallOf('lambda')) },
  { operation: 'Delete', step: 'handed-over', when: 'it has handed over', kill: both(slowly(15), afterStep('handed-over')) },
  { operation: 'Delete', step: 'delete-instance', when: 'it is about to delete', kill: afterStep('delete-instance') },
  { operation: 'Delete', step: 'DeleteAccessGrantsInstance', when: 'its request to delete is lost', kill: atCall('DeleteAccessGrantsInstance', { done: false }) },
  { operation: 'Delete', step: 'DeleteAccessGrantsInstance', when: 'it has deleted', kill: atCall('DeleteAccessGrantsInstance') },
  { operation: 'Delete', step: 'ListAccessGrantsLocations', when: 'it counts the locations', kill: both(withAnother, atCall('ListAccessGrantsLocations')), inUse: true },
  { operation: 'Delete', step: 'ListAccessGrants', when: 'it counts the grants', kill: both(withAnother, atCall('ListAccessGrants')), inUse: true },
  { operation: 'Delete', step: 'UntagResource', when: 'its request to take its tags off is lost', kill: both(withAnother, atCall('UntagResource', { done: false, after: 1 })), inUse: true },
  { operation: 'Delete', step: 'UntagResource', when: 'it has taken its tags off', kill: both(withAnother, atCall('UntagResource', { after: 1 })), inUse: true },
  { operation: 'Delete', step: 'keep-instance', when: 'it has left the instance to others', kill: both(withAnother, afterStep('keep-instance')), inUse: true },
  { operation: 'Delete', step: 'succeeded', when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Delete', step: 'responded', when: 'it has answered', kill: afterStep('responded') },
];

const WANTED = { Create: IDENTITY_CENTER, Update: OTHER_IDENTITY_CENTER };

async function carryOut(operation: Operation, toNone = false): Promise<string> {
  const { status } = operation === 'Delete' ? await sandbox.current.destroy(STACK_NAME)
    : await deployInstance(sandbox.current, { identityCenterInstanceArn: toNone ? undefined : WANTED[operation] });
  return status;
}

test.each<[Operation, number, Pick<Death, 'toNone' | 'inUse'>]>([
  ['Create', 20, {}], ['Update', 10, {}], ['Update', 15, { toNone: true }], ['Delete', 15, {}], ['Delete', 0, { inUse: true }],
])('a handler is killed at every step of a %s that takes AWS %i minutes, %j', async (operation, minutes, { toNone, inUse }) => {
  const { aws, lambda } = sandbox.current;
  if (operation !== 'Create') await carryOut('Create');
  slowly(minutes)(sandbox.current);
  if (inUse) withAnother(sandbox.current);
  const done = [lambda.invocations.length, aws.requests.length];

  expect(await carryOut(operation, toNone)).toBe(`${operation.toUpperCase()}_COMPLETE`);

  const lines = lambda.invocations.slice(done[0]).flatMap(({ output }) => [...output.matchAll(/"step":"([\w-]+)"/g)].map(([, step]) => step));
  const calls = aws.requests.slice(done[1]).map((request) => s3ControlOperation(request) ?? (request.operation || 'Invoke'));
  expect(lines).toContain('responded');
  const killedAt = DEATHS.filter((death) => death.operation === operation).map(({ step }) => step);
  expect([...new Set([...lines, ...calls])].filter((step) => !killedAt.includes(step))).toEqual([]);
});

test.each(DEATHS)('$operation, at $step: a handler that dies when $when is as good as one that does not', async ({ operation, kill, toNone, inUse }) => {
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
