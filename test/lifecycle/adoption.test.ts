import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { changes, failure, lake, shortAnswers, STACK_NAME, tenantIn, useSandbox } from './fixture';
import {
  clearFaults,
  arnOf,
  byHand,
  EVERYTHING,
  failOtherResource,
  inAccount,
  prepareAccount,
  Roles,
  state,
  stateAndPolicies,
  withOtherResource,
} from './owners';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, S3Location } from '../../src';
import { S3Config } from '../sandbox/immuta';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

// what is adopted, and what an update may name: test/handler/integration/adopt.test.ts
const sandbox = useSandbox();
beforeEach(() => prepareAccount(sandbox.current));

const deploy = (props: Partial<ImmutaS3IntegrationProps>, { roles = 'given' as Roles, otherResource = false } = {}) =>
  sandbox.current.deploy(
    lake(sandbox.current, {
      props: (stack) => ({ ...inAccount(stack, roles), ...props }),
      and: otherResource ? withOtherResource : undefined,
    }),
  );

describe('an integration that was created by hand', () => {
  test.each([
    ['without a name', {}],
    ['with its name', { integrationName: 'by hand' }],
  ])('adopts an integration created by hand %s without a change, and keeps it without the stack', async (_, props) => {
    const { id } = await byHand(sandbox.current);
    const before = state(sandbox.current);

    expect(await deploy({ adopt: id, ...props })).toMatchObject({
      status: 'CREATE_COMPLETE',
      outputs: { IntegrationId: id },
    });
    expect(state(sandbox.current)).toEqual(before);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual([]);
    expect(shortAnswers(sandbox.current)).toEqual([`SUCCESS immuta-s3-integration/${id}/adopted`]);
  });

  interface Kind {
    readonly config: () => Partial<S3Config>;
    readonly props: (stack: Stack) => Partial<ImmutaS3IntegrationProps>;
  }
  const sales = (stack: Stack) => Bucket.fromBucketName(stack, 'SalesAgain', SANDBOX_BUCKET);
  const KINDS: Record<string, Kind> = {
    'with roles that take no policies': { config: () => ({}), props: (stack) => inAccount(stack, 'given-immutable') },
    'of a self-managed Immuta': {
      config: () => {
        sandbox.current.immuta.identity.principal = arnOf('immuta');
        return { awsRoleToAssume: undefined };
      },
      props: (stack) => ({
        ...inAccount(stack, 'given'),
        authentication: ImmutaAuthentication.ambient(iam.Role.fromRoleName(stack, 'Ambient', 'immuta')),
      }),
    },
    'with an access key': {
      config: () => {
        const { aws } = sandbox.current;
        aws.iam.createUser({ userName: 'immuta-user' });
        aws.iam.putUserPolicy('immuta-user', 'everything', EVERYTHING);
        const { accessKeyId, secretAccessKey } = aws.iam.createAccessKey('immuta-user');
        aws.secrets.createSecret('immuta/access-key', JSON.stringify({ accessKeyId, secretAccessKey }));
        return {
          authenticationType: 'accessKey',
          awsRoleToAssume: undefined,
          awsAccessKeyId: accessKeyId,
          awsSecretAccessKey: secretAccessKey,
        };
      },
      props: (stack) => ({
        ...inAccount(stack, 'given'),
        authentication: ImmutaAuthentication.accessKeySecret({
          user: iam.User.fromUserName(stack, 'User', 'immuta-user'),
          secret: Secret.fromSecretNameV2(stack, 'Keys', 'immuta/access-key'),
        }),
      }),
    },
    'on a prefix': {
      config: () => ({ awsLocationPath: `s3://${SANDBOX_BUCKET}/curated/` }),
      props: (stack) => ({ ...inAccount(stack, 'given'), location: S3Location.prefix(sales(stack), 'curated/') }),
    },
    'on all buckets': {
      config: () => ({ awsLocationPath: 's3://' }),
      props: (stack) => ({ ...inAccount(stack, 'given'), location: S3Location.allBuckets() }),
    },
  };

  test.each(Object.keys(KINDS))('adopts, updates and keeps an integration created by hand (%s)', async (kind) => {
    const { id } = await byHand(sandbox.current, KINDS[kind].config());
    const before = state(sandbox.current);
    const props = KINDS[kind].props;

    expect(await sandbox.current.deploy(lake(sandbox.current, { props: (stack) => ({ ...props(stack), adopt: id }) })))
      .toMatchObject({ status: 'CREATE_COMPLETE', outputs: { IntegrationId: id } });
    expect(state(sandbox.current)).toEqual(before);
    expect(
      await sandbox.current.deploy(
        lake(sandbox.current, { props: (stack) => ({ ...props(stack), adopt: id, revision: '2' }) }),
      ),
    ).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    const [record] = before.integrations;
    const [after] = state(sandbox.current).integrations;
    expect([after.status, after.config]).toEqual(['enabled', record.config]);
    expect(changes(sandbox.current)).toEqual([`PUT /integrations/${id}`]);
    expect(shortAnswers(sandbox.current)).toEqual(Array(2).fill(`SUCCESS immuta-s3-integration/${id}/adopted`));
  });

  test.each([
    ['adopted with its name', { integrationName: 'by hand' }, 'by hand'],
    ['adopted without its name', {}, 'sales'],
  ])('restores the name of an adopted integration when its renaming is rolled back, %s', async (_, props, name) => {
    const { id } = await byHand(sandbox.current);
    await deploy({ adopt: id, ...props });
    sandbox.current.cloudFormation.faults.push({
      logicalId: /^OtherResource/,
      action: 'create',
      afterSeconds: 60,
      reason: 'no bucket today',
    });

    expect(await deploy({ adopt: id, integrationName: 'sales' }, { otherResource: true })).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
    });

    expect(sandbox.current.immuta.integrations.get(id)).toMatchObject({ status: 'enabled', config: { name } });
  });

  test('keeps the name of an adopted integration and never deletes it, not even when the prop is removed', async () => {
    const { id } = await byHand(sandbox.current);
    await deploy({ adopt: id });

    expect(await deploy({ integrationName: 'sales' })).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(changes(sandbox.current)).toEqual([`PUT /integrations/${id}`]);
    expect(sandbox.current.immuta.integrations.get(id)).toMatchObject({ status: 'enabled', config: { name: 'sales' } });

    const before = state(sandbox.current);
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(state(sandbox.current)).toEqual(before);
    expect(shortAnswers(sandbox.current).at(-1)).toBe(`SUCCESS immuta-s3-integration/${id}/adopted`);
  });

  test('does not adopt an integration with generated roles, and prints the code to write', async () => {
    const { id } = await byHand(sandbox.current);
    const before = state(sandbox.current);

    const result = await deploy({ adopt: id }, { roles: 'generated' });

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toContain(`{ adopt: '${id}'`);
    expect(failure(result)).toContain(
      "locationRole: iam.Role.fromRoleArn(this, 'LocationRole', 'arn:aws:iam::111122223333:role/location'), " +
        'authentication: ' +
        "ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(this, 'ImmutaRole', " +
          "'arn:aws:iam::111122223333:role/immuta'))",
    );
    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual([]);
  });

  test('keeps an adopted integration when the stack rolls back', async () => {
    const { id } = await byHand(sandbox.current);
    const before = state(sandbox.current);
    sandbox.current.cloudFormation.faults.push({
      logicalId: /^OtherResource/,
      action: 'create',
      afterSeconds: 60,
      reason: 'no bucket today',
    });

    expect(await deploy({ adopt: id }, { otherResource: true })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual([]);
    expect(shortAnswers(sandbox.current)).toEqual(Array(2).fill(`SUCCESS immuta-s3-integration/${id}/adopted`));
  });

  test('keeps an integration when its adoption is cancelled', async () => {
    const { id } = await byHand(sandbox.current);
    const before = state(sandbox.current);
    failOtherResource(sandbox.current);

    expect(await deploy({ adopt: id }, { otherResource: true })).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(state(sandbox.current)).toEqual(before);
    expect(changes(sandbox.current)).toEqual([]);
  });

  test('recreates an adopted integration that was deleted, and the stack owns the new one', async () => {
    const record = await byHand(sandbox.current);
    await deploy({ adopt: record.id });
    sandbox.current.immuta.integrations.delete(record.id);
    sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, record.locationId!);

    expect(await deploy({ revision: '2' })).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: '102' },
    });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(state(sandbox.current).integrations).toEqual([]);
  });
});

describe('an integration of this stack', () => {
  const withoutIntegration = () => {
    const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
    tenantIn(stack, sandbox.current);
    return stack;
  };

  test.each<[Roles, string]>([
    ['given', '101'],
    ['given-immutable', '101'],
  ])('adopts an integration that the stack retained with %s roles and adds again', async (roles, id) => {
    await deploy({ integrationName: 'sales', removalPolicy: RemovalPolicy.RETAIN }, { roles });
    await sandbox.current.deploy(withoutIntegration());
    const before = stateAndPolicies(sandbox.current);

    failOtherResource(sandbox.current);
    expect(await deploy({ integrationName: 'sales', adopt: id }, { roles, otherResource: true })).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
    });
    expect(stateAndPolicies(sandbox.current)).toEqual(before);

    clearFaults(sandbox.current);
    expect(await deploy({ integrationName: 'sales', adopt: id }, { roles })).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: id },
    });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    const { policies, ...others } = stateAndPolicies(sandbox.current);
    expect({ ...others, policies: before.policies }).toEqual(before);
    // beside the policies of the adoption, which stay as well
    before.policies.forEach((retained, n) => expect(policies[n]).toEqual(expect.arrayContaining(retained)));
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });

  test("keeps an integration of the stack while 'adopt' names it, and deletes it without the prop", async () => {
    await deploy({});
    const before = state(sandbox.current);
    expect(await deploy({ adopt: '101' })).toMatchObject({
      status: 'UPDATE_COMPLETE',
      outputs: { IntegrationId: '101' },
    });
    expect(state(sandbox.current)).toEqual(before);

    expect(await deploy({})).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(state(sandbox.current).integrations).toEqual([]);
  });
});
