import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { newIntegration, newTenant } from './fixture';
import {
  AccessGrantsInstance, AdoptingAccessGrantsInstance, ImmutaAuthentication, ImmutaTenant, S3Location,
} from '../src';

const IDENTITY_CENTER = 'arn:aws:sso:::instance/ssoins-1111222233334444';

/** Defines integrations with every wildcard and with health checks, and nothing else that a rule reports. */
export function governedStack(app: App = new App()): Stack {
  const stack = new Stack(app, 'Stack');
  const tenant = newTenant(stack);
  const accessGrantsInstance = new AccessGrantsInstance(stack, 'Instance', {
    identityCenterInstanceArn: IDENTITY_CENTER,
  });
  tenant.addHealthCheck();
  const lake = newIntegration(stack, 'Lake', {
    tenant,
    location: S3Location.allBuckets(),
    accessGrantsInstance,
    identityCenter: { instanceArn: IDENTITY_CENTER, identityStoreId: 'd-1234567890' },
  });
  lake.addHealthCheck();
  newIntegration(stack, 'Sales', {
    tenant,
    accessGrantsInstance,
    locationRole: iam.Role.fromRoleName(stack, 'Location', 'location'),
    authentication: ImmutaAuthentication.existingRole(iam.Role.fromRoleName(stack, 'Existing', 'immuta')),
  });
  newIntegration(stack, 'Ads', {
    tenant,
    accessGrantsInstance,
    authentication: ImmutaAuthentication.accessKeySecret({
      secret: Secret.fromSecretNameV2(stack, 'Key', 'immuta/key'),
      user: iam.User.fromUserName(stack, 'User', 'immuta'),
    }),
  });
  newIntegration(stack, 'Keys', {
    tenant,
    accessGrantsInstance,
    authentication: ImmutaAuthentication.managedAccessKey({ rotation: events.Schedule.rate(Duration.days(90)) }),
  });
  return stack;
}

const BELOW_THE_INSTANCE = 'Resource::arn:<AWS::Partition>:s3:<AWS::Region>:<AWS::AccountId>:access-grants/default/*';

/** The findings of cdk-nag for that stack without the acknowledgements. */
const FINDINGS = [
  'Ads/ImmutaPolicy/Resource: AwsSolutions-IAM5[Resource::*]',
  `Ads/ImmutaPolicy/Resource: AwsSolutions-IAM5[${BELOW_THE_INSTANCE}]`,
  'Ads/LocationRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::ads-bucket/*]',
  'Keys/ManagedAccessKey/ImmutaPolicy/Resource: AwsSolutions-IAM5[Resource::*]',
  `Keys/ManagedAccessKey/ImmutaPolicy/Resource: AwsSolutions-IAM5[${BELOW_THE_INSTANCE}]`,
  'Keys/LocationRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::keys-bucket/*]',
  'Lake/ImmutaRole/Resource: AwsSolutions-IAM5[Resource::*]',
  'Lake/ImmutaRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:identitystore:::group/*]',
  'Lake/ImmutaRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:identitystore:::user/*]',
  'Lake/ImmutaRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::*]',
  `Lake/ImmutaRole/Resource: AwsSolutions-IAM5[${BELOW_THE_INSTANCE}]`,
  'Lake/ImmutaRole/Resource: '
    + 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sso::*:application/ssoins-1111222233334444/*]',
  'Lake/LocationRole/Resource: AwsSolutions-IAM5[Resource::*]',
  'Lake/LocationRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::*/*]',
  'Lake/LocationRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::*]',
  'Sales/ImmutaPolicy/Resource: AwsSolutions-IAM5[Resource::*]',
  `Sales/ImmutaPolicy/Resource: AwsSolutions-IAM5[${BELOW_THE_INSTANCE}]`,
  'Sales/LocationPolicy/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::sales-bucket/*]',
].sort();

/** Defines an AdoptingAccessGrantsInstance, and nothing else that a rule reports. */
function adoptingStack(app: App = new App()): Stack {
  const stack = new Stack(app, 'Stack');
  new AdoptingAccessGrantsInstance(stack, 'Instance', { identityCenterInstanceArn: IDENTITY_CENTER });
  return stack;
}

/** The findings of cdk-nag for that stack without the acknowledgements. */
const ADOPTING_FINDINGS = [
  'Instance/IdentityCenterPolicy/Resource: '
    + 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sso::*:application/ssoins-1111222233334444/*]',
  'Instance/IdentityCenterPolicy/Resource: '
    + 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sso::aws:applicationProvider/*]',
];

/** Defines the functions of a tenant and of an instance in a VPC, traced, with roles of the library. */
function privateStack(app: App = new App()): Stack {
  const stack = new Stack(app, 'Stack');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['us-east-1a'],
    privateSubnetIds: ['subnet-0123456789abcdef0'],
  });
  const options = { vpc, tracing: lambda.Tracing.ACTIVE };
  new ImmutaTenant(stack, 'Immuta', {
    url: 'https://acme.immutacloud.com',
    apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'immuta/api-key'),
    ...options,
  });
  new AdoptingAccessGrantsInstance(stack, 'Instance', options);
  return stack;
}

/** The findings of cdk-nag for that stack without the acknowledgements. */
const PRIVATE_FINDINGS = ['Immuta', 'Instance'].flatMap((owner) => [
  `${owner}/HandlerRole/DefaultPolicy/Resource: AwsSolutions-IAM5[Resource::*]`,
  `${owner}/HandlerRole/Resource: AwsSolutions-IAM5[Resource::*]`,
  `${owner}/HandlerRole/Resource: AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:*:*/*]`,
]).sort();

export const STACKS: [what: string, define: (app?: App) => Stack, findings: string[]][] = [
  ['integrations', governedStack, FINDINGS],
  ['an AdoptingAccessGrantsInstance', adoptingStack, ADOPTING_FINDINGS],
  ['functions in a VPC', privateStack, PRIVATE_FINDINGS],
];

/** Returns the path of a construct without the digests of the location and of the Identity Center instance. */
export function shortPath(path: string): string {
  return path
    .replace(/^\/?Stack\//, '')
    .replace(/\/[0-9a-f]{8}\//, '/')
    .replace(/(IdentityCenterPolicy)[0-9a-f]{8}/, '$1');
}
