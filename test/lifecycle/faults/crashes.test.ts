import { Role } from 'aws-cdk-lib/aws-iam';
import { carryOut, GOOD, inOrder, LakeOptions, leftovers, NOTHING, Operation, prepare, useSandbox } from './fixture';
import { HttpFault } from '../../sandbox/immuta';
import { afterStep, atCallOf, both, Kill, never } from '../kill';

const sandbox = useSandbox();

/** Kills the handler when a request has arrived in Immuta, so that its response is lost. */
const atRequest = (method: string, requestPath: RegExp, fault: HttpFault = {}): Kill => ({ immuta, lambda }) =>
  immuta.faults.http({ ...fault, method, path: requestPath, run: () => lambda.kill() });

const slowly: Kill = ({ immuta }) =>
  void Object.assign(immuta.switches.durations, { creating: 1_200_000, editing: 1_200_000, deleting: 1_200_000 });

interface Crash {
  readonly operation: Operation;
  /** A line of the log, a request to Immuta or an AWS service that is called. */
  readonly step: string;
  readonly when: string;
  readonly kill: Kill;
  readonly options?: LakeOptions;
}

/** Of CloudFormation's, where no answer has named one. */
const MADE_UP_ID = /^SUCCESS Lake-SalesLake/;

const ONE = /integrations\/101$/;
const ALL = /integrations$/;

/** Another location role than the integration has. */
const ANOTHER_ROLE: LakeOptions = {
  props: (stack) => ({ locationRole: Role.fromRoleName(stack, 'Another', 'another') }),
};

const CRASHES: Crash[] = [
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
    when: 'it has seen that all is well',
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

function createAnotherRole(): void {
  sandbox.current.aws.iam.createRole({
    roleName: 'another',
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

test.each(['Create', 'Update', 'Delete'] as const)('has a crash for every step of a %s', async (operation) => {
  const { aws, immuta, lambda } = sandbox.current;
  createAnotherRole();
  await prepare(sandbox.current, operation);
  slowly(sandbox.current);
  const done = [lambda.invocations.length, immuta.requests.length, aws.requests.length];

  const { answers } = await carryOut(sandbox.current, operation, operation === 'Update' ? ANOTHER_ROLE : {});

  expect(answers).toEqual(GOOD[operation].answers);
  const lines = lambda.invocations
    .slice(done[0])
    .flatMap(({ output }) => [...output.matchAll(/"step":"([\w-]+)"/g)].map(([, step]) => step));
  const requests = immuta.requests.slice(done[1]).map(({ method, path }) => `${method} ${path}`);
  const services = aws.requests.slice(done[2]).map(({ service }) => service);
  const steps = [...lines.filter((step) => step !== 'request'), ...requests, ...services];
  expect(new Set(CRASHES.filter((crash) => crash.operation === operation).map(({ step }) => step))).toEqual(
    new Set(steps),
  );
});

test.each(CRASHES)(
  'recovers when a $operation crashes at $step: $when',
  async ({ operation, kill, options }) => {
    createAnotherRole();
    await prepare(sandbox.current, operation);
    const before = sandbox.current.lambda.invocations.length;
    kill(sandbox.current);

    const { answers, ...outcome } = await carryOut(sandbox.current, operation, options);

    expect({ ...outcome, answers: [...new Set(answers)] }).toEqual(GOOD[operation]);
    const errors = sandbox.current.lambda.invocations.slice(before).map(({ error }) => error);
    expect(errors.filter((error) => error !== undefined)).toHaveLength(1);
  },
);

describe.each(['out of memory', 'unable to load'] as const)('a function that is %s', (crash) => {
  test('once changes nothing in the outcome', async () => {
    for (const operation of ['Create', 'Update', 'Delete'] as const) {
      sandbox.current.lambda.crashes.push(crash);
      expect(await carryOut(sandbox.current, operation)).toEqual(GOOD[operation]);
    }
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('always fails each operation at the service timeout, and the stack can be deleted after a repair', async () => {
    const { lambda, clock } = sandbox.current;
    const start = clock.now();
    lambda.crashes.push(...Array<typeof crash>(6).fill(crash));

    expect(await carryOut(sandbox.current, 'Create')).toEqual({
      immuta: [],
      answers: [],
      stack: 'ROLLBACK_FAILED',
      reason: expect.stringMatching(/did not receive a response from your Custom Resource/),
    });

    expect(clock.now() - start).toBeLessThan(2 * 40 * 60_000);
    expect(await carryOut(sandbox.current, 'Delete')).toMatchObject({ immuta: [], stack: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('keeps an integration, and can delete it after a repair', async () => {
    await prepare(sandbox.current, 'Update');
    sandbox.current.lambda.crashes.push(...Array<typeof crash>(9).fill(crash));
    const unanswered = {
      immuta: inOrder(101, 'sales'),
      answers: [],
      reason: expect.stringMatching(/did not receive a response/),
    };

    expect(await carryOut(sandbox.current, 'Update')).toEqual({ ...unanswered, stack: 'UPDATE_ROLLBACK_FAILED' });
    expect(await carryOut(sandbox.current, 'Delete')).toEqual({ ...unanswered, stack: 'DELETE_FAILED' });

    expect(await carryOut(sandbox.current, 'Delete')).toEqual(GOOD.Delete);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test('finds what it created when it crashes minutes later', async () => {
  const { immuta, clock, lambda } = sandbox.current;
  slowly(sandbox.current);
  immuta.faults.http({ method: 'POST', run: () => clock.at(clock.now() + 360_000, () => lambda.kill()) });

  expect(await carryOut(sandbox.current, 'Create')).toEqual(GOOD.Create);

  expect(immuta.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('leaves what it created to the rollback when it crashes after each POST', async () => {
  sandbox.current.lambda.crashes.push(/"step":"get"/, /"step":"get"/, /"step":"get"/);

  expect(await carryOut(sandbox.current, 'Create')).toEqual({
    immuta: [],
    answers: [expect.stringMatching(MADE_UP_ID)],
    stack: 'ROLLBACK_COMPLETE',
    reason: expect.stringMatching(/did not receive a response/),
  });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
