import { HandlerSandbox, ROLE } from '../support/handler-sandbox';

/** Two integrations with one role, on locations that differ by a slash at their ends. */
const PATHS = [['s3://sales/data', 's3://sales/data/'], ['s3://sales/data/', 's3://sales/data']];

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const send = (path: string, LogicalResourceId: string) => ({
  properties: { LocationPath: path, LocationRoleArn: ROLE, IntegrationName: LogicalResourceId },
  event: { LogicalResourceId },
});

describe.each(PATHS)('%s, when another integration with the same role is on %s', (path, otherPath) => {
  beforeEach(async () => {
    expect(await sandbox.create(send(otherPath, 'Other'))).toMatchObject({ Status: 'SUCCESS' });
  });

  test('creates, updates and deletes an integration beside another one with the same role', async () => {
    const created = await sandbox.create(send(path, 'Own'));
    expect(created).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.locations.map(({ scope }) => scope)).toEqual([otherPath, path]);

    const { properties, event } = send(path, 'Own');
    const updated = await sandbox.update({
      properties: { ...properties, IntegrationName: 'renamed' },
      oldProperties: properties,
      physicalId: created.PhysicalResourceId,
      event,
    });
    expect(updated).toMatchObject({ Status: 'SUCCESS' });

    const startedAt = sandbox.clock.now();
    expect(await sandbox.delete(created.PhysicalResourceId, send(path, 'Own'))).toMatchObject({ Status: 'SUCCESS' });
    expect(sandbox.clock.now() - startedAt).toBeLessThan(120_000);
    expect(sandbox.locations.map(({ scope }) => scope)).toEqual([otherPath]);
    expect(sandbox.integrations.map(({ config }) => config.awsLocationPath)).toEqual([otherPath]);
  });
});

test('reports a leftover that AWS writes with another slash, which no integration has', async () => {
  await sandbox.addLocation('s3://sales/data', ROLE);

  const { Status, Reason } = await sandbox.create(send('s3://sales/data/', 'Own'));

  expect(Status).toBe('FAILED');
  expect(Reason).toContain('[LOCATION_ALREADY_REGISTERED]');
});
