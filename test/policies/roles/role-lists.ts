/** Actions by the resources on which a role is allowed them. */
export type RoleActions = Readonly<Record<string, readonly string[]>>;

/** Everyone is allowed to ask who they are. */
const EVERYONE: RoleActions = { 'all resources': ['sts:GetCallerIdentity'] };

/**
 * What each role is allowed in `s3`, `iam`, `sts`, `kms`, `secretsmanager`, `lambda`, `cloudformation`, `sso` and
 * `identitystore`, with every option that adds a permission. The conditions are in the tables of the other tests.
 */
export const LOCATION_ROLE_ACTIONS: RoleActions = {
  ...EVERYONE,
  'the bucket': ['s3:ListBucket'],
  'objects in the prefix': [
    's3:AbortMultipartUpload',
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:GetObject',
    's3:GetObjectAcl',
    's3:GetObjectVersion',
    's3:GetObjectVersionAcl',
    's3:ListMultipartUploadParts',
    's3:PutObject',
    's3:PutObjectAcl',
    's3:PutObjectVersionAcl',
  ],
  'the key': ['kms:Decrypt', 'kms:GenerateDataKey'],
};

export const IMMUTA_ACTIONS: RoleActions = {
  'all resources': ['s3:ListAccessGrantsInstances', 'sts:GetCallerIdentity'],
  'the instance': [
    's3:GetAccessGrantsInstance',
    's3:GetAccessGrantsInstanceForPrefix',
    's3:GetAccessGrantsInstanceResourcePolicy',
    's3:ListAccessGrants',
    's3:ListAccessGrantsLocations',
  ],
  'locations': [
    's3:CreateAccessGrantsLocation',
    's3:DeleteAccessGrantsLocation',
    's3:GetAccessGrantsLocation',
    's3:UpdateAccessGrantsLocation',
  ],
  'grants': ['s3:CreateAccessGrant', 's3:DeleteAccessGrant', 's3:GetAccessGrant'],
  'the bucket': ['s3:ListBucket'],
  'the location role': ['iam:GetRole', 'iam:PassRole'],
  'Identity Center': ['sso:DescribeInstance'],
  'applications in Identity Center': ['sso:DescribeApplication'],
  'the identity store': ['identitystore:DescribeGroup', 'identitystore:DescribeUser'],
  'another Group': ['identitystore:DescribeGroup'],
  'another User': ['identitystore:DescribeUser'],
  'the key of Identity Center': ['kms:Decrypt'],
};

export const HANDLER_ACTIONS: RoleActions = {
  ...EVERYONE,
  'the API key': ['secretsmanager:GetSecretValue'],
  'the key': ['kms:Decrypt'],
  'the access key': [
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
    'secretsmanager:TagResource',
    'secretsmanager:UntagResource',
    'secretsmanager:UpdateSecretVersionStage',
  ],
  "Immuta's user": [
    'iam:CreateAccessKey',
    'iam:DeleteAccessKey',
    'iam:ListAccessKeys',
    'iam:SimulatePrincipalPolicy',
  ],
  'the instance': ['s3:ListAccessGrantsLocations'],
  'the function': ['lambda:InvokeFunction'],
  'the stack': ['cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'],
};

export const INSTANCE_HANDLER_ACTIONS: RoleActions = {
  ...EVERYONE,
  'the instance': [
    's3:AssociateAccessGrantsIdentityCenter',
    's3:CreateAccessGrantsInstance',
    's3:DeleteAccessGrantsInstance',
    's3:DissociateAccessGrantsIdentityCenter',
    's3:GetAccessGrantsInstance',
    's3:ListAccessGrants',
    's3:ListAccessGrantsLocations',
    's3:ListTagsForResource',
    's3:TagResource',
    's3:UntagResource',
  ],
  'Identity Center': ['sso:CreateApplication'],
  'application providers of AWS': ['sso:CreateApplication'],
  'another ApplicationProvider': ['sso:CreateApplication'],
  'applications in Identity Center': [
    'sso:CreateApplication',
    'sso:DeleteApplication',
    'sso:PutApplicationAuthenticationMethod',
    'sso:PutApplicationGrant',
  ],
  'the key': ['kms:Decrypt'],
  'the function': ['lambda:InvokeFunction'],
  'the stack': ['cloudformation:DescribeStackResource', 'cloudformation:DescribeStacks'],
};

export const READER_ACTIONS: RoleActions = {
  ...EVERYONE,
  'the instance': ['s3:GetAccessGrantsInstanceForPrefix', 's3:GetDataAccess', 's3:ListCallerAccessGrants'],
};

export const HEALTH_CHECK_SCHEDULE_ACTIONS: RoleActions = {
  ...EVERYONE,
  'the function': ['lambda:InvokeFunction'],
};
