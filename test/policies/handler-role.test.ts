import { deploy, KEY_ID, Scenario } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import { PolicyDocument } from './simulator';
import { expectRows, Row } from './table';

const STRANGER = '999999999999';

describe.each(TARGETS)('the handler in $partition', ({ partition, region, urlSuffix }) => {
  const target = { partition, region, urlSuffix };
  const arn = (service: string, name: string) => `arn:${partition}:${service}:${region}:${ACCOUNT}:${name}`;
  const table = (scenario: Scenario, rows: Row[], resourcePolicy?: PolicyDocument) => {
    expectRows(() => ({ principal: deploy(target, scenario).handler, resourcePolicy }), rows);
  };

  describe('does its work and no more', () => {
    const ownStack = arn('cloudformation', 'stack/lake/5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f');
    table({ location: 'bucket' }, [
      ['allowed', 'secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:api-key-AbCdEf')],
      ['denied', 'secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:other-AbCdEf')],
      ['denied', 'secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:api-key-of-others-AbCdEf')],
      ['denied', 'secretsmanager:PutSecretValue', arn('secretsmanager', 'secret:api-key-AbCdEf')],
      ['denied', 'secretsmanager:DeleteSecret', arn('secretsmanager', 'secret:api-key-AbCdEf')],
      ['allowed', 'logs:CreateLogStream', arn('logs', 'log-group:handler-logs:log-stream:2026/11/23')],
      ['allowed', 'logs:PutLogEvents', arn('logs', 'log-group:handler-logs:log-stream:2026/11/23')],
      ['denied', 'logs:PutLogEvents', arn('logs', 'log-group:other:log-stream:2026/11/23')],
      ['denied', 'logs:CreateLogGroup', arn('logs', 'log-group:handler-logs')],
      ['denied', 'logs:DeleteLogGroup', arn('logs', 'log-group:handler-logs')],
      ['denied', 'logs:GetLogEvents', arn('logs', 'log-group:handler-logs:log-stream:2026/11/23')],
      ['allowed', 's3:ListAccessGrantsLocations', arn('s3', 'access-grants/default')],
      ['denied', 's3:ListAccessGrantsLocations', `arn:${partition}:s3:${region}:${STRANGER}:access-grants/default`],
      ['denied', 's3:DeleteAccessGrantsLocation', arn('s3', 'access-grants/default/location/default')],
      ['denied', 's3:CreateAccessGrantsLocation', arn('s3', 'access-grants/default/location/default')],
      ['denied', 's3:DeleteAccessGrantsInstance', arn('s3', 'access-grants/default')],
      ['allowed', 'lambda:InvokeFunction', arn('lambda', 'function:handler')],
      ['denied', 'lambda:InvokeFunction', arn('lambda', 'function:other')],
      ...['cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'].flatMap((action): Row[] => [
        ['allowed', action, ownStack],
        ['denied', action, arn('cloudformation', 'stack/other/01234567-0123-0123-0123-0123456789ab')],
      ]),
      ['denied', 'cloudformation:DeleteStack', ownStack],
      ['denied', 'lambda:UpdateFunctionCode', arn('lambda', 'function:handler')],
      ['denied', 'iam:PassRole', `arn:${partition}:iam::${ACCOUNT}:role/location-role`],
      ['denied', 'sts:AssumeRole', `arn:${partition}:iam::${ACCOUNT}:role/immuta-role`],
      ['denied', 's3:ListBucket', `arn:${partition}:s3:::sales`],
    ]);
  });

  describe('reads Immuta\'s access key if there is one', () => {
    const accessKey = arn('secretsmanager', 'secret:access-key-AbCdEf');
    table({ location: 'bucket', authentication: 'accessKeySecret' }, [
      ['allowed', 'secretsmanager:GetSecretValue', accessKey],
      ['allowed', 'secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:api-key-AbCdEf')],
      ['denied', 'secretsmanager:PutSecretValue', accessKey],
      ['denied', 'secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:other-AbCdEf')],
      ['denied', 'iam:CreateAccessKey', `arn:${partition}:iam::${ACCOUNT}:user/existing`],
    ]);
  });

  describe('manages the access keys of Immuta\'s user and the secret that holds them', () => {
    const user = `arn:${partition}:iam::${ACCOUNT}:user/existing`;
    const other = `arn:${partition}:iam::${ACCOUNT}:user/other`;
    const secret = arn('secretsmanager', 'secret:managed-key-AbCdEf');
    const ours = {
      'aws:TagKeys': ['cdk-immuta-s3-integration:creating-1-a', 'cdk-immuta-s3-integration:integration-id'],
    };
    table({ location: 'bucket', authentication: 'managedAccessKey' }, [
      ...['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'].flatMap((action): Row[] => [
        ['allowed', action, user],
        ['denied', action, other],
        ['denied', action, `arn:${partition}:iam::${STRANGER}:user/existing`],
      ]),
      ...[
        'iam:UpdateAccessKey',
        'iam:TagUser',
        'iam:ListUserTags',
        'iam:DeleteUser',
        'iam:UpdateUser',
        'iam:PutUserPolicy',
        'iam:AttachUserPolicy',
        'iam:CreateLoginProfile',
        'iam:GetUser',
        'iam:PutUserPermissionsBoundary',
      ].map((action): Row => ['denied', action, user]),
      ...['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].flatMap((action): Row[] => [
        ['allowed', `secretsmanager:${action}`, secret],
        ['denied', `secretsmanager:${action}`, arn('secretsmanager', 'secret:access-key-AbCdEf')],
      ]),
      ...['secretsmanager:TagResource', 'secretsmanager:UntagResource'].flatMap((action): Row[] => [
        ['allowed', action, secret, ours],
        ['denied', action, secret, { 'aws:TagKeys': ['team'] }],
        ['denied', action, secret, { 'aws:TagKeys': ['cdk-immuta-s3-integration:creating', 'team'] }],
        ['denied', action, secret],
      ]),
      ...['DeleteSecret', 'PutResourcePolicy', 'RotateSecret', 'CancelRotateSecret'].map((action): Row => [
        'denied',
        `secretsmanager:${action}`,
        secret,
      ]),
    ]);
  });

  // The CDK gives a new key this policy, with which the IAM policies of the account decide.
  const delegating: PolicyDocument = {
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:${partition}:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  };

  describe('decrypts nothing if the secret has no key', () => {
    table(
      { location: 'bucket' },
      [
        [
          'denied',
          'kms:Decrypt',
          arn('kms', `key/${KEY_ID}`),
          { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
        ],
      ],
      delegating,
    );
  });

  describe('decrypts the secret, and through Secrets Manager only', () => {
    table(
      { location: 'bucket', encrypted: true },
      [
        [
          'allowed',
          'kms:Decrypt',
          arn('kms', `key/${KEY_ID}`),
          { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
        ],
        ['denied', 'kms:Decrypt', arn('kms', `key/${KEY_ID}`), { 'kms:ViaService': `s3.${region}.${urlSuffix}` }],
        ['denied', 'kms:Decrypt', arn('kms', `key/${KEY_ID}`)],
        [
          'denied',
          'kms:Decrypt',
          arn('kms', 'key/99999999-12ab-34cd-56ef-1234567890ab'),
          { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
        ],
        [
          'denied',
          'kms:GenerateDataKey',
          arn('kms', `key/${KEY_ID}`),
          { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` },
        ],
      ],
      delegating,
    );
  });
});
