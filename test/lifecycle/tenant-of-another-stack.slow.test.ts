import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { leftovers, tenantIn, useSandbox } from './fixture';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, S3Location } from '../../src';
import { SANDBOX_BUCKET, SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();

interface AppOptions {
  readonly hasIntegration: boolean;
  /** Whether the stack of the tenant keeps its exports. @default false */
  readonly keepsExports?: boolean;
  /** @default - that of the CDK */
  readonly order?: string[];
}

/** Deploys all stacks of an app until one fails. */
async function deployAll({ hasIntegration, keepsExports = false, order }: AppOptions): Promise<string[]> {
  const app = new App();
  const platform = new Stack(app, 'Platform', { env: SANDBOX_ENV });
  const sales = new Stack(app, 'Sales', { env: SANDBOX_ENV });
  const tenant = tenantIn(platform, sandbox.current);
  new Queue(sales, 'Orders'); // a stack has a resource at least
  if (hasIntegration) {
    new ImmutaS3Integration(sales, 'SalesLake', {
      tenant,
      location: S3Location.bucket(Bucket.fromBucketName(sales, 'Bucket', SANDBOX_BUCKET)),
      accessGrantsInstance: new AccessGrantsInstance(platform, 'AccessGrants'),
      authentication: ImmutaAuthentication.assumeRole({
        principal: new ArnPrincipal(sandbox.current.immuta.identity.principal),
      }),
    });
  } else {
    new AccessGrantsInstance(platform, 'AccessGrants');
  }
  if (keepsExports) {
    platform.exportValue(tenant.handlerArn);
    platform.exportValue(tenant.handlerRole!.roleName);
  }
  const results: string[] = [];
  for (const id of order ?? app.synth().stacks.map((stack) => stack.id)) {
    const { status } = await sandbox.current.deploy(app.node.findChild(id) as Stack);
    results.push(`${id} ${status}`);
    if (/ROLLBACK|FAILED/.test(status)) break;
  }
  return results;
}

const DEPLOYED = ['Platform CREATE_COMPLETE', 'Sales CREATE_COMPLETE'];

function expectNoIntegration(): void {
  const { integrations, locations } = leftovers(sandbox.current);
  expect({ integrations, locations }).toEqual({ integrations: [], locations: [] });
}

test('removes the last integration of another stack in one deployment when the tenant keeps its exports', async () => {
  expect(await deployAll({ hasIntegration: true })).toEqual(DEPLOYED);

  const kept = await deployAll({ hasIntegration: false, keepsExports: true });
  expect(kept).toEqual(['Platform UPDATE_COMPLETE', 'Sales UPDATE_COMPLETE']);
  expectNoIntegration();
  // no stack needs the exports any more
  expect(await deployAll({ hasIntegration: false })).toEqual(['Platform UPDATE_COMPLETE', 'Sales UPDATE_COMPLETE']);
});

test('removes the last integration of another stack when its own stack is deployed first', async () => {
  expect(await deployAll({ hasIntegration: true })).toEqual(DEPLOYED);

  const salesFirst = await deployAll({ hasIntegration: false, order: ['Sales', 'Platform'] });
  expect(salesFirst).toEqual(['Sales UPDATE_COMPLETE', 'Platform UPDATE_COMPLETE']);
  expectNoIntegration();
});

test('changes nothing when the stack of the tenant loses its exports first', async () => {
  expect(await deployAll({ hasIntegration: true })).toEqual(DEPLOYED);

  expect(await deployAll({ hasIntegration: false })).toEqual(['Platform UPDATE_ROLLBACK_COMPLETE']);
  expect(sandbox.current.cloudFormation.stack('Platform').events.map(({ reason }) => reason)).toContainEqual(
    expect.stringMatching(/^Export Platform:\S+ cannot be deleted as it is in use by Sales$/),
  );
  expect(leftovers(sandbox.current).integrations).toEqual([{ id: '101', status: 'enabled' }]);
});
