import { App, Aws, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ACCOUNT, Target } from './resolve-template';
import { PolicyDocument, Principal, TemplatePolicies } from './simulator';
import { DATA_ACCESS_ACTIONS } from '../../src/private/policies/data-access';
import { GovernedData } from '../../src/private/policies/governed-data';
import { handlerRoleStatements, selfInvokeStatement } from '../../src/private/policies/handler-role';
import { immutaPrincipalStatements } from '../../src/private/policies/immuta-principal';
import { LocationRolePrincipal, locationRoleStatements } from '../../src/private/policies/location-role';
import { bucketOwnerStatements, keyOwnerStatements } from '../../src/private/policies/other-account';

export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const OTHER_ACCOUNT = '444455556666';

export interface Scenario {
  readonly location: 'bucket' | 'prefix' | 'allBuckets' | 'listedBuckets';
  readonly readOnly?: boolean;
  readonly encrypted?: boolean;
  readonly identityCenter?: boolean;
  readonly otherAccount?: boolean;
  readonly restrictPassRole?: boolean;
}

export interface Deployment {
  readonly locationRole: Principal;
  readonly locationRoleTrust: PolicyDocument;
  readonly immuta: Principal;
  readonly immutaTrust: PolicyDocument;
  readonly handler: Principal;
  readonly reader: Principal;
  readonly bucketPolicy: PolicyDocument;
  readonly keyPolicy: PolicyDocument;
}

const DATA: Record<Scenario['location'], GovernedData> = {
  bucket: { allBuckets: false, bucketArns: [`arn:${Aws.PARTITION}:s3:::sales`] },
  prefix: { allBuckets: false, bucketArns: [`arn:${Aws.PARTITION}:s3:::sales`], prefix: 'curated/' },
  allBuckets: { allBuckets: true, bucketArns: [] },
  listedBuckets: { allBuckets: true, bucketArns: [`arn:${Aws.PARTITION}:s3:::sales`, `arn:${Aws.PARTITION}:s3:::hr`] },
};

export function deploy(target: Target, scenario: Scenario): Deployment {
  const stack = new Stack(new App(), 'lake');
  const instance = `arn:${Aws.PARTITION}:s3:${Aws.REGION}:${Aws.ACCOUNT_ID}:access-grants/default`;
  const data = DATA[scenario.location];
  const env = { partition: Aws.PARTITION, region: Aws.REGION, accessGrantsInstanceArn: instance, account: Aws.ACCOUNT_ID };
  const write = !scenario.readOnly;
  const bucketAccount = scenario.otherAccount ? OTHER_ACCOUNT : Aws.ACCOUNT_ID;
  const keyAccount = scenario.otherAccount ? OTHER_ACCOUNT : ACCOUNT;
  const keyArns = scenario.encrypted ? [`arn:${target.partition}:kms:${target.region}:${keyAccount}:key/${KEY_ID}`] : [];

  const locationRole = new iam.Role(stack, 'LocationRole', {
    assumedBy: new LocationRolePrincipal({ ...env, identityCenter: scenario.identityCenter ?? false }),
    inlinePolicies: {
      Location: new iam.PolicyDocument({ statements: locationRoleStatements({ ...env, data, write, bucketAccount, keyArns }) }),
    },
  });
  const immuta = new iam.Role(stack, 'ImmutaRole', {
    assumedBy: new iam.ArnPrincipal(`arn:${target.partition}:iam::777788889999:role/immuta`),
    externalIds: ['tenant-1'],
    inlinePolicies: {
      Immuta: new iam.PolicyDocument({
        statements: immutaPrincipalStatements({
          ...env,
          data,
          bucketAccount,
          locationRoleArn: locationRole.roleArn,
          restrictPassRole: scenario.restrictPassRole ?? false,
          identityCenter: scenario.identityCenter ? {
            instanceArn: `arn:${target.partition}:sso:::instance/ssoins-1234567890abcdef`,
            identityStoreId: 'd-1234567890',
            identityStoreAccount: OTHER_ACCOUNT,
          } : undefined,
        }),
      }),
    },
  });
  const logGroup = new logs.LogGroup(stack, 'HandlerLogs');
  const apiKey = new secretsmanager.Secret(stack, 'ApiKey', {
    encryptionKey: scenario.encrypted ? kms.Key.fromKeyArn(stack, 'Key', `arn:${target.partition}:kms:${target.region}:${ACCOUNT}:key/${KEY_ID}`) : undefined,
  });
  const handler = new iam.Role(stack, 'HandlerRole', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      Handler: new iam.PolicyDocument({ statements: handlerRoleStatements({ ...env, apiKey, logGroupArn: logGroup.logGroupArn }) }),
    },
  });
  handler.addToPolicy(selfInvokeStatement(`arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:function:handler`));
  const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('glue.amazonaws.com') });
  iam.Grant.addToPrincipal({ grantee: reader, actions: DATA_ACCESS_ACTIONS, resourceArns: [instance] });

  const id = (role: iam.Role) => stack.getLogicalId(role.node.defaultChild as iam.CfnRole);
  const owner = {
    ...env,
    write,
    locationRoleArn: `arn:${target.partition}:iam::${ACCOUNT}:role/location-role`,
    immutaPrincipalArn: `arn:${target.partition}:iam::${ACCOUNT}:role/immuta-role`,
    accessGrantsInstanceArn: `arn:${target.partition}:s3:${target.region}:${ACCOUNT}:access-grants/default`,
    region: target.region,
    partition: target.partition,
  };
  const policies = new TemplatePolicies(Template.fromStack(stack).toJSON(), target, {
    [id(locationRole)]: 'location-role',
    [id(immuta)]: 'immuta-role',
    [stack.getLogicalId(logGroup.node.defaultChild as logs.CfnLogGroup)]: 'handler-logs',
    [stack.getLogicalId(apiKey.node.defaultChild as secretsmanager.CfnSecret)]: 'api-key',
  });
  return {
    locationRole: policies.role(id(locationRole)),
    locationRoleTrust: policies.trustOf(id(locationRole)),
    immuta: policies.role(id(immuta)),
    immutaTrust: policies.trustOf(id(immuta)),
    handler: policies.role(id(handler)),
    reader: policies.role(id(reader)),
    bucketPolicy: document(bucketOwnerStatements({ ...owner, bucketArn: `arn:${target.partition}:s3:::sales`, prefix: data.prefix })),
    keyPolicy: document(keyOwnerStatements(owner)),
  };
}

function document(statements: iam.PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements.map((statement) => statement.toStatementJson()) };
}
