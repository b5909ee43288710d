import { ManagedPolicy, PermissionsBoundary, User } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { failure, lake, LakeOptions, leftovers, NOTHING, STACK_NAME, useSandbox } from './fixture';
import { AccessGrantsInstance, ImmutaAuthentication } from '../../src';

const sandbox = useSandbox();
const DENY = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: actions, Resource: '*' }],
});

/** Test 4: credentials, 5: instance, 6: path, 7: location. */
async function failsAtTest(test: number, options: LakeOptions = {}) {
  sandbox.current.immuta.faults.validation({ test, on: 'create', times: Infinity });
  const result = await sandbox.current.deploy(lake(sandbox.current, options));
  expect(result.status).toBe('ROLLBACK_COMPLETE');
  return failure(result);
}

const WITH_PERMISSIONS: LakeOptions = { props: () => ({ diagnosePermissions: true }) };

describe.each([4, 5, 6, 7])('when test %d fails', (number) => {
  test('the reason says that there is an instance, and no location', async () => {
    expect(await failsAtTest(number)).toMatch(/Scripted failure of test \d.*; AWS says that account 111122223333 has an S3 Access Grants instance in us-east-1, and that no location is registered on 's3:\/\/sales-lake\/'/);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('the reason says that there is no instance', async () => {
    const imported: LakeOptions = { props: (stack) => ({ accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance') }) };
    expect(await failsAtTest(number, imported)).toContain('AWS says that account 111122223333 has no S3 Access Grants instance in us-east-1');
  });
});

test('tests that AWS knows nothing about have no such end', async () => {
  expect(await failsAtTest(2)).not.toContain('AWS says');
});

/** An update whose validation fails, while the integration itself is in order. */
async function updateFails() {
  await sandbox.current.deploy(lake(sandbox.current));
  sandbox.current.immuta.faults.validation({ test: 6, on: 'edit', times: Infinity });
  return async () => {
    const result = await sandbox.current.deploy(lake(sandbox.current, { props: () => ({ integrationName: 'sales' }) }));
    expect(result.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    return { reason: failure(result), role: result.outputs.LocationRoleArn };
  };
}

test('a location that is registered is told with its role, and the advice comes last', async () => {
  const { reason, role } = await (await updateFails())();
  expect(reason).toMatch(new RegExp(`and that location [0-9a-f-]{36} with the role ${role} is registered on 's3://sales-lake/'.*continue-update-rollback`));
});

test('a list of locations that is denied adds nothing, and takes nothing away', async () => {
  const update = await updateFails();
  sandbox.current.aws.iam.organizationPolicy = DENY('s3:ListAccessGrantsLocations');
  const { reason } = await update();
  expect(reason).toContain('Scripted failure of test 6');
  expect(reason).not.toContain('AWS says');
});

describe('with diagnosePermissions', () => {
  test('the reason says that nothing is denied', async () => {
    expect(await failsAtTest(6, WITH_PERMISSIONS)).toMatch(/AWS's policy simulator finds nothing that arn:aws:iam::111122223333:role\/\S+ is denied; it knows neither its trust policy/);
  });

  test('the reason says what the organization denies', async () => {
    sandbox.current.aws.iam.organizationPolicy = DENY('s3:ListBucket', 's3:CreateAccessGrant');
    const reason = await failsAtTest(5, WITH_PERMISSIONS);
    expect(reason).toContain('is denied s3:CreateAccessGrant on arn:aws:s3:us-east-1:111122223333:access-grants/default/grant/default (a policy of the organization), ');
    expect(reason).toContain('s3:ListBucket on arn:aws:s3:::sales-lake (a policy of the organization)');
  });

  test('what an organization denies outside of its Regions is not denied', async () => {
    sandbox.current.aws.iam.organizationPolicy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: '*', Resource: '*' },
        { Effect: 'Deny', Action: ['s3:DeleteAccessGrant', 'iam:GetRole'], Resource: '*', Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } } },
      ],
    };
    expect(await failsAtTest(6, WITH_PERMISSIONS)).toContain('policy simulator finds nothing');
  });

  test('what depends on a condition that the simulator cannot decide is neither denied nor said to be fine', async () => {
    sandbox.current.aws.iam.organizationPolicy = DENY('s3:DeleteAccessGrant');
    sandbox.current.aws.route('iam', async (request, next) => {
      const answer = await next(request);
      const missing = '<MissingContextValues><member>aws:SourceVpce</member></MissingContextValues>';
      return { ...answer, body: answer.body?.toString().replaceAll('</EvalDecision>', `</EvalDecision>${missing}`) };
    });
    const reason = await failsAtTest(6, WITH_PERMISSIONS);
    expect(reason).toContain('AWS says that account');
    expect(reason).not.toContain('simulator');
  });

  test('the reason says what a permissions boundary denies', async () => {
    const boundary = sandbox.current.aws.iam.createPolicy('boundary', DENY('iam:PassRole'));
    const reason = await failsAtTest(5, {
      ...WITH_PERMISSIONS,
      and: (stack) => PermissionsBoundary.of(stack).apply(ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', boundary)),
    });
    expect(reason).toMatch(/is denied iam:PassRole on arn:aws:iam::111122223333:role\/\S+ \(its permissions boundary\)/);
  });

  test('the reason says what the policies of a user lack', async () => {
    const { iam, secrets } = sandbox.current.aws;
    iam.createUser({ userName: 'immuta' });
    secrets.createSecret('immuta/key', JSON.stringify(iam.createAccessKey('immuta')));
    sandbox.current.immuta.faults.http({ method: 'POST', run: () => iam.policiesOf('arn:aws:iam::111122223333:user/immuta').forEach((arn) => iam.detachUserPolicy('immuta', arn)) });

    const reason = await failsAtTest(5, {
      props: (stack) => ({
        diagnosePermissions: true,
        authentication: ImmutaAuthentication.accessKeySecret({
          user: User.fromUserName(stack, 'User', 'immuta'), secret: Secret.fromSecretNameV2(stack, 'Key', 'immuta/key'),
        }),
      }),
    });

    expect(reason).toMatch(/arn:aws:iam::111122223333:user\/immuta is denied s3:GetAccessGrantsInstance on \S+ \(no policy of its own allows it\)/);
  });

  test('a simulator that does not answer adds nothing, and takes nothing away', async () => {
    sandbox.current.aws.iam.organizationPolicy = DENY('iam:SimulatePrincipalPolicy');
    const reason = await failsAtTest(6, WITH_PERMISSIONS);
    expect(reason).toMatch(/Scripted failure of test 6.*; AWS says that account/);
    expect(reason).not.toContain('simulator');
  });

  test('its policy goes with the integration', async () => {
    const { iam } = sandbox.current.aws;
    await sandbox.current.deploy(lake(sandbox.current, WITH_PERMISSIONS));
    expect(iam.roleArns.flatMap((arn) => iam.policiesOf(arn)).filter((name) => name.includes('DiagnosisPolicy'))).toHaveLength(1);

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });
});
