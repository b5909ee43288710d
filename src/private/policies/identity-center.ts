import { Fn } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { buildServiceConditions } from './kms';

/** An Identity Center instance whose users and groups Immuta grants to. */
export interface IdentityCenter {
  readonly instanceArn: string;
  readonly identityStoreId: string;
  /** ID of the account that owns the identity store. */
  readonly identityStoreAccount: string;
  /** ARN of the application that S3 Access Grants has in the instance, or of every application of the instance. */
  readonly applicationArn: string;
  /** ARN of the customer managed key that encrypts the users and groups. */
  readonly encryptionKeyArn?: string;
}

/**
 * Returns the statements with which Immuta grants to users and groups of IAM Identity Center.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessGrant.html
 */
export function buildIdentityCenterStatements(
  partition: string,
  region: string,
  identityCenter: IdentityCenter,
): iam.PolicyStatement[] {
  const { encryptionKeyArn, identityStoreAccount, identityStoreId, instanceArn } = identityCenter;
  const identityStoreArn = `arn:${partition}:identitystore::${identityStoreAccount}:identitystore/${identityStoreId}`;
  return [
    new iam.PolicyStatement({ actions: ['sso:DescribeInstance'], resources: [instanceArn] }),
    new iam.PolicyStatement({ actions: ['sso:DescribeApplication'], resources: [identityCenter.applicationArn] }),
    new iam.PolicyStatement({
      actions: ['identitystore:DescribeGroup', 'identitystore:DescribeUser'],
      resources: [
        identityStoreArn,
        // The grantees are not known at synth.
        `arn:${partition}:identitystore:::group/*`,
        `arn:${partition}:identitystore:::user/*`,
      ],
    }),
    // The sso-directory service has no resource types.
    new iam.PolicyStatement({ actions: ['sso-directory:DescribeUsers'], resources: ['*'] }),
    ...encryptionKeyArn === undefined ? [] : [
      buildDecryptInstanceStatement(encryptionKeyArn, instanceArn, region),
      buildDecryptStatement(encryptionKeyArn, 'identitystore', region, {
        'kms:EncryptionContext:aws:identitystore:identitystore-arn': identityStoreArn,
      }),
    ],
  ];
}

/** Returns the statement with which a caller of Identity Center reads what a customer managed key encrypts there. */
export function buildDecryptInstanceStatement(
  keyArn: string,
  instanceArn: string,
  region: string,
): iam.PolicyStatement {
  return buildDecryptStatement(keyArn, 'sso', region, { 'kms:EncryptionContext:aws:sso:instance-arn': instanceArn });
}

/** @see https://docs.aws.amazon.com/singlesignon/latest/userguide/advanced-kms-policy.html */
function buildDecryptStatement(
  keyArn: string,
  service: string,
  region: string,
  encryptionContext: Record<string, string>,
): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [keyArn],
    conditions: { ...buildServiceConditions(service, region), StringEquals: encryptionContext },
  });
}

/**
 * S3 creates its application in the account that owns the Identity Center instance, when the instances are associated.
 */
export function formatApplicationArns(partition: string, instanceArn: string): string {
  const instanceId = Fn.select(1, Fn.split('/', instanceArn));
  return `arn:${partition}:sso::*:application/${instanceId}/*`;
}
