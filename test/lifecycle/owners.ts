import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expectNothingLeft, LOCATION_PATH } from './fixture';
import { AccessGrantsInstance, ImmutaAuthentication, ImmutaS3IntegrationProps } from '../../src';
import { IntegrationRecord, S3Config } from '../sandbox/immuta';
import { SANDBOX_ENV, Sandbox } from '../sandbox/sandbox';

export const arnOf = (roleName: string) => `arn:aws:iam::${SANDBOX_ENV.account}:role/${roleName}`;

/** All that Immuta or S3 Access Grants may ever need. */
export const EVERYTHING = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:*', 'iam:GetRole', 'iam:PassRole'], Resource: '*' }],
};

/** Roles that were there before any stack, with all that they need, and an instance of S3 Access Grants. */
export function prepareAccount(sandbox: Sandbox): void {
  sandbox.aws.accessGrants.createInstance(SANDBOX_ENV.account, SANDBOX_ENV.region);
  createRoles(sandbox, 'location', 'immuta');
}

/** A location role and one for Immuta to assume. */
export function createRoles({ aws, immuta }: Sandbox, location: string, manager: string): void {
  const trust = (Principal: object, Action: string[]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action }],
  });
  aws.iam.createRole({
    roleName: location,
    assumeRolePolicyDocument: trust({ Service: 'access-grants.s3.amazonaws.com' }, [
      'sts:AssumeRole',
      'sts:SetSourceIdentity',
    ]),
  });
  aws.iam.createRole({
    roleName: manager,
    assumeRolePolicyDocument: trust({ AWS: immuta.identity.principal }, ['sts:AssumeRole']),
  });
  aws.iam.putRolePolicy(location, 'everything', EVERYTHING);
  aws.iam.putRolePolicy(manager, 'everything', EVERYTHING);
}

/**
 * Who defines the roles of an integration in the account's instance: the user, with or without allowing the stack to
 * add to them, or the stack.
 */
export type Roles = 'given' | 'given-immutable' | 'generated';

/** An integration in the account's own instance. */
export function inAccount(stack: Stack, roles: Roles): Partial<ImmutaS3IntegrationProps> {
  const accessGrantsInstance = AccessGrantsInstance.fromDefault(stack, 'Instance');
  if (roles === 'generated') return { accessGrantsInstance };
  const options = { mutable: roles === 'given' };
  return {
    accessGrantsInstance,
    locationRole: iam.Role.fromRoleArn(stack, 'LocationRole', arnOf('location'), options),
    authentication: ImmutaAuthentication.existingRole(
      iam.Role.fromRoleArn(stack, 'ImmutaRole', arnOf('immuta'), options),
    ),
  };
}

/** Adds an integration that was created by hand with the roles of the account. */
export async function byHand({ immuta }: Sandbox, config: Partial<S3Config> = {}): Promise<IntegrationRecord> {
  return immuta.createByHand({
    name: 'by hand',
    awsAccountId: SANDBOX_ENV.account,
    awsRegion: SANDBOX_ENV.region,
    awsLocationPath: LOCATION_PATH,
    awsLocationRole: arnOf('location'),
    authenticationType: 'auto',
    awsRoleToAssume: arnOf('immuta'),
    ...config,
  });
}

/** All that Immuta and S3 Access Grants have. */
export function state({ aws, immuta }: Sandbox) {
  const instance = aws.accessGrants.findInstance(SANDBOX_ENV.account, SANDBOX_ENV.region);
  return structuredClone({ integrations: [...immuta.integrations.values()], instance });
}

/** The same, and the policies of the account's own roles. */
export function stateAndPolicies(sandbox: Sandbox) {
  return { ...state(sandbox), policies: ['location', 'immuta'].map((role) => sandbox.aws.iam.policiesOf(arnOf(role))) };
}

/** Adds another resource to the stack of the integration, for `failOtherResource`. */
export const withOtherResource = (stack: Stack) =>
  void new Bucket(stack, 'OtherResource', { removalPolicy: RemovalPolicy.DESTROY });

/**
 * Fails the other resource before the event of the integration is delivered. The Create is cancelled, and its Delete
 * has an invented ID.
 */
export function failOtherResource({ cloudFormation, lambda }: Sandbox): void {
  lambda.deliveries = [30_000];
  cloudFormation.faults.push({
    logicalId: /^OtherResource/,
    action: 'create',
    afterSeconds: 10,
    reason: 'no bucket today',
  });
}

/** Removes what delays or fails the operations that follow. */
export function clearFaults({ cloudFormation, lambda }: Sandbox): void {
  lambda.deliveries = [0];
  cloudFormation.faults.length = 0;
}

/** Ends what `clearFaults` ends, and destroys the stack. Then the account and Immuta are as before. */
export async function expectNothingLeftWithoutFaults(sandbox: Sandbox, before?: object): Promise<void> {
  clearFaults(sandbox);
  await expectNothingLeft(sandbox, before);
}
