import { App } from 'aws-cdk-lib';
import { ENV, getOnly, INTEGRATION, newIntegration, newStack, newTenant } from './fixture';
import { ImmutaS3DataSources } from '../src';

const IMPORT = { 'Fn::ImportValue': expect.any(String) };

test('imports the function and the integration of another stack, even if references are weak by default', () => {
  const app = new App({ context: { '@aws-cdk/core:defaultCrossStackReferences': 'weak' } });
  const [platform, lake, data] = ['Platform', 'Lake', 'Data'].map((id) => newStack({ env: ENV }, app, id));
  const tenant = newTenant(platform);
  const integration = newIntegration(lake, 'Sales', { tenant });
  new ImmutaS3DataSources(data, 'Curated', { tenant, integration, dataSources: { Orders: 'orders/' } });

  expect(getOnly(lake, INTEGRATION).Properties.ServiceToken).toEqual(IMPORT);
  expect(getOnly(data, 'Custom::ImmutaS3DataSources').Properties).toMatchObject({
    ServiceToken: IMPORT, IntegrationId: IMPORT,
  });
});
