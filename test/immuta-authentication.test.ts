import { Annotations as AwsAnnotations, App, CfnParameter, SecretValue, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { INTEGRATION, newIntegration, newStack, getOnly, listResources, synthError } from './fixture';
import { ImmutaAuthentication } from '../src';
import { Annotations } from './support/annotations';

const ARN = 'arn:aws:iam::111122223333:role/immuta';
const OTHER_ARN = 'arn:aws:iam::444455556666:role/immuta';

describe('assumeRole', () => {
  const withPrincipal = (principal: iam.IPrincipal, externalId?: string) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.assumeRole({ principal, externalId }) });
    return stack;
  };
  const trust = (stack: Stack) => immutaRole(stack).Properties.AssumeRolePolicyDocument.Statement;

  test('creates a role that the principal can assume', () => {
    expect(trust(withPrincipal(new iam.ArnPrincipal('arn:aws:iam::444455556666:role/immuta')))).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::444455556666:role/immuta' } },
    ]);
  });

  test("requires the external ID in the trust policy of Immuta's role", () => {
    expect(trust(withPrincipal(new iam.AccountPrincipal('444455556666'), 'abc'))).toEqual([expect.objectContaining({
      Condition: { StringEquals: { 'sts:ExternalId': 'abc' } },
    })]);
  });

  test('creates a role with the name that the user passes', () => {
    const stack = newStack();
    const principal = new iam.ArnPrincipal(ARN);
    newIntegration(stack, 'Lake', {
      authentication: ImmutaAuthentication.assumeRole({ principal, roleName: 'immuta-s3' }),
    });
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Role', { RoleName: 'immuta-s3' });
  });

  test.each(['a', 'with space', 'ä-id', 'x'.repeat(1225), ''])('fails when the external ID is %j', (externalId) => {
    expect(synthError(withPrincipal(new iam.ArnPrincipal(ARN), externalId))).toContain(
      "'externalId' must have 2 to 1224 letters, digits or characters of _+=,.@:/-, " +
        `got ${JSON.stringify(externalId)}. Copy the external ID from Immuta. [EXTERNAL_ID_INVALID]`,
    );
  });

  test.each(['ab', 'x'.repeat(1224), 'a+=,.@:/-_1'])('accepts the external ID %j', (externalId) => {
    expect(synthError(withPrincipal(new iam.ArnPrincipal(ARN), externalId))).toBe('');
  });

  test('accepts an external ID that is a token', () => {
    const stack = newStack();
    const externalId = new CfnParameter(stack, 'ExternalId').valueAsString;
    newIntegration(stack, 'Lake', {
      authentication: ImmutaAuthentication.assumeRole({ principal: new iam.ArnPrincipal(ARN), externalId }),
    });
    expect(synthError(stack)).toBe('');
  });

  test.each([
    ['an account', new iam.AccountPrincipal('444455556666'), '444455556666'],
    ['the root of an account', new iam.ArnPrincipal('arn:aws:iam::444455556666:root'), '444455556666'],
    ['an account id', new iam.ArnPrincipal('444455556666'), '444455556666'],
    ['the account of the stack', new iam.AccountRootPrincipal(), '111122223333'],
    [
      'one of several',
      new iam.CompositePrincipal(new iam.ArnPrincipal(ARN), new iam.AccountPrincipal('444455556666')),
      '444455556666',
    ],
  ])('warns when the principal is %s and there is no external ID', (_, principal, account) => {
    Annotations.fromStack(withPrincipal(principal)).hasWarning(
      '*',
      Match.stringLikeRegexp(`every principal that account ${account} allows.*\\[ACCOUNT_WITHOUT_EXTERNAL_ID\\]`),
    );
  });

  test.each([
    ['a role', new iam.ArnPrincipal(ARN), undefined],
    ['an account with an external id', new iam.AccountPrincipal('444455556666'), 'abc'],
    ['a role of another account with an external id', new iam.ArnPrincipal(OTHER_ARN), 'abc'],
    [
      'one with its own condition on the external id',
      new iam.ArnPrincipal(OTHER_ARN).withConditions({ StringEquals: { 'sts:ExternalId': ['a1', 'a2'] } }),
      undefined,
    ],
  ])('does not warn when the principal is %s', (_, principal, externalId) => {
    Annotations.fromStack(withPrincipal(principal, externalId)).hasNoWarning('*', Match.anyValue());
  });

  test.each([
    ['a role of another account', new iam.ArnPrincipal(OTHER_ARN), `'${OTHER_ARN}'`],
    [
      'a user among others',
      new iam.CompositePrincipal(new iam.ArnPrincipal(ARN), new iam.ArnPrincipal('arn:aws:iam::444455556666:user/i')),
      "'arn:aws:iam::444455556666:user/i'",
    ],
    [
      'another account with a condition',
      new iam.AccountPrincipal('444455556666').withConditions({ StringEquals: { 'aws:PrincipalTag/app': 'immuta' } }),
      "'arn:<Partition>:iam::444455556666:root'",
    ],
    ['an organization', new iam.OrganizationPrincipal('o-1234567890'), 'everyone with aws:PrincipalOrgID'],
    ['a service', new iam.ServicePrincipal('ec2.amazonaws.com'), "service 'ec2.amazonaws.com'"],
    [
      'a web identity',
      new iam.WebIdentityPrincipal('accounts.google.com', { StringEquals: { 'accounts.google.com:aud': 'x' } }),
      "identities of 'accounts.google.com'",
    ],
  ])('warns when the principal is %s and there is no external ID', (_, principal, described) => {
    const annotations = Annotations.fromStack(withPrincipal(principal));
    const text = `Immuta's role can be assumed without an external ID by ${described}. `;
    annotations.hasWarning('*', Match.stringLikeRegexp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
    annotations.hasWarning(
      '*',
      Match.stringLikeRegexp(
        '\\[PRINCIPAL_WITHOUT_EXTERNAL_ID\\].*cdk-immuta-s3-integration:principal-without-external-id',
      ),
    );
  });

  test('warns about a role of another account when the account of the stack is not known', () => {
    const stack = new Stack(new App(), 'Anywhere');
    newIntegration(stack, 'Lake', {
      authentication: ImmutaAuthentication.assumeRole({ principal: new iam.ArnPrincipal(OTHER_ARN) }),
    });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('\\[PRINCIPAL_WITHOUT_EXTERNAL_ID\\]'));
  });

  test('warns about a role of another account that the trust policy gets later', () => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Lake');
    (integration.immutaRole as iam.Role).assumeRolePolicy!.addStatements(
      new iam.PolicyStatement({ actions: ['sts:AssumeRole'], principals: [new iam.ArnPrincipal(OTHER_ARN)] }),
    );
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp(`'${OTHER_ARN}'.*PRINCIPAL_WITHOUT_EXTERNAL`));
  });

  test('does not warn about an acknowledged principal without an external ID', () => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Lake', {
      authentication: ImmutaAuthentication.assumeRole({ principal: new iam.ArnPrincipal(OTHER_ARN) }),
    });
    AwsAnnotations.of(integration).acknowledgeWarning('cdk-immuta-s3-integration:principal-without-external-id');
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('warns when everyone who knows the external ID can assume the role', () => {
    const warning = Match.stringLikeRegexp(
      "everyone in AWS who knows the 'externalId' can assume.*\\[ANYBODY_WITH_EXTERNAL_ID\\].*anybody-with-external-id",
    );
    for (const principal of [new iam.StarPrincipal(), new iam.AnyPrincipal(), new iam.ArnPrincipal('*')]) {
      Annotations.fromStack(withPrincipal(principal, 'abc')).hasWarning('*', warning);
    }
    Annotations.fromStack(withPrincipal(new iam.OrganizationPrincipal('o-1234567890'), 'abc')).hasNoWarning(
      '*',
      Match.anyValue(),
    );
  });

  test('fails when everyone can assume the role', () => {
    expect(synthError(withPrincipal(new iam.AnyPrincipal()))).toContain(
      "'principal' must not allow everyone in AWS to assume Immuta's role. " +
        'Name the role that Immuta runs as. [PRINCIPAL_TOO_BROAD]',
    );
    expect(synthError(withPrincipal(new iam.StarPrincipal()))).toContain(
      "'principal' must not allow everyone in AWS to assume Immuta's role. " +
        'Name the role that Immuta runs as. [PRINCIPAL_TOO_BROAD]',
    );
    expect(synthError(withPrincipal(new iam.OrganizationPrincipal('o-1234567890')))).toBe('');
  });
});

describe.each([
  ['existingRole', ImmutaAuthentication.existingRole, ARN],
  ['ambient', ImmutaAuthentication.ambient, undefined],
] as const)('%s', (_, authenticate, roleToAssume) => {
  const withRole = (role: (stack: Stack) => iam.IRole) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { authentication: authenticate(role(stack)) });
    return stack;
  };

  test('attaches a policy with a generated name to an imported role of Immuta', () => {
    const stack = withRole((scope) => iam.Role.fromRoleArn(scope, 'Immuta', ARN));
    const policy = immutaPolicy(stack);
    expect(policy.Type).toBe('AWS::IAM::ManagedPolicy');
    expect(policy.Properties.Roles).toEqual(['immuta']);
    expect(policy.Properties).not.toHaveProperty('ManagedPolicyName');
    expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({ AuthenticationType: 'auto' });
    expect(getOnly(stack, INTEGRATION).Properties.RoleToAssumeArn).toBe(roleToAssume);
    expect(getOnly(stack, INTEGRATION).DependsOn).toContain(logicalIdLike(stack, 'ImmutaPolicy'));
  });

  test('attaches a policy to a role of the stack and depends on both', () => {
    const stack = withRole((scope) => new iam.Role(scope, 'Existing', { assumedBy: new iam.AccountRootPrincipal() }));
    expect(getOnly(stack, INTEGRATION).DependsOn).toEqual(
      expect.arrayContaining([logicalIdLike(stack, 'Existing'), logicalIdLike(stack, 'ImmutaPolicy')]),
    );
  });

  test('has no circular dependency when another policy of the role refers to the integration', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Existing', { assumedBy: new iam.AccountRootPrincipal() });
    const integration = newIntegration(stack, 'Lake', { authentication: authenticate(role) });
    role.addToPolicy(
      new iam.PolicyStatement({ actions: ['ssm:GetParameter'], resources: [integration.integrationId] }),
    );
    // It throws an error if the template has a circle.
    const template = Template.fromStack(stack);
    const { logicalId, DependsOn } = getOnly(stack, INTEGRATION);
    const Resource = { 'Fn::GetAtt': [logicalId, 'IntegrationId'] };
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [Match.objectLike({ Action: 'ssm:GetParameter', Resource })] },
    });
    expect(DependsOn).toContain(logicalIdLike(stack, 'Existing'));
  });

  test('fails with the statements to add when the role belongs to another account', () => {
    const stack = withRole((scope) => iam.Role.fromRoleArn(scope, 'Immuta', 'arn:aws:iam::444455556666:role/immuta'));
    const error = synthError(stack);
    expect(error).toContain(
      "'Stack/Immuta' must belong to account 111122223333, got 444455556666. It needs these statements: [",
    );
    const statements = JSON.parse(
      new RegExp(
        String.raw`needs these statements: (\[.*\])\. Use a role or user of account 111122223333\. ` +
          String.raw`\[PRINCIPAL_IN_OTHER_ACCOUNT\]`,
      ).exec(
        error,
      )![1],
    );
    expect(statements).toContainEqual({
      Action: 's3:CreateAccessGrantsLocation',
      Condition: expect.anything(),
      Effect: 'Allow',
      Resource: [
        'arn:${AWS::Partition}:s3:us-east-1:111122223333:access-grants/default',
        'arn:${AWS::Partition}:s3:us-east-1:111122223333:access-grants/default/*',
      ],
    });
  });

  test('warns and attaches no policy when the role accepts none', () => {
    const stack = withRole((scope) => iam.Role.fromRoleArn(scope, 'Immuta', ARN, { mutable: false }));
    Annotations.fromStack(stack).hasWarning(
      '*',
      Match.stringLikeRegexp(
        'accepts no policies from this app.*s3:CreateAccessGrantsLocation.*Add the statements to the '
          + 'role.*\\[ROLE_WITHOUT_POLICY_UPDATES\\]',
      ),
    );
    expect(Object.keys(listResources(stack)).filter((logicalId) => logicalId.includes('ImmutaPolicy'))).toEqual([]);
  });
});

test('passes an existing role of the stack to the custom resource', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Existing', { assumedBy: new iam.AccountRootPrincipal() });
  const integration = newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.existingRole(role) });
  expect(integration.immutaRole).toBe(role);
  expect(getOnly(stack, INTEGRATION).Properties.RoleToAssumeArn).toEqual({
    'Fn::GetAtt': [logicalIdLike(stack, 'Existing'), 'Arn'],
  });
});

describe('accessKeySecret', () => {
  const withKey = (
    props: { secret?: (stack: Stack) => ISecret; user?: (stack: Stack) => iam.IUser } & Record<string, unknown> = {},
  ) => {
    const stack = newStack();
    const {
      secret = (scope) => Secret.fromSecretNameV2(scope, 'Key', 'immuta/key'),
      user = (scope) => new iam.User(scope, 'User'),
      ...fields
    } = props;
    const integration = newIntegration(stack, 'Lake', {
      authentication: ImmutaAuthentication.accessKeySecret({ secret: secret(stack), user: user(stack), ...fields }),
    });
    return { stack, integration };
  };

  test('gives the user a managed policy and the handler permission to read the secret', () => {
    const { stack, integration } = withKey();
    expect(integration.immutaRole).toBeUndefined();
    expect(immutaPolicy(stack).Type).toBe('AWS::IAM::ManagedPolicy');
    expect(immutaPolicy(stack).Properties.Users).toEqual([{ Ref: getOnly(stack, 'AWS::IAM::User').logicalId }]);
    const secretPolicy = listResources(stack)[logicalIdLike(stack, 'AccessKeyPolicy')];
    expect(secretPolicy.Properties.Roles).toEqual([{ Ref: logicalIdLike(stack, 'HandlerRole') }]);
    expect(getOnly(stack, INTEGRATION).DependsOn).toEqual(
      expect.arrayContaining([
        logicalIdLike(stack, 'ImmutaPolicy'),
        logicalIdLike(stack, 'AccessKeyPolicy'),
        getOnly(stack, 'AWS::IAM::User').logicalId,
      ]),
    );
    expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
      AuthenticationType: 'accessKey',
      AccessKeySecretArn: stack.resolve(
        `arn:${stack.partition}:secretsmanager:us-east-1:111122223333:secret:immuta/key`,
      ),
      AccessKeyIdField: 'accessKeyId',
      SecretAccessKeyField: 'secretAccessKey',
    });
  });

  test('passes the names of the secret\'s fields to the custom resource', () => {
    const { stack } = withKey({ accessKeyIdField: 'id', secretAccessKeyField: 'secret' });
    expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
      AccessKeyIdField: 'id',
      SecretAccessKeyField: 'secret',
    });
  });

  test('accepts an access key that the stack defines', () => {
    const { stack } = withKey({
      secret: (scope) => {
        const key = new iam.AccessKey(scope, 'AccessKey', { user: iam.User.fromUserName(scope, 'Other', 'other') });
        return new Secret(scope, 'Key', {
          secretObjectValue: {
            accessKeyId: SecretValue.unsafePlainText(key.accessKeyId),
            secretAccessKey: key.secretAccessKey,
          },
        });
      },
    });
    expect(synthError(stack)).toBe('');
  });

  test('fails without printing the key when it is in plain text', () => {
    const { stack } = withKey({
      secret: (scope) =>
        new Secret(scope, 'Key', {
          secretObjectValue: {
            accessKeyId: SecretValue.unsafePlainText('AKIA'),
            secretAccessKey: SecretValue.unsafePlainText('hunter2'),
          },
        }),
    });
    expect(synthError(stack)).toContain(
      "the value of 'secret' (secret 'Stack/Key') would be in the template in plain text. " +
        "Import a secret, or define it without a value and set that with 'aws secretsmanager put-secret-value'. "
          + '[SECRET_IN_PLAIN_TEXT]',
    );
    expect(synthError(stack)).not.toContain('hunter2');
  });

  test('fails when the key ID is in plain text', () => {
    const secretObjectValue = {
      accessKeyId: SecretValue.unsafePlainText('AKIA'),
      secretAccessKey: SecretValue.ssmSecure('/immuta/key'),
    };
    const { stack } = withKey({ secret: (scope) => new Secret(scope, 'Key', { secretObjectValue }) });
    expect(synthError(stack)).toContain('in plain text');
  });

  test('fails when the secret is in another Region', () => {
    const secret = (scope: Stack) =>
      Secret.fromSecretCompleteArn(scope, 'Key', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbCdEf');
    expect(() => withKey({ secret })).toThrow(
      "'secret' (secret 'Stack/Key') must be in Region us-east-1, got eu-west-1. " +
        'Replicate the secret to us-east-1 and import the replica. [SECRET_IN_OTHER_REGION]',
    );
  });

  test('fails when the user belongs to another account', () => {
    const { stack } = withKey({
      user: (scope) => iam.User.fromUserArn(scope, 'User', 'arn:aws:iam::444455556666:user/immuta'),
    });
    expect(synthError(stack)).toContain('\'Stack/User\' must belong to account 111122223333, got 444455556666');
  });
});

test('attaches a policy to a role when the accounts are not known', () => {
  const stack = new Stack(new App(), 'Stack');
  newIntegration(stack, 'Lake', {
    authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(stack, 'Immuta', ARN)),
  });
  expect(synthError(stack)).toBe('');
  expect(immutaPolicy(stack).Properties.Roles).toEqual(['immuta']);
});

function logicalIdLike(stack: Stack, part: string): string {
  return Object.keys(listResources(stack)).find((logicalId) => logicalId.includes(part))!;
}

function immutaRole(stack: Stack) {
  return listResources(stack)[logicalIdLike(stack, 'ImmutaRole')];
}

function immutaPolicy(stack: Stack) {
  return listResources(stack)[logicalIdLike(stack, 'ImmutaPolicy')];
}
