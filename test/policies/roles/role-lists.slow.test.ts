import { App, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import {
  HANDLER_ACTIONS,
  HEALTH_CHECK_SCHEDULE_ACTIONS,
  IMMUTA_ACTIONS,
  INSTANCE_HANDLER_ACTIONS,
  LOCATION_ROLE_ACTIONS,
  READER_ACTIONS,
  RoleActions,
} from './role-lists';
import { listAllowed, NamedResources } from './service-reference';
import { AdoptingAccessGrantsInstance } from '../../../src';
import { newIntegration, newTenant } from '../../fixture';
import { deploy, KEY_ID, Scenario } from '../deployment';
import { formatArn } from '../instance-calls';
import { ACCOUNT, TARGETS } from '../resolve-template';
import { Principal, TemplatePolicies } from '../simulator';

const [AWS] = TARGETS;
const INSTANCE = formatArn('instance', AWS);
const OTHER_INSTANCE = `arn:aws:s3:ap-south-2:${ACCOUNT}:access-grants/default`;
const IDENTITY_CENTER = 'ssoins-1234567890abcdef';

const NAMED_RESOURCES: NamedResources = {
  'the instance': INSTANCE,
  'locations': `${INSTANCE}/location/5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f`,
  'grants': `${INSTANCE}/grant/0c4f2c9e-9d3c-11ef-8f3d-0a1b2c3d4e5f`,
  'an instance in another Region': OTHER_INSTANCE,
  'a location in another Region': `${OTHER_INSTANCE}/location/default`,
  'a grant in another Region': `${OTHER_INSTANCE}/grant/1`,
  'the bucket': 'arn:aws:s3:::sales',
  'objects in the prefix': 'arn:aws:s3:::sales/curated/q1.csv',
  'other objects': 'arn:aws:s3:::sales/raw/q1.csv',
  'the location role': `arn:aws:iam::${ACCOUNT}:role/location-role`,
  "Immuta's role": `arn:aws:iam::${ACCOUNT}:role/immuta-role`,
  "Immuta's user": `arn:aws:iam::${ACCOUNT}:user/existing`,
  'the key': `arn:aws:kms:us-east-1:${ACCOUNT}:key/${KEY_ID}`,
  'the key of Identity Center': `arn:aws:kms:us-east-1:444455556666:key/${KEY_ID}`,
  'the API key': `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:api-key-AbCdEf`,
  'the access key': `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:managed-key-AbCdEf`,
  'the function': formatArn('function', AWS),
  'the stack': formatArn('stack', AWS),
  'Identity Center': `arn:aws:sso:::instance/${IDENTITY_CENTER}`,
  'applications in Identity Center': `arn:aws:sso::${ACCOUNT}:application/${IDENTITY_CENTER}/apl-1`,
  'application providers of AWS': 'arn:aws:sso::aws:applicationProvider/s3',
  'the identity store': 'arn:aws:identitystore::444455556666:identitystore/d-1234567890',
};

/** With everything that an option adds to the roles. */
const SCENARIO: Scenario = {
  location: 'prefix',
  encrypted: true,
  identityCenter: true,
  encryptedIdentityCenter: true,
  authentication: 'managedAccessKey',
  diagnosePermissions: true,
};

function instanceHandler(): Principal {
  const stack = new Stack(new App({ context: { 'aws:cdk:disable-asset-staging': true } }), 'lake');
  Tags.of(stack).add('team', 'lake');
  new AdoptingAccessGrantsInstance(stack, 'Instance', {
    identityCenterInstanceArn: NAMED_RESOURCES['Identity Center'],
    identityCenterEncryptionKey: kms.Key.fromKeyArn(stack, 'Key', NAMED_RESOURCES['the key']),
  });
  const id = 'AdoptingS3AccessGrantsInstance';
  return new TemplatePolicies(Template.fromStack(stack).toJSON(), AWS, {
    [`${id}Handler`]: 'handler',
    [`${id}HandlerRole`]: 'handler-role',
    [`${id}LogGroup`]: 'handler-logs',
  }).role(`${id}HandlerRole`);
}

function healthCheckSchedule(): Principal {
  const stack = new Stack(new App({ context: { 'aws:cdk:disable-asset-staging': true } }), 'lake');
  const tenant = newTenant(stack);
  newIntegration(stack, 'Lake', { tenant });
  tenant.addHealthCheck();
  const role = tenant.node.findChild('HealthCheck').node.findChild('Role') as iam.Role;
  const roleId = stack.getLogicalId(role.node.defaultChild as iam.CfnRole);
  const functionName = NAMED_RESOURCES['the function'].split(':').at(-1)!;
  return new TemplatePolicies(Template.fromStack(stack).toJSON(), AWS, {
    [stack.getLogicalId(tenant.handler.node.defaultChild as never)]: functionName,
    [roleId]: 'scheduler',
  }).role(roleId);
}

const ROLES: [name: string, principal: () => Principal, actions: RoleActions][] = [
  ['the location role', () => deploy(AWS, SCENARIO).locationRole, LOCATION_ROLE_ACTIONS],
  ["Immuta's role or user", () => deploy(AWS, SCENARIO).immuta, IMMUTA_ACTIONS],
  ["the handler's role", () => deploy(AWS, SCENARIO).handler, HANDLER_ACTIONS],
  ["the role of an AdoptingAccessGrantsInstance's function", instanceHandler, INSTANCE_HANDLER_ACTIONS],
  ["the role of a health check's schedule", healthCheckSchedule, HEALTH_CHECK_SCHEDULE_ACTIONS],
  ['a reader with grantDataAccess', () => deploy(AWS, SCENARIO).reader, READER_ACTIONS],
];

describe('of all actions in AWS\'s service reference', () => {
  test.each(ROLES)('allows %s the actions of its list and no other', async (_, principal, actions) => {
    const listed = Object.entries(actions)
      .flatMap(([resource, names]) => names.map((name) => `${name} on ${resource}`));
    expect(await listAllowed(principal(), NAMED_RESOURCES)).toEqual(listed.sort());
  });
});
