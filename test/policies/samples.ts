/**
 * The policies of Immuta's page 'Configure an Amazon S3 integration', word for word, with values in place of the
 * placeholders: the library does better than each of them (sample-defects.test.ts), so they must stay as they are.
 */

const INSTANCE = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';
const BUCKET = 'arn:aws:s3:::sales';
const IDENTITY_CENTER_RESOURCES = [
  'arn:aws:sso:::instance/ssoins-1234567890abcdef',
  'arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef',
  'arn:aws:identitystore:::user/*',
  'arn:aws:identitystore::111122223333:identitystore/d-1234567890',
];

export const SAMPLE_LOCATION_ROLE_TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Stmt1234567891011',
      Effect: 'Allow',
      Principal: {
        Service: 'access-grants.s3.amazonaws.com',
      },
      Action: [
        'sts:AssumeRole',
        'sts:SetSourceIdentity',
      ],
    },
  ],
};

/** The sample has the placeholder `<bucket arn>` without quotes. Only the quotes were added. */
export const SAMPLE_LOCATION_ROLE_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'ObjectLevelReadPermissions',
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:GetObjectVersion',
        's3:GetObjectAcl',
        's3:GetObjectVersionAcl',
        's3:ListMultipartUploadParts',
      ],
      Resource: [
        BUCKET,
      ],
    },
    {
      Sid: 'ObjectLevelWritePermissions',
      Effect: 'Allow',
      Action: [
        's3:PutObject',
        's3:PutObjectAcl',
        's3:PutObjectVersionAcl',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:AbortMultipartUpload',
      ],
      Resource: [
        BUCKET,
      ],
    },
    {
      Sid: 'BucketLevelReadPermissions',
      Effect: 'Allow',
      Action: [
        's3:ListAllMyBuckets',
        's3:ListBucket',
      ],
      Resource: [
        BUCKET,
      ],
    },
  ],
};

export const SAMPLE_IMMUTA_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'RolePermissions',
      Effect: 'Allow',
      Action: [
        'iam:GetRole',
        'iam:PassRole',
      ],
      Resource: 'arn:aws:iam::111122223333:role/location-role',
    },
    {
      Sid: 'AccessGrants',
      Effect: 'Allow',
      Action: [
        's3:CreateAccessGrant',
        's3:DeleteAccessGrantsLocation',
        's3:GetAccessGrantsLocation',
        's3:CreateAccessGrantsLocation',
        's3:GetAccessGrantsInstance',
        's3:GetAccessGrantsInstanceForPrefix',
        's3:GetAccessGrantsInstanceResourcePolicy',
        's3:ListAccessGrants',
        's3:ListAccessGrantsLocations',
        's3:ListAccessGrantsInstances',
        's3:DeleteAccessGrant',
        's3:GetAccessGrant',
      ],
      Resource: [
        INSTANCE,
      ],
    },
  ],
};

/** The sample consists of two statements. Only the document around them was added. */
export const SAMPLE_IDENTITY_CENTER_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'sso',
      Effect: 'Allow',
      Action: [
        'sso:DescribeInstance',
        'sso:DescribeApplication',
        'sso-directory:DescribeUsers',
      ],
      Resource: IDENTITY_CENTER_RESOURCES,
    },
    {
      Sid: 'idc',
      Effect: 'Allow',
      Action: [
        'identitystore:DescribeUser',
        'identitystore:DescribeGroup',
      ],
      Resource: IDENTITY_CENTER_RESOURCES,
    },
  ],
};
