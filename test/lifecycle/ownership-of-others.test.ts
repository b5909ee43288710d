import { changes, failure, lake, STACK_NAME, useSandbox } from './fixture';
import { byHand, failNeighbour, inAccount, prepareAccount, Roles, state, withNeighbour } from './owners';
import { ImmutaS3IntegrationProps } from '../../src';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
beforeEach(() => prepareAccount(sandbox.current));

interface Options extends Partial<ImmutaS3IntegrationProps> {
  readonly stackName?: string;
  readonly roles: Roles;
  readonly neighbour?: boolean;
}

const deploy = ({ stackName, roles, neighbour, ...props }: Options) => sandbox.current.deploy(lake(sandbox.current, {
  stackName,
  props: (stack) => ({ ...inAccount(stack, roles), ...props }),
  and: neighbour ? withNeighbour : undefined,
}));

describe.each<[string, string, Pick<Options, 'roles' | 'integrationName'>]>([
  ['a name', 'given roles', { roles: 'given', integrationName: 'sales' }],
  ['a name', 'immutable roles', { roles: 'given-immutable', integrationName: 'sales' }],
  ['a name', 'generated roles', { roles: 'generated', integrationName: 'sales' }],
  ['no name', 'given roles', { roles: 'given' }],
  ['no name', 'immutable roles', { roles: 'given-immutable' }],
  ['no name', 'generated roles', { roles: 'generated' }],
])('with %s and %s', (_, __, options) => {
  test('the second of two stacks with the same configuration is refused, and can be cancelled and removed, without harm to the first', async () => {
    await deploy(options);
    const before = state(sandbox.current);

    const refused = await deploy({ ...options, stackName: 'Second' });
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(refused)).toContain("it was not created by this resource, so it is left alone: delete it in Immuta and deploy again, or keep it and set 'adopt' to '101'");
    await sandbox.current.destroy('Second');

    failNeighbour(sandbox.current);
    expect(await deploy({ ...options, stackName: 'Second', neighbour: true })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });
    await sandbox.current.destroy('Second');

    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });

  test('one that somebody made by hand is in the way, and stays', async () => {
    const { id } = await byHand(sandbox.current, { name: options.integrationName ?? 'by hand' });
    const before = state(sandbox.current);

    const refused = await deploy(options);
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(refused)).toContain(`set 'adopt' to '${id}', or refer to it with ImmutaS3Integration.fromIntegrationId(…, '${id}')`);
    await sandbox.current.destroy(STACK_NAME);

    failNeighbour(sandbox.current);
    expect(await deploy({ ...options, neighbour: true })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual([]);
  });

  test('one that somebody made by hand in the place of ours stays, whatever becomes of the stack', async () => {
    const { outputs } = await deploy(options);
    const ours = sandbox.current.immuta.integrations.get(outputs.IntegrationId)!;
    sandbox.current.immuta.integrations.delete(ours.id);
    sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, ours.locationId!);
    const theirs = await byHand(sandbox.current, { awsLocationRole: ours.config.awsLocationRole, awsRoleToAssume: ours.config.awsRoleToAssume });
    const before = state(sandbox.current);

    const refused = await deploy({ ...options, revision: '2' });
    expect(failure(refused)).toContain(`set 'adopt' of a new ImmutaS3Integration, with another construct id, to '${theirs.id}'`);
    expect(state(sandbox.current)).toEqual(before);
    expect(refused.status).toBe('UPDATE_ROLLBACK_FAILED');

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });
});
