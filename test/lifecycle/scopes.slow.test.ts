import { Bucket } from 'aws-cdk-lib/aws-s3';
import { failure, lake, LakeOptions, leftovers, locations, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { S3Location } from '../../src';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

// what the policies allow in all cases: test/policies/immuta-scopes.test.ts
const sandbox = useSandbox();
const AT = { accountId: SANDBOX_ENV.account, region: SANDBOX_ENV.region };

const inPrefix = (prefix: string): LakeOptions => ({
  props: (stack) => ({
    location: S3Location.prefix(Bucket.fromBucketName(stack, 'Prefixed', SANDBOX_BUCKET), prefix),
  }),
});

/** Does an operation of S3 Access Grants as Immuta does, with the role of the integration. */
function asImmuta(name: string, input: object): Promise<unknown> {
  const [{ config }] = [...sandbox.current.immuta.integrations.values()];
  return sandbox.current.aws.s3Control.execute(config.awsRoleToAssume!, name, { ...AT, ...input });
}

describe.each([
  ['as they are', (scope: string) => scope],
  ['with a star', (scope: string) => scope.replace(/\*?$/, '*')],
])('when S3 writes scopes %s', (_, writeScope) => {
  test.each([
    ['a bucket', {}],
    ['a prefix', inPrefix('curated/')],
    ['a prefix without a slash', inPrefix('data')],
  ])('creates, updates and deletes an integration of %s however S3 writes scopes', async (__, options: LakeOptions) => {
    sandbox.current.aws.accessGrants.writeScope = writeScope;
    const { accessGrants } = sandbox.current.aws;

    expect(await sandbox.current.deploy(lake(sandbox.current, options))).toMatchObject({ status: 'CREATE_COMPLETE' });
    accessGrants.createGrant(AT.accountId, AT.region, locations(sandbox.current)[0].id, 'analyst');
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test('creates and deletes an integration of a bucket whose scope loses its slash', async () => {
  sandbox.current.aws.accessGrants.writeScope = (scope) => scope.replace(/([^/])\/$/, '$1');

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(locations(sandbox.current)).toMatchObject([{ scope: `s3://${SANDBOX_BUCKET}` }]);
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

test('keeps Immuta from the locations and grants of other tools', async () => {
  await sandbox.current.deploy(lake(sandbox.current));
  const { accessGrants } = sandbox.current.aws;
  const [own] = locations(sandbox.current);
  const other = await accessGrants.createLocation(AT.accountId, AT.region, 's3://people/', own.roleArn);
  const grant = accessGrants.createGrant(AT.accountId, AT.region, other.id, 'analyst');
  const denied = { code: 'AccessDenied' };

  const id = { AccessGrantsLocationId: other.id };
  await expect(asImmuta('GetAccessGrantsLocation', id)).rejects.toMatchObject(denied);
  await expect(asImmuta('DeleteAccessGrantsLocation', id)).rejects.toMatchObject(denied);
  const update = { ...id, IAMRoleArn: own.roleArn };
  await expect(asImmuta('UpdateAccessGrantsLocation', update)).rejects.toMatchObject(denied);
  await expect(asImmuta('DeleteAccessGrant', { AccessGrantId: grant.id })).rejects.toMatchObject(denied);
  await expect(
    asImmuta('CreateAccessGrantsLocation', { LocationScope: 's3://', IAMRoleArn: own.roleArn }),
  ).rejects.toMatchObject(denied);

  await expect(asImmuta('GetAccessGrantsLocation', { AccessGrantsLocationId: 'none' })).rejects.toMatchObject({
    code: 'NoSuchAccessGrantsLocationError',
  });
  expect(await asImmuta('GetAccessGrantsLocation', { AccessGrantsLocationId: own.id })).toBeDefined();
});

describe('when S3 writes scopes in an unexpected form', () => {
  const writeScope = (scope: string) => scope.replace('s3://', 's3:///');

  test('names the option that removes the conditions when S3 writes scopes unexpectedly', async () => {
    sandbox.current.aws.accessGrants.writeScope = writeScope;
    await sandbox.current.deploy(lake(sandbox.current));
    const result = await sandbox.current.destroy(STACK_NAME);

    expect(result.status).toBe('DELETE_FAILED');
    expect(failure(result)).toMatch(
      /not authorized to perform: s3:DeleteAccessGrantsLocation.*set 'restrictScope' of the integration to false/,
    );
  });

  test('creates and deletes an integration without restrictScope when S3 writes scopes unexpectedly', async () => {
    sandbox.current.aws.accessGrants.writeScope = writeScope;
    const options: LakeOptions = { props: () => ({ restrictScope: false }) };

    expect(await sandbox.current.deploy(lake(sandbox.current, options))).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  });
});
