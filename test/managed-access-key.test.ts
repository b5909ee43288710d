import { App, CfnResource, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  countTypes,
  ENV,
  INTEGRATION,
  newIntegration,
  newStack,
  newTenant,
  getOnly,
  listResources,
  synthError,
} from './fixture';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, ManagedAccessKeyOptions } from '../src';

const SECRET = 'AWS::SecretsManager::Secret';
const SCHEDULE = 'AWS::SecretsManager::RotationSchedule';
const PERMISSION = 'AWS::Lambda::Permission';
const ROLE_POLICY = 'AWS::IAM::RolePolicy';

function withKey(
  options: (stack: Stack) => ManagedAccessKeyOptions = () => ({}),
  props: Partial<ImmutaS3IntegrationProps> = {},
) {
  const stack = newStack();
  const integration = newIntegration(stack, 'Lake', {
    authentication: ImmutaAuthentication.managedAccessKey(options(stack)),
    ...props,
  });
  return { stack, integration };
}

const given = (stack: Stack) => ({ user: iam.User.fromUserName(stack, 'User', 'immuta') });

function findUser(stack: Stack): iam.User {
  return stack.node.findAll().find((child): child is iam.User => child instanceof iam.User)!;
}

function idLike(stack: Stack, part: string): string {
  const found = Object.keys(listResources(stack)).filter((logicalId) => logicalId.includes(part));
  expect(found).toHaveLength(1);
  return found[0];
}

describe('managedAccessKey', () => {
  test("defines a user with Immuta's policy, an empty secret and the permissions of the handler", () => {
    const { stack, integration } = withKey();
    const user = getOnly(stack, 'AWS::IAM::User').logicalId;
    const policy = getOnly(stack, 'AWS::IAM::ManagedPolicy');
    const secret = getOnly(stack, SECRET);
    const handlerPolicy = getOnly(stack, ROLE_POLICY);
    expect(integration.immutaRole).toBeUndefined();
    expect(stack.resolve(integration.accessKeySecret!.secretArn)).toEqual({ Ref: secret.logicalId });
    expect(policy.Properties.Users).toEqual([{ Ref: user }]);
    expect(policy.Properties.PolicyDocument.Statement[1].Action).toBe('s3:CreateAccessGrantsLocation');
    expect(secret.Properties).toEqual({ Description: expect.any(String) });
    expect(handlerPolicy.Properties).toMatchObject({
      RoleName: { Ref: idLike(stack, 'HandlerRole') },
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
            Resource: { 'Fn::GetAtt': [user, 'Arn'] },
          },
          {
            Effect: 'Allow',
            Action: [
              'secretsmanager:DescribeSecret',
              'secretsmanager:GetSecretValue',
              'secretsmanager:PutSecretValue',
              'secretsmanager:UpdateSecretVersionStage',
            ],
            Resource: { Ref: secret.logicalId },
          },
          {
            Effect: 'Allow',
            Action: ['secretsmanager:TagResource', 'secretsmanager:UntagResource'],
            Resource: { Ref: secret.logicalId },
          },
        ],
      },
    });
    expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
      AuthenticationType: 'accessKey',
      AccessKeyUserName: { Ref: user },
      AccessKeySecretArn: { Ref: secret.logicalId },
    });
    expect(getOnly(stack, INTEGRATION).DependsOn).toEqual(
      expect.arrayContaining([user, policy.logicalId, handlerPolicy.logicalId]),
    );
    expect(countTypes(stack)).not.toHaveProperty('AWS::IAM::AccessKey');
    expect(countTypes(stack)).not.toHaveProperty('AWS::SecretsManager::ResourcePolicy');
  });

  test('gives the policies a name or description of the user, so that CloudFormation replaces them together', () => {
    const { stack } = withKey();
    const user = { Ref: getOnly(stack, 'AWS::IAM::User').logicalId };
    const nameOf = (value: { 'Fn::Join': [string, unknown[]] }) => value['Fn::Join'][1];
    expect(nameOf(getOnly(stack, ROLE_POLICY).Properties.PolicyName)).toEqual([
      expect.stringMatching(/^ImmutaAccessKey-[0-9a-f]{8}-$/),
      user,
    ]);
    expect(nameOf(getOnly(stack, 'AWS::IAM::ManagedPolicy').Properties.Description)).toEqual([
      expect.any(String),
      user,
    ]);
  });

  test('uses the user that is passed to managedAccessKey', () => {
    const { stack } = withKey(given);
    expect(getOnly(stack, 'AWS::IAM::ManagedPolicy').Properties.Users).toEqual(['immuta']);
    expect(getOnly(stack, INTEGRATION).Properties.AccessKeyUserName).toBe('immuta');
    expect(getOnly(stack, ROLE_POLICY).Properties.PolicyDocument.Statement[0].Resource).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111122223333:user/immuta']],
    });
  });

  test('names the policy of the handler after the integration too, so that a user can move to another one', () => {
    const names = ['Lake', 'Sales'].map((id) => {
      const stack = newStack();
      newIntegration(stack, id, { authentication: ImmutaAuthentication.managedAccessKey(given(stack)) });
      return getOnly(stack, ROLE_POLICY).Properties.PolicyName;
    });
    expect(names).toEqual(Array(2).fill(expect.stringMatching(/^ImmutaAccessKey-[0-9a-f]{8}-immuta$/)));
    expect(names[0]).not.toBe(names[1]);
  });

  test("leaves cdk-nag's findings about a user of the stack to the stack", () => {
    const [own, created] = [withKey((scope) => ({ user: new iam.User(scope, 'User') })), withKey()]
      .map(({ stack }) => findUser(stack).node.defaultChild as CfnResource);
    expect(own.cfnOptions.metadata).toBeUndefined();
    expect(created.cfnOptions.metadata).toHaveProperty('cdk_nag');
  });

  test('gives the user a name when a stack of another account refers to it', () => {
    const { stack } = withKey();
    const other = new Stack(stack.node.root as App, 'Other', { env: { ...ENV, account: '444455556666' } });
    const name = /\/(\w+)"/.exec(JSON.stringify(other.resolve(findUser(stack).userArn)))?.[1];
    expect(name).toBeDefined();
    expect(getOnly(stack, 'AWS::IAM::User').Properties.UserName).toBe(name);
  });

  test('encrypts the secret with a key that the handler can use only through Secrets Manager', () => {
    const { stack } = withKey((scope) => ({ encryptionKey: new kms.Key(scope, 'Key') }));
    const key = { 'Fn::GetAtt': [getOnly(stack, 'AWS::KMS::Key').logicalId, 'Arn'] };
    expect(getOnly(stack, SECRET).Properties.KmsKeyId).toEqual(key);
    expect(getOnly(stack, ROLE_POLICY).Properties.PolicyDocument.Statement.at(-1)).toEqual({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: key,
      Condition: { StringLike: { 'kms:ViaService': 'secretsmanager.us-east-1.*' } },
    });
  });

  test('defines new policies and keeps the secret when the user changes', () => {
    const users = [undefined, 'one', 'another'].map(
      (name) => withKey((stack) => ({ user: name ? iam.User.fromUserName(stack, 'User', name) : undefined })).stack,
    );
    const policies = users.map((stack) => getOnly(stack, 'AWS::IAM::ManagedPolicy').logicalId);
    expect(new Set(policies).size).toBe(3);
    expect(new Set(users.map((stack) => getOnly(stack, ROLE_POLICY).logicalId)).size).toBe(3);
    expect(new Set(users.map((stack) => getOnly(stack, SECRET).logicalId)).size).toBe(1);
    expect(new Set(users.map((stack) => getOnly(stack, INTEGRATION).logicalId)).size).toBe(1);
  });

  test('fails when the user belongs to another account', () => {
    const { stack } = withKey((scope) => ({
      user: iam.User.fromUserArn(scope, 'User', 'arn:aws:iam::444455556666:user/immuta'),
    }));
    expect(synthError(stack)).toContain("'Stack/User' must belong to account 111122223333, got 444455556666");
  });

  test('fails when two integrations share a user', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const user = new iam.User(stack, 'User');
    newIntegration(stack, 'Lake', { tenant, authentication: ImmutaAuthentication.managedAccessKey({ user }) });
    newIntegration(stack, 'Ads', { tenant, authentication: ImmutaAuthentication.managedAccessKey({ user }) });
    expect(synthError(stack)).toMatch(
      new RegExp(
        String.raw`\[Stack/Ads\] 'user' of 'managedAccessKey' is 'Stack/User', which 'Stack/Lake' also uses\. ` +
          String.raw`Give each integration a user of its own\. \[MANAGED_USER_SHARED\]`,
      ),
    );
  });

  test('fails when two integrations import the same user of one account', () => {
    const { stack } = withKey(given);
    const authentication = ImmutaAuthentication.managedAccessKey({
      user: iam.User.fromUserName(stack, 'Again', 'immuta'),
    });
    newIntegration(stack, 'Ads', { tenant: newTenant(stack), authentication });
    expect(synthError(stack)).toContain("which 'Stack/Lake' also uses");

    const { stack: one } = withKey(given);
    const elsewhere = newStack({ env: { ...ENV, account: '444455556666' } }, one.node.root as never, 'Elsewhere');
    newIntegration(elsewhere, 'Ads', { authentication: ImmutaAuthentication.managedAccessKey(given(elsewhere)) });
    expect(synthError(one)).toBe('');
  });

  test('accepts two integrations with one authentication when each defines its user', () => {
    const stack = newStack();
    const [tenant, authentication] = [newTenant(stack), ImmutaAuthentication.managedAccessKey()];
    newIntegration(stack, 'Lake', { tenant, authentication });
    newIntegration(stack, 'Ads', { tenant, authentication });
    expect(synthError(stack)).toBe('');
  });

  test('fails when an adopted integration defines its user', () => {
    const message =
      "'managedAccessKey' needs a 'user' with 'adopt', because an adopted integration outlives the stack. " +
      'Pass the user of the existing integration. [ADOPT_WITHOUT_USER]';
    expect(synthError(withKey(undefined, { adopt: '17' }).stack)).toContain(message);
    expect(synthError(withKey(given, { adopt: '17' }).stack)).not.toContain(message);
  });

  test("retains the user, its policy and the secret, but not the handler's policy", () => {
    const { stack, integration } = withKey(() => ({ rotation: events.Schedule.rate(Duration.days(90)) }));
    integration.applyRemovalPolicy('retain' as never);
    const policies = Object.values(listResources(stack)).map(({ Type, DeletionPolicy }) => `${Type} ${DeletionPolicy}`);
    expect(policies).toEqual(
      expect.arrayContaining([
        `${ROLE_POLICY} Delete`,
        `${SCHEDULE} Delete`,
        `${SECRET} RetainExceptOnCreate`,
        'AWS::IAM::User RetainExceptOnCreate',
        'AWS::IAM::ManagedPolicy RetainExceptOnCreate',
      ]),
    );
  });

  test('uses the policy as the generation when the integration has no role', () => {
    const { stack } = withKey(given, {
      locationRole: iam.Role.fromRoleArn(newStack(), 'Location', 'arn:aws:iam::111122223333:role/location', {
        mutable: false,
      }),
    });
    expect(getOnly(stack, INTEGRATION).Properties.Generation).toEqual({
      Ref: getOnly(stack, 'AWS::IAM::ManagedPolicy').logicalId,
    });
  });
});

describe('rotation of a managed access key', () => {
  const schedule = events.Schedule.rate(Duration.days(90));

  test('defines a schedule that does not rotate the key on deployment', () => {
    const { stack } = withKey(() => ({ rotation: schedule }));
    expect(getOnly(stack, SCHEDULE).Properties).toEqual({
      SecretId: { Ref: getOnly(stack, SECRET).logicalId },
      RotationLambdaARN: { 'Fn::GetAtt': [getOnly(stack, 'AWS::Lambda::Function').logicalId, 'Arn'] },
      RotationRules: { ScheduleExpression: 'rate(90 days)' },
      RotateImmediatelyOnUpdate: false,
    });
    expect(getOnly(stack, SCHEDULE).DependsOn).toEqual(
      expect.arrayContaining([INTEGRATION, PERMISSION, ROLE_POLICY].map((type) => getOnly(stack, type).logicalId)),
    );
  });

  test('lets Secrets Manager invoke the function without a schedule', () => {
    const { stack } = withKey();
    expect(countTypes(stack)).not.toHaveProperty(SCHEDULE);
    expect(getOnly(stack, PERMISSION).Properties).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: { 'Fn::GetAtt': [getOnly(stack, 'AWS::Lambda::Function').logicalId, 'Arn'] },
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: '111122223333',
    });
  });

  test('defines one permission for all integrations of a tenant, including those of other stacks', () => {
    const tenantStack = newStack();
    const tenant = newTenant(tenantStack);
    const stack = newStack(undefined, tenantStack.node.root as never, 'Lakes');
    newIntegration(stack, 'Lake', {
      tenant,
      authentication: ImmutaAuthentication.managedAccessKey({ rotation: schedule }),
    });
    newIntegration(stack, 'Ads', {
      tenant,
      authentication: ImmutaAuthentication.managedAccessKey({ rotation: schedule }),
    });
    expect(synthError(stack)).toBe('');
    expect(countTypes(tenantStack)[PERMISSION]).toBe(1);
    expect(countTypes(stack)).not.toHaveProperty(PERMISSION);
    expect(countTypes(stack)[SCHEDULE]).toBe(2);
  });
});

describe('metricKeyRotationFailed', () => {
  test('returns a metric of failed rotations with the ARN of the secret as its dimension', () => {
    const { stack, integration } = withKey(() => ({ rotation: events.Schedule.rate(Duration.days(90)) }));
    integration.metricKeyRotationFailed().createAlarm(stack, 'Alarm', {
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
    expect(getOnly(stack, 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
      Namespace: 'ImmutaS3Integration',
      MetricName: 'KeyRotationFailed',
      Dimensions: [{ Name: 'SecretArn', Value: { Ref: getOnly(stack, SECRET).logicalId } }],
      Statistic: 'Minimum',
      Period: 60,
    });
  });

  test('fails when the metric of failed rotations belongs to no managed access key', () => {
    const integration = newIntegration(newStack(), 'Lake');
    expect(integration.accessKeySecret).toBeUndefined();
    expect(() => integration.metricKeyRotationFailed()).toThrow(
      /\[Stack\/Lake\] 'metricKeyRotationFailed' needs .*\[ROTATION_WITHOUT_MANAGED_KEY\]/,
    );
  });
});

describe('accessKeySecret', () => {
  const withSecret = (secret: (stack: Stack) => ISecret) => {
    const stack = newStack();
    newIntegration(stack, 'Lake', {
      tenant: newTenant(stack),
      authentication: ImmutaAuthentication.accessKeySecret({
        user: iam.User.fromUserName(stack, 'User', 'immuta'),
        secret: secret(stack),
      }),
    });
    return synthError(stack);
  };

  test('fails when the secret of the access key is that of the API key', () => {
    expect(withSecret((stack) => Secret.fromSecretNameV2(stack, 'Keys', 'immuta/api-key'))).toContain(
      'Store the access key in a secret of its own. [ACCESS_KEY_SECRET_SAME_AS_API_KEY]',
    );
    expect(
      withSecret((stack) =>
        Secret.fromSecretCompleteArn(
          stack,
          'Keys',
          `arn:aws:secretsmanager:${ENV.region}:${ENV.account}:secret:immuta/api-key-AbCdEf`,
        ),
      ),
    ).toContain('Store the access key in a secret of its own. [ACCESS_KEY_SECRET_SAME_AS_API_KEY]');
    expect(withSecret((stack) => Secret.fromSecretNameV2(stack, 'Keys', 'immuta/access-key'))).toBe('');
  });
});
