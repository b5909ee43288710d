import { isAccessDenied } from './error';
import { retryAws } from './retry';
import { secretsManagerSdk } from './sdk';
import { Deadline, OutOfTime } from '../runtime/deadline';
import { withoutFullStop } from '../runtime/text';

const REQUEST_TIMEOUT_MS = 20_000;

/** Reads the text of a secret. */
export type ReadSecret = (arn: string, deadline: Deadline) => Promise<string>;

/**
 * Reads from Secrets Manager, and waits for a policy of the handler's own role that is not in force yet, and for the end of an outage.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export const readSecretsManager: ReadSecret = async (arn, deadline) => {
  const { SecretsManagerClient, GetSecretValueCommand } = secretsManagerSdk();
  const client = new SecretsManagerClient({});
  try {
    const { SecretString: text } = await retryAws({ deadline }, () => client.send(
      new GetSecretValueCommand({ SecretId: arn }),
      { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) },
    ));
    if (text === undefined) {
      throw new Error('it is binary, store it as text');
    }
    return text;
  } catch (error) {
    if (error instanceof OutOfTime) {
      throw error;
    }
    const remedy = isAccessDenied(error) ? '; check that it exists, and that the role of the handler function may read it, and decrypt with its key if it has one' : '';
    throw new Error(`the secret '${arn}' cannot be read: ${withoutFullStop((error as Error).message)}${remedy}`, { cause: error });
  } finally {
    client.destroy();
  }
};

/**
 * Takes a field out of a secret that is a JSON object.
 *
 * No error quotes what the secret holds, so none has the parser's error as its cause, which does.
 */
export function fieldOf(arn: string, text: string, field: string): string {
  const value = asObject(text, arn, field)[field];
  if (typeof value !== 'string' || value.trim() === '') {
    throw new Error(`the secret '${arn}' has no text in the field '${field}'`);
  }
  return value.trim();
}

function asObject(text: string, arn: string, field: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) {
      return Object.fromEntries(Object.entries(parsed));
    }
  } catch {
    // said below
  }
  throw new Error(`the secret '${arn}' is not a JSON object, and its field '${field}' is asked for`);
}
