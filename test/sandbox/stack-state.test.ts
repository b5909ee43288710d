import {
  CloudFormationClient,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { StackResult, Template } from './cloudformation';
import { Sandbox, SANDBOX_ENV } from './sandbox';

let sandbox: Sandbox;
beforeEach(async () => { sandbox = await Sandbox.start(); });
afterEach(() => sandbox.close());

const template = (names: Record<string, object>): Template => ({
  Resources: Object.fromEntries(
    Object.entries(names).map(([name, more]) => [name, { Type: 'AWS::Other::Thing', ...more }]),
  ),
});

const deploy = (names: Record<string, object>, options = {}): Promise<StackResult> =>
  sandbox.deployTemplate('Test', template(names), options);

const version = (Version: number) => ({ Properties: { Version } });

/** Lets another resource fail after some seconds, once. */
function fail(logicalId: string, action: 'create' | 'update' | 'delete', afterSeconds: number): void {
  sandbox.cloudFormation.faults.push({
    logicalId: new RegExp(`^${logicalId}$`),
    action,
    afterSeconds,
    reason: 'no',
    once: true,
  });
}

const statesOf = (logicalId: string, { events }: StackResult) =>
  events.filter((event) => event.logicalId === logicalId).map(({ status }) => status);

describe('DescribeStackResource and DescribeStacks', () => {
  let client: CloudFormationClient;
  const connect = (credentials: { accessKeyId: string; secretAccessKey: string }) => {
    client = new CloudFormationClient({
      endpoint: sandbox.aws.url,
      region: SANDBOX_ENV.region,
      credentials,
      maxAttempts: 1,
    });
  };
  beforeEach(() => connect({ accessKeyId: 'test', secretAccessKey: 'test' }));
  afterEach(() => client.destroy());

  const describeResource = async (LogicalResourceId: string, StackName = 'Test') => {
    const { StackResourceDetail } = await client.send(
      new DescribeStackResourceCommand({ StackName, LogicalResourceId }),
    );
    return StackResourceDetail!;
  };

  test('describes a resource and its stack', async () => {
    const { stack } = await deploy({ Thing: {} });

    expect(await describeResource('Thing')).toMatchObject({
      StackId: stack.id,
      PhysicalResourceId: expect.stringMatching(/^Test-Thing-/),
      ResourceType: 'AWS::Other::Thing',
      ResourceStatus: 'CREATE_COMPLETE',
      LastUpdatedTimestamp: expect.any(Date),
    });
    expect((await client.send(new DescribeStacksCommand({ StackName: stack.id }))).Stacks).toMatchObject([
      { StackStatus: 'CREATE_COMPLETE' },
    ]);
    await expect(describeResource('Other')).rejects.toThrow('Resource Other does not exist for stack Test');
  });

  test('describes a resource without a physical ID while it is created, with the time of each status', async () => {
    const seen: unknown[] = [];
    const look = async () => {
      const { ResourceStatus, PhysicalResourceId, LastUpdatedTimestamp } = await describeResource('Thing');
      seen.push([ResourceStatus, PhysicalResourceId === undefined, LastUpdatedTimestamp!.getTime()]);
    };
    const end = sandbox.scheduler.begin();
    const deployed = deploy({ Thing: {} });
    await look();
    end();
    await deployed;
    await look();

    expect(seen).toEqual([
      ['CREATE_IN_PROGRESS', true, expect.any(Number)],
      ['CREATE_COMPLETE', false, expect.any(Number)],
    ]);
    expect((seen as number[][])[1][2]).toBeGreaterThan((seen as number[][])[0][2]);
  });

  test('describes a deleted stack by its ID', async () => {
    const { stack } = await deploy({ Thing: {} });
    await sandbox.destroy('Test');

    expect(await describeResource('Thing', stack.id)).toMatchObject({ ResourceStatus: 'DELETE_COMPLETE' });
    await expect(describeResource('Thing')).rejects.toThrow('does not exist');
  });

  describe('called by a function', () => {
    beforeEach(async () => {
      await deploy({ Thing: {} });
      const { arn } = sandbox.aws.iam.createRole({
        roleName: 'function',
        assumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] },
      });
      connect(sandbox.aws.iam.sessionFor(arn));
    });
    const allow = (resource: string) =>
      sandbox.aws.iam.putRolePolicy('function', 'describe', {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'],
            Resource: resource,
          },
        ],
      });

    test('requires a permission on the stack when a function describes it', async () => {
      await expect(describeResource('Thing')).rejects.toMatchObject({ name: 'AccessDenied' });
      allow('arn:aws:cloudformation:*:*:stack/Other/*');
      await expect(describeResource('Thing')).rejects.toMatchObject({ name: 'AccessDenied' });
      allow('arn:aws:cloudformation:*:*:stack/Test/*');

      expect(await describeResource('Thing')).toMatchObject({ ResourceStatus: 'CREATE_COMPLETE' });
    });

    test('denies a function to describe a stack when a test says so', async () => {
      allow('*');
      sandbox.cloudFormation.describe = 'denied';

      await expect(describeResource('Thing')).rejects.toMatchObject({ name: 'AccessDenied' });
    });

    test('describes the state before a change for a while when a test says so', async () => {
      allow('*');
      sandbox.cloudFormation.describeLag = { stack: 30_000, resource: 60_000 };
      const shown = async () => {
        const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'Test' }));
        const { ResourceStatus, LastUpdatedTimestamp } = await describeResource('Thing');
        return [Stacks![0].StackStatus, ResourceStatus, LastUpdatedTimestamp!.getTime()];
      };
      sandbox.clock.advance(60_000);
      const created = await shown();
      await deploy({ Thing: version(2) });
      const updated = sandbox.cloudFormation.stack('Test').resourceStates.get('Thing')!.updatedAt;

      expect(created.slice(0, 2)).toEqual(['CREATE_COMPLETE', 'CREATE_COMPLETE']);
      expect(await shown()).toEqual(created);
      sandbox.clock.advance(31_000);
      expect(await shown()).toEqual(['UPDATE_COMPLETE', 'CREATE_COMPLETE', created[2]]);
      sandbox.clock.advance(30_000);
      expect(await shown()).toEqual(['UPDATE_COMPLETE', 'UPDATE_COMPLETE', updated]);
    });

    test('does not describe a resource that is being created when a test says so', async () => {
      allow('*');
      sandbox.cloudFormation.describeLag.resource = 1_000;
      sandbox.clock.advance(1_000);
      await deploy({ Thing: {}, New: {} }, { express: true });

      await expect(describeResource('New')).rejects.toMatchObject({
        name: 'ValidationError',
        message: expect.stringContaining('does not exist'),
      });
    });

    test('does not answer a function that describes a stack when a test says so', async () => {
      allow('*');
      sandbox.cloudFormation.describe = 'unreachable';
      const silent = new Promise<void>((resolve) => { sandbox.lambda.onSilence = resolve; });

      const answer = describeResource('Thing').catch(() => 'closed');

      await silent;
      client.destroy();
      void answer;
    });
  });
});

test('describes a cancelled resource as failed before its rollback begins', async () => {
  await deploy({ Slow: version(1), Other: version(1) });
  fail('Other', 'update', 1);

  const result = await deploy({ Slow: version(2), Other: version(2) });

  expect(statesOf('Slow', result)).toEqual([
    'UPDATE_IN_PROGRESS',
    'UPDATE_FAILED',
    'UPDATE_IN_PROGRESS',
    'UPDATE_COMPLETE',
  ]);
  const [, failed, rollback] = result.events.filter(({ logicalId }) => logicalId === 'Slow');
  const rollbackBegins = result.events.find(({ status }) => status === 'UPDATE_ROLLBACK_IN_PROGRESS')!;
  expect(failed.reason).toBe('Resource update cancelled');
  expect(failed.timestamp).toBeLessThan(rollbackBegins.timestamp);
  expect(rollback.timestamp).toBeGreaterThan(rollbackBegins.timestamp);
});

test.each([
  ['current', [['UPDATE_COMPLETE', 'new']]],
  ['deleted', [['UPDATE_COMPLETE', 'new'], ['DELETE_IN_PROGRESS', 'old'], ['UPDATE_COMPLETE', 'new']]],
] as const)('describes the %s resource during the cleanup after a replacement', async (shows, states) => {
  sandbox.cloudFormation.cleanupShows = shows;
  const named = (LogGroupName: string) => ({ Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName } } });
  await deploy(named('old'));

  const { stack } = await deploy(named('new'));

  const shown: string[][] = [];
  for (let state = stack.resourceStates.get('Log'); state && shown.length < states.length; state = state.previous) {
    shown.unshift([state.status, state.physicalId]);
  }
  expect(shown).toEqual(states);
});

test('continues a failed rollback without the resources to skip', async () => {
  await deploy({ Stuck: version(1), Other: version(1) });
  sandbox.cloudFormation.faults.push({ logicalId: /^Stuck$/, action: 'update', afterSeconds: 1, reason: 'stuck' });
  expect(await deploy({ Stuck: version(2), Other: version(2) })).toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED' });

  await expect(sandbox.continueUpdateRollback('Test', ['Other'])).rejects.toThrow('cannot be skipped');
  expect(await sandbox.continueUpdateRollback('Test', ['Stuck'])).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });
});

describe('express mode', () => {
  test('does not wait in express mode until a resource is stable', async () => {
    const begin = sandbox.clock.now();

    expect(await deploy({ First: {}, Second: { DependsOn: 'First' } }, { express: true })).toMatchObject({
      status: 'CREATE_COMPLETE',
    });

    expect(sandbox.clock.now() - begin).toBe(0);
  });

  test.each([
    [undefined, 'CREATE_FAILED'],
    [false, 'ROLLBACK_COMPLETE'],
  ])('rolls back in express mode only when it is requested (%s: %s)', async (disableRollback, status) => {
    fail('Bad', 'create', 5);

    expect(await deploy({ Good: {}, Bad: {} }, { express: true, disableRollback })).toMatchObject({ status });
  });
});

describe('stack refactoring', () => {
  const at = (logicalId: string, stackName = 'Test') => ({ stackName, logicalId });

  test('renames a resource by stack refactoring without an update', async () => {
    const { stack } = await deploy({ Old: version(1), User: { Properties: { Uses: { Ref: 'Old' } } } });
    const before = stack.resources.get('Old')!;

    sandbox.cloudFormation.refactor([{ source: at('Old'), destination: at('New') }],
      { Test: template({ New: version(1), User: { Properties: { Uses: { Ref: 'New' } } } }) });

    expect([...stack.resources.keys()].sort()).toEqual(['New', 'User']);
    expect(stack.resources.get('New')).toEqual({ ...before, logicalId: 'New' });
    expect(stack.resources.get('User')!.dependsOn).toEqual(['New']);
    expect(stack.resourceStates.has('Old')).toBe(false);
    expect(await deploy({ New: version(1), User: { Properties: { Uses: { Ref: 'New' } } } })).toMatchObject({
      events: [],
    });
  });

  test('moves a resource to another stack by stack refactoring', async () => {
    await deploy({ Stays: {}, Moves: version(1) });
    await sandbox.deployTemplate('Other', template({ There: {} }));

    sandbox.cloudFormation.refactor([{ source: at('Moves'), destination: at('Moves', 'Other') }],
      { Test: template({ Stays: {} }), Other: template({ There: {}, Moves: version(1) }) });
    await sandbox.destroy('Test');

    expect([...sandbox.cloudFormation.stack('Other').resources.keys()]).toEqual(['There', 'Moves']);
    expect(sandbox.cloudFormation.otherResources.size).toBe(2);
  });

  test.each([
    ['changes a resource', { New: version(2) }, 'does not support modifying the properties of New'],
    ['adds a resource', { New: version(1), More: {} }, 'does not support adding or removing resources'],
  ])('refuses a stack refactoring that also %s', async (_what, resources, message) => {
    const { stack } = await deploy({ Old: version(1) });

    expect(() =>
      sandbox.cloudFormation.refactor([{ source: at('Old'), destination: at('New') }], { Test: template(resources) }),
    ).toThrow(message);

    expect([...stack.resources.keys()]).toEqual(['Old']);
  });
});
