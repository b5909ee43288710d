import { CodedMessage, MessageValues, renderMessage } from '../coded-message';

/** Why a managed access key cannot be created, given to Immuta or rotated. */
export const MANAGED_ACCESS_KEY_MESSAGES = {
  /** The user has an access key that neither the secret nor the recorded intent of the integration names. */
  ACCESS_KEYS_OF_OTHERS: {
    text: "user '{user}' has access keys that this integration did not create ({keys}), and it needs both of the two that IAM allows",
    remedy: "Delete them if nothing uses them ('aws iam delete-access-key --user-name {user} --access-key-id …'), "
      + "or give the integration a 'user' that has none, then deploy again",
  },
  /** IAM answers that the user has two access keys, and does not list them, or lost its answers. */
  ACCESS_KEY_NOT_CREATED: {
    text: "IAM did not create an access key for user '{user}'",
    remedy: 'Check that the user has at most one access key, then deploy again',
  },
  /** The user was deleted outside the stack. */
  ACCESS_KEY_USER_MISSING: {
    text: "user '{user}' does not exist, so it cannot have an access key",
    remedy: "Create it again, or give the integration another 'user', then deploy again",
  },
  /** Immuta accepted a request with an access key, and shows another one. */
  ACCESS_KEY_IGNORED: {
    text: "Immuta accepted the configuration of integration {id}, but shows another 'awsAccessKeyId' than was sent",
    remedy: 'This version of Immuta may not be able to change access keys in place: remove the integration and create it again',
  },
  /** `accessKeySecret` names the secret of the API key. */
  ACCESS_KEY_SECRET_IS_API_KEY: {
    text: "'secret' of 'accessKeySecret' must not be the secret of the API key, got {secret}",
    remedy: 'Store the access key in a secret of its own, then deploy again',
  },
  /** A newer update of the stack gives the integration other credentials while this one is running. */
  ACCESS_KEY_SUPERSEDED: {
    text: 'another update gives the integration other credentials',
    remedy: 'Wait for it, then deploy again',
  },
  /** A rotation of a secret that Immuta does not work with: no deployment has succeeded with it, or the last one gave other credentials. */
  ROTATION_NOT_POSSIBLE: {
    text: 'Immuta does not work with an access key of this secret',
    remedy: 'Deploy the stack of the integration, then rotate again',
  },
  /** A deployment finished the rotation, or gave the integration other credentials. */
  ROTATION_ABANDONED: {
    text: 'version {token} of the secret is not pending any more, since another update took its place',
    remedy: 'Rotate again',
  },
  /** Someone deleted the access key that a rotation had created. */
  ROTATION_KEY_DELETED: {
    text: 'the access key {accessKeyId}, which Immuta was to be given, does not exist any more',
    remedy: 'Rotate again',
  },
  /** The integration was deleted or changed in Immuta, or is in a status that takes no change. */
  ROTATION_INTEGRATION_NOT_READY: {
    text: 'integration {id} {state}, so it cannot be given another access key',
    remedy: 'Deploy the stack of the integration, then rotate again',
  },
} satisfies Record<string, CodedMessage>;

type Messages = typeof MANAGED_ACCESS_KEY_MESSAGES;

/** An error that a user of managed access keys can meet. */
export function accessKeyError<C extends keyof Messages>(code: C, values: MessageValues<Messages[C]>): Error {
  return new Error(renderMessage(code, MANAGED_ACCESS_KEY_MESSAGES[code], values));
}
