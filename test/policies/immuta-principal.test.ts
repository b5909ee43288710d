import { deploy, KEY_ID, OTHER_ACCOUNT, Scenario } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import { expectRows, Row } from './table';

const STRANGER = '999999999999';

describe.each(TARGETS)('Immuta in $partition', ({ partition, region, urlSuffix }) => {
  const target = { partition, region, urlSuffix };
  const s3 = (name: string) => `arn:${partition}:s3:::${name}`;
  const instance = `arn:${partition}:s3:${region}:${ACCOUNT}:access-grants/default`;
  const location = `${instance}/location/5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f`;
  const grant = `${instance}/grant/0c4f2c9e-9d3c-11ef-8f3d-0a1b2c3d4e5f`;
  const locationRole = `arn:${partition}:iam::${ACCOUNT}:role/location-role`;
  const own = { 'aws:ResourceAccount': ACCOUNT };
  const ownLocation = { 's3:AccessGrantsLocationScope': 's3://sales/' };
  const ownGrant = { 's3:AccessGrantScope': 's3://sales/*' };
  const toAccessGrants = { 'iam:PassedToService': 'access-grants.s3.amazonaws.com' };
  const table = (scenario: Scenario, rows: Row[]) => {
    expectRows(() => ({ principal: deploy(target, scenario).immuta }), rows);
  };

  // Whose they may be: immuta-scopes.test.ts.
  describe('manages its location and grants in the instance', () => {
    const elsewhere = [
      `arn:${partition}:s3:${region}:${STRANGER}:access-grants/default`,
      `arn:${partition}:s3:ap-south-2:${ACCOUNT}:access-grants/default`,
    ];
    table({ location: 'bucket' }, [
      ['allowed', 's3:GetAccessGrantsInstance', instance],
      ['allowed', 's3:GetAccessGrantsInstanceForPrefix', instance],
      ['allowed', 's3:GetAccessGrantsInstanceResourcePolicy', instance],
      ['allowed', 's3:ListAccessGrants', instance],
      ['allowed', 's3:ListAccessGrantsLocations', instance],
      ['allowed', 's3:CreateAccessGrantsLocation', location, ownLocation],
      ['allowed', 's3:CreateAccessGrantsLocation', `${instance}/location/default`, ownLocation],
      ['allowed', 's3:GetAccessGrantsLocation', location, ownLocation],
      ['allowed', 's3:UpdateAccessGrantsLocation', location, ownLocation],
      ['allowed', 's3:DeleteAccessGrantsLocation', location, ownLocation],
      ['allowed', 's3:CreateAccessGrant', grant, ownGrant],
      ['allowed', 's3:GetAccessGrant', grant, ownGrant],
      ['allowed', 's3:DeleteAccessGrant', grant, ownGrant],
      ['allowed', 's3:ListAccessGrantsInstances', '*'],
      ...elsewhere.flatMap((other): Row[] => [
        ['denied', 's3:GetAccessGrantsInstance', other],
        ['denied', 's3:ListAccessGrantsLocations', other],
        ['denied', 's3:CreateAccessGrantsLocation', `${other}/location/default`, ownLocation],
        ['denied', 's3:DeleteAccessGrantsLocation', `${other}/location/default`, ownLocation],
        ['denied', 's3:CreateAccessGrant', `${other}/grant/1`, ownGrant],
        ['denied', 's3:DeleteAccessGrant', `${other}/grant/1`, ownGrant],
      ]),
      // The stack manages the instance, and readers request credentials themselves.
      ['denied', 's3:CreateAccessGrantsInstance', instance],
      ['denied', 's3:DeleteAccessGrantsInstance', instance],
      ['denied', 's3:PutAccessGrantsInstanceResourcePolicy', instance],
      ['denied', 's3:AssociateAccessGrantsIdentityCenter', instance],
      ['denied', 's3:GetDataAccess', instance],
    ]);
  });

  describe('passes exactly the location role', () => {
    const other = `arn:${partition}:iam::${ACCOUNT}:role/location-role-2`;
    const pass: Row[] = [
      ['allowed', 'iam:GetRole', locationRole],
      ['allowed', 'iam:PassRole', locationRole, toAccessGrants],
      ['denied', 'iam:GetRole', other],
      ['denied', 'iam:PassRole', other, toAccessGrants],
      ['denied', 'iam:PassRole', `arn:${partition}:iam::${STRANGER}:role/location-role`, toAccessGrants],
      ['denied', 'iam:UpdateAssumeRolePolicy', locationRole],
      ['denied', 'iam:AttachRolePolicy', locationRole],
      ['denied', 'sts:AssumeRole', locationRole],
    ];

    describe('to any service without restrictPassRole', () => {
      table({ location: 'bucket', restrictPassRole: false }, [
        ...pass,
        ['allowed', 'iam:PassRole', locationRole, { 'iam:PassedToService': 's3.amazonaws.com' }],
        ['allowed', 'iam:PassRole', locationRole],
      ]);
    });

    describe('only to S3 Access Grants by default', () => {
      table({ location: 'bucket' }, [
        ...pass,
        ['denied', 'iam:PassRole', locationRole, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
        ['denied', 'iam:PassRole', locationRole],
      ]);
    });
  });

  describe('lists', () => {
    describe('a bucket', () => {
      table({ location: 'bucket' }, [
        ['allowed', 's3:ListBucket', s3('sales'), own],
        ['allowed', 's3:ListBucket', s3('sales'), { ...own, 's3:prefix': '' }],
        ['denied', 's3:ListBucket', s3('people'), own],
        ['denied', 's3:ListBucket', s3('sales-archive'), own],
        ['denied', 's3:ListBucket', s3('sales'), { 'aws:ResourceAccount': STRANGER }],
        ['denied', 's3:ListAllMyBuckets', '*'],
        ['denied', 's3:GetObject', s3('sales/q1.csv'), own],
        ['denied', 's3:PutObject', s3('sales/q1.csv'), own],
        ['denied', 's3:PutBucketPolicy', s3('sales'), own],
      ]);
    });

    describe('the bucket of a prefix', () => {
      table({ location: 'prefix' }, [
        ['allowed', 's3:ListBucket', s3('sales'), { ...own, 's3:prefix': 'curated/' }],
        // Immuta does not document which prefix it lists.
        ['allowed', 's3:ListBucket', s3('sales'), { ...own, 's3:prefix': 'curated' }],
        ['denied', 's3:ListBucket', s3('people'), { ...own, 's3:prefix': 'curated/' }],
        ['denied', 's3:GetObject', s3('sales/curated/q1.csv'), own],
      ]);
    });

    describe('all buckets', () => {
      table({ location: 'allBuckets' }, [
        ['allowed', 's3:ListBucket', s3('a-bucket-of-tomorrow'), own],
        ['denied', 's3:ListBucket', s3('a-bucket-of-tomorrow'), { 'aws:ResourceAccount': STRANGER }],
        ['allowed', 's3:ListAllMyBuckets', '*'],
        ['denied', 's3:GetObject', s3('sales/q1.csv'), own],
      ]);
    });

    describe('listed buckets', () => {
      table({ location: 'listedBuckets' }, [
        ['allowed', 's3:ListBucket', s3('sales'), own],
        ['allowed', 's3:ListBucket', s3('people'), own],
        ['denied', 's3:ListBucket', s3('finance'), own],
        ['allowed', 's3:ListAllMyBuckets', '*'],
      ]);
    });
  });

  describe('reads IAM Identity Center', () => {
    const center = `arn:${partition}:sso:::instance/ssoins-1234567890abcdef`;
    const instanceId = 'ssoins-1234567890abcdef';
    const application = `arn:${partition}:sso::${OTHER_ACCOUNT}:application/${instanceId}/apl-1234567890abcdef`;
    const store = `arn:${partition}:identitystore::${OTHER_ACCOUNT}:identitystore/d-1234567890`;
    const user = `arn:${partition}:identitystore:::user/9067642ac7-9f3c`;
    const group = `arn:${partition}:identitystore:::group/9067642ac7-11ef`;

    describe('when it is set', () => {
      table({ location: 'bucket', identityCenter: true }, [
        ['allowed', 'sso:DescribeInstance', center],
        ['denied', 'sso:DescribeInstance', `arn:${partition}:sso:::instance/ssoins-fedcba0987654321`],
        ['allowed', 'sso:DescribeApplication', application],
        [
          'denied',
          'sso:DescribeApplication',
          `arn:${partition}:sso::${OTHER_ACCOUNT}:application/ssoins-fedcba0987654321/apl-1234567890abcdef`,
        ],
        ['allowed', 'identitystore:DescribeUser', store],
        ['allowed', 'identitystore:DescribeUser', user],
        ['allowed', 'identitystore:DescribeGroup', store],
        ['allowed', 'identitystore:DescribeGroup', group],
        [
          'denied',
          'identitystore:DescribeUser',
          `arn:${partition}:identitystore::${ACCOUNT}:identitystore/d-1234567890`,
        ],
        [
          'denied',
          'identitystore:DescribeGroup',
          `arn:${partition}:identitystore::${OTHER_ACCOUNT}:identitystore/d-0987654321`,
        ],
        ['denied', 'identitystore:DeleteUser', user],
        ['denied', 'identitystore:CreateGroup', store],
        ['allowed', 'sso-directory:DescribeUsers', '*'],
        ['denied', 'sso-directory:CreateUser', '*'],
        ['denied', 'sso:PutApplicationGrant', application],
        ['denied', 'sso:DeleteApplication', application],
      ]);
    });

    // The simulator does not know keys of an encryption context.
    test('lets Immuta decrypt with the key of Identity Center through Identity Center only', () => {
      const { immuta } = deploy(target, { location: 'bucket', identityCenter: true, encryptedIdentityCenter: true });
      const decrypt = (service: string, encryptionContext: Record<string, string>) => ({
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: `arn:${partition}:kms:${region}:${OTHER_ACCOUNT}:key/${KEY_ID}`,
        Condition: { StringLike: { 'kms:ViaService': `${service}.${region}.*` }, StringEquals: encryptionContext },
      });
      const statements = immuta.identityPolicies.flatMap(({ Statement }) => Statement);
      expect(statements.filter(({ Action }) => Action === 'kms:Decrypt')).toEqual([
        decrypt('sso', { 'kms:EncryptionContext:aws:sso:instance-arn': center }),
        decrypt('identitystore', { 'kms:EncryptionContext:aws:identitystore:identitystore-arn': store }),
      ]);
    });

    describe('not when it is not set', () => {
      table({ location: 'bucket' }, [
        ['denied', 'sso:DescribeInstance', center],
        ['denied', 'sso:DescribeApplication', application],
        ['denied', 'identitystore:DescribeUser', user],
        ['denied', 'identitystore:DescribeGroup', store],
        ['denied', 'sso-directory:DescribeUsers', '*'],
      ]);
    });
  });

  describe.each(['existingRole', 'importedRole', 'ambient', 'accessKeySecret'] as const)('as %s', (authentication) => {
    table({ location: 'bucket', authentication }, [
      ['allowed', 's3:CreateAccessGrantsLocation', location, ownLocation],
      ['allowed', 's3:DeleteAccessGrant', grant, ownGrant],
      ['allowed', 's3:ListAccessGrantsInstances', '*'],
      ['allowed', 'iam:GetRole', locationRole],
      ['allowed', 'iam:PassRole', locationRole, toAccessGrants],
      ['allowed', 's3:ListBucket', s3('sales'), own],
      ['denied', 's3:ListBucket', s3('people'), own],
      ['denied', 's3:GetObject', s3('sales/q1.csv'), own],
      ['denied', 's3:DeleteAccessGrantsInstance', instance],
      ['denied', 'iam:PassRole', `arn:${partition}:iam::${ACCOUNT}:role/other`, toAccessGrants],
    ]);
  });

  describe('with statements that the CDK merges', () => {
    table({ location: 'allBuckets', identityCenter: true, minimized: true }, [
      ['allowed', 's3:CreateAccessGrant', grant],
      ['allowed', 's3:ListAccessGrantsInstances', '*'],
      ['allowed', 's3:ListAllMyBuckets', '*'],
      ['allowed', 'sso-directory:DescribeUsers', '*'],
      ['allowed', 'iam:GetRole', locationRole],
      ['denied', 'iam:PassRole', locationRole, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
      ['allowed', 's3:ListBucket', s3('sales'), own],
      ['denied', 's3:ListBucket', s3('sales'), { 'aws:ResourceAccount': STRANGER }],
      ['denied', 's3:CreateAccessGrant', `arn:${partition}:s3:${region}:${STRANGER}:access-grants/default/grant/1`],
      ['denied', 'identitystore:DescribeUser', `arn:${partition}:identitystore::${ACCOUNT}:identitystore/d-1234567890`],
    ]);
  });

  describe('is trusted', () => {
    const role = `arn:${partition}:iam::${ACCOUNT}:role/immuta-role`;
    const trust = (principal: string, rows: Row[]) => {
      const identityPolicies = [
        { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }] },
      ];
      expectRows(() => ({
        principal: { arn: principal, identityPolicies },
        resourcePolicy: deploy(target, { location: 'bucket' }).immutaTrust,
      }), rows);
    };

    describe('as the principal with its external ID', () => {
      trust(`arn:${partition}:iam::777788889999:role/immuta`, [
        ['allowed', 'sts:AssumeRole', role, { 'sts:ExternalId': 'tenant-1' }],
        ['denied', 'sts:AssumeRole', role, { 'sts:ExternalId': 'tenant-2' }],
        ['denied', 'sts:AssumeRole', role],
        ['denied', 'sts:TagSession', role],
      ]);
    });

    describe('as no other principal', () => {
      trust(`arn:${partition}:iam::777788889999:role/other`, [
        ['denied', 'sts:AssumeRole', role, { 'sts:ExternalId': 'tenant-1' }],
      ]);
      trust(`arn:${partition}:iam::${ACCOUNT}:role/location-role`, [
        ['denied', 'sts:AssumeRole', role, { 'sts:ExternalId': 'tenant-1' }],
      ]);
      trust('access-grants.s3.amazonaws.com', [['denied', 'sts:AssumeRole', role, { 'sts:ExternalId': 'tenant-1' }]]);
    });
  });
});
