import { HandlerSandbox, ID, OTHER_ROLE, ROLE } from '../support/handler-sandbox';

// what an Update and a Delete do when `url` of the tenant was changed, and the integration is still in the other tenant

const OLD_URL = 'https://old.immutacloud.com';
let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const moved = (properties: Record<string, string> = {}) =>
  sandbox.update({ properties, oldProperties: { TenantUrl: OLD_URL } });

test.each([
  ['its previous role', {}, ROLE],
  ['its previous role, which changes', { LocationRoleArn: OTHER_ROLE }, ROLE],
  ['its next role', { LocationRoleArn: OTHER_ROLE }, OTHER_ROLE],
])('fails an Update and creates nothing when the location has %s', async (_, properties, role) => {
  await sandbox.addLocation('s3://sales/', role);

  expect((await moved(properties)).Reason).toMatch(/https:\/\/old\.immutacloud\.com.*\[INTEGRATION_IN_OTHER_TENANT\]$/);
  expect(sandbox.countImmutaCalls('POST')).toBe(0);
  expect(sandbox.locations).toHaveLength(1);
});

test('creates the integration in the next tenant when nothing of it is left', async () => {
  expect(await moved()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
  expect(sandbox.countImmutaCalls('POST')).toBe(1);
});

test.each([
  ['has the role of another owner', { TenantUrl: OLD_URL }, OTHER_ROLE],
  ['remains in the same tenant', {}, ROLE],
])('does not blame another tenant for a location that %s', async (_, oldProperties, role) => {
  await sandbox.addLocation('s3://sales/', role);
  const { Status, Reason } = await sandbox.update({ oldProperties });

  expect(Status).toBe('FAILED');
  expect(Reason).toMatch(/\[LOCATION_[A-Z_]+\]$/);
});

test('deletes no integration with the same ID in the next tenant, unless its name says that it is ours', async () => {
  const { config } = await sandbox.addIntegration();
  const ourName = config.name;
  sandbox.immuta.changeByHand('101', { name: 'theirs' });
  const destroy = () => sandbox.delete(ID, { properties: { TenantUrl: OLD_URL, LocationRoleArn: OTHER_ROLE } });

  expect(await destroy()).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.integrations).toHaveLength(1);
  sandbox.immuta.changeByHand('101', { name: ourName });
  expect(await destroy()).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.integrations).toEqual([]);
});

test('changes no integration with the same ID in a tenant that only the function names', async () => {
  await sandbox.addIntegration();
  sandbox.immuta.changeByHand('101', { name: 'theirs' });
  const TenantUrl = { TenantUrl: OLD_URL };
  const { Status, Reason } = await sandbox.update({
    properties: { ...TenantUrl, IntegrationName: 'next' }, oldProperties: TenantUrl,
  });

  expect([Status, Reason]).toEqual(['FAILED', expect.stringMatching(/\[INTEGRATION_IN_OTHER_TENANT\]$/)]);
  expect(sandbox.integrations[0].config.name).toBe('theirs');
});

test('fails the Delete of a Create that was cancelled when its integration is in the previous tenant', async () => {
  await sandbox.addLocation();
  const properties = { TenantUrl: OLD_URL };

  expect((await sandbox.delete('immuta-s3-integration/unknown/3098ca9c09a0', { properties })).Reason).toMatch(
    /\[INTEGRATION_IN_OTHER_TENANT\]$/,
  );
});

test('deletes nothing and succeeds when the location has the role of another owner', async () => {
  await sandbox.addLocation('s3://sales/', OTHER_ROLE);

  expect(await sandbox.delete(ID, { properties: { TenantUrl: OLD_URL } })).toMatchObject({ Status: 'SUCCESS' });
  expect(sandbox.locations).toHaveLength(1);
});
