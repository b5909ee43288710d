import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ENV, importedBucket, INTEGRATION, newIntegration, newStack, newTenant, onlyOf, resourcesOf, synthError } from './fixture';
import { ImmutaAuthentication, ImmutaS3IntegrationProps, ManagedAccessKeyOptions, S3Location } from '../src';

const KEY_ACTIONS = ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys', 'iam:ListUserTags'];

function withKey(options: (stack: Stack) => ManagedAccessKeyOptions = () => ({}), props: Partial<ImmutaS3IntegrationProps> = {}) {
  const stack = newStack();
  const integration = newIntegration(stack, 'Lake', { authentication: ImmutaAuthentication.managedAccessKey(options(stack)), ...props });
  return { stack, integration };
}

const given = (stack: Stack) => ({ user: iam.User.fromUserName(stack, 'User', 'immuta') });

function idLike(stack: Stack, part: string): string {
  const found = Object.keys(resourcesOf(stack)).filter((logicalId) => logicalId.includes(part));
  expect(found).toHaveLength(1);
  return found[0];
}

describe('managedAccessKey', () => {
  test('defines a user with the management policy, whose keys the handler may manage, and no access key', () => {
    const { stack, integration } = withKey();
    const user = onlyOf(stack, 'AWS::IAM::User').logicalId;
    const policy = onlyOf(stack, 'AWS::IAM::ManagedPolicy');
    const handlerPolicy = resourcesOf(stack)[idLike(stack, 'HandlerPolicy')];
    expect(integration.immutaRole).toBeUndefined();
    expect(policy.Properties.Users).toEqual([{ Ref: user }]);
    expect(policy.Properties.PolicyDocument.Statement[0].Action).toContain('s3:CreateAccessGrantsLocation');
    expect(handlerPolicy.Properties).toMatchObject({
      Roles: [{ Ref: idLike(stack, 'HandlerRole') }],
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: KEY_ACTIONS, Resource: { 'Fn::GetAtt': [user, 'Arn'] } },
          { Effect: 'Allow', Action: ['iam:TagUser', 'iam:UntagUser'], Resource: { 'Fn::GetAtt': [user, 'Arn'] } },
        ],
      },
    });
    expect(onlyOf(stack, INTEGRATION).Properties).toMatchObject({
      AuthenticationType: 'accessKey',
      AccessKeyUserName: { Ref: user },
      AccessKeyGeneration: { Ref: policy.logicalId },
    });
    expect(onlyOf(stack, INTEGRATION).DependsOn).toEqual(expect.arrayContaining([user, policy.logicalId, idLike(stack, 'HandlerPolicy')]));
    expect(Object.values(resourcesOf(stack)).map(({ Type }) => Type)).not.toContain('AWS::IAM::AccessKey');
  });

  test('takes a user', () => {
    const { stack } = withKey(given);
    expect(onlyOf(stack, 'AWS::IAM::ManagedPolicy').Properties.Users).toEqual(['immuta']);
    expect(onlyOf(stack, INTEGRATION).Properties.AccessKeyUserName).toBe('immuta');
    expect(resourcesOf(stack)[idLike(stack, 'HandlerPolicy')].Properties.PolicyDocument.Statement[0].Resource)
      .toEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111122223333:user/immuta']] });
  });

  test('another user is another set of resources', () => {
    const users = [undefined, 'one', 'another'].map((name) => withKey((stack) => ({ user: name ? iam.User.fromUserName(stack, 'User', name) : undefined })).stack);
    const policies = users.map((stack) => onlyOf(stack, 'AWS::IAM::ManagedPolicy').logicalId);
    expect(new Set(policies).size).toBe(3);
    expect(new Set(users.map((stack) => idLike(stack, 'HandlerPolicy'))).size).toBe(3);
    expect(new Set(users.map((stack) => onlyOf(stack, INTEGRATION).logicalId)).size).toBe(1);
  });

  test('fails for a user of another account, with the statements that it needs', () => {
    const { stack } = withKey((scope) => ({ user: iam.User.fromUserArn(scope, 'User', 'arn:aws:iam::444455556666:user/immuta') }));
    expect(synthError(stack)).toContain('\'Stack/User\' must belong to account 111122223333, got 444455556666');
  });

  test('fails for a user that two integrations share', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const user = new iam.User(stack, 'User');
    newIntegration(stack, 'Lake', { tenant, authentication: ImmutaAuthentication.managedAccessKey({ user }) });
    newIntegration(stack, 'Ads', { tenant, authentication: ImmutaAuthentication.managedAccessKey({ user }) });
    expect(synthError(stack)).toMatch(/\[Stack\/Ads\] 'user' of 'managedAccessKey' is 'Stack\/User', which 'Stack\/Lake' also uses\. Give each integration a user of its own\. \[MANAGED_USER_SHARED\]/);
  });

  test('fails for a user that is imported twice, and not for users of two accounts', () => {
    const { stack } = withKey(given);
    const authentication = ImmutaAuthentication.managedAccessKey({ user: iam.User.fromUserName(stack, 'Again', 'immuta') });
    newIntegration(stack, 'Ads', { tenant: newTenant(stack), authentication });
    expect(synthError(stack)).toContain('which \'Stack/Lake\' also uses');

    const { stack: one } = withKey(given);
    const elsewhere = newStack({ env: { ...ENV, account: '444455556666' } }, one.node.root as never, 'Elsewhere');
    newIntegration(elsewhere, 'Ads', { authentication: ImmutaAuthentication.managedAccessKey(given(elsewhere)) });
    expect(synthError(one)).toBe('');
  });

  test('two integrations may share the authentication if each defines its user', () => {
    const stack = newStack();
    const [tenant, authentication] = [newTenant(stack), ImmutaAuthentication.managedAccessKey()];
    newIntegration(stack, 'Lake', { tenant, authentication });
    newIntegration(stack, 'Ads', { tenant, authentication });
    expect(synthError(stack)).toBe('');
  });

  test('an adopted integration needs a user that outlives the stack', () => {
    const message = '\'managedAccessKey\' needs a \'user\' with \'adopt\', because an adopted integration outlives the stack. '
      + 'Pass the user of the existing integration. [ADOPT_WITHOUT_USER]';
    expect(synthError(withKey(undefined, { adopt: '17' }).stack)).toContain(message);
    expect(synthError(withKey(given, { adopt: '17' }).stack)).not.toContain(message);
  });

  test('RETAIN keeps the user and its policy, and not what belongs to the handler', () => {
    const { stack, integration } = withKey(() => ({ rotation: events.Schedule.rate(Duration.days(90)) }));
    integration.applyRemovalPolicy('retain' as never);
    const policies = Object.entries(resourcesOf(stack)).filter(([id]) => /ManagedAccessKey|KeyRotation/.test(id))
      .map(([id, { DeletionPolicy }]) => `${/(User|ImmutaPolicy|HandlerPolicy|Rule|Permission)/.exec(id.replace(/.*(ManagedAccessKey|KeyRotation)/, ''))?.[0]} ${DeletionPolicy}`);
    expect(policies.sort()).toEqual([
      'HandlerPolicy Delete', 'ImmutaPolicy RetainExceptOnCreate', 'Permission Delete', 'Rule Delete', 'User RetainExceptOnCreate',
    ]);
  });

  test('is a generation of its own where no other resource is', () => {
    const { stack } = withKey(given, { locationRole: iam.Role.fromRoleArn(newStack(), 'Location', 'arn:aws:iam::111122223333:role/location', { mutable: false }) });
    expect(onlyOf(stack, INTEGRATION).Properties.Generation).toEqual({ Ref: onlyOf(stack, 'AWS::IAM::ManagedPolicy').logicalId });
  });
});

describe('rotation', () => {
  const schedule = events.Schedule.rate(Duration.days(90));

  test('is a rule that sends the handler an event with names and ARNs only', () => {
    const { stack } = withKey(() => ({ rotation: schedule }), { integrationName: 'sales' });
    const resource = onlyOf(stack, INTEGRATION);
    const rule = onlyOf(stack, 'AWS::Events::Rule');
    expect(rule.Properties).toMatchObject({ ScheduleExpression: 'rate(90 days)', State: 'ENABLED' });
    const [{ Arn: target, InputTransformer: transformer }] = rule.Properties.Targets;
    expect(target).toEqual({ 'Fn::GetAtt': [onlyOf(stack, 'AWS::Lambda::Function').logicalId, 'Arn'] });
    expect(transformer.InputPathsMap).toEqual({ id: '$.id' });
    const text = transformer.InputTemplate['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : JSON.stringify(part).replace(/"/g, '\'')).join('');
    expect(JSON.parse(text.replace('<id>', '"<id>"'))).toEqual({
      RequestType: 'Rotate',
      RequestId: '<id>',
      StackId: '{\'Ref\':\'AWS::StackId\'}',
      LogicalResourceId: resource.logicalId,
      PhysicalResourceId: `immuta-s3-integration/{'Fn::GetAtt':['${resource.logicalId}','IntegrationId']}`,
      ResourceProperties: {
        AccountId: '111122223333',
        Region: 'us-east-1',
        LocationPath: 's3://lake-bucket/',
        LocationRoleArn: expect.stringMatching(/LocationRole/),
        AuthenticationType: 'accessKey',
        AccessKeyUserName: `{'Ref':'${onlyOf(stack, 'AWS::IAM::User').logicalId}'}`,
        AccessKeyGeneration: `{'Ref':'${onlyOf(stack, 'AWS::IAM::ManagedPolicy').logicalId}'}`,
        TimeoutSeconds: '1800',
        IamPropagationTimeoutSeconds: '180',
      },
    });
    expect(onlyOf(stack, 'AWS::Lambda::Permission').Properties).toMatchObject({
      Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: { 'Fn::GetAtt': [rule.logicalId, 'Arn'] }, FunctionName: target,
    });
  });

  test('goes with the integration, whose stack may be another one than the tenant\'s', () => {
    const tenantStack = newStack();
    const tenant = newTenant(tenantStack);
    const stack = newStack(undefined, tenantStack.node.root as never, 'Lakes');
    newIntegration(stack, 'Lake', { tenant, location: S3Location.bucket(importedBucket(stack)), authentication: ImmutaAuthentication.managedAccessKey({ rotation: schedule }) });
    expect(synthError(stack)).toBe('');
    expect(onlyOf(stack, 'AWS::Lambda::Permission')).toBeDefined();
    expect(Object.values(resourcesOf(tenantStack)).map(({ Type }) => Type)).not.toContain('AWS::Lambda::Permission');
  });

  test('has no text of the user in its rule, and none that EventBridge would not pass on', () => {
    const { stack } = withKey(() => ({ rotation: schedule }), { credentialsVersion: 'v<2>' });
    expect(JSON.stringify(onlyOf(stack, 'AWS::Events::Rule').Properties)).not.toContain('v<2>');

    const odd = newStack();
    const location = S3Location.prefix(importedBucket(odd), 'a<b/');
    newIntegration(odd, 'Lake', { location, authentication: ImmutaAuthentication.managedAccessKey({ rotation: schedule }) });
    expect(synthError(odd)).toContain('\'rotation\' cannot be used with the location \'s3://acme-sales/a<b/\', '
      + 'which contains \'<\', \'>\' or \'"\'. Use another prefix, or omit \'rotation\'. [ROTATION_LOCATION_UNSUPPORTED]');
  });

  test('there is none without a schedule', () => {
    expect(Object.values(resourcesOf(withKey().stack)).map(({ Type }) => Type)).not.toContain('AWS::Events::Rule');
  });

  test('an alarm can be put on its failures', () => {
    const { stack, integration } = withKey(() => ({ rotation: schedule }));
    const metric = integration.metricKeyRotationFailed({ period: Duration.days(1) });
    new cloudwatch.Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 });
    expect(onlyOf(stack, 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
      Namespace: 'ImmutaS3Integration',
      MetricName: 'KeyRotationFailed',
      Dimensions: [{ Name: 'IntegrationId', Value: { 'Fn::GetAtt': [onlyOf(stack, INTEGRATION).logicalId, 'IntegrationId'] } }],
      Statistic: 'Sum',
      Period: 86400,
    });
  });
});

test('credentialsVersion is a property of the custom resource', () => {
  const stack = newStack();
  newIntegration(stack, 'Lake', { credentialsVersion: 'v2' });
  expect(onlyOf(stack, INTEGRATION).Properties.CredentialsVersion).toBe('v2');
});
