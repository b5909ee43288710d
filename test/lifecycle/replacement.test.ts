import { App, CfnParameter, CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Role, User } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  changes,
  expectNothingLeft,
  failure,
  lake,
  leftovers,
  LOCATION_PATH,
  locations,
  NOTHING,
  shortAnswers,
  STACK_NAME,
  tenantIn,
  tenantOf,
  useSandbox,
} from './fixture';
import { arnOf, createRoles, state } from './owners';
import { ImmutaAuthentication, ImmutaS3Integration, ImmutaS3IntegrationProps, S3Location } from '../../src';
import { ImmutaStandIn, startImmuta } from '../sandbox/immuta';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();
beforeEach(() => { sandbox.current.aws.buckets.createBucket('hr-lake'); });

const bucket = (stack: Stack, name = SANDBOX_BUCKET) => Bucket.fromBucketName(stack, `Bucket-${name}`, name);
const integrations = () => [...sandbox.current.immuta.integrations.values()];
const scopes = () => locations(sandbox.current).map(({ scope }) => scope).sort();
const deletions = () => sandbox.current.lambda.invocations.filter(({ event }) => event.RequestType === 'Delete');

describe('a location that changes', () => {
  const at = (location: (stack: Stack) => S3Location, more: Partial<ImmutaS3IntegrationProps> = {}) =>
    sandbox.current.deploy(lake(sandbox.current, { props: (stack) => ({ location: location(stack), ...more }) }));

  test.each<[string, (stack: Stack) => S3Location, string]>([
    ['bucket', (stack) => S3Location.bucket(bucket(stack, 'hr-lake')), 's3://hr-lake/'],
    ['prefix', (stack) => S3Location.prefix(bucket(stack), 'curated/'), 's3://sales-lake/curated/'],
    ['path: all buckets', () => S3Location.allBuckets(), 's3://'],
  ])(
    'replaces the integration when the %s changes: deletes the old one while its roles work, keeps the name',
    async (_, location, path) => {
      await at((stack) => S3Location.bucket(bucket(stack)), { integrationName: 'sales' });
      const { roles } = leftovers(sandbox.current);
      // Immuta runs its tests before it deletes, so that the old role must be there: the sandbox asks IAM
      const rolesAtDeletion: string[][] = [];
      sandbox.current.immuta.faults.http({
        method: 'DELETE',
        run: () => void rolesAtDeletion.push(leftovers(sandbox.current).roles),
      });

      const result = await at(location, { integrationName: 'sales' });

      expect(result).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '102' } });
      expect(integrations()).toMatchObject([
        { id: '102', status: 'enabled', config: { name: expect.stringMatching(/^sales-/), awsLocationPath: path } },
      ]);
      expect(scopes()).toEqual([path]);
      expect(changes(sandbox.current)).toEqual([
        'POST /integrations',
        'POST /integrations',
        'DELETE /integrations/101',
      ]);
      expect(shortAnswers(sandbox.current)).toEqual(
        ['101', '102', '101'].map((id) => `SUCCESS immuta-s3-integration/${id}`),
      );
      expect(rolesAtDeletion).toEqual([expect.arrayContaining(roles)]);
      expect(leftovers(sandbox.current).roles).toHaveLength(roles.length);
      await expectNothingLeft(sandbox.current);
    },
  );

  test.each<[string, (stack: Stack) => Partial<ImmutaS3IntegrationProps>]>([
    [
      'existingRole',
      (stack) => ({
        authentication: ImmutaAuthentication.existingRole(Role.fromRoleName(stack, 'Manager', 'immuta-manager')),
      }),
    ],
    [
      'ambient',
      (stack) => ({
        authentication: ImmutaAuthentication.ambient(Role.fromRoleName(stack, 'Manager', 'immuta-manager')),
      }),
    ],
    ['a location role that is given', (stack) => ({ locationRole: Role.fromRoleName(stack, 'Location', 'location') })],
    [
      'accessKeySecret',
      (stack) => ({
        authentication: ImmutaAuthentication.accessKeySecret({
          user: User.fromUserName(stack, 'User', 'immuta-user'),
          secret: Secret.fromSecretNameV2(stack, 'Keys', 'immuta/access-key'),
        }),
      }),
    ],
  ])('deletes the old integration with its own policies when both have %s', async (_, props) => {
    const { aws, immuta } = sandbox.current;
    createRoles(sandbox.current, 'location', 'immuta-manager');
    ['location', 'immuta-manager'].forEach((role) => aws.iam.deleteRolePolicy(role, 'everything'));
    if (_ === 'ambient') immuta.identity.principal = arnOf('immuta-manager');
    aws.iam.createUser({ userName: 'immuta-user' });
    aws.secrets.createSecret('immuta/access-key', JSON.stringify(aws.iam.createAccessKey('immuta-user')));
    const before = leftovers(sandbox.current);
    const deploy = (name: string) =>
      sandbox.current.deploy(
        lake(sandbox.current, {
          props: (stack) => ({ location: S3Location.bucket(bucket(stack, name)), ...props(stack) }),
        }),
      );
    expect(await deploy(SANDBOX_BUCKET)).toMatchObject({ status: 'CREATE_COMPLETE' });

    const result = await deploy('hr-lake');

    expect(result).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '102' } });
    expect(failure(result)).toBeUndefined();
    expect(integrations()).toMatchObject([{ id: '102', status: 'enabled' }]);
    expect(scopes()).toEqual(['s3://hr-lake/']);
    await expectNothingLeft(sandbox.current, before);
    expect([arnOf('location'), arnOf('immuta-manager')].flatMap((arn) => aws.iam.policiesOf(arn))).toEqual([]);
  });

  test('keeps the old integration with its location when it cannot be deleted', async () => {
    await at((stack) => S3Location.bucket(bucket(stack)));
    sandbox.current.immuta.faults.transition({ from: 'deleting', to: 'deleteError' });

    const result = await at((stack) => S3Location.bucket(bucket(stack, 'hr-lake')));

    // CloudFormation ignores what fails in the clean-up of an update
    expect(result).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: { IntegrationId: '102' } });
    expect(failure(result)).toMatch(/Immuta did not delete the integration: integration 101 is 'deleteError'/);
    expect(integrations()).toMatchObject([{ id: '101', status: 'deleteError' }, { id: '102', status: 'enabled' }]);
    expect(scopes()).toEqual(['s3://hr-lake/', LOCATION_PATH].sort());
  });

  test('keeps the old integration and its roles when it is retained', async () => {
    const retained = { removalPolicy: RemovalPolicy.RETAIN };
    await at((stack) => S3Location.bucket(bucket(stack)), retained);
    const before = leftovers(sandbox.current).roles.filter((arn) => /SalesLake/.test(arn));

    expect(await at((stack) => S3Location.bucket(bucket(stack, 'hr-lake')), retained)).toMatchObject({
      status: 'UPDATE_COMPLETE',
    });

    expect(integrations()).toMatchObject([{ id: '101', status: 'enabled' }, { id: '102', status: 'enabled' }]);
    expect(leftovers(sandbox.current).roles).toEqual(expect.arrayContaining(before));
    expect(deletions()).toEqual([]);
  });
});

describe('one of two integrations', () => {
  const withHr = (authentication?: (stack: Stack) => ImmutaAuthentication) => (stack: Stack) =>
    void new ImmutaS3Integration(stack, 'HrLake', {
      tenant: tenantOf(stack),
      location: S3Location.bucket(bucket(stack, 'hr-lake')),
      authentication:
        authentication?.(stack) ??
        ImmutaAuthentication.assumeRole({ principal: new ArnPrincipal(sandbox.current.immuta.identity.principal) }),
    });

  test('removes one of two integrations without an effect on the other', async () => {
    await sandbox.current.deploy(lake(sandbox.current, { and: withHr() }));
    const other = structuredClone(integrations().find(({ config }) => config.awsLocationPath === LOCATION_PATH)!);
    const { id } = integrations().find((record) => record.id !== other.id)!;

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: other.id },
    });

    expect(integrations()).toEqual([other]);
    expect(scopes()).toEqual([LOCATION_PATH]);
    expect(changes(sandbox.current)).toEqual([
      'POST /integrations',
      'POST /integrations',
      `DELETE /integrations/${id}`,
    ]);
    await expectNothingLeft(sandbox.current);
  });

  test('keeps the shared Immuta role working when one of two integrations is removed', async () => {
    createRoles(sandbox.current, 'elsewhere', 'immuta-manager');
    sandbox.current.aws.iam.deleteRolePolicy('immuta-manager', 'everything');
    const before = leftovers(sandbox.current);
    const shared = (stack: Stack) => ImmutaAuthentication.existingRole(
      (stack.node.tryFindChild('Manager') ?? Role.fromRoleName(stack, 'Manager', 'immuta-manager')) as Role);
    const deploy = (hr: boolean, more: Partial<ImmutaS3IntegrationProps> = {}) =>
      sandbox.current.deploy(
        lake(sandbox.current, {
          props: (stack) => ({ authentication: shared(stack), ...more }),
          and: hr ? withHr(shared) : undefined,
        }),
      );
    await deploy(true);
    expect(scopes()).toEqual(['s3://hr-lake/', LOCATION_PATH].sort());

    expect(await deploy(false)).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(scopes()).toEqual([LOCATION_PATH]);
    // Immuta runs its tests with the role again
    expect(await deploy(false, { revision: '2' })).toMatchObject({ status: 'UPDATE_COMPLETE' });

    expect(integrations()).toMatchObject([{ status: 'enabled' }]);
    await expectNothingLeft(sandbox.current, before);
  });
});

test('fails before any write when a parameter changes the path, and keeps the integration', async () => {
  const stack = () =>
    lake(sandbox.current, {
      props: (scope) => ({
        location: S3Location.bucket(bucket(scope, new CfnParameter(scope, 'BucketName').valueAsString)),
      }),
    });
  await sandbox.current.deploy(stack(), { parameters: { BucketName: SANDBOX_BUCKET } });
  const before = state(sandbox.current);

  const result = await sandbox.current.deploy(stack(), { parameters: { BucketName: 'hr-lake' } });

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(
    new RegExp(
      String.raw`cannot change the location of an integration to 's3://hr-lake/' .*: integration 101 .* is on ` +
        String.raw`'s3://sales-lake/'`,
    ),
  );
  expect(failure(result)).toContain(
    'Create a new ImmutaS3Integration with another construct ID for the new location, and remove this one',
  );
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  expect(state(sandbox.current)).toEqual(before);
  await expectNothingLeft(sandbox.current);
});

test.each<[string, string, string]>([
  ['account', 'AccountId', '444455556666'],
  ['Region', 'Region', 'eu-west-1'],
])('fails and keeps the integration when its %s changes in place', async (_, property, value) => {
  const stack = () => lake(sandbox.current, {
    and: (scope, integration) => {
      const parameter = new CfnParameter(scope, 'Where');
      (integration.node.defaultChild as CfnResource).addPropertyOverride(property, parameter.valueAsString);
    },
  });
  await sandbox.current.deploy(stack(), {
    parameters: { Where: property === 'Region' ? SANDBOX_ENV.region : SANDBOX_ENV.account },
  });
  const before = state(sandbox.current);

  const result = await sandbox.current.deploy(stack(), { parameters: { Where: value } });

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure(result)).toMatch(/cannot change the location of an integration to .*: integration 101 /);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  expect(state(sandbox.current)).toEqual(before);
  await expectNothingLeft(sandbox.current);
});

describe('another tenant for the same path', () => {
  let other: ImmutaStandIn;
  beforeEach(async () => {
    const { clock, aws } = sandbox.current;
    other = await startImmuta({ clock, aws });
  });
  afterEach(() => other.close());

  test('fails in one deployment when another tenant gets the location of the first', async () => {
    await sandbox.current.deploy(lake(sandbox.current));
    const before = state(sandbox.current);

    const result = await sandbox.current.deploy(lake(sandbox.current, { url: other.url }));

    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(failure(result)).toMatch(
      new RegExp(
        String.raw`To move a path to another tenant, remove the integration in one deployment and add it in the ` +
          String.raw`next.*\[INTEGRATION_IN_OTHER_TENANT\]`,
      ),
    );
    expect(state(sandbox.current)).toEqual(before);
    expect([...changes(sandbox.current), ...other.requests.filter(({ method }) => method !== 'GET')]).toEqual([
      'POST /integrations',
    ]);
    await expectNothingLeft(sandbox.current);
  });

  test('fails when a tenant in its own stack gets another URL, and recovers with the old one', async () => {
    const tenant = (url: string) => {
      const stack = new Stack(new App(), 'Tenant', { env: SANDBOX_ENV });
      const made = tenantIn(stack, sandbox.current, { url });
      stack.exportValue(made.handler.functionArn);
      return { stack, made };
    };
    const [first, second] = [tenant(sandbox.current.immuta.url), tenant(other.url)];
    await sandbox.current.deploy(first.stack);
    await sandbox.current.deploy(lake(sandbox.current, { tenant: first.made }));
    const before = state(sandbox.current);

    await sandbox.current.deploy(second.stack);
    const result = await sandbox.current.deploy(lake(sandbox.current, { tenant: second.made }));

    expect(result.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(failure(result)).toContain(
      `the integration is in the tenant ${sandbox.current.immuta.url}, ` +
        `but the function of its ImmutaTenant calls ${other.url}. ` +
        "Deploy the ImmutaTenant with its previous 'url', then repeat this",
    );
    const deleted = await sandbox.current.destroy(STACK_NAME);
    expect(deleted.status).toBe('DELETE_FAILED');
    expect(failure(deleted)).toContain(`the integration is in the tenant ${sandbox.current.immuta.url}`);
    expect(state(sandbox.current)).toEqual(before);

    await sandbox.current.deploy(tenant(sandbox.current.immuta.url).stack);
    await expectNothingLeft(sandbox.current, {
      ...NOTHING,
      roles: [expect.stringContaining('Tenant')] as string[],
      functions: [expect.stringContaining('Tenant')] as string[],
      others: expect.anything(),
    });
    expect([...other.integrations.values()]).toEqual([]);
  });

  test('moves a location to another tenant in two deployments: without the integration, then with it', async () => {
    await sandbox.current.deploy(lake(sandbox.current));
    const without = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
    tenantIn(without, sandbox.current);

    expect(await sandbox.current.deploy(without)).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(leftovers(sandbox.current)).toMatchObject({ integrations: [], locations: [] });
    expect(await sandbox.current.deploy(lake(sandbox.current, { url: other.url }))).toMatchObject({
      status: 'UPDATE_COMPLETE',
    });

    expect(integrations()).toEqual([]);
    expect([...other.integrations.values()]).toMatchObject([
      { status: 'enabled', config: { awsLocationPath: LOCATION_PATH } },
    ]);
    await expectNothingLeft(sandbox.current);
    expect(other.integrations.size).toBe(0);
  });
});
