import { App, Stack } from 'aws-cdk-lib';
import { ENV, importedBucket, listResources, newIntegration, newStack, newTenant, normalize } from './fixture';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaTenant, S3Location } from '../src';

/** Defines an integration with two resources of data sources. */
function newLake(stack: Stack, tenant: ImmutaTenant, id: string, isReversed: boolean): void {
  const integration = newIntegration(stack, id, {
    tenant,
    location: S3Location.bucket(importedBucket(stack, `${id.toLowerCase()}-bucket`)),
    authentication: ImmutaAuthentication.managedAccessKey(),
    accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, `InstanceOf${id}`),
  });
  const prefixes = ['orders', 'returns'];
  for (const prefix of isReversed ? prefixes.reverse() : prefixes) {
    integration.addDataSources(prefix, { dataSources: { [`${id} ${prefix}`]: `${prefix}/` } });
  }
}

/** Returns the templates of an app with a tenant and its integrations in several stacks. */
function synthesize(isReversed: boolean) {
  const app = new App();
  const stacks = ['Tenant', 'A', 'B'].map((id) => newStack({ env: ENV }, app, id));
  const tenant = newTenant(stacks[0]);
  const addHealthCheck = () => { tenant.addHealthCheck(); };
  const define = [
    addHealthCheck,
    ...stacks.flatMap((stack) => ['One', 'Two'].map((id) =>
      () => newLake(stack, tenant, `${stack.node.id}${id}`, isReversed))),
  ];
  (isReversed ? define.reverse() : define).forEach((construct) => construct());
  return stacks.map((stack) => normalize(listResources(stack)));
}

test('renders the same templates whatever the order of definition', () => {
  expect(synthesize(true)).toEqual(synthesize(false));
});
