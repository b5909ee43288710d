/**
 * What the constructs and the handler agree on: the names in a template, in the function's environment and in answers.
 *
 * Everything here is for ever: a deployed stack holds these names, and a rollback runs older code on newer records.
 * This file imports nothing, so that both sides can import it.
 */

/** The CloudFormation type of an integration. */
export const INTEGRATION_RESOURCE_TYPE = 'Custom::ImmutaS3Integration';

/** The type of an integration as Immuta's API names it. */
export const IMMUTA_S3_TYPE = 'Native S3';

/** Prefix of the tags that the handler sets on the secret of a managed access key. */
export const SECRET_TAG_PREFIX = 'cdk-immuta-s3-integration:';

/** Prefix of the staging label of a secret version whose access key exists; the ID of the key follows. */
export const ACCESS_KEY_LABEL_PREFIX = 'access-key-';

/**
 * The metric of managed access keys: 1 for each failed step of a rotation, 0 for each rotation and deployment that
 * succeeds.
 */
export const METRIC_NAMESPACE = 'ImmutaS3Integration';
export const METRIC_KEY_ROTATION_FAILED = 'KeyRotationFailed';
/** ARN of the secret: one integration has it, in one tenant. */
export const METRIC_DIMENSION_SECRET = 'SecretArn';

/**
 * Names of the function's environment variables. The calls use these alone; in the properties the same values only
 * trigger.
 */
export const ENV_IMMUTA_URL = 'IMMUTA_URL';
export const ENV_API_KEY_SECRET_ARN = 'API_KEY_SECRET_ARN';
export const ENV_API_KEY_FIELD = 'API_KEY_FIELD';

/** `authenticationType` of Immuta's configuration. */
export type AuthenticationType = 'auto' | 'accessKey';

/**
 * Properties of `Custom::ImmutaS3Integration`, as CloudFormation delivers them: every scalar is a string.
 *
 * A Delete reads `AccountId`, `Region`, `LocationPath`, `LocationRoleArn`, `Adopt`, `Generation`, `AccessKeySecretArn`
 * and `AccessKeyUserName` only, and `TenantUrl` for a reason.
 */
export interface IntegrationProperties {
  /** URL of the tenant, without a trailing slash: triggers an Update, and tells when the function calls another one. */
  readonly TenantUrl: string;
  /** ARN of the secret with the API key. Only triggers an Update. */
  readonly ApiKeySecretArn: string;
  /** The name the user chose; without it the name begins with account, Region and path. */
  readonly IntegrationName?: string;
  readonly AccountId: string;
  readonly Region: string;
  /** `s3://`, `s3://bucket/` or `s3://bucket/prefix`. */
  readonly LocationPath: string;
  readonly LocationRoleArn: string;
  readonly AuthenticationType: AuthenticationType;
  /** The role that Immuta assumes (`awsRoleToAssume`). */
  readonly RoleToAssumeArn?: string;
  /** The secret with Immuta's access key, for `accessKey`. With `AccessKeyUserName`, the handler writes it. */
  readonly AccessKeySecretArn?: string;
  /** The fields of that (JSON) secret. */
  readonly AccessKeyIdField?: string;
  readonly SecretAccessKeyField?: string;
  /** The user whose access keys the handler creates and deletes. */
  readonly AccessKeyUserName?: string;
  /** Seconds until the handler gives up, across all its invocations. */
  readonly TimeoutSeconds: string;
  /**
   * Seconds in which a failure that a new IAM role explains is tried again, and in which, or in a minute, a Create may
   * post at all.
   */
  readonly IamPropagationTimeoutSeconds: string;
  /** `destroy` or `retain`. Only makes a change of the deletion policy an Update. */
  readonly RemovalPolicy: 'destroy' | 'retain';
  /** Any text; a change of it makes an Update write the configuration again, with the credentials as they are then. */
  readonly Revision?: string;
  /**
   * Id of an integration that exists: a Create takes it over as it is. As long as this is there, a Delete calls nobody.
   */
  readonly Adopt?: string;
  /**
   * Id of a role or policy that the integration has for itself: whoever adds a retained integration again has the same
   * stack, logical id, path and role, but another one of these.
   */
  readonly Generation?: string;
  /** Immuta's role or user: what it is denied becomes a part of the reason if Immuta's validation fails. */
  readonly DiagnosedPrincipalArn?: string;
  /** The account that owns the buckets, for the same. */
  readonly BucketAccountId?: string;
}

/** Attributes of `Custom::ImmutaS3Integration`. Every success returns all of them. */
export interface IntegrationAttributes {
  readonly IntegrationId: string;
  readonly IntegrationName: string;
}

/** Physical ids: `immuta-s3-integration/<what>`. They never change after Create. */
export const PHYSICAL_ID_PREFIX = 'immuta-s3-integration/';
/** Of a Create that made nothing: its Delete makes no call. */
export const PHYSICAL_ID_NONE = `${PHYSICAL_ID_PREFIX}none`;
/**
 * Of a Create that cannot know whether it made something: its Delete looks. What follows is the mark of what that
 * Create may have made.
 */
export const PHYSICAL_ID_UNKNOWN = `${PHYSICAL_ID_PREFIX}unknown`;
/** Ends the id of an integration that was adopted: its Delete leaves that one alone. */
export const PHYSICAL_ID_ADOPTED_SUFFIX = '/adopted';

/**
 * Characters of `-<owner>-<request>`, the mark at the end of an integration's name: two digests of 12 hex digits.
 * Immuta takes names of at most 100 characters that we know to work, so a chosen name may have 74.
 */
export const NAME_SUFFIX_LENGTH = 26;
export const NAME_MAX_LENGTH = 100;

/** The CloudFormation type of an S3 Access Grants instance that is taken up if there is one, and else made. */
export const INSTANCE_RESOURCE_TYPE = 'Custom::S3AccessGrantsInstance';

/**
 * Properties of `Custom::S3AccessGrantsInstance`, as CloudFormation delivers them.
 *
 * A Delete reads `AccountId`, `Region` and `Generation` only.
 */
export interface InstanceProperties {
  readonly AccountId: string;
  readonly Region: string;
  /** The Identity Center instance that it is to be associated with. */
  readonly IdentityCenterInstanceArn?: string;
  /** Seconds until the handler gives up, across all its invocations. */
  readonly TimeoutSeconds: string;
  /** `destroy` or `retain`. Only makes a change of the deletion policy an Update. */
  readonly RemovalPolicy: 'destroy' | 'retain';
  /**
   * Id of the function's role: another one when the resource is added again. None if the role is not in the template.
   */
  readonly Generation?: string;
}

/**
 * Attributes of `Custom::S3AccessGrantsInstance`. Every success returns all of them, empty where there is nothing to
 * say.
 */
export interface InstanceAttributes {
  readonly AccessGrantsInstanceArn: string;
  readonly AccessGrantsInstanceId: string;
  readonly IdentityCenterApplicationArn: string;
  readonly IdentityCenterInstanceArn: string;
  /** Whether somebody else made the instance: `true` or `false`. */
  readonly Adopted: 'true' | 'false';
}

/**
 * Physical ids: `s3-access-grants-instance/<lifetime>`, 12 hex digits of the Create's request id, whether it succeeded
 * or not.
 */
export const INSTANCE_PHYSICAL_ID_PREFIX = 's3-access-grants-instance/';

/**
 * Keys of the tags that say who made the instance, and who its association with Identity Center:
 * `<prefix>:<part>:<field>`. They are the only proof of ownership, and for people who look at the instance.
 */
export const INSTANCE_TAG_PREFIX = 'cdk-immuta-s3-integration';
export type InstanceTagPart = 'instance' | 'identity-center';
