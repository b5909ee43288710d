import { HandlerSandbox, IMMUTA_ROLE, ROLE } from '../support/handler-sandbox';
import { carryOut, prepare } from '../support/operations';

// with the roles and policies that the constructs make: test/lifecycle/diagnosis.slow.test.ts
let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(() => sandbox.close());

const DENY = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: actions, Resource: '*' },
  ],
});

/** Test 4: credentials, 5: instance, 6: path, 7: location. */
async function failsAtTest(test: number, properties: Record<string, string> = {}): Promise<string | undefined> {
  sandbox.immuta.faults.validation({ test, on: 'create', times: Infinity });
  const { reason, answers } = await carryOut(sandbox, 'Create', { properties });
  expect(answers?.map((answer) => answer.split(' ')[0])).toEqual(['FAILED', 'SUCCESS']);
  return reason;
}

describe.each([4, 5, 6, 7])('when test %d fails', (number) => {
  test('reports an instance without a location when a test about AWS fails', async () => {
    expect(await failsAtTest(number)).toMatch(
      new RegExp(
        String.raw`Scripted failure of test \d.*; AWS says that account 111122223333 has an S3 Access Grants ` +
          String.raw`instance in us-east-1, and that no location is registered on 's3://sales/'`,
      ),
    );
  });

  test('reports a missing instance when a test about AWS fails', async () => {
    sandbox.aws.accessGrants.deleteInstance('111122223333', 'us-east-1');

    expect(await failsAtTest(number)).toContain(
      'AWS says that account 111122223333 has no S3 Access Grants instance in us-east-1. ',
    );
  });
});

test('reports nothing about tests that do not concern AWS', async () => {
  expect(await failsAtTest(2)).not.toContain('AWS says');
});

/** An update whose validation fails, while the integration itself is in order. */
async function failsToUpdate(): Promise<string | undefined> {
  await prepare(sandbox, 'Update');
  sandbox.immuta.faults.validation({ test: 6, on: 'edit', times: Infinity });
  return (await carryOut(sandbox, 'Update')).reason;
}

test('reports a registered location with its role, and ends with the advice', async () => {
  const reason = await failsToUpdate();

  expect(reason).toMatch(
    new RegExp(
      `and that location ${sandbox.locations[0].id} with the role ${ROLE} is registered on ` +
        '\'s3://sales/\'.*continue-update-rollback',
    ),
  );
});

test('adds nothing to the reason when the list of locations is denied', async () => {
  sandbox.deny('s3-control', 1000);
  const reason = await failsToUpdate();

  expect(reason).toContain('Scripted failure of test 6');
  expect(reason).not.toContain('AWS says');
});

test('names the option of the integration that explains what AWS denied Immuta', async () => {
  sandbox.refuse('POST', 400, 'AccessDenied: not authorized to perform: s3:CreateAccessGrantsLocation');

  expect((await sandbox.create()).Reason).toContain(
    ". If AWS denied Immuta its own location or grants, set 'restrictScope' of the integration to false. [",
  );
});

/** Records the values of context keys that the policy simulator is asked with, as `<action>: <key> <value>`. */
function recordContexts(keys: RegExp): Set<string> {
  const contexts = new Set<string>();
  sandbox.aws.route('iam', (request, next) => {
    const { input } = request;
    Object.entries<string>(input)
      .filter(([name, key]) => name.endsWith('.ContextKeyName') && keys.test(key))
      .forEach(([name, key]) => {
        const value = input[name.replace('ContextKeyName', 'ContextKeyValues.member.1')];
        contexts.add(`${input['ActionNames.member.1']}: ${key} ${value}`);
      });
    return next(request);
  });
  return contexts;
}

describe("with Immuta's principal", () => {
  const withPrincipal = { DiagnosedPrincipalArn: IMMUTA_ROLE };

  test("reports that Immuta's principal is denied nothing", async () => {
    expect(await failsAtTest(6, withPrincipal)).toContain(
      `AWS's policy simulator finds nothing that ${IMMUTA_ROLE} is denied; it knows neither its trust policy`,
    );
  });

  test('reports what the organization denies', async () => {
    sandbox.aws.iam.organizationPolicy = DENY('s3:ListBucket', 's3:CreateAccessGrant');
    const reason = await failsAtTest(5, withPrincipal);

    expect(reason).toContain(
      'is denied s3:CreateAccessGrant on arn:aws:s3:us-east-1:111122223333:access-grants/default/grant/default (a ' +
        'policy of the organization), ',
    );
    expect(reason).toContain('s3:ListBucket on arn:aws:s3:::sales (a policy of the organization)');
  });

  test('separates what S3 Access Grants and the policy simulator say', async () => {
    expect(await failsAtTest(6, withPrincipal)).toContain(
      "registered on 's3://sales/' in account 111122223333, us-east-1; AWS's policy simulator finds nothing",
    );
  });

  test('reports what a policy of the role denies', async () => {
    sandbox.aws.iam.putRolePolicy('immuta', 'deny', DENY('iam:GetRole'));

    expect(await failsAtTest(6, withPrincipal)).toContain(`is denied iam:GetRole on ${ROLE} (a policy denies it)`);
  });

  test.each([
    ['arn:aws:iam::111122223333:role/sales', 'us-east-1'],
    ['arn:aws-cn:iam::111122223333:role/sales', 'cn-north-1'],
    ['arn:aws-us-gov:iam::111122223333:role/sales', 'us-gov-west-1'],
    ['arn:aws-iso:iam::111122223333:role/sales', 'eu-west-1'],
  ])('asks about a role in the Region of its IAM: %s', async (LocationRoleArn, region) => {
    const contexts = recordContexts(/^aws:RequestedRegion$/);
    await failsAtTest(6, { ...withPrincipal, LocationRoleArn, Region: 'eu-west-1' });

    expect([...contexts].filter((each) => each.startsWith('iam:GetRole'))).toEqual([
      `iam:GetRole: aws:RequestedRegion ${region}`,
    ]);
  });

  test('reports no denial that an organization has for other Regions', async () => {
    sandbox.aws.iam.organizationPolicy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: '*', Resource: '*' },
        {
          Effect: 'Deny',
          Action: ['s3:DeleteAccessGrant', 'iam:GetRole'],
          Resource: '*',
          Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } },
        },
      ],
    };

    expect(await failsAtTest(6, withPrincipal)).toContain('policy simulator finds nothing');
  });

  test.each([
    ['s3://sales/', [], ['s3:ListBucket arn:aws:s3:::sales']],
    ['s3://', ['s3:ListAllMyBuckets *'], []],
  ])('asks the simulator about what Immuta does with %s', async (LocationPath, withAllBuckets, withBucket) => {
    const instance = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';
    const services = recordContexts(/^iam:PassedToService$/);
    const asked = new Set<string>();
    sandbox.aws.route('iam', (request, next) => {
      const { input } = request;
      Object.keys(input).filter((name) => name.startsWith('ActionNames.'))
        .forEach((name) => asked.add(`${input[name]} ${input['ResourceArns.member.1']}`));
      return next(request);
    });
    await failsAtTest(6, { ...withPrincipal, LocationPath });

    expect([...asked]).toEqual(expect.arrayContaining([
      `s3:GetAccessGrantsInstance ${instance}`,
      `s3:ListAccessGrantsLocations ${instance}`,
      's3:ListAccessGrantsInstances *',
      ...withAllBuckets,
      `s3:CreateAccessGrantsLocation ${instance}/location/default`,
      `s3:DeleteAccessGrantsLocation ${instance}/location/default`,
      `s3:CreateAccessGrant ${instance}/grant/default`,
      `s3:DeleteAccessGrant ${instance}/grant/default`,
      `iam:GetRole ${ROLE}`,
      `iam:PassRole ${ROLE}`,
      ...withBucket,
    ]));
    expect(asked.size).toBe(10);
    expect([...services]).toEqual(['iam:PassRole: iam:PassedToService access-grants.s3.amazonaws.com']);
  });

  test.each([
    [{}, 's3://sales/*', 's3://sales/'],
    [{ LocationPath: 's3://sales/curated' }, 's3://sales/curated*', 's3://sales/curated'],
    [{ LocationPath: 's3://', DiagnosedBucketName: 'sales' }, 's3://sales/*', 's3://'],
    [{ LocationPath: 's3://' }, 's3://*', 's3://'],
  ])('passes the scopes of the location and of its grants to the simulator: %j', async (properties, grant, scope) => {
    const scopes = recordContexts(/^s3:AccessGrant/);
    await failsAtTest(6, { ...withPrincipal, ...properties });

    expect([...scopes].sort()).toEqual([
      `s3:CreateAccessGrant: s3:AccessGrantScope ${grant}`,
      `s3:CreateAccessGrantsLocation: s3:AccessGrantsLocationScope ${scope}`,
    ]);
  });

  test.each([
    [{}, ['s3:prefix ']],
    [{ LocationPath: 's3://sales/curated/' }, ['s3:prefix curated/']],
    [{ BucketAccountId: '444455556666' }, ['aws:ResourceAccount 444455556666', 's3:prefix ']],
  ])('passes the prefix and the owner of the bucket to the simulator: %j', async (properties, expected) => {
    const contexts = recordContexts(/^(s3:prefix|aws:ResourceAccount)$/);
    await failsAtTest(6, { ...withPrincipal, ...properties });

    expect([...contexts].sort()).toEqual(expected.map((each) => `s3:ListBucket: ${each}`));
  });

  test('reports nothing when the simulator cannot decide a condition', async () => {
    const [allow, deny] = DENY('s3:DeleteAccessGrant').Statement;
    const Condition = { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } };
    sandbox.aws.iam.organizationPolicy = { Version: '2012-10-17', Statement: [allow, { ...deny, Condition }] };
    const reason = await failsAtTest(6, withPrincipal);

    expect(reason).toContain('AWS says that account');
    expect(reason).not.toContain('simulator');
  });

  test('reports what a permissions boundary denies', async () => {
    const { iam } = sandbox.aws;
    iam.putPermissionsBoundary(IMMUTA_ROLE, iam.createPolicy('boundary', DENY('iam:PassRole')));

    expect(await failsAtTest(5, withPrincipal)).toContain(
      `${IMMUTA_ROLE} is denied iam:PassRole on ${ROLE} (its permissions boundary)`,
    );
  });

  test('reports what the policies of a user lack', async () => {
    const { arn } = sandbox.aws.iam.createUser({ userName: 'immuta' });

    expect(await failsAtTest(5, { DiagnosedPrincipalArn: arn })).toMatch(
      new RegExp(
        String.raw`arn:aws:iam::111122223333:user/immuta is denied s3:GetAccessGrantsInstance on \S+ \(no policy ` +
          String.raw`of its own allows it\)`,
      ),
    );
  });

  test('adds nothing to the reason when the policy simulator does not answer', async () => {
    sandbox.aws.route('iam', async () => ({ status: 403, body: '' }));
    const reason = await failsAtTest(6, withPrincipal);

    expect(reason).toMatch(/Scripted failure of test 6.*; AWS says that account/);
    expect(reason).not.toContain('simulator');
  });
});
