import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnElement, CfnParameter, Duration, NestedStack, SecretValue, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  countTypes, ENV, INTEGRATION, newIntegration, newStack, newTenant, getOnly, listResources, synthError,
} from './fixture';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3IntegrationProps, ImmutaTenant } from '../src';

test('defines a function with its role and log group by default', () => {
  const stack = newStack();
  newTenant(stack);

  expect(countTypes(stack)).toEqual({
    'AWS::IAM::Policy': 1,
    'AWS::IAM::Role': 1,
    'AWS::Lambda::EventInvokeConfig': 1,
    'AWS::Lambda::Function': 1,
    'AWS::Logs::LogGroup': 1,
  });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Timeout: 900,
    MemorySize: 256,
    Environment: {
      Variables: {
        IMMUTA_URL: 'https://acme.immutacloud.com',
        API_KEY_SECRET_ARN: stack.resolve(
          `arn:${stack.partition}:secretsmanager:us-east-1:111122223333:secret:immuta/api-key`,
        ),
        API_KEY_FIELD: Match.absent(),
      },
    },
  });
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    MaximumEventAgeInSeconds: 3600,
    MaximumRetryAttempts: 2,
  });
  template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 90 }, DeletionPolicy: 'Delete' });
});

test('lets the function ask CloudFormation about its own stack and the stacks of its integrations', () => {
  const app = new App();
  const stack = newStack(undefined, app, 'Tenant');
  const tenant = newTenant(stack);
  const lakes = newStack(undefined, app, 'Lakes');
  const marketing = newStack(undefined, app, 'Marketing');
  const accessGrantsInstance = AccessGrantsInstance.fromDefault(stack, 'Instance');
  newIntegration(stack, 'Own', { tenant, accessGrantsInstance });
  newIntegration(lakes, 'Sales', { tenant, accessGrantsInstance });
  newIntegration(lakes, 'Hr', { tenant, accessGrantsInstance });
  newIntegration(new NestedStack(marketing, 'Nested'), 'Marketing', { tenant, accessGrantsInstance });
  const others = newTenant(stack, 'OtherTenant', 'https://other.immutacloud.com');
  newIntegration(newStack(undefined, app, 'Unrelated'), 'Unrelated', { tenant: others, accessGrantsInstance });

  expect(describeStatementsOf(tenant)).toEqual([{
    Action: ['cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'],
    Effect: 'Allow',
    Resource: [{ Ref: 'AWS::StackId' }, stackArn('Lakes/*'), stackArn('Marketing-*/*'), stackArn('Marketing/*')],
  }]);
});

test.each([
  ['the tenant is in the root of its nested stacks', false, true, ['Tenant-*/*']],
  ['the tenant is in a nested stack itself', true, false, ['Tenant/*']],
  ['the tenant is in another nested stack of the same root', true, true, ['Tenant-*/*', 'Tenant/*']],
])('lets the function ask CloudFormation about the root when %s', (_, isTenantNested, isOtherNested, names) => {
  const stack = newStack(undefined, new App(), 'Tenant');
  const home = isTenantNested ? new NestedStack(stack, 'Nested') : stack;
  const tenant = newTenant(home);
  newIntegration(isOtherNested ? new NestedStack(stack, 'Lakes') : home, 'Lake', {
    tenant, accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
  });

  expect(describeStatementsOf(tenant)).toEqual([
    expect.objectContaining({ Resource: [{ Ref: 'AWS::StackId' }, ...names.map(stackArn)] }),
  ]);
});

/** The statements that let the function of a tenant call CloudFormation. */
function describeStatementsOf(tenant: ImmutaTenant): object[] {
  const stack = Stack.of(tenant);
  const { Policies } = listResources(stack)[stack.getLogicalId(handlerRoleOf(tenant))].Properties;
  return Policies[0].PolicyDocument.Statement.filter(({ Action }: { Action: string | string[] }) =>
    [Action].flat()[0].startsWith('cloudformation:'),
  );
}

function stackArn(name: string): object {
  return {
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cloudformation:us-east-1:111122223333:stack/${name}`]],
  };
}

const handlerRoleOf = (tenant: ImmutaTenant) => tenant.handler.role!.node.defaultChild as CfnElement;

test('runs the packaged handler', () => {
  const app = new App();
  const stack = newStack(undefined, app);
  newTenant(stack);

  const assembly = app.synth();
  const asset = JSON.parse(fs.readFileSync(path.join(assembly.directory, 'Stack.assets.json'), 'utf8'));
  const { S3Key } = getOnly(stack, 'AWS::Lambda::Function').Properties.Code;
  const source = asset.files[S3Key.replace('.zip', '')].source.path;
  const folder = path.join(assembly.directory, source);
  expect(fs.readdirSync(folder)).toEqual(['index.js']);
  const bundle = path.join(__dirname, '../assets/handler/integration.lambda/index.js');
  expect(fs.readFileSync(path.join(folder, 'index.js'), 'utf8')).toBe(fs.readFileSync(bundle, 'utf8'));
});

test('gives the role no managed policy and a separate policy to invoke the function', () => {
  const stack = newStack();
  newTenant(stack);

  const role = getOnly(stack, 'AWS::IAM::Role');
  expect(role.Properties.ManagedPolicyArns).toBeUndefined();
  expect(role.Properties.Policies).toHaveLength(1);
  const policy = getOnly(stack, 'AWS::IAM::Policy');
  expect(policy.Properties.PolicyDocument.Statement).toEqual([{
    Action: 'lambda:InvokeFunction',
    Effect: 'Allow',
    Resource: { 'Fn::GetAtt': [getOnly(stack, 'AWS::Lambda::Function').logicalId, 'Arn'] },
  }]);
});

test('allows the function to decrypt a secret with a key of its own', () => {
  const stack = newStack();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc');
  const apiKey = Secret.fromSecretAttributes(stack, 'ApiKey', {
    secretCompleteArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:immuta-AbCdEf',
    encryptionKey,
  });
  new ImmutaTenant(stack, 'Immuta', { url: 'https://acme.immutacloud.com', apiKey });

  const [policy] = getOnly(stack, 'AWS::IAM::Role').Properties.Policies;
  expect(policy.PolicyDocument.Statement).toContainEqual({
    Action: 'kms:Decrypt',
    Effect: 'Allow',
    Resource: 'arn:aws:kms:us-east-1:111122223333:key/abc',
    Condition: { StringLike: { 'kms:ViaService': 'secretsmanager.us-east-1.*' } },
  });
});

test('uses the field of the secret and the log group that the user passes', () => {
  const stack = newStack();
  const logGroup = logs.LogGroup.fromLogGroupName(stack, 'Logs', 'immuta');
  const apiKey = Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta');
  new ImmutaTenant(stack, 'Immuta', { url: 'https://acme.immutacloud.com', apiKey, apiKeyField: 'key', logGroup });

  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Logs::LogGroup', 0);
  template.hasResourceProperties('AWS::Lambda::Function', {
    LoggingConfig: { LogGroup: 'immuta' },
    Environment: { Variables: { API_KEY_FIELD: 'key' } },
  });
});

test.each(['https://acme.immutacloud.com/', 'https://acme.immutacloud.com//'])(
  'removes the trailing slashes of the URL %s',
  (url) => {
    const stack = newStack();
    expect(newTenant(stack, 'Immuta', url).url).toBe('https://acme.immutacloud.com');
    expect(synthError(stack)).toBe('');
  },
);

test('accepts a URL that is a token or has a port', () => {
  const stack = newStack();
  newTenant(stack, 'Token', new CfnParameter(stack, 'Url').valueAsString);
  newTenant(stack, 'Port', 'https://immuta.example.org:8443');
  expect(synthError(stack)).toBe('');
});

test.each([
  [
    'http://acme.immutacloud.com',
    '\'url\' must begin with https://, got "http://acme.immutacloud.com". Use the https address of the tenant. ' +
      '[URL_NOT_HTTPS]',
  ],
  ['acme.immutacloud.com', '\'url\' must begin with https://, got "acme.immutacloud.com"'],
  [
    'https://acme.immutacloud.com/integrations',
    'got "https://acme.immutacloud.com/integrations". Write "https://acme.immutacloud.com". [URL_NOT_ORIGIN]',
  ],
  ['https://acme.immutacloud.com?x=1', 'without a path or query'],
  ['https://acme.immutacloud.com#x', 'without a path or query'],
  ['https://acme.immutacloud.com ', 'got "https://acme.immutacloud.com ". Write "https://acme.immutacloud.com"'],
  ['\thttps://acme.immutacloud.com', 'got "\\thttps://acme.immutacloud.com". Write "https://acme.immutacloud.com"'],
  ['https://ACME.immutacloud.com', 'got "https://ACME.immutacloud.com". Write "https://acme.immutacloud.com"'],
])('fails when the URL is %s', (url, message) => {
  const stack = newStack();
  newTenant(stack, 'Immuta', url);
  expect(synthError(stack)).toContain(message);
});

test('fails without printing them when the URL contains credentials', () => {
  const stack = newStack();
  newTenant(stack, 'Immuta', 'https://admin:hunter2@acme.immutacloud.com');
  expect(synthError(stack)).toContain(
    "'url' must not contain credentials. Pass the API key as 'apiKey'. [URL_WITH_CREDENTIALS]",
  );
  expect(synthError(stack)).not.toContain('hunter2');

  const withUser = newStack();
  newTenant(withUser, 'Immuta', 'https://admin@acme.immutacloud.com');
  expect(synthError(withUser)).toContain('[URL_WITH_CREDENTIALS]');
  expect(synthError(withUser)).not.toContain('admin');
});

describe('a secret in plain text', () => {
  const tenantWith = (apiKey: (stack: Stack) => Secret, apiKeyField?: string) => {
    const stack = newStack();
    new ImmutaTenant(stack, 'Immuta', { url: 'https://acme.immutacloud.com', apiKey: apiKey(stack), apiKeyField });
    return synthError(stack);
  };

  test('fails without printing the API key when it is in plain text', () => {
    const error = tenantWith(
      (stack) => new Secret(stack, 'ApiKey', { secretStringValue: SecretValue.unsafePlainText('hunter2') }),
    );
    expect(error).toContain('the value of \'apiKey\' (secret \'Stack/ApiKey\') would be in the template in plain text');
    expect(error).not.toContain('hunter2');
  });

  test("fails when the used field of the API key's secret is in plain text", () => {
    const secret = (stack: Stack) =>
      new Secret(stack, 'ApiKey', { secretObjectValue: { key: SecretValue.unsafePlainText('hunter2') } });
    expect(tenantWith(secret, 'key')).toContain('in plain text');
    expect(tenantWith(secret, 'other')).toBe('');
  });

  test('fails when the template of a generated secret contains the used field', () => {
    const secret = (stack: Stack) => new Secret(stack, 'ApiKey', {
      generateSecretString: { secretStringTemplate: JSON.stringify({ key: 'hunter2' }), generateStringKey: 'other' },
    });
    expect(tenantWith(secret, 'key')).toContain('in plain text');
    expect(tenantWith(secret, 'other')).toBe('');
  });

  test('accepts a secret with a generated value, a dynamic reference or a parameter', () => {
    expect(tenantWith((stack) => new Secret(stack, 'ApiKey'))).toBe('');
    expect(
      tenantWith((stack) => new Secret(stack, 'ApiKey', { secretStringValue: SecretValue.ssmSecure('/immuta/key') })),
    ).toBe('');
    expect(tenantWith((stack) => new Secret(stack, 'ApiKey', {
      secretStringValue: SecretValue.cfnParameter(new CfnParameter(stack, 'Key', { noEcho: true })),
    }))).toBe('');
    expect(
      tenantWith(
        (stack) => new Secret(stack, 'ApiKey', { secretObjectValue: { key: SecretValue.ssmSecure('/immuta/key') } }),
        'key',
      ),
    ).toBe('');
  });
});

test.each([
  [
    'imported',
    (stack: Stack) =>
      Secret.fromSecretCompleteArn(
        stack,
        'ApiKey',
        'arn:aws:secretsmanager:eu-west-1:111122223333:secret:immuta-AbCdEf',
      ),
  ],
  [
    'defined by another stack',
    (stack: Stack) =>
      new Secret(newStack({ env: { ...ENV, region: 'eu-west-1' } }, stack.node.root as App, 'Other'), 'ApiKey'),
  ],
])('fails when the secret of another Region is %s', (_, apiKey) => {
  const stack = newStack();
  expect(
    () => new ImmutaTenant(stack, 'Immuta', { url: 'http://acme.immutacloud.com', apiKey: apiKey(stack) }),
  ).toThrow(
    new RegExp(
      String.raw`'apiKey' \(secret '.*/ApiKey'\) must be in Region us-east-1, got eu-west-1\. .*\. ` +
        String.raw`\[SECRET_IN_OTHER_REGION\]\n'url' must begin with`,
    ),
  );
});

test('accepts a secret of another account', () => {
  const stack = newStack();
  const apiKey = Secret.fromSecretCompleteArn(
    stack,
    'ApiKey',
    'arn:aws:secretsmanager:us-east-1:444455556666:secret:immuta-AbCdEf',
  );
  new ImmutaTenant(stack, 'Immuta', { url: 'https://acme.immutacloud.com', apiKey });
  expect(synthError(stack)).toBe('');
});

test('allows the function to read a secret of the stack', () => {
  const stack = newStack();
  new ImmutaTenant(stack, 'Immuta', { url: 'https://acme.immutacloud.com', apiKey: new Secret(stack, 'ApiKey') });

  const resources = Object.values(listResources(stack));
  expect(resources).toHaveLength(6);
  expect(getOnly(stack, 'AWS::IAM::Role').Properties.Policies[0].PolicyDocument.Statement).toContainEqual({
    Action: 'secretsmanager:GetSecretValue',
    Effect: 'Allow',
    Resource: { Ref: getOnly(stack, 'AWS::SecretsManager::Secret').logicalId },
  });
});

describe('an imported tenant', () => {
  const HANDLER_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:immuta';
  const importTenant = (stack: Stack, handlerRole?: iam.IRole, handlerArn = HANDLER_ARN) =>
    ImmutaTenant.fromTenantAttributes(stack, 'Immuta', {
      url: 'https://acme.immutacloud.com/',
      apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta/api-key'),
      handlerArn,
      handlerRole,
    });
  const accessKeySecret = (stack: Stack) => ImmutaAuthentication.accessKeySecret({
    secret: Secret.fromSecretNameV2(stack, 'AccessKey', 'immuta/access-key'),
    user: iam.User.fromUserName(stack, 'User', 'immuta'),
  });

  test('defines nothing for an imported tenant, whose function manages the integrations', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales', { tenant: importTenant(stack) });
    expect(countTypes(stack)).not.toHaveProperty('AWS::Lambda::Function');
    expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
      ServiceToken: HANDLER_ARN, TenantUrl: 'https://acme.immutacloud.com',
    });
  });

  test.each([
    ['arn:aws:lambda:eu-west-1:111122223333:function:immuta', 'account 111122223333, Region eu-west-1'],
    ['arn:aws:lambda:us-east-1:444455556666:function:immuta', 'account 444455556666, Region us-east-1'],
  ])('fails at once when its function is %s', (handlerArn, got) => {
    const stack = newStack();
    expect(() => newIntegration(stack, 'Sales', { tenant: importTenant(stack, undefined, handlerArn) })).toThrow(
      "tenant 'Stack/Immuta' must be in account 111122223333, Region us-east-1, as the integration is, "
      + `got ${got}. Define an 'ImmutaTenant' in a stack of this account and Region. [TENANT_IN_OTHER_ENVIRONMENT]`,
    );
  });

  test('accepts the ARN of its function in a stack without an environment', () => {
    const stack = newStack({});
    newIntegration(stack, 'Sales', { tenant: importTenant(stack) });
    expect(synthError(stack)).toBe('');
  });

  test('accepts a tenant that another stack of the app imported', () => {
    const app = new App();
    const [stack, other] = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
    newIntegration(other, 'Sales', { tenant: importTenant(stack) });
    expect(synthError(other)).toBe('');
  });

  test("names the policy on the role of an imported tenant after Immuta's own policy", () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/handler');
    newIntegration(stack, 'Sales', { tenant: importTenant(stack, role), authentication: accessKeySecret(stack) });
    const { Properties } = getOnly(stack, 'AWS::IAM::Policy');
    expect(Properties.Roles).toEqual(['handler']);
    expect(JSON.stringify(Properties.PolicyName)).toContain(getOnly(stack, 'AWS::IAM::ManagedPolicy').logicalId);
  });

  test('lets Secrets Manager rotate a managed access key with the function of the other app', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/handler');
    const authentication = ImmutaAuthentication.managedAccessKey({ rotation: Schedule.rate(Duration.days(30)) });
    newIntegration(stack, 'Sales', { tenant: importTenant(stack, role), authentication });
    expect(getOnly(stack, 'AWS::Lambda::Permission').Properties.FunctionName).toBe(HANDLER_ARN);
    expect(getOnly(stack, 'AWS::SecretsManager::RotationSchedule').Properties.RotationLambdaARN).toBe(HANDLER_ARN);
  });

  test.each<[string, (stack: Stack) => Partial<ImmutaS3IntegrationProps>]>([
    ['accessKeySecret', (stack) => ({ authentication: accessKeySecret(stack) })],
    ['managedAccessKey', () => ({ authentication: ImmutaAuthentication.managedAccessKey() })],
    ['diagnosePermissions', () => ({ diagnosePermissions: true })],
  ])('fails at once when the role of an imported tenant is not known and %s needs it', (prop, props) => {
    const stack = newStack();
    expect(() => newIntegration(stack, 'Sales', { tenant: importTenant(stack), ...props(stack) })).toThrow(
      `'${prop}' needs the role of the function of tenant 'Stack/Immuta', which is not known. `
      + "Pass 'handlerRole' to 'ImmutaTenant.fromTenantAttributes'. [TENANT_ROLE_UNKNOWN]",
    );
  });
});
