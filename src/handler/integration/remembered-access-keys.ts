import { fieldOf, ReadSecret } from '../aws/secrets-manager';
import { Properties } from '../protocol/event';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { Redaction } from '../runtime/redaction';

export interface AccessKeyOptions {
  readonly readSecret: ReadSecret;
  readonly deadline: Deadline;
  readonly redaction: Redaction;
}

/**
 * Remembers the access keys that Immuta may quote although this invocation sends none: those of a Delete, of an earlier invocation, or
 * from before an Update.
 *
 * As well as it can: a Delete must not fail, nor wait for IAM, for a secret that it does not need.
 */
export async function rememberAccessKeys(properties: Properties, { readSecret, deadline, redaction }: AccessKeyOptions): Promise<void> {
  const { AccessKeySecretArn: arn, AccessKeyIdField: idField, SecretAccessKeyField: keyField } = properties;
  if (!arn) {
    return;
  }
  try {
    const secret = await readSecret(arn, deadline.withoutPatience());
    redaction.remember(fieldOf(arn, secret, keyField || 'secretAccessKey'));
    redaction.remember(fieldOf(arn, secret, idField || 'accessKeyId'));
  } catch (error) {
    if (error instanceof OutOfTime) {
      throw error;
    }
  }
}
