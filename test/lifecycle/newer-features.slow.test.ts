import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ContestedLake, deleteByHand } from './cancellation';
import { changes, failure, leftovers, LOCATION_PATH, NOTHING, STACK_NAME, tenantIn, useSandbox } from './fixture';
import { arnOf } from './owners';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaS3IntegrationProps, S3Location } from '../../src';
import { Template } from '../sandbox/cloudformation';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
const record = (id = '101') => sandbox.current.immuta.integrations.get(id)!;

describe('stack refactoring', () => {
  interface Placement {
    readonly tenant?: string;
    readonly integration?: string;
    readonly bucket?: string;
    /** A construct around all of them. */
    readonly around?: string;
  }

  function build(
    { tenant = 'Immuta', integration = 'SalesLake', bucket = 'Sales', around }: Placement = {},
    props: Partial<ImmutaS3IntegrationProps> = {},
  ): Stack {
    const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
    const scope = around === undefined ? stack : new Construct(stack, around);
    new ImmutaS3Integration(scope, integration, {
      tenant: tenantIn(scope as Stack, sandbox.current, { id: tenant }),
      location: S3Location.bucket(new Bucket(scope, bucket, { bucketName: 'acme-sales' })),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
      }),
      ...props,
    });
    return stack;
  }

  /**
   * The logical ids of a stack's resources, by what they are: a type has one resource, except roles and policies, which
   * have their own names.
   */
  function logicalIds(stack: Stack): Map<string, string> {
    const resources = stack.node.findAll().filter((child): child is CfnResource => CfnResource.isCfnResource(child));
    return new Map(
      resources.map((resource) => [
        /^AWS::IAM/.test(resource.cfnResourceType) ? resource.node.scope!.node.id : resource.cfnResourceType,
        stack.resolve(resource.logicalId),
      ]),
    );
  }

  function refactor(from: Stack, to: Stack): void {
    const [before, after] = [logicalIds(from), logicalIds(to)];
    const at = (logicalId: string) => ({ stackName: STACK_NAME, logicalId });
    const mappings = [...before]
      .filter(([what, logicalId]) => after.get(what) !== logicalId)
      .map(([what, logicalId]) => ({ source: at(logicalId), destination: at(after.get(what)!) }));
    sandbox.current.refactor(mappings, to);
  }

  const MOVES: [string, Placement][] = [
    ['the integration is renamed', { integration: 'Marketing' }],
    ['the tenant is renamed', { tenant: 'Governance' }],
    ['the bucket is renamed', { bucket: 'Data' }],
    ['all are moved', { around: 'Lakes' }],
  ];

  test.each(MOVES)(
    'calls no function when %s by stack refactoring, and then updates and destroys',
    async (_what, there) => {
      await sandbox.current.deploy(build());
      const calls = sandbox.current.lambda.invocations.length;

      refactor(build(), build(there));

      expect(sandbox.current.lambda.invocations).toHaveLength(calls);
      expect((await sandbox.current.deploy(build(there))).events).toEqual([]);
      expect(await sandbox.current.deploy(build(there, { integrationName: 'renamed' }))).toMatchObject({
        status: 'UPDATE_COMPLETE',
      });
      expect(record().config.name).toMatch(/^renamed-/);
      expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
      expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
      expect(leftovers(sandbox.current)).toEqual(NOTHING);
    },
  );

  test.each(MOVES)('calls no function when %s by refactoring after a recreation', async (_what, there) => {
    await sandbox.current.deploy(build());
    await deleteByHand(sandbox.current, '101');
    expect(await sandbox.current.deploy(build({}, { revision: '1' }))).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(record('102').status).toBe('enabled');

    refactor(build({}, { revision: '1' }), build(there, { revision: '1' }));

    expect((await sandbox.current.deploy(build(there, { revision: '1' }))).events).toEqual([]);
    expect(await sandbox.current.deploy(build(there, { revision: '1', integrationName: 'renamed' }))).toMatchObject({
      status: 'UPDATE_COMPLETE',
    });
    expect(record('102').config.name).toMatch(/^renamed-/);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test.each(MOVES)('changes only logical IDs when %s, as stack refactoring requires', (_what, there) => {
    const [from, to] = [build(), build(there)];
    const after = logicalIds(to);
    const renamed = new Map([...logicalIds(from)].map(([what, logicalId]) => [logicalId, after.get(what)!]));

    expect(withLogicalIds(templateOf(from), renamed)).toEqual(withLogicalIds(templateOf(to), new Map()));
  });

  function templateOf(stack: Stack): Template {
    return (stack.node.root as App).synth().getStackByName(STACK_NAME).template as Template;
  }

  /** The template with other logical ids: of the resources, and in references to them. Other texts stay. */
  function withLogicalIds({ Resources, ...template }: Template, renamed: ReadonlyMap<string, string>): Template {
    const rename = (logicalId: string) => renamed.get(logicalId) ?? logicalId;
    const inValue = (value: any): any => {
      if (Array.isArray(value)) return value.map(inValue);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, item]: [string, any]) => {
          if (key === 'Ref') return [key, rename(item)];
          if (key === 'Fn::GetAtt') return [key, [rename(item[0]), item[1]]];
          return [key, key === 'DependsOn' ? [item].flat().map(rename).sort() : inValue(item)];
        }),
      );
    };
    const entries = Object.entries(Resources).map(([logicalId, resource]) => [rename(logicalId), inValue(resource)]);
    return { ...template, Resources: Object.fromEntries(entries) };
  }
});

describe('express mode', () => {
  function lake({ otherResource = false, revision = '' } = {}): Stack {
    const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
    new ImmutaS3Integration(stack, 'SalesLake', {
      tenant: tenantIn(stack, sandbox.current),
      location: S3Location.bucket(Bucket.fromBucketName(stack, 'Sales', SANDBOX_BUCKET)),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
      }),
      revision: revision || undefined,
    });
    if (otherResource) new CfnResource(stack, 'Other', { type: 'Test::Other::Resource' });
    return stack;
  }
  const deploy = (stack: Stack) => sandbox.current.deploy(stack, { express: true });

  test.each([0, 10, 60])(
    'deploys in express mode when roles are not in effect yet (%d s), updates and destroys',
    async (seconds) => {
      sandbox.current.aws.iam.propagationMs = seconds * 1000;

      expect(await deploy(lake())).toMatchObject({ status: 'CREATE_COMPLETE' });
      expect(await deploy(lake({ revision: '1' }))).toMatchObject({ status: 'UPDATE_COMPLETE' });
      expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

      expect(leftovers(sandbox.current)).toEqual(NOTHING);
    },
  );

  test.each(['delete-first', 'create-first'] as const)(
    'continues in express mode with the next deployment when one failed (%s)',
    async (order) => {
      sandbox.current.cloudFormation.retryOrder = order;
      sandbox.current.cloudFormation.faults.push({
        logicalId: /^Other$/,
        action: 'create',
        afterSeconds: 10,
        reason: 'no',
        once: true,
      });
      expect(await deploy(lake({ otherResource: true }))).toMatchObject({ status: 'CREATE_FAILED' });

      const next = await deploy(lake({ otherResource: true }));

      expect(next.status).toBe('UPDATE_COMPLETE');
      expect(leftovers(sandbox.current).integrations.map((integration) => integration.status)).toEqual(['enabled']);
      expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
      expect(leftovers(sandbox.current)).toEqual(NOTHING);
    },
  );
});

describe('an integration in createError that an update finds', () => {
  beforeEach(() => {
    sandbox.current.immuta.switches.createErrorRepair = 'put';
  });

  test('repairs an integration in createError by an update when Immuta allows it', async () => {
    const lake = await ContestedLake.start(sandbox.current);
    await lake.deploy();
    record().status = 'createError';
    sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, record().locationId!);

    expect(await lake.deploy({ revision: '1' })).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(await lake.left()).toEqual(['101 enabled', LOCATION_PATH]);
    expect(changes(sandbox.current)).toEqual(['POST /integrations', 'PUT /integrations/101']);
  });

  test('replaces an integration in createError by the rollback when an update recreated it', async () => {
    const lake = await ContestedLake.start(sandbox.current);
    await lake.deploy({ integrationName: 'before' });
    await deleteByHand(sandbox.current, '101');
    sandbox.current.immuta.faults.validation({ test: 2, on: 'create', asynchronously: true });

    expect(await lake.deploy({ integrationName: 'after' })).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(await lake.left()).toEqual(['103 enabled', LOCATION_PATH]);
    expect(record('103').config.name).toMatch(/^before-/);
    await lake.destroy();
    expect(await lake.left()).toEqual([]);
  });
});

test('names the attributes and the remedy when Immuta does not allow an edit', async () => {
  const lake = await ContestedLake.start(sandbox.current);
  await lake.deploy();
  sandbox.current.immuta.switches.nonEditable.push('awsLocationRole');

  const result = await lake.deploy((stack) => ({
    locationRole: Role.fromRoleArn(stack, 'OtherRole', arnOf('other-location')),
  }));

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/'?(awsLocationRole|locationRole)'?.*(two deployments|another construct id)/is);
});
