import { lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';
import { SANDBOX_ENV } from '../sandbox/sandbox';

// where Immuta's documentation says nothing: test/handler/integration/undocumented.test.ts
const sandbox = useSandbox();

test('where S3 names the location when it assumes the role, an integration is made, changed and removed', async () => {
  sandbox.current.aws.accessGrants.sourceArn = 'location';

  expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
  expect(await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ integrationName: 'sales' }) }))).toMatchObject({ status: 'UPDATE_COMPLETE' });
  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
  expect(shortAnswers(sandbox.current)).toEqual(Array(3).fill('SUCCESS immuta-s3-integration/101'));
});

test('what Immuta has granted goes with the integration', async () => {
  await sandbox.current.deploy(lake(sandbox.current));
  const { accessGrants } = sandbox.current.aws;
  const [{ id }] = accessGrants.locations(SANDBOX_ENV.account, SANDBOX_ENV.region);
  accessGrants.createGrant(SANDBOX_ENV.account, SANDBOX_ENV.region, id, 'arn:aws:iam::111122223333:role/analyst');

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
