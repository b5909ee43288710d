import { App } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImmutaAuthentication, S3Location } from '../../src';
import { importedBucket, newIntegration, newStack, newTenant, synthError } from '../fixture';

const buckets = (stack: ReturnType<typeof newStack>, count: number): s3.IBucket[] =>
  Array.from({ length: count }, (_, n) => importedBucket(stack, `acme-data-${String(n).padStart(40, '0')}`));

test('fails if the policies that this app attaches to one role pass the quota, once', () => {
  const stack = newStack();
  const tenant = newTenant(stack);
  const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/immuta');
  for (let n = 0; n < 20; n++) {
    newIntegration(stack, `Lake${n}`, { tenant, authentication: ImmutaAuthentication.existingRole(role) });
  }
  const error = synthError(stack);
  expect(error).toMatch(/the inline policies of role 'Stack\/Role' have at least \d{5} characters, and IAM allows 10240 in one role: use the role for fewer/);
  expect(error.match(/inline policies of role/g)).toHaveLength(1);
});

test('takes what fits', () => {
  const stack = newStack();
  const tenant = newTenant(stack);
  const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/immuta');
  for (let n = 0; n < 5; n++) {
    newIntegration(stack, `Lake${n}`, { tenant, authentication: ImmutaAuthentication.existingRole(role) });
  }
  expect(synthError(stack)).toBe('');
});

test('counts what the role has of its own, and policies of other stacks', () => {
  const app = new App();
  const [home, other] = ['Home', 'Other'].map((id) => newStack(undefined, app, id));
  const role = new iam.Role(home, 'Role', {
    assumedBy: new iam.AccountRootPrincipal(),
    inlinePolicies: { Own: new iam.PolicyDocument({ statements: [statement(3500)] }) },
  });
  newIntegration(other, 'Lake', { authentication: ImmutaAuthentication.existingRole(role) });
  expect(synthError(home)).toBe('');
  role.addToPolicy(statement(6000));
  expect(synthError(home)).toContain('the inline policies of role \'Home/Role\' have at least');
});

test('does not count the role of the same name in another stack', () => {
  const app = new App();
  const stacks = ['One', 'Two'].map((id) => newStack(undefined, app, id));
  const tenant = newTenant(stacks[0]);
  for (const stack of stacks) {
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    role.addToPolicy(statement(6000));
    newIntegration(stack, `Lake${stack.node.id}`, { tenant, authentication: ImmutaAuthentication.existingRole(role), accessGrantsInstance: undefined });
  }
  expect(synthError(stacks[0])).not.toContain('inline policies');
});

test('fails if a role that we make passes the quota', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets: buckets(stack, 150) }) });
  const error = synthError(stack);
  expect(error).toMatch(/role 'Stack\/Lake\/\w+\/LocationRole' have at least \d+ characters/);
  expect(error).toMatch(/role 'Stack\/Lake\/\w+\/ImmutaRole' have at least \d+ characters/);
});

test('fails if the managed policy of a user passes the quota', () => {
  const stack = newStack();
  const authentication = ImmutaAuthentication.accessKeySecret({ secret: Secret.fromSecretNameV2(stack, 'Key', 'key'), user: new iam.User(stack, 'User') });
  newIntegration(stack, 'Lake', { location: S3Location.allBuckets({ buckets: buckets(stack, 90) }), authentication });
  expect(synthError(stack)).toMatch(/the policy has at least \d+ characters, and IAM allows 6144 in a managed policy/);
});

describe('managed policies of one user', () => {
  const withIntegrations = (count: number) => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const authentication = ImmutaAuthentication.accessKeySecret({ secret: Secret.fromSecretNameV2(stack, 'Key', 'key'), user: new iam.User(stack, 'User') });
    for (let n = 0; n < count; n++) {
      newIntegration(stack, `Lake${n}`, { tenant, authentication });
    }
    return stack;
  };

  test('take ten', () => {
    const stack = withIntegrations(10);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    expect(synthError(stack)).toBe('');
  });

  test('warn of more', () => {
    Annotations.fromStack(withIntegrations(11)).hasWarning('*', Match.stringLikeRegexp('user \'Stack/User\' gets 11 managed policies'));
  });

  test('fail for more than IAM allows at all', () => {
    const error = synthError(withIntegrations(21));
    expect(error).toContain('user \'Stack/User\' gets 21 managed policies from this app, and IAM allows 20 at most');
    expect(error.match(/21 managed policies/g)).toHaveLength(1);
  });
});

/** A statement of that many characters and a few more. */
function statement(length: number): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [`arn:aws:s3:::${'x'.repeat(length)}`] });
}
