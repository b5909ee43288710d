import { App, CfnParameter, Duration, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  countTypes,
  ENV,
  INSTANCE,
  INTEGRATION,
  newIntegration,
  newStack,
  getOnly,
  listResources,
  synthError,
} from './fixture';
import { AccessGrantsInstance, AdoptingAccessGrantsInstance } from '../src';
import { Annotations } from './support/annotations';

const ADOPTING = 'Custom::S3AccessGrantsInstance';
const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';
const OTHER_IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-5555666677778888';
const ARN = {
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:us-east-1:111122223333:access-grants/default']],
};

function logicalIds(stack: Stack): string[] {
  return Object.entries(listResources(stack)).map(([logicalId, { Type }]) => `${logicalId}: ${Type}`).sort();
}

describe('AdoptingAccessGrantsInstance', () => {
  test('fails with a key of Identity Center and no instance of it', () => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterEncryptionKey: new kms.Key(stack, 'Key') });

    expect(synthError(stack)).toContain(
      "'identityCenterEncryptionKey' needs 'identityCenterInstanceArn'. "
        + "Set 'identityCenterInstanceArn', or omit the key. [IDENTITY_CENTER_KEY_WITHOUT_INSTANCE]",
    );
  });

  test('defines a custom resource with its function by default', () => {
    const stack = newStack();
    const instance = new AdoptingAccessGrantsInstance(stack, 'Instance');

    expect(logicalIds(stack)).toEqual([
      'AdoptingS3AccessGrantsInstance: Custom::S3AccessGrantsInstance',
      'AdoptingS3AccessGrantsInstanceHandler: AWS::Lambda::Function',
      'AdoptingS3AccessGrantsInstanceHandlerEventInvokeConfig: AWS::Lambda::EventInvokeConfig',
      'AdoptingS3AccessGrantsInstanceHandlerRole: AWS::IAM::Role',
      'AdoptingS3AccessGrantsInstanceLogGroup: AWS::Logs::LogGroup',
      'AdoptingS3AccessGrantsInstanceSelfInvokePolicy: AWS::IAM::Policy',
    ]);
    const { Properties, DependsOn, DeletionPolicy } = getOnly(stack, ADOPTING);
    expect(Properties).toEqual({
      ServiceToken: { 'Fn::GetAtt': ['AdoptingS3AccessGrantsInstanceHandler', 'Arn'] },
      ServiceTimeout: '2100',
      AccountId: '111122223333',
      Region: 'us-east-1',
      TimeoutSeconds: '1800',
      RemovalPolicy: 'destroy',
      Generation: { 'Fn::GetAtt': ['AdoptingS3AccessGrantsInstanceHandlerRole', 'RoleId'] },
    });
    // The resources that a Delete and its response need are deleted later.
    expect(DependsOn).toEqual([
      'AdoptingS3AccessGrantsInstanceHandlerEventInvokeConfig',
      'AdoptingS3AccessGrantsInstanceHandler',
      'AdoptingS3AccessGrantsInstanceHandlerRole',
      'AdoptingS3AccessGrantsInstanceLogGroup',
      'AdoptingS3AccessGrantsInstanceSelfInvokePolicy',
    ]);
    expect(DeletionPolicy).toBe('Delete');
    expect(stack.resolve(instance.accessGrantsInstanceArn)).toEqual(ARN);
    expect(instance.accessGrantsInstanceId).toBe('default');
    expect(
      stack.resolve([
        instance.identityCenterApplicationArn,
        instance.identityCenterInstanceArn,
        instance.accessGrantsInstanceAdopted,
      ]),
    ).toEqual(
      ['IdentityCenterApplicationArn', 'IdentityCenterInstanceArn', 'Adopted'].map((name) => ({
        'Fn::GetAtt': ['AdoptingS3AccessGrantsInstance', name],
      })),
    );
  });

  test('keeps all resources when an adopting instance is moved or renamed', () => {
    const define = (scope: (stack: Stack) => Construct, id: string) => {
      const stack = newStack();
      new AdoptingAccessGrantsInstance(scope(stack), id, { identityCenterInstanceArn: IDENTITY_CENTER });
      return listResources(stack);
    };
    expect(define((stack) => new Construct(stack, 'Elsewhere'), 'Renamed')).toEqual(
      define((stack) => stack, 'Instance'),
    );
  });

  test('gives the function of an instance the same settings as that of the tenant', () => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance');
    newIntegration(stack, 'Lake');
    const settings = Object.values(listResources(stack))
      .filter(({ Type }) => ['AWS::Lambda::Function', 'AWS::Lambda::EventInvokeConfig'].includes(Type))
      .map(({ Properties: { Code, Description, Environment, FunctionName, LoggingConfig, Role, ...rest } }) =>
        JSON.stringify(rest),
      );
    expect(settings).toHaveLength(4);
    expect(new Set(settings).size).toBe(2);
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Timeout: 900,
      MemorySize: 256,
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumEventAgeInSeconds: 3600,
      MaximumRetryAttempts: 2,
    });
  });

  test.each([
    [RemovalPolicy.DESTROY, 'Delete', 'destroy'],
    [RemovalPolicy.RETAIN, 'RetainExceptOnCreate', 'retain'],
  ])('applies the removal policy %s to an adopting instance', (removalPolicy, deletionPolicy, property) => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance', { removalPolicy });
    expect(getOnly(stack, ADOPTING)).toMatchObject({
      DeletionPolicy: deletionPolicy,
      Properties: { RemovalPolicy: property },
    });
    // Nothing else uses its function.
    expect(getOnly(stack, 'AWS::Lambda::Function').DeletionPolicy).toBeUndefined();
  });

  test('uses the log group and the time-out that the user passes', () => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance', {
      logGroup: logs.LogGroup.fromLogGroupName(stack, 'Logs', 'mine'),
      timeout: Duration.minutes(50),
    });
    Template.fromStack(stack).resourceCountIs('AWS::Logs::LogGroup', 0);
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: 'mine' } });
    expect(getOnly(stack, ADOPTING).Properties).toMatchObject({ TimeoutSeconds: '3000', ServiceTimeout: '3300' });
  });

  test.each([
    [
      { timeout: Duration.minutes(51) },
      "'timeout' must be between 1 and 50 minutes, got 51 minutes. Choose a duration between 1 and 50 minutes. "
        + '[TIMEOUT_OUT_OF_RANGE]',
    ],
    [
      { identityCenterInstanceArn: 'ssoins-1111222233334444' },
      "'identityCenterInstanceArn' must look like arn:aws:sso:::instance/ssoins-1111222233334444, got "
        + "\"ssoins-1111222233334444\". Copy the ARN from 'aws sso-admin list-instances'. "
        + '[IDENTITY_CENTER_ARN_INVALID]',
    ],
    [
      { removalPolicy: RemovalPolicy.SNAPSHOT },
      "'removalPolicy' must be DESTROY or RETAIN, got SNAPSHOT. Use 'RemovalPolicy.RETAIN' to keep the resource. "
        + '[REMOVAL_POLICY_UNSUPPORTED]',
    ],
  ])('fails when the properties are %j', (props, error) => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance', props);
    expect(synthError(stack)).toContain(error);
  });

  test.each<[string, iam.CustomizeRolesOptions, RegExp]>([
    ['prevents its synthesis', { preventSynthesis: true }, /:role/],
    ['names a precreated role', { usePrecreatedRoles: { 'Instance/HandlerRole': 'handler' } }, /:role\/handler"/],
  ])('leaves the role out of the template when Role.customizeRoles %s', (_, options, role) => {
    const stack = newStack();
    iam.Role.customizeRoles(stack, options);
    new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER });

    const { Properties, DependsOn } = getOnly(stack, ADOPTING);
    expect(Properties.Generation).toEqual({ Ref: 'AdoptingS3AccessGrantsInstanceGeneration' });
    expect(countTypes(stack)).not.toHaveProperty('AWS::IAM::Role');
    expect(JSON.stringify(getOnly(stack, 'AWS::Lambda::Function').Properties.Role)).toMatch(role);
    expect(Object.keys(listResources(stack))).toEqual(expect.arrayContaining(DependsOn!));
  });

  test('fails at once when the time-out is not known at synth', () => {
    const stack = newStack();
    const timeout = Duration.minutes(new CfnParameter(stack, 'Minutes', { type: 'Number' }).valueAsNumber);
    expect(() => new AdoptingAccessGrantsInstance(stack, 'Instance', { timeout })).toThrow(
      "'timeout' must be known at synth, got a token. Pass a number. [DURATION_UNKNOWN]",
    );
  });
});

describe('Identity Center of an AdoptingAccessGrantsInstance', () => {
  const policyOf = (identityCenterInstanceArn: string) => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn });
    const [[logicalId]] = Object.entries(listResources(stack)).filter(([id]) => id.includes('IdentityCenterPolicy'));
    expect(getOnly(stack, ADOPTING).DependsOn).toContain(logicalId);
    return logicalId;
  };

  test('defines a new policy when the Identity Center instance changes', () => {
    expect(policyOf(IDENTITY_CENTER)).not.toBe(policyOf(OTHER_IDENTITY_CENTER));
    expect(policyOf(IDENTITY_CENTER)).toBe(policyOf(IDENTITY_CENTER));
  });

  test('allows no action on Identity Center when the instance has none', () => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance');
    expect(JSON.stringify(listResources(stack))).not.toMatch(/sso:|IdentityCenter"/);
  });

  const withIdentityCenter = (instance: AdoptingAccessGrantsInstance, applicationArn?: string) =>
    newIntegration(Stack.of(instance), 'Lake', {
      accessGrantsInstance: instance,
      identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890', applicationArn },
    });
  const describeApplicationOn = (stack: Stack) =>
    JSON.stringify(
      Object.values(listResources(stack))
        .filter(({ Type }) => Type === 'AWS::IAM::Role')
        .flatMap(({ Properties }) => Properties.Policies ?? [])
        .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .find(({ Action }) => Action === 'sso:DescribeApplication').Resource,
    );

  test('gives the application of the instance to an integration of the same stack', () => {
    const stack = newStack();
    withIdentityCenter(
      new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER }),
    );
    expect(describeApplicationOn(stack)).toBe(
      '{"Fn::GetAtt":["AdoptingS3AccessGrantsInstance","IdentityCenterApplicationArn"]}',
    );
  });

  test('gives the application of the instance to an integration that is defined before it', () => {
    const stack = newStack();
    newIntegration(stack, 'Lake', {
      identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' },
    });
    new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER });
    expect(describeApplicationOn(stack)).toBe(
      '{"Fn::GetAtt":["AdoptingS3AccessGrantsInstance","IdentityCenterApplicationArn"]}',
    );
  });

  test('allows any application of Identity Center when the integration is in another stack', () => {
    const app = new App();
    const instance = new AdoptingAccessGrantsInstance(new Stack(app, 'Shared', { env: ENV }), 'Instance', {
      identityCenterInstanceArn: IDENTITY_CENTER,
    });
    const stack = new Stack(app, 'Lakes', { env: ENV });
    newIntegration(stack, 'Lake', {
      accessGrantsInstance: instance,
      identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' },
    });
    expect(describeApplicationOn(stack)).toContain(':application/ssoins-1111222233334444/*');
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('Fn::ImportValue');
  });

  test('gives the application of the instance to an integration of a nested stack', () => {
    const stack = newStack();
    const instance = new AdoptingAccessGrantsInstance(stack, 'Instance', {
      identityCenterInstanceArn: IDENTITY_CENTER,
    });
    const nested = new NestedStack(stack, 'Nested');
    newIntegration(nested, 'Lake', {
      accessGrantsInstance: instance,
      identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' },
    });
    expect(describeApplicationOn(nested)).toMatch(/^\{"Ref":"referenceto\w+IdentityCenterApplicationArn"\}$/);
  });

  test('uses the application that the integration names, even when the instance has one', () => {
    const stack = newStack();
    const own = 'arn:aws:sso::444455556666:application/ssoins-1111222233334444/apl-1';
    withIdentityCenter(
      new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER }),
      own,
    );
    expect(describeApplicationOn(stack)).toBe(`"${own}"`);
  });

  test.each([
    [undefined, 'none'],
    [OTHER_IDENTITY_CENTER, `"${OTHER_IDENTITY_CENTER}"`],
  ])(
    'fails when the Identity Center instance differs from that of the integration: %s',
    (identityCenterInstanceArn, got) => {
      const stack = newStack();
      withIdentityCenter(new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn }));
      expect(synthError(stack)).toContain(
        `'identityCenterInstanceArn' of 'Stack/Instance' must be "${IDENTITY_CENTER}" as in 'identityCenter', got `
          + `${got}`,
      );
    },
  );
});

describe('AdoptingAccessGrantsInstance as the instance of a stack', () => {
  test.each(['before', 'after'])('uses the adopting instance for integrations that are defined %s it', (order) => {
    const stack = newStack();
    const define = [() => new AdoptingAccessGrantsInstance(stack, 'Instance'), () => newIntegration(stack, 'Lake')];
    (order === 'before' ? define.reverse() : define).forEach((construct) => construct());
    Template.fromStack(stack).resourceCountIs(INSTANCE, 0);
    expect(getOnly(stack, INTEGRATION).DependsOn).toContain('AdoptingS3AccessGrantsInstance');
  });

  test('uses the adopting instance for integrations of nested stacks', () => {
    const stack = newStack();
    new AdoptingAccessGrantsInstance(stack, 'Instance');
    newIntegration(new NestedStack(stack, 'Nested'), 'Lake');
    expect(getOnly(stack, 'AWS::CloudFormation::Stack').DependsOn).toContain('AdoptingS3AccessGrantsInstance');
  });

  test.each([
    ['retains', 'has no removal policy', undefined, 'RetainExceptOnCreate'],
    ['deletes', 'has the removal policy DESTROY', RemovalPolicy.DESTROY, 'Delete'],
  ])('%s the adopting instance of a retained integration when it %s', (_verb, _when, removalPolicy, expected) => {
    for (const named of [false, true]) {
      const stack = newStack();
      const instance = new AdoptingAccessGrantsInstance(stack, 'Instance', { removalPolicy });
      newIntegration(stack, 'Lake', {
        removalPolicy: RemovalPolicy.RETAIN,
        accessGrantsInstance: named ? instance : undefined,
      });
      expect(getOnly(stack, ADOPTING).DeletionPolicy).toBe(expected);
    }
  });

  test('retains an adopting instance when it replaces a retained default instance', () => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { removalPolicy: RemovalPolicy.RETAIN });
    new AdoptingAccessGrantsInstance(stack, 'Instance');
    expect(getOnly(stack, ADOPTING).DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  test('fails with the remedy when a stack defines both kinds of instance', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Native');
    new AdoptingAccessGrantsInstance(stack, 'Adopting');
    const error = synthError(stack);
    expect(error).toContain(
      "'Stack/Native' and 'Stack/Adopting' both define the S3 Access Grants instance of stack 'Stack'. Remove the "
        + "'AccessGrantsInstance'",
    );
    expect(error).toContain(
      "If it is deployed, deploy it with 'RemovalPolicy.RETAIN' first. [INSTANCE_NATIVE_AND_ADOPTING]",
    );
    expect(error.match(/both define/g)).toHaveLength(1);
  });

  test.each([
    ['native', AccessGrantsInstance],
    ['adopting', AdoptingAccessGrantsInstance],
  ])('fails when another stack of the environment defines a %s instance', (_, other) => {
    const app = new App();
    new other(newStack({ env: ENV }, app, 'One'), 'Instance');
    const stack = newStack({ env: ENV }, app, 'Two');
    new AdoptingAccessGrantsInstance(stack, 'Instance');
    expect(synthError(stack)).toContain("stack 'Two' and stack 'One' both define the S3 Access Grants instance");
  });

  test('warns when two stacks define an instance and their environments are not known', () => {
    const app = new App();
    new AccessGrantsInstance(newStack({}, app, 'One'), 'Instance');
    const stack = newStack({}, app, 'Two');
    new AdoptingAccessGrantsInstance(stack, 'Instance');
    Annotations.fromStack(stack).hasWarning(
      '/Two/Instance',
      Match.stringLikeRegexp('both define.*\\[TWO_ACCESS_GRANTS_INSTANCES\\].*two-access-grants-instances'),
    );
  });
});

test('grantDataAccess allows a principal to request credentials', () => {
  const stack = newStack();
  const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
  new AdoptingAccessGrantsInstance(stack, 'Instance').grantDataAccess(reader).assertSuccess();
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [{ Resource: ARN }] },
  });
  expect(countTypes(stack)['AWS::IAM::Policy']).toBe(2);
});
