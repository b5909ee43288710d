import { CodedMessage } from '../../handler/coded-message';

/** Errors and warnings at synth. A code never changes its meaning. The comment above an entry is its cause. */
export const SYNTH_MESSAGES = {
  /** Immuta would receive its API key as an access key. */
  ACCESS_KEY_SECRET_SAME_AS_API_KEY: {
    text: "'secret' of 'accessKeySecret' must not be the secret of the API key, got '{secret}'",
    remedy: 'Store the access key in a secret of its own',
  },
  /** A policy matches no account that is written in another way. A number loses the zeros at its beginning. */
  ACCOUNT_ID_INVALID: {
    text: "'{prop}' must be the ID of an AWS account, which has 12 digits, got {got}",
    remedy: "Pass the ID as text and without hyphens, such as '012345678901'",
  },
  /** Immuta's role trusts a whole account without a condition, so any principal of that account can act as Immuta. */
  ACCOUNT_WITHOUT_EXTERNAL_ID: {
    text: "every principal that account {account} allows can assume Immuta's role",
    remedy: "Name the role that Immuta runs as in 'principal', or set the 'externalId' that Immuta sends",
  },
  /** Immuta's IDs are letters, digits, hyphens and underscores, so this cannot be the ID of an integration. */
  ADOPT_ID_INVALID: {
    text: "'adopt' must be the ID of an integration in Immuta, such as '17', got {got}",
    remedy: 'Copy the ID from Immuta',
  },
  /** An adopted integration was created outside the stack, so the stack never deletes it. */
  ADOPT_WITH_DESTROY: {
    text: "'removalPolicy' must not be DESTROY with 'adopt', because an adopted integration is never deleted",
    remedy: "Omit 'removalPolicy'",
  },
  /** An integration that exists already uses an S3 Access Grants instance. AWS allows no second one for the stack. */
  ADOPT_WITHOUT_INSTANCE: {
    text: "'adopt' needs 'accessGrantsInstance', because the instance of an existing integration already exists",
    remedy: "Pass 'AccessGrantsInstance.fromDefault(this, …)'",
  },
  /** An adopted integration outlives the stack, and so must the user whose access key it has. */
  ADOPT_WITHOUT_USER: {
    text: "'managedAccessKey' needs a 'user' with 'adopt', because an adopted integration outlives the stack",
    remedy: 'Pass the user of the existing integration',
  },
  /** A path is unique among a tenant's integrations. Immuta may refuse `s3://` of a second account or Region. */
  ALL_BUCKETS_TWICE: {
    text: "'{other}' also governs s3:// for the same tenant, and Immuta may refuse a path that it already has",
    remedy: "Use 'S3Location.bucket' or 'S3Location.prefix' in one of the two",
  },
  /** Immuta's role trusts every AWS principal on the condition of an external ID. External IDs are not secret. */
  ANYBODY_WITH_EXTERNAL_ID: {
    text: "everyone in AWS who knows the 'externalId' can assume Immuta's role",
    remedy: "Name the role that Immuta runs as in 'principal'",
  },
  /** S3 Access Grants reaches buckets of its own Region only. */
  BUCKET_IN_OTHER_REGION: {
    text: "bucket '{bucket}' must be in Region {region} of the integration, got {got}",
    remedy: "Define the integration in a stack of the bucket's Region",
  },
  /** Without `buckets`, the roles can reach every bucket of the account, which an empty list cannot mean. */
  BUCKETS_EMPTY: {
    text: "'buckets' must not be empty",
    remedy: "Name the buckets, or omit 'buckets' to reach every bucket of the account",
  },
  /** The policies of an integration name one account that owns the buckets. */
  BUCKETS_IN_SEVERAL_ACCOUNTS: {
    text: "'buckets' must belong to one account, got buckets of accounts {got}",
    remedy: "Define an integration for the buckets of each account. If all belong to one account, set 'bucketAccount'",
  },
  /** The file does not exist, is not PEM, or also contains a private key, which must not be in a layer. */
  CA_CERTIFICATE_FILE_INVALID: {
    text: "'caCertificates' must be a file with certificates in PEM and without a private key, got '{file}'",
    remedy: "Pass the path of a file that begins with '-----BEGIN CERTIFICATE-----'",
  },
  /** Names are unique in a tenant, so the second of two with the same name cannot be registered. */
  DATA_SOURCE_NAME_DUPLICATE: {
    text: "data source {name} is also listed by '{other}'",
    remedy: 'Choose another name for one of the two',
  },
  /** A name is empty or too long, begins or ends with white space, or is a token, which has no value at synth. */
  DATA_SOURCE_NAME_INVALID: {
    text: 'the name of a data source must be 1 to 255 characters that are known at synth, got {got}',
    remedy: "Correct the name in 'dataSources': it cannot be a token, nor have white space at its ends",
  },
  /** Two data sources of an integration with one prefix are the same data under two sets of policies. */
  DATA_SOURCE_PREFIX_DUPLICATE: {
    text: 'data source {name} has the prefix {prefix} of data source {other}{where}',
    remedy: 'Remove one of the two',
  },
  /** A prefix is written below the location of the integration, and Immuta takes no wildcards in it. */
  DATA_SOURCE_PREFIX_INVALID: {
    text: 'the prefix of data source {name} must be relative to the location, got {got}',
    remedy: "Write it as in the keys of objects, such as 'orders/', without '*' and without a segment '.' or '..'",
  },
  /** An object below both prefixes is in two data sources, and a user gets it with the policies of either. */
  DATA_SOURCE_PREFIXES_OVERLAP: {
    text: 'data source {outer} with the prefix {outerPrefix} contains data source {inner} with {innerPrefix}',
    remedy: 'Give them prefixes that do not overlap, unless users of the first may read all of the second',
  },
  /** The removal policy of an integration says nothing about its data sources, which have their own `removalMode`. */
  DATA_SOURCES_NOT_RETAINED: {
    text: "integration '{integration}' is retained when it leaves the template, but its data sources are disabled",
    remedy: "Users then lose their access. Set 'removalMode' of the data sources: DataSourceRemovalMode.RETAIN keeps "
      + 'them, and DISABLE says that this is intended',
  },
  /** CloudFormation and Lambda limit the size of an event and of its response. */
  DATA_SOURCES_TOO_MANY: {
    text: "'dataSources' has {count} entries in {bytes} bytes, and one resource can have {max} in {maxBytes} bytes",
    remedy: "Split them into {parts} 'ImmutaS3DataSources' of the same integration, each with its own construct ID",
  },
  /** CloudFormation and the handler take whole seconds. */
  DURATION_NOT_WHOLE_SECONDS: {
    text: "'{prop}' must be whole seconds, got {got} seconds",
    remedy: 'Round it to seconds',
  },
  /** The time-outs are compared with each other at synth, so they cannot be parameters or other tokens. */
  DURATION_UNKNOWN: {
    text: "'{prop}' must be known at synth, got a token",
    remedy: 'Pass a number',
  },
  /** IAM policies match the ARN of a key and never that of an alias. */
  ENCRYPTION_KEY_ALIAS: {
    text: "'{prop}' must name the KMS key itself, got the alias '{alias}'",
    remedy: "Pass the key itself, or import it with 'kms.Key.fromKeyArn' or 'kms.Key.fromLookup'",
  },
  /** The bucket or the property has the key. The CDK has no references between accounts. */
  ENCRYPTION_KEY_IN_OTHER_ACCOUNT: {
    text: "KMS key '{key}' belongs to a stack of account {account}, to which the template cannot refer",
    remedy: "Import the bucket by its name, and pass 'kms.Key.fromKeyArn' with a written ARN in 'encryptionKeys'",
  },
  /** The library sets the variable, or its value would turn off the checks of certificates. */
  ENVIRONMENT_VARIABLE_RESERVED: {
    text: "'environment' must not set {name}, on which the function relies",
    remedy: 'Remove the variable, or use another name',
  },
  /** AWS refuses a trust policy with such an external ID. */
  EXTERNAL_ID_INVALID: {
    text: "'externalId' must have 2 to 1224 letters, digits or characters of _+=,.@:/-, got {got}",
    remedy: 'Copy the external ID from Immuta',
  },
  /** A rule passes at most 8,192 characters, and a schedule 256 KB: what was deployed, with the IDs of data sources. */
  HEALTH_CHECK_INPUT_TOO_LARGE: {
    text: 'the health check passes about {size} characters to the function, and at most {max} are possible',
    remedy: 'Use addHealthCheck of the tenant instead of the integration, or move integrations to another stack',
  },
  /** The alarm expects a result in each period, and CloudWatch does not evaluate longer ones. */
  HEALTH_CHECK_SCHEDULE_INVALID: {
    text: "'schedule' of a health check must be a rate of 5 minutes to 1 day, got {got}",
    remedy: "Pass 'Schedule.rate(Duration.hours(1))'",
  },
  /** An integration has one check of its own, and a tenant one for all its integrations. */
  HEALTH_CHECK_TWICE: {
    text: "'{construct}' has a health check already",
    remedy: 'Call addHealthCheck once',
  },
  /** New roles and policies reach all of AWS within minutes, and `timeout` limits the whole operation. */
  IAM_PROPAGATION_TIMEOUT_TOO_LONG: {
    text: "'iamPropagationTimeout' must be at most 10 minutes and at most 'timeout' ({timeout}), got {got}",
    remedy: "Shorten it, or increase 'timeout'",
  },
  /** Immuta tests a new role at once. Without any retry, most deployments would fail. */
  IAM_PROPAGATION_TIMEOUT_TOO_SHORT: {
    text: "'iamPropagationTimeout' must be at least 1 second, got {got}",
    remedy: 'Omit it to use 3 minutes',
  },
  /** The ARN of an Identity Center instance has no Region and no account. */
  IDENTITY_CENTER_ARN_INVALID: {
    text: "'{prop}' must look like arn:aws:sso:::instance/ssoins-1111222233334444, got {got}",
    remedy: "Copy the ARN from 'aws sso-admin list-instances'",
  },
  /** The key has no use without an Identity Center instance that it encrypts. */
  IDENTITY_CENTER_KEY_WITHOUT_INSTANCE: {
    text: "'identityCenterEncryptionKey' needs 'identityCenterInstanceArn'",
    remedy: "Set 'identityCenterInstanceArn', or omit the key",
  },
  /** S3 Access Grants knows the users and groups of the Identity Center instance that it is associated with. */
  IDENTITY_CENTER_MISMATCH: {
    text: "'identityCenterInstanceArn' of '{instance}' must be {expected} as in 'identityCenter', got {got}",
    remedy: 'Set both to the same Identity Center instance',
  },
  /** The default S3 Access Grants instance is not associated with Identity Center. */
  IDENTITY_CENTER_WITHOUT_INSTANCE: {
    text: "'identityCenter' needs an S3 Access Grants instance that is associated with Identity Center",
    remedy: "Pass an 'AdoptingAccessGrantsInstance' with 'identityCenterInstanceArn', or an imported instance",
  },
  /** An identity store has an ID of 'd-' and ten hexadecimal digits, or a UUID. */
  IDENTITY_STORE_ID_INVALID: {
    text: "'identityCenter.identityStoreId' must look like d-1234567890, got {got}",
    remedy: "Copy the ID from 'aws sso-admin list-instances'",
  },
  /** IAM limits the inline policies of a role to 10,240 characters in total. */
  INLINE_POLICIES_TOO_LONG: {
    text: "the inline policies of role '{role}' have at least {length} characters, and IAM allows {quota}",
    remedy: "Use the role in fewer integrations, pass fewer 'encryptionKeys', pass fewer 'buckets' or none at all, or "
      + "set 'restrictScope' to false",
  },
  /** The ARN names something else than an S3 Access Grants instance. */
  INSTANCE_ARN_INVALID: {
    text: "'accessGrantsInstanceArn' must look like {example}, got {got}",
    remedy: "Copy the ARN from 'aws s3control list-access-grants-instances'",
  },
  /** AWS allows one S3 Access Grants instance for each account and Region. */
  INSTANCE_DEFINED_TWICE: {
    text: "stack '{here}' and stack '{there}' both define the S3 Access Grants instance ('{first}' and '{second}')",
    remedy: "Keep one. Pass it, or 'AccessGrantsInstance.fromDefault(this, …)', as 'accessGrantsInstance' elsewhere",
  },
  /** An integration uses the S3 Access Grants instance of its own account and Region. */
  INSTANCE_IN_OTHER_ENVIRONMENT: {
    text: "'accessGrantsInstance' must be in {here}, as the integration is, got {got}",
    remedy: "Pass 'AccessGrantsInstance.fromDefault' of this stack",
  },
  /** A stack defines the instance with both constructs. Without RETAIN, removing the native one deletes it. */
  INSTANCE_NATIVE_AND_ADOPTING: {
    text: "'{first}' and '{second}' both define the S3 Access Grants instance of stack '{stack}'",
    remedy: "Remove the 'AccessGrantsInstance'. If it is deployed, deploy it with 'RemovalPolicy.RETAIN' first",
  },
  /** Names of integrations are unique within an Immuta tenant. */
  INTEGRATION_NAME_DUPLICATE: {
    text: "'integrationName' {name} is also the name of '{other}'",
    remedy: 'Choose another name',
  },
  /** Immuta accepts names of 100 characters. Unless an integration is adopted, the library appends 26 characters. */
  INTEGRATION_NAME_INVALID: {
    text: "'integrationName' must have 1 to {max} characters, got {got} ({length} characters)",
    remedy: 'Choose a name of 1 to {max} characters',
  },
  /**
   * The digest of a token would change with the number of tokens in the app, and a changed digest replaces the
   * integration.
   */
  LOCATION_IDENTITY_TOKEN: {
    text: "'locationIdentity' must be known at synth, got a token",
    remedy: "Pass a literal text, such as 'sales-lake'",
  },
  /** Immuta and S3 Access Grants register a location once. */
  LOCATION_DUPLICATE: {
    text: "the location is already governed by '{other}'",
    remedy: 'Remove one of the two integrations',
  },
  /** IAM attaches 10 managed policies to a role or user, unless AWS raised the quota of the account. */
  MANAGED_POLICIES_OF_PRINCIPAL: {
    text: '{principal} gets {count} managed policies from this app, and IAM allows 10 unless the quota was raised',
    remedy: 'Use it in fewer integrations, or check that the quota of the account is high enough',
  },
  /** IAM limits a managed policy to 6,144 characters. */
  MANAGED_POLICY_TOO_LONG: {
    text: 'the policy has at least {length} characters, and IAM allows {quota} in a managed policy',
    remedy: "Pass fewer 'encryptionKeys', pass fewer 'buckets' or none at all, or set 'restrictScope' to false",
  },
  /** IAM allows a user two access keys, and one integration needs both during a rotation. */
  MANAGED_USER_SHARED: {
    text: "'user' of 'managedAccessKey' is '{user}', which '{other}' also uses",
    remedy: 'Give each integration a user of its own',
  },
  /** S3 Access Grants uses the most specific location of an object. Grants in the wider one do not reach its data. */
  OVERLAPPING_LOCATIONS: {
    text: "the location overlaps with that of '{other}'. Grants in the wider one do not reach the narrower one's data",
    remedy: 'Acknowledge the warning if this is intended',
  },
  /** A location without a prefix is a whole bucket. */
  PREFIX_EMPTY: {
    text: "'prefix' must not be empty",
    remedy: "Use 'S3Location.bucket' for a whole bucket",
  },
  /** Object keys do not begin with a slash, so the location would cover nothing. */
  PREFIX_LEADING_SLASH: {
    text: "'prefix' must not begin with '/', got {got}",
    remedy: 'Write {proposal}',
  },
  /** A location covers every key that begins with the prefix, and Immuta takes no wildcards. */
  PREFIX_WILDCARD: {
    text: "'prefix' must not contain '*', got {got}",
    remedy: "Remove the '*'",
  },
  /** A prefix begins below the bucket, so the location would cover keys that begin with `s3://`. */
  PREFIX_WITH_BUCKET: {
    text: "'prefix' must not contain the bucket, got {got}",
    remedy: "Write it as in the keys of objects, such as 'curated/'",
  },
  /** A prefix without a trailing slash also covers keys in other folders whose names begin with it. */
  PREFIX_WITHOUT_SLASH: {
    text: 'the location covers every key that begins with {prefix}, such as {example}',
    remedy: "End the prefix with '/' if you mean a folder",
  },
  /** A stack cannot attach policies in another account, and S3 Access Grants is managed from its own account. */
  PRINCIPAL_IN_OTHER_ACCOUNT: {
    text: "'{principal}' must belong to account {account}, got {got}. It needs these statements: {statements}",
    remedy: 'Use a role or user of account {account}',
  },
  /** Immuta's role trusts every AWS principal without a condition. */
  PRINCIPAL_TOO_BROAD: {
    text: "'principal' must not allow everyone in AWS to assume Immuta's role",
    remedy: 'Name the role that Immuta runs as',
  },
  /**
   * Immuta's role trusts a principal of another account, an organization, a service or a web identity without an
   * external ID. If that principal serves several customers, another customer can have it assume this role (confused
   * deputy).
   */
  PRINCIPAL_WITHOUT_EXTERNAL_ID: {
    text: "Immuta's role can be assumed without an external ID by {principals}",
    remedy: "Set the 'externalId' that Immuta sends. If the principal serves you alone, acknowledge the warning",
  },
  /** Neither an integration nor an S3 Access Grants instance has snapshots. */
  REMOVAL_POLICY_UNSUPPORTED: {
    text: "'removalPolicy' must be DESTROY or RETAIN, got SNAPSHOT",
    remedy: "Use 'RemovalPolicy.RETAIN' to keep the resource",
  },
  /** The function opens a tunnel through an HTTP proxy. */
  PROXY_URL_INVALID: {
    text: "'proxy.url' must look like http://proxy.acme.internal:3128, got {got}",
    remedy: 'Use the address of the proxy, without a path',
  },
  /** The URL is in the template, and credentials must not be. */
  PROXY_URL_WITH_CREDENTIALS: {
    text: "'proxy.url' must not contain credentials",
    remedy: "Store them in a secret, and pass that as 'proxy.credentials'",
  },
  /** The role is imported as immutable, or it was passed with `withoutPolicyUpdates()`. */
  ROLE_WITHOUT_POLICY_UPDATES: {
    text: "role '{role}' accepts no policies from this app. It needs these statements: {statements}{trust}",
    remedy: 'Add the statements to the role',
  },
  /**
   * Secrets Manager rotates every 4 hours to 1,000 days, at a full hour, and knows fewer expressions than EventBridge.
   */
  ROTATION_SCHEDULE_INVALID: {
    text: "'rotation' must be a schedule that Secrets Manager accepts, got '{got}': {problem}",
    remedy: "Pass 'Schedule.rate(Duration.days(90))', or 'Schedule.expression('cron(0 4 1 * ? *)')'",
  },
  /** An integration without a managed access key has no rotations. */
  ROTATION_WITHOUT_MANAGED_KEY: {
    text: "'metricKeyRotationFailed' needs an integration with 'ImmutaAuthentication.managedAccessKey'",
    remedy: 'Omit the metric, or change the authentication',
  },
  /** The code of the function is JavaScript. */
  RUNTIME_NOT_NODEJS: {
    text: "'runtime' must be a Node.js runtime, got {got}",
    remedy: "Omit 'runtime', or pass a Node.js runtime such as 'Runtime.NODEJS_22_X'",
  },
  /** Older versions of Node.js accept no CA certificates and no proxy from a program. */
  RUNTIME_TOO_OLD: {
    text: "'{prop}' needs Node.js 22 or newer, got 'runtime' {got}",
    remedy: "Omit 'runtime', or pass a newer one",
  },
  /** The handler reads secrets in its own Region. */
  SECRET_IN_OTHER_REGION: {
    text: "'{prop}' (secret '{secret}') must be in Region {region}, got {got}",
    remedy: 'Replicate the secret to {region} and import the replica',
  },
  /** The app sets the value of the secret, so the template would contain it. */
  SECRET_IN_PLAIN_TEXT: {
    text: "the value of '{prop}' (secret '{secret}') would be in the template in plain text",
    remedy: "Import a secret, or define it without a value and set that with 'aws secretsmanager put-secret-value'",
  },
  /** CloudFormation accepts templates of 1 MB. */
  STACK_TEMPLATE_TOO_LARGE: {
    text: "the template of stack '{stack}' has {bytes} bytes, and CloudFormation allows {max}",
    remedy: "Set 'suppressTemplateIndentation' of the stack, or define some of the integrations in another stack. It "
      + "can use the same 'tenant', and the same instance with 'AccessGrantsInstance.fromDefault(this, …)'",
  },
  /** CloudFormation accepts 500 resources in a stack. An integration has three or more. */
  STACK_WITH_TOO_MANY_RESOURCES: {
    text: "stack '{stack}' has {count} resources, and CloudFormation allows {max}",
    remedy: "Define some of the integrations in another stack. It can use the same 'tenant', and the same instance "
      + "with 'AccessGrantsInstance.fromDefault(this, …)'",
  },
  /** The account or Region of one of the two stacks is a token, so they cannot be compared at synth. */
  TENANT_ENVIRONMENT_UNKNOWN: {
    text: "tenant '{tenant}' is in {got}, and the integration is in {here}",
    remedy: "Give both stacks the same 'env', or neither an 'env'",
  },
  /** The tenant's function manages integrations of its own account and Region only. */
  TENANT_IN_OTHER_ENVIRONMENT: {
    text: "tenant '{tenant}' must be in {here}, as the integration is, got {got}",
    remedy: "Define an 'ImmutaTenant' in a stack of this account and Region",
  },
  /** The feature adds statements to the role of the tenant's function, and the imported tenant does not name it. */
  TENANT_ROLE_UNKNOWN: {
    text: "'{prop}' needs the role of the function of tenant '{tenant}', which is not known",
    remedy: "Pass 'handlerRole' to 'ImmutaTenant.fromTenantAttributes'",
  },
  /** CloudFormation waits an hour for a custom resource, and the handler reports a time-out before that. */
  TIMEOUT_OUT_OF_RANGE: {
    text: "'timeout' must be between 1 and 50 minutes, got {got}",
    remedy: 'Choose a duration between 1 and 50 minutes',
  },
  /** IAM attaches 20 managed policies to a role or user, even if AWS raised the quota. */
  TOO_MANY_MANAGED_POLICIES: {
    text: '{principal} gets {count} managed policies from this app, and IAM allows {quota} at most',
    remedy: 'Use another {kind} in some of the integrations',
  },
  /** AWS allows one instance for each account and Region, and those of the stacks are not known at synth. */
  TWO_ACCESS_GRANTS_INSTANCES: {
    text: "'{here}' and '{there}' both define the S3 Access Grants instance, and may share an account and Region",
    remedy: "Keep one. Pass it, or 'AccessGrantsInstance.fromDefault(this, …)', as 'accessGrantsInstance' elsewhere",
  },
  /** The API key is sent to this URL. */
  URL_NOT_HTTPS: {
    text: "'url' must begin with https://, got {got}",
    remedy: 'Use the https address of the tenant',
  },
  /** The URL has a path, a query or upper-case letters. The handler appends the paths of Immuta's API to it. */
  URL_NOT_ORIGIN: {
    text: "'url' must be the address of the tenant without a path or query, in lower case, got {got}",
    remedy: 'Write {proposal}',
  },
  /** The URL is in the template, and credentials must not be. */
  URL_WITH_CREDENTIALS: {
    text: "'url' must not contain credentials",
    remedy: "Pass the API key as 'apiKey'",
  },
  /** `Role.customizeRoles` leaves managed policies out of the template, and its report lists those of roles only. */
  USER_WITHOUT_POLICY: {
    text: "user '{user}' gets no policy because of 'Role.customizeRoles'. It needs these statements: {statements}",
    remedy: 'Add the statements to the user',
  },
  /** A function outside a VPC has no subnets and no security groups. */
  VPC_MISSING: {
    text: "'{prop}' needs a function in a VPC",
    remedy: "Pass 'vpc'",
  },
} as const satisfies Record<string, CodedMessage>;
