import { HandlerSandbox, ID } from '../support/handler-sandbox';

// what a deployment reports to the alarm of a health check

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const metrics = () => sandbox.log.map((line) => JSON.parse(line)).filter(({ _aws }) => _aws);
const TENANT = { TenantUrl: 'https://acme.immutacloud.com' };
const SENT_AT = Date.parse('2026-11-23T04:26:00Z');
const seconds = () => Math.round((sandbox.clock.now() - SENT_AT) / 1_000);

test.each<[string, string[][], object]>([
  ['integration', [['Tenant'], ['Tenant', 'IntegrationId']], {}],
  ['tenant', [['Tenant'], ['Tenant', 'IntegrationId'], ['Tenant', 'Stack']], { Stack: 'Lake' }],
])('reports a Create that a check of the %s covers', async (HealthCheck, Dimensions, stack) => {
  await sandbox.create({ properties: { ...TENANT, HealthCheck } });

  const [{ _aws: { CloudWatchMetrics }, ...values }] = metrics();
  expect(CloudWatchMetrics).toEqual([{
    Namespace: 'ImmutaS3Integration',
    Dimensions,
    Metrics: [{ Name: 'Healthy', Unit: 'Count' }, { Name: 'DeploymentSeconds', Unit: 'Seconds' }],
  }]);
  expect(values).toMatchObject({
    ...stack, Tenant: 'https://acme.immutacloud.com', IntegrationId: '101', Healthy: 1, DeploymentSeconds: seconds(),
  });
});

test('reports an Update and an adoption, but no deployment without a health check', async () => {
  await sandbox.create({ properties: TENANT });
  expect(metrics()).toEqual([]);
  const properties = { ...TENANT, HealthCheck: 'integration' };
  await sandbox.update({ properties });
  expect(metrics()).toHaveLength(1);
  await sandbox.create({ properties: { ...properties, Adopt: '101' } });
  expect(metrics()).toHaveLength(2);
});

test('reports no duration when the response URL has no date', async () => {
  await sandbox.addIntegration();
  const properties = { ...TENANT, HealthCheck: 'integration' };
  const ResponseURL = `${sandbox.responses.url}/r?Expires=1795408000`;
  const sent = { properties, oldProperties: properties, event: { ResponseURL } };

  expect(await sandbox.update(sent)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
  const [{ _aws: { CloudWatchMetrics: [{ Metrics }] }, ...values }] = metrics();
  expect(Metrics).toEqual([{ Name: 'Healthy', Unit: 'Count' }]);
  expect(values).toMatchObject({ Healthy: 1 });
});

test.each([
  ['is disabled as not healthy', 'disabled', 0],
  ['Immuta is changing as healthy, as a check does', 'migrating', 1],
])('reports an unchanged integration that %s', async (_, status, Healthy) => {
  await sandbox.addIntegration();
  sandbox.immuta.integrations.get('101')!.status = status;
  const oldProperties = { ...TENANT, HealthCheck: 'integration' };

  await sandbox.update({ properties: { ...oldProperties, TimeoutSeconds: '600' }, oldProperties });

  expect(metrics()).toMatchObject([{ Healthy }]);
});
