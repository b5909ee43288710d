import { App, Stack } from 'aws-cdk-lib';
import {
  ENV, getOnly, importedBucket, listResources, newIntegration, newStack, newTenant, synthError,
} from './fixture';
import { ImmutaS3DataSources, S3Location } from '../src';
import { findDependencies } from './support/dependencies';

const DATA_SOURCES = 'Custom::ImmutaS3DataSources';

function newLake(bucketName = 'lake-bucket') {
  const stack = newStack();
  const tenant = newTenant(stack);
  const location = S3Location.bucket(importedBucket(stack, bucketName));
  return { stack, tenant, integration: newIntegration(stack, 'Lake', { tenant, location }) };
}

/** Returns what a rule or schedule passes for the data sources of its integrations, by logical IDs. */
function findPassedIds(stack: Stack, type: 'AWS::Events::Rule' | 'AWS::Scheduler::Schedule'): (string | undefined)[] {
  const { Properties } = getOnly(stack, type);
  const input = type === 'AWS::Events::Rule' ? Properties.Targets[0].Input : Properties.Target.Input;
  const text = input['Fn::Join'][1]
    .map((part: any) => (typeof part === 'string' ? part : `<${part['Fn::GetAtt'] ?? part.Ref}>`))
    .join('');
  return JSON.parse(text).HealthCheck.Integrations.map(({ DataSourceIds }: any) => DataSourceIds);
}

const list = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`name ${i}`, `${i}/`]));

test('passes the IDs of data sources, which are defined before or after the check', () => {
  const { stack, integration } = newLake();
  integration.addDataSources('Before', { dataSources: { orders: 'orders/' } });
  integration.addHealthCheck();
  integration.addDataSources('After', { dataSources: { returns: 'returns/' } });

  const ids = Object.entries(listResources(stack)).filter(([, { Type }]) => Type === DATA_SOURCES).map(([id]) => id)
    .sort();
  expect(ids).toHaveLength(2);
  expect(findPassedIds(stack, 'AWS::Events::Rule')).toEqual([ids.map((id) => `<${id},DataSourceIds>`).join()]);
  const { logicalId } = getOnly(stack, 'AWS::Events::Rule');
  // Deleted before them, it finds no data source missing.
  expect(findDependencies(listResources(stack), logicalId)).toEqual(expect.arrayContaining(ids));
});

test('passes each integration of a tenant its own data sources', () => {
  const { stack, tenant, integration } = newLake();
  tenant.addHealthCheck();
  newIntegration(stack, 'Other', { tenant });
  integration.addDataSources('Curated', { dataSources: { orders: 'orders/' } });

  const { logicalId } = getOnly(stack, DATA_SOURCES);
  expect(findPassedIds(stack, 'AWS::Scheduler::Schedule')).toEqual([`<${logicalId},DataSourceIds>`, undefined]);
});

test('leaves out data sources of another stack, which depends on the stack of the integration', () => {
  const { stack, tenant, integration } = newLake();
  integration.addHealthCheck();
  const other = newStack({ env: ENV }, stack.node.root as App, 'Other');
  new ImmutaS3DataSources(other, 'Curated', { tenant, integration, dataSources: { orders: 'orders/' } });

  expect(findPassedIds(stack, 'AWS::Events::Rule')).toEqual([undefined]);
  expect(stack.dependencies).toEqual([]);
});

describe('with many data sources', () => {
  const addMany = ({ integration }: ReturnType<typeof newLake>, parts: number) => {
    for (let part = 0; part < parts; part++) {
      const entries = Object.entries(list(300)).map(([name, prefix]) => [`${part} ${name}`, `${part}/${prefix}`]);
      integration.addDataSources(`Part${part}`, { dataSources: Object.fromEntries(entries) });
    }
  };

  test('fits a rule with 600', () => {
    const lake = newLake();
    lake.integration.addHealthCheck();
    addMany(lake, 2);
    expect(synthError(lake.stack)).toBe('');
  });

  test('is an error with more than a rule can pass', () => {
    const lake = newLake();
    lake.integration.addHealthCheck();
    addMany(lake, 4);
    const error = synthError(lake.stack);
    expect(error).toMatch(/passes about 1\d{4} characters to the function, and at most 8192 are possible/);
    expect(error).toMatch(/Use addHealthCheck of the tenant .* \[HEALTH_CHECK_INPUT_TOO_LARGE\]/);
  });

  test('are counted together with the texts of their integration', () => {
    const sizes = ['lake', 'lake-of-sales'].map((bucketName) => {
      const lake = newLake(bucketName);
      lake.integration.addHealthCheck();
      addMany(lake, 4);
      return Number(/passes about (\d+) characters/.exec(synthError(lake.stack))![1]);
    });
    expect(sizes[1] - sizes[0]).toBe('-of-sales'.length);
  });

  test('fits the schedule of a tenant', () => {
    const lake = newLake();
    lake.tenant.addHealthCheck();
    addMany(lake, 4);
    expect(synthError(lake.stack)).toBe('');
  });
});
