import { User } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { failure, lake, LakeOptions, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { ImmutaAuthentication, S3Location } from '../../src';
import { SANDBOX_BUCKET } from '../sandbox/sandbox';

// what a reason says in all cases: test/handler/integration/diagnosis.test.ts
const sandbox = useSandbox();
/** Test 5: instance, 6: path. */
async function failsAtTest(test: number, options: LakeOptions = {}) {
  sandbox.current.immuta.faults.validation({ test, on: 'create', times: Infinity });
  const result = await sandbox.current.deploy(lake(sandbox.current, options));
  expect(result.status).toBe('ROLLBACK_COMPLETE');
  return failure(result);
}

const WITH_PERMISSIONS: LakeOptions = { props: () => ({ diagnosePermissions: true }) };

test('reports in the reason that there is an instance but no location', async () => {
  expect(await failsAtTest(6)).toMatch(
    new RegExp(
      String.raw`Scripted failure of test 6.*; AWS says that account 111122223333 has an S3 Access Grants ` +
        String.raw`instance in us-east-1, and that no location is registered on 's3://sales-lake/'`,
    ),
  );
  expect(leftovers(sandbox.current)).toEqual(NOTHING);
});

describe('diagnosePermissions', () => {
  test('reports in the reason that nothing is denied when diagnosePermissions is set', async () => {
    expect(await failsAtTest(6, WITH_PERMISSIONS)).toMatch(
      new RegExp(
        String.raw`AWS's policy simulator finds nothing that arn:aws:iam::111122223333:role/\S+ is denied; it ` +
          String.raw`knows neither its trust policy`,
      ),
    );
  });

  test('reports no denial of named buckets, whose scopes are in conditions of the policy', async () => {
    const reason = await failsAtTest(6, {
      props: (stack) => ({
        diagnosePermissions: true,
        location: S3Location.allBuckets({ buckets: [Bucket.fromBucketName(stack, 'Named', SANDBOX_BUCKET)] }),
      }),
    });

    expect(reason).toMatch(/AWS's policy simulator finds nothing that arn:aws:iam::111122223333:role\/\S+ is denied/);
  });

  test('reports in the reason what the policies of a user lack when diagnosePermissions is set', async () => {
    const { iam, secrets } = sandbox.current.aws;
    iam.createUser({ userName: 'immuta' });
    secrets.createSecret('immuta/key', JSON.stringify(iam.createAccessKey('immuta')));
    sandbox.current.immuta.faults.http({
      method: 'POST',
      run: () =>
        iam.policiesOf('arn:aws:iam::111122223333:user/immuta').forEach((arn) => iam.detachUserPolicy('immuta', arn)),
    });

    const reason = await failsAtTest(5, {
      props: (stack) => ({
        diagnosePermissions: true,
        authentication: ImmutaAuthentication.accessKeySecret({
          user: User.fromUserName(stack, 'User', 'immuta'), secret: Secret.fromSecretNameV2(stack, 'Key', 'immuta/key'),
        }),
      }),
    });

    expect(reason).toMatch(
      new RegExp(
        String.raw`arn:aws:iam::111122223333:user/immuta is denied s3:GetAccessGrantsInstance on \S+ \(no policy ` +
          String.raw`of its own allows it\)`,
      ),
    );
  });

  test('deletes the policy of diagnosePermissions with the integration', async () => {
    const { iam } = sandbox.current.aws;
    await sandbox.current.deploy(lake(sandbox.current, WITH_PERMISSIONS));
    expect(
      iam.roleArns.flatMap((arn) => iam.policiesOf(arn)).filter((name) => name.startsWith('Diagnosis-')),
    ).toHaveLength(1);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});
