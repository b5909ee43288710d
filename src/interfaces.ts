import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';

/** An Immuta tenant. */
export interface IImmutaTenant extends IConstruct {
  /** URL of the tenant, without a trailing slash. */
  readonly url: string;

  /** The secret that holds the API key. */
  readonly apiKey: secretsmanager.ISecret;

  /**
   * ARN of the function that manages the tenant's integrations. It must be in their account and Region.
   *
   * @attribute
   */
  readonly handlerArn: string;

  /**
   * The role of that function. Integrations with an access key, with `diagnosePermissions`, or with a health check that
   * has an `eventBus`, add statements to it.
   *
   * @default - unknown. Such integrations are errors
   */
  readonly handlerRole?: iam.IRole;
}

/** The S3 Access Grants instance of an account and Region. AWS allows one for each. */
export interface IAccessGrantsInstance extends IConstruct {
  /**
   * ARN of the instance, such as `arn:aws:s3:us-east-1:111122223333:access-grants/default`.
   *
   * @attribute
   */
  readonly accessGrantsInstanceArn: string;

  /**
   * ID of the instance, which is always `default`.
   *
   * @attribute
   */
  readonly accessGrantsInstanceId: string;

  /**
   * Allows a principal to request credentials from S3 Access Grants. Readers and writers of governed data need this
   * permission.
   *
   * The grants that Immuta creates decide which data the credentials reach. If the principal belongs to another account
   * than the instance, the resource policy of the instance must also allow it.
   *
   * @param grantee the principal that reads or writes data
   */
  grantDataAccess(grantee: iam.IGrantable): iam.Grant;
}

/** An Immuta integration with S3. */
export interface IImmutaS3Integration extends IConstruct {
  /**
   * ID of the integration in Immuta, such as `17`.
   *
   * @attribute
   */
  readonly integrationId: string;
}
