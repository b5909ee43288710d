import { Role } from 'aws-cdk-lib/aws-iam';
import { carryOut, GOOD, LakeOptions, Operation, prepare, useSandbox } from './fixture';
import { HttpFault } from '../../sandbox/immuta';
import { createLocationRole } from '../../support/access-grants-instance';
import { afterStep, atCallOf, both, Kill, never } from '../kill';

/** Kills the handler when a request has arrived in Immuta, so that its response is lost. */
const atRequest =
  (method: string, requestPath: RegExp, fault: HttpFault = {}): Kill =>
    ({ immuta, lambda }) =>
      immuta.faults.http({ ...fault, method, path: requestPath, run: () => lambda.kill() });

export const slowly: Kill = ({ immuta }) =>
  void Object.assign(immuta.switches.durations, { creating: 1_200_000, editing: 1_200_000, deleting: 1_200_000 });

export interface Crash {
  readonly operation: Operation;
  /** A line of the log, a request to Immuta or an AWS service that is called. */
  readonly step: string;
  readonly when: string;
  readonly kill: Kill;
  readonly options?: LakeOptions;
}

const ONE = /integrations\/101$/;
const ALL = /integrations$/;

export const ANOTHER_ROLE_NAME = 'another';

/** Another location role than the integration has. */
export const ANOTHER_ROLE: LakeOptions = {
  props: (stack) => ({ locationRole: Role.fromRoleName(stack, 'Another', ANOTHER_ROLE_NAME) }),
};

/** A crash at every step, as the test of every step proves. */
export const CRASHES: readonly Crash[] = [
  { operation: 'Create', step: 'received', when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Create', step: 'cloudformation', when: 'it asks CloudFormation', kill: atCallOf('cloudformation') },
  { operation: 'Create', step: 'secretsmanager', when: 'it reads the API key', kill: atCallOf('secretsmanager') },
  { operation: 'Create', step: 'GET /integrations', when: 'it lists the integrations', kill: atRequest('GET', ALL) },
  { operation: 'Create', step: 's3-control', when: 'it lists the locations', kill: atCallOf('s3-control') },
  {
    operation: 'Create',
    step: 'POST /integrations',
    when: 'it has posted, and Immuta has lost that',
    kill: atRequest('POST', ALL, { behaviour: 'reset' }),
  },
  {
    operation: 'Create',
    step: 'POST /integrations',
    when: 'it has posted, and Immuta does it',
    kill: atRequest('POST', ALL),
  },
  { operation: 'Create', step: 'posted', when: 'it has got an id', kill: afterStep('posted') },
  { operation: 'Create', step: 'GET /integrations/101', when: 'it reads the record', kill: atRequest('GET', ONE) },
  { operation: 'Create', step: 'get', when: 'it looks', kill: afterStep('get') },
  {
    operation: 'Create',
    step: 'get',
    when: 'it has read the state',
    kill: afterStep('get', '"status":"enabled"'),
  },
  { operation: 'Create', step: 'lambda', when: 'it has invoked itself', kill: both(slowly, atCallOf('lambda')) },
  {
    operation: 'Create',
    step: 'handed-over',
    when: 'it has handed over',
    kill: both(slowly, afterStep('handed-over')),
  },
  {
    operation: 'Create',
    step: 'received',
    when: 'it is the next one, and has taken over',
    kill: both(slowly, both(never, afterStep('received'))),
  },
  {
    operation: 'Create',
    step: 'resume',
    when: 'it is the next one, and has found the record',
    kill: both(slowly, both(never, afterStep('resume'))),
  },
  { operation: 'Create', step: 'succeeded', when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Create', step: 'responded', when: 'it has answered', kill: afterStep('responded') },

  { operation: 'Update', step: 'received', when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Update', step: 'cloudformation', when: 'it asks CloudFormation', kill: atCallOf('cloudformation') },
  { operation: 'Update', step: 'secretsmanager', when: 'it reads the API key', kill: atCallOf('secretsmanager') },
  { operation: 'Update', step: 'GET /integrations/101', when: 'it finds the record', kill: atRequest('GET', ONE) },
  { operation: 'Update', step: 'update', when: 'it is about to put', kill: afterStep('update') },
  {
    operation: 'Update',
    step: 'PUT /integrations/101',
    when: 'it has put, and Immuta has lost that',
    kill: atRequest('PUT', ONE, { behaviour: 'reset' }),
  },
  {
    operation: 'Update',
    step: 'PUT /integrations/101',
    when: 'it has put, and Immuta does it',
    kill: atRequest('PUT', ONE),
  },
  { operation: 'Update', step: 'get', when: 'it looks', kill: afterStep('get', '"status":"editing"') },
  { operation: 'Update', step: 'lambda', when: 'it has invoked itself', kill: both(slowly, atCallOf('lambda')) },
  {
    operation: 'Update',
    step: 'handed-over',
    when: 'it has handed over',
    kill: both(slowly, afterStep('handed-over')),
  },
  {
    operation: 'Update',
    step: 's3-control',
    when: 'it lists the locations',
    kill: atCallOf('s3-control'),
    options: ANOTHER_ROLE,
  },
  { operation: 'Update', step: 'succeeded', when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Update', step: 'responded', when: 'it has answered', kill: afterStep('responded') },

  { operation: 'Delete', step: 'received', when: 'it has received the event', kill: afterStep('received') },
  { operation: 'Delete', step: 'secretsmanager', when: 'it reads the API key', kill: atCallOf('secretsmanager') },
  { operation: 'Delete', step: 'GET /integrations/101', when: 'it finds the record', kill: atRequest('GET', ONE) },
  { operation: 'Delete', step: 'delete', when: 'it is about to delete', kill: afterStep('delete') },
  {
    operation: 'Delete',
    step: 'DELETE /integrations/101',
    when: 'it has deleted, and Immuta has lost that',
    kill: atRequest('DELETE', ONE, { behaviour: 'reset' }),
  },
  {
    operation: 'Delete',
    step: 'DELETE /integrations/101',
    when: 'it has deleted, and Immuta does it',
    kill: atRequest('DELETE', ONE),
  },
  { operation: 'Delete', step: 'get', when: 'it looks', kill: afterStep('get', '"status":"deleting"') },
  { operation: 'Delete', step: 'get', when: 'it has seen that it is gone', kill: afterStep('get', '"status":"gone"') },
  { operation: 'Delete', step: 'lambda', when: 'it has invoked itself', kill: both(slowly, atCallOf('lambda')) },
  {
    operation: 'Delete',
    step: 'handed-over',
    when: 'it has handed over',
    kill: both(slowly, afterStep('handed-over')),
  },
  { operation: 'Delete', step: 's3-control', when: 'it lists the locations', kill: atCallOf('s3-control') },
  { operation: 'Delete', step: 'GET /integrations', when: 'it lists the integrations', kill: atRequest('GET', ALL) },
  { operation: 'Delete', step: 'succeeded', when: 'it has succeeded', kill: afterStep('succeeded') },
  { operation: 'Delete', step: 'responded', when: 'it has answered', kill: afterStep('responded') },
];

/** Tests that each crash changes nothing in the outcome. */
export function testRecovery(crashes: readonly Crash[]): void {
  const sandbox = useSandbox();

  test.each(crashes)('recovers when a $operation crashes at $step: $when', async ({ operation, kill, options }) => {
    createLocationRole(sandbox.current.aws, ANOTHER_ROLE_NAME);
    await prepare(sandbox.current, operation);
    const before = sandbox.current.lambda.invocations.length;
    kill(sandbox.current);

    const { answers, ...outcome } = await carryOut(sandbox.current, operation, options);

    expect({ ...outcome, answers: [...new Set(answers)] }).toEqual(GOOD[operation]);
    const errors = sandbox.current.lambda.invocations.slice(before).map(({ error }) => error);
    expect(errors.filter((error) => error !== undefined)).toHaveLength(1);
  });
}
