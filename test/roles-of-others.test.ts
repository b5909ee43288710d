import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Fn, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  countTypes, ENV, getOnly, importedBucket, INTEGRATION, listResources, newIntegration, newStack, synthError,
  URL_OF_TENANT,
} from './fixture';
import {
  AdoptingAccessGrantsInstance, ImmutaAuthentication, ImmutaS3Integration, ImmutaTenant, S3Location,
} from '../src';
import { Annotations } from './support/annotations';

const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';

/** A role in the account of the stack. */
type RoleOf = (scope: Stack, name: string) => iam.IRole | undefined;

/** Defines everything that has a role. */
function defineAll(stack: Stack, roleOf: RoleOf): ImmutaS3Integration {
  const tenant = new ImmutaTenant(stack, 'Immuta', {
    url: URL_OF_TENANT,
    apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta/api-key'),
    role: roleOf(stack, 'handler'),
  });
  const accessGrantsInstance = new AdoptingAccessGrantsInstance(stack, 'Instance', {
    identityCenterInstanceArn: IDENTITY_CENTER,
    role: roleOf(stack, 'instance'),
  });
  const immuta = roleOf(stack, 'immuta');
  const integration = newIntegration(stack, 'Sales', {
    tenant,
    accessGrantsInstance,
    locationRole: roleOf(stack, 'location'),
    identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' },
    diagnosePermissions: true,
    ...immuta && { authentication: ImmutaAuthentication.existingRole(immuta) },
  });
  integration.addDataSources('Curated', { dataSources: { 'Sales orders': 'orders/' } });
  integration.addHealthCheck({ eventBus: events.EventBus.fromEventBusName(stack, 'Bus', 'default') });
  return integration;
}

/** Defines the check of a tenant, which has a role of its own. */
function defineWithTenantCheck(stack: Stack, roleOf: RoleOf): ImmutaS3Integration {
  const integration = defineAll(stack, roleOf);
  (stack.node.findChild('Immuta') as ImmutaTenant).addHealthCheck();
  return integration;
}

const importRole = (options?: iam.FromRoleArnOptions): RoleOf => (scope, name) =>
  iam.Role.fromRoleArn(scope, name, `arn:aws:iam::111122223333:role/${name}`, options);
const NEW_ROLES: RoleOf = () => undefined;

function iamTypes(stack: Stack): string[] {
  return Object.keys(countTypes(stack)).filter((type) => type.startsWith('AWS::IAM::'));
}

interface ReportedRole {
  readonly roleConstructPath: string;
  readonly assumeRolePolicy: Statement[];
  readonly identityPolicyStatements: Statement[];
}

interface Statement {
  readonly Action: string | string[];
}

function readReport(app: App): ReportedRole[] {
  const { directory } = app.synth({ force: true });
  return JSON.parse(fs.readFileSync(path.join(directory, 'iam-policy-report.json'), 'utf8')).roles;
}

/** The actions of each statement in a list, as text. */
const actionsOf = (statements: Statement[]) => statements.map(({ Action }) => String(Action)).sort();

/** The actions that the report of `Role.customizeRoles` lists, by the construct path of the role. */
function reportedActions(app: App): Record<string, string[]> {
  return Object.fromEntries(readReport(app).map(({ roleConstructPath, identityPolicyStatements }) => [
    roleConstructPath, identityPolicyStatements.flatMap(({ Action }) => Action),
  ]));
}

/** One action of each policy that the library adds. */
const HANDLER = [
  'secretsmanager:GetSecretValue', 'logs:PutLogEvents', 'lambda:InvokeFunction', 'iam:SimulatePrincipalPolicy',
  'events:PutEvents',
];
const INSTANCE = ['s3:CreateAccessGrantsInstance', 'lambda:InvokeFunction', 'sso:CreateApplication'];
const LOCATION = ['s3:GetObject', 's3:ListBucket'];
const IMMUTA = ['s3:CreateAccessGrantsLocation', 'iam:PassRole'];

describe('Role.customizeRoles', () => {
  test.each<[string, RoleOf, Record<string, string[]>]>([
    ['new roles', NEW_ROLES, {
      'Stack/Immuta/HandlerRole': HANDLER,
      'Stack/Instance/HandlerRole': INSTANCE,
      'LocationRole': LOCATION,
      'ImmutaRole': IMMUTA,
      'Stack/Immuta/HealthCheck/Role': ['lambda:InvokeFunction'],
    }],
    ['imported roles', importRole(), {
      'Stack/handler': HANDLER, 'Stack/instance': INSTANCE, 'Stack/location': LOCATION, 'Stack/immuta': IMMUTA,
    }],
  ])('leaves no resource of IAM with Role.customizeRoles and reports every statement of %s', (_, roleOf, expected) => {
    const app = new App();
    iam.Role.customizeRoles(app);
    const stack = newStack({ env: ENV }, app);
    defineWithTenantCheck(stack, roleOf);

    expect(iamTypes(stack)).toEqual([]);
    const reported = Object.entries(reportedActions(app));
    for (const [role, actions] of Object.entries(expected)) {
      const [, found] = reported.find(([rolePath]) => rolePath.endsWith(role))!;
      expect(found).toEqual(expect.arrayContaining(actions));
    }
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('accepts no policies'));
  });

  test.each<[string, (stack: Stack) => ImmutaAuthentication]>([
    ['a managed access key', () => ImmutaAuthentication.managedAccessKey()],
    ['a managed access key of an imported user', (stack) =>
      ImmutaAuthentication.managedAccessKey({ user: iam.User.fromUserName(stack, 'User', 'immuta') })],
    ['the key of a secret', (stack) => ImmutaAuthentication.accessKeySecret({
      secret: Secret.fromSecretNameV2(stack, 'Key', 'immuta/key'), user: new iam.User(stack, 'User'),
    })],
  ])('warns once with Role.customizeRoles of all statements that the user of %s needs', (_, authenticate) => {
    const app = new App();
    iam.Role.customizeRoles(app);
    const stack = newStack({ env: ENV }, app);
    newIntegration(stack, 'Lake', { authentication: authenticate(stack) });

    const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('USER_WITHOUT_POLICY'));
    expect(warnings).toHaveLength(1);
    for (const action of IMMUTA) {
      expect(String(warnings[0].entry.data)).toContain(`"${action}"`);
    }
  });

  test('lists in the report of Role.customizeRoles all statements that new roles get, and no others', () => {
    const app = new App();
    iam.Role.customizeRoles(app);
    defineWithTenantCheck(newStack({ env: ENV }, app), NEW_ROLES);
    const reported = readReport(app);

    const plain = newStack();
    defineWithTenantCheck(plain, NEW_ROLES);
    const resources = Object.values(listResources(plain)).filter(({ Type }) => Type.startsWith('AWS::IAM::'));
    const documents = resources.flatMap(({ Properties }) => [Properties, ...Properties.Policies ?? []]);
    expect(actionsOf(reported.flatMap((role) => role.identityPolicyStatements)))
      .toEqual(actionsOf(documents.flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? [])));
    expect(actionsOf(reported.flatMap((role) => role.assumeRolePolicy)))
      .toEqual(actionsOf(resources.flatMap(({ Properties }) => Properties.AssumeRolePolicyDocument?.Statement ?? [])));
  });

  test('leaves no resource of IAM in the template when Role.customizeRoles names precreated roles', () => {
    const { locationRole, immutaRole } = defineWithTenantCheck(newStack(), NEW_ROLES);
    const app = new App();
    iam.Role.customizeRoles(app, {
      usePrecreatedRoles: {
        'Stack/Immuta/HandlerRole': 'handler',
        'Stack/Instance/HandlerRole': 'instance',
        [locationRole.node.path]: 'location',
        [immutaRole!.node.path]: 'immuta',
        'Stack/Immuta/HealthCheck/Role': 'health',
      },
    });
    const stack = newStack({ env: ENV }, app);
    defineWithTenantCheck(stack, NEW_ROLES);

    expect(iamTypes(stack)).toEqual([]);
    const { LocationRoleArn, RoleToAssumeArn } = getOnly(stack, INTEGRATION).Properties;
    expect(JSON.stringify(LocationRoleArn)).toMatch(/:role\/location"/);
    expect(JSON.stringify(RoleToAssumeArn)).toMatch(/:role\/immuta"/);
    expect(reportedActions(app)[locationRole.node.path]).toEqual(expect.arrayContaining(LOCATION));
  });
});

test('warns once for each role without policy updates, with the statements that attributes return', () => {
  const stack = newStack();
  const integration = defineAll(stack, importRole({ mutable: false }));

  expect(iamTypes(stack)).toEqual([]);
  const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('accepts no policies'));
  expect(warnings.map(({ id }) => id).sort()).toEqual(
    ['handler', 'immuta', 'instance', 'location'].map((id) => `/Stack/${id}`),
  );
  const messageOf = (role: string) => String(warnings.find(({ id }) => id === `/Stack/${role}`)!.entry.data);
  const listed = (statements: iam.PolicyStatement[]) =>
    statements.flatMap((each) => [each.toStatementJson().Action].flat() as string[]);
  for (const [role, actions, returned] of [
    ['handler', HANDLER, (stack.node.findChild('Immuta') as ImmutaTenant).handlerPolicyStatements],
    ['instance', INSTANCE, (stack.node.findChild('Instance') as AdoptingAccessGrantsInstance).handlerPolicyStatements],
    ['location', LOCATION, integration.locationRolePolicyStatements],
    ['immuta', IMMUTA, integration.immutaPolicyStatements],
  ] as const) {
    for (const action of actions) {
      expect(messageOf(role)).toContain(`"${action}"`);
    }
    expect(listed(returned)).toEqual(expect.arrayContaining([...actions]));
  }
  expect(listed(integration.locationRoleTrustStatements)).toEqual(expect.arrayContaining(['sts:SetContext']));
  expect(messageOf('location')).toContain('and these in its trust policy: [{"Action":["sts:AssumeRole"');
});

test('shows where a statement has the export of another stack', () => {
  const stack = newStack();
  const locationRole = iam.Role.fromRoleArn(stack, 'location', 'arn:aws:iam::444455556666:role/location');
  const location = S3Location.bucket(s3.Bucket.fromBucketName(stack, 'Bucket', Fn.importValue('BucketName')));
  newIntegration(stack, 'Sales', { locationRole, location });

  expect(synthError(stack)).toContain(':s3:::${Fn::ImportValue}/*"');
});

test('fails once for each role of another account, with the statements of all policies', () => {
  const stack = newStack();
  defineAll(stack, (scope, name) => iam.Role.fromRoleArn(scope, name, `arn:aws:iam::444455556666:role/${name}`));
  newIntegration(stack, 'Orders', {
    tenant: stack.node.findChild('Immuta') as ImmutaTenant,
    accessGrantsInstance: stack.node.findChild('Instance') as AdoptingAccessGrantsInstance,
    locationRole: stack.node.findChild('location') as unknown as iam.IRole,
    authentication: ImmutaAuthentication.existingRole(stack.node.findChild('immuta') as unknown as iam.IRole),
    location: S3Location.bucket(importedBucket(stack, 'orders')),
  });

  const errors = synthError(stack).split('\n').filter((line) => line.includes('PRINCIPAL_IN_OTHER_ACCOUNT'));
  const errorOf = (role: string) => errors.filter((line) => line.includes(`'Stack/${role}' must belong to account`));
  expect(errors).toHaveLength(4);
  for (const [role, actions] of [
    ['handler', HANDLER], ['instance', INSTANCE], ['location', LOCATION], ['immuta', IMMUTA],
  ] as const) {
    const [error, ...others] = errorOf(role);
    expect(others).toEqual([]);
    for (const action of actions) {
      expect(error).toContain(`"${action}"`);
    }
  }
  expect(errorOf('location')[0]).toContain(':s3:::orders/*');
  const warnings = stack.node.findAll().flatMap(({ node }) => node.metadata).filter(({ type }) => /warning/.test(type));
  expect(warnings.filter(({ data }) => /accepts no policies/.test(data))).toEqual([]);
});

test.each<[string, (user: iam.IUser, stack: Stack) => ImmutaAuthentication]>([
  ['an access key', (user, stack) => ImmutaAuthentication.accessKeySecret({
    user, secret: Secret.fromSecretNameV2(stack, 'Key', 'immuta/key'),
  })],
  ['a managed access key', (user) => ImmutaAuthentication.managedAccessKey({ user })],
])('fails once when a user of another account has %s', (_, authenticate) => {
  const stack = newStack();
  const user = iam.User.fromUserArn(stack, 'User', 'arn:aws:iam::444455556666:user/immuta');
  newIntegration(stack, 'Sales', { authentication: authenticate(user, stack) });

  expect(synthError(stack).match(/PRINCIPAL_IN_OTHER_ACCOUNT/g)).toHaveLength(1);
});

test('gives roles of the user with policy updates every statement', () => {
  const stack = newStack();
  defineAll(stack, importRole());
  const template = JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  for (const action of [...HANDLER, ...INSTANCE]) {
    expect(template).toContain(`"${action}"`);
  }
  expect(iamTypes(stack).sort()).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy']);
});

test('does not synthesize the app with which it tries whether a role accepts policies', () => {
  process.env.CDK_OUTDIR = 'cdk.out'; // as the CLI does, so that an app synthesizes itself at the end of the process
  const stack = newStack({ env: ENV }, new App({ autoSynth: false }));
  const listeners = process.listenerCount('beforeExit');
  newIntegration(stack, 'Sales', { locationRole: importRole()(stack, 'location') });
  delete process.env.CDK_OUTDIR;

  expect(process.listenerCount('beforeExit')).toBe(listeners);
});
