import { App, Aws, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImmutaAuthentication, S3Location } from '../../src';
import { validateManagedDocument, validateRoleSize } from '../../src/private/validation/quotas';
import { importedBucket, newIntegration, newStack, newTenant, listResources, synthError } from '../fixture';
import { Annotations } from '../support/annotations';

const buckets = (stack: ReturnType<typeof newStack>, count: number): s3.IBucket[] =>
  Array.from({ length: count }, (_, n) => importedBucket(stack, `acme-data-${String(n).padStart(40, '0')}`));

describe('role of the handler', () => {
  const withSecrets = (count: number) => {
    const stack = newStack();
    const tenant = newTenant(stack);
    for (let n = 0; n < count; n++) {
      const authentication = ImmutaAuthentication.accessKeySecret({
        secret: Secret.fromSecretNameV2(stack, `Key${n}`, `key-${n}`),
        user: new iam.User(stack, `User${n}`),
      });
      newIntegration(stack, `Lake${n}`, { tenant, authentication });
    }
    return stack;
  };

  test("accepts the secrets of thirty integrations in the handler's role", () => {
    expect(synthError(withSecrets(30))).toBe('');
  });

  test('reports one error when the inline policies of the handler\'s role exceed the quota', () => {
    const error = synthError(withSecrets(90));
    expect(error).toMatch(
      new RegExp(
        String.raw`the inline policies of role 'Stack/Immuta/HandlerRole' have at least \d{5} characters, and ` +
          String.raw`IAM allows 10240\. Use the role in fewer integrations, .*\. \[INLINE_POLICIES_TOO_LONG\]`,
      ),
    );
    expect(error.match(/inline policies of role/g)).toHaveLength(1);
  });
});

test('fails when the inline policies of a new role exceed the quota', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets: buckets(stack, 150) }) });
  const error = synthError(stack);
  expect(error).toMatch(/role 'Stack\/Lake\/\w+\/LocationRole' have at least \d+ characters/);
  expect(error).toMatch(/role 'Stack\/Lake\/\w+\/ImmutaRole' have at least \d+ characters/);
});

test('counts the policies of roles with the same name in different accounts apart', () => {
  const app = new App();
  for (let n = 0; n < 21; n++) {
    const stack = newStack({ env: { account: String(111122223333 + n), region: 'us-east-1' } }, app, `Stack${n}`);
    const role = iam.Role.fromRoleName(stack, 'Role', 'immuta');
    newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.existingRole(role) });
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('MANAGED_POLICIES_OF_PRINCIPAL'));
  }
  expect(() => app.synth()).not.toThrow();
});

describe('the inline policies of a role', () => {
  /** 95 characters and a resource. */
  const statement = (length: number) =>
    new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['x'.repeat(length - 95)] });
  const newRole = (length: number) => new iam.Role(newStack(), 'Role', {
    assumedBy: new iam.AccountRootPrincipal(),
    inlinePolicies: { Own: new iam.PolicyDocument({ statements: [statement(length)] }) },
  });

  test.each([5_000, 10_240])('accepts %d characters', (length) => {
    expect(validateRoleSize(newRole(length))).toEqual([]);
  });

  test.each([10_241, 30_000])('fails with %d characters', (length) => {
    expect(validateRoleSize(newRole(length))).toMatchObject([{ code: 'INLINE_POLICIES_TOO_LONG' }]);
  });

  test('accepts a role that has none', () => {
    expect(validateRoleSize(new iam.Role(newStack(), 'Role', { assumedBy: new iam.AccountRootPrincipal() })))
      .toEqual([]);
  });

  test('counts what the CDK grants to the role', () => {
    const role = newRole(1_000);
    role.addToPolicy(statement(9_241));
    expect(validateRoleSize(role)).toMatchObject([{ code: 'INLINE_POLICIES_TOO_LONG' }]);
  });
});

describe('the length of a managed policy', () => {
  const inRegion = (region?: string) => newStack({ env: { account: '111122223333', region } });
  const newRole = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  /** 26 characters and a reference. */
  const validate = (stack: Stack, reference: unknown, length: number) =>
    validateManagedDocument(stack, { Text: 'x'.repeat(length - 26), Reference: reference });

  test.each<[string, number, string | undefined, (stack: Stack) => string]>([
    ['nothing', 0, 'us-east-1', () => ''],
    ['an account', 12, 'us-east-1', () => Aws.ACCOUNT_ID],
    ['a Region', 9, 'cn-north-1', () => Aws.REGION],
    ['a partition', 3, 'us-east-1', () => Aws.PARTITION],
    ['another partition', 6, 'cn-north-1', () => Aws.PARTITION],
    ['a partition that is not known', 3, undefined, () => Aws.PARTITION],
    ['an ARN', 16, 'us-east-1', (stack) => newRole(stack).roleArn],
    ['another attribute', 0, 'us-east-1', (stack) => newRole(stack).roleId],
    ['a name', 0, 'us-east-1', (stack) => newRole(stack).roleName],
  ])('counts the fewest characters of a reference to %s: %d', (_, characters, region, refer) => {
    const stack = inRegion(region);
    const reference = refer(stack);

    expect(validate(stack, reference, 6_144 - characters)).toEqual([]);
    expect(validate(stack, reference, 6_145 - characters)).toMatchObject([{
      code: 'MANAGED_POLICY_TOO_LONG',
      message: expect.stringMatching(/^the policy has at least 6145 characters, and IAM allows 6144 in a /),
    }]);
  });
});

test('fails when the managed policy of a user exceeds the quota', () => {
  const stack = newStack();
  const authentication = ImmutaAuthentication.accessKeySecret({
    secret: Secret.fromSecretNameV2(stack, 'Key', 'key'),
    user: new iam.User(stack, 'User'),
  });
  newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets: buckets(stack, 90) }), authentication });
  expect(synthError(stack)).toMatch(
    new RegExp(
      String.raw`the policy has at least \d+ characters, and IAM allows 6144 in a managed policy\. Pass fewer ` +
        String.raw`'encryptionKeys', .*\. \[MANAGED_POLICY_TOO_LONG\]`,
    ),
  );
});

describe.each([
  [
    'user',
    (stack: ReturnType<typeof newStack>) =>
      ImmutaAuthentication.accessKeySecret({
        secret: Secret.fromSecretNameV2(stack, 'Key', 'key'),
        user: new iam.User(stack, 'Immuta_'),
      }),
  ],
  [
    'role',
    (stack: ReturnType<typeof newStack>) =>
      ImmutaAuthentication.existingRole(new iam.Role(stack, 'Immuta_', { assumedBy: new iam.AccountRootPrincipal() })),
  ],
] as const)('managed policies of one %s', (kind, authenticate) => {
  const withIntegrations = (count: number) => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const authentication = authenticate(stack);
    for (let n = 0; n < count; n++) {
      newIntegration(stack, `Lake${n}`, { tenant, authentication });
    }
    return stack;
  };

  test('accepts ten managed policies of one principal', () => {
    const stack = withIntegrations(10);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    expect(synthError(stack)).toBe('');
  });

  test('warns when one principal has more than ten managed policies', () => {
    Annotations.fromStack(withIntegrations(11)).hasWarning(
      '*',
      Match.stringLikeRegexp(
        `${kind} 'Stack/Immuta_' gets 11 managed policies from this app, and IAM allows 10 unless `
          + '.*\\[MANAGED_POLICIES_OF_PRINCIPAL\\]',
      ),
    );
  });

  test('reports one error when one principal has more managed policies than IAM allows', () => {
    const error = synthError(withIntegrations(21));
    expect(error).toContain(
      `${kind} 'Stack/Immuta_' gets 21 managed policies from this app, and IAM allows 20 at most. Use another ${kind} `
        + 'in some of the integrations. [TOO_MANY_MANAGED_POLICIES]',
    );
    expect(error.match(/21 managed policies/g)).toHaveLength(1);
  });
});

test('counts the managed policies of the role itself and those of other stacks', () => {
  const synthWith = (count: number) => {
    const app = new App();
    const [home, other] = ['Home', 'Other'].map((id) => newStack(undefined, app, id));
    const managedPolicies = Array.from({ length: count }, (_, n) =>
      iam.ManagedPolicy.fromManagedPolicyName(home, `Policy${n}`, `policy-${n}`),
    );
    const role = new iam.Role(home, 'Role', { assumedBy: new iam.AccountRootPrincipal(), managedPolicies });
    newIntegration(other, 'Lake', { authentication: ImmutaAuthentication.existingRole(role) });
    return synthError(home);
  };

  expect(synthWith(19)).toBe('');
  expect(synthWith(20)).toContain('role \'Home/Role\' gets 21 managed policies from this app');
});

test('counts only the policies of the library when it does not know those of an imported role', () => {
  const stack = newStack();
  const tenant = newTenant(stack);
  const role = iam.Role.fromRoleName(stack, 'Role', 'immuta');
  for (let n = 0; n < 10; n++) {
    newIntegration(stack, `Lake${n}`, { tenant, authentication: ImmutaAuthentication.existingRole(role) });
  }

  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});

test('counts the managed policies of each user and role for itself', () => {
  const stack = newStack();
  const tenant = newTenant(stack);
  const principals = [
    ...['alice', 'bob'].map((name) => ImmutaAuthentication.accessKeySecret({
      secret: Secret.fromSecretNameV2(stack, `Key-${name}`, name),
      user: iam.User.fromUserName(stack, `User-${name}`, name),
    })),
    ImmutaAuthentication.existingRole(iam.Role.fromRoleName(stack, 'Role', 'alice')),
  ];
  principals.forEach((authentication, number) => {
    for (let n = 0; n < 6; n++) newIntegration(stack, `Lake${number}-${n}`, { tenant, authentication });
  });

  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});

test('does not count policies of a role with the same logical ID in another stack', () => {
  const app = new App();
  const stacks = ['One', 'Two'].map((id) => newStack(undefined, app, id));
  const tenant = newTenant(stacks[0]);
  for (const stack of stacks) {
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    for (let n = 0; n < 11; n++) {
      newIntegration(stack, `Lake${n}`, {
        tenant,
        authentication: ImmutaAuthentication.existingRole(role),
        location: S3Location.bucket(importedBucket(stack, `acme-${stack.node.id.toLowerCase()}-${n}`)),
      });
    }
  }
  expect(synthError(stacks[0])).not.toContain('managed policies');
});

test('keeps roles that are attached to a policy after an integration was defined', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  const statements = [new iam.PolicyStatement({ actions: ['s3:ListAllMyBuckets'], resources: ['*'] })];
  const policy = new iam.ManagedPolicy(stack, 'Policy', { roles: [role], statements });
  newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.existingRole(role) });
  policy.attachToRole(iam.Role.fromRoleName(stack, 'Later', 'later'));
  expect(listResources(stack)[stack.getLogicalId(policy.node.defaultChild as iam.CfnManagedPolicy)].Properties.Roles)
    .toEqual([{ Ref: stack.getLogicalId(role.node.defaultChild as iam.CfnRole) }, 'later']);
});
