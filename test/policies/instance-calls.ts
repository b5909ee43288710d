import { ACCOUNT, Target } from './resolve-template';

/** The resource of an action that the handler of an instance calls. */
export type On = 'instance' | 'identityCenter' | 'application' | 'applicationProvider' | 'function' | 'logs' | 'stack';

/** The account of the organization owns the Identity Center instance and the application in it. */
export const ORGANIZATION = '444455556666';
export const IDENTITY_CENTER_ID = 'ssoins-1111222233334444';

/**
 * Everything that the handler's calls need the permission for, without and with Identity Center. A test of the packaged
 * handler records what it asks for in all that may happen to it, and finds this list complete; the policies must allow
 * each, and no more.
 */
export const CALLS: [action: string, on: On][] = [
  ['cloudformation:DescribeStackResource', 'stack'],
  ['cloudformation:DescribeStacks', 'stack'],
  ['lambda:InvokeFunction', 'function'],
  ['s3:CreateAccessGrantsInstance', 'instance'],
  ['s3:DeleteAccessGrantsInstance', 'instance'],
  ['s3:GetAccessGrantsInstance', 'instance'],
  ['s3:ListAccessGrants', 'instance'],
  ['s3:ListAccessGrantsLocations', 'instance'],
  ['s3:ListTagsForResource', 'instance'],
  ['s3:TagResource', 'instance'],
  ['s3:UntagResource', 'instance'],
];

export const IDENTITY_CENTER_CALLS: [action: string, on: On][] = [
  ['s3:AssociateAccessGrantsIdentityCenter', 'instance'],
  ['s3:DissociateAccessGrantsIdentityCenter', 'instance'],
  ['sso:CreateApplication', 'application'],
  ['sso:CreateApplication', 'applicationProvider'],
  ['sso:CreateApplication', 'identityCenter'],
  ['sso:DeleteApplication', 'application'],
  ['sso:PutApplicationAuthenticationMethod', 'application'],
  ['sso:PutApplicationGrant', 'application'],
];

/** Actions of Lambda and S3 with the role, which no call of the handler shows. */
export const OTHER_CALLS: [action: string, on: On][] = [
  ['logs:CreateLogStream', 'logs'],
  ['logs:PutLogEvents', 'logs'],
];

export function formatArn(
  on: On,
  { partition, region }: Pick<Target, 'partition' | 'region'>,
  identityCenterId = IDENTITY_CENTER_ID,
): string {
  switch (on) {
    case 'instance':
      return `arn:${partition}:s3:${region}:${ACCOUNT}:access-grants/default`;
    case 'identityCenter':
      return `arn:${partition}:sso:::instance/${identityCenterId}`;
    case 'application':
      return `arn:${partition}:sso::${ORGANIZATION}:application/${identityCenterId}/apl-1`;
    case 'applicationProvider':
      return `arn:${partition}:sso::aws:applicationProvider/s3`;
    case 'function':
      return `arn:${partition}:lambda:${region}:${ACCOUNT}:function:handler`;
    case 'stack':
      return `arn:${partition}:cloudformation:${region}:${ACCOUNT}:stack/lake/5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f`;
    case 'logs':
      return `arn:${partition}:logs:${region}:${ACCOUNT}:log-group:handler-logs:log-stream:2026/11/24`;
  }
}
