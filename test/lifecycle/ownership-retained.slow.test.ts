import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { changes, failure, lake, locations, STACK_NAME, tenantIn, useSandbox } from './fixture';
import {
  failOtherResource,
  inAccount,
  prepareAccount,
  Roles,
  stateAndPolicies as state,
  withOtherResource,
} from './owners';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
beforeEach(() => prepareAccount(sandbox.current));

const withIntegration = (roles: Roles, { otherResource = false, removalPolicy = RemovalPolicy.RETAIN } = {}) =>
  lake(sandbox.current, {
    props: (stack) => ({ ...inAccount(stack, roles), removalPolicy }),
    and: otherResource ? withOtherResource : undefined,
  });

/** The same stack without the integration. */
function withoutIntegration(): Stack {
  const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
  tenantIn(stack, sandbox.current);
  return stack;
}

async function retain(roles: Roles) {
  await sandbox.current.deploy(withIntegration(roles));
  expect(await sandbox.current.deploy(withoutIntegration())).toMatchObject({ status: 'UPDATE_COMPLETE' });
  const before = state(sandbox.current);
  expect(before.integrations).toMatchObject([{ id: '101', status: 'enabled' }]);
  expect(before.instance!.locations.size).toBe(1);
  // with what its roles need
  const ofStack = before.policies.flat().filter((policy) => policy !== 'everything');
  expect(ofStack).toHaveLength(roles === 'given' ? 2 : 0);
  return before;
}

const ALL_ROLES: [Roles][] = [['given'], ['given-immutable'], ['generated']];

describe.each(ALL_ROLES)('an integration with %s roles that was retained', (roles) => {
  test('keeps a retained integration when the same is added again', async () => {
    const before = await retain(roles);

    const result = await sandbox.current.deploy(withIntegration(roles));

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toContain("set 'adopt' to '101'");
    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });

  test.each([RemovalPolicy.RETAIN, RemovalPolicy.DESTROY])(
    'keeps a retained integration when it is added again with %s and that is cancelled',
    async (removalPolicy) => {
      const before = await retain(roles);
      failOtherResource(sandbox.current);

      const result = await sandbox.current.deploy(withIntegration(roles, { otherResource: true, removalPolicy }));

      expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
      const deletion = sandbox.current.lambda.invocations.find(({ event }) => event.RequestType === 'Delete')!;
      expect(deletion.event.PhysicalResourceId).toMatch(/^Lake-SalesLake/);
      expect(state(sandbox.current)).toEqual(before);
      expect(changes(sandbox.current)).toEqual(['POST /integrations']);
    },
  );
});

test.each(ALL_ROLES)('deletes an integration with %s roles when its Create is cancelled', async (roles) => {
  sandbox.current.cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds: 12,
    reason: 'no bucket today',
  });
  await sandbox.current.deploy(withoutIntegration());

  const result = await sandbox.current.deploy(withIntegration(roles, { otherResource: true }));

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(new Set(changes(sandbox.current))).toEqual(new Set(['POST /integrations', 'DELETE /integrations/101']));
  expect(state(sandbox.current).integrations).toEqual([]);
  expect(locations(sandbox.current)).toEqual([]);
});

test.each(ALL_ROLES)(
  'keeps what a stack with %s roles retained when it is created again under its name',
  async (roles) => {
    await sandbox.current.deploy(withIntegration(roles));
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    const before = state(sandbox.current);

    const refused = await sandbox.current.deploy(withIntegration(roles));
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(refused)).toContain(
      'If it was retained and no stack has it any more, delete it in Immuta and deploy again, or keep it and set ' +
        "'adopt' to '101' and " +
        "'integrationName' to its name",
    );
    await sandbox.current.destroy(STACK_NAME);

    failOtherResource(sandbox.current);
    expect(await sandbox.current.deploy(withIntegration(roles, { otherResource: true }))).toMatchObject({
      status: 'ROLLBACK_COMPLETE',
    });
    expect(state(sandbox.current)).toEqual(before);
  },
);

test.each(ALL_ROLES)(
  'leaves nothing when a first deployment with %s roles fails, even with RETAIN',
  async (roles) => {
    const before = state(sandbox.current);
    sandbox.current.cloudFormation.faults.push({
      logicalId: /^OtherResource/,
      action: 'create',
      afterSeconds: 12,
      reason: 'no bucket today',
    });

    expect(await sandbox.current.deploy(withIntegration(roles, { otherResource: true }))).toMatchObject({
      status: 'ROLLBACK_COMPLETE',
    });

    expect(state(sandbox.current)).toEqual(before);
  },
);
