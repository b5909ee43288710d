import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  writeCalls,
  deployInstance,
  IDENTITY_CENTER,
  INSTANCE_ARN,
  INSTANCE_TYPE,
  instanceAnswers,
  instanceStack,
  instanceState,
  leftovers,
  NOTHING,
  anotherOwner,
  STACK_NAME,
  useSandbox,
} from './fixture';

const sandbox = useSandbox();
const MINUTE = 60_000;
const ONE = { identityCenterInstanceArn: IDENTITY_CENTER };

/** Fails another resource after some seconds, which cancels the Create of the instance. */
function withFailingOtherResource(afterSeconds: number, props = {}) {
  sandbox.current.cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds,
    reason: 'no bucket today',
  });
  return deployInstance(
    sandbox.current,
    { ...ONE, ...props },
    (stack: Stack) => void new Bucket(stack, 'OtherResource', { removalPolicy: RemovalPolicy.DESTROY }),
  );
}

describe.each<[string, (number | 'afterwards')[]]>([
  ['at the same time', [0, 0]],
  ['three times at once', [0, 0, 0]],
  ['seconds later', [0, 7_000]],
  ['after the first has answered', [0, 'afterwards']],
  ['minutes later', [0, 240_000]],
])('events that are delivered again %s', (_when, deliveries) => {
  test.each([
    ['empty', false],
    ['owned by others', true],
  ])('changes nothing in an account that is %s when events are delivered again', async (_, existing) => {
    sandbox.current.lambda.deliveries = deliveries;
    if (existing) anotherOwner(sandbox.current).createsInstance();

    expect(await deployInstance(sandbox.current, ONE)).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: !existing,
      associationIsOurs: true,
    });
    expect(await deployInstance(sandbox.current)).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: undefined,
      instanceIsOurs: !existing,
      associationIsOurs: false,
    });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual({ ...NOTHING, instance: existing ? INSTANCE_ARN : undefined });
    expect(new Set(instanceAnswers(sandbox.current))).toEqual(new Set(['SUCCESS A']));
    expect(sandbox.current.lambda.invocations.map(({ error }) => error).filter(Boolean)).toEqual([]);
  });
});

test.each([[0], [7_000], [60_000]])(
  'fails in the same way and leaves nothing when a failing event is repeated %d ms later',
  async (later) => {
    sandbox.current.lambda.deliveries = [0, later];
    sandbox.current.aws.accessGrants.unknownIdentityCenters.add(IDENTITY_CENTER);

    expect(await deployInstance(sandbox.current, ONE)).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(new Set(instanceAnswers(sandbox.current))).toEqual(new Set(['FAILED A', 'SUCCESS A']));
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  },
);

describe('a Create that is cancelled', () => {
  test.each([
    ['before it has made anything', { propagationSeconds: 60, associationMinutes: 0, failsAfter: 20 }],
    ['while the association takes its time', { propagationSeconds: 0, associationMinutes: 2, failsAfter: 20 }],
  ])('leaves nothing of a Create that is cancelled %s', async (_, options) => {
    const { propagationSeconds, associationMinutes, failsAfter } = options;
    sandbox.current.aws.iam.propagationMs = propagationSeconds * 1000;
    sandbox.current.aws.accessGrants.associationMs = associationMinutes * MINUTE;

    const { status, events } = await withFailingOtherResource(failsAfter);

    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(events.find(({ type, status: was }) => type === INSTANCE_TYPE && was === 'CREATE_FAILED')).toMatchObject({
      reason: 'Resource creation cancelled',
      physicalId: expect.stringMatching(/^AccessGrants-AdoptingS3/),
    });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('keeps what another owner created when a Create of an instance is cancelled', async () => {
    anotherOwner(sandbox.current).createsInstance();
    sandbox.current.aws.accessGrants.associationMs = 2 * MINUTE;

    expect(await withFailingOtherResource(20)).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: undefined,
      instanceIsOurs: false,
      associationIsOurs: false,
    });
  });

  test('keeps a retained instance when a later Create of the same resource is cancelled', async () => {
    // the same stack, and so the same stack id and logical id
    const keep = (stack: Stack) => void new Bucket(stack, 'Keep', { removalPolicy: RemovalPolicy.DESTROY });
    await deployInstance(sandbox.current, { ...ONE, removalPolicy: RemovalPolicy.RETAIN }, keep);
    const without = new Stack(instanceStack().node.root as never, 'Without', {
      stackName: STACK_NAME,
      env: { account: '111122223333', region: 'us-east-1' },
    });
    keep(without);
    expect(await sandbox.current.deploy(without)).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });
    sandbox.current.lambda.deliveries = [30_000];
    sandbox.current.cloudFormation.faults.push({
      logicalId: /^OtherResource/,
      action: 'create',
      afterSeconds: 20,
      reason: 'no bucket today',
    });

    expect(await deployInstance(sandbox.current, ONE, (stack) => {
      keep(stack);
      new Bucket(stack, 'OtherResource', { removalPolicy: RemovalPolicy.DESTROY });
    })).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(instanceAnswers(sandbox.current).at(-1)).toMatch(/^SUCCESS AccessGrants-AdoptingS3/);
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });
  });
});

test.each(['delete-first', 'create-first'] as const)(
  'succeeds with an instance after a failed Create without rollback: %s',
  async (order) => {
    const { cloudFormation, aws } = sandbox.current;
    cloudFormation.retryOrder = order;
    aws.accessGrants.associationMs = 40 * MINUTE;
    expect(await sandbox.current.deploy(instanceStack({ props: ONE }), { disableRollback: true })).toMatchObject({
      status: 'CREATE_FAILED',
    });
    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });
    aws.accessGrants.associationMs = 0;

    expect(await deployInstance(sandbox.current, ONE)).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { Adopted: 'false' },
    });

    expect(instanceState(sandbox.current)).toEqual({
      identityCenter: IDENTITY_CENTER,
      instanceIsOurs: true,
      associationIsOurs: true,
    });
    await sandbox.current.destroy(STACK_NAME);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  },
);

test('keeps a shared instance when the stack that created it is deleted first', async () => {
  await deployInstance(sandbox.current);
  const other = instanceStack({ stackName: 'Other', props: ONE });
  expect(await sandbox.current.deploy(other)).toMatchObject({
    status: 'CREATE_COMPLETE',
    outputs: { Adopted: 'true' },
  });

  // the other one's association is in its way
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(instanceState(sandbox.current)).toEqual({
    identityCenter: IDENTITY_CENTER,
    instanceIsOurs: false,
    associationIsOurs: true,
  });

  await sandbox.current.destroy('Other');
  expect(instanceState(sandbox.current)).toEqual({
    identityCenter: undefined,
    instanceIsOurs: false,
    associationIsOurs: false,
  });
});

test('waits with an instance until permissions take effect', async () => {
  sandbox.current.aws.iam.propagationMs = 100_000;

  expect(await deployInstance(sandbox.current, ONE)).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(
    await deployInstance(sandbox.current, { identityCenterInstanceArn: 'arn:aws:sso:::instance/ssoins-9999' }),
  ).toMatchObject({ status: 'UPDATE_COMPLETE' });

  expect(writeCalls(sandbox.current)).toContain('DissociateAccessGrantsIdentityCenter');
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
