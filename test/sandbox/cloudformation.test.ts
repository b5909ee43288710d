import * as path from 'node:path';
import { App, CfnOutput, CfnResource, CustomResource, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { StackResult, Template } from './cloudformation';
import { evaluate, Scope } from './cloudformation/intrinsics';
import { Sandbox, SANDBOX_ENV } from './sandbox';

describe('intrinsic functions', () => {
  const scope: Scope = {
    availabilityZones: ['us-east-1a'],
    ref: (name) => `ref-${name}`,
    getAtt: (name, attribute) => `${name}.${attribute}`,
    condition: (name) => name === 'Yes',
    mapping: (map, key, name) => [map, key, name].join('/'),
    importValue: (name) => `imported-${name}`,
  };

  test.each<[unknown, unknown]>([
    [{ Ref: 'A' }, 'ref-A'],
    [{ 'Fn::GetAtt': ['A', 'Arn'] }, 'A.Arn'],
    [{ 'Fn::GetAtt': 'A.Endpoint.Port' }, 'A.Endpoint.Port'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'A' }]] }, 'a-ref-A'],
    [{ 'Fn::Sub': '${A}:${A.Arn}:${!A}' }, 'ref-A:A.Arn:${A}'],
    [{ 'Fn::Sub': ['${X}${A}', { X: { Ref: 'B' } }] }, 'ref-Bref-A'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': ['|', 'a|b'] }] }, 'b'],
    [{ 'Fn::If': ['Yes', 1, { 'Fn::Unknown': 1 }] }, 1],
    [{ a: { Ref: 'AWS::NoValue' }, b: [{ 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, 2] }, { b: [2] }],
    [{ 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Equals': ['1', 1] }] }, true],
    [{ 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Not': [{ Condition: 'Yes' }] }] }, false],
    [{ 'Fn::FindInMap': ['M', { Ref: 'K' }, 'N'] }, 'M/ref-K/N'],
    [{ 'Fn::ImportValue': { 'Fn::Sub': '${A}' } }, 'imported-ref-A'],
    [{ 'Fn::Base64': 'a' }, 'YQ=='],
    [{ Condition: { StringEquals: { a: 'b' } } }, { Condition: { StringEquals: { a: 'b' } } }],
  ])('resolves %j to %j', (value, expected) => {
    expect(evaluate(value, scope)).toEqual(expected);
  });

  test('fails when the sandbox does not know an intrinsic function', () => {
    expect(() => evaluate({ 'Fn::Cidr': [] }, scope)).toThrow('Unresolved intrinsic function Fn::Cidr');
  });
});

describe('stacks', () => {
  let sandbox: Sandbox;
  beforeEach(async () => { sandbox = await Sandbox.start(); });
  afterEach(() => sandbox.close());

  /** `Thing CREATE_COMPLETE` and so on, of the resources. */
  const story = ({ events }: StackResult) =>
    events
      .filter(({ type }) => type !== 'AWS::CloudFormation::Stack')
      .map(({ logicalId, status }) => `${logicalId} ${status}`);

  /** A function and a custom resource that it answers for, which a thing of an unknown type needs. */
  const custom = (properties: Record<string, unknown>) => {
    const stack = new Stack(new App(), 'Test', { env: SANDBOX_ENV });
    const fn = new lambda.Function(stack, 'Fn', {
      runtime: lambda.Runtime.NODEJS_20_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(path.join(__dirname, 'scripted-handler')),
    });
    const thing = new CustomResource(stack, 'Thing', {
      serviceToken: fn.functionArn,
      resourceType: 'Custom::Thing',
      properties,
    });
    const other = new CfnResource(stack, 'Other', {
      type: 'AWS::Other::Thing',
      properties: { Got: thing.getAttString('Got') },
    });
    new CfnOutput(stack, 'Ref', { value: thing.ref });
    new CfnOutput(stack, 'Got', { value: other.getAtt('Arn').toString() });
    return stack;
  };

  /** The events that the function got: type and physical id. */
  const received = () => sandbox.lambda.invocations.map(({ event }) => [event.RequestType, event.PhysicalResourceId]);

  test('creates resources after their dependencies and deletes them before', async () => {
    const order = ['FnServiceRoleB9001A96', 'Fn9270CBC0', 'Thing', 'Other'];

    const created = await sandbox.deploy(custom({ Number: 1, Flag: true, Nested: [{ Number: 2 }] }));
    const destroyed = await sandbox.destroy('Test');

    expect(story(created).filter((event) => event.endsWith('COMPLETE'))).toEqual(
      order.map((name) => `${name} CREATE_COMPLETE`),
    );
    expect(created.outputs.Ref).toBe('made-by-Create');
    expect(story(destroyed).filter((event) => event.endsWith('COMPLETE'))).toEqual(
      [...order].reverse().map((name) => `${name} DELETE_COMPLETE`),
    );
    const [{ event }] = sandbox.lambda.invocations;
    expect(event.ResourceProperties).toMatchObject({ Number: '1', Flag: 'true', Nested: [{ Number: '2' }] });
  });

  test('changes no resource when the template is the same', async () => {
    await sandbox.deploy(custom({}));

    expect(await sandbox.deploy(custom({}))).toMatchObject({ status: 'CREATE_COMPLETE', events: [] });
  });

  test('deletes the old resource at the end when an Update returns another ID', async () => {
    await sandbox.deploy(custom({}));

    const { status } = await sandbox.deploy(custom({ OnUpdate: { PhysicalResourceId: 'made-by-Update' } }));

    expect(status).toBe('UPDATE_COMPLETE');
    expect(received()).toEqual([['Create', undefined], ['Update', 'made-by-Create'], ['Delete', 'made-by-Create']]);
  });

  test('deletes the ID of a failed Create', async () => {
    const { status } = await sandbox.deploy(custom({ OnCreate: { Status: 'FAILED', Reason: 'no' } }));

    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(received()).toEqual([['Create', undefined], ['Delete', 'made-by-Create']]);
  });

  test('deletes the ID of a failed replacement and keeps the old one', async () => {
    await sandbox.deploy(custom({}));

    const { status, outputs } = await sandbox.deploy(
      custom({ OnUpdate: { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'new' } }),
    );

    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(outputs.Ref).toBe('made-by-Create');
    expect(received()).toEqual([['Create', undefined], ['Update', 'made-by-Create'], ['Delete', 'new']]);
  });

  test('sends the old properties when an Update in place fails', async () => {
    await sandbox.deploy(custom({ Size: 1 }));

    const { status } = await sandbox.deploy(custom({ Size: 2, OnUpdate: { Status: 'FAILED', Reason: 'no' } }));

    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(received()).toEqual([['Create', undefined], ['Update', 'made-by-Create'], ['Update', 'made-by-Create']]);
    expect(sandbox.lambda.invocations[2].event).toMatchObject({
      ResourceProperties: { Size: '1' },
      OldResourceProperties: { Size: '2' },
    });
  });

  test('continues a failed rollback where it failed', async () => {
    await sandbox.deploy(custom({ Size: 1 }));
    sandbox.cloudFormation.faults.push({
      logicalId: /^Thing$/,
      action: 'update',
      afterSeconds: 1,
      reason: 'neither there nor back',
    });

    expect(await sandbox.deploy(custom({ Size: 2 }))).toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED' });
    expect(() => sandbox.cloudFormation.requireUpdatable(sandbox.cloudFormation.stack('Test'))).toThrow(
      'can not be updated',
    );
    sandbox.cloudFormation.faults.length = 0;

    expect(await sandbox.continueUpdateRollback('Test')).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });
    expect(sandbox.lambda.invocations.at(-1)!.event).toMatchObject({
      ResourceProperties: { Size: '1' },
      OldResourceProperties: { Size: '2' },
    });
    await expect(sandbox.continueUpdateRollback('Other')).rejects.toThrow('does not exist');
  });

  test.each([
    ['delete-first', [['Create', undefined], ['Delete', 'one'], ['Create', undefined]]],
    ['create-first', [['Create', undefined], ['Create', undefined], ['Delete', 'one']]],
  ] as const)('recreates a resource that failed to create without rollback, %s', async (retryOrder, events) => {
    sandbox.cloudFormation.retryOrder = retryOrder;
    const failed = await sandbox.deploy(
      custom({ OnCreate: { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'one' } }),
      { disableRollback: true },
    );
    expect(failed).toMatchObject({ status: 'CREATE_FAILED' });

    const { status, outputs } = await sandbox.deploy(custom({ OnCreate: { PhysicalResourceId: 'two' } }), {
      disableRollback: true,
    });

    expect([status, outputs.Ref]).toEqual(['UPDATE_COMPLETE', 'two']);
    expect(received()).toEqual(events);
  });

  test('restores only the resource that failed to update without rollback', async () => {
    await sandbox.deploy(custom({ Size: 1 }));

    const { status, stack } = await sandbox.deploy(custom({ Size: 2, OnUpdate: { Status: 'FAILED', Reason: 'no' } }), {
      disableRollback: true,
    });

    expect(status).toBe('UPDATE_FAILED');
    expect(stack.resources.get('Thing')!.properties).toMatchObject({ Size: 1 });
    expect(await sandbox.deploy(custom({ Size: 3 }))).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(
      sandbox.lambda.invocations
        .slice(1)
        .map(({ event }) => [event.OldResourceProperties.Size, event.ResourceProperties.Size]),
    ).toEqual([
      ['1', '2'],
      ['2', '1'],
      ['1', '3'],
    ]);
  });

  test.each([
    ['failed twice', { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'two' }, 'UPDATE_FAILED'],
    ['failed before', { PhysicalResourceId: 'two' }, 'UPDATE_COMPLETE'],
  ])('deletes each ID of a Create that %s without rollback', async (_, OnCreate, status) => {
    sandbox.cloudFormation.retryOrder = 'create-first';
    const failing = { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'one' };
    await sandbox.deploy(custom({ OnCreate: failing }), { disableRollback: true });

    expect(await sandbox.deploy(custom({ OnCreate }), { disableRollback: true })).toMatchObject({ status });

    expect(await sandbox.destroy('Test')).toMatchObject({ status: 'DELETE_COMPLETE' });
    const deleted = received().filter(([type]) => type === 'Delete').map(([, id]) => id);
    expect(deleted.sort()).toEqual(['one', 'two']);
  });

  test.each([
    ['too long', { Data: { Got: 'x'.repeat(4096) } }, 'Response object is too long.'],
    ['without an id', { PhysicalResourceId: '' }, 'Invalid PhysicalResourceId'],
    ['for another request', { RequestId: 'other' }, 'Invalid response object: Value of property RequestId must be'],
    ['a failure without a reason', { Status: 'FAILED' }, 'Invalid response object: Reason is required'],
  ])('fails when a response is %s', async (_what, answer, reason) => {
    const { status, events } = await sandbox.deploy(custom({ OnCreate: answer, OnDelete: { Data: {} } }));

    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(
      events.find(({ logicalId, status: was }) => logicalId === 'Thing' && was === 'CREATE_FAILED')?.reason,
    ).toContain(reason);
  });

  test('cancels a Create when another resource fails, and deletes it by an invented ID', async () => {
    const stack = custom({ OnCreate: { SleepMs: 60_000 } });
    new CfnResource(stack, 'OtherResource', { type: 'AWS::Other::Thing' });
    sandbox.cloudFormation.faults.push({
      logicalId: /^OtherResource$/,
      action: 'create',
      afterSeconds: 30,
      reason: 'no',
    });

    const { status } = await sandbox.deploy(stack);

    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(received()).toEqual([
      ['Create', undefined],
      ['Delete', expect.stringMatching(/^Test-Thing-/)],
    ]);
  });

  test('fails at the service timeout when no response arrives', async () => {
    const { events } = await sandbox.deploy(custom({ ServiceTimeout: 120, OnCreate: { SleepMs: 3_600_000 } }));

    const [asked, failed] = events.filter(
      ({ logicalId, status }) => logicalId === 'Thing' && status.startsWith('CREATE'),
    );
    expect(failed).toMatchObject({
      status: 'CREATE_FAILED',
      reason: expect.stringContaining('did not receive a response'),
    });
    expect(Math.round((failed.timestamp - asked.timestamp) / 1000)).toBe(120);
  });

  const things = (names: Record<string, object>): Template => ({
    Resources: Object.fromEntries(
      Object.entries(names).map(([name, more]) => [name, { Type: 'AWS::Other::Thing', ...more }]),
    ),
  });

  test('creates a replacement before it deletes the old resource', async () => {
    const named = (name: string) =>
      things({ Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: name } } });
    await sandbox.deployTemplate('Test', named('old'));

    const updated = await sandbox.deployTemplate('Test', named('new'));

    expect(story(updated)).toEqual([
      'Log UPDATE_IN_PROGRESS',
      'Log UPDATE_COMPLETE',
      'Log DELETE_IN_PROGRESS',
      'Log DELETE_COMPLETE',
    ]);
    expect([...sandbox.cloudFormation.otherResources]).toEqual(['arn:aws:logs:us-east-1:111122223333:log-group:new:*']);
  });

  test('deletes what a failed update created and keeps what it would have deleted', async () => {
    await sandbox.deployTemplate('Test', things({ Old: {} }));
    const before = [...sandbox.cloudFormation.otherResources];
    sandbox.cloudFormation.faults.push({ logicalId: /^Bad$/, action: 'create', afterSeconds: 5, reason: 'no' });

    const { status, stack } = await sandbox.deployTemplate('Test', things({ New: {}, Bad: {} }));

    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect([...stack.resources.keys()]).toEqual(['Old']);
    expect([...sandbox.cloudFormation.otherResources]).toEqual(before);
  });

  test.each([
    ['Delete', 0, 0],
    ['Retain', 1, 1],
    ['RetainExceptOnCreate', 1, 0],
  ])(
    'keeps with DeletionPolicy %s %d resource after a deletion and %d after a failed creation',
    async (DeletionPolicy, afterDeletion, afterFailure) => {
      const left = () => sandbox.cloudFormation.otherResources.size;
      await sandbox.deployTemplate('Test', things({ Thing: { DeletionPolicy } }));
      await sandbox.destroy('Test');
      expect(left()).toBe(afterDeletion);

      sandbox.cloudFormation.otherResources.clear();
      sandbox.cloudFormation.faults.push({ logicalId: /^Bad$/, action: 'create', afterSeconds: 5, reason: 'no' });
      await sandbox.deployTemplate('Test', things({ Thing: { DeletionPolicy }, Bad: {} }));
      expect(left()).toBe(afterFailure);
    },
  );

  test('resolves parameters, conditions and exports', async () => {
    const template: Template = {
      Parameters: { Stage: { Type: 'String', Default: 'dev' } },
      Conditions: { IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] } },
      Resources: { Always: { Type: 'AWS::Other::Thing' }, InProd: { Type: 'AWS::Other::Thing', Condition: 'IsProd' } },
      Outputs: { Stage: { Value: { Ref: 'Stage' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}-stage' } } } },
    };

    const dev = await sandbox.deployTemplate('Test', template);
    expect([...dev.stack.resources.keys()]).toEqual(['Always']);
    const prod = await sandbox.deployTemplate('Test', template, { parameters: { Stage: 'prod' } });
    expect([...prod.stack.resources.keys()]).toEqual(['Always', 'InProd']);

    const importing = await sandbox.deployTemplate('Other', {
      Resources: { Thing: { Type: 'AWS::Other::Thing' } },
      Outputs: { Stage: { Value: { 'Fn::ImportValue': 'Test-stage' } } },
    });
    expect(importing.outputs).toEqual({ Stage: 'prod' });
  });
});
