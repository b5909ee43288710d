import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IdentityCenterOptions } from './identity-center';
import { ImmutaAuthentication } from './immuta-authentication';
import { IAccessGrantsInstance, IImmutaTenant } from './interfaces';
import { LocationAccess, S3Location } from './s3-location';

/** Properties for an Immuta integration with S3. */
export interface ImmutaS3IntegrationProps {
  /** The Immuta tenant that governs the data. It must be in the account and Region of the integration. */
  readonly tenant: IImmutaTenant;

  /**
   * The part of S3 that Immuta governs. Immuta registers it in S3 Access Grants, so it must not be registered yet.
   *
   * A new location is a new integration. CloudFormation creates it before it deletes the old one.
   */
  readonly location: S3Location;

  /** How Immuta authenticates with AWS. */
  readonly authentication: ImmutaAuthentication;

  /**
   * The S3 Access Grants instance of the account and Region.
   *
   * @default - the instance that the stack defines. If there is none, the first integration defines it
   */
  readonly accessGrantsInstance?: IAccessGrantsInstance;

  /**
   * Beginning of the integration's name in Immuta: 1 to 74 characters. A suffix that identifies the owner follows.
   *
   * An adopted integration has this name of 1 to 100 characters without a suffix. If an update that renames an adopted
   * integration is rolled back, it gets its old name only if the property contained that before.
   *
   * @default - the account, the Region and the location
   */
  readonly integrationName?: string;

  /**
   * The most that users can do with the data. Immuta's policies narrow it.
   *
   * @default LocationAccess.READ_WRITE
   */
  readonly access?: LocationAccess;

  /**
   * The role with which S3 Access Grants reaches the data. It gets a policy.
   *
   * You maintain the trust policy of an imported role: `access-grants.s3.amazonaws.com` needs `sts:AssumeRole` and
   * `sts:SetSourceIdentity`, and with Identity Center also `sts:SetContext`.
   *
   * @default - a new role
   */
  readonly locationRole?: iam.IRole;

  /**
   * KMS keys that encrypt the objects, in addition to the `encryptionKey` of each bucket. Imported buckets have none.
   *
   * @default - the keys that the buckets have in the CDK
   */
  readonly encryptionKeys?: kms.IKey[];

  /**
   * ID of the account that owns the buckets. Set it for imported buckets, which claim the account of their stack.
   *
   * @default - the account that the buckets claim. Without buckets, the account of the integration
   */
  readonly bucketAccount?: string;

  /**
   * The IAM Identity Center instance whose users and groups Immuta grants to. It needs an instance that is not the
   * default.
   *
   * @default - Immuta grants only to IAM principals
   */
  readonly identityCenter?: IdentityCenterOptions;

  /**
   * Whether Immuta can pass the location role only to S3 Access Grants (`iam:PassedToService`).
   *
   * The value is the one that AWS documents, and was not verified against AWS. Set `false` if AWS denies Immuta
   * `iam:PassRole`.
   *
   * @default true
   */
  readonly restrictPassRole?: boolean;

  /**
   * Whether Immuta can manage only the location of this integration and the grants in it
   * (`s3:AccessGrantsLocationScope`, `s3:AccessGrantScope`).
   *
   * With `false`, Immuta can also change and delete the locations of other tools, and grant access through them. The
   * values of the condition keys were not verified against AWS. Set `false` if AWS denies Immuta its own location or
   * grants.
   *
   * @default true
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
   */
  readonly restrictScope?: boolean;

  /**
   * What happens to the integration when it leaves the template.
   *
   * `RETAIN` keeps the integration with its roles, its policies and the S3 Access Grants instance. A first deployment
   * that fails deletes them all the same.
   *
   * @default - `RemovalPolicy.DESTROY`. With `adopt`, `RemovalPolicy.RETAIN`
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a deployment waits for Immuta, from 1 to 50 minutes.
   *
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;

  /**
   * How long the handler retries failures that a new role or policy can cause: 1 second to 10 minutes, at most
   * `timeout`.
   *
   * @default - 3 minutes, or `timeout` if that is shorter
   */
  readonly iamPropagationTimeout?: Duration;

  /**
   * Whether a deployment that fails in Immuta's validation reports the actions that AWS denies Immuta's role or user,
   * and whether its policies, its permissions boundary or the organization denies them.
   *
   * The tenant's function gets permission to simulate the policies of that principal (`iam:SimulatePrincipalPolicy`),
   * which discloses what they allow. If the simulator does not answer, the reason omits the actions.
   *
   * @default false
   */
  readonly diagnosePermissions?: boolean;

  /**
   * ID of an existing integration in Immuta, such as `17`. The first deployment adopts it instead of creating one.
   *
   * The integration must be enabled and have the configuration of the other properties, and its roles must exist.
   * Otherwise the deployment fails and reports the differences. Adopting changes nothing in Immuta, and nothing deletes
   * the integration later, even if `adopt` is removed. Later updates manage it. Its name is compared only if
   * `integrationName` is set. Set it to adopt a retained integration of another `ImmutaS3Integration`, which confirms
   * that no stack owns it.
   *
   * Later deployments do not read the ID. It can stay, but it cannot change to another ID.
   *
   * @default - a new integration
   */
  readonly adopt?: string;

  /**
   * Any text, such as the version ID of the secret with the access key. A change sends the configuration to Immuta
   * again, with the current credentials.
   *
   * @default - the configuration is sent when a property changes
   */
  readonly revision?: string;

  /**
   * Any literal text that replaces the location in the construct IDs of the integration's resources.
   *
   * The IDs contain a digest of the bucket's name or logical ID, so that another location has other resources. Set this
   * property to keep the resources when only the logical ID of the bucket or the name of its stack changes.
   *
   * @default - the name of the bucket, or its logical ID with the path of its stack, and the prefix
   */
  readonly locationIdentity?: string;
}
