/**
 * The contract between the constructs and the handler: names in templates, in the function's environment and in
 * responses.
 *
 * Everything here is a stable contract: deployed stacks hold these names, and a rollback runs older code on newer
 * records. This file imports nothing, so both sides can import it.
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

/** The metrics of health checks. `Healthy` is 1 or 0, and each deployment that ends with an enabled one reports 1. */
export const METRIC_HEALTHY = 'Healthy';
/** Validation tests that fail. */
export const METRIC_FAILING_TESTS = 'FailingTests';
/** Fields of the configuration that differ from what was deployed. */
export const METRIC_DRIFT = 'Drift';
/** Milliseconds until Immuta answered. */
export const METRIC_LATENCY = 'LatencyMs';
/** 1 for each finding, by its name. */
export const METRIC_FINDINGS = 'Findings';
/** How long a deployment of the integration took. */
export const METRIC_DEPLOYMENT_SECONDS = 'DeploymentSeconds';
/** URL of the tenant. */
export const METRIC_DIMENSION_TENANT = 'Tenant';
/** Name of the stack, only for a check of all integrations of a tenant. */
export const METRIC_DIMENSION_STACK = 'Stack';
export const METRIC_DIMENSION_INTEGRATION = 'IntegrationId';
export const METRIC_DIMENSION_FINDING = 'Finding';

/** What a health check finds. The names are values of a dimension, so they never change. */
export type HealthFindingName =
  | 'Healthy'
  | 'ValidationFailing'
  | 'ErrorStatus'
  | 'Disabled'
  | 'RecordMissing'
  | 'LocationMismatch'
  | 'Drift'
  | 'ApiKeyRejected'
  | 'PermissionMissing'
  | 'NoAnswer'
  | 'UnexpectedAnswer';

/** Whether a check covers one integration, or all integrations that a stack has in a tenant. */
export type HealthCheckScope = 'integration' | 'tenant';

/**
 * Names of the function's environment variables. Only these are used: the same values in the properties are triggers.
 */
export const ENV_IMMUTA_URL = 'IMMUTA_URL';
export const ENV_API_KEY_SECRET_ARN = 'API_KEY_SECRET_ARN';
export const ENV_API_KEY_FIELD = 'API_KEY_FIELD';
/** URL of the proxy, without credentials. */
export const ENV_PROXY_URL = 'PROXY_URL';
/** The JSON secret with the `username` and `password` for the proxy. */
export const ENV_PROXY_CREDENTIALS_SECRET_ARN = 'PROXY_CREDENTIALS_SECRET_ARN';
/** The secret with CA certificates in PEM. */
export const ENV_CA_CERTIFICATES_SECRET_ARN = 'CA_CERTIFICATES_SECRET_ARN';
/** The field of that secret. @default - the secret is PEM */
export const ENV_CA_CERTIFICATES_FIELD = 'CA_CERTIFICATES_FIELD';
/** The bucket and the key of the object with CA certificates in PEM. */
export const ENV_CA_CERTIFICATES_BUCKET = 'CA_CERTIFICATES_BUCKET';
export const ENV_CA_CERTIFICATES_KEY = 'CA_CERTIFICATES_KEY';
/** The variable with which Node.js trusts the certificates of a file. */
export const ENV_CA_CERTIFICATES_FILE = 'NODE_EXTRA_CA_CERTS';
/** IDs of the security groups of a function in a VPC, which failures name. */
export const ENV_SECURITY_GROUP_IDS = 'SECURITY_GROUP_IDS';

export const HANDLER_VARIABLES = [
  ENV_IMMUTA_URL,
  ENV_API_KEY_SECRET_ARN,
  ENV_API_KEY_FIELD,
  ENV_PROXY_URL,
  ENV_PROXY_CREDENTIALS_SECRET_ARN,
  ENV_CA_CERTIFICATES_SECRET_ARN,
  ENV_CA_CERTIFICATES_FIELD,
  ENV_CA_CERTIFICATES_BUCKET,
  ENV_CA_CERTIFICATES_KEY,
  ENV_CA_CERTIFICATES_FILE,
  ENV_SECURITY_GROUP_IDS,
];

/** `authenticationType` of Immuta's configuration. */
export type AuthenticationType = 'auto' | 'accessKey';

/**
 * Properties of `Custom::ImmutaS3Integration`, as CloudFormation delivers them: every scalar is a string.
 *
 * A Delete reads `AccountId`, `Region`, `LocationPath`, `LocationRoleArn`, `Adopt`, `Generation`, `AccessKeySecretArn`
 * and `AccessKeyUserName` only, and `TenantUrl` to explain a failure.
 */
export interface IntegrationProperties {
  /**
   * URL of the tenant, without a trailing slash. Triggers an Update, and shows whether the function calls another one.
   */
  readonly TenantUrl: string;
  /** ARN of the secret with the API key. Only triggers an Update. */
  readonly ApiKeySecretArn: string;
  /** The name that the user chose. @default - a name that starts with account, Region and path */
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
   * Seconds for which a failure that a new IAM role explains is retried. A Create may create something for as long, or
   * for a minute if that is longer.
   */
  readonly IamPropagationTimeoutSeconds: string;
  /** `destroy` or `retain`. Only triggers an Update when the deletion policy changes. */
  readonly RemovalPolicy: 'destroy' | 'retain';
  /** Any text. If it changes, an Update sends the configuration again, with the present credentials. */
  readonly Revision?: string;
  /** ID of an existing integration: a Create adopts it as it is. While this is set, a Delete makes no call. */
  readonly Adopt?: string;
  /**
   * ID of a role or policy of the integration alone. If a retained integration is added again, its stack, logical ID,
   * path and role are the same, but this ID is another one.
   */
  readonly Generation?: string;
  /** Immuta's role or user. If Immuta's validation fails, the reason says which actions it is denied. */
  readonly DiagnosedPrincipalArn?: string;
  /** The account that owns the buckets, for the same purpose. */
  readonly BucketAccountId?: string;
  /** One of the buckets of a location `s3://`, for the same purpose. @default - every bucket, or that of the path */
  readonly DiagnosedBucketName?: string;
  /** The scope of the health check that covers the integration. A change only triggers an Update, for its metrics. */
  readonly HealthCheck?: HealthCheckScope;
}

/** Attributes of `Custom::ImmutaS3Integration`. Every success returns all of them. */
export interface IntegrationAttributes {
  readonly IntegrationId: string;
  readonly IntegrationName: string;
  /** The name as a part of a JSON text: the input of a health check is one, and names may have quotes. */
  readonly IntegrationNameInJson: string;
}

/** Source and type of the events with findings. */
export const HEALTH_EVENT_SOURCE = 'cdk-immuta-s3-integration';
export const HEALTH_EVENT_TYPE = 'Immuta Integration Health';

/** The input of a schedule that checks integrations. It holds what was deployed, and no secret. */
export interface HealthCheckEvent {
  readonly HealthCheck: HealthCheckInput;
}

export interface HealthCheckInput {
  readonly Scope: HealthCheckScope;
  /** URL of the tenant, as the metrics have it. */
  readonly TenantUrl: string;
  /** ARN of the event bus that gets the findings. @default - none */
  readonly EventBusArn?: string;
  /** The stack of the integrations. While CloudFormation changes it, a difference is no finding. */
  readonly StackId: string;
  readonly Integrations: readonly ExpectedIntegration[];
}

/** An integration as it was deployed. `IntegrationName` is its whole name. */
export type ExpectedIntegration = Pick<IntegrationAttributes, 'IntegrationId' | 'IntegrationName'> &
  Pick<
    IntegrationProperties,
    | 'AccountId'
    | 'Region'
    | 'LocationPath'
    | 'LocationRoleArn'
    | 'AuthenticationType'
    | 'RoleToAssumeArn'
    | 'AccessKeySecretArn'
    | 'AccessKeyIdField'
    | 'SecretAccessKeyField'
    | 'AccessKeyUserName'
    | 'DiagnosedPrincipalArn'
    | 'BucketAccountId'
    | 'DiagnosedBucketName'
  > & {
    /** IDs of its data sources that the same stack registered, separated by commas. @default - none */
    readonly DataSourceIds?: string;
  };

/** Prefix of physical IDs: `immuta-s3-integration/<what>`. They never change after Create. */
export const PHYSICAL_ID_PREFIX = 'immuta-s3-integration/';
/** Physical ID of a Create that created nothing: its Delete makes no call. */
export const PHYSICAL_ID_NONE = `${PHYSICAL_ID_PREFIX}none`;
/**
 * Physical ID of a Create that cannot know whether it created something: its Delete searches. A slash and `createdBy`
 * of what that Create may have created follow.
 */
export const PHYSICAL_ID_UNKNOWN = `${PHYSICAL_ID_PREFIX}unknown`;
/** End of the physical ID of an adopted integration: its Delete keeps that one. */
export const PHYSICAL_ID_ADOPTED_SUFFIX = '/adopted';

/**
 * Characters of `-<owner>-<createdBy>` at the end of an integration's name: two digests of 12 hex digits. Names of up
 * to 100 characters are known to work in Immuta, so a chosen name may have 74.
 */
export const NAME_SUFFIX_LENGTH = 26;
export const NAME_MAX_LENGTH = 100;

/** The CloudFormation type of an S3 Access Grants instance that is adopted if there is one, and created otherwise. */
export const INSTANCE_RESOURCE_TYPE = 'Custom::S3AccessGrantsInstance';

/**
 * Properties of `Custom::S3AccessGrantsInstance`, as CloudFormation delivers them.
 *
 * A Delete reads `AccountId`, `Region` and `Generation` only.
 */
export interface InstanceProperties {
  readonly AccountId: string;
  readonly Region: string;
  /** ARN of the Identity Center instance to associate it with. @default - none */
  readonly IdentityCenterInstanceArn?: string;
  /** Tags of an instance that this resource created: a JSON object. @default - none */
  readonly Tags?: string;
  /** Seconds until the handler gives up, across all its invocations. */
  readonly TimeoutSeconds: string;
  /** `destroy` or `retain`. Only triggers an Update when the deletion policy changes. */
  readonly RemovalPolicy: 'destroy' | 'retain';
  /**
   * ID of the function's role: another one if the resource is added again. @default - the role is not in the template
   */
  readonly Generation?: string;
}

/** Attributes of `Custom::S3AccessGrantsInstance`. Every success returns all of them, empty if there is none. */
export interface InstanceAttributes {
  readonly AccessGrantsInstanceArn: string;
  readonly AccessGrantsInstanceId: string;
  readonly IdentityCenterApplicationArn: string;
  readonly IdentityCenterInstanceArn: string;
  /** Whether another owner created the instance: `true` or `false`. */
  readonly Adopted: 'true' | 'false';
}

/** Prefix of physical IDs, failed or not: 12 hex digits of a digest of the Create's request ID follow. */
export const INSTANCE_PHYSICAL_ID_PREFIX = 's3-access-grants-instance/';

/**
 * Prefix of the keys of the tags that say who created the instance, and who its association with Identity Center:
 * `<prefix>:<part>:<field>`. They are the only proof of ownership, and readable for users.
 */
export const INSTANCE_TAG_PREFIX = 'cdk-immuta-s3-integration';
export type InstanceTagPart = 'instance' | 'identity-center';
/** The tag that names the stack whose resource created the instance. */
export const INSTANCE_STACK_TAG = `${INSTANCE_TAG_PREFIX}:instance:stack`;

/** The CloudFormation type of the data sources of an integration. */
export const DATA_SOURCES_RESOURCE_TYPE = 'Custom::ImmutaS3DataSources';

/** What happens to a data source that is not listed any more. */
export type DataSourceRemoval = 'disable' | 'delete' | 'retain';

/** How a prefix is written for Immuta: below the location, such as `/orders/`, or as a whole, `s3://sales/orders/`. */
export type PrefixForm = 'relative' | 'absolute';

/**
 * Properties of `Custom::ImmutaS3DataSources`, as CloudFormation delivers them.
 *
 * A Delete reads `IntegrationId`, `DataSources` and `Removal` only.
 */
export interface DataSourcesProperties {
  /** URL of the tenant, without a trailing slash. Only triggers an Update. */
  readonly TenantUrl: string;
  /** ARN of the secret with the API key. Only triggers an Update. */
  readonly ApiKeySecretArn: string;
  readonly IntegrationId: string;
  /** A JSON object: prefixes below the location of the integration, by the names of the data sources. */
  readonly DataSources: string;
  readonly Removal: DataSourceRemoval;
  readonly PrefixForm: PrefixForm;
  /** Seconds until the handler gives up, across all its invocations. */
  readonly TimeoutSeconds: string;
}

/** Attributes of `Custom::ImmutaS3DataSources`. */
export interface DataSourcesAttributes {
  /** The IDs, separated by commas, in the order of `DataSources`. */
  readonly DataSourceIds: string;
}

/**
 * Data sources of one resource. A response has 4096 bytes, and an ID of ten digits and its comma take 11 of them.
 */
export const DATA_SOURCES_MAX = 300;

/**
 * Prefix of physical IDs: `created/<time>` of a Create that succeeded, `failed/<time>` of one that may have added
 * something, or `none`. The time is that of the Create's request, in seconds since 1970.
 */
export const DATA_SOURCES_PHYSICAL_ID_PREFIX = 'immuta-s3-data-sources/';
