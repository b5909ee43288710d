import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { changes, STACK_NAME, tenantIn, useSandbox } from './fixture';
import { state } from './owners';
import { ImmutaAuthentication, ImmutaS3Integration, S3Location } from '../../src';
import { SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();

interface Placement {
  readonly integration: string;
  readonly tenant?: string;
  /** A construct around the bucket. */
  readonly aroundBucket?: string;
  readonly bucket: string;
  /** A construct around the integration. */
  readonly around?: string;
  /** A construct around the tenant. */
  readonly aroundTenant?: string;
}

const HERE: Placement = { integration: 'SalesLake', bucket: 'Sales' };

function build({ integration, tenant, bucket, around, aroundBucket, aroundTenant }: Placement): Stack {
  const stack = new Stack(new App(), STACK_NAME, { env: SANDBOX_ENV });
  const inside = (id: string | undefined) => id === undefined ? stack : new Construct(stack, id);
  new ImmutaS3Integration(inside(around), integration, {
    tenant: tenantIn(inside(aroundTenant) as Stack, sandbox.current, { id: tenant }),
    location: S3Location.bucket(new Bucket(inside(aroundBucket), bucket, { bucketName: 'acme-sales' })),
    authentication: ImmutaAuthentication.assumeRole({
      principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
    }),
  });
  return stack;
}

/**
 * Returns the logical IDs of a stack's resources by their type. Each type has one resource, except roles, which have
 * their own names.
 */
function logicalIds(stack: Stack): Map<string, string> {
  const resources = stack.node.findAll().filter((child): child is CfnResource => CfnResource.isCfnResource(child));
  return new Map(resources.map((resource) => [
    resource.cfnResourceType === 'AWS::IAM::Role' ? resource.node.scope!.node.id : resource.cfnResourceType,
    stack.resolve(resource.logicalId),
  ]));
}

const MOVES: [string, Placement, string][] = [
  [
    'the integration is renamed',
    { ...HERE, integration: 'Marketing' },
    "keep its logical IDs with 'stack.renameLogicalId'",
  ],
  ['the integration is moved', { ...HERE, around: 'Lakes' }, "keep its logical IDs with 'stack.renameLogicalId'"],
  ['the tenant is renamed', { ...HERE, tenant: 'Governance' }, 'Modifying service token is not allowed'],
  ['the tenant is moved', { ...HERE, aroundTenant: 'Governance' }, 'Modifying service token is not allowed'],
  ['the bucket is renamed', { ...HERE, bucket: 'Data' }, 'The requested bucket name is not available'],
  ['the bucket is moved', { ...HERE, aroundBucket: 'Data' }, 'The requested bucket name is not available'],
  [
    'all are moved',
    { integration: 'Lake', bucket: 'Data', around: 'Lakes', aroundTenant: 'Governance' },
    'The requested bucket name is not available',
  ],
];

test.each(MOVES)('changes nothing with the deployed logical IDs when %s', async (_, there) => {
  await sandbox.current.deploy(build(HERE));
  const before = state(sandbox.current);
  const calls = sandbox.current.immuta.requests.length;

  const deployed = logicalIds(build(HERE));
  const stack = build(there);
  const renamed = [...logicalIds(stack)].filter(([what, logicalId]) => logicalId !== deployed.get(what));
  renamed.forEach(([what, logicalId]) => stack.renameLogicalId(logicalId, deployed.get(what)!));
  const result = await sandbox.current.deploy(stack);

  expect(renamed.length).toBeGreaterThan(0);
  expect(result.events).toEqual([]);
  expect(state(sandbox.current)).toEqual(before);
  expect(sandbox.current.immuta.requests).toHaveLength(calls);
});

test.each(MOVES)('fails and loses nothing without those IDs when %s', async (_, there, reason) => {
  await sandbox.current.deploy(build(HERE));
  const before = state(sandbox.current);

  const result = await sandbox.current.deploy(build(there));

  expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(result.events.find(({ status }) => status.endsWith('_FAILED'))!.reason).toContain(reason);
  expect(state(sandbox.current)).toEqual(before);
  expect(changes(sandbox.current)).toEqual(['POST /integrations']);
});
