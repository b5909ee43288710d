import { CONFIG, World } from '../support/world';

let world: World;
beforeEach(async () => { world = await World.start(); });
afterEach(() => world.close());

test('a Create makes the integration and answers when it is enabled', async () => {
  const answer = await world.create();

  expect(answer).toEqual({
    Status: 'SUCCESS',
    PhysicalResourceId: 'immuta-s3-integration/1001',
    StackId: expect.stringContaining('stack/Lake/'),
    RequestId: 'c1b2c3d4-0000-4000-8000-000000000001',
    LogicalResourceId: 'SalesLake',
    Data: { IntegrationId: '1001', IntegrationName: CONFIG.name },
  });
  expect(world.immuta.integrations).toMatchObject([{ id: '1001', status: 'enabled', config: CONFIG }]);
  expect(JSON.parse(world.immuta.http.requests.find(({ method }) => method === 'POST')!.body)).toEqual({
    type: 'Native S3',
    autoBootstrap: false,
    config: CONFIG,
  });
});
