import { App, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { KEY_ID } from './deployment';
import {
  CALLS,
  formatArn,
  IDENTITY_CENTER_CALLS,
  IDENTITY_CENTER_ID,
  ORGANIZATION,
  OTHER_CALLS,
} from './instance-calls';
import { ACCOUNT, TARGETS } from './resolve-template';
import { evaluate, Principal, TemplatePolicies } from './simulator';
import { expectRows, Row } from './table';
import { AdoptingAccessGrantsInstance } from '../../src';

const STRANGER = '999999999999';
const OWN_KEYS = ['cdk-immuta-s3-integration:instance:stack', 'cdk-immuta-s3-integration:instance:resource'];
const ofAccount = (account: string) => ({ 'sso:ApplicationAccount': account });

describe.each(TARGETS)('the handler of an instance in $partition', (target) => {
  const { partition, region } = target;
  const handler = (identityCenter: boolean, encryptionKeyArn?: string): Principal => {
    const stack = new Stack(new App({ context: { 'aws:cdk:disable-asset-staging': true } }), 'lake');
    Tags.of(stack).add('team', 'lake');
    new AdoptingAccessGrantsInstance(stack, 'Instance', {
      identityCenterInstanceArn: identityCenter ? `arn:${partition}:sso:::instance/${IDENTITY_CENTER_ID}` : undefined,
      identityCenterEncryptionKey: encryptionKeyArn ? kms.Key.fromKeyArn(stack, 'Key', encryptionKeyArn) : undefined,
    });
    const id = 'AdoptingS3AccessGrantsInstance';
    return new TemplatePolicies(Template.fromStack(stack).toJSON(), target, {
      [`${id}Handler`]: 'handler', [`${id}HandlerRole`]: 'handler-role', [`${id}LogGroup`]: 'handler-logs',
    }).role(`${id}HandlerRole`);
  };
  const stackTag = 'aws:ResourceTag/cdk-immuta-s3-integration:instance:stack';
  const ownTag = { [stackTag]: formatArn('stack', target) };
  const s3 = (name: string, account = ACCOUNT, inRegion = region) =>
    `arn:${partition}:s3:${inRegion}:${account}:${name}`;

  describe.each([
    ['without Identity Center', false, [...CALLS, ...OTHER_CALLS]],
    ['with Identity Center', true, [...CALLS, ...OTHER_CALLS, ...IDENTITY_CENTER_CALLS]],
  ] as const)('%s', (_, identityCenter, calls) => {
    let created: Principal | undefined;
    test.each(calls)('allows an instance function the call of its code: %s on the %s', async (action, on) => {
      const principal = (created ??= handler(identityCenter));
      const context = action === 's3:DeleteAccessGrantsInstance' ? ownTag : undefined;
      await expect(evaluate({ principal, action, resource: formatArn(on, target), context })).resolves.toBe('allowed');
    });

    expectRows(() => ({ principal: handler(identityCenter) }), [
      ['denied', 's3:GetAccessGrantsInstance', s3('access-grants/default', STRANGER)],
      ['denied', 's3:DeleteAccessGrantsInstance', s3('access-grants/default', STRANGER), ownTag],
      ['denied', 's3:DeleteAccessGrantsInstance', s3('access-grants/default', ACCOUNT, 'eu-west-1'), ownTag],
      ['denied', 's3:DeleteAccessGrantsInstance', s3('access-grants/default')],
      [
        'denied', 's3:DeleteAccessGrantsInstance', s3('access-grants/default'),
        { [stackTag]: `arn:${partition}:cloudformation:${region}:${ACCOUNT}:stack/other/1` },
      ],
      ['allowed', 's3:TagResource', s3('access-grants/default'), { 'aws:TagKeys': OWN_KEYS }],
      ['allowed', 's3:TagResource', s3('access-grants/default'), { 'aws:TagKeys': ['team', ...OWN_KEYS] }],
      ['denied', 's3:TagResource', s3('access-grants/default'), { 'aws:TagKeys': ['owner', ...OWN_KEYS] }],
      ['denied', 's3:TagResource', s3('access-grants/default'), { 'aws:TagKeys': ['teams'] }],
      // Tags that left the template.
      ['allowed', 's3:UntagResource', s3('access-grants/default'), { 'aws:TagKeys': ['cost-center'] }],
      ['denied', 's3:AssociateAccessGrantsIdentityCenter', s3('access-grants/default', STRANGER)],
      ['denied', 's3:CreateAccessGrantsLocation', s3('access-grants/default/location/default')],
      ['denied', 's3:DeleteAccessGrantsLocation', s3('access-grants/default/location/default')],
      ['denied', 's3:UpdateAccessGrantsLocation', s3('access-grants/default/location/default')],
      ['denied', 's3:CreateAccessGrant', s3('access-grants/default/grant/1')],
      ['denied', 's3:DeleteAccessGrant', s3('access-grants/default/grant/1')],
      ['denied', 's3:GetDataAccess', s3('access-grants/default')],
      ['denied', 's3:PutAccessGrantsInstanceResourcePolicy', s3('access-grants/default')],
      ['denied', 's3:TagResource', s3('access-grants/default/location/default'), { 'aws:TagKeys': OWN_KEYS }],
      ['denied', 's3:TagResource', `arn:${partition}:s3:::sales`, { 'aws:TagKeys': OWN_KEYS }],
      ['denied', 's3:GetObject', `arn:${partition}:s3:::sales/2026/11.csv`],
      ['denied', 's3:ListBucket', `arn:${partition}:s3:::sales`],
      ['denied', 'iam:PassRole', `arn:${partition}:iam::${ACCOUNT}:role/location-role`],
      ['denied', 'lambda:InvokeFunction', `arn:${partition}:lambda:${region}:${ACCOUNT}:function:other`],
      ['denied', 'lambda:UpdateFunctionCode', formatArn('function', target)],
      ['denied', 'logs:CreateLogGroup', `arn:${partition}:logs:${region}:${ACCOUNT}:log-group:handler-logs`],
      ['denied', 'sso:DescribeInstance', formatArn('identityCenter', target)],
      ['denied', 'sso:DeleteInstance', formatArn('identityCenter', target)],
      ['denied', 'sso:UpdateApplication', formatArn('application', target)],
      ['denied', 'sso:PutApplicationAccessScope', formatArn('application', target)],
      ['denied', 'sso:DeleteApplication', formatArn('application', target, 'ssoins-5555666677778888')],
      ...['sso:DeleteApplication', 'sso:PutApplicationGrant', 'sso:PutApplicationAuthenticationMethod'].flatMap(
        (action): Row[] => [
          [identityCenter ? 'allowed' : 'denied', action, formatArn('application', target), ofAccount(ACCOUNT)],
          ['denied', action, formatArn('application', target), ofAccount(STRANGER)],
        ],
      ),
      ['denied', 'sso:CreateApplication', formatArn('identityCenter', target, 'ssoins-5555666677778888')],
      [
        'denied', 'identitystore:DescribeUser',
        `arn:${partition}:identitystore::${ORGANIZATION}:identitystore/d-1234567890`,
      ],
    ]);
  });

  test.each(IDENTITY_CENTER_CALLS)('denies an instance without Identity Center: %s on the %s', async (action, on) => {
    const request = { principal: handler(false), action, resource: formatArn(on, target) };
    await expect(evaluate(request)).resolves.toBe('denied');
  });

  // The simulator does not know keys of an encryption context.
  test('lets the function of an instance decrypt with the key of Identity Center, through it only', () => {
    const key = `arn:${partition}:kms:${region}:${ORGANIZATION}:key/${KEY_ID}`;
    const statements = handler(true, key).identityPolicies.flatMap(({ Statement }) => Statement);
    expect(statements.filter(({ Action }) => Action === 'kms:Decrypt')).toEqual([
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: key,
        Condition: {
          StringLike: { 'kms:ViaService': `sso.${region}.*` },
          StringEquals: { 'kms:EncryptionContext:aws:sso:instance-arn': formatArn('identityCenter', target) },
        },
      },
    ]);
  });
});
