import { AwsError } from '../../sandbox/aws';
import { describeDataSources, LISTED, send } from '../support/data-sources';
import { API_KEY, HandlerSandbox } from '../support/handler-sandbox';
import { describeStack } from '../support/stack-description';

const MINUTE = 60_000;
const INVENTED = 'Lake-Curated-1A2B3C4D5E6F';

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
  await sandbox.addIntegration();
});
afterEach(() => sandbox.close());

const add = (name: string, prefix: string, more = {}) =>
  sandbox.immuta.dataSources.add({ name, prefix, owner: API_KEY, ...more });
const states = () => describeDataSources(sandbox).map((each) => each.split(' ').at(-1));
const physicalIdOf = (kind: string, afterMs = 0) =>
  `immuta-s3-data-sources/${kind}/${Math.floor((sandbox.clock.now() + afterMs) / 1000)}`;

/** Adopts one of two data sources, which is a day old, and adds the other. Returns the physical ID. */
async function createBoth(): Promise<string> {
  add('Sales orders', '/orders/');
  const { PhysicalResourceId: physicalId } = await send(sandbox, 'Create');
  sandbox.clock.advance(MINUTE);
  return physicalId;
}

describe('the Delete of what a Create added', () => {
  test.each([
    ['ROLLBACK_IN_PROGRESS', ['enabled', 'disabled']],
    ['UPDATE_ROLLBACK_IN_PROGRESS', ['enabled', 'disabled']],
    ['UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', ['enabled', 'disabled']],
    ['DELETE_IN_PROGRESS', ['enabled', 'enabled']],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', ['enabled', 'enabled']],
  ])('removes retained data sources only in a rollback, and none that was adopted: %s', async (status, left) => {
    const physicalId = await createBoth();
    describeStack(sandbox, status, physicalId);

    expect(await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'retain' } })).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: physicalId,
    });
    expect(states()).toEqual(left);
  });

  test('does not warn of access in a rollback when what was adopted is disabled', async () => {
    const physicalId = await createBoth();
    sandbox.immuta.dataSources.records.get('1001')!.deleted = true;
    describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', physicalId);

    await send(sandbox, 'Delete', { physicalId });
    expect(sandbox.log.map((line) => JSON.parse(line)).filter(({ step }) => step === 'keep-data-source')).toEqual([
      expect.objectContaining({ level: 'info', dataSourceId: '1001', message: 'it existed before, and was adopted' }),
    ]);
  });

  test('removes also what was adopted when no operation is rolled back', async () => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'DELETE_IN_PROGRESS', physicalId);

    await send(sandbox, 'Delete', { physicalId });
    expect(states()).toEqual(['disabled', 'disabled']);
  });

  test('deletes what it added in a rollback when it is to be deleted', async () => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', physicalId);

    await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'delete' } });
    expect(describeDataSources(sandbox)).toEqual(['1001 Sales orders /orders/ enabled']);
  });
});

describe('the Delete of what a Create added in a nested stack', () => {
  test.each([
    ['ROLLBACK_IN_PROGRESS', 'retain', ['enabled', 'disabled']],
    ['UPDATE_ROLLBACK_IN_PROGRESS', 'delete', ['enabled']],
    ['UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'disable', ['enabled', 'disabled']],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'retain', ['enabled', 'enabled']],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'delete', []],
    ['DELETE_IN_PROGRESS', 'delete', []],
    ['', 'delete', ['enabled']],
    ['', 'retain', ['enabled', 'enabled']],
  ])('keeps what was adopted only if the root is rolled back or unknown: %s, %s', async (rootStatus, Removal, left) => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'DELETE_IN_PROGRESS', physicalId, { rootStatus });

    await send(sandbox, 'Delete', { physicalId, properties: { Removal } });
    expect(states()).toEqual(left);
  });
});

describe('the Delete of what a Create added when CloudFormation does not answer', () => {
  test.each(['disable', 'delete'])('keeps in a rollback what was adopted, with a late answer (%s)', async (Removal) => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', physicalId, { denials: 6 });

    await send(sandbox, 'Delete', { physicalId, properties: { Removal } });
    expect(states()).toEqual(Removal === 'delete' ? ['enabled'] : ['enabled', 'disabled']);
    expect(sandbox.steps).not.toContain('rollback-unknown');
  });

  test.each([
    ['disable', ['enabled', 'disabled']],
    ['delete', ['enabled']],
    ['retain', ['enabled', 'enabled']],
  ])('removes what is younger than the resource, and logs that it keeps the rest (%s)', async (Removal, left) => {
    const physicalId = await createBoth();

    expect((await send(sandbox, 'Delete', { physicalId, properties: { Removal } })).Status).toBe('SUCCESS');
    expect(states()).toEqual(left);
    expect(sandbox.steps).toContain('rollback-unknown');
  });

  test('keeps what was adopted when CloudFormation stops answering before it tells the operation', async () => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'UPDATE_COMPLETE', physicalId, { answers: 2, denials: Infinity });

    await send(sandbox, 'Delete', { physicalId, properties: { Removal: 'delete' } });
    expect(states()).toEqual(['enabled']);
  });
});

test('removes in a rollback what a Create added in its first seconds', async () => {
  const { PhysicalResourceId: physicalId } = await send(sandbox, 'Create');
  describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', physicalId);

  await send(sandbox, 'Delete', { physicalId });
  expect(states()).toEqual(['disabled', 'disabled']);
});

test('keeps what a failed Create added when CloudFormation does not say whether a later one has it', async () => {
  const physicalId = (await createBoth()).replace('created', 'failed');
  describeStack(sandbox, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', physicalId);

  expect((await send(sandbox, 'Delete', { physicalId })).Status).toBe('SUCCESS');
  expect(states()).toEqual(['enabled', 'enabled']);
});

test('asks again whether a later Create has what a failed one added', async () => {
  const physicalId = (await createBoth()).replace('created', 'failed');
  describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', physicalId, { answers: 2, denials: 1 });

  expect((await send(sandbox, 'Delete', { physicalId })).Status).toBe('SUCCESS');
  expect(states()).toEqual(['enabled', 'disabled']);
});

describe('the Delete of a cancelled Create', () => {
  test('keeps all data sources when CloudFormation does not say when the Create began', async () => {
    await createBoth();

    expect((await send(sandbox, 'Delete', { physicalId: INVENTED })).Status).toBe('SUCCESS');
    expect(states()).toEqual(['enabled', 'enabled']);
    expect(sandbox.steps).toContain('keep-data-sources');
  });

  test('removes what was added since the operation began, and what the Create adds last', async () => {
    await createBoth();
    describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', INVENTED, { startedAfterMs: -2 * MINUTE });
    const createdAt = sandbox.clock.now() + MINUTE;
    sandbox.clock.at(createdAt, () => add('Sales leads', '/leads/', { createdAt }));

    const dataSources = { ...LISTED, 'Sales leads': 'leads/' };
    expect((await send(sandbox, 'Delete', { physicalId: INVENTED, dataSources })).Status).toBe('SUCCESS');
    expect(states()).toEqual(['enabled', 'disabled', 'disabled']);
  });

  test('keeps what was added before the operation began', async () => {
    await createBoth();
    sandbox.clock.advance(5 * MINUTE);
    describeStack(sandbox, 'ROLLBACK_IN_PROGRESS', INVENTED, { startedAfterMs: -MINUTE });

    expect((await send(sandbox, 'Delete', { physicalId: INVENTED })).Status).toBe('SUCCESS');
    expect(states()).toEqual(['enabled', 'enabled']);
  });
});

describe('a Delete after a later Create', () => {
  test.each<[string, (own: string) => string, string, string[], number?]>([
    ['a later Create has succeeded', () => physicalIdOf('created'), 'CREATE_COMPLETE', ['enabled', 'enabled']],
    ['a later Update has begun', () => physicalIdOf('created'), 'UPDATE_IN_PROGRESS', ['enabled', 'enabled']],
    [
      'the stack deletes what a later Create added',
      () => physicalIdOf('created'),
      'DELETE_IN_PROGRESS',
      ['disabled', 'disabled'],
    ],
    [
      'the stack has what an earlier Create added',
      () => physicalIdOf('created', -60 * MINUTE),
      'DELETE_IN_PROGRESS',
      ['disabled', 'disabled'],
    ],
    ['a later Create has failed', () => physicalIdOf('failed'), 'DELETE_IN_PROGRESS', ['disabled', 'disabled']],
    ['a later Create fails', () => physicalIdOf('failed'), 'CREATE_FAILED', ['disabled', 'disabled']],
    [
      'a read shows what an earlier Create added',
      () => physicalIdOf('created', -60 * MINUTE),
      'UPDATE_COMPLETE',
      ['disabled', 'disabled'],
      -60 * MINUTE,
    ],
    [
      'a read shows the resource before its deletion',
      (own) => own,
      'CREATE_COMPLETE',
      ['disabled', 'disabled'],
      -MINUTE,
    ],
  ])('removes nothing that a later operation has: %s', async (_, current, resourceStatus, left, changedAfterMs = 0) => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'UPDATE_IN_PROGRESS', current(physicalId), { resourceStatus, changedAfterMs });

    expect((await send(sandbox, 'Delete', { physicalId })).Status).toBe('SUCCESS');
    expect(states()).toEqual(left);
  });

  test('removes nothing that a later Create has when CloudFormation answers after some denials', async () => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'DELETE_IN_PROGRESS', physicalIdOf('created'), { resourceStatus: 'CREATE_COMPLETE' });
    let denials = 4;
    sandbox.aws.route('cloudformation', async (request, next) => {
      if (request.operation === 'DescribeStackResource' && denials-- > 0) throw new AwsError(400, 'Throttling', 'no');
      return next(request);
    });

    expect((await send(sandbox, 'Delete', { physicalId })).Status).toBe('SUCCESS');
    expect(states()).toEqual(['enabled', 'enabled']);
  });

  test('stops to remove when a later operation begins meanwhile', async () => {
    const physicalId = await createBoth();
    describeStack(sandbox, 'DELETE_IN_PROGRESS', physicalId);
    sandbox.immuta.faults.http({
      method: 'DELETE',
      run: () => describeStack(sandbox, 'UPDATE_IN_PROGRESS', physicalIdOf('created'), {
        resourceStatus: 'CREATE_IN_PROGRESS', changedAfterMs: 5 * MINUTE,
      }),
    });

    expect((await send(sandbox, 'Delete', { physicalId })).Status).toBe('SUCCESS');
    expect(states()).toEqual(['disabled', 'enabled']);
    expect(sandbox.countAwsCalls('Invoke')).toBe(0);
  });
});

describe('an Update', () => {
  const update = (physicalId: string, properties = {}) =>
    send(sandbox, 'Update', { physicalId, dataSources: {}, before: LISTED, properties });

  test.each([
    ['UPDATE_IN_PROGRESS', 'disable', ['disabled', 'disabled']],
    ['UPDATE_IN_PROGRESS', 'retain', ['enabled', 'enabled']],
    ['UPDATE_ROLLBACK_IN_PROGRESS', 'disable', ['enabled', 'disabled']],
    ['UPDATE_ROLLBACK_IN_PROGRESS', 'retain', ['enabled', 'disabled']],
  ])('removes in %s with the mode %s what the rolled-back operation added', async (status, Removal, left) => {
    const physicalId = await createBoth();
    describeStack(sandbox, status, physicalId, {
      resourceStatus: 'UPDATE_IN_PROGRESS', startedAfterMs: -2 * MINUTE,
    });

    expect((await update(physicalId, { Removal })).Status).toBe('SUCCESS');
    expect(states()).toEqual(left);
  });

  test('keeps in a rollback what its update adopted when CloudFormation answers after some denials', async () => {
    const physicalId = await createBoth();
    const resourceStatus = 'UPDATE_IN_PROGRESS';
    describeStack(sandbox, 'UPDATE_ROLLBACK_IN_PROGRESS', physicalId, {
      resourceStatus, startedAfterMs: -2 * MINUTE, answers: 1, denials: 5,
    });

    await update(physicalId, { Removal: 'delete' });
    expect(states()).toEqual(['enabled']);
  });

  test.each([
    ['disable', ['enabled', 'disabled']],
    ['delete', ['enabled', 'disabled']],
    ['retain', ['enabled', 'enabled']],
  ])('deletes nothing when CloudFormation does not answer (%s)', async (Removal, left) => {
    const physicalId = await createBoth();

    expect((await update(physicalId, { Removal })).Status).toBe('SUCCESS');
    expect(states()).toEqual(left);
    expect(sandbox.steps).toContain('rollback-unknown');
  });

  test('keeps everything when its physical ID does not say when the resource was created', async () => {
    await createBoth();

    expect((await update(INVENTED, { Removal: 'delete' })).Status).toBe('SUCCESS');
    expect(states()).toEqual(['enabled', 'enabled']);
  });
});
