import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, CfnElement, NestedStack, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  countTypes, ENV, importedBucket, newIntegration, newStack, getOnly, listResources, URL_OF_TENANT,
} from './fixture';
import {
  AdoptingAccessGrantsInstance, CaCertificates, HandlerFunctionOptions, ImmutaAuthentication, ImmutaTenant, S3Location,
} from '../src';
import { Annotations } from './support/annotations';
import { findDependencies } from './support/dependencies';

const PROXY = { url: 'http://proxy.acme.internal:3128' };
const CA_FILE = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ca-')), 'ca.pem');
fs.writeFileSync(CA_FILE, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');

type Owner = ImmutaTenant | AdoptingAccessGrantsInstance;

const OWNERS: [string, (scope: Construct, options?: HandlerFunctionOptions) => Owner][] = [
  ['an ImmutaTenant', newTenantWith],
  ['an AdoptingAccessGrantsInstance', (scope, options) => new AdoptingAccessGrantsInstance(scope, 'Instance', options)],
];

function newTenantWith(scope: Construct, options: HandlerFunctionOptions = {}): ImmutaTenant {
  const apiKey = Secret.fromSecretNameV2(scope, 'ApiKey', 'immuta/api-key');
  return new ImmutaTenant(scope, 'Immuta', { url: URL_OF_TENANT, apiKey, ...options });
}

function newVpc(scope: Construct): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', { maxAzs: 2, restrictDefaultSecurityGroup: false });
}

function importedRole(scope: Construct, options?: iam.FromRoleArnOptions): iam.IRole {
  return iam.Role.fromRoleArn(scope, 'Role', 'arn:aws:iam::111122223333:role/handler', options);
}

function newDestination(scope: Construct): lambda.IDestination {
  const queue = sqs.Queue.fromQueueArn(scope, 'Failures', 'arn:aws:sqs:us-east-1:111122223333:failures');
  return new destinations.SqsDestination(queue);
}

function secretOfOtherRegion(scope: Construct): ISecret {
  const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:other-AbCdEf';
  return Secret.fromSecretCompleteArn(scope, 'Other', arn);
}

/** The statements of all policies in the template. */
function listStatements(stack: Stack): object[] {
  return Object.values(listResources(stack))
    .flatMap(({ Properties }) => [Properties, ...Properties.Policies ?? []])
    .flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? []);
}

describe.each(OWNERS)('the function of %s', (_, define) => {
  test('runs the function in the VPC with the permissions for its network interfaces', () => {
    const stack = newStack();
    define(stack, { vpc: newVpc(stack) });

    const { Properties } = getOnly(stack, 'AWS::Lambda::Function');
    const [groupId, ...others] = Object.entries(listResources(stack))
      .filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroup').map(([id]) => id);
    expect(others).toEqual([]);
    expect(Properties.VpcConfig).toEqual({
      SecurityGroupIds: [{ 'Fn::GetAtt': [groupId, 'GroupId'] }],
      SubnetIds: [
        { Ref: expect.stringMatching(/^VpcPrivateSubnet1/) }, { Ref: expect.stringMatching(/^VpcPrivateSubnet2/) },
      ],
    });
    expect(listStatements(stack)).toEqual(expect.arrayContaining([
      {
        Action: [
          'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface',
          'ec2:UnassignPrivateIpAddresses',
        ],
        Effect: 'Allow',
        Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ec2:us-east-1:*:*/*']] },
      },
      { Action: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], Effect: 'Allow', Resource: '*' },
    ]));
  });

  test('uses the subnets and security groups that the user passes', () => {
    const stack = newStack();
    const vpc = newVpc(stack);
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    const owner = define(stack, { vpc, vpcSubnets: { subnets: [vpc.privateSubnets[1]] }, securityGroups: [group] });

    expect(getOnly(stack, 'AWS::Lambda::Function').Properties.VpcConfig).toEqual({
      SecurityGroupIds: ['sg-1'],
      SubnetIds: [{ Ref: expect.stringMatching(/^VpcPrivateSubnet2/) }],
    });
    expect(getOnly(stack, 'AWS::Lambda::Function').Properties.Environment.Variables.SECURITY_GROUP_IDS).toBe('sg-1');
    expect(countTypes(stack)).not.toHaveProperty('AWS::EC2::SecurityGroup');
    expect(owner.connections.securityGroups).toEqual([group]);
  });

  test('gives a function outside a VPC no network and no permissions for one', () => {
    const stack = newStack();
    const owner = define(stack);
    expect(() => owner.connections).toThrow("'connections' needs a function in a VPC. Pass 'vpc'. [VPC_MISSING]");
    expect(JSON.stringify(listStatements(stack))).not.toContain('ec2:');
  });

  test.each<[string, HandlerFunctionOptions, string]>([
    ['subnets without a VPC', { vpcSubnets: {} }, "'vpcSubnets' needs a function in a VPC. Pass 'vpc'. [VPC_MISSING]"],
    ['security groups without a VPC', { securityGroups: [] }, "'securityGroups' needs a function in a VPC."],
    [
      'a variable of the library', { environment: { API_KEY_FIELD: 'other' } },
      "'environment' must not set API_KEY_FIELD, on which the function relies. Remove the variable, or use another "
      + 'name. [ENVIRONMENT_VARIABLE_RESERVED]',
    ],
    [
      'a variable that turns off the checks of certificates', { environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
      "'environment' must not set NODE_TLS_REJECT_UNAUTHORIZED",
    ],
    [
      'a runtime of another language', { runtime: lambda.Runtime.PYTHON_3_12 },
      "'runtime' must be a Node.js runtime, got python3.12. Omit 'runtime', or pass a Node.js runtime such as "
      + "'Runtime.NODEJS_22_X'. [RUNTIME_NOT_NODEJS]",
    ],
    [
      'CA certificates with an old runtime',
      { runtime: lambda.Runtime.NODEJS_20_X, caCertificates: CaCertificates.fromFile(CA_FILE) },
      "'caCertificates' needs Node.js 22 or newer, got 'runtime' nodejs20.x. Omit 'runtime', or pass a newer one. "
      + '[RUNTIME_TOO_OLD]',
    ],
    [
      'a proxy with an old runtime', { runtime: lambda.Runtime.NODEJS_20_X, proxy: PROXY },
      "'proxy' needs Node.js 22 or newer",
    ],
    [
      'a file that does not exist', { caCertificates: CaCertificates.fromFile('/none.pem') },
      "'caCertificates' must be a file with certificates in PEM and without a private key, got '/none.pem'. Pass the "
      + "path of a file that begins with '-----BEGIN CERTIFICATE-----'. [CA_CERTIFICATE_FILE_INVALID]",
    ],
    [
      'a file without certificates', { caCertificates: CaCertificates.fromFile(path.join(__dirname, 'fixture.ts')) },
      "'caCertificates' must be a file with certificates in PEM",
    ],
    [
      'something else than the URL of a proxy', { proxy: { url: 'socks5://proxy:1080' } },
      '\'proxy.url\' must look like http://proxy.acme.internal:3128, got "socks5://proxy:1080". Use the address of the '
      + 'proxy, without a path. [PROXY_URL_INVALID]',
    ],
    ['a path in the URL of the proxy', { proxy: { url: 'http://proxy:3128/x' } }, "'proxy.url' must look like"],
    [
      'credentials in the URL of the proxy', { proxy: { url: 'http://lake:hunter2@proxy:3128' } },
      "'proxy.url' must not contain credentials. Store them in a secret, and pass that as 'proxy.credentials'. "
      + '[PROXY_URL_WITH_CREDENTIALS]',
    ],
  ])('fails at once when the function gets %s', (__, options, message) => {
    expect(() => define(newStack(), options)).toThrow(message);
  });

  test('accepts a proxy with a runtime whose name has no version', () => {
    const runtime = new lambda.Runtime('nodejs', lambda.RuntimeFamily.NODEJS);
    expect(() => define(newStack(), { runtime, proxy: PROXY })).not.toThrow();
  });

  test('does not print the credentials in the URL of a proxy', () => {
    const proxy = { url: 'http://lake:hunter2@proxy:3128' };
    expect(() => define(newStack(), { proxy })).toThrow(/^(?!.*hunter2)/s);
  });

  test('gives the function the CA certificates of a file in a layer, without a private key', () => {
    const app = new App();
    const stack = newStack({ env: ENV }, app);
    define(stack, { caCertificates: CaCertificates.fromFile(CA_FILE) });

    const { Properties: { Layers, Environment } } = getOnly(stack, 'AWS::Lambda::Function');
    const { logicalId, Properties: { Content } } = getOnly(stack, 'AWS::Lambda::LayerVersion');
    expect(Layers).toEqual([{ Ref: logicalId }]);
    expect(Environment.Variables.NODE_EXTRA_CA_CERTS).toBe('/opt/ca-certificates.pem');
    const folder = path.join(app.synth().directory, `asset.${Content.S3Key.replace('.zip', '')}`);
    expect(fs.readFileSync(path.join(folder, 'ca-certificates.pem'), 'utf8')).toBe(fs.readFileSync(CA_FILE, 'utf8'));
  });

  test('lets the function read the secrets with CA certificates and with the credentials of a proxy', () => {
    const stack = newStack();
    define(stack, {
      caCertificates: CaCertificates.fromSecret(Secret.fromSecretNameV2(stack, 'Ca', 'ca'), 'pem'),
      proxy: { ...PROXY, credentials: Secret.fromSecretNameV2(stack, 'Credentials', 'proxy') },
    });

    const arnOfSecret = (name: string) =>
      ({ 'Fn::Join': ['', expect.arrayContaining([`:secretsmanager:us-east-1:111122223333:secret:${name}`])] });
    const { Variables } = getOnly(stack, 'AWS::Lambda::Function').Properties.Environment;
    expect(Variables).toMatchObject({
      PROXY_URL: PROXY.url,
      PROXY_CREDENTIALS_SECRET_ARN: arnOfSecret('proxy'),
      CA_CERTIFICATES_SECRET_ARN: arnOfSecret('ca'),
      CA_CERTIFICATES_FIELD: 'pem',
    });
    const readable = listStatements(stack)
      .filter((each: any) => each.Action === 'secretsmanager:GetSecretValue')
      .map((each) => JSON.stringify(each));
    for (const name of ['ca', 'proxy']) {
      expect(readable).toContainEqual(expect.stringContaining(`:secret:${name}-??????"`));
    }
  });

  test('lets the function read and decrypt only the object with CA certificates', () => {
    const stack = newStack();
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Cas', {
      bucketName: 'certificates',
      region: 'eu-west-1',
      encryptionKey: kms.Key.fromKeyArn(stack, 'CaKey', 'arn:aws:kms:eu-west-1:111122223333:key/1'),
    });
    define(stack, { caCertificates: CaCertificates.fromBucket(bucket, 'acme/root*.pem') });

    expect(getOnly(stack, 'AWS::Lambda::Function').Properties.Environment.Variables).toMatchObject({
      CA_CERTIFICATES_BUCKET: 'certificates',
      CA_CERTIFICATES_KEY: 'acme/root*.pem',
    });
    const statements = listStatements(stack).filter((each: any) => /GetObject|kms:/.test(each.Action));
    expect(statements).toEqual([
      {
        Action: 's3:GetObject',
        Effect: 'Allow',
        Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::certificates/acme/root${*}.pem']] },
      },
      {
        Action: 'kms:Decrypt',
        Effect: 'Allow',
        Resource: 'arn:aws:kms:eu-west-1:111122223333:key/1',
        Condition: { StringLike: { 'kms:ViaService': 's3.eu-west-1.*' } },
      },
    ]);
  });

  test.each<[string, (stack: Stack) => HandlerFunctionOptions, string]>([
    [
      'CA certificates', (stack) => ({ caCertificates: CaCertificates.fromSecret(secretOfOtherRegion(stack)) }),
      "'caCertificates' (secret",
    ],
    [
      'the credentials of a proxy', (stack) => ({ proxy: { ...PROXY, credentials: secretOfOtherRegion(stack) } }),
      "'proxy.credentials' (secret",
    ],
  ])('fails at once when the secret with %s is in another Region', (__, options, message) => {
    const stack = newStack();
    expect(() => define(stack, options(stack))).toThrow(message);
  });

  test('passes the other options to the function', () => {
    const stack = newStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/1');
    const layer = lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:us-east-1:1:layer:agent:1');
    const queue = sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:us-east-1:111122223333:failures');
    define(stack, {
      environmentEncryption: encryptionKey,
      tracing: lambda.Tracing.ACTIVE,
      reservedConcurrentExecutions: 20,
      onFailure: new destinations.SqsDestination(queue),
      layers: [layer],
      environment: { AGENT: 'on' },
      runtime: lambda.Runtime.NODEJS_22_X,
    });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      KmsKeyArn: encryptionKey.keyArn,
      TracingConfig: { Mode: 'Active' },
      ReservedConcurrentExecutions: 20,
      Layers: [layer.layerVersionArn],
      Environment: { Variables: Match.objectLike({ AGENT: 'on' }) },
      Runtime: 'nodejs22.x',
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      DestinationConfig: { OnFailure: { Destination: queue.queueArn } },
      MaximumRetryAttempts: 2,
    });
    expect(listStatements(stack)).toEqual(expect.arrayContaining([
      { Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Effect: 'Allow', Resource: '*' },
      expect.objectContaining({ Action: expect.arrayContaining(['sqs:SendMessage']), Resource: queue.queueArn }),
    ]));
  });

  test('adds nothing to the template when the function gets no option', () => {
    const [without, empty] = [newStack(), newStack()];
    define(without);
    define(empty, {});
    expect(listResources(empty)).toEqual(listResources(without));
    expect(getOnly(empty, 'AWS::Lambda::Function').Properties).not.toHaveProperty('Layers');
  });

  test('gives a role of the user inline policies with a name of this stack alone', () => {
    const stack = newStack();
    define(stack, { role: importedRole(stack), tracing: lambda.Tracing.ACTIVE });

    expect(countTypes(stack)).not.toHaveProperty('AWS::IAM::Role');
    const policies = Object.values(listResources(stack)).filter(({ Type }) => Type === 'AWS::IAM::Policy');
    expect(policies.map(({ Properties }) => Properties.Roles)).toEqual([['handler'], ['handler']]);
    for (const { Properties } of policies) {
      expect(JSON.stringify(Properties.PolicyName)).toContain('AWS::StackId');
    }
    expect(getOnly(stack, 'AWS::Lambda::Function').Properties).toMatchObject({
      Role: 'arn:aws:iam::111122223333:role/handler', TracingConfig: { Mode: 'Active' },
    });
  });

  test('gives a role of the same stack inline policies that are named after their logical IDs', () => {
    const stack = newStack();
    const assumedBy = new iam.ServicePrincipal('lambda.amazonaws.com');
    define(stack, { role: new iam.Role(stack, 'Role', { assumedBy }) });

    const policies = Object.entries(listResources(stack)).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
    expect(policies).toHaveLength(2);
    for (const [logicalId, { Properties }] of policies) {
      expect(Properties.PolicyName).toBe(logicalId);
    }
  });

  test('acknowledges no findings about a role of the user', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    define(stack, { role, tracing: lambda.Tracing.ACTIVE });

    const metadata = role.node.defaultChild!.node.metadata.map(({ type }) => type);
    expect(metadata).not.toContain('aws:cdk:acknowledged-rules');
  });

  test('lets Lambda assume a new role, and names the policy that refers to the function', () => {
    const stack = newStack();
    define(stack);

    expect(getOnly(stack, 'AWS::IAM::Role').Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
    expect(getOnly(stack, 'AWS::IAM::Policy').Properties.PolicyName).toBe('SelfInvoke');
  });

  test.each<[string, { readonly isGiven?: boolean; readonly tracing?: lambda.Tracing }, number]>([
    ['a new role without tracing', {}, 0],
    ['a new role with disabled tracing', { tracing: lambda.Tracing.DISABLED }, 0],
    ['a new role with tracing', { tracing: lambda.Tracing.ACTIVE }, 1],
    ['a role of the user without tracing', { isGiven: true }, 0],
    ['a role of the user with disabled tracing', { isGiven: true, tracing: lambda.Tracing.DISABLED }, 0],
    ['a role of the user with tracing', { isGiven: true, tracing: lambda.Tracing.ACTIVE }, 1],
  ])('traces the function, and lists the permission for X-Ray, of %s', (__, { isGiven, tracing }, count) => {
    const stack = newStack();
    const owner = define(stack, { role: isGiven ? importedRole(stack) : undefined, tracing });

    const isTracing = (statement: object) => JSON.stringify(statement).includes('xray:');
    expect(owner.handlerPolicyStatements.map((each) => each.toStatementJson()).filter(isTracing)).toHaveLength(count);
    expect(listStatements(stack).filter(isTracing)).toHaveLength(count);
    const { TracingConfig } = getOnly(stack, 'AWS::Lambda::Function').Properties;
    expect(TracingConfig).toEqual(count === 1 ? { Mode: 'Active' } : undefined);
  });

  test('creates the function after the permissions of a role of the user', () => {
    const stack = newStack();
    define(stack, { role: importedRole(stack), vpc: newVpc(stack), onFailure: newDestination(stack) });
    const dependenciesOf = (type: string) => findDependencies(listResources(stack), getOnly(stack, type).logicalId);
    expect(dependenciesOf('AWS::Lambda::Function').filter((id) => /HandlerPolicy/.test(id))).toHaveLength(1);
    const dependencies = dependenciesOf('AWS::Lambda::EventInvokeConfig');
    expect(dependencies.filter((id) => /DestinationPolicy/.test(id))).toHaveLength(1);
  });

  test('does not wait for the network of a nested stack', () => {
    const stack = newStack();
    const nested = new NestedStack(stack, 'Nested');
    newVpc(nested).addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    define(stack, { vpc: newVpc(stack) });
    const { logicalId } = getOnly(stack, 'AWS::Lambda::EventInvokeConfig');
    const dependencies = findDependencies(listResources(stack), logicalId);
    expect(dependencies.filter((id) => id.startsWith('Nested'))).toEqual([]);
    expect(dependencies.filter((id) => id.startsWith('VpcPublicSubnet1'))).not.toEqual([]);
  });

  test('adds the same statements to a role of the user as to a new one', () => {
    const [own, given] = [newStack(), newStack()];
    const optionsOf = (stack: Stack) => ({ tracing: lambda.Tracing.ACTIVE, onFailure: newDestination(stack) });
    define(own, optionsOf(own));
    define(given, { ...optionsOf(given), role: importedRole(given) });
    const sorted = (stack: Stack) => [...new Set(listStatements(stack).map((each) => JSON.stringify(each)))]
      .filter((each) => !each.includes('sts:AssumeRole')).sort();
    expect(sorted(given)).toEqual(sorted(own));
  });

  test('warns once of all statements that a role without policy updates needs, and returns them', () => {
    const stack = newStack();
    const role = importedRole(stack, { mutable: false });
    const owner = define(stack, { role, vpc: newVpc(stack), onFailure: newDestination(stack) });

    expect(Object.keys(countTypes(stack)).filter((type) => type.startsWith('AWS::IAM'))).toEqual([]);
    const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('accepts no policies'));
    expect(warnings.map(({ id }) => id)).toEqual(['/Stack/Role']);
    const message = String(warnings[0].entry.data);
    expect(message).toMatch(new RegExp(
      String.raw`It needs these statements: \[\{.*\}\]\. Add the statements to the role\. ` +
        String.raw`\[ROLE_WITHOUT_POLICY_UPDATES\]`,
    ));
    const listed = JSON.parse(/statements: (\[.*\])\. Add/.exec(message)![1]);
    const actions = (statements: { Action: string | string[] }[]) => statements.flatMap(({ Action }) => Action).sort();
    expect(actions(listed)).toEqual(actions(owner.handlerPolicyStatements.map((each) => each.toStatementJson())));
    expect(actions(listed)).toEqual(expect.arrayContaining([
      'ec2:CreateNetworkInterface', 'lambda:InvokeFunction', 'logs:PutLogEvents', 'sqs:SendMessage',
    ]));
  });

  test('returns the statements for the destination that a new role gets, and grants them once', () => {
    const stack = newStack();
    const owner = define(stack, { onFailure: newDestination(stack) });

    const returned = owner.handlerPolicyStatements.map((each) => stack.resolve(each.toStatementJson()));
    const isAboutQueue = (statement: object) => JSON.stringify(statement).includes('sqs:SendMessage');
    expect(returned.filter(isAboutQueue)).toHaveLength(1);
    expect(listStatements(stack).filter(isAboutQueue)).toEqual(returned.filter(isAboutQueue));
  });

  test('fails when the role belongs to another account', () => {
    const stack = newStack();
    define(stack, { role: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::999999999999:role/handler') });
    expect(() => Template.fromStack(stack)).toThrow(new RegExp(
      String.raw`'Stack/Role' must belong to account 111122223333, got 999999999999`,
    ));
  });
});

describe('the statements of integrations on a handler role without policy updates', () => {
  test.each<[string, (stack: Stack) => ImmutaAuthentication, string]>([
    [
      'an access key in a secret', (stack) => ImmutaAuthentication.accessKeySecret({
        secret: Secret.fromSecretNameV2(stack, 'AccessKey', 'immuta/access-key'),
        user: iam.User.fromUserName(stack, 'User', 'immuta'),
      }), 'secret:immuta/access-key-??????',
    ],
    ['a managed access key', () => ImmutaAuthentication.managedAccessKey(), 'iam:CreateAccessKey'],
  ])('lists statements of integrations with %s in warning and handlerPolicyStatements', (_, authenticate, expected) => {
    const stack = newStack();
    const tenant = newTenantWith(stack, { role: importedRole(stack, { mutable: false }) });
    newIntegration(stack, 'Sales', { tenant, authentication: authenticate(stack), diagnosePermissions: true });

    const [warning, ...others] = Annotations.fromStack(stack).findWarning('/Stack/Role', Match.anyValue());
    expect(others).toEqual([]);
    const returned = tenant.handlerPolicyStatements.map((each) => each.toStatementJson());
    const statements = JSON.stringify(stack.resolve(returned));
    for (const text of [String(warning.entry.data), statements]) {
      expect(text).toContain(expected);
      expect(text).toContain('iam:SimulatePrincipalPolicy');
    }
  });
});

describe('a network of the stack', () => {
  const idOf = (construct: Construct) => Stack.of(construct).getLogicalId(construct.node.defaultChild as CfnElement);
  const define = (stack: Stack, vpc: ec2.IVpc) => {
    const tenant = newTenantWith(stack, { vpc });
    newIntegration(stack, 'Sales', { tenant, location: S3Location.bucket(importedBucket(stack)) });
    return tenant;
  };
  const dependenciesOfIntegration = (stack: Stack) =>
    findDependencies(listResources(stack), getOnly(stack, 'Custom::ImmutaS3Integration').logicalId);

  test('creates the network of the stack before an integration and deletes it afterwards', () => {
    const stack = newStack();
    const vpc = newVpc(stack);
    const tenant = define(stack, vpc);
    const endpoint = vpc.addInterfaceEndpoint('SecretsManager', {
      service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER, open: false,
    });
    endpoint.connections.allowDefaultPortFrom(tenant);
    tenant.connections.allowToAnyIpv4(ec2.Port.tcp(443));

    const needed = Object.entries(listResources(stack))
      .filter(([, { Type }]) => /Route$|NatGateway|VPCEndpoint|SecurityGroup|Association|Attachment/.test(Type))
      .map(([id]) => id);
    expect(needed.length).toBeGreaterThan(12);
    expect(needed.filter((id) => !dependenciesOfIntegration(stack).includes(id))).toEqual([]);
  });

  test('accepts an endpoint of the network whose policy names the function', () => {
    const stack = newStack();
    const vpc = newVpc(stack);
    const tenant = define(stack, vpc);
    const endpoint = vpc.addInterfaceEndpoint('Lambda', { service: ec2.InterfaceVpcEndpointAwsService.LAMBDA });
    endpoint.addToPolicy(new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()], actions: ['lambda:InvokeFunction'], resources: [tenant.handlerArn],
    }));

    const resources = listResources(stack);
    for (const id of Object.keys(resources)) {
      expect(findDependencies(resources, id)).not.toContain(id);
    }
    expect(dependenciesOfIntegration(stack)).toContain(idOf(endpoint));
  });

  test('accepts an imported network with endpoints and rules that the stack adds', () => {
    const stack = newStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1', availabilityZones: ['us-east-1a'], privateSubnetIds: ['subnet-1'],
    });
    const tenant = define(stack, vpc);
    const endpoint = new ec2.InterfaceVpcEndpoint(stack, 'Endpoint', {
      vpc, service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER, open: false,
    });
    endpoint.connections.allowDefaultPortFrom(tenant);

    const rule = getOnly(stack, 'AWS::EC2::SecurityGroupIngress').logicalId;
    expect(dependenciesOfIntegration(stack)).toEqual(expect.arrayContaining([rule, idOf(endpoint)]));
  });

  test('accepts a network of another stack', () => {
    const app = new App();
    const vpc = newVpc(newStack({ env: ENV }, app, 'Network'));
    const stack = newStack({ env: ENV }, app);
    define(stack, vpc);
    expect(app.synth().getStackByName('Stack').dependencies.map(({ id }) => id)).toContain('Network');
  });

  test('creates what the user lets the function depend on before an integration', () => {
    const stack = newStack();
    const tenant = define(stack, newVpc(stack));
    const queue = new sqs.Queue(stack, 'Queue');
    tenant.handler.node.addDependency(queue);
    expect(dependenciesOfIntegration(stack)).toContain(idOf(queue));
  });
});

test('cuts the logical ID in the name of a policy for a role of the user', () => {
  const stack = newStack();
  newTenantWith(new Construct(stack, 'x'.repeat(120)), { role: importedRole(stack) });

  const names = Object.values(listResources(stack)).filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .map(({ Properties }) => Properties.PolicyName['Fn::Join'][1][0]);
  expect(names).toEqual([
    expect.stringMatching(/^x+ImmutaHandlerPolicy[0-9A-F]{8}-$/),
    expect.stringMatching(/^x+ImmutaSelfInvokePolicy[0-9A-F]{8}-$/),
  ]);
  expect(names.map((name) => name.length)).toEqual([92, 92]); // the GUID of a stack has 36, and IAM allows 128
});
