import * as kms from 'aws-cdk-lib/aws-kms';

/**
 * Options for the IAM Identity Center instance whose users and groups Immuta grants to.
 *
 * S3 Access Grants must be associated with it. Define an `AdoptingAccessGrantsInstance` or an `AccessGrantsInstance`
 * with the same `identityCenterInstanceArn`, or import an instance that is associated.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-directory-ids.html
 */
export interface IdentityCenterOptions {
  /**
   * ARN of the Identity Center instance, such as `arn:aws:sso:::instance/ssoins-1111222233334444`.
   *
   * The instance must be in the Region of the integration.
   */
  readonly instanceArn: string;

  /** ID of the identity store of the instance, such as `d-1234567890`. */
  readonly identityStoreId: string;

  /**
   * ID of the account that owns the identity store, often the management account of the organization.
   *
   * @default - the account of the integration
   */
  readonly identityStoreAccount?: string;

  /**
   * ARN of the application that S3 Access Grants has in Identity Center.
   *
   * S3 creates the application when the two instances are associated. `aws s3control get-access-grants-instance` prints
   * its ARN.
   *
   * @default - the application of the stack's `AdoptingAccessGrantsInstance`. With any other instance, every
   * application of the Identity Center instance
   */
  readonly applicationArn?: string;

  /**
   * The customer managed KMS key that encrypts the users and groups of the Identity Center instance.
   *
   * Immuta's role or user gets `kms:Decrypt` through Identity Center. The owner of the key must also allow it in the
   * key policy.
   *
   * @default - Identity Center uses a key that AWS owns, which needs no permission
   * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-customer-managed-keys.html
   */
  readonly encryptionKey?: kms.IKey;
}
