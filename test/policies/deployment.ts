import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { ACCOUNT, Target } from './resolve-template';
import { PolicyDocument, Principal, TemplatePolicies } from './simulator';
import {
  AccessGrantsInstance,
  ImmutaAuthentication,
  ImmutaS3Integration,
  ImmutaTenant,
  LocationAccess,
  S3Location,
} from '../../src';

export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const OTHER_ACCOUNT = '444455556666';

/** An integration to synthesize. By default it reads and writes unencrypted data of its own account. */
export interface Scenario {
  readonly location: 'bucket' | 'prefix' | 'allBuckets' | 'listedBuckets';
  readonly prefix?: string;
  readonly readOnly?: boolean;
  readonly encrypted?: boolean;
  readonly identityCenter?: boolean;
  /** Whether a customer managed key encrypts its users and groups. */
  readonly encryptedIdentityCenter?: boolean;
  readonly otherAccount?: boolean;
  readonly restrictPassRole?: boolean;
  readonly restrictScope?: boolean;
  readonly diagnosePermissions?: boolean;
  /** How Immuta authenticates. */
  readonly authentication?:
    'assumeRole' | 'existingRole' | 'importedRole' | 'ambient' | 'accessKeySecret' | 'managedAccessKey';
  /** The role that S3 Access Grants assumes: a new one, a role of the app or an imported one. */
  readonly locationRole?: 'made' | 'given' | 'imported';
  /** Whether the stack knows its account and Region. */
  readonly concrete?: boolean;
  /** Whether the CDK merges statements, as in every new app. */
  readonly minimized?: boolean;
  /** A permissions boundary that an Aspect applies to every role of the stack. */
  readonly boundary?: PolicyDocument;
}

/** The principals of a synthesized stack, and the policies that other accounts add. */
export interface Deployment {
  readonly locationRole: Principal;
  /** Unknown for an imported role. */
  readonly buildLocationRoleTrust?: PolicyDocument;
  readonly immuta: Principal;
  readonly immutaTrust?: PolicyDocument;
  readonly handler: Principal;
  readonly reader: Principal;
  readonly bucketPolicy: PolicyDocument;
  readonly keyPolicy: PolicyDocument;
}

const deployments = new Map<string, Deployment>();

/** Synthesizes the scenario once. Tests call it when they run, so that a changed source fails the tests that use it. */
export function deploy(target: Target, scenario: Scenario): Deployment {
  const key = JSON.stringify([target, scenario]);
  const deployment = deployments.get(key) ?? synthesize(target, scenario);
  deployments.set(key, deployment);
  return deployment;
}

/** Synthesizes the scenario with the public constructs. */
function synthesize(target: Target, scenario: Scenario): Deployment {
  const { partition, region } = target;
  const app = new App({
    context: {
      'aws:cdk:disable-asset-staging': true,
      '@aws-cdk/aws-iam:minimizePolicies': scenario.minimized ?? false,
    },
  });
  const stack = new Stack(app, 'lake', scenario.concrete ? { env: { account: ACCOUNT, region } } : {});
  const keyArn = (account: string) => `arn:${partition}:kms:${region}:${account}:key/${KEY_ID}`;

  const apiKey = new secretsmanager.Secret(stack, 'ApiKey', {
    encryptionKey: scenario.encrypted ? kms.Key.fromKeyArn(stack, 'ApiKeyKey', keyArn(ACCOUNT)) : undefined,
  });
  const tenant = new ImmutaTenant(stack, 'Immuta', { url: 'https://acme.immutacloud.com', apiKey });
  const instanceArn = `arn:${partition}:sso:::instance/ssoins-1234567890abcdef`;
  const instance = new AccessGrantsInstance(stack, 'Instance', {
    identityCenterInstanceArn: scenario.identityCenter ? instanceArn : undefined,
  });
  const existing = existingPrincipal(stack, target, scenario);
  const integration = new ImmutaS3Integration(stack, 'SalesLake', {
    tenant,
    location: location(stack, scenario),
    authentication: existing?.authentication ?? ImmutaAuthentication.assumeRole({
      principal: new iam.ArnPrincipal(`arn:${partition}:iam::777788889999:role/immuta`),
      externalId: 'tenant-1',
    }),
    accessGrantsInstance: instance,
    access: scenario.readOnly ? LocationAccess.READ_ONLY : undefined,
    encryptionKeys: scenario.encrypted
      ? [kms.Key.fromKeyArn(stack, 'DataKey', keyArn(scenario.otherAccount ? OTHER_ACCOUNT : ACCOUNT))]
      : undefined,
    bucketAccount: scenario.otherAccount ? OTHER_ACCOUNT : undefined,
    locationRole: givenLocationRole(stack, target, scenario),
    restrictPassRole: scenario.restrictPassRole,
    restrictScope: scenario.restrictScope,
    diagnosePermissions: scenario.diagnosePermissions,
    identityCenter: scenario.identityCenter
      ? {
        instanceArn,
        identityStoreId: 'd-1234567890',
        identityStoreAccount: OTHER_ACCOUNT,
        encryptionKey: scenario.encryptedIdentityCenter
          ? kms.Key.fromKeyArn(stack, 'IdentityCenterKey', keyArn(OTHER_ACCOUNT))
          : undefined,
      }
      : undefined,
  });
  const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('glue.amazonaws.com') });
  instance.grantDataAccess(reader);
  const boundaryArn = `arn:${partition}:iam::${ACCOUNT}:policy/boundary`;
  if (scenario.boundary) {
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', boundaryArn));
  }

  const template = Template.fromStack(stack).toJSON();
  const id = (construct: IConstruct) => stack.getLogicalId(construct.node.defaultChild as iam.CfnRole);
  const immutaRole = existing ? undefined : id(integration.immutaRole!);
  const locationRole = scenario.locationRole === 'imported' ? undefined : id(integration.locationRole);
  const policies = new TemplatePolicies(template, target, {
    [id(apiKey)]: 'api-key',
    [id(tenant.handler)]: 'handler',
    [id(tenant.node.findChild('LogGroup'))]: 'handler-logs',
    ...locationRole ? { [locationRole]: 'location-role' } : {},
    ...immutaRole ? { [immutaRole]: 'immuta-role' } : {},
    ...integration.accessKeySecret ? { [stack.resolve(integration.accessKeySecret.secretArn).Ref]: 'managed-key' } : {},
  }, scenario.boundary ? { [boundaryArn]: scenario.boundary } : {});
  return {
    locationRole: locationRole === undefined ? policies.importedRole('location-role') : policies.role(locationRole),
    buildLocationRoleTrust: locationRole === undefined ? undefined : policies.trustOf(locationRole),
    immuta: existing ? existing.principal(policies) : policies.role(immutaRole!),
    immutaTrust: immutaRole === undefined ? undefined : policies.trustOf(immutaRole),
    handler: policies.role(id(tenant.handler.role!)),
    reader: policies.role(id(reader)),
    bucketPolicy: document(policies, stack, integration.bucketPolicyStatements),
    keyPolicy: document(policies, stack, integration.keyPolicyStatements),
  };
}

function location(stack: Stack, scenario: Scenario): S3Location {
  const bucket = (name: string) => s3.Bucket.fromBucketName(stack, name, name);
  switch (scenario.location) {
    case 'bucket': return S3Location.bucket(bucket('sales'));
    case 'prefix': return S3Location.prefix(bucket('sales'), scenario.prefix ?? 'curated/');
    case 'allBuckets': return S3Location.allBuckets();
    case 'listedBuckets': return S3Location.allBuckets({ buckets: [bucket('sales'), bucket('people')] });
  }
}

function givenLocationRole(stack: Stack, { partition }: Target, scenario: Scenario): iam.IRole | undefined {
  switch (scenario.locationRole) {
    case 'given': return new iam.Role(stack, 'Given', { assumedBy: new iam.ServicePrincipal('glue.amazonaws.com') });
    case 'imported': return iam.Role.fromRoleArn(stack, 'Given', `arn:${partition}:iam::${ACCOUNT}:role/location-role`);
    default: return undefined;
  }
}

interface ExistingPrincipal {
  readonly authentication: ImmutaAuthentication;
  readonly principal: (policies: TemplatePolicies) => Principal;
}

/** Returns Immuta's principal if the integration does not create it. */
function existingPrincipal(stack: Stack, target: Target, scenario: Scenario): ExistingPrincipal | undefined {
  const arn = `arn:${target.partition}:iam::${ACCOUNT}:role/existing`;
  switch (scenario.authentication) {
    case 'existingRole': {
      const role = new iam.Role(stack, 'Existing', { assumedBy: new iam.AccountPrincipal('777788889999') });
      const id = stack.getLogicalId(role.node.defaultChild as iam.CfnRole);
      return { authentication: ImmutaAuthentication.existingRole(role), principal: (policies) => policies.role(id) };
    }
    case 'importedRole': return {
      authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleArn(stack, 'Existing', arn)),
      principal: (policies) => policies.importedRole('existing'),
    };
    case 'ambient': return {
      authentication: ImmutaAuthentication.ambient(iam.Role.fromRoleArn(stack, 'Existing', arn)),
      principal: (policies) => policies.importedRole('existing'),
    };
    case 'accessKeySecret': return {
      authentication: ImmutaAuthentication.accessKeySecret({
        secret: secretsmanager.Secret.fromSecretNameV2(stack, 'AccessKey', 'access-key'),
        user: iam.User.fromUserName(stack, 'Existing', 'existing'),
      }),
      principal: (policies) => policies.importedUser('existing'),
    };
    case 'managedAccessKey': return {
      authentication: ImmutaAuthentication.managedAccessKey({
        user: iam.User.fromUserName(stack, 'Existing', 'existing'),
      }),
      principal: (policies) => policies.importedUser('existing'),
    };
    default: return undefined;
  }
}

function document(policies: TemplatePolicies, stack: Stack, statements: iam.PolicyStatement[]): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: policies.resolve(stack.resolve(statements.map((statement) => statement.toStatementJson()))),
  };
}
