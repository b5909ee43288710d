import { changes, failure, lake, LOCATION_PATH, locations, shortAnswers, useSandbox } from './fixture';
import { AccessGrantsInstance } from '../../src';
import { S3Config } from '../sandbox/immuta';
import { SANDBOX_ENV, Sandbox } from '../sandbox/sandbox';

const sandbox = useSandbox();

/** The account has an instance, and on our path there is a role that S3 Access Grants may assume. */
function someoneElse({ aws }: Sandbox): S3Config {
  aws.accessGrants.createInstance(SANDBOX_ENV.account, SANDBOX_ENV.region);
  const { arn } = aws.iam.createRole({
    roleName: 'theirs',
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{
        Effect: 'Allow',
        Principal: { Service: 'access-grants.s3.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      }],
    },
  });
  return {
    name: 'theirs',
    awsAccountId: SANDBOX_ENV.account,
    awsRegion: SANDBOX_ENV.region,
    awsLocationPath: LOCATION_PATH,
    awsLocationRole: arn,
    authenticationType: 'auto',
  };
}

const lakeInTheirInstance = () => lake(sandbox.current, {
  props: (stack) => ({ accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance') }),
});

test('keeps and names the integration of another owner on the path', async () => {
  const theirs = await sandbox.current.immuta.createByHand(someoneElse(sandbox.current));
  const before = structuredClone(theirs);

  const result = await sandbox.current.deploy(lakeInTheirInstance());

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain(`integration ${theirs.id}`);
  expect(failure(result)).toContain(`location role ${before.config.awsLocationRole}`);
  expect(failure(result)).toContain(`ImmutaS3Integration.fromIntegrationId(…, '${theirs.id}')`);
  expect(changes(sandbox.current)).toEqual([]);
  expect([...sandbox.current.immuta.integrations.values()]).toEqual([before]);
  expect(locations(sandbox.current)).toMatchObject([{ id: before.locationId, roleArn: before.config.awsLocationRole }]);
  expect(shortAnswers(sandbox.current)).toEqual([
    'FAILED immuta-s3-integration/none',
    'SUCCESS immuta-s3-integration/none',
  ]);
});

test('keeps the location of another owner on the path and says how to remove it', async () => {
  const { awsLocationRole } = someoneElse(sandbox.current);
  const theirs = await sandbox.current.aws.accessGrants.createLocation(
    SANDBOX_ENV.account,
    SANDBOX_ENV.region,
    LOCATION_PATH,
    awsLocationRole,
  );

  const result = await sandbox.current.deploy(lakeInTheirInstance());

  expect(result.status).toBe('ROLLBACK_COMPLETE');
  expect(failure(result)).toContain(`location ${theirs.id} with the role ${awsLocationRole}`);
  expect(failure(result)).toMatch(/aws s3control delete-access-grants-location/);
  expect(changes(sandbox.current)).toEqual([]);
  expect(locations(sandbox.current)).toEqual([theirs]);
});

test("keeps another owner's record with the ID of the integration when the stack is deleted", async () => {
  const { outputs } = await sandbox.current.deploy(lake(sandbox.current));
  const record = sandbox.current.immuta.integrations.get(outputs.IntegrationId)!;
  sandbox.current.immuta.integrations.set(record.id, {
    ...record,
    config: { ...record.config, awsLocationPath: 's3://other/' },
  });
  sandbox.current.aws.accessGrants.deleteLocation(SANDBOX_ENV.account, SANDBOX_ENV.region, record.locationId!);

  const result = await sandbox.current.destroy('Lake');

  expect(result.status).toBe('DELETE_COMPLETE');
  expect(sandbox.current.immuta.integrations.get(record.id)).toMatchObject({
    status: 'enabled',
    config: { awsLocationPath: 's3://other/' },
  });
});
