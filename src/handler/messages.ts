import { CodedMessage } from './coded-message';

/**
 * The reasons for which a deployment fails, by their codes. The comment above an entry is its cause: `docs/errors.md`
 * is generated from this table.
 */
export const MESSAGES = {
  // --- the operation of CloudFormation

  /**
   * CloudFormation cancelled the operation because another resource of the stack failed, or Lambda delivered the event
   * late or twice. The handler wrote nothing more. Nobody waits for this response, so it shows in the function's log
   * only.
   */
  OPERATION_NOT_CURRENT: {
    text: 'CloudFormation no longer waits for the {requestType} of {logicalId}: {change}',
    remedy: 'No action is needed: the operation that followed decides what is done',
  },
  /**
   * The handler could not ask CloudFormation whether the operation still waits, and the event is so old that it may
   * not.
   */
  EVENT_TOO_OLD: {
    text: 'the {requestType} of {logicalId} reached the handler function {minutes} minutes late, and CloudFormation '
      + 'cannot be asked whether the operation is still in progress',
    remedy: 'Let the function call cloudformation:DescribeStackResource and cloudformation:DescribeStacks for this '
      + 'stack, check its concurrency limits, then deploy again',
  },

  // --- requests to Immuta

  /**
   * Immuta refused the connection, its name was not found, its certificate is not trusted, or no response arrived
   * within 30 seconds. The handler retried for a minute, or for 5 minutes if an integration exists.
   */
  IMMUTA_NOT_REACHABLE: {
    text: 'no answer from Immuta at {origin} to {request}: {cause}',
    remedy: "Check that Immuta is up, that 'url' of the ImmutaTenant is its address, and that the handler function "
      + 'can reach it ({path}, proxy), then try again',
  },
  /** A private CA issued the certificate, it has expired, or it names another host. */
  CERTIFICATE_NOT_TRUSTED: {
    text: 'the certificate of {peer} is not trusted: {cause}',
    remedy: "If a private CA issued it, pass that CA as 'caCertificates'. Otherwise let its owner replace it: it has "
      + 'expired, or names another host',
  },
  /** The proxy demands other credentials, or forbids the host. */
  PROXY_REFUSED: {
    text: 'the proxy refused the connection to {peer}: {cause}',
    remedy: "Check 'proxy' and the username and password in its secret, and let the proxy allow this host",
  },
  /** The secret or object of `caCertificates` contains something else. The failure does not quote it. */
  CA_CERTIFICATES_INVALID: {
    text: "{source} of 'caCertificates' does not contain valid CA certificates in PEM",
    remedy: "Store certificates in it that begin with '-----BEGIN CERTIFICATE-----'",
  },
  /**
   * The object of `caCertificates` does not exist, or the handler function may not read or decrypt it. S3 answers
   * `AccessDenied` in both cases, because the role of the function may not list the bucket.
   */
  CA_CERTIFICATES_NOT_READABLE: {
    text: "cannot read {source} of 'caCertificates': {cause}",
    remedy: 'Check that the object exists, that the role of the handler function may read it and decrypt it with its '
      + 'KMS key, and that no bucket policy, service control policy or VPC endpoint policy denies it, then try again',
  },
  /** The object of `caCertificates` is too large to be a list of certificates. */
  CA_CERTIFICATES_TOO_LARGE: {
    text: "{source} of 'caCertificates' has {bytes} bytes, and the handler function reads {max}",
    remedy: 'Store only the certificates of your CAs in it',
  },
  /**
   * `url` of the tenant is a proxy, a sign-in page or the user interface, or something between the function and Immuta
   * answers instead.
   */
  IMMUTA_RESPONSE_INVALID: {
    text: 'unexpected response from Immuta to {request}: {problem}',
    remedy: "Check that 'url' of the ImmutaTenant is the address of Immuta's API, then try again",
  },
  /**
   * An allow list, a firewall, a load balancer or a proxy answered: Immuta's own refusals have a message in JSON. A 404
   * means that a record is gone only if its JSON also has the `statusCode` or the text of Immuta's errors.
   */
  GATEWAY_ANSWERED: {
    text: 'a gateway between the handler function and Immuta answered {status} to {request}{message}',
    remedy: '{hint}',
  },
  /** `url` of the tenant is not its final address. The API key is not sent to another one. */
  IMMUTA_REDIRECTS: {
    text: "Immuta answered {status} to {request}: a redirect to '{target}', which the handler does not follow because "
      + 'it would send the API key there',
    remedy: "Set 'url' of the ImmutaTenant to the address that Immuta itself has",
  },
  /** The API key is wrong, revoked or of another tenant. The handler read the secret twice. */
  API_KEY_REJECTED: {
    text: "Immuta answered 401 to {request}{message}; it rejects the API key in secret '{secret}'",
    remedy: 'Store an API key of this tenant in the secret, then try again',
  },
  /** The user of the API key lacks a permission in Immuta. */
  API_KEY_NOT_PERMITTED: {
    text: 'Immuta answered 403 to {request}{message}',
    remedy: 'Give the permission APPLICATION_ADMIN in Immuta to the user of the API key, then try again',
  },
  /** An outage of Immuta of more than a minute, or of more than 5 minutes if an integration exists. */
  IMMUTA_UNAVAILABLE: {
    text: 'Immuta answered {status} to {request}{message}',
    remedy: 'Try again when Immuta is available',
  },
  /**
   * Immuta's rate limit lasted longer than the handler retries: 5 minutes, or `iamPropagationTimeout` for the creation
   * itself.
   */
  IMMUTA_RATE_LIMITED: {
    text: 'Immuta answered 429 to {request}{message}',
    remedy: 'Try again later, or with fewer integrations at once',
  },
  /**
   * The path is taken, perhaps by an integration that the API key cannot see, or the status of the integration allows
   * no change.
   */
  IMMUTA_CONFLICT: {
    text: 'Immuta answered 409 to {request}{message}',
    remedy: 'Look at the integrations of this path in Immuta: wait for a running change, or remove what conflicts, '
      + 'then try again',
  },
  /** Immuta validated the configuration and refused it without naming a failed test. */
  VALIDATION_NOT_EXPLAINED: {
    text: 'Immuta answered 422 to {request}{message}',
    remedy: "Check the roles of the integration and the S3 Access Grants instance, ask Immuta's support if they are "
      + 'in order, then try again',
  },
  /**
   * One or more of Immuta's tests failed before it created or changed the integration. The handler retried tests that
   * new IAM roles or policies may fail for `iamPropagationTimeout`.
   */
  VALIDATION_TEST_FAILED: {
    text: '{answer}; {tests}',
    remedy: '{hints}',
  },
  /** Immuta refused a request, for example because S3 integrations are not enabled for the tenant. */
  IMMUTA_REQUEST_REFUSED: {
    text: 'Immuta answered {status} to {request}{message}',
    remedy: 'Correct what Immuta names, or ask its support if S3 integrations are enabled for this tenant, then try '
      + 'again',
  },

  // --- the integration

  /** Immuta ended the creation in an error status. The rollback deletes the integration. */
  CREATE_FAILED: {
    text: "Immuta did not create the integration: integration {id} is '{status}'{details}",
    remedy: '{hints}',
  },
  /** Immuta ended an update in an error status. After `editError`, it has restored the previous configuration. */
  UPDATE_FAILED: {
    text: "Immuta did not update the integration: integration {id} is '{status}'{details}",
    remedy: '{hints}',
  },
  /** The integration is `createError` or `disabled`, which Immuta does not update. */
  UPDATE_NOT_POSSIBLE: {
    text: "cannot update the integration: integration {id} is '{status}'{details}",
    remedy: 'Delete it in Immuta, and its location in S3 Access Grants if it is still registered, then deploy again '
      + 'to recreate it',
  },
  /**
   * Immuta was changing the integration for more than half of `timeout`. The handler sent no further change, because it
   * would probably not end in time.
   */
  UPDATE_TOO_LATE: {
    text: 'Immuta was changing integration {id} for so long that too little time is left for the update',
    remedy: "Deploy again. If Immuta always needs that long for a change, increase 'timeout'",
  },
  /**
   * The integration was deleted in Immuta during the update. The handler does not create it again because the deletion
   * may be intended.
   */
  INTEGRATION_DELETED_DURING_UPDATE: {
    text: 'integration {id} was deleted while it was being updated',
    remedy: 'Deploy again to recreate it',
  },
  /**
   * Immuta cannot change an attribute of an integration in place. Its documentation does not say which attributes these
   * are.
   */
  ATTRIBUTE_NOT_EDITABLE: {
    text: 'cannot change an attribute of the integration in place: {cause}',
    remedy: 'Restore the previous value and deploy again. To change it, remove the ImmutaS3Integration in one '
      + 'deployment and add it in the next one, or create it with another construct ID on another location',
  },
  /** This version of Immuta accepts a field and does not change it. */
  UPDATE_IGNORED: {
    text: 'Immuta accepted the update of integration {id} but did not apply it: the integration does not show what '
      + 'was sent as {fields}',
    remedy: 'Keep the previous value, because this version of Immuta may not be able to change it in place, or create '
      + 'a new ImmutaS3Integration with another construct ID and remove this one',
  },
  /**
   * Immuta ended the deletion in `deleteError`, disabled the integration, or accepted the deletion and did not perform
   * it.
   */
  DELETE_FAILED: {
    text: "Immuta did not delete the integration: integration {id} is '{status}'{details}",
    remedy: '{hints}',
  },
  /**
   * The integration was deleted in Immuta while it was being created. The handler does not create it again because the
   * deletion may be intended.
   */
  INTEGRATION_DELETED_DURING_CREATE: {
    text: 'integration {id} was deleted while it was being created',
    remedy: 'Deploy again to create it',
  },
  /**
   * The first requests took longer than `iamPropagationTimeout`, so the Delete of this resource would not find what is
   * created now.
   */
  CREATE_TOO_LATE: {
    text: "cannot create the integration: the event is older than 'iamPropagationTimeout'",
    remedy: "Deploy again, or increase 'iamPropagationTimeout'",
  },
  /** Immuta, or AWS, is slow or stuck, or the integration has a status that this version does not know. */
  TIMEOUT: {
    text: 'timed out after {duration} waiting for {waitingFor}{seen}',
    remedy: "Look at the resource in Immuta or AWS, and increase 'timeout' if it only needs more time",
  },

  // --- the location

  /** An integration that was not created by this library is on the path. */
  LOCATION_HAS_OTHER_INTEGRATION: {
    text: "{location} already has Immuta's {integration}, which was not created by this resource: {configuration}",
    remedy: 'Delete it in Immuta and deploy again, or keep it and {adoption}',
  },
  /**
   * An integration of another ImmutaS3Integration is on the path: of another stack, of a construct that was renamed or
   * moved, or a retained one.
   */
  LOCATION_HAS_INTEGRATION_OF_OTHER_OWNER: {
    text: "{location} already has Immuta's {integration}, which another ImmutaS3Integration created: {configuration}",
    remedy: "If a construct was renamed or moved, keep its logical IDs with 'stack.renameLogicalId'. If another stack "
      + 'has it, remove it there first. If it was retained and no stack has it any more, delete it in Immuta and '
      + 'deploy again, or keep it and {adoption}',
  },
  /**
   * An earlier deployment of this resource created the integration on the path and did not remove it, or retained it.
   */
  LOCATION_HAS_RETAINED_INTEGRATION: {
    text: "{location} already has Immuta's {integration}, which an earlier deployment of this resource created and "
      + 'did not remove',
    remedy: 'Delete it in Immuta and deploy again, or keep it and {adoption}',
  },
  /**
   * The path is registered in S3 Access Grants, by another owner or as a leftover. Immuta registers the location
   * itself.
   */
  LOCATION_ALREADY_REGISTERED: {
    text: '{location} is already registered in S3 Access Grants, as location {id} with the role {role}',
    remedy: "If the location is not in use, remove its grants, run '{command}', and deploy again",
  },
  /**
   * The integration was disabled by force or removed without cleaning up, so no other process would remove its
   * location.
   */
  LOCATION_NOT_REMOVED: {
    text: "Immuta's integration is gone, but its location {id} is still registered on {location}, with the role {role}",
    remedy: "Remove its grants, if it has any, run '{command}', and delete again. If AWS denied Immuta "
      + "s3:DeleteAccessGrantsLocation, first set 'restrictScope' of the other integrations to false",
  },
  /** Immuta reports the new location role, but S3 Access Grants does not have it. */
  LOCATION_ROLE_NOT_UPDATED: {
    text: 'Immuta reports that the integration has the location role {role}, but in S3 Access Grants {state}',
    remedy: 'Keep the previous role, because Immuta may not be able to change the role of a location, or remove the '
      + "integration and add it with another 'locationIdentity'. If AWS denied Immuta "
      + "s3:UpdateAccessGrantsLocation, set 'restrictScope' to false",
  },
  /** Path, account or Region of a deployed integration changed, for example with a parameter. */
  LOCATION_CHANGED: {
    text: 'cannot change the location of an integration to {desired}: {current}',
    remedy: 'Create a new ImmutaS3Integration with another construct ID for the new location, and remove this one',
  },
  /** `url` of the tenant was changed, and the integration is in the other tenant. */
  INTEGRATION_IN_OTHER_TENANT: {
    text: 'the integration is in the tenant {home}, but the function of its ImmutaTenant calls {called}',
    remedy: "Deploy the ImmutaTenant with its previous 'url', then repeat this. To move a path to another tenant, "
      + 'remove the integration in one deployment and add it in the next',
  },

  // --- adoption

  /** The tenant has no S3 integration with this ID. */
  ADOPTED_INTEGRATION_MISSING: {
    text: "'adopt' must be the ID of an S3 integration of the tenant, got '{id}'",
    remedy: "Set 'adopt' to an ID that GET /integrations lists, or remove it to create a new integration",
  },
  /** Only an enabled integration can be adopted. */
  ADOPTED_INTEGRATION_NOT_ENABLED: {
    text: "cannot adopt {integration}: it must be 'enabled'",
    remedy: 'Look at it in Immuta, and deploy again when it is enabled',
  },
  /** Adoption changes nothing, so the properties must be those that the integration has. */
  ADOPTED_INTEGRATION_DIFFERS: {
    text: 'cannot adopt {integration}: it differs in {differences}{where}',
    remedy: 'Give the ImmutaS3Integration the properties that it has, and deploy again: { {props} }',
  },
  /** Another ImmutaS3Integration created the integration, and would delete it with its stack. */
  ADOPTED_INTEGRATION_OF_OTHER_OWNER: {
    text: 'cannot adopt {integration}: another ImmutaS3Integration created it, and deletes it when that is removed',
    remedy: "If a construct was renamed or moved, keep its logical IDs with 'stack.renameLogicalId' and do not adopt. "
      + 'If it was retained and no stack has it any more, confirm that with its name, integrationName: {name}',
  },
  /** `adopt` was added to a deployed integration, or changed. */
  ADOPT_CHANGED: {
    text: "cannot change 'adopt' to '{id}': this resource {current}",
    remedy: "Set 'adopt' to '{id}' on a new ImmutaS3Integration, with another construct ID",
  },

  // --- data sources

  /** The integration was deleted in Immuta, is in another tenant, or the imported ID is wrong. */
  DATA_SOURCES_WITHOUT_INTEGRATION: {
    text: 'cannot register data sources: the tenant has no S3 integration {id}',
    remedy: "Change 'revision' of the ImmutaS3Integration and deploy to recreate it, or correct the ID that is "
      + 'imported',
  },
  /** `url` of the tenant was changed. In the other tenant, the same IDs and names may be those of another owner. */
  DATA_SOURCES_IN_OTHER_TENANT: {
    text: 'the data sources are in the tenant {home}, but the function of their ImmutaTenant calls {called}',
    remedy: "Deploy the ImmutaTenant with its previous 'url', then repeat this. If it is the same tenant, deploy the "
      + 'data sources with its new URL before you change or remove them',
  },
  /** The ID comes from a parameter or an import of the stack. */
  DATA_SOURCES_INTEGRATION_ID_INVALID: {
    text: "'integration' of the data sources must have the ID of an integration in Immuta, got {got}",
    remedy: 'Correct the value that the ID comes from, and deploy again',
  },
  /** `dataSources` is not the JSON object that the construct renders, for example because a token has no value. */
  DATA_SOURCES_UNREADABLE: {
    text: "property 'DataSources' must be a JSON object of names and prefixes, got {got}",
    remedy: "Let 'ImmutaS3DataSources' render it, and check the tokens in its prefixes",
  },
  /**
   * The user of the API key lacks a permission for data sources in Immuta, which are others than that for
   * integrations.
   */
  DATA_SOURCES_NOT_PERMITTED: {
    text: '{cause}',
    remedy: 'Give the permission CREATE_S3_DATASOURCE in Immuta to the user of the API key, and for data sources that '
      + 'another user registered also their ownership or the permission GOVERNANCE, then try again',
  },
  /** A data source with this name has another prefix or belongs to another integration, so it is not ours. */
  DATA_SOURCE_OF_OTHER_OWNER: {
    text: "cannot register data source '{name}': Immuta has {existing}",
    remedy: 'Choose another name, or delete that one in Immuta if it is not in use, and deploy again',
  },
  /** Immuta refused some data sources, for example because a prefix does not exist. The others are registered. */
  DATA_SOURCES_NOT_REGISTERED: {
    text: 'Immuta did not register {count} of {total} data sources: {reasons}',
    remedy: 'Correct what Immuta names and deploy again, which continues with these',
  },
  /** The first requests took so long that the Delete of this resource would not find what is registered now. */
  DATA_SOURCES_TOO_LATE: {
    text: 'it is too late to register data sources, and CloudFormation cannot be asked whether it still waits',
    remedy: 'Let the handler function call cloudformation:DescribeStackResource for this stack, then deploy again',
  },
  /** Immuta refused to rename or to restore a data source of this resource. */
  DATA_SOURCE_NOT_CHANGED: {
    text: 'Immuta did not {change} data source {id}: {cause}',
    remedy: 'Correct what Immuta names and deploy again. If this version of Immuta cannot do it, remove the data '
      + 'source in one deployment, and add the new one in the next',
  },
  /**
   * Only the slash at the end of a prefix changed. Immuta may show a prefix with or without it, so the function cannot
   * tell the old data source from the new one.
   */
  DATA_SOURCE_PREFIX_NOT_CHANGED: {
    text: "cannot change the prefix of data source '{name}' from '{from}' to '{to}': Immuta shows '{shown}'",
    remedy: 'Change the name of the entry too, which registers another data source and removes this one',
  },
  /** Immuta refused to disable or to delete a data source of this resource. */
  DATA_SOURCE_NOT_REMOVED: {
    text: "Immuta did not remove data source {id} '{name}': {cause}",
    remedy: 'Correct what Immuta names, or remove it in Immuta, then try again',
  },
  /** Immuta does not delete an integration that has data sources, and no stack listed these. */
  INTEGRATION_HAS_DATA_SOURCES: {
    text: '{cause}; integration {id} still has {count} data sources: {names}',
    remedy: 'Delete them in Immuta, or remove the stack that registers them first, then delete again',
  },

  // --- findings of a health check

  /** Immuta's periodic check of the integration fails, for example because a role lost a permission. */
  HEALTH_VALIDATION_FAILING: {
    text: "integration {id} is 'recurringValidationError': {tests}",
    remedy: '{hints}',
  },
  /** A change or a deletion of the integration failed in Immuta. */
  HEALTH_ERROR_STATUS: {
    text: "integration {id} is '{status}'{details}",
    remedy: "Correct what Immuta names, then change 'revision' of the ImmutaS3Integration and deploy",
  },
  /** An administrator disabled the integration in Immuta. Immuta changes none of its grants any more. */
  HEALTH_DISABLED: {
    text: "integration {id} is 'disabled'",
    remedy: 'Enable it in Immuta. If Immuta does not allow that, delete it there, and its location in S3 Access Grants '
      + "if it is still registered, then change 'revision' of the ImmutaS3Integration and deploy to recreate it",
  },
  /** The integration was deleted in Immuta, or `url` of the tenant was changed. */
  HEALTH_RECORD_MISSING: {
    text: 'the tenant has no S3 integration {id}',
    remedy: "If 'url' of the ImmutaTenant was changed, deploy it with its previous 'url'. Otherwise change 'revision' "
      + 'of the ImmutaS3Integration and deploy to recreate it, or remove it from the app if the deletion is intended',
  },
  /** The location was deleted or changed in S3 Access Grants. Users can lose access to the data. */
  HEALTH_LOCATION_MISMATCH: {
    text: '{state}, and integration {id} needs a location with the role {role}',
    remedy: 'Register the location with this role again. If Immuta does not grant on it then, delete the integration '
      + "in Immuta, change 'revision' of the ImmutaS3Integration and deploy to recreate it",
  },
  /** The integration was changed in Immuta, or its access key in the secret was changed without a deployment. */
  HEALTH_DRIFT: {
    text: 'integration {id} differs from what was deployed: {differences}',
    remedy: "Change 'revision' of the ImmutaS3Integration and deploy to send the configuration again, or change the "
      + 'app if the difference is intended',
  },
  /** Data sources of an ImmutaS3DataSources were disabled or deleted in Immuta. */
  HEALTH_DATA_SOURCES_MISSING: {
    text: 'data sources {ids} of integration {id} are disabled or deleted in Immuta',
    remedy: "Restore them in Immuta, or change 'timeout' of the ImmutaS3DataSources and deploy to restore or register "
      + 'them again, or remove them from the app if that is intended',
  },
  /** The function had no time left, because Immuta or AWS answered slowly. */
  HEALTH_CHECK_TIMEOUT: {
    text: 'the health check timed out waiting for {waitingFor}',
    remedy: 'Check that Immuta and AWS are available. If the tenant has many integrations, check fewer of them at once',
  },
  /** A policy of Immuta's role or user was changed, or the organization denies an action. */
  HEALTH_PERMISSION_MISSING: {
    text: "AWS's policy simulator says that {principal}, as which Immuta comes, is denied {actions}",
    remedy: 'Restore the policy, or change what denies the actions. A deployment restores no policy that its template '
      + 'does not change',
  },

  // --- secrets

  /** The secret is missing, or the handler function may not read or decrypt it. */
  SECRET_NOT_READABLE: {
    text: "cannot read secret '{secret}': {cause}",
    remedy: 'Check that it exists, and that the role of the handler function may read it and decrypt it with its KMS '
      + 'key, then try again',
  },
  /** The secret was stored as binary. */
  SECRET_IS_BINARY: {
    text: "cannot read secret '{secret}': it is binary",
    remedy: 'Store it as text, then try again',
  },
  /** A field was named, and the secret is not a JSON object. */
  SECRET_IS_NOT_JSON: {
    text: "secret '{secret}' is not a JSON object, so field '{field}' cannot be read",
    remedy: 'Store a JSON object with this field, or name no field, then try again',
  },
  /** The JSON object in the secret does not have the field, or not as text. */
  SECRET_FIELD_MISSING: {
    text: "secret '{secret}' has no text in field '{field}'",
    remedy: 'Store the value in this field, or name another field, then try again',
  },
  /** The field has halves of Unicode characters, or the access key has white space or other special characters. */
  SECRET_FIELD_MALFORMED: {
    text: "secret '{secret}' has characters in field '{field}' that cannot be sent",
    remedy: 'Store the value alone in this field, then try again',
  },
  /** The secret of the API key is empty. */
  API_KEY_EMPTY: {
    text: "secret '{secret}' is empty",
    remedy: 'Store the API key in it, then try again',
  },
  /** The secret of the API key is a JSON object, and `apiKeyField` is not set. */
  API_KEY_IS_JSON: {
    text: "secret '{secret}' is a JSON object",
    remedy: "Name the field that holds the API key with 'apiKeyField' of the ImmutaTenant",
  },
  /** The API key contains white space or other characters that a header cannot have. */
  API_KEY_MALFORMED: {
    text: "secret '{secret}' has characters that an API key cannot have, such as white space inside",
    remedy: 'Store the API key alone, then try again',
  },

  // --- managed access keys

  /** The user has an access key that neither the secret nor the recorded intent of the integration names. */
  ACCESS_KEYS_OF_OTHERS: {
    text: "user '{user}' has access keys that this integration did not create ({keys}). IAM allows two keys per user, "
      + 'and the integration needs both',
    remedy: "Delete them if nothing uses them ('aws iam delete-access-key --user-name {user} --access-key-id …'), or "
      + "give the integration a 'user' that has none, then try again",
  },
  /** IAM answers that the user has two access keys, and does not list them, or lost its answers. */
  ACCESS_KEY_NOT_CREATED: {
    text: "IAM did not create an access key for user '{user}'",
    remedy: 'Check that the user has at most one access key, then try again',
  },
  /** The user was deleted outside the stack. */
  ACCESS_KEY_USER_MISSING: {
    text: "cannot create an access key for user '{user}': the user does not exist",
    remedy: "Create it again, or give the integration another 'user', then try again",
  },
  /** Immuta accepted a request with an access key, but shows another one. */
  ACCESS_KEY_IGNORED: {
    text: "Immuta accepted the configuration of integration {id}, but shows another 'awsAccessKeyId' than was sent",
    remedy: 'Create a new ImmutaS3Integration with another construct ID and remove this one, because this version of '
      + 'Immuta may not be able to change access keys in place',
  },
  /** `accessKeySecret` names the secret of the API key. */
  ACCESS_KEY_SECRET_IS_API_KEY: {
    text: "'secret' of 'accessKeySecret' must not be the secret of the API key, got {secret}",
    remedy: 'Store the access key in a secret of its own, then try again',
  },
  /** A newer update of the stack gives the integration other credentials while this one is running. */
  ACCESS_KEY_SUPERSEDED: {
    text: 'another update gives the integration other credentials',
    remedy: 'Wait for it, then try again',
  },
  /**
   * A rotation of a secret that Immuta does not use: no deployment has succeeded with it, or the last one gave
   * other credentials.
   */
  ROTATION_NOT_POSSIBLE: {
    text: 'cannot rotate the secret: the integration does not use its access key',
    remedy: "Change 'revision' of the ImmutaS3Integration and deploy, then rotate again",
  },
  /** A deployment finished the rotation, or gave the integration other credentials. */
  ROTATION_ABANDONED: {
    text: 'version {token} of the secret is no longer pending: another update superseded it',
    remedy: 'Rotate again',
  },
  /** Someone deleted the access key that a rotation had created. */
  ROTATION_KEY_DELETED: {
    text: 'access key {accessKeyId} of the rotation does not exist any more',
    remedy: 'Rotate again',
  },
  /**
   * The integration was deleted or changed in Immuta, has a status that allows no change, or may have the key of a
   * rotation that did not end.
   */
  ROTATION_INTEGRATION_NOT_READY: {
    text: 'cannot rotate the access key of integration {id}: it {state}',
    remedy: "Change 'revision' of the ImmutaS3Integration and deploy, then rotate again",
  },
  /** `url` of the tenant has changed, and the stack of the integration has not been deployed since. */
  ROTATION_IN_OTHER_TENANT: {
    text: 'cannot rotate the access key of integration {id}: the function calls another tenant than its own, {called}',
    remedy: "Deploy the ImmutaTenant with its previous 'url', or the stack of the integration, then rotate again",
  },
  /** Immuta needs longer than one run of the function. */
  ROTATION_TIMEOUT: {
    text: 'the rotation timed out waiting for {waitingFor}{seen}',
    remedy: 'Wait for the retry of Secrets Manager, or rotate again: the rotation continues with the same key',
  },
  /** Something other than Secrets Manager invoked the function as if it were a step of a rotation. */
  ROTATION_STEP_UNKNOWN: {
    text: "step of a rotation must be createSecret, setSecret, testSecret or finishSecret, got '{step}'",
    remedy: 'Let only Secrets Manager rotate the secret',
  },

  // --- the S3 Access Grants instance

  /** Another owner associated the instance with another Identity Center instance. */
  IDENTITY_CENTER_ALREADY_ASSOCIATED: {
    text: '{instance} is associated with Identity Center instance {current}, but not by this resource, so it cannot '
      + 'be associated with {desired}',
    remedy: "Set 'identityCenterInstanceArn' to the first one, or end that association if it is not in use, with 'aws "
      + "s3control dissociate-access-grants-identity-center --account-id {accountId} --region {region}', and deploy "
      + 'again',
  },
  /** S3 Access Grants does not accept the Identity Center instance. */
  IDENTITY_CENTER_NOT_ASSOCIATED: {
    text: 'cannot associate {instance} with Identity Center instance {desired}: {cause}',
    remedy: "Check that 'identityCenterInstanceArn' exists in this Region and that no service control policy or "
      + 'permissions boundary denies the association, then try again',
  },
  /** The instance was deleted during the deployment. It is not created again because the deletion may be intended. */
  INSTANCE_DELETED_DURING_DEPLOYMENT: {
    text: '{instance} was deleted while it was being set up',
    remedy: 'Deploy again to create it',
  },
  /** AWS was busy for so long that the Delete of this resource would not find what is created now. */
  INSTANCE_CREATE_TOO_LATE: {
    text: 'cannot create or associate {instance}: the event is so old that a Delete might not find the result{seen}',
    remedy: 'Deploy again',
  },

  // --- AWS

  /** No network path from the handler function to the service, or a proxy answers instead of it. */
  AWS_NOT_REACHABLE: {
    text: 'no answer from {service}{region} to {operation}: {cause}',
    remedy: 'Check that the handler function can reach the service ({path}), then try again',
  },
  /** The service was busy or broken for two minutes. */
  AWS_UNAVAILABLE: {
    text: '{service} failed to process {operation}: {cause}',
    remedy: 'Try again when the service is available',
  },
  /**
   * A policy denies the role of the handler function what its own policy allows. The handler retried for
   * `iamPropagationTimeout`.
   */
  AWS_ACCESS_DENIED: {
    text: '{service} denied {operation}: {cause}',
    remedy: 'Check that the role of the handler function allows this, and that no service control policy, permissions '
      + 'boundary or VPC endpoint policy denies it, then try again',
  },
  /** The service understood the request and refused it. */
  AWS_REQUEST_REFUSED: {
    text: '{service} refused {operation}: {cause}',
    remedy: 'Remove the cause that AWS names, then try again',
  },

  // --- the handler function

  /** `url` of the tenant, known only at deployment, is not a plain https address. */
  TENANT_URL_INVALID: {
    text: "'url' of the ImmutaTenant must be an https address, got '{url}'",
    remedy: 'Set it to the address of the tenant, such as https://your-tenant.immutacloud.com',
  },
  /** `url` of the tenant, known only at deployment, holds a user name or a password, which Immuta does not use. */
  TENANT_URL_HAS_CREDENTIALS: {
    text: "'url' of the ImmutaTenant must not hold a user name or a password",
    remedy: 'Set it to the address alone',
  },
  /** The environment of the function was changed outside its stack. */
  ENVIRONMENT_INCOMPLETE: {
    text: 'the handler function lacks its environment variable {name}',
    remedy: "Change 'environment' of the ImmutaTenant and deploy, which restores all variables",
  },
  /** The template was changed by hand. */
  PROPERTY_MISSING: {
    text: "the custom resource lacks its property '{name}'",
    remedy: 'Deploy the stack with the CDK again',
  },
  /** The function was invoked by something other than CloudFormation. */
  REQUEST_TYPE_UNKNOWN: {
    text: "request type must be Create, Update or Delete, got '{requestType}'",
    remedy: 'Let only CloudFormation invoke the handler function',
  },
  /**
   * Something other than CloudFormation invoked the function. It did nothing, and sent no response. This shows in the
   * function's log only.
   */
  RESPONSE_URL_INVALID: {
    text: 'the response URL is not one of CloudFormation in the Region of the function',
    remedy: 'Let only CloudFormation invoke the handler function',
  },
  /** A name in Immuta is so long that CloudFormation would ignore the response. */
  RESPONSE_TOO_LONG: {
    text: 'the attributes of the resource are too long for a response to CloudFormation',
    remedy: 'Give the integration a shorter name in Immuta, then try again',
  },
  /**
   * AWS Lambda denied the function to invoke itself, or did not answer. The function invokes itself to continue after 8
   * minutes.
   */
  SELF_INVOCATION_FAILED: {
    text: 'the handler function cannot invoke itself to continue: {cause}',
    remedy: 'Check that no service control policy or permissions boundary denies lambda:InvokeFunction, and that the '
      + 'function can reach AWS Lambda (VPC endpoint, NAT gateway, security group), then try again',
  },
  /** A fault of this library. */
  UNEXPECTED_ERROR: {
    text: 'unexpected error in the handler: {cause}',
    remedy: "Report it with the function's log, and deploy again",
  },
} satisfies Record<string, CodedMessage>;
