import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { deploy, KEY_ID, OTHER_ACCOUNT, Scenario } from './deployment';
import { ACCOUNT, TARGETS } from './resolve-template';
import {
  SAMPLE_IDENTITY_CENTER_POLICY, SAMPLE_IMMUTA_POLICY, SAMPLE_LOCATION_ROLE_POLICY, SAMPLE_LOCATION_ROLE_TRUST,
} from './samples';
import { evaluate, PolicyDocument, Principal, Verdict } from './simulator';
import { Row, Subject } from './table';

/** A defect of the policies on Immuta's page, and the decision about it. */
interface Defect {
  readonly number: number;
  readonly defect: string;
  readonly decision: string;
  readonly why: string;
  /** Rows that the sample fails and the library passes. None if policies cannot show the defect. */
  readonly rows?: Row[];
  readonly sample?: Subject;
  readonly ours?: () => Subject;
}

const [AWS, GOV] = TARGETS;
const INSTANCE = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';
const LOCATION = `${INSTANCE}/location/5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f`;
const GRANT = `${INSTANCE}/grant/0c4f2c9e-9d3c-11ef-8f3d-0a1b2c3d4e5f`;
const LOCATION_ROLE = 'arn:aws:iam::111122223333:role/location-role';
const KEY = `arn:aws:kms:us-east-1:111122223333:key/${KEY_ID}`;
const OWN_LOCATION = { 's3:AccessGrantsLocationScope': 's3://sales/' };
const OWN_GRANT = { 's3:AccessGrantScope': 's3://sales/*' };
const VENDED = { 'aws:ResourceAccount': ACCOUNT, 's3:AccessGrantsInstanceArn': INSTANCE };
const STRANGER = '999999999999';
const KEY_POLICY: PolicyDocument = {
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
  ],
};

const sampleLocationRole: Principal = {
  arn: 'arn:aws:sts::111122223333:assumed-role/location-role/session',
  identityPolicies: [SAMPLE_LOCATION_ROLE_POLICY],
};
const sampleImmuta: Principal = {
  arn: 'arn:aws:sts::111122223333:assumed-role/immuta-role/session',
  identityPolicies: [SAMPLE_IMMUTA_POLICY, SAMPLE_IDENTITY_CENTER_POLICY],
};
const accessGrants: Principal = { arn: 'access-grants.s3.amazonaws.com', identityPolicies: [] };
const sampleTrust: Subject = { principal: accessGrants, resourcePolicy: SAMPLE_LOCATION_ROLE_TRUST };

const ours = (scenario: Scenario, target = AWS) => deploy(target, scenario);

const DEFECTS: Defect[] = [
  {
    number: 1,
    defect: 'The actions on objects are allowed on the ARN of the bucket',
    decision: 'Allowed on `<bucket>/*`, or `<bucket>/<prefix>*`',
    why: 'These actions match ARNs of objects only. As written, the role can neither read nor write',
    sample: { principal: sampleLocationRole },
    ours: () => ({ principal: ours({ location: 'bucket' }).locationRole }),
    rows: [
      ['allowed', 's3:GetObject', 'arn:aws:s3:::sales/q1.csv', VENDED],
      ['allowed', 's3:GetObjectVersion', 'arn:aws:s3:::sales/q1.csv', VENDED],
      ['allowed', 's3:PutObject', 'arn:aws:s3:::sales/q1.csv', VENDED],
      ['allowed', 's3:DeleteObject', 'arn:aws:s3:::sales/q1.csv', VENDED],
      ['allowed', 's3:AbortMultipartUpload', 'arn:aws:s3:::sales/q1.csv', VENDED],
    ],
  },
  {
    number: 2,
    defect: '`s3:ListAllMyBuckets` is allowed on the ARN of the bucket',
    decision: 'A separate statement on `*`, only if the location is `s3://`',
    why: 'The action has no resource type, so only `*` matches. A location in one bucket does not need it',
    sample: { principal: sampleLocationRole },
    ours: () => ({ principal: ours({ location: 'allBuckets' }).locationRole }),
    rows: [['allowed', 's3:ListAllMyBuckets', '*']],
  },
  {
    number: 3,
    defect: 'KMS is mentioned in the text only, and only `kms:Decrypt`',
    decision:
      '`kms:Decrypt`, and `kms:GenerateDataKey` to write, on the keys given as `encryptionKeys`, through S3 in the '
        + 'Region only',
    why: 'Without them no user can read or write an object that is encrypted with a KMS key',
    sample: { principal: sampleLocationRole, resourcePolicy: KEY_POLICY },
    ours: () => ({ principal: ours({ location: 'bucket', encrypted: true }).locationRole, resourcePolicy: KEY_POLICY }),
    rows: [
      ['allowed', 'kms:Decrypt', KEY, { 'kms:ViaService': 's3.us-east-1.amazonaws.com' }],
      ['allowed', 'kms:GenerateDataKey', KEY, { 'kms:ViaService': 's3.us-east-1.amazonaws.com' }],
    ],
  },
  {
    number: 4,
    defect: 'No condition on the account that owns the bucket, nor on the Access Grants instance',
    decision:
      "`aws:ResourceAccount` (the stack's account, or `bucketAccount`) and `s3:AccessGrantsInstanceArn` on the S3 "
        + 'statements',
    why: 'A bucket that was deleted and recreated by another account is out of reach, and the role works only with '
      + 'credentials that the instance issues',
    sample: { principal: sampleLocationRole },
    ours: () => ({ principal: ours({ location: 'bucket' }).locationRole }),
    rows: [
      ['denied', 's3:ListBucket', 'arn:aws:s3:::sales', { ...VENDED, 'aws:ResourceAccount': STRANGER }],
      ['denied', 's3:ListBucket', 'arn:aws:s3:::sales', { 'aws:ResourceAccount': ACCOUNT }],
    ],
  },
  {
    number: 5,
    defect: 'The trust policy lacks `sts:SetContext`',
    decision: 'A separate statement, only with Identity Center, and only for its context provider',
    why: 'Without it, every grant to a user or group of Identity Center fails. Nothing else needs it',
    sample: sampleTrust,
    ours: () => ({
      principal: accessGrants,
      resourcePolicy: ours({ location: 'bucket', identityCenter: true }).buildLocationRoleTrust,
    }),
    rows: [
      [
        'allowed',
        'sts:SetContext',
        LOCATION_ROLE,
        {
          'aws:SourceAccount': ACCOUNT,
          'aws:SourceArn': INSTANCE,
          'sts:RequestContextProviders': ['arn:aws:iam::aws:contextProvider/IdentityCenter'],
        },
      ],
    ],
  },
  {
    number: 6,
    defect: 'The trust policy has no condition on who S3 Access Grants acts for',
    decision: '`aws:SourceAccount`, and `aws:SourceArn` matching the instance or anything below it',
    why: "An instance of another account could have the role assumed. AWS's pages disagree whether the source is the "
      + 'instance or the location',
    sample: sampleTrust,
    ours: () => ({ principal: accessGrants, resourcePolicy: ours({ location: 'bucket' }).buildLocationRoleTrust }),
    rows: [
      [
        'denied',
        'sts:AssumeRole',
        LOCATION_ROLE,
        {
          'aws:SourceAccount': STRANGER,
          'aws:SourceArn': 'arn:aws:s3:us-east-1:999999999999:access-grants/default',
        },
      ],
      [
        'denied',
        'sts:AssumeRole',
        LOCATION_ROLE,
        { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': 'arn:aws:s3:eu-west-1:111122223333:access-grants/default' },
      ],
      ['denied', 'sts:SetSourceIdentity', LOCATION_ROLE],
    ],
  },
  {
    number: 7,
    defect: 'The management policy names only the instance',
    decision: 'The actions on locations and grants are allowed on `<instance>/*`, for the scopes of the location only',
    why: "Actions on locations and grants do not match the instance's ARN. AWS moved the two create actions from one "
      + 'resource type to another, so both are named',
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket' }).immuta }),
    rows: [
      ['allowed', 's3:CreateAccessGrantsLocation', LOCATION, OWN_LOCATION],
      ['allowed', 's3:GetAccessGrantsLocation', LOCATION, OWN_LOCATION],
      ['allowed', 's3:DeleteAccessGrantsLocation', LOCATION, OWN_LOCATION],
      ['allowed', 's3:CreateAccessGrant', GRANT, OWN_GRANT],
      ['allowed', 's3:GetAccessGrant', GRANT, OWN_GRANT],
      ['allowed', 's3:DeleteAccessGrant', GRANT, OWN_GRANT],
    ],
  },
  {
    number: 8,
    defect: '`s3:ListAccessGrantsInstances` is allowed on the ARN of the instance',
    decision: 'A separate statement on `*`',
    why: 'The action has no resource type, so only `*` matches',
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket' }).immuta }),
    rows: [['allowed', 's3:ListAccessGrantsInstances', '*']],
  },
  {
    number: 9,
    defect: '`s3:UpdateAccessGrantsLocation` is missing',
    decision: 'Allowed with the other management actions',
    why: "An update of the integration may change the location's role; earlier versions of Immuta's page list the "
      + 'action',
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket' }).immuta }),
    rows: [['allowed', 's3:UpdateAccessGrantsLocation', LOCATION, OWN_LOCATION]],
  },
  {
    number: 10,
    defect: "Immuta's principal may not list the bucket",
    decision:
      '`s3:ListBucket` on the governed buckets, limited by `aws:ResourceAccount` but not to a prefix; '
        + '`s3:ListAllMyBuckets` if the location is `s3://`',
    why: "Immuta tests that 'the provided S3 path exists and Immuta can list prefixes'; which prefix it requests is "
      + 'not documented',
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket' }).immuta }),
    rows: [['allowed', 's3:ListBucket', 'arn:aws:s3:::sales', { 'aws:ResourceAccount': ACCOUNT }]],
  },
  {
    number: 11,
    defect: '`sso-directory:DescribeUsers` is allowed on ARNs',
    decision: 'A separate statement on `*`',
    why: 'The whole service has no resource types, so only `*` matches',
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket', identityCenter: true }).immuta }),
    rows: [['allowed', 'sso-directory:DescribeUsers', '*']],
  },
  {
    number: 12,
    defect: '`identitystore:DescribeGroup` is allowed, but on no group',
    decision: 'Groups are named as well as users, and the identity store with the account that owns it',
    why: 'The action needs the identity store and the group',
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket', identityCenter: true }).immuta }),
    rows: [
      ['allowed', 'identitystore:DescribeGroup', 'arn:aws:identitystore:::group/9067642ac7-11ef'],
      ['allowed', 'identitystore:DescribeGroup', `arn:aws:identitystore::${OTHER_ACCOUNT}:identitystore/d-1234567890`],
    ],
  },
  {
    number: 13,
    defect: 'ARNs begin with `arn:aws:`',
    decision: 'Every ARN has the partition of the stack',
    why: 'Nothing matches in AWS GovCloud (US) or in China',
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket', identityCenter: true }, GOV).immuta }),
    rows: [['allowed', 'identitystore:DescribeUser', 'arn:aws-us-gov:identitystore:::user/9067642ac7-9f3c']],
  },
  {
    number: 14,
    defect: '`iam:PassRole` without `iam:PassedToService`',
    decision:
      'Exactly the location role, to `access-grants.s3.amazonaws.com` only, unless `restrictPassRole` is `false`',
    why: 'AWS documents the value, which was not verified live, and a wrong value makes every registration fail. The '
      + "role's trust admits no other service",
    sample: { principal: sampleImmuta },
    ours: () => ({ principal: ours({ location: 'bucket' }).immuta }),
    rows: [['denied', 'iam:PassRole', LOCATION_ROLE, { 'iam:PassedToService': 'ec2.amazonaws.com' }]],
  },
  {
    number: 15,
    defect: 'Actions on object ACLs, which have no effect in a bucket without ACLs',
    decision: 'Kept',
    why: "AWS's and Immuta's pages both list them, buckets with ACLs need them, and they are harmless without ACLs "
      + '(the default). Policies cannot distinguish the two',
  },
];

describe('defects of the sample policies', () => {
  test('lists a decision for each of the fifteen defects of the sample policies', () => {
    expect(DEFECTS.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  test.each(DEFECTS)(
    'documents defect $number of the sample policies with its decision and reason',
    ({ number, defect, decision, why }) => {
      const page = readFileSync(path.join(__dirname, '../../docs/internals/sample-policies.md'), 'utf8');
      expect(page).toContain(`| ${number} | ${defect} | ${decision} | ${why} |`);
    },
  );

  describe.each(DEFECTS.filter(({ rows }) => rows))('defect $number: $defect', ({ rows, sample, ours: fixed }) => {
    const complete = rows!.map(
      ([expected, action, resource, context = {}]) => [expected, action, resource, context] as const,
    );
    const wrong: Record<Verdict, Verdict> = { allowed: 'denied', denied: 'allowed' };

    test.each(complete)('shows a defect of the sample: %s %s on %s %j', async (expected, action, resource, context) => {
      await expect(evaluate({ ...sample!, action, resource, context })).resolves.toBe(wrong[expected]);
    });

    test.each(complete)('shows none of the library: %s %s on %s %j', async (expected, action, resource, context) => {
      await expect(evaluate({ ...fixed!(), action, resource, context })).resolves.toBe(expected);
    });
  });
});
