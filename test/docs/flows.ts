import { mkdtempSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, ArnPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FollowedPage } from './followed-page';
import {
  AccessGrantsInstance, AdoptingAccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration,
  ImmutaS3IntegrationProps, S3Location,
} from '../../src';
import { changes, failure, lake, LOCATION_PATH, locations, STACK_NAME, tenantIn } from '../lifecycle/fixture';
import { expectInOrder, heldKey, keyLake, secretOf } from '../lifecycle/keys';
import { byHand, inAccount, prepareAccount, state } from '../lifecycle/owners';
import { DEFAULT_API_KEY } from '../sandbox/immuta';
import { SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV, Sandbox } from '../sandbox/sandbox';

const { account, region } = SANDBOX_ENV;
const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';

/** What a reader of a page does, with the commands of the page in their order, and what it promises. */
export const FLOWS: Record<string, (page: FollowedPage) => Promise<void>> = {
  'README.md': storeApiKey,
  'docs/guides/adopt-an-integration.md': adopt,
  'docs/guides/grant-data-access.md': readFirstObject,
  'docs/guides/move-and-rename.md': move,
  'docs/guides/rotate-credentials.md': rotate,
  'docs/guides/use-identity-center.md': deleteNativeInstance,
  'docs/runbook.md': repair,
};

async function storeApiKey(page: FollowedPage): Promise<void> {
  const { sandbox } = page;
  sandbox.aws.secrets.deleteSecret(SANDBOX_API_KEY_SECRET);
  writeKey(page, DEFAULT_API_KEY);

  await page.run('aws secretsmanager create-secret');

  await deployLake(sandbox);
  expect(theRecord(sandbox).status).toBe('enabled');
}

async function adopt(page: FollowedPage): Promise<void> {
  const { sandbox } = page;
  prepareAccount(sandbox);
  await byHand(sandbox);
  const before = state(sandbox);

  const [integration] = await listIntegrations(page);

  expect(integration.config.awsLocationPath).toBe(LOCATION_PATH);
  const stack = lake(sandbox, {
    props: (scope) => ({
      ...inAccount(scope, 'given'),
      adopt: integration.id,
      locationRole: Role.fromRoleArn(scope, 'Location', integration.config.awsLocationRole),
      authentication: ImmutaAuthentication.existingRole(
        Role.fromRoleArn(scope, 'Existing', integration.config.awsRoleToAssume),
      ),
    }),
  });
  expect(await sandbox.deploy(stack)).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(changes(sandbox)).toEqual([]);
  expect(await sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(state(sandbox)).toEqual(before);
}

async function readFirstObject(page: FollowedPage): Promise<void> {
  const { sandbox } = page;
  await deployLake(sandbox, (stack, integration) => {
    integration.addDataSources('DataSources', { dataSources: { 'Sales orders': 'orders/' } });
    const analyst = new Role(stack, 'Analyst', { assumedBy: new AccountPrincipal(stack.account) });
    AccessGrantsInstance.fromDefault(stack, 'Reader').grantDataAccess(analyst);
  });
  const analyst = sandbox.aws.iam.roleArns.find((arn) => arn.includes('Analyst'))!;
  await sandbox.immuta.subscribe('Sales orders', analyst);

  const session = JSON.parse(await page.run('aws sts assume-role', { values: { '<ARN of the role>': analyst } }));
  const { AccessKeyId, SecretAccessKey, SessionToken } = session.Credentials;
  const env = {
    AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: SessionToken,
  };
  const { Credentials, MatchedGrantTarget } = JSON.parse(await page.run('aws s3control get-data-access', { env }));

  expect(MatchedGrantTarget).toBe(`${LOCATION_PATH}orders/*`);
  expect(sandbox.aws.iam.principalOf(Credentials.AccessKeyId)).toBe(locations(sandbox)[0].roleArn);
}

async function move(page: FollowedPage): Promise<void> {
  const { sandbox } = page;
  const build = (id: string, props: Partial<ImmutaS3IntegrationProps> = {}) => {
    const stack = new Stack(new App({ outdir: mkdtempSync(path.join(page.folder, 'app-')) }), STACK_NAME, {
      env: SANDBOX_ENV,
    });
    new ImmutaS3Integration(id === 'SalesLake' ? stack : new Construct(stack, 'Lakes'), id, {
      tenant: tenantIn(stack, sandbox),
      location: S3Location.bucket(Bucket.fromBucketName(stack, 'Bucket', SANDBOX_BUCKET)),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(sandbox.immuta.identity.principal),
      }),
      ...props,
    });
    return stack;
  };
  const appOf = (stack: Stack) => ['--app', (stack.node.root as App).synth().directory];
  await sandbox.deploy(build('SalesLake'));
  const before = state(sandbox);

  // let the CLI refactor the stack
  const moved = build('Sales');
  await page.run('npx cdk refactor', { more: appOf(moved) });
  expect(state(sandbox)).toEqual(before);
  expect((await sandbox.deploy(moved)).events).toEqual([]);

  // hand over to another stack
  const retained = build('Sales', { removalPolicy: RemovalPolicy.RETAIN });
  await sandbox.deploy(retained);
  const values = { '<stack>': STACK_NAME, '<path of the construct>': 'Lakes/Sales' };
  await page.run('npx cdk orphan', { values, more: [...appOf(retained), '--yes'] });
  const { id, config } = theRecord(sandbox);
  const other = lake(sandbox, {
    stackName: 'Other',
    props: (stack) => ({
      adopt: id,
      integrationName: config.name,
      accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'AccessGrants'),
      locationRole: Role.fromRoleArn(stack, 'Location', config.awsLocationRole),
      authentication: ImmutaAuthentication.existingRole(Role.fromRoleArn(stack, 'Existing', config.awsRoleToAssume!)),
    }),
  });
  const result = await sandbox.deploy(other);
  expect([result.status, failure(result)]).toEqual(['CREATE_COMPLETE', undefined]);
  expect(await sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(theRecord(sandbox).status).toBe('enabled');
  expect(changes(sandbox)).toEqual(['POST /integrations']);
}

async function rotate(page: FollowedPage): Promise<void> {
  const { sandbox } = page;
  await sandbox.deploy(keyLake(sandbox));
  sandbox.immuta.apiKeys.set('another-key-of-the-same-user', sandbox.immuta.apiKeys.get(DEFAULT_API_KEY)!);
  writeKey(page, 'another-key-of-the-same-user');

  await page.run('aws secretsmanager put-secret-value');
  sandbox.immuta.apiKeys.delete(DEFAULT_API_KEY);

  const first = heldKey(sandbox);
  await page.run('aws secretsmanager rotate-secret', { values: { '<secret>': secretOf(sandbox).arn } });
  expect(heldKey(sandbox)).not.toBe(first);
  expectInOrder(sandbox);
}

async function deleteNativeInstance(page: FollowedPage): Promise<void> {
  const { sandbox } = page;
  await deployLake(sandbox, (stack) =>
    new AccessGrantsInstance(stack, 'AccessGrants', { identityCenterInstanceArn: IDENTITY_CENTER }));
  expect(await sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  expect(sandbox.aws.accessGrants.findInstance(account, region)!.association).toBeDefined();

  await page.run('aws s3control dissociate-access-grants-identity-center');
  await page.run('aws s3control delete-access-grants-instance');

  expect(sandbox.aws.accessGrants.findInstance(account, region)).toBeUndefined();
}

async function repair(page: FollowedPage): Promise<void> {
  const { sandbox } = page;
  const { accessGrants, iam } = sandbox.aws;
  await deployAdoptingLake(sandbox);
  const [location] = locations(sandbox);

  // find information
  expect((await listIntegrations(page)).map(({ id }) => id)).toEqual([theRecord(sandbox).id]);
  const listed = JSON.parse(await page.run('aws s3control list-access-grants-locations'));
  expect(listed.AccessGrantsLocationsList).toMatchObject([
    { AccessGrantsLocationId: location.id, IAMRoleArn: location.roleArn },
  ]);

  // a stack is in UPDATE_ROLLBACK_FAILED
  const permissions = sandbox.immuta.apiKeys.get(DEFAULT_API_KEY)!;
  sandbox.immuta.apiKeys.delete(DEFAULT_API_KEY);
  expect(await deployAdoptingLake(sandbox, 'renamed')).toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED' });
  sandbox.immuta.apiKeys.set(DEFAULT_API_KEY, permissions);
  await page.run('aws cloudformation continue-update-rollback', { values: { '<stack>': STACK_NAME } });
  expect(sandbox.cloudFormation.stack(STACK_NAME).status).toBe('UPDATE_ROLLBACK_COMPLETE');

  // LocationMismatch
  const { roleArn } = location;
  const trust = {
    Effect: 'Allow',
    Principal: { Service: 'access-grants.s3.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
  } as const;
  const other = iam.createRole({
    roleName: 'other', assumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
  });
  await accessGrants.updateLocation(account, region, location.id, other.arn);
  const values = { '<location>': location.id, '<location role>': roleArn };
  await page.run('aws s3control update-access-grants-location', { values });
  expect(locations(sandbox)).toMatchObject([{ id: location.id, roleArn }]);

  // find the owner of the instance
  const { Tags } = JSON.parse(await page.run('aws s3control list-tags-for-resource'));
  expect(Tags.map(({ Key }: { Key: string }) => Key)).toContainEqual(
    expect.stringMatching(/^cdk-immuta-s3-integration:instance:/),
  );

  // the instance remains after its stack is deleted
  const foreign = await accessGrants.createLocation(account, region, 's3://other/', other.arn);
  expect(await sandbox.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
  const remaining = JSON.parse(await page.run('aws s3control list-access-grants-locations'));
  expect(remaining.AccessGrantsLocationsList).toMatchObject([{ AccessGrantsLocationId: foreign.id }]);
  accessGrants.deleteLocation(account, region, foreign.id);
  await page.run('aws s3control delete-access-grants-instance');
  expect(accessGrants.findInstance(account, region)).toBeUndefined();
}

async function listIntegrations(page: FollowedPage): Promise<any[]> {
  const values = { 'https://<your tenant>': page.sandbox.immuta.url };
  const listed = JSON.parse(await page.run('curl', { values, env: { API_KEY: DEFAULT_API_KEY } }));
  return listed.filter(({ type }: { type: string }) => type === 'Native S3');
}

function writeKey({ folder }: FollowedPage, key: string): void {
  writeFileSync(path.join(folder, 'key.txt'), `${key}\n`);
}

function deployLake(sandbox: Sandbox, and?: (stack: Stack, integration: ImmutaS3Integration) => void) {
  return sandbox.deploy(lake(sandbox, { and }));
}

function deployAdoptingLake(sandbox: Sandbox, integrationName?: string) {
  const and = (stack: Stack) => new AdoptingAccessGrantsInstance(stack, 'AccessGrants');
  return sandbox.deploy(lake(sandbox, { and, props: () => ({ integrationName }) }));
}

function theRecord({ immuta }: Sandbox) {
  expect(immuta.integrations.size).toBe(1);
  return [...immuta.integrations.values()][0];
}
