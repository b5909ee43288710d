import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { changes, failure, lake, STACK_NAME, tenantIn, useSandbox } from './fixture';
import { byHand, failOtherResource, inAccount, prepareAccount, Roles, state, withOtherResource } from './owners';
import { ImmutaS3Integration, ImmutaS3IntegrationProps, S3Location } from '../../src';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
beforeEach(() => prepareAccount(sandbox.current));

interface Options extends Partial<ImmutaS3IntegrationProps> {
  readonly stackName?: string;
  readonly roles: Roles;
  readonly otherResource?: boolean;
}

const deploy = ({ stackName, roles, otherResource, ...props }: Options) =>
  sandbox.current.deploy(
    lake(sandbox.current, {
      stackName,
      props: (stack) => ({ ...inAccount(stack, roles), ...props }),
      and: otherResource ? withOtherResource : undefined,
    }),
  );

describe.each<[string, string, Pick<Options, 'roles' | 'integrationName'>]>([
  ['a name', 'given roles', { roles: 'given', integrationName: 'sales' }],
  ['a name', 'immutable roles', { roles: 'given-immutable', integrationName: 'sales' }],
  ['a name', 'generated roles', { roles: 'generated', integrationName: 'sales' }],
  ['no name', 'given roles', { roles: 'given' }],
  ['no name', 'immutable roles', { roles: 'given-immutable' }],
  ['no name', 'generated roles', { roles: 'generated' }],
])('with %s and %s', (_, __, options) => {
  test('fails the second stack of the same configuration and keeps the first', async () => {
    await deploy(options);
    const before = state(sandbox.current);

    const refused = await deploy({ ...options, stackName: 'Second' });
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(refused)).toContain('which another ImmutaS3Integration created: ');
    expect(failure(refused)).toContain(
      "If a construct was renamed or moved, keep its logical IDs with 'stack.renameLogicalId'. If another stack " +
        'has it, remove it there ' +
        'first. If it was retained and no stack has it any more, delete it in Immuta and deploy again, ' +
        "or keep it and set 'adopt' to '101' and 'integrationName' to its name",
    );
    expect(failure(refused)).toMatch(/\[LOCATION_HAS_INTEGRATION_OF_OTHER_OWNER\]/);
    await sandbox.current.destroy('Second');

    failOtherResource(sandbox.current);
    expect(await deploy({ ...options, stackName: 'Second', otherResource: true })).toMatchObject({
      status: 'ROLLBACK_COMPLETE',
    });
    await sandbox.current.destroy('Second');

    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });

  test('fails and keeps an integration that was created by hand', async () => {
    const { id } = await byHand(sandbox.current, { name: options.integrationName ?? 'by hand' });
    const before = state(sandbox.current);

    const refused = await deploy(options);
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(refused)).toContain(
      `set 'adopt' to '${id}', or refer to it with ImmutaS3Integration.fromIntegrationId(…, '${id}')`,
    );
    await sandbox.current.destroy(STACK_NAME);

    failOtherResource(sandbox.current);
    expect(await deploy({ ...options, otherResource: true })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual([]);
  });

  test('keeps an integration that was created by hand in place of ours', async () => {
    const { outputs } = await deploy(options);
    const ours = sandbox.current.immuta.integrations.get(outputs.IntegrationId)!;
    sandbox.current.immuta.integrations.delete(ours.id);
    sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, ours.locationId!);
    const theirs = await byHand(sandbox.current, {
      awsLocationRole: ours.config.awsLocationRole,
      awsRoleToAssume: ours.config.awsRoleToAssume,
    });
    const before = state(sandbox.current);

    const refused = await deploy({ ...options, revision: '2' });
    expect(failure(refused)).toContain(
      `set 'adopt' to '${theirs.id}' on a new ImmutaS3Integration with another construct ID`,
    );
    expect(state(sandbox.current)).toEqual(before);
    expect(refused.status).toBe('UPDATE_ROLLBACK_FAILED');

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });
});

describe('an integration that another resource of this library created', () => {
  const roles = 'given';
  const nameOf = (id: string) => sandbox.current.immuta.integrations.get(id)!.config.name;
  const NOT_ADOPTED =
    new RegExp(
      String.raw`cannot adopt integration 101 \('.*', enabled\): another ImmutaS3Integration created it, and ` +
        String.raw`deletes it when that is removed\. .*\[ADOPTED_INTEGRATION_OF_OTHER_OWNER\]`,
    );

  test('does not adopt an integration by its ID when another stack would delete it', async () => {
    await deploy({ roles });
    const before = state(sandbox.current);

    const refused = await deploy({ roles, stackName: 'Second', adopt: '101' });

    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(refused)).toMatch(NOT_ADOPTED);
    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });

  test('does not adopt an integration by its ID under another construct ID of the same stack', async () => {
    const renamed = (id: string, adopt?: string) => {
      const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
      return new ImmutaS3Integration(stack, id, {
        ...inAccount(stack, roles) as ImmutaS3IntegrationProps,
        tenant: tenantIn(stack, sandbox.current),
        location: S3Location.bucket(Bucket.fromBucketName(stack, 'Sales', SANDBOX_BUCKET)),
        adopt,
      }).node.root.node.findChild(STACK_NAME) as Stack;
    };
    await sandbox.current.deploy(renamed('Before'));
    const before = state(sandbox.current);

    const refused = await sandbox.current.deploy(renamed('After', '101'));

    expect(refused.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(refused)).toMatch(NOT_ADOPTED);
    expect(failure(refused)).toContain("keep its logical IDs with 'stack.renameLogicalId' and do not adopt");
    expect(state(sandbox.current)).toEqual(before);
  });

  test('adopts an integration by its ID when its stack has retained it, and never deletes it', async () => {
    await deploy({ roles, removalPolicy: RemovalPolicy.RETAIN });
    await sandbox.current.destroy(STACK_NAME);
    const before = state(sandbox.current);

    const adopted = await deploy({ roles, stackName: 'Second', adopt: '101', integrationName: nameOf('101') });

    expect(adopted).toMatchObject({ status: 'CREATE_COMPLETE', outputs: { IntegrationId: '101' } });
    expect(await deploy({ roles, stackName: 'Second', adopt: '101', revision: '2' })).toMatchObject({
      status: 'UPDATE_COMPLETE',
    });
    expect(await sandbox.current.destroy('Second')).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(state(sandbox.current)).toMatchObject({
      integrations: [{ id: '101', status: 'enabled', config: before.integrations[0].config }],
    });
  });
});
