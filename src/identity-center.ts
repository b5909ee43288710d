/**
 * The IAM Identity Center instance whose users and groups Immuta grants to.
 *
 * S3 Access Grants must be associated with it: define an `AdoptingAccessGrantsInstance` with the same
 * `identityCenterInstanceArn` (or an `AccessGrantsInstance`), or import one that is.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-directory-ids.html
 */
export interface IdentityCenterOptions {
  /** ARN of the Identity Center instance, such as `arn:aws:sso:::instance/ssoins-1111222233334444`; it must be in this Region. */
  readonly instanceArn: string;

  /** ID of the instance's identity store, such as `d-1234567890`. */
  readonly identityStoreId: string;

  /**
   * The account that owns the identity store, often the organization's management account.
   *
   * @default - the account of the integration
   */
  readonly identityStoreAccount?: string;

  /**
   * ARN of the application that S3 Access Grants made in Identity Center.
   *
   * S3 makes it when the two instances are associated, so that it is not known before; `aws s3control get-access-grants-instance`
   * prints it afterwards. An `AdoptingAccessGrantsInstance` tells it by itself.
   *
   * @default - what the `AdoptingAccessGrantsInstance` of the same stack says; with another instance any application of the Identity Center instance
   */
  readonly applicationArn?: string;
}
