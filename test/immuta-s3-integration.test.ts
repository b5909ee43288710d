import { readFileSync } from 'node:fs';
import {
  App, Aspects, CfnElement, CfnParameter, CfnResource, Duration, NestedStack, RemovalPolicy, Stack,
} from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import {
  countTypes,
  ENV,
  importedBucket,
  INSTANCE,
  INTEGRATION,
  newIntegration,
  newStack,
  newTenant,
  normalize,
  getOnly,
  listResources,
  synthError,
} from './fixture';
import {
  AccessGrantsInstance,
  ImmutaAuthentication,
  ImmutaS3Integration,
  ImmutaS3IntegrationProps,
  ImmutaTenant,
  LocationAccess,
  S3Location,
} from '../src';
import { Annotations } from './support/annotations';

/** What `cdk init` writes into `cdk.json`. */
const FEATURE_FLAGS: Record<string, unknown> = JSON.parse(
  readFileSync(require.resolve('aws-cdk-lib/recommended-feature-flags.json'), 'utf8'),
);
const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';

describe('default configuration', () => {
  test('defines nine resources for a tenant, an instance and an integration', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    newIntegration(stack, 'Sales', { tenant });
    const nine = {
      'AWS::IAM::Policy': 1,
      'AWS::IAM::Role': 3,
      'AWS::Lambda::EventInvokeConfig': 1,
      'AWS::Lambda::Function': 1,
      'AWS::Logs::LogGroup': 1,
      'AWS::S3::AccessGrantsInstance': 1,
      'Custom::ImmutaS3Integration': 1,
    };
    expect(countTypes(stack)).toEqual(nine);
  });

  test('has a template of at most 8,000 bytes in an app of `cdk init`', () => {
    const app = new App({ analyticsReporting: false, context: FEATURE_FLAGS });
    const stack = newStack({ env: ENV }, app, 'Lake');
    const location = S3Location.bucket(importedBucket(stack, 'sales'));
    newIntegration(stack, 'Sales', { tenant: newTenant(stack), location });
    const { template } = app.synth().getStackByName('Lake');
    expect(Object.keys(template.Resources)).toHaveLength(9);
    expect(JSON.stringify(template).length).toBeLessThanOrEqual(8_000);
  });

  test('defines three more resources for each further integration', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    newIntegration(stack, 'Sales', { tenant });
    newIntegration(stack, 'Ads', { tenant });
    expect(countTypes(stack)).toMatchObject({ 'AWS::IAM::Role': 5, 'Custom::ImmutaS3Integration': 2 });
    expect(Object.keys(listResources(stack))).toHaveLength(12);
  });

  test('defines ten resources when the stack also defines the secret', () => {
    const stack = newStack();
    const tenant = new ImmutaTenant(stack, 'Immuta', {
      url: 'https://acme.immutacloud.com',
      apiKey: new Secret(stack, 'ApiKey'),
    });
    newIntegration(stack, 'Sales', { tenant });
    expect(Object.keys(listResources(stack))).toHaveLength(10);
  });

  test('passes its properties to the custom resource by default', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales', { tenant: newTenant(stack) });
    expect(getOnly(stack, INTEGRATION).Properties).toEqual({
      ServiceToken: { 'Fn::GetAtt': [getOnly(stack, 'AWS::Lambda::Function').logicalId, 'Arn'] },
      ServiceTimeout: '2100',
      TenantUrl: 'https://acme.immutacloud.com',
      ApiKeySecretArn: {
        'Fn::Join': [
          '',
          ['arn:', { Ref: 'AWS::Partition' }, ':secretsmanager:us-east-1:111122223333:secret:immuta/api-key'],
        ],
      },
      AccountId: '111122223333',
      Region: 'us-east-1',
      LocationPath: 's3://sales-bucket/',
      LocationRoleArn: { 'Fn::GetAtt': [logicalIdLike(stack, 'LocationRole'), 'Arn'] },
      AuthenticationType: 'auto',
      RoleToAssumeArn: { 'Fn::GetAtt': [logicalIdLike(stack, 'ImmutaRole'), 'Arn'] },
      TimeoutSeconds: '1800',
      IamPropagationTimeoutSeconds: '180',
      RemovalPolicy: 'destroy',
      Generation: { 'Fn::GetAtt': [logicalIdLike(stack, 'LocationRole'), 'RoleId'] },
    });
  });

  test('lets an integration depend on every resource that its deletion needs', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales', { tenant: newTenant(stack) });
    const others = Object.entries(listResources(stack))
      .filter(([, { Type }]) => Type !== INTEGRATION)
      .map(([logicalId]) => logicalId);
    expect(getOnly(stack, INTEGRATION).DependsOn!.sort()).toEqual(others.sort());
  });

  test('lets an integration depend on nothing but its generation when its stack defines no other resource', () => {
    const app = new App();
    const [home, stack] = ['Home', 'Stack'].map((id) => newStack(undefined, app, id));
    const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/immuta', { mutable: false });
    newIntegration(stack, 'Sales', {
      tenant: newTenant(home),
      locationRole: role,
      authentication: ImmutaAuthentication.existingRole(role),
      accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
    });
    expect(getOnly(stack, INTEGRATION)).not.toHaveProperty('DependsOn');
    expect(countTypes(stack)).toEqual({ [INTEGRATION]: 1, 'AWS::SSM::Parameter': 1 });
  });

  test('returns attributes of the custom resource and its roles', () => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Sales', { tenant: newTenant(stack) });
    const { logicalId } = getOnly(stack, INTEGRATION);
    expect(stack.resolve(integration.integrationId)).toEqual({ 'Fn::GetAtt': [logicalId, 'IntegrationId'] });
    expect(stack.resolve(integration.integrationName)).toEqual({ 'Fn::GetAtt': [logicalId, 'IntegrationName'] });
    expect(stack.resolve(integration.locationRole.roleName)).toEqual({ Ref: logicalIdLike(stack, 'LocationRole') });
    expect(stack.resolve(integration.immutaRole!.roleName)).toEqual({ Ref: logicalIdLike(stack, 'ImmutaRole') });
    expect(stack.resolve((integration.node.defaultChild as any).logicalId)).toBe(logicalId);
  });
});

test('passes optional properties to the custom resource', () => {
  const stack = newStack();
  newIntegration(stack, 'Sales', {
    tenant: newTenant(stack),
    location: S3Location.prefix(importedBucket(stack), 'curated/'),
    integrationName: 'sales',
    timeout: Duration.minutes(50),
    iamPropagationTimeout: Duration.minutes(10),
    removalPolicy: RemovalPolicy.RETAIN,
    revision: '2',
  });
  expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
    LocationPath: 's3://acme-sales/curated/',
    IntegrationName: 'sales',
    TimeoutSeconds: '3000',
    IamPropagationTimeoutSeconds: '600',
    ServiceTimeout: '3300',
    RemovalPolicy: 'retain',
    Revision: '2',
  });
});

test('shortens iamPropagationTimeout when the timeout is shorter', () => {
  const stack = newStack();
  newIntegration(stack, 'Sales', { timeout: Duration.minutes(2) });
  expect(getOnly(stack, INTEGRATION).Properties).toMatchObject({
    TimeoutSeconds: '120',
    IamPropagationTimeoutSeconds: '120',
    ServiceTimeout: '420',
  });
});

test.each([
  [RemovalPolicy.RETAIN, 'retain'],
  [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'retain'],
  [RemovalPolicy.DESTROY, 'destroy'],
])('tells the handler when a user gives the resource the policy %s', (policy, expected) => {
  const stack = newStack();
  newIntegration(stack, 'Sales').node.findAll()
    .filter((child): child is CfnResource => CfnResource.isCfnResource(child))
    .filter(({ cfnResourceType }) => cfnResourceType === INTEGRATION)
    .forEach((resource) => resource.applyRemovalPolicy(policy));
  expect(getOnly(stack, INTEGRATION).Properties.RemovalPolicy).toBe(expected);
});

test('gives the location role read actions only when access is read-only', () => {
  const stack = newStack();
  newIntegration(stack, 'Sales', { access: LocationAccess.READ_ONLY });
  const text = JSON.stringify(listResources(stack)[logicalIdLike(stack, 'LocationRole')]);
  expect(text).toContain('s3:GetObject');
  expect(text).not.toMatch(/s3:(Put|Delete|Abort)/);
});

test('allows the location role to use the encryption keys', () => {
  const stack = newStack();
  const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:444455556666:key/abc');
  const integration = newIntegration(stack, 'Sales', { encryptionKeys: [key] });
  const [policy] = listResources(stack)[logicalIdLike(stack, 'LocationRole')].Properties.Policies;
  expect(policy.PolicyDocument.Statement).toContainEqual(expect.objectContaining({
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: 'arn:aws:kms:us-east-1:444455556666:key/abc',
  }));
  expect(integration.keyPolicyStatements.map((statement) => stack.resolve(statement.toStatementJson()))).toEqual([
    expect.objectContaining({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*', // of a key policy: the key itself
      Principal: { AWS: { 'Fn::GetAtt': [logicalIdLike(stack, 'LocationRole'), 'Arn'] } },
    }),
  ]);
});

test.each([
  ['once', false],
  ['once when it is also passed', true],
])('allows the location role to use the encryption key of a bucket, %s', (_, passed) => {
  const stack = newStack();
  const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/own');
  const bucket = new s3.Bucket(stack, 'Encrypted', { encryptionKey: key });
  newIntegration(stack, 'Sales', { location: S3Location.bucket(bucket), encryptionKeys: passed ? [key] : undefined });
  const [policy] = listResources(stack)[logicalIdLike(stack, 'LocationRole')].Properties.Policies;
  const named = policy.PolicyDocument.Statement.filter(
    ({ Resource }: any) => Resource === 'arn:aws:kms:us-east-1:111122223333:key/own',
  );
  expect(named).toHaveLength(1);
});

test('limits the roles to the account in bucketAccount', () => {
  const stack = newStack();
  const integration = newIntegration(stack, 'Sales', { bucketAccount: '444455556666' });
  for (const id of ['LocationRole', 'ImmutaRole']) {
    const conditions = JSON.stringify(listResources(stack)[logicalIdLike(stack, id)].Properties.Policies);
    expect(conditions).toContain('"aws:ResourceAccount":"444455556666"');
    expect(conditions).not.toContain('"aws:ResourceAccount":"111122223333"');
  }
  const principals = integration.bucketPolicyStatements.map(
    (statement) => stack.resolve(statement.toStatementJson()).Principal.AWS['Fn::GetAtt'][0],
  );
  expect(new Set(principals)).toEqual(
    new Set([logicalIdLike(stack, 'LocationRole'), logicalIdLike(stack, 'ImmutaRole')]),
  );
});

test('limits the roles to the account of the bucket when the bucket names one', () => {
  const stack = newStack();
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'acme', account: '444455556666' });
  newIntegration(stack, 'Sales', { location: S3Location.bucket(bucket) });
  expect(JSON.stringify(listResources(stack)[logicalIdLike(stack, 'LocationRole')])).toContain(
    '"aws:ResourceAccount":"444455556666"',
  );
});

describe('location role of the user', () => {
  test('gives a location role of the user a policy and a trust policy when the stack defines it', () => {
    const stack = newStack();
    const locationRole = new iam.Role(stack, 'MyRole', {
      assumedBy: new iam.ServicePrincipal('access-grants.s3.amazonaws.com'),
    });
    const integration = newIntegration(stack, 'Sales', { locationRole });
    expect(integration.locationRole).toBe(locationRole);
    const role = listResources(stack)[stack.getLogicalId(locationRole.node.defaultChild as iam.CfnRole)];
    expect(JSON.stringify(role.Properties.AssumeRolePolicyDocument)).toContain('sts:SetSourceIdentity');
    const policy = listResources(stack)[logicalIdLike(stack, 'LocationPolicy')];
    expect(policy.Properties.Roles).toEqual([
      { Ref: stack.getLogicalId(locationRole.node.defaultChild as iam.CfnRole) },
    ]);
    expect(policy).toMatchObject({
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: expect.not.objectContaining({ ManagedPolicyName: expect.anything() }),
    });
    expect(getOnly(stack, INTEGRATION).DependsOn).toContain(logicalIdLike(stack, 'LocationPolicy'));
  });

  test('gives a lazy role of the user a policy and a trust policy, and depends on no other policy of it', () => {
    const stack = newStack();
    const locationRole = new iam.LazyRole(stack, 'MyRole', {
      assumedBy: new iam.ServicePrincipal('access-grants.s3.amazonaws.com'),
    });
    const { integrationId } = newIntegration(stack, 'Sales', { locationRole });
    locationRole.addToPrincipalPolicy(
      new iam.PolicyStatement({ actions: ['ssm:GetParameter'], resources: [integrationId] }),
    );
    const [logicalId] = Object.keys(listResources(stack)).filter((id) => /^MyRole[0-9A-F]{8}$/.test(id));
    const role = listResources(stack)[logicalId];
    expect(JSON.stringify(role.Properties.AssumeRolePolicyDocument)).toContain('sts:SetSourceIdentity');
    expect(listResources(stack)[logicalIdLike(stack, 'LocationPolicy')].Properties.Roles).toEqual([{ Ref: logicalId }]);
    expect(getOnly(stack, INTEGRATION).DependsOn).toContain(logicalId);
  });

  test('warns with the statements when a location role of the user accepts no policies', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'MyRole', {
      assumedBy: new iam.ServicePrincipal('access-grants.s3.amazonaws.com'),
    });
    newIntegration(stack, 'Sales', { locationRole: role.withoutPolicyUpdates() });
    Annotations.fromStack(stack).hasWarning(
      '*',
      Match.stringLikeRegexp(
        'accepts no policies from this app. It needs these statements: .*s3:GetObject.*, and these in its trust '
          + 'policy: .*sts:SetSourceIdentity.*aws:SourceArn.*\\[ROLE_WITHOUT_POLICY_UPDATES\\]',
      ),
    );
    expect(getOnly(stack, INTEGRATION).DependsOn).toContain(stack.getLogicalId(role.node.defaultChild as iam.CfnRole));
  });

  test('gives a location role of the user a policy when it is imported', () => {
    const stack = newStack();
    const locationRole = iam.Role.fromRoleArn(stack, 'MyRole', 'arn:aws:iam::111122223333:role/location');
    newIntegration(stack, 'Sales', { locationRole });
    expect(listResources(stack)[logicalIdLike(stack, 'LocationPolicy')].Properties.Roles).toEqual(['location']);
    expect(getOnly(stack, INTEGRATION).Properties.LocationRoleArn).toBe('arn:aws:iam::111122223333:role/location');
  });
});

test('applies a permissions boundary to every role', () => {
  const stack = newStack();
  newIntegration(stack, 'Sales');
  iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary'));
  const boundaries = Object.values(listResources(stack))
    .filter(({ Type }) => Type === 'AWS::IAM::Role')
    .map(({ Properties }) => Properties.PermissionsBoundary);
  const boundary = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111122223333:policy/boundary']] };
  expect(boundaries).toEqual([boundary, boundary, boundary]);
});

test.each<[string, iam.CustomizeRolesOptions, RegExp]>([
  ['prevents their synthesis', { preventSynthesis: true }, /:role/],
  ['names precreated roles', { usePrecreatedRoles: { 'Immuta/HandlerRole': 'handler' } }, /:role\/handler"/],
])('leaves roles out of the template when Role.customizeRoles %s', (_, options, role) => {
  const stack = newStack();
  iam.Role.customizeRoles(stack, options);
  newIntegration(stack, 'Sales', { tenant: newTenant(stack) });
  expect(countTypes(stack)).toMatchObject({ [INTEGRATION]: 1, [INSTANCE]: 1 });
  expect(countTypes(stack)).not.toHaveProperty('AWS::IAM::Role');
  expect(JSON.stringify(getOnly(stack, 'AWS::Lambda::Function').Properties.Role)).toMatch(role);
});

test('lets an Aspect visit every role', () => {
  const stack = newStack();
  newIntegration(stack, 'Sales');
  const roles: string[] = [];
  Aspects.of(stack).add({ visit: (node) => { if (node instanceof iam.Role) { roles.push(node.node.id); } } });
  Template.fromStack(stack);
  expect(roles).toEqual(['HandlerRole', 'LocationRole', 'ImmutaRole']);
});

describe('Identity Center of an integration', () => {
  const identityCenter = { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' };

  test('accepts Identity Center when the integration has an explicit instance', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: identityCenter.instanceArn });
    newIntegration(stack, 'Sales', { identityCenter: { ...identityCenter, identityStoreAccount: '999900001111' } });
    expect(synthError(stack)).toBe('');
    expect(
      JSON.stringify(listResources(stack)[logicalIdLike(stack, 'LocationRole')].Properties.AssumeRolePolicyDocument),
    ).toContain('sts:SetContext');
    expect(JSON.stringify(listResources(stack)[logicalIdLike(stack, 'ImmutaRole')])).toContain(
      ':identitystore::999900001111:identitystore/d-1234567890',
    );
  });

  test('accepts Identity Center when the instance is imported', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales', {
      identityCenter,
      accessGrantsInstance: AccessGrantsInstance.fromDefault(stack, 'Instance'),
    });
    expect(synthError(stack)).toBe('');
  });

  test('fails when an integration with Identity Center uses the default instance', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales', { identityCenter });
    expect(synthError(stack)).toContain(
      "'identityCenter' needs an S3 Access Grants instance that is associated with Identity Center. " +
        "Pass an 'AdoptingAccessGrantsInstance' with 'identityCenterInstanceArn', or an imported instance. "
          + '[IDENTITY_CENTER_WITHOUT_INSTANCE]',
    );
  });

  test.each([
    ['none', undefined, 'none'],
    [
      'another Identity Center',
      'arn:aws:sso:::instance/ssoins-9999888877776666',
      '"arn:aws:sso:::instance/ssoins-9999888877776666"',
    ],
  ])('fails when the passed or defined instance is associated with %s', (_, identityCenterInstanceArn, got) => {
    for (const given of [true, false]) {
      const stack = newStack();
      const instance = new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn });
      newIntegration(stack, 'Sales', { identityCenter, accessGrantsInstance: given ? instance : undefined });
      expect(synthError(stack)).toContain(
        "'identityCenterInstanceArn' of 'Stack/Instance' must be " +
          `"${identityCenter.instanceArn}" as in 'identityCenter', got ${got}. Set both to the same Identity Center `
            + 'instance. [IDENTITY_CENTER_MISMATCH]',
      );
    }
  });

  test('accepts Identity Center when the association of the instance is a token', () => {
    const stack = newStack();
    new AccessGrantsInstance(stack, 'Instance', {
      identityCenterInstanceArn: new CfnParameter(stack, 'IdentityCenter').valueAsString,
    });
    newIntegration(stack, 'Sales', { identityCenter });
    expect(synthError(stack)).toBe('');
  });
});

describe('construct IDs', () => {
  test('keeps stable logical IDs for the construct IDs of an integration', () => {
    const stack = newStack();
    const tenant = newTenant(stack);
    const sales = new s3.Bucket(stack, 'SalesBucket');
    const role = new iam.Role(stack, 'Existing', { assumedBy: new iam.AccountRootPrincipal() });
    const user = new iam.User(stack, 'User');
    newIntegration(stack, 'AssumeRole', { tenant, location: S3Location.bucket(sales) });
    newIntegration(stack, 'ExistingRole', {
      tenant,
      locationRole: role,
      authentication: ImmutaAuthentication.existingRole(role),
    });
    newIntegration(stack, 'AccessKey', {
      tenant,
      authentication: ImmutaAuthentication.accessKeySecret({
        secret: Secret.fromSecretNameV2(stack, 'Key', 'key'),
        user,
      }),
    });
    const ids = Object.entries(listResources(stack)).map(([logicalId, { Type }]) => `${logicalId}: ${Type}`);
    expect(ids.sort().join('\n')).toMatchSnapshot();
  });

  test.each([
    ['another bucket', (stack: Stack) => S3Location.bucket(importedBucket(stack, 'acme-ads'))],
    ['another prefix', (stack: Stack) => S3Location.prefix(importedBucket(stack), 'raw/')],
    ['all buckets', () => S3Location.allBuckets()],
    ['a bucket of the stack', (stack: Stack) => S3Location.bucket(new s3.Bucket(stack, 'New'))],
  ])('gives an integration new logical IDs when the location is %s', (_, location) => {
    const ids = (of: (stack: Stack) => S3Location) => {
      const stack = newStack();
      newIntegration(stack, 'Lake', { tenant: newTenant(stack), location: of(stack) });
      return Object.keys(listResources(stack)).filter((logicalId) => logicalId.startsWith('Lake'));
    };
    const before = ids((stack) => S3Location.bucket(importedBucket(stack)));
    const after = ids(location);
    expect(before).toHaveLength(3);
    expect(after).toHaveLength(3);
    expect(after.filter((logicalId) => before.includes(logicalId))).toEqual([]);
  });

  test('keeps the resources of a moved construct when logical IDs are renamed', () => {
    const integrationIn = (scopeOf: (stack: Stack) => Construct, id: string) => {
      const stack = newStack();
      const tenant = newTenant(stack);
      const role = iam.Role.fromRoleName(stack, 'Imported', 'imported');
      newIntegration(scopeOf(stack), id, {
        tenant,
        location: S3Location.bucket(importedBucket(stack)),
        locationRole: role,
        authentication: ImmutaAuthentication.existingRole(role),
      });
      return stack;
    };
    const movedIntegration = () => integrationIn((stack) => new Construct(stack, 'Somewhere'), 'After');
    const ids = (stack: Stack, prefix: string) =>
      ['ImmutaPolicy', 'LocationPolicy', ''].map((kind) =>
        Object.keys(listResources(stack)).find((logicalId) =>
          new RegExp(`^${prefix}[0-9a-f]{8}${kind}[0-9A-F]{8}$`).test(logicalId),
        )!,
      );

    const before = integrationIn((stack) => stack, 'Before');
    const after = movedIntegration();
    const oldIds = ids(before, 'Before');
    ids(movedIntegration(), 'SomewhereAfter').forEach((newId, n) => after.renameLogicalId(newId, oldIds[n]));
    expect(normalize(listResources(after))).toEqual(normalize(listResources(before)));
  });

  test('distinguishes buckets of the same logical ID in two stacks', () => {
    const app = new App();
    const [one, other] = ['One', 'Two'].map((id) => new s3.Bucket(newStack(undefined, app, id), 'Bucket'));
    expect(S3Location.bucket(one)._identity).not.toBe(S3Location.bucket(other)._identity);
  });

  test('keeps the logical IDs when locationIdentity is set', () => {
    const ids = (bucket: string) => {
      const stack = newStack();
      newIntegration(stack, 'Lake', {
        tenant: newTenant(stack),
        location: S3Location.bucket(importedBucket(stack, bucket)),
        locationIdentity: 'pinned',
      });
      return Object.keys(listResources(stack));
    };
    expect(ids('one-bucket')).toEqual(ids('other-bucket'));
  });

  test('fails when locationIdentity is a token, whose digest other tokens of the app would change', () => {
    const stack = newStack();
    newIntegration(stack, 'Lake', { locationIdentity: new s3.Bucket(stack, 'Data').bucketName });
    expect(synthError(stack)).toContain("'locationIdentity' must be known at synth, got a token. "
      + "Pass a literal text, such as 'sales-lake'. [LOCATION_IDENTITY_TOKEN]");
  });

  test('keeps the logical IDs when a property that adds no resource changes', () => {
    const ids = (props: (stack: Stack) => Partial<ImmutaS3IntegrationProps>) => {
      const stack = newStack();
      const accessGrantsInstance = new AccessGrantsInstance(stack, 'Instance', {
        identityCenterInstanceArn: IDENTITY_CENTER,
      });
      newIntegration(stack, 'Lake', { tenant: newTenant(stack), accessGrantsInstance, ...props(stack) });
      return Object.keys(listResources(stack)).sort();
    };
    type AddingProps =
      | 'accessGrantsInstance'
      | 'adopt'
      | 'authentication'
      | 'diagnosePermissions'
      | 'location'
      | 'locationIdentity'
      | 'locationRole'
      | 'tenant';
    const changed = (stack: Stack): Required<Omit<ImmutaS3IntegrationProps, AddingProps>> => ({
      access: LocationAccess.READ_ONLY,
      bucketAccount: '444455556666',
      encryptionKeys: [kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:444455556666:key/abc')],
      iamPropagationTimeout: Duration.minutes(1),
      identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' },
      integrationName: 'x',
      removalPolicy: RemovalPolicy.RETAIN,
      restrictPassRole: false,
      restrictScope: false,
      revision: '1',
      timeout: Duration.minutes(40),
    });
    expect(ids(changed)).toEqual(ids(() => ({})));
  });
});

describe('removal', () => {
  const policies = (stack: Stack) =>
    Object.fromEntries(
      Object.entries(listResources(stack)).map(([logicalId, { DeletionPolicy, UpdateReplacePolicy }]) => [
        logicalId,
        `${DeletionPolicy}, ${UpdateReplacePolicy}`,
      ]),
    );
  const retained = 'RetainExceptOnCreate, Retain';

  test.each([RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE])(
    '%s retains what the integration needs',
    (removalPolicy) => {
      const stack = newStack();
      newIntegration(stack, 'Sales', { tenant: newTenant(stack), removalPolicy });
      const kept = Object.entries(policies(stack))
        .filter(([, policy]) => policy === retained)
        .map(([logicalId]) => logicalId);
      expect(kept.sort()).toEqual(
        [
          'S3AccessGrantsInstance',
          logicalIdLike(stack, 'ImmutaRole'),
          logicalIdLike(stack, 'LocationRole'),
          getOnly(stack, INTEGRATION).logicalId,
        ].sort(),
      );
    },
  );

  test('retains policies on roles of the user, but not those of the handler', () => {
    const stack = newStack();
    const locationRole = iam.Role.fromRoleName(stack, 'Location', 'location');
    newIntegration(stack, 'Sales', {
      locationRole,
      authentication: ImmutaAuthentication.accessKeySecret({
        secret: Secret.fromSecretNameV2(stack, 'Key', 'key'),
        user: new iam.User(stack, 'User'),
      }),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    expect(policies(stack)[logicalIdLike(stack, 'LocationPolicy')]).toBe(retained);
    expect(policies(stack)[logicalIdLike(stack, 'ImmutaPolicy')]).toBe(retained);
    expect(policies(stack)[logicalIdLike(stack, 'AccessKeyPolicy')]).toBe('Delete, Delete');
  });

  test.each([
    [RemovalPolicy.RETAIN, retained],
    [RemovalPolicy.DESTROY, 'Delete, Delete'],
  ])('with %s, gives later grants to a role the policy %s', (removalPolicy, expected) => {
    const stack = newStack();
    const { locationRole } = newIntegration(stack, 'Sales', { removalPolicy });
    new kms.Key(stack, 'Key').grantDecrypt(locationRole);
    expect(policies(stack)[logicalIdLike(stack, 'LocationRoleDefaultPolicy')]).toBe(expected);
  });

  test('passes a later removal policy to the custom resource', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales').applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(getOnly(stack, INTEGRATION)).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { RemovalPolicy: 'retain' },
    });
    expect(policies(stack)[logicalIdLike(stack, 'LocationRole')]).toBe(retained);
  });

  test.each([
    [1, 'RetainExceptOnCreate'],
    [2, 'Delete'],
  ])('when %d of two retained integrations is destroyed after all, the instance has the policy %s', (count, policy) => {
    const stack = newStack();
    const integrations = ['one-bucket', 'other-bucket'].map((bucket) => newIntegration(stack, bucket, {
      location: S3Location.bucket(importedBucket(stack, bucket)), removalPolicy: RemovalPolicy.RETAIN,
    }));
    integrations.slice(0, count).forEach((integration) => integration.applyRemovalPolicy(RemovalPolicy.DESTROY));
    expect(getOnly(stack, INSTANCE).DeletionPolicy).toBe(policy);
  });

  test('keeps the policy that the user gave the resource of the instance', () => {
    const stack = newStack();
    const accessGrantsInstance = new AccessGrantsInstance(stack, 'Instance');
    (accessGrantsInstance.node.defaultChild as CfnResource).applyRemovalPolicy(RemovalPolicy.RETAIN);
    newIntegration(stack, 'Sales', { accessGrantsInstance });
    expect(getOnly(stack, INSTANCE).DeletionPolicy).toBe('Retain');
  });

  test('retains the passed instance unless that has a removal policy', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales', {
      accessGrantsInstance: new AccessGrantsInstance(stack, 'Instance'),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    expect(getOnly(stack, INSTANCE).DeletionPolicy).toBe('RetainExceptOnCreate');

    const other = newStack();
    const accessGrantsInstance = new AccessGrantsInstance(other, 'Instance', { removalPolicy: RemovalPolicy.DESTROY });
    newIntegration(other, 'Sales', { accessGrantsInstance, removalPolicy: RemovalPolicy.RETAIN });
    expect(getOnly(other, INSTANCE).DeletionPolicy).toBe('Delete');
  });

  test('fails when the removal policy is SNAPSHOT', () => {
    const stack = newStack();
    newIntegration(stack, 'Sales', { removalPolicy: RemovalPolicy.SNAPSHOT });
    expect(synthError(stack)).toContain('\'removalPolicy\' must be DESTROY or RETAIN, got SNAPSHOT. '
      + 'Use \'RemovalPolicy.RETAIN\' to keep the resource. [REMOVAL_POLICY_UNSUPPORTED]');

    const other = newStack();
    newIntegration(other, 'Sales').applyRemovalPolicy(RemovalPolicy.SNAPSHOT);
    expect(synthError(other)).toContain('\'removalPolicy\' must be DESTROY or RETAIN, got SNAPSHOT');
  });
});

describe('dependencies', () => {
  // `Template.fromStack`, and with it `resourcesOf`, throws an error if the template has a circle.
  test.each([
    ['the tenant', (stack: Stack) => {
      const tenant = newTenant(stack);
      return { scope: tenant, needs: tenant.handler.node.defaultChild, props: { tenant } };
    }],
    ['the instance', (stack: Stack) => {
      const accessGrantsInstance = new AccessGrantsInstance(stack, 'Instance');
      const needs = accessGrantsInstance.node.defaultChild;
      return { scope: accessGrantsInstance, needs, props: { accessGrantsInstance } };
    }],
    ['the location role', (stack: Stack) => {
      const locationRole = new iam.Role(stack, 'Location', {
        assumedBy: new iam.ServicePrincipal('access-grants.s3.amazonaws.com'),
      });
      return { scope: locationRole, needs: locationRole.node.defaultChild, props: { locationRole } };
    }],
    ['the user', (stack: Stack) => {
      const user = new iam.User(stack, 'User');
      const secret = Secret.fromSecretNameV2(stack, 'Key', 'key');
      const authentication = ImmutaAuthentication.accessKeySecret({ secret, user });
      return { scope: user, needs: user.node.defaultChild, props: { authentication } };
    }],
  ])('has no circular dependency when two integrations are children of %s', (_, given) => {
    const stack = newStack();
    const { scope, needs, props } = given(stack);
    ['One', 'Two'].forEach((id) => newIntegration(scope, id, props));

    const integrations = Object.entries(listResources(stack)).filter(([, { Type }]) => Type === INTEGRATION);
    expect(integrations).toHaveLength(2);
    const [ids, dependencies] = [integrations.map(([id]) => id), integrations.map(([, { DependsOn }]) => DependsOn!)];
    for (const dependsOn of dependencies) {
      expect(dependsOn).toContain(stack.resolve((needs as CfnElement).logicalId));
      expect(dependsOn.filter((id) => ids.includes(id))).toEqual([]);
    }
  });

  test('has no circular dependency when added policies of the roles refer to the integration', () => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Lake');
    const statement = () =>
      new iam.PolicyStatement({ actions: ['ssm:GetParameter'], resources: [integration.integrationId] });
    integration.locationRole.addToPrincipalPolicy(statement());
    integration.immutaRole!.addToPrincipalPolicy(statement());

    const Resource = { 'Fn::GetAtt': [getOnly(stack, INTEGRATION).logicalId, 'IntegrationId'] };
    for (const { node } of [integration.locationRole, integration.immutaRole!]) {
      Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
        PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'ssm:GetParameter', Resource })]) },
        Roles: [{ Ref: stack.getLogicalId(node.defaultChild as CfnElement) }],
      });
    }
  });
});

describe('across stacks', () => {
  const POLICY_NAME_WITH_GUID = {
    'Fn::Join': [
      '',
      [expect.stringMatching(/^[\w-]+-$/), { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }],
    ],
  };

  test('works when tenant and integration are in different stacks', () => {
    const app = new App();
    const [home, other] = ['Home', 'Other'].map((id) => newStack(undefined, app, id));
    const tenant = newTenant(home);
    newIntegration(other, 'Sales', {
      tenant,
      authentication: ImmutaAuthentication.accessKeySecret({
        secret: new Secret(other, 'Key'),
        user: new iam.User(other, 'User'),
      }),
    });
    expect(synthError(home)).toBe('');
    expect(other.dependencies).toEqual([home]);
    expect(home.dependencies).toEqual([]);
    const policy = listResources(other)[logicalIdLike(other, 'AccessKeyPolicy')];
    // the generated name of Immuta's own policy
    expect(JSON.stringify(policy.Properties.PolicyName)).toContain(getOnly(other, 'AWS::IAM::ManagedPolicy').logicalId);
    expect(policy.Properties.PolicyDocument.Statement).toEqual([
      {
        Action: 'secretsmanager:GetSecretValue',
        Effect: 'Allow',
        Resource: { Ref: getOnly(other, 'AWS::SecretsManager::Secret').logicalId },
      },
    ]);
  });

  test('names a policy on the handler after its stack when the integration has no location role of its own', () => {
    const app = new App();
    const [home, other] = ['Home', 'Other'].map((id) => newStack(undefined, app, id));
    newIntegration(other, 'Sales', {
      tenant: newTenant(home),
      locationRole: iam.Role.fromRoleArn(other, 'Location', 'arn:aws:iam::111122223333:role/location'),
      diagnosePermissions: true,
    });
    const policy = listResources(other)[logicalIdLike(other, 'DiagnosisPolicy')];
    expect(policy.Properties.PolicyName).toEqual(POLICY_NAME_WITH_GUID);
  });

  test('attaches policies to roles of another stack', () => {
    const app = new App();
    const [home, other] = ['Home', 'Other'].map((id) => newStack(undefined, app, id));
    const [immutaRole, locationRole] = ['Immuta', 'Location'].map(
      (id) => new iam.Role(home, id, { assumedBy: new iam.AccountRootPrincipal() }),
    );
    newIntegration(other, 'Sales', { locationRole, authentication: ImmutaAuthentication.existingRole(immutaRole) });
    expect(synthError(home)).toBe('');
    expect(other.dependencies).toEqual([home]);
    for (const id of ['ImmutaPolicy', 'LocationPolicy']) {
      expect(listResources(other)[logicalIdLike(other, id)]).toMatchObject({
        Type: 'AWS::IAM::ManagedPolicy', Properties: { Roles: [{ 'Fn::ImportValue': expect.anything() }] },
      });
    }
  });

  test('attaches a policy for each Region to a shared role', () => {
    const app = new App();
    const role = new iam.Role(newStack(undefined, app, 'Global'), 'Immuta', {
      roleName: 'immuta',
      assumedBy: new iam.AccountRootPrincipal(),
    });
    const stacks = ['us-east-1', 'eu-west-1'].map((region) => {
      const stack = newStack({ env: { ...ENV, region } }, app, `Lake-${region}`);
      newIntegration(stack, 'Sales', {
        location: S3Location.allBuckets(),
        authentication: ImmutaAuthentication.existingRole(role),
      });
      return stack;
    });
    expect(synthError(stacks[0])).toBe('');
    const policies = stacks.map((stack) => listResources(stack)[logicalIdLike(stack, 'ImmutaPolicy')]);
    // Each Region has a policy of its own with a name that CloudFormation generates.
    expect(policies.map(({ Type, Properties }) => [Type, Properties.ManagedPolicyName])).toEqual(
      Array(2).fill(['AWS::IAM::ManagedPolicy', undefined]),
    );
    expect(policies[1].Properties.Roles).toEqual(['immuta']);
  });

  test('works when the integration is in a nested stack of the tenant\'s stack', () => {
    const stack = newStack();
    const nested = new NestedStack(stack, 'Nested');
    newIntegration(nested, 'Sales', { tenant: newTenant(stack) });
    expect(synthError(stack)).toBe('');
    // The parent stack passes the ARN as a parameter.
    const parameter = { Ref: expect.stringMatching(/^referenceto.*Handler.*Arn$/) };
    expect(getOnly(nested, INTEGRATION).Properties.ServiceToken).toEqual(parameter);
  });

  test('works when the bucket and the key are in another stack', () => {
    const app = new App();
    const [home, other] = ['Home', 'Other'].map((id) => newStack(undefined, app, id));
    newIntegration(other, 'Sales', {
      location: S3Location.bucket(new s3.Bucket(home, 'Bucket')),
      encryptionKeys: [new kms.Key(home, 'Key')],
    });
    expect(synthError(home)).toBe('');
    expect(home.dependencies).toEqual([]);
  });

  test.each([
    ['Region', { ...ENV, region: 'eu-west-1' }, 'account 111122223333, Region eu-west-1'],
    ['account', { ...ENV, account: '444455556666' }, 'account 444455556666, Region us-east-1'],
  ])('fails when the tenant is in another %s', (_, env, where) => {
    const app = new App();
    const home = newStack({ env }, app, 'Home');
    const other = newStack(undefined, app, 'Other');
    const tenant = newTenant(home, 'Immuta');
    expect(() => newIntegration(other, 'Sales', { tenant })).toThrow(
      `tenant 'Home/Immuta' must be in account 111122223333, Region us-east-1, as the integration is, got ${where}. ` +
        "Define an 'ImmutaTenant' in a stack of this account and Region. [TENANT_IN_OTHER_ENVIRONMENT]",
    );
  });

  test.each([
    [
      "only the tenant's",
      {},
      { env: ENV },
      'account not known, Region not known',
      'account 111122223333, Region us-east-1',
    ],
    [
      "only the integration's",
      { env: ENV },
      {},
      'account 111122223333, Region us-east-1',
      'account not known, Region not known',
    ],
    [
      "the tenant's Region",
      { env: { account: ENV.account } },
      { env: ENV },
      'account 111122223333, Region not known',
      'account 111122223333, Region us-east-1',
    ],
  ])('fails when %s environment is not known', (_, ofTenant, ofIntegration, home, here) => {
    const app = new App();
    const tenant = newTenant(newStack(ofTenant, app, 'Home'));
    expect(() => newIntegration(newStack(ofIntegration, app, 'Other'), 'Sales', { tenant })).toThrow(
      `tenant 'Home/Immuta' is in ${home}, and the integration is in ${here}. Give both stacks the same 'env', or `
        + 'neither an \'env\'. [TENANT_ENVIRONMENT_UNKNOWN]',
    );
  });

  test('works when the environments of tenant and integration are not known', () => {
    const app = new App();
    const [home, other] = ['Home', 'Other'].map((id) => newStack({}, app, id));
    newIntegration(other, 'Sales', { tenant: newTenant(home) });
    expect(synthError(home)).toBe('');
  });

  test('lets the bucket and the key of another account add its statements', () => {
    const app = new App();
    const theirs = newStack({ env: { ...ENV, account: '444455556666' } }, app, 'Theirs');
    const ours = newStack(undefined, app, 'Ours');
    const bucket = new s3.Bucket(theirs, 'Bucket', { bucketName: 'acme-sales' });
    const key = new kms.Key(theirs, 'Key');
    const integration = newIntegration(ours, 'Sales', {
      location: S3Location.bucket(bucket),
      encryptionKeys: [kms.Key.fromKeyArn(ours, 'Key', 'arn:aws:kms:us-east-1:444455556666:key/abc')],
    });
    integration.bucketPolicyStatements.forEach((statement) => bucket.addToResourcePolicy(statement));
    integration.keyPolicyStatements.forEach((statement) => key.addToResourcePolicy(statement));

    expect(synthError(ours)).toBe('');
    const names = ['LocationRole', 'ImmutaRole'].map(
      (id) => listResources(ours)[logicalIdLike(ours, id)].Properties.RoleName,
    );
    const arns = names.map((name) => theirs.resolve(`arn:${theirs.partition}:iam::111122223333:role/${name}`));
    const principals = getOnly(theirs, 'AWS::S3::BucketPolicy').Properties.PolicyDocument.Statement.map(
      ({ Principal }: any) => Principal.AWS,
    );
    expect(principals).toEqual([arns[0], arns[0], arns[1]]);
    expect(JSON.stringify(getOnly(theirs, 'AWS::KMS::Key').Properties.KeyPolicy)).toContain(names[0]);
  });

  test('names roles only when another account or Region refers to them', () => {
    const stack = newStack();
    const integration = newIntegration(stack, 'Sales');
    const names = () =>
      ['LocationRole', 'ImmutaRole'].map((id) => listResources(stack)[logicalIdLike(stack, id)].Properties.RoleName);
    expect(names()).toEqual([undefined, undefined]);

    const theirs = newStack({ env: { ...ENV, account: '444455556666' } }, stack.node.root as App, 'Theirs');
    const bucket = new s3.Bucket(theirs, 'Bucket', { bucketName: 'acme-sales' });
    integration.bucketPolicyStatements.forEach((statement) => bucket.addToResourcePolicy(statement));
    synthError(stack);
    expect(names()).toEqual([expect.any(String), expect.any(String)]);
  });

  test('fails when the instance is in another Region', () => {
    const stack = newStack();
    const accessGrantsInstance = AccessGrantsInstance.fromAccessGrantsInstanceArn(
      stack,
      'I',
      'arn:aws:s3:eu-west-1:111122223333:access-grants/default',
    );
    expect(() => newIntegration(stack, 'Sales', { accessGrantsInstance })).toThrow(
      "'accessGrantsInstance' must be in account 111122223333, Region us-east-1, as the integration is, " +
        "got account 111122223333, Region eu-west-1. Pass 'AccessGrantsInstance.fromDefault' of this stack. "
          + '[INSTANCE_IN_OTHER_ENVIRONMENT]',
    );
  });
});

describe('partitions', () => {
  test.each([
    ['us-gov-west-1', { env: { ...ENV, region: 'us-gov-west-1' } }],
    ['cn-north-1', { env: { ...ENV, region: 'cn-north-1' } }],
    ['none', {}],
  ])('contains no ARN of the partition aws when the Region is %s', (_, props) => {
    const stack = newStack(props);
    const instanceArn = 'arn:aws-cn:sso:::instance/ssoins-1111222233334444';
    const instance = new AccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: instanceArn });
    instance.grantDataAccess(new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() }));
    newIntegration(stack, 'Sales', {
      identityCenter: { instanceArn, identityStoreId: 'd-1234567890' },
      accessGrantsInstance: instance,
      authentication: ImmutaAuthentication.assumeRole({
        principal: new iam.AccountPrincipal('444455556666'),
        externalId: 'abc',
      }),
    });
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('arn:aws:');
  });
});

test('imports an integration by its ID', () => {
  const stack = newStack();
  expect(ImmutaS3Integration.fromIntegrationId(stack, 'Sales', '17').integrationId).toBe('17');
  expect(stack.node.findAll().filter((node) => CfnElement.isCfnElement(node))).toEqual([]);
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});

function logicalIdLike(stack: Stack, part: string): string {
  const found = Object.keys(listResources(stack)).filter((logicalId) => logicalId.includes(part));
  expect(found).toHaveLength(1);
  return found[0];
}
