import { lake, leftovers, NOTHING, shortAnswers, STACK_NAME, useSandbox } from './fixture';
import { Sandbox, SANDBOX_ENV } from '../sandbox/sandbox';

const sandbox = useSandbox();

/** Where the documentation says nothing, or two things: the sandbox does the one by default, and the other here. */
const OTHERWISE: Record<string, (sandbox: Sandbox) => void> = {
  'a deleted record stays, with that status': ({ immuta }) => { immuta.switches.keepsDeleted = true; },
  'Immuta does not explain what AWS refused': ({ immuta }) => { immuta.switches.explainsErrors = false; },
  'Immuta deletes a failed record without its tests': ({ immuta }) => { immuta.switches.testsDeleteOfCreateError = false; },
  'S3 names the location when it assumes the role': ({ aws }) => { aws.accessGrants.sourceArn = 'location'; },
};

describe.each(Object.keys(OTHERWISE))('where %s', (what) => {
  beforeEach(() => OTHERWISE[what](sandbox.current));

  test('an integration is made, changed and removed', async () => {
    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ integrationName: 'sales' }) }))).toMatchObject({ status: 'UPDATE_COMPLETE' });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(shortAnswers(sandbox.current)).toEqual(Array(3).fill('SUCCESS immuta-s3-integration/101'));
  });

  test('a role that takes a while is waited for', async () => {
    sandbox.current.aws.iam.propagationMs = 60_000;
    sandbox.current.immuta.switches.validationFailure = 'createError';

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('a deployment that Immuta refuses leaves nothing', async () => {
    sandbox.current.immuta.faults.validation({ test: 2, on: 'create', times: Infinity, asynchronously: true });

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'ROLLBACK_COMPLETE' });

    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});

test('what Immuta has granted goes with the integration', async () => {
  await sandbox.current.deploy(lake(sandbox.current));
  const { accessGrants } = sandbox.current.aws;
  const [{ id }] = accessGrants.locations(SANDBOX_ENV.account, SANDBOX_ENV.region);
  accessGrants.createGrant(SANDBOX_ENV.account, SANDBOX_ENV.region, id, 'arn:aws:iam::111122223333:role/analyst');

  expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });

  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});
