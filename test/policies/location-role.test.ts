import { deploy, KEY_ID, Scenario } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import { PolicyDocument } from './simulator';
import { expectRows, Row } from './table';

const STRANGER = '999999999999';
const READS = ['GetObject', 'GetObjectAcl', 'GetObjectVersion', 'GetObjectVersionAcl', 'ListMultipartUploadParts'];
const WRITES = [
  'AbortMultipartUpload',
  'DeleteObject',
  'DeleteObjectVersion',
  'PutObject',
  'PutObjectAcl',
  'PutObjectVersionAcl',
];

describe.each(TARGETS)('the location role in $partition', ({ partition, region, urlSuffix }) => {
  const target = { partition, region, urlSuffix };
  const s3 = (name: string) => `arn:${partition}:s3:::${name}`;
  const instance = `arn:${partition}:s3:${region}:${ACCOUNT}:access-grants/default`;
  const vended = { 'aws:ResourceAccount': ACCOUNT, 's3:AccessGrantsInstanceArn': instance };
  const strangersBucket = { ...vended, 'aws:ResourceAccount': STRANGER };
  const otherInstance = {
    ...vended,
    's3:AccessGrantsInstanceArn': `arn:${partition}:s3:${region}:${STRANGER}:access-grants/default`,
  };
  const notVended = { 'aws:ResourceAccount': ACCOUNT };
  const table = (scenario: Scenario, rows: Row[]) => {
    expectRows(() => ({ principal: deploy(target, scenario).locationRole }), rows);
  };

  describe('of a bucket', () => {
    table({ location: 'bucket' }, [
      ...[...READS, ...WRITES].map((action): Row => ['allowed', `s3:${action}`, s3('sales/q1.csv'), vended]),
      ...[...READS, ...WRITES].map((action): Row => ['denied', `s3:${action}`, s3('people/q1.csv'), vended]),
      ...[...READS, ...WRITES].map((action): Row => ['denied', `s3:${action}`, s3('sales/q1.csv'), strangersBucket]),
      ...[...READS, ...WRITES].map((action): Row => ['denied', `s3:${action}`, s3('sales/q1.csv'), otherInstance]),
      ...[...READS, ...WRITES].map((action): Row => ['denied', `s3:${action}`, s3('sales/q1.csv'), notVended]),
      ['allowed', 's3:GetObject', s3('sales/deep/er/file'), vended],
      ['denied', 's3:GetObject', s3('sales-archive/q1.csv'), vended],
      ['allowed', 's3:ListBucket', s3('sales'), vended],
      ['allowed', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': 'anything/' }],
      ['denied', 's3:ListBucket', s3('people'), vended],
      ['denied', 's3:ListBucket', s3('sales-archive'), vended],
      ['denied', 's3:ListBucket', s3('sales'), strangersBucket],
      ['denied', 's3:ListBucket', s3('sales'), otherInstance],
      ['denied', 's3:ListBucket', s3('sales'), notVended],
      ['denied', 's3:ListAllMyBuckets', '*'],
      ['denied', 's3:ListBucketVersions', s3('sales'), vended],
      ['denied', 's3:DeleteBucket', s3('sales'), { 'aws:ResourceAccount': ACCOUNT }],
      ['denied', 's3:PutBucketPolicy', s3('sales'), { 'aws:ResourceAccount': ACCOUNT }],
      ['denied', 's3:BypassGovernanceRetention', s3('sales/q1.csv'), { 'aws:ResourceAccount': ACCOUNT }],
      ['denied', 's3:GetDataAccess', instance],
      ['denied', 's3:CreateAccessGrant', `${instance}/grant/1`],
    ]);
  });

  describe('of a prefix', () => {
    table({ location: 'prefix' }, [
      ...[...READS, ...WRITES].map((action): Row => ['allowed', `s3:${action}`, s3('sales/curated/q1.csv'), vended]),
      ...[...READS, ...WRITES].map((action): Row => ['denied', `s3:${action}`, s3('sales/raw/q1.csv'), vended]),
      ['denied', 's3:GetObject', s3('sales/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/curated-not/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/raw/curated/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/curated/q1.csv'), notVended],
      ['denied', 's3:GetObject', s3('sales/curated/q1.csv'), strangersBucket],
      ['allowed', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': 'curated/' }],
      ['allowed', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': 'curated/2026/' }],
      ['denied', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': '' }],
      ['denied', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': 'cur' }],
      ['denied', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': 'raw/' }],
      ['denied', 's3:ListBucket', s3('sales'), vended],
      ['denied', 's3:ListBucket', s3('sales'), { ...notVended, 's3:prefix': 'curated/' }],
      ['denied', 's3:ListBucket', s3('people'), { ...vended, 's3:prefix': 'curated/' }],
      ['denied', 's3:ListAllMyBuckets', '*'],
    ]);
  });

  describe('of a prefix with characters that IAM reads as wildcards and variables', () => {
    table({ location: 'prefix', prefix: '${aws:username}/' }, [
      ['allowed', 's3:GetObject', s3('sales/${aws:username}/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/session/q1.csv'), { ...vended, 'aws:username': 'session' }],
      ['denied', 's3:ListBucket', s3('sales'), { ...vended, 'aws:username': 'session', 's3:prefix': 'session/' }],
      ['allowed', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': '${aws:username}/2026/' }],
    ]);
    table({ location: 'prefix', prefix: 'why?/' }, [
      ['denied', 's3:GetObject', s3('sales/why-/q1.csv'), vended],
      ['allowed', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': 'why?/' }],
    ]);
  });

  describe('of a prefix without a trailing slash', () => {
    table({ location: 'prefix', prefix: 'data' }, [
      ['allowed', 's3:GetObject', s3('sales/data/q1.csv'), vended],
      ['allowed', 's3:GetObject', s3('sales/database/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/dat/q1.csv'), vended],
    ]);
  });

  describe.each(['given', 'imported'] as const)('that is %s', (locationRole) => {
    table({ location: 'bucket', locationRole }, [
      ['allowed', 's3:GetObject', s3('sales/q1.csv'), vended],
      ['allowed', 's3:PutObject', s3('sales/q1.csv'), vended],
      ['allowed', 's3:ListBucket', s3('sales'), vended],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), notVended],
      ['denied', 's3:GetObject', s3('people/q1.csv'), vended],
    ]);
  });

  describe('with statements that the CDK merges', () => {
    table({ location: 'prefix', minimized: true, encrypted: true }, [
      ['allowed', 's3:GetObject', s3('sales/curated/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/raw/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/curated/q1.csv'), notVended],
      ['allowed', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': 'curated/' }],
      ['denied', 's3:ListBucket', s3('sales'), { ...vended, 's3:prefix': '' }],
    ]);
  });

  describe('of a stack with a known account and Region', () => {
    table({ location: 'bucket', concrete: true }, [
      ['allowed', 's3:GetObject', s3('sales/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), strangersBucket],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), otherInstance],
      ['allowed', 's3:ListBucket', s3('sales'), vended],
    ]);
  });

  describe('of all buckets', () => {
    table({ location: 'allBuckets' }, [
      ...[...READS, ...WRITES].map((action): Row => ['allowed', `s3:${action}`, s3('sales/q1.csv'), vended]),
      ['allowed', 's3:GetObject', s3('a-bucket-of-tomorrow/key'), vended],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), strangersBucket],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), notVended],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), otherInstance],
      ['allowed', 's3:ListBucket', s3('sales'), vended],
      ['allowed', 's3:ListBucket', s3('a-bucket-of-tomorrow'), vended],
      ['denied', 's3:ListBucket', s3('sales'), strangersBucket],
      ['denied', 's3:ListBucket', s3('sales'), notVended],
      ['allowed', 's3:ListAllMyBuckets', '*'],
      ['denied', 's3:DeleteBucket', s3('sales'), { 'aws:ResourceAccount': ACCOUNT }],
    ]);
  });

  describe('of all buckets with a list of buckets', () => {
    table({ location: 'listedBuckets' }, [
      ...[...READS, ...WRITES].map((action): Row => ['allowed', `s3:${action}`, s3('sales/q1.csv'), vended]),
      ['allowed', 's3:GetObject', s3('people/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('finance/q1.csv'), vended],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), strangersBucket],
      ['allowed', 's3:ListBucket', s3('sales'), vended],
      ['allowed', 's3:ListBucket', s3('people'), vended],
      ['denied', 's3:ListBucket', s3('finance'), vended],
      ['denied', 's3:ListBucket', s3('sales'), notVended],
      ['allowed', 's3:ListAllMyBuckets', '*'],
    ]);
  });

  describe('with read-only access', () => {
    table({ location: 'bucket', readOnly: true }, [
      ...READS.map((action): Row => ['allowed', `s3:${action}`, s3('sales/q1.csv'), vended]),
      ...WRITES.map((action): Row => ['denied', `s3:${action}`, s3('sales/q1.csv'), vended]),
      ['allowed', 's3:ListBucket', s3('sales'), vended],
    ]);
  });

  describe('with KMS keys', () => {
    const key = `arn:${partition}:kms:${region}:${ACCOUNT}:key/${KEY_ID}`;
    const otherKey = `arn:${partition}:kms:${region}:${ACCOUNT}:key/99999999-12ab-34cd-56ef-1234567890ab`;
    const viaS3 = { 'kms:ViaService': `s3.${region}.${urlSuffix}` };
    // The CDK gives a new key this policy, with which the IAM policies of the account decide.
    const delegating: PolicyDocument = {
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:${partition}:iam::${ACCOUNT}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    };
    const keyTable = (scenario: Scenario, rows: Row[]) => {
      expectRows(() => ({ principal: deploy(target, scenario).locationRole, resourcePolicy: delegating }), rows);
    };

    describe('to read and write', () => {
      keyTable({ location: 'bucket', encrypted: true }, [
        ['allowed', 'kms:Decrypt', key, viaS3],
        ['allowed', 'kms:GenerateDataKey', key, viaS3],
        ['allowed', 'kms:Decrypt', key, { 'kms:ViaService': `s3.${region}.amazonaws.com` }],
        ['denied', 'kms:Decrypt', key],
        ['denied', 'kms:Decrypt', key, { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` }],
        ['denied', 'kms:Decrypt', key, { 'kms:ViaService': `s3.ap-south-2.${urlSuffix}` }],
        ['denied', 'kms:GenerateDataKey', key],
        ['denied', 'kms:Decrypt', otherKey, viaS3],
        ['denied', 'kms:Encrypt', key, viaS3],
        ['denied', 'kms:ScheduleKeyDeletion', key],
      ]);
    });

    describe('to read', () => {
      keyTable({ location: 'bucket', encrypted: true, readOnly: true }, [
        ['allowed', 'kms:Decrypt', key, viaS3],
        ['denied', 'kms:GenerateDataKey', key, viaS3],
      ]);
    });

    describe('that are not listed', () => {
      keyTable({ location: 'bucket' }, [
        ['denied', 'kms:Decrypt', key, viaS3],
        ['denied', 'kms:GenerateDataKey', key, viaS3],
      ]);
    });
  });

  describe('is assumed', () => {
    const role = `arn:${partition}:iam::${ACCOUNT}:role/location-role`;
    const here = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': instance };
    const context = { 'sts:RequestContextProviders': [`arn:${partition}:iam::aws:contextProvider/IdentityCenter`] };
    const trust = (service: string, identityCenter: boolean, rows: Row[], locationRole?: 'given') => {
      expectRows(() => ({
        principal: { arn: service, identityPolicies: [] },
        resourcePolicy: deploy(target, { location: 'bucket', identityCenter, locationRole }).buildLocationRoleTrust,
      }), rows);
    };

    describe('by S3 Access Grants', () => {
      trust('access-grants.s3.amazonaws.com', false, [
        ['allowed', 'sts:AssumeRole', role, here],
        ['allowed', 'sts:AssumeRole', role, { ...here, 'aws:SourceArn': `${instance}/location/default` }],
        ['allowed', 'sts:SetSourceIdentity', role, here],
        ['denied', 'sts:SetContext', role, { ...here, ...context }],
        ['denied', 'sts:TagSession', role, here],
        ...['sts:AssumeRole', 'sts:SetSourceIdentity'].flatMap((action): Row[] => [
          ['denied', action, role],
          ['denied', action, role, { 'aws:SourceArn': instance }],
          ['denied', action, role, { 'aws:SourceAccount': ACCOUNT }],
          ['denied', action, role, { ...here, 'aws:SourceAccount': STRANGER }],
          [
            'denied',
            action,
            role,
            { ...here, 'aws:SourceArn': `arn:${partition}:s3:${region}:${STRANGER}:access-grants/default` },
          ],
          ['denied', action, role, { ...here, 'aws:SourceArn': `${instance}2` }],
        ]),
      ]);
    });

    describe('by S3 Access Grants for users of IAM Identity Center', () => {
      trust('access-grants.s3.amazonaws.com', true, [
        ['allowed', 'sts:AssumeRole', role, here],
        ['allowed', 'sts:SetSourceIdentity', role, here],
        ['allowed', 'sts:SetContext', role, { ...here, ...context }],
        ['denied', 'sts:SetContext', role, here],
        ['denied', 'sts:SetContext', role, context],
        [
          'denied',
          'sts:SetContext',
          role,
          { ...here, 'sts:RequestContextProviders': [`arn:${partition}:iam::aws:contextProvider/Other`] },
        ],
        ['denied', 'sts:SetContext', role, { ...here, ...context, 'aws:SourceAccount': STRANGER }],
      ]);
    });

    describe('by S3 Access Grants when the user defines the role', () => {
      trust('access-grants.s3.amazonaws.com', true, [
        ['allowed', 'sts:AssumeRole', role, here],
        ['allowed', 'sts:SetSourceIdentity', role, here],
        ['allowed', 'sts:SetContext', role, { ...here, ...context }],
        ['denied', 'sts:AssumeRole', role, { ...here, 'aws:SourceAccount': STRANGER }],
      ], 'given');
    });

    describe('by no other principal', () => {
      trust('s3.amazonaws.com', true, [
        ['denied', 'sts:AssumeRole', role, here],
        ['denied', 'sts:SetContext', role, { ...here, ...context }],
      ]);
      trust(`arn:${partition}:iam::${ACCOUNT}:role/immuta-role`, true, [
        ['denied', 'sts:AssumeRole', role, here],
      ]);
    });
  });
});
